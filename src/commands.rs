//! Each command, a paragraph each. With `main.rs` the only place that writes to stdout.

mod apply;
mod console;
mod interrupt;
mod plan;
mod rbac;
mod serve;
mod stage;
mod teller;
mod usage;

use std::ffi::OsString;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{
    ChoiceArgs, Cli, ClusterArgs, Command, CompletionsArgs, Format, SandboxCommand, SchemaArgs, SchemaOf, ScreenArgs, SpecArgs,
    ValidateArgs,
};
use crate::cluster::{Choice, Cluster, Deadline};
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::pat::{self, Pat};
use crate::plan::{Plan, Warning};
use crate::render::{Cleared, json};
use crate::session::Wanted;
use crate::spec::{self, Spec, SpecErrors};
use crate::text;
use console::Console;
pub use stage::{Stage, Written};

/// Parses the command line and runs the command.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> Outcome {
    let stage = Stage::process();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return usage::startup(&error, &stage),
    };
    let outcome = runtime.block_on(run_on(arguments, &stage));
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
    let json = args.format == Format::Json;
    match checked(&args.file, args.pat_stdin, &console) {
        Ok(_) if json => console.out(&json::document(&args.file, None, &[], &[], console.door())),
        Ok(_) => console.say(text!("{} is valid.\n", args.file)),
        Err(NotOpened::Spec(errors)) if json => {
            console.out(&json::document(&args.file, None, &[], &failures_of(&errors), console.door()));
            return console.outcome(Outcome::Failed);
        }
        Err(NotOpened::Failed(failure)) if json => {
            console.out(&json::document(&args.file, None, &[], std::slice::from_ref(&failure), console.door()));
            return console.outcome(failure.outcome);
        }
        Err(not_opened) => return console.not_opened(&not_opened),
    }
    console.outcome(Outcome::Done)
}

/// Why there is nothing to work on.
enum NotOpened {
    Spec(SpecErrors),
    Failed(Failure),
}

/// Reads a spec without needing its token. Where the token is at hand it is known all the same, so that it is hidden in what is said of the
/// spec, and refused in it.
fn checked(file: &Outside, pat_stdin: bool, console: &Console) -> Result<Spec, NotOpened> {
    let secrets = console.door().secrets();
    let spec = spec::read(file, pat_stdin).map_err(|errors| {
        pat::teach_what_is_at_hand(errors.pat.as_ref(), secrets);
        NotOpened::Spec(errors)
    })?;
    if let Some(pat) = spec.pat.as_ref().and_then(pat::at_hand) {
        pat.teach(secrets);
        refuse_token_in(&spec, &pat, console).map_err(NotOpened::Failed)?;
    }
    Ok(spec)
}

/// Reads the spec and the token.
fn open(args: &SpecArgs, console: &Console, warnings: &mut Vec<Warning>) -> Result<(Spec, Wanted), NotOpened> {
    let spec = checked(&args.file, args.pat_stdin, console)?;
    let take_over = args.take_over.iter().cloned().collect();
    let wanted = Wanted::new(spec.clone(), args.pat_stdin, take_over, console.door(), warnings).map_err(NotOpened::Failed)?;
    if let Some(pat) = &wanted.pat {
        refuse_token_in(&spec, pat, console).map_err(NotOpened::Failed)?;
    }
    Ok((spec, wanted))
}

/// The token belongs neither in a checked-in file nor on a command line, where other users see it.
fn refuse_token_in(spec: &Spec, pat: &Pat, console: &Console) -> Result<(), Failure> {
    let refused = |what: &'static str| {
        Failure::new("token_in_the_open", what)
            .hint("take it out, and revoke the token if the file was shared or the command logged")
    };
    if console.arguments().iter().any(|argument| pat.stands_in(argument.as_encoded_bytes())) {
        return Err(refused("the token stands on the command line: it belongs only where the spec says that it is read from"));
    }
    if spec.texts().any(|text| pat.stands_in(text.expose().as_bytes())) {
        return Err(refused("the token stands in the spec: it belongs only where the spec says that it is read from"));
    }
    Ok(())
}

async fn connect(wanted: &Wanted, args: &ClusterArgs, console: &Arc<Console>) -> Result<Cluster, Failure> {
    let ClusterArgs { choice: ChoiceArgs { context, kubeconfig, timeout }, sandbox } = args;
    if let Some(client) = console.client() {
        let name = || Outside::new("in memory");
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
