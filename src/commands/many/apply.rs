//! `konnect apply` for many specs: select, open, plan, look whether all of it could be applied, approve, roll out.

use std::sync::atomic::Ordering;

use super::super::run::Run;
use super::approve::approve;
use super::open::{HowToOpen, Member, open, same_token_twice};
use super::planning::{Planning, Purpose, plan_all};
use super::preflight::preflight;
use super::roll_out::roll_out;
use super::stages::{comes_before, refuse_empty_stage, stages, too_early};
use crate::cli::ApplyArgs;
use crate::deadline::Deadline;
use crate::fleet::{Ending, NotBegun};
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::pat::Salt;
use crate::selection::SelectedFile;
use crate::text;
use crate::view::Event;

pub(in super::super) async fn apply(args: &ApplyArgs, files: Vec<SelectedFile>, run: &Run) -> Outcome {
    let planned = plan(args, files, run).await;
    carry_out(args, run, planned).await
}

/// Shows what is planned, and does it.
pub(super) async fn carry_out(args: &ApplyArgs, run: &Run, planned: Result<Planning, Failure>) -> Outcome {
    let planning = match planned {
        Ok(planning) => planning,
        Err(failure) => {
            run.emit(Event::Failed(&failure));
            return run.finish(failure.outcome);
        }
    };
    run.emit(Event::Fleet(&planning.fleet));
    if run.reporter().is_broken() {
        // It was said already, on stderr. What nobody can see is not written.
        return run.finish(Outcome::Failed);
    }
    let (endings, failure) = to_the_end(args, run, &planning).await;
    run.emit(Event::FleetEnded { fleet: &planning.fleet, endings: &endings });
    if let Some(failure) = &failure {
        run.emit(Event::Failed(failure));
    }
    let wrote = endings.iter().any(Ending::wrote);
    let outcomes = endings.iter().map(Ending::outcome).chain(failure.iter().map(|failure| failure.outcome));
    let outcome = Outcome::of_many(outcomes, wrote);
    let unshown = match (wrote, endings.iter().all(Ending::is_confirmed)) {
        (true, true) => Outcome::Unconfirmed,
        (true, false) => Outcome::Partial,
        (false, _) => Outcome::Failed,
    };
    run.finish_or(outcome, unshown)
}

async fn plan(args: &ApplyArgs, files: Vec<SelectedFile>, run: &Run) -> Result<Planning, Failure> {
    let how = HowToOpen {
        pat_stdin: args.spec.pat_stdin,
        accept: args.spec.accept(),
        take_over: args.spec.take_over.iter().cloned().collect(),
        policy: None,
    };
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let mut members = run.or_stop(open(run, files, how, (&args.spec, &args.cluster), &deadline)).await?;
    let warnings = same_token_twice(&members, &Salt::default());
    let stages = stages(&args.roll_out, &mut members);
    refuse_empty_stage(args.roll_out.stage, &stages, "`[policy] stage` of a spec says it, or its place in --order")?;
    if args.part.partition.is_some() && stages.iter().any(Option::is_some) {
        let what = "--partition can't be used where specs have stages: no part can know when the other parts have ended";
        return Err(Failure::new(FailureCode::Usage, what).hint("run stage by stage with --stage, without --partition"));
    }
    let is_meant = |(_, stage): &(Member, Option<u32>)| is_looked_at(args, *stage);
    let (members, stages): (Vec<_>, Vec<_>) = members.into_iter().zip(stages).filter(is_meant).unzip();
    plan_all(run, (&args.cluster, &args.part), members, &stages, Purpose::Apply, warnings).await
}

/// Whether a run with `--stage` looks at this one: also at those before it.
pub(super) fn is_looked_at(args: &ApplyArgs, stage: Option<u32>) -> bool {
    args.roll_out.stage.is_none_or(|only| stage.is_none_or(|stage| stage <= only))
}

