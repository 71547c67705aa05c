//! `konnect plan` and `konnect show`: a plan made, or one that was saved.

use jiff::Timestamp;

use super::console::Console;
use super::interrupt::Interrupt;
use super::{NotOpened, Stage, all, connect, is_sandbox, open, outcome_of, policy, unreadable};
use crate::blocking::within;
use crate::cli::{ChoiceArgs, PlanArgs, PlanFormat, ShowArgs};
use crate::cluster::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::pat::{self, Fingerprints};
use crate::plan::{Plan, Warning};
use crate::saved_plan::SavedPlan;
use crate::spec::ClusterKeys;
use crate::text;
use crate::view::{json, markdown, terminal};

pub(super) async fn plan(args: PlanArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let mut warnings = Vec::new();
    let interrupt = Interrupt::listen(stage);
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let cluster_is_chosen = args.cluster.choice.context.is_some() || args.cluster.sandbox.is_some();
    let policy = policy(&args.trust, cluster_is_chosen, args.spec.pat_stdin);
    let (spec, mut wanted) = match interrupt.or_stop(open(&args.spec, policy, &console, &deadline, &mut warnings)).await {
        Ok(opened) => opened,
        Err(NotOpened::Spec(errors)) if args.format == PlanFormat::Human => return console.not_opened(&NotOpened::Spec(errors)),
        Err(not_opened) => return failed(&console, &args, &warnings, &not_opened.failures()),
    };
    if args.out.is_some() && wanted.pat.is_none() {
        let what = text!("a saved plan is bound to the token, and {}", wanted.source.unset());
        let failure = Failure::new(FailureCode::TokenUnset, what).hint("set it, or plan without --out");
        return failed(&console, &args, &[], &[failure]);
    }
    if args.out.is_some() {
        wanted.fingerprints = Some(Fingerprints::default());
    }
    let made = interrupt.or_stop(async {
        let cluster = connect(&wanted, &args.cluster, deadline, &console).await?;
        let made = wanted.plan(&cluster).await?;
        let ChoiceArgs { context, kubeconfig, timeout: _ } = &args.cluster.choice;
        let chosen = wanted.chosen(context.as_ref(), kubeconfig.as_ref());
        let chosen = if is_sandbox(&args.cluster, &console) { ClusterKeys::default() } else { chosen };
        let saved = match &args.out {
            None => Ok(None),
            Some(path) => {
                let saved = SavedPlan::new((&spec, &chosen), &wanted, &made, args.expires, &cluster.deadline).await;
                saved.map(|saved| Some((path, saved)))
            }
        };
        Ok((made.plan, saved))
    });
    let (plan, saved) = match made.await {
        Ok(made) => made,
        Err(failure) => return failed(&console, &args, &warnings, &[failure]),
    };
    let outcome = outcome_of(&plan, args.detailed_exitcode);
    let saved = saved.and_then(|saved| {
        let Some((path, saved)) = saved else { return Ok(None) };
        warnings.extend(saved.warnings(plan.read_at));
        Ok(Some((path, saved.save(path)?)))
    });
    let digest = saved.as_ref().ok().and_then(|saved| saved.as_ref()).map(|(_, digest)| digest.as_str());
    let mut errors = unreadable(&plan);
    errors.extend(saved.as_ref().err().cloned());
    shown(&console, &plan, Shown { warnings: &warnings, errors: &errors, digest, format: args.format });
    match saved {
        Err(failure) => console.outcome(outcome.or(failure.outcome)),
        Ok(None) => console.outcome(outcome),
        Ok(Some((path, digest))) => {
            let line = text!("Plan saved to {} ({})\n", path, Outside::from(&digest));
            // The two other formats have stdout to themselves.
            if args.format == PlanFormat::Human {
                console.say(text!("\n{}", line))
            } else {
                console.error(&console.door().output(line))
            }
            console.outcome(outcome)
        }
    }
}

pub(super) async fn show(args: ShowArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let now = Timestamp::now();
    let (path, deadline) = (args.plan.clone(), Deadline::default());
    let interrupt = Interrupt::listen(stage);
    let opened = interrupt.or_stop(async {
        let read = within(&deadline, "reading the plan", move || {
            let (saved, digest) = SavedPlan::open(&path)?;
            Ok((saved.token_at_hand(), saved, digest))
        });
        read.await?.inspect_err(|_| pat::teach_environment(console.door().secrets()))
    });
    match opened.await.map(|(pat, saved, digest)| {
        pat.iter().for_each(|pat| pat.teach(console.door().secrets()));
        (saved, digest)
    }) {
        Ok((saved, digest)) => {
            let warnings = saved.warnings_to_viewer(now);
            shown(&console, &saved.plan, Shown { warnings: &warnings, errors: &[], digest: Some(&digest), format: args.format });
            if args.format == PlanFormat::Human {
                let time = |time: Timestamp| Outside::new(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                console.aside(text!(
                    "\nMade {}, expires {} ({})\n",
                    time(saved.created()),
                    time(saved.expires()),
                    Outside::from(&digest)
                ));
            }
            console.outcome(outcome_of(&saved.plan, args.detailed_exitcode))
        }
        Err(failure) => {
            match args.format {
                PlanFormat::Human => console.failure(&failure),
                PlanFormat::Json => {
                    console.out(&json::document(&Outside::default(), None, &[], std::slice::from_ref(&failure), console.door()));
                }
                PlanFormat::Markdown => {
                    let errors = std::slice::from_ref(&failure);
                    let about = markdown::About { spec: &Outside::default(), digest: None, warnings: &[], errors };
                    console.out(&markdown::comment(None, about, console.door()));
                }
            }
            console.outcome(failure.outcome)
        }
    }
}

/// What is shown beside a plan, and how.
struct Shown<'a> {
    warnings: &'a [Warning],
    errors: &'a [Failure],
    digest: Option<&'a str>,
    format: PlanFormat,
}

fn shown(console: &Console, plan: &Plan, beside: Shown<'_>) {
    let Shown { warnings, errors, digest, format } = beside;
    match format {
        PlanFormat::Json => {
            console.out(&json::document(&plan.spec, Some(plan), &all(console, warnings), errors, console.door()));
        }
        PlanFormat::Markdown => {
            let warnings: Vec<Warning> = all(console, warnings).into_iter().chain(plan.warnings.iter().cloned()).collect();
            let about = markdown::About { spec: &plan.spec, digest, warnings: &warnings, errors };
            console.out(&markdown::comment(Some(plan), about, console.door()));
        }
        PlanFormat::Human => {
            console.warnings(warnings);
            console.aside(text!("{}\n", terminal::header(plan)));
            console.say(terminal::plan(plan, console.paint()));
            console.warnings(&plan.warnings);
            errors.iter().for_each(|failure| console.failure(failure));
        }
    }
}

fn failed(console: &Console, args: &PlanArgs, warnings: &[Warning], failures: &[Failure]) -> Outcome {
    match args.format {
        PlanFormat::Json => {
            console.out(&json::document(&args.spec.file, None, &all(console, warnings), failures, console.door()));
        }
        PlanFormat::Markdown => {
            let warnings = all(console, warnings);
            let about = markdown::About { spec: &args.spec.file, digest: None, warnings: &warnings, errors: failures };
            console.out(&markdown::comment(None, about, console.door()));
        }
        PlanFormat::Human => {
            console.warnings(warnings);
            failures.iter().for_each(|failure| console.failure(failure));
        }
    }
    let outcome = failures.iter().fold(Outcome::Done, |worst, failure| worst.or(failure.outcome));
    console.outcome(outcome)
}
