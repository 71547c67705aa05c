//! A command line that is wrong, or asks for help; and a system that does not let us begin.

mod hint;

use std::ffi::OsString;

use super::context::RunContext;
use super::guess::format_and_output;
use super::run::reporter;
use crate::cli::ScreenArgs;
use crate::outcome::Outcome;
use crate::pat;
use crate::view::{Event, Reporter};

pub(super) use hint::short_for_long;

fn reporter_of(arguments: &[OsString], context: &RunContext) -> Reporter {
    let (format, output) = format_and_output(arguments);
    reporter(context, ScreenArgs::default(), format, output)
}

/// Shows what is wrong with the command line, and what to do; or helps. What was typed may hold a token.
pub(super) fn usage(mut error: clap::Error, arguments: &[OsString], context: &RunContext) -> Outcome {
    let reporter = reporter_of(arguments, context);
    pat::teach_environment(reporter.door().secrets());
    let outcome = if error.use_stderr() { Outcome::Usage } else { Outcome::Done };
    hint::add(&mut error, arguments);
    reporter.emit(Event::Usage(error));
    reporter.outcome(outcome, Outcome::Failed)
}

/// `konnect help --help` is help, not the help of a command `--help`.
pub(super) fn help_of_help(arguments: &[OsString]) -> Vec<OsString> {
    let asks = arguments.get(1).is_some_and(|command| command == "help");
    arguments.iter().filter(|word| !asks || (*word != "-h" && *word != "--help")).cloned().collect()
}

/// The system would not even let us begin.
pub(super) fn not_started(error: &std::io::Error, arguments: &[OsString], context: &RunContext) -> Outcome {
    reporter_of(arguments, context).emit(Event::NotStarted(error.kind()));
    Outcome::Failed
}