/// What became of each spec, and what is to be said of all of them.
async fn to_the_end(args: &ApplyArgs, run: &Run, planning: &Planning) -> (Vec<Ending>, Option<Failure>) {
    let endings = match preflight(run, planning).await {
        Ok(endings) => endings,
        Err(failure) => return (none_begun(planning, NotBegun::Interrupted), Some(failure)),
    };
    tell_refused(run, planning, &endings);
    if let Some(failure) = earlier_stage_pending(args, planning, &endings) {
        return (ended(endings, NotBegun::OthersRefused), Some(failure));
    }
    let refused: Vec<&Ending> = endings.iter().flatten().filter(|ending| matches!(ending, Ending::Refused(_))).collect();
    if !refused.is_empty() && !args.roll_out.partial {
        let failure = others_refused(args, &refused, endings.len());
        return (ended(endings, NotBegun::OthersRefused), Some(failure));
    }
    if endings.iter().all(Option::is_some) {
        return (ended(endings, NotBegun::OthersRefused), None);
    }
    match run.or_stop(approve(run, args.auto_approve, planning, &endings)).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            run.emit(Event::Cancelled);
            let declined = Failure::new(FailureCode::NotApproved, "nothing was written: the answer was not yes");
            return (refused_all(endings, &declined), None);
        }
        Err(failure) if failure.code == FailureCode::Interrupted => {
            return (ended(endings, NotBegun::Interrupted), Some(failure));
        }
        Err(failure) => return (ended(endings, NotBegun::NotApproved), Some(failure)),
    }
    run.emit(Event::Writing);
    let endings = roll_out(run, args, planning, endings).await;
    let interrupted = run.interrupted().load(Ordering::SeqCst);
    (ended(endings, if interrupted { NotBegun::Interrupted } else { NotBegun::OthersFailed }), None)
}

/// Why specs can't be applied that have a plan; of the others it was told already why there is none.
fn tell_refused(run: &Run, planning: &Planning, endings: &[Option<Ending>]) {
    let refused = planning.fleet.specs.iter().zip(endings).filter(|(spec, _)| spec.plan().is_some());
    for (spec, ending) in refused.filter_map(|(spec, ending)| Some((spec, ending.as_ref()?))) {
        if matches!(ending, Ending::Refused(_)) {
            run.emit(Event::SpecEnded { spec, ending });
        }
    }
}

/// `--stage N` is for when all before it is done: as wanted, by a reading of this run.
fn earlier_stage_pending(args: &ApplyArgs, planning: &Planning, endings: &[Option<Ending>]) -> Option<Failure> {
    let only = args.roll_out.stage?;
    let specs = planning.fleet.specs.iter().zip(endings);
    let is_done = |ending: &Option<Ending>| matches!(ending, Some(Ending::Nothing));
    let (pending, _) = specs.into_iter().find(|(spec, ending)| comes_before(spec.stage, only) && !is_done(ending))?;
    Some(too_early(only, text!("{}, which is not done ({})", pending.path, pending.result().words())))
}

/// It ends as they do: it adds nothing to the reasons.
fn others_refused(args: &ApplyArgs, refused: &[&Ending], of: usize) -> Failure {
    let outcome = Outcome::of_many(refused.iter().map(|ending| ending.outcome()), false);
    let what = text!(
        "nothing was written: {} of {} specs can't be applied; they stand in the table, with the reason above it",
        refused.len(),
        of
    );
    let hint = match args.plan {
        None => "mend them, leave them out with --except, or apply the others with --partial",
        Some(_) => "plan again, or apply the others with --partial",
    };
    Failure::new(FailureCode::OthersRefused, what).outcome(outcome).hint(hint)
}

fn ended(endings: Vec<Option<Ending>>, otherwise: NotBegun) -> Vec<Ending> {
    endings.into_iter().map(|ending| ending.unwrap_or(Ending::NotBegun(otherwise))).collect()
}

fn none_begun(planning: &Planning, why: NotBegun) -> Vec<Ending> {
    planning.works.iter().map(|_| Ending::NotBegun(why)).collect()
}

fn refused_all(endings: Vec<Option<Ending>>, declined: &Failure) -> Vec<Ending> {
    endings.into_iter().map(|ending| ending.unwrap_or_else(|| Ending::Refused(declined.clone()))).collect()
}
