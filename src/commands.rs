//! Each command, a paragraph each. Commands say what happens as events, and print nothing.

mod apply;
mod approve;
mod confirm;
mod context;
mod guess;
mod habits;
mod interrupt;
mod many;
mod next_command;
mod open;
mod open_error;
mod plan;
mod process;
mod rbac;
mod refuse;
mod reset;
mod run;
mod serve;
mod show;
mod usage;
mod validate;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{Cli, Command, SandboxCommand, SchemaOf, ScreenArgs};
use crate::outcome::Outcome;
use crate::plan::Plan;
pub use crate::view::CapturedOutput;
use crate::view::{Cleared, Event, Format, Output};
pub use context::RunContext;
pub use process::report_panics;

/// Parses the command line and runs the command.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> Outcome {
    let arguments: Vec<OsString> = arguments.collect();
    process::keep_memory_private();
    process::report_panics(&arguments);
    let context = RunContext::process();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return usage::not_started(&error, &arguments, &context),
    };
    let outcome = runtime.block_on(run_in(arguments.into_iter(), &context));
    // Whoever still waits for an answer to a question must not hold us up.
    runtime.shutdown_background();
    outcome
}

/// Parses the command line and runs the command, in any context.
pub async fn run_in(arguments: impl Iterator<Item = OsString>, context: &RunContext) -> Outcome {
    let arguments: Vec<OsString> = arguments.collect();
    match Cli::try_parse_from(usage::help_of_help(&arguments)) {
        Ok(cli) => match usage::short_for_long(&arguments) {
            None => execute(cli, &context.with_arguments(&arguments)).await,
            Some(error) => usage::usage(error, &arguments, context),
        },
        Err(error) => usage::usage(error, &arguments, context),
    }
}

/// Runs a command to its end. Each on the heap: what a run holds at once is too much for the stack of a thread that is not the first.
pub async fn execute(cli: Cli, context: &RunContext) -> Outcome {
    match cli.command {
        Command::Plan(args) => Box::pin(plan::plan(args, context)).await,
        Command::Apply(args) => Box::pin(apply::apply(args, context)).await,
        Command::Validate(args) => Box::pin(validate::validate(args, context)).await,
        Command::Show(args) => Box::pin(show::show(args, context)).await,
        Command::Rbac(args) => Box::pin(rbac::rbac(args, context)).await,
        Command::Schema(args) => text(&schema(args.document), context),
        Command::Completions(args) => text(&Cleared::of_completions(args.shell, &mut Cli::command()), context),
        Command::Sandbox(SandboxCommand::Serve(args)) => Box::pin(serve::serve(args, context)).await,
        Command::Sandbox(SandboxCommand::Reset(args)) => Box::pin(reset::reset(args, context)).await,
        Command::Version => text(&Cleared::from(concat!("konnect ", env!("CARGO_PKG_VERSION"), "\n")), context),
    }
}

fn schema(of: SchemaOf) -> Cleared {
    Cleared::from(match of {
        SchemaOf::Plan => include_str!("../schema/plan.json"),
        SchemaOf::Events => include_str!("../schema/events.json"),
        SchemaOf::Spec => include_str!("../schema/spec.json"),
    })
}

/// A command that has nothing to do but to print a text. It is over before anybody could interrupt it.
fn text(text: &Cleared, context: &RunContext) -> Outcome {
    let reporter = run::reporter(context, ScreenArgs::default(), Format::Human, Output::Text);
    reporter.emit(Event::Text(text));
    reporter.finish(Outcome::Done, Outcome::Failed)
}

/// What a plan that is only shown ends with.
fn outcome_of(plan: &Plan, detailed: bool) -> Outcome {
    let unknown = if plan.summary().unknown > 0 { Outcome::Failed } else { Outcome::Done };
    let pending = if detailed && plan.is_pending() { Outcome::ChangesPending } else { Outcome::Done };
    unknown.or(pending)
}
