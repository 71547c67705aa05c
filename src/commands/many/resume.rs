//! `konnect apply PLAN` for a plan of many specs: all of it is looked at before the first write, then it is rolled out as any other.

use std::sync::Arc;

use super::super::apply::{OpenedPlan, given, moved, stale};
use super::super::open::OpenedSpec;
use super::super::run::Run;
use super::apply::{carry_out, is_looked_at};
use super::choose::refuse_for_many;
use super::open::Member;
use super::planning::{Planning, Purpose, Work, plan_all};
use super::stages::refuse_empty_stage;
use crate::blocking::within;
use crate::cli::{ApplyArgs, Grade};
use crate::cluster::in_parallel;
use crate::deadline::Deadline;
use crate::fleet::SpecState;
use crate::object::ObjectRef;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::plan::Plan;
use crate::saved_plan::{Freshness, SavedSpec};
use crate::text;
use crate::view::Event;

pub(in super::super) async fn resume(mut args: ApplyArgs, opened: OpenedPlan, run: &Run) -> Outcome {
    // A saved plan was approved as it is, unless somebody says how far.
    args.auto_approve.get_or_insert(Grade::All);
    let planned = look_at_all(&args, opened, run).await;
    carry_out(&args, run, planned).await
}

/// What is left of each plan.
async fn look_at_all(args: &ApplyArgs, OpenedPlan { saved, warnings }: OpenedPlan, run: &Run) -> Result<Planning, Failure> {
    refuse_for_many(saved.specs.len(), &args.spec, &args.cluster)?;
    let deadline = Deadline::after(args.cluster.choice.timeout);
    if let (Some(first), Some(named)) = (saved.specs.first(), &args.cluster.sandbox) {
        first.check_sandbox(named)?;
    }
    let specs: Vec<SavedSpec> = saved.specs.into_iter().filter(|spec| is_looked_at(args, spec.stage)).collect();
    let stages: Vec<Option<u32>> = specs.iter().map(|spec| spec.stage).collect();
    refuse_empty_stage(args.roll_out.stage, &stages, "`[policy] stage` of the specs says it when the plan is saved")?;
    let (specs, members) = run.or_stop(members(args, run, specs, &deadline)).await?;
    run.warn(&warnings);
    let mut planning = plan_all(run, (&args.cluster, &args.part), members, &stages, Purpose::Resume, Vec::new()).await?;
    run.or_stop(hold(run, args, &mut planning, &specs)).await?;
    Ok(planning)
}

/// The specs with their tokens, off the runtime's thread.
async fn members(
    args: &ApplyArgs,
    run: &Run,
    specs: Vec<SavedSpec>,
    deadline: &Deadline,
) -> Result<(Vec<SavedSpec>, Vec<Member>), Failure> {
    let (given, door) = (given(args, run), run.door().clone());
    within(deadline, "reading the tokens", move || {
        let member = |spec: &SavedSpec| {
            let mut warnings = Vec::new();
            let opened = spec.session(given, &door, &mut warnings).map_err(Into::into);
            let opened =
                opened.map(|session| OpenedSpec { digest: spec.digest.clone(), stage: spec.stage, session, effective: None });
            Member { path: spec.plan.spec.clone(), warnings, opened }
        };
        let members = specs.iter().map(member).collect();
        (specs, members)
    })
    .await
}

/// What a saved plan comes to, held against what is there now.
enum Held {
    /// This is left of it, though these objects moved.
    Left(Plan, Vec<ObjectRef>),
    /// It can't be carried out as it was saved.
    Refused(Failure),
    /// What is there now says it all: there is nothing to do, or it could not be read.
    AsItIsNow,
}

/// Holds each plan against what was read just now, and puts what is left of it in its place. `specs`: the saved ones, in the same order.
async fn hold(run: &Run, args: &ApplyArgs, planning: &mut Planning, specs: &[SavedSpec]) -> Result<(), Failure> {
    let deadline = &Deadline::after(args.cluster.choice.timeout);
    let pairs = specs.iter().zip(&planning.works).enumerate();
    let with_plan = pairs.filter_map(|(at, (saved, work))| Some((at, saved, work.as_ref()?)));
    let held = in_parallel(with_plan.map(|(at, saved, work)| async move { (at, held(saved, work, deadline).await) })).await;
    let mut is_done = held.len() == specs.len();
    // Nobody else has it yet.
    let Some(fleet) = Arc::get_mut(&mut planning.fleet) else {
        return Err(Failure::new(FailureCode::Internal, "the plan could not be held against the clusters"));
    };
    for (at, held) in held {
        match held {
            Held::AsItIsNow => {
                is_done &= !fleet.specs[at].plan().is_none_or(|plan| plan.is_pending() || !plan.refusals().is_empty())
            }
            Held::Left(plan, moved_since) => {
                is_done = false;
                for object in &moved_since {
                    run.emit(Event::Info(&text!("{}: {}", fleet.specs[at].path, moved(object))));
                }
                fleet.specs[at].state = SpecState::Planned(plan.clone());
                if let Some(work) = &mut planning.works[at] {
                    work.made.plan = plan;
                }
            }
            Held::Refused(failure) => {
                is_done = false;
                fleet.specs[at].state = SpecState::Failed(failure);
                planning.works[at] = None;
            }
        }
    }
    if is_done {
        run.emit(Event::Info(&"Nothing left to do: the clusters match the plan.".into()));
    }
    Ok(())
}

async fn held(saved: &SavedSpec, work: &Work, deadline: &Deadline) -> Held {
    let now = &work.made;
    if let Err(failure) = saved.check_cluster(&now.plan) {
        return Held::Refused(failure);
    }
    // Without a token it is refused as any other is.
    let Some(pat) = &work.session.pat else { return Held::AsItIsNow };
    if let Err(failure) = saved.check_token(pat, &work.session, deadline).await {
        return Held::Refused(failure);
    }
    if now.plan.summary().unknown > 0 {
        return Held::AsItIsNow;
    }
    match saved.revalidate(now) {
        Freshness::Done => Held::AsItIsNow,
        Freshness::Fresh(revalidated) => {
            let revalidated = *revalidated;
            Held::Left(revalidated.plan, revalidated.moved)
        }
        Freshness::Stale(difference) => Held::Refused(stale(saved, &difference)),
    }
}
