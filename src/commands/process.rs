//! The process itself: nothing of its memory is left behind, and a bug of ours ends in its own exit code, without a word of what was at hand.

use std::ffi::OsString;
use std::panic::PanicHookInfo;

use super::stage::{Stage, Stream};
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::{Outside, Text};
use crate::text;
use crate::view::{Door, events, json};

/// No core dump, which would hold the token, and nobody else of the same user may look into the memory. What the system refuses stays as
/// it is: that is no reason not to run.
pub(super) fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

/// From here on a panic is reported as what it is, a bug of konnect, and ends the process: the release does not unwind. Its payload is never
/// shown, since it may quote what was being worked on.
pub fn report_panics(arguments: &[OsString]) {
    let (json, command) = asked_for(arguments);
    std::panic::set_hook(Box::new(move |panic| {
        report(panic, json, command);
        std::process::exit(i32::from(Outcome::Internal.code()));
    }));
}

/// Whether stdout is for programs, and which command it is, as far as that can be told without parsing.
fn asked_for(arguments: &[OsString]) -> (bool, Command) {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let json = words.contains(&"--format=json") || words.windows(2).any(|pair| pair == ["--format", "json"]);
    let apply = words.get(1) == Some(&"apply");
    (json, if apply { Command::Apply } else { Command::Other })
}

#[derive(Clone, Copy)]
enum Command {
    Apply,
    Other,
}

fn report(panic: &PanicHookInfo<'_>, json: bool, command: Command) {
    let (stage, door) = (Stage::process(), Door::default());
    let place = panic
        .location()
        .map_or_else(Text::default, |place| text!(" at {}:{}:{}", Outside::from(place.file()), place.line(), place.column()));
    let written = match command {
        Command::Apply => "; what was written is not known",
        Command::Other => "",
    };
    let failure = Failure::new(FailureCode::Internal, text!("this is a bug in konnect{}{}", place, written))
        .hint("run `konnect plan` to see what is there, and report the bug with this line and the command");
    if json {
        let _ = stage.write(
            Stream::Out,
            &match command {
                Command::Apply => events::failure(&failure, &door),
                Command::Other => json::document(&Outside::default(), None, &[], std::slice::from_ref(&failure), &door),
            },
        );
    }
    let Failure { what, hint, .. } = &failure;
    let _ = stage.write(Stream::Err, &door.remark(text!("error: {}", what)));
    if let Some(hint) = hint {
        let _ = stage.write(Stream::Err, &door.remark(text!("  hint: {}", hint)));
    }
}
