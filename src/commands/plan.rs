//! `konnect plan`: open, plan, save if asked to, show.

use std::sync::Arc;

use jiff::Timestamp;

use super::open::{SpecReader, policy, wait_for_token};
use super::open_error::OpenError;
use super::refuse::refuse;
use super::run::Run;
use super::{RunContext, many, next_command, outcome_of};
use crate::cli::{ChoiceArgs, PlanArgs};
use crate::cluster::Cluster;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::plan::{Plan, Warning};
use crate::saved_plan::{SavedPlan, ToSave};
use crate::session::{Made, Session};
use crate::spec::{ClusterKeys, Spec};
use crate::text;
use crate::view::{Event, Output};

/// A plan, and the digest of its file and when that expires, or why it could not be saved.
struct Planned {
    plan: Plan,
    saved: Result<Option<(String, Timestamp)>, Failure>,
}

pub(super) async fn plan(args: PlanArgs, context: &RunContext) -> Outcome {
    let run = Run::begin_bounded(context, args.screen, (args.format, args.limit), Output::Plan, &args.spec.select.named());
    match many::choose(&run, &args.spec.select, &Deadline::after(args.cluster.choice.timeout)).await {
        Ok(None) => {}
        Ok(Some(files)) => return Box::pin(many::plan(&args, files, &run)).await,
        Err(outcome) => return run.finish(outcome),
    }
    let mut warnings = Vec::new();
    let made = make(&args, &run, &mut warnings).await;
    run.warn(&warnings);
    match made {
        Ok(planned) => show(&args, &run, &planned),
        Err(error) => run.fail(&error),
    }
}

async fn make(args: &PlanArgs, run: &Run, warnings: &mut Vec<Warning>) -> Result<Planned, OpenError> {
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let cluster_is_chosen = args.cluster.choice.context.is_some() || args.cluster.sandbox.is_some();
    let policy = policy(&args.trust, cluster_is_chosen, args.spec.pat_stdin);
    let reader = SpecReader::new(run, args.spec.select.first(), args.spec.pat_stdin, policy);
    let says = reader.says();
    wait_for_token(&args.spec, run);
    let opened = run.or_stop(reader.spec_and_token(&args.spec, &deadline, warnings)).await;
    let opened = opened.and_then(|(spec, mut session)| {
        if args.out.is_some() {
            // The failure says what the warning about the token would.
            prepare_to_save(&mut session).inspect_err(|_| warnings.clear())?;
        }
        Ok((spec, session))
    });
    if opened.is_err() {
        run.tell_context(&args.cluster, says.get(), &deadline).await;
    }
    let (spec, session) = opened?;
    let made = run.or_stop(async {
        let cluster = run.connect(&session, &args.cluster, deadline).await?;
        let made = session.plan(&cluster).await?;
        let saved = to_save(args, run, (&spec, &session, &made), &cluster).await;
        Ok::<_, Failure>((made.plan, saved))
    });
    let (plan, saved) = made.await?;
    let saved = saved.and_then(|saved| save(args, saved, &plan, warnings));
    Ok(Planned { plan, saved })
}

fn show(args: &PlanArgs, run: &Run, Planned { plan, saved }: &Planned) -> Outcome {
    run.emit(Event::Plan(plan));
    let outcome = outcome_of(plan, args.detailed_exitcode);
    let next = match (saved, &args.out) {
        (Err(failure), _) => {
            run.emit(Event::Failed(failure));
            return run.finish(outcome.or(failure.outcome));
        }
        (Ok(Some((digest, expires))), Some(path)) => {
            run.emit(Event::Saved { path, expires: *expires, digest });
            next_command::of_saved(args, [plan], digest)
        }
        (Ok(_), _) => next_command::of_spec(args, plan),
    };
    if let Some(command) = &next {
        run.emit(Event::Next { command });
    }
    if next_command::forbidden(plan) {
        run.emit(Event::Info(&text!("{} write all of this: another user has to apply it.", plan.who_cannot())));
    }
    run.finish(outcome)
}

/// Without a token there is nothing to bind a saved plan to.
fn prepare_to_save(session: &mut Session) -> Result<(), Failure> {
    if session.pat.is_none() {
        let what = text!("a saved plan is bound to the token, and {}", session.source.unset());
        return Err(Failure::new(FailureCode::TokenUnset, what).hint("set it, or plan without --out"));
    }
    session.fingerprints = Some(Arc::default());
    Ok(())
}

/// The plan as it will be saved, if it is to be.
async fn to_save(
    args: &PlanArgs,
    run: &Run,
    (spec, session, made): (&Spec, &Session, &Made),
    cluster: &Cluster,
) -> Result<Option<SavedPlan>, Failure> {
    if args.out.is_none() {
        return Ok(None);
    }
    refuse("the plan was not saved", &made.plan)?;
    // A spec alone has no others to be rolled out before.
    let plan = ToSave { digest: &spec.digest(), stage: None, chosen: chosen(args, run, session), session, made };
    SavedPlan::new(&[plan], args.expires, &cluster.deadline).await.map(Some)
}

/// What a flag or the spec says about the cluster.
pub(super) fn chosen(args: &PlanArgs, run: &Run, session: &Session) -> ClusterKeys {
    let ChoiceArgs { context, kubeconfig, timeout: _ } = &args.cluster.choice;
    if run.needs_no_kubeconfig(&args.cluster) {
        ClusterKeys::default()
    } else {
        session.chosen(context.as_ref(), kubeconfig.as_ref())
    }
}

/// Saves it, and returns the file's digest and when it expires.
fn save(
    args: &PlanArgs,
    saved: Option<SavedPlan>,
    plan: &Plan,
    warnings: &mut Vec<Warning>,
) -> Result<Option<(String, Timestamp)>, Failure> {
    let (Some(path), Some(saved)) = (&args.out, saved) else { return Ok(None) };
    warnings.extend(saved.warnings(plan.read_at));
    let expires = saved.expires();
    Ok(Some((saved.save(path)?, expires)))
}
