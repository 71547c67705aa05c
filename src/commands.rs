//! Each command, a paragraph each. With `main.rs` the only place that writes to stdout.

mod apply;
mod console;
mod interrupt;
mod serve;
mod stage;

use std::sync::Arc;

use clap::Parser as _;

use crate::cli::{ChoiceArgs, Cli, ClusterArgs, Command, Format, PlanArgs, SandboxCommand, SpecArgs, ValidateArgs};
use crate::cluster::{Choice, Cluster, Deadline};
use crate::outcome::{Failure, Outcome};
use crate::plan::{Plan, Warning};
use crate::render::{json, terminal};
use crate::session::Wanted;
use crate::spec::{self, SpecErrors};
use console::Console;
use interrupt::Interrupt;
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
        Command::Plan(args) => plan(args, stage).await,
        Command::Apply(args) => apply::apply(args, stage).await,
        Command::Validate(args) => validate(&args, stage),
        Command::Sandbox(SandboxCommand::Serve(args)) => serve::serve(args, stage).await,
    }
}

fn validate(args: &ValidateArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    match spec::read(&args.file, args.pat_stdin) {
        Ok(_) if args.format == Format::Json => console.out(&json::document(&args.file, None, &[], &[])),
        Ok(_) => console.out(&format!("{} is valid.\n", crate::render::escape(&args.file))),
        Err(errors) => return spec_errors(&console, &args.file, &errors, args.format),
    }
    console.outcome(Outcome::Done)
}

async fn plan(args: PlanArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let mut warnings = Vec::new();
    let wanted = match open(&args.spec, &mut warnings) {
        Ok(wanted) => wanted,
        Err(NotOpened::Spec(errors)) => return spec_errors(&console, &args.spec.file, &errors, args.format),
        Err(NotOpened::Token(failure)) => return failed(&console, &args, &warnings, &failure),
    };
    let interrupt = Interrupt::listen(stage);
    let made = interrupt.or_stop(async {
        let cluster = connect(&wanted, &args.cluster, &console).await?;
        wanted.plan(&cluster).await
    });
    match made.await {
        Ok(plan) => {
            show(&console, &plan, &warnings, args.format);
            console.outcome(outcome_of(&plan, args.detailed_exitcode))
        }
        Err(failure) => failed(&console, &args, &warnings, &failure),
    }
}

fn failed(console: &Console, args: &PlanArgs, warnings: &[Warning], failure: &Failure) -> Outcome {
    match args.format {
        Format::Json => {
            console.out(&json::document(&args.spec.file, None, &all(console, warnings), std::slice::from_ref(failure)))
        }
        Format::Human => {
            console.warnings(warnings);
            console.failure(failure);
        }
    }
    console.outcome(failure.outcome)
}

/// Why there is nothing to work on.
enum NotOpened {
    Spec(SpecErrors),
    Token(Failure),
}

/// Reads the spec and the token.
fn open(args: &SpecArgs, warnings: &mut Vec<Warning>) -> Result<Wanted, NotOpened> {
    let spec = spec::read(&args.file, args.pat_stdin).map_err(NotOpened::Spec)?;
    let take_over = args.take_over.iter().cloned().collect();
    Wanted::new(spec, args.pat_stdin, take_over, warnings).map_err(NotOpened::Token)
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

fn show(console: &Console, plan: &Plan, warnings: &[Warning], format: Format) {
    match format {
        Format::Json => console.out(&json::document(&plan.spec, Some(plan), &all(console, warnings), &unreadable(plan))),
        Format::Human => {
            console.warnings(warnings);
            console.aside(&format!("{}\n", terminal::header(&plan.spec, &plan.token_source, &plan.cluster)));
            console.out(&terminal::plan(plan, console.paint()));
            console.warnings(&plan.warnings);
            unreadable(plan).iter().for_each(|failure| console.failure(failure));
        }
    }
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

fn spec_errors(console: &Console, file: &str, errors: &SpecErrors, format: Format) -> Outcome {
    match format {
        Format::Json => {
            let failures: Vec<Failure> = errors.messages().into_iter().map(|message| Failure::new("spec", message)).collect();
            console.out(&json::document(file, None, &[], &failures));
        }
        Format::Human => console.error(&errors.render(console.color_on_stderr())),
    }
    console.outcome(Outcome::Failed)
}
