//! `konnect sandbox reset`: empties the sandbox. Nobody is asked: it is a cluster to play with, and is named by nothing else.

use super::RunContext;
use super::run::Run;
use crate::cli::ResetArgs;
use crate::cluster::sandbox;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::text;
use crate::view::{Event, Format, Output};

pub(super) async fn reset(args: ResetArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, Format::Human, Output::Text, &Outside::default());
    match unless_interrupted(&args, &run).await {
        Ok(()) => run.finish(Outcome::Done),
        Err(failure) => run.fail(&failure.into()),
    }
}

async fn unless_interrupted(args: &ResetArgs, run: &Run) -> Result<(), Failure> {
    let named = args.sandbox.clone().unwrap_or_default();
    let deadline = Deadline::after(args.timeout);
    let reset = tokio::select! {
        reset = sandbox::reset(&named, &deadline) => reset?,
        // The file is written in another thread, which may have come to its end.
        () = run.until_interrupted() => {
            return Err(Failure::new(FailureCode::Interrupted, "interrupted; the sandbox may have been reset").hint("run it again"));
        }
    };
    let file = Outside::from(reset.file.as_path());
    match &reset.removed {
        Some(removed) => run.emit(Event::SandboxReset { file, removed }),
        None => run.emit(Event::Info(&text!("Nothing to reset: there is no sandbox at {}.", file))),
    }
    Ok(())
}
