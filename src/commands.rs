//! Each command, a paragraph each. With `main.rs` the only place that writes to stdout.

mod apply;
mod console;
mod interrupt;
mod plan;
mod rbac;
mod serve;
mod stage;
mod teller;

use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{
    ChoiceArgs, Cli, ClusterArgs, Command, CompletionsArgs, Format, SandboxCommand, SchemaArgs, SchemaOf, ScreenArgs, SpecArgs,
    ValidateArgs,
};
use crate::cluster::{Choice, Cluster, Deadline};
use crate::outcome::{Failure, Outcome};
use crate::plan::{Plan, Warning};
use crate::render::json;
use crate::session::Wanted;
use crate::spec::{self, Spec, SpecErrors};
use console::Console;
pub use stage::{Stage, Written};

/// Parses the command line and runs the command.
#[must_use]
pub fn run(arguments: impl Iterator<Item = std::ffi::OsString>) -> Outcome {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return console::usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return console::startup(&error),
    };
    let outcome = runtime.block_on(execute(cli, &Stage::process()));
    // Whoever still waits for an answer to a question must not hold us up.
    runtime.shutdown_background();
    outcome
}

/// Runs a command to its end.
pub async fn execute(cli: Cli, stage: &Stage) -> Outcome {
    match cli.command {
        Command::Plan(args) => plan::plan(args, stage).await,
        Command::Apply(args) => apply::apply(args, stage).await,
        Command::Validate(args) => validate(&args, stage),
        Command::Show(args) => plan::show(&args, stage),
        Command::Rbac(args) => rbac::rbac(&args, stage),
        Command::Schema(args) => schema(&args, stage),
        Command::Completions(args) => completions(&args, stage),
        Command::Sandbox(SandboxCommand::Serve(args)) => serve::serve(args, stage).await,
    }
}

fn validate(args: &ValidateArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    match spec::read(&args.file, args.pat_stdin) {
        Ok(_) if args.format == Format::Json => console.out(&json::document(&args.file, None, &[], &[])),
        Ok(_) => console.out(&format!("{} is valid.\n", crate::render::escape(&args.file))),
        Err(errors) if args.format == Format::Json => {
            console.out(&json::document(&args.file, None, &[], &failures_of(&errors)));
            return console.outcome(Outcome::Failed);
        }
        Err(errors) => {
            console.error(&errors.render(console.color_on_stderr()));
            return console.outcome(Outcome::Failed);
        }
    }
    console.outcome(Outcome::Done)
}

/// Why there is nothing to work on.
enum NotOpened {
    Spec(SpecErrors),
    Failed(Failure),
}

/// Reads the spec and the token.
fn open(args: &SpecArgs, warnings: &mut Vec<Warning>) -> Result<(Spec, Wanted), NotOpened> {
    let spec = spec::read(&args.file, args.pat_stdin).map_err(NotOpened::Spec)?;
    let take_over = args.take_over.iter().cloned().collect();
    let wanted = Wanted::new(spec.clone(), args.pat_stdin, take_over, warnings).map_err(NotOpened::Failed)?;
    Ok((spec, wanted))
}

async fn connect(wanted: &Wanted, args: &ClusterArgs, console: &Arc<Console>) -> Result<Cluster, Failure> {
    let ClusterArgs { choice: ChoiceArgs { context, kubeconfig, timeout }, sandbox } = args;
    if let Some(client) = console.client() {
        let name = || "in memory".to_owned();
        return Ok(Cluster::over(client.clone(), name(), name(), Deadline::after(*timeout), console.notices()));
    }
    let choice =
        Choice { kubeconfig_flag: kubeconfig.clone(), context: context.clone(), sandbox: sandbox.clone(), ..Choice::default() };
    wanted.connect(choice, Deadline::after(*timeout), console.notices()).await
}

/// The warnings found so far, and those told on the way.
fn all(console: &Console, warnings: &[Warning]) -> Vec<Warning> {
    warnings.iter().cloned().chain(console.told()).collect()
}

/// One failure for each object that could not be read: a plan that does not know all it must is no success.
fn unreadable(plan: &Plan) -> Vec<Failure> {
    plan.changes.iter().filter_map(|change| change.unreadable.clone()).collect()
}

fn outcome_of(plan: &Plan, detailed: bool) -> Outcome {
    let unknown = if plan.summary().unknown > 0 { Outcome::Failed } else { Outcome::Done };
    let pending = if detailed && plan.is_pending() { Outcome::ChangesPending } else { Outcome::Done };
    unknown.or(pending)
}

/// One failure for each error of a spec, for documents.
fn failures_of(errors: &SpecErrors) -> Vec<Failure> {
    errors.messages().into_iter().map(|message| Failure::new("spec", message)).collect()
}

fn schema(args: &SchemaArgs, stage: &Stage) -> Outcome {
    let console = Console::new(ScreenArgs::default(), stage);
    console.out(match args.document {
        SchemaOf::Plan => include_str!("../schema/plan.json"),
        SchemaOf::Events => include_str!("../schema/events.json"),
        SchemaOf::Spec => include_str!("../schema/spec.json"),
    });
    console.outcome(Outcome::Done)
}

fn completions(args: &CompletionsArgs, stage: &Stage) -> Outcome {
    let console = Console::new(ScreenArgs::default(), stage);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "konnect", &mut script);
    console.out(&String::from_utf8_lossy(&script));
    console.outcome(Outcome::Done)
}
