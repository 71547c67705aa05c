//! `konnect apply`: plan, ask, check rights, write, read again.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::console::Console;
use super::interrupt::Interrupt;
use super::{NotOpened, Stage, connect, open, outcome_of, show, spec_errors};
use crate::apply::{self as carry_out, Ending, Means, Progress, Report};
use crate::cli::{ApplyArgs, Format};
use crate::cluster::Cluster;
use crate::outcome::{Failure, Outcome};
use crate::pat::Pat;
use crate::plan::{Action, Change, Plan};
use crate::render::escape;
use crate::session::Wanted;

pub(super) async fn apply(args: ApplyArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let mut warnings = Vec::new();
    let wanted = match open(&args.spec, &mut warnings) {
        Ok(wanted) => wanted,
        Err(NotOpened::Spec(errors)) => return spec_errors(&console, &args.spec.file, &errors, Format::Human),
        Err(NotOpened::Token(failure)) => {
            console.warnings(&warnings);
            console.failure(&failure);
            return console.outcome(failure.outcome);
        }
    };
    let told = if wanted.pat.is_some() { warnings } else { Vec::new() };
    console.warnings(&told);
    let interrupt = Interrupt::listen(stage);
    let outcome = match run(&args, &wanted, &interrupt, &console).await {
        Ok(outcome) => outcome,
        Err(failure) => {
            console.failure(&failure);
            failure.outcome
        }
    };
    console.outcome(outcome)
}

async fn run(args: &ApplyArgs, wanted: &Wanted, interrupt: &Interrupt, console: &Arc<Console>) -> Result<Outcome, Failure> {
    let Some(pat) = &wanted.pat else {
        return Err(Failure::new("token_unset", format!("apply needs the token, and {}", wanted.source.unset()))
            .hint("each write carries the whole object: without the token an apply would remove it"));
    };
    let (cluster, mut plan) = interrupt
        .or_stop(async {
            let cluster = connect(wanted, &args.cluster, console).await?;
            let plan = wanted.plan(&cluster).await?;
            Ok((cluster, plan))
        })
        .await?;
    show(console, &plan, &[], Format::Human);
    guard(&plan)?;
    if !plan.changes.iter().any(Change::is_written) {
        return Ok(outcome_of(&plan, false));
    }
    let means = Means { pat, scrubber: &wanted.scrubber, take_over: &wanted.take_over, interrupted: interrupt.flag() };
    if !args.auto_approve {
        interrupt.or_stop(ask(&cluster, console)).await?;
        interrupt.or_stop(carry_out::look_again(&cluster, &mut plan, means)).await?;
    }
    interrupt.or_stop(carry_out::missing_rights(&cluster, &plan)).await?;
    console.aside("\n");
    let report = carry_out::apply(&cluster, &plan, means, &mut |progress| told(console, &progress)).await;
    Ok(conclude(&cluster, wanted, pat, &report, console).await)
}

/// What stops the whole apply before any write.
fn guard(plan: &Plan) -> Result<(), Failure> {
    let titles = |action: Action| {
        let of = plan.changes.iter().filter(|change| change.action == action);
        of.map(|change| change.wanted.title()).collect::<Vec<_>>().join(", ")
    };
    let (unknown, blocked) = (titles(Action::Unknown), titles(Action::Blocked));
    if !unknown.is_empty() {
        return Err(Failure::new(
            "unknown",
            format!("nothing was written: {unknown} could not be read, so what apply would do is not known"),
        ));
    }
    if !blocked.is_empty() {
        return Err(Failure::new("blocked", format!("nothing was written: {blocked} is blocked"))
            .hint("the plan above says by what; a field of another manager is taken with --take-over FIELD")
            .outcome(Outcome::Refused));
    }
    Ok(())
}

/// Asks on the terminal. Only `yes` goes on.
async fn ask(cluster: &Cluster, console: &Console) -> Result<(), Failure> {
    let refused = |what: &str| Failure::new("not_approved", format!("nothing was written: {what}")).outcome(Outcome::Refused);
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask on").hint("pass --auto-approve to apply without being asked"));
    }
    console.out(
        "\nDo you want to perform these actions?\n  konnect will perform the actions described above.\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ",
    );
    let asked = Instant::now();
    let (send, answer) = tokio::sync::oneshot::channel();
    // A thread of its own: a read of the terminal can't be broken off, and must not keep Ctrl-C waiting.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let _ = send.send(read.map(|_| line));
    });
    let line = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    cluster.deadline.extend(asked.elapsed());
    if line.trim() == "yes" { Ok(()) } else { Err(refused("it was not approved")) }
}

