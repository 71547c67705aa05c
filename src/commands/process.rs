//! The process itself: nothing of its memory is left behind, and a bug of ours ends in its own exit code, without a word of what was at hand.

use std::ffi::OsString;
use std::panic::PanicHookInfo;

use super::guess::format_and_output;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::{Outside, Text};
use crate::text;
use crate::view::{Color, Event, Format, Output, Printer, Reporter, Streams, Style};

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
    let (format, output) = format_and_output(arguments);
    std::panic::set_hook(Box::new(move |panic| {
        report(panic, format, output);
        std::process::exit(i32::from(Outcome::Internal.code()));
    }));
}

/// Nothing of the run is used: whatever it held may be what broke.
fn report(panic: &PanicHookInfo<'_>, format: Format, output: Output) {
    let place = panic
        .location()
        .map_or_else(Text::default, |place| text!(" at {}:{}:{}", Outside::from(place.file()), place.line(), place.column()));
    let written = if output == Output::Apply { "; what was written is not known" } else { "" };
    let failure = Failure::new(FailureCode::Internal, text!("this is a bug in konnect{}{}", place, written))
        .hint("run `konnect plan` to see what is there, and report the bug with this line and the command");
    let printer = Printer::new(Streams::Process, Style { color: Color::Never, ..Style::default() });
    Reporter::new(format, output, printer).emit(Event::Panicked(&failure));
}
