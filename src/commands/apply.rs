//! `konnect apply`: plan, ask, check rights, write, read again; or the same with a plan that was saved.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::console::Console;
use super::interrupt::Interrupt;
use super::teller::Teller;
use super::{NotOpened, Stage, connect, is_sandbox, open, outcome_of};
use crate::apply::{self as carry_out, Means, Report};
use crate::blocking::within;
use crate::cli::{ApplyArgs, Format};
use crate::cluster::{Cluster, Deadline};
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::{Outside, Text};
use crate::pat;
use crate::plan::{Action, Change, Plan, Warning};
use crate::saved_plan::{Freshness, Given, SavedPlan};
use crate::session::{Made, Wanted};
use crate::text;

/// What a run came to.
#[derive(Default)]
struct Done {
    report: Report,
    confirmed: bool,
    outcome: Option<Outcome>,
}

pub(super) async fn apply(args: ApplyArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let teller = Teller::begin(&console, args.format);
    let interrupt = Interrupt::listen(stage);
    let Done { report, confirmed, outcome } = match run(&args, &interrupt, &console, &teller).await {
        Ok(done) => done,
        Err(not_opened) => {
            teller.not_opened(&not_opened);
            Done { outcome: Some(not_opened.outcome()), ..Done::default() }
        }
    };
    teller.end(&report, confirmed, outcome.unwrap_or(Outcome::Done))
}

async fn run(args: &ApplyArgs, interrupt: &Interrupt, console: &Arc<Console>, teller: &Teller) -> Result<Done, NotOpened> {
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let mut warnings = Vec::new();
    let opened = interrupt.or_stop(to_apply(args, console, &deadline, &mut warnings)).await;
    let read = match opened {
        Err(not_opened) => Err(not_opened),
        Ok((wanted, saved)) => {
            let made = interrupt.or_stop(async {
                let cluster = connect(&wanted, &args.cluster, deadline, console).await?;
                // Admission was asked when the plan was saved; the write itself asks again.
                let made = if saved.is_some() { wanted.compute(&cluster).await? } else { wanted.plan(&cluster).await? };
                Ok((cluster, made))
            });
            made.await.map(|(cluster, made)| (wanted, saved, cluster, made))
        }
    };
    // Not before: a secret that was read just now may stand in them.
    teller.warnings(&warnings);
    let (wanted, saved, cluster, made) = read?;
    let Some(pat) = &wanted.pat else { return Err(no_token(&wanted).into()) };
    let mut plan = match &saved {
        None => made.plan,
        Some(saved) => {
            saved.check_cluster(&made.plan)?;
            interrupt.or_stop(saved.check_token(pat, &wanted, &cluster.deadline)).await?;
            match resumed(saved, &made, teller)? {
                None => return Ok(Done::default()),
                Some(left) => left,
            }
        }
    };
    teller.plan(&plan);
    guard(&plan)?;
    if teller.is_broken() {
        // It was said already, on stderr; what nobody can see is not written.
        return Ok(Done { outcome: Some(Outcome::Failed), ..Done::default() });
    }
    if !plan.changes.iter().any(Change::is_written) {
        return Ok(Done { outcome: Some(outcome_of(&plan, false)), ..Done::default() });
    }
    let means = Means { pat, comparison: wanted.comparison(), take_over: &wanted.take_over, interrupted: interrupt.flag() };
    let mut done = Vec::new();
    if !args.auto_approve && saved.is_none() {
        interrupt.or_stop(ask(&cluster, console, teller)).await?;
        done = interrupt.or_stop(carry_out::look_again(&cluster, &mut plan, means)).await?;
    }
    interrupt.or_stop(carry_out::missing_rights(&cluster, &plan)).await?;
    teller.writing_begins();
    let report = carry_out::apply(&cluster, &plan, &done, means, &mut |progress| teller.progress(&progress)).await;
    teller.report(&report);
    let mut outcome = report.outcome();
    let mut confirmed = false;
    if report.is_complete() {
        match confirm(&cluster, &wanted).await {
            Ok(()) => {
                confirmed = true;
                teller.confirmed();
            }
            Err(failure) => {
                teller.failure(&failure);
                outcome = outcome.or(failure.outcome);
            }
        }
    }
    Ok(Done { report, confirmed, outcome: Some(outcome) })
}

/// What is to be applied: a spec, or a plan that was saved.
async fn to_apply(
    args: &ApplyArgs,
    console: &Arc<Console>,
    deadline: &Deadline,
    warnings: &mut Vec<Warning>,
) -> Result<(Wanted, Option<SavedPlan>), NotOpened> {
    let (wanted, saved) = match &args.plan {
        None => (open(&args.spec, None, console, deadline, warnings).await?.1, None),
        Some(path) => to_apply_saved(path, args, console, deadline, warnings).await?,
    };
    if wanted.pat.is_none() {
        return Err(no_token(&wanted).into());
    }
    Ok((wanted, saved))
}

