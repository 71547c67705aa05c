//! Each command, a paragraph each. With `main.rs` the only place that writes to stdout.

mod apply;
mod console;
mod interrupt;
mod open;
mod plan;
mod process;
mod rbac;
mod serve;
mod stage;
mod teller;
mod usage;

use std::ffi::OsString;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{
    ChoiceArgs, Cli, ClusterArgs, Command, CompletionsArgs, Format, SandboxCommand, SchemaArgs, SchemaOf, ScreenArgs,
    ValidateArgs,
};
use crate::cluster::{Choice, Cluster, Deadline};
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::plan::{Plan, Warning};
use crate::session::Wanted;
use crate::text;
use crate::view::{Cleared, json};
use console::Console;
use interrupt::Interrupt;
use open::{NotOpened, checked, open, policy};
pub use process::report_panics;
pub use stage::{Stage, Written};

/// Parses the command line and runs the command.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> Outcome {
    let arguments: Vec<OsString> = arguments.collect();
    process::keep_memory_private();
    process::report_panics(&arguments);
    let stage = Stage::process();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return usage::startup(&error, &stage),
    };
    let outcome = runtime.block_on(run_on(arguments.into_iter(), &stage));
    // Whoever still waits for an answer to a question must not hold us up.
    runtime.shutdown_background();
    outcome
}

/// Parses the command line and runs the command, on any stage.
pub async fn run_on(arguments: impl Iterator<Item = OsString>, stage: &Stage) -> Outcome {
    let arguments: Vec<OsString> = arguments.collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => execute(cli, &stage.with_arguments(&arguments)).await,
        Err(error) => usage::usage(error, stage),
    }
}

/// Runs a command to its end.
pub async fn execute(cli: Cli, stage: &Stage) -> Outcome {
    match cli.command {
        Command::Plan(args) => plan::plan(args, stage).await,
        Command::Apply(args) => apply::apply(args, stage).await,
        Command::Validate(args) => validate(args, stage).await,
        Command::Show(args) => plan::show(args, stage).await,
        Command::Rbac(args) => rbac::rbac(args, stage).await,
        Command::Schema(args) => schema(&args, stage),
        Command::Completions(args) => completions(&args, stage),
        Command::Sandbox(SandboxCommand::Serve(args)) => serve::serve(args, stage).await,
    }
}

async fn validate(args: ValidateArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let json = args.format == Format::Json;
    let document = |errors: &[Failure]| json::document(&args.file, None, &[], errors, console.door());
    let deadline = Deadline::after(args.cluster.timeout);
    let policy = policy(&args.trust, args.cluster.context.is_some(), args.pat_stdin);
    let mut warnings = Vec::new();
    let opened = checked(&args.file, args.pat_stdin, policy, &console, &deadline, &mut warnings);
    match Interrupt::listen(stage).or_stop(opened).await {
        Ok(_) if json => console.out(&json::document(&args.file, None, &warnings, &[], console.door())),
        Ok(_) => {
            console.warnings(&warnings);
            console.say(text!("{} is valid.\n", args.file));
        }
        Err(not_opened) if json => {
            console.out(&document(&not_opened.failures()));
            return console.outcome(not_opened.outcome());
        }
        Err(not_opened) => return console.not_opened(&not_opened),
    }
    console.outcome(Outcome::Done)
}

async fn connect(wanted: &Wanted, args: &ClusterArgs, deadline: Deadline, console: &Arc<Console>) -> Result<Cluster, Failure> {
    let ClusterArgs { choice: ChoiceArgs { context, kubeconfig, timeout: _ }, sandbox } = args;
    if let Some(client) = console.client() {
        let name = || Outside::new("in memory");
        return Ok(Cluster::over(client.clone(), name(), name(), deadline, console.notices()));
    }
    let choice =
        Choice { kubeconfig_flag: kubeconfig.clone(), context: context.clone(), sandbox: sandbox.clone(), ..Choice::default() };
    wanted.connect(choice, deadline, console.notices()).await
}

/// Whether no kubeconfig is looked at.
fn is_sandbox(args: &ClusterArgs, console: &Console) -> bool {
    args.sandbox.is_some() || console.client().is_some()
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

fn schema(args: &SchemaArgs, stage: &Stage) -> Outcome {
    let console = Console::new(ScreenArgs::default(), stage);
    console.out(&Cleared::from(match args.document {
        SchemaOf::Plan => include_str!("../schema/plan.json"),
        SchemaOf::Events => include_str!("../schema/events.json"),
        SchemaOf::Spec => include_str!("../schema/spec.json"),
    }));
    console.outcome(Outcome::Done)
}

fn completions(args: &CompletionsArgs, stage: &Stage) -> Outcome {
    let console = Console::new(ScreenArgs::default(), stage);
    console.out(&Cleared::of_completions(args.shell, &mut Cli::command()));
    console.outcome(Outcome::Done)
}