fn told(console: &Console, progress: &Progress<'_>) {
    let seconds = |time: &Duration| format!("{:.1}s", time.as_secs_f64());
    match progress {
        Progress::Started(change) => {
            let verb = if change.action == Action::Create { "Creating" } else { "Updating" };
            console.aside(&format!("{}: {verb}...\n", change.wanted.title()));
        }
        Progress::Ended(change, ending, time) => {
            let title = change.wanted.title();
            let line = match ending {
                Ending::Created => format!("{title}: Creation complete after {}", seconds(time)),
                Ending::Updated => format!("{title}: Update complete after {}", seconds(time)),
                Ending::ConfirmedByReading => {
                    format!("{title}: Complete after {} (the answer was lost; confirmed by reading)", seconds(time))
                }
                Ending::DoneByAnother if change.action == Action::Create => {
                    format!("{title}: Appeared meanwhile, as wanted; not written")
                }
                Ending::DoneByAnother => format!("{title}: Done by another meanwhile; not written"),
                Ending::Failed(_) | Ending::Stale(_) => format!("{title}: Not written, after {}", seconds(time)),
                Ending::Unknown(_) => format!("{title}: Unknown, after {}", seconds(time)),
                Ending::NotDone(_) => return,
            };
            console.aside(&format!("{line}\n"));
        }
    }
}

/// Says what became of everything, and reads again.
async fn conclude(cluster: &Cluster, wanted: &Wanted, pat: &Pat, report: &Report, console: &Console) -> Outcome {
    let outcome = report.outcome();
    let counts = format!("{} added, {} changed, 0 destroyed.", report.added(), report.changed());
    if report.endings.iter().all(|(_, ending)| ending.is_done()) {
        console.out(&format!("\n{}\n", console.paint().green(&format!("Apply complete! Resources: {counts}{}", beside(report)))));
        return outcome.or(confirm(cluster, wanted, pat, console).await);
    }
    console.out(&format!("\n{}\n", console.paint().red(&format!("Apply incomplete. Resources: {counts}{}", beside(report)))));
    for (change, ending) in &report.endings {
        let title = change.wanted.title();
        match ending {
            Ending::Failed(failure) | Ending::Stale(failure) => {
                console.out(&format!("  not written  {title}\n"));
                console.failure(failure);
            }
            Ending::Unknown(failure) => {
                console.out(&format!("  unknown      {title}\n"));
                console.failure(failure);
            }
            Ending::NotDone(why) => console.out(&format!("  not begun    {title}: {}\n", escape(why))),
            Ending::Created | Ending::Updated | Ending::ConfirmedByReading => console.out(&format!("  written      {title}\n")),
            Ending::DoneByAnother => console.out(&format!("  as wanted    {title}: done by another\n")),
        }
    }
    outcome
}

/// What the counts leave out: objects that are as wanted, though no answer of the server says that we made them so.
fn beside(report: &Report) -> String {
    let count = |wanted: &Ending| report.endings.iter().filter(|(_, ending)| ending == wanted).count();
    let mut rest = String::new();
    for (count, words) in
        [(count(&Ending::ConfirmedByReading), "confirmed by reading"), (count(&Ending::DoneByAnother), "done by another")]
    {
        if count > 0 {
            rest.push_str(&format!(" {count} {words}."));
        }
    }
    rest
}

/// Reads everything again: an apply is done when a plan is empty.
async fn confirm(cluster: &Cluster, wanted: &Wanted, _pat: &Pat, console: &Console) -> Outcome {
    let what = match wanted.read(cluster).await {
        Ok(plan) if plan.summary().unknown > 0 => "not all of it could be read".to_owned(),
        Ok(plan) if plan.is_pending() => {
            let changes = plan.changes.iter().filter(|change| change.action != Action::None);
            format!("it already differs again: {}", changes.map(|change| change.wanted.title()).collect::<Vec<_>>().join(", "))
        }
        Ok(_) => {
            console.aside("Read again: no changes remain.\n");
            return Outcome::Done;
        }
        Err(failure) => failure.what,
    };
    let failure = Failure::new("unconfirmed", format!("everything was written, but reading it again did not confirm it: {what}"))
        .hint("run `konnect plan` to see what is there")
        .outcome(Outcome::Unconfirmed);
    console.failure(&failure);
    failure.outcome
}