/// A plan that was saved.
async fn to_apply_saved(
    path: &Outside,
    args: &ApplyArgs,
    console: &Arc<Console>,
    deadline: &Deadline,
    warnings: &mut Vec<Warning>,
) -> Result<(Wanted, Option<SavedPlan>), NotOpened> {
    let (path, expected, door) = (path.clone(), args.expect.clone(), console.door().clone());
    let saved = within(deadline, "reading the plan", move || {
        opened(&path, expected.as_deref()).inspect_err(|_| pat::teach_environment(door.secrets()))
    });
    let saved = saved.await??;
    warnings.extend(saved.warnings(Timestamp::now()));
    if saved.is_from_stdin() && args.format == Format::Human {
        // Whoever does not know how the plan was made would wonder why nothing happens.
        console.error(&console.door().output("the plan takes the token from standard input: waiting for it\n"));
    }
    let given = Given {
        pat_stdin: args.spec.pat_stdin,
        accept: args.spec.accept(),
        cluster: args.cluster.choice.kubeconfig.is_some() || is_sandbox(&args.cluster, console),
    };
    let door = console.door().clone();
    let (wanted, saved, met) = within(deadline, "reading the token", move || {
        let mut met = Vec::new();
        (saved.wanted(given, &door, &mut met), saved, met)
    })
    .await?;
    warnings.extend(met);
    Ok((wanted?, Some(saved)))
}

fn no_token(wanted: &Wanted) -> Failure {
    Failure::new(FailureCode::TokenUnset, text!("apply needs the token, and {}", wanted.source.unset()))
        .hint("each write carries the whole object: without the token an apply would remove it")
}

/// A saved plan that may be applied, as far as the file alone tells.
fn opened(path: &Outside, expected: Option<&str>) -> Result<SavedPlan, Failure> {
    let (saved, digest) = SavedPlan::open(path)?;
    if let Some(expected) = expected.filter(|expected| *expected != digest) {
        let what = text!("{} has the digest {}, but --expect says {}", path, Outside::from(&digest), Outside::from(expected));
        let hint = "it is not the plan that was approved: find out where it comes from";
        return Err(Failure::new(FailureCode::PlanUnexpected, what).hint(hint));
    }
    saved.check_time(Timestamp::now())?;
    Ok(saved)
}

/// What is left of a saved plan, in the world as it is now; `None`: nothing.
fn resumed(saved: &SavedPlan, now: &Made, teller: &Teller) -> Result<Option<Plan>, Failure> {
    if now.plan.summary().unknown > 0 {
        teller.plan(&now.plan);
        guard(&now.plan)?;
    }
    match saved.against(now) {
        Freshness::Done => {
            teller.plan(&now.plan);
            teller.note("Nothing left to do: the cluster is as the plan wants it.");
            Ok(None)
        }
        Freshness::Fresh { plan, moved } => {
            for title in moved {
                teller
                    .note(text!("{} moved since the plan was made, but nothing that the plan reads or writes: going on.", title));
            }
            Ok(Some(*plan))
        }
        Freshness::Stale(difference) => {
            let what = text!("the cluster is not what the plan was made from; nothing was written\n{}", difference);
            Err(Failure::new(FailureCode::Stale, what).hint("plan again, and look at what changed"))
        }
    }
}

/// What stops the whole apply before any write.
fn guard(plan: &Plan) -> Result<(), Failure> {
    let titles = |action: Action| {
        let of = plan.changes.iter().filter(|change| change.action == action);
        Text::join(of.map(|change| change.wanted.title()), ", ")
    };
    let (unknown, blocked) = (titles(Action::Unknown), titles(Action::Blocked));
    if !unknown.is_empty() {
        return Err(Failure::new(
            FailureCode::Unknown,
            text!("nothing was written: {} could not be read, so what apply would do is not known", unknown),
        ));
    }
    if !blocked.is_empty() {
        return Err(Failure::new(FailureCode::Blocked, text!("nothing was written: {} is blocked", blocked))
            .hint("the plan above says by what; a field of another manager is taken with --take-over FIELD"));
    }
    Ok(())
}

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: u64 = 1024;

/// Asks on the terminal. Only `yes` goes on.
async fn ask(cluster: &Cluster, console: &Console, teller: &Teller) -> Result<(), Failure> {
    let refused = |what: &'static str| Failure::new(FailureCode::NotApproved, text!("nothing was written: {}", what));
    if teller.is_json() {
        return Err(refused("with --format json nobody is asked").hint("pass --auto-approve, or a saved plan"));
    }
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask on").hint("pass --auto-approve to apply without being asked"));
    }
    console.say(
        "\nDo you want to perform these actions?\n  konnect will perform the actions described above.\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ",
    );
    let asked = Instant::now();
    let (send, answer) = tokio::sync::oneshot::channel();
    // A thread of its own: a read of the terminal can't be broken off, and must not keep Ctrl-C waiting.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().take(MAX_ANSWER_BYTES).read_line(&mut line);
        let _ = send.send(read.map(|_| line));
    });
    let line = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    cluster.deadline.extend(asked.elapsed());
    if line.trim() == "yes" { Ok(()) } else { Err(refused("it was not approved")) }
}

/// Reads everything again: an apply is done when a plan is empty.
async fn confirm(cluster: &Cluster, wanted: &Wanted) -> Result<(), Failure> {
    let what = match wanted.read(cluster).await {
        Ok(plan) if plan.summary().unknown > 0 => "not all of it could be read".into(),
        Ok(plan) if plan.is_pending() => {
            let changes = plan.changes.iter().filter(|change| change.action != Action::None);
            text!("it already differs again: {}", Text::join(changes.map(|change| change.wanted.title()), ", "))
        }
        Ok(_) => return Ok(()),
        Err(failure) => failure.what,
    };
    Err(Failure::new(
        FailureCode::Unconfirmed,
        text!("everything was written, but reading it again did not confirm it: {}", what),
    )
    .hint("run `konnect plan` to see what is there"))
}
