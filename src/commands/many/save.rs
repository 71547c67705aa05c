//! `konnect plan --out` for many specs: all of their plans in one file, or none.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::plan::chosen;
use super::super::refuse::refuse;
use super::super::run::Run;
use super::open::Member;
use super::planning::{Planning, Work};
use crate::cli::PlanArgs;
use crate::deadline::Deadline;
use crate::fleet::FleetSpec;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Text;
use crate::pat::Fingerprints;
use crate::plan::Warning;
use crate::saved_plan::{SavedPlan, ToSave};
use crate::text;

/// How many specs are named that stand in the way.
const NAMED: usize = 5;

/// A file that was saved.
pub(super) struct Saved {
    /// Its digest.
    pub(super) digest: String,
    /// From when on it is refused.
    pub(super) expires: Timestamp,
}

/// Has fingerprints made of the tokens, ours and the live ones, all under one salt.
pub(super) fn prepare(members: &mut [Member]) {
    let fingerprints = Arc::new(Fingerprints::default());
    for opened in members.iter_mut().filter_map(|member| member.opened.as_mut().ok()) {
        opened.session.fingerprints = Some(Arc::clone(&fingerprints));
    }
}

/// Saves them, if they are to be.
pub(super) async fn save(
    args: &PlanArgs,
    run: &Run,
    planning: &Planning,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Saved>, Failure> {
    let Some(path) = &args.out else { return Ok(None) };
    let works = all_that_is_saved(planning)?;
    if args.part.partition.is_some() && works.iter().any(|work| work.stage.is_some()) {
        let what = "the plan was not saved: --partition can't be used where specs have stages";
        return Err(Failure::new(FailureCode::Usage, what).hint("no part can know when the other parts have ended"));
    }
    let to_save: Vec<ToSave<'_>> = works.into_iter().map(|work| to_save(args, run, work)).collect();
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let saved = run.or_stop(SavedPlan::new(&to_save, args.expires, &deadline)).await?;
    warnings.extend(saved.warnings(Timestamp::now()));
    Ok(Some(Saved { digest: saved.save(path)?, expires: saved.expires() }))
}

fn to_save<'a>(args: &PlanArgs, run: &Run, Work { digest, stage, session, made, cluster: _ }: &'a Work) -> ToSave<'a> {
    ToSave { digest, stage: *stage, chosen: chosen(args, run, session), session, made }
}

/// Every spec.
///
/// # Errors
/// One of them can't be applied as it is planned.
fn all_that_is_saved(planning: &Planning) -> Result<Vec<&Work>, Failure> {
    let specs = &planning.fleet.specs;
    let mut saved = Vec::with_capacity(specs.len());
    let mut unfit: Vec<(&FleetSpec, Text, Outcome)> = Vec::new();
    // Plans ignore stages, but what is carried out needs one of each spec, or of none.
    let is_staged = planning.works.iter().flatten().any(|work| work.stage.is_some());
    for (spec, work) in specs.iter().zip(&planning.works) {
        match (work, fault(spec, work.as_ref(), is_staged)) {
            (Some(work), None) => saved.push(work),
            (_, Some((why, outcome))) => unfit.push((spec, why, outcome)),
            (None, None) => unfit.push((spec, "failed".into(), Outcome::Failed)),
        }
    }
    if unfit.is_empty() {
        return Ok(saved);
    }
    let mut named: Vec<Text> = unfit.iter().take(NAMED).map(|(spec, why, _)| text!("{} ({})", spec.path, why)).collect();
    if unfit.len() > NAMED {
        named.push(text!("{} more", unfit.len() - NAMED));
    }
    let what =
        text!("the plan was not saved: {} of {} specs can't be applied: {}", unfit.len(), specs.len(), Text::join(named, ", "));
    let outcome = Outcome::of_many(unfit.iter().map(|(.., outcome)| *outcome), false);
    Err(Failure::new(FailureCode::OthersRefused, what).outcome(outcome).hint("mend them, or leave them out with --except"))
}

/// Why a spec can't be saved, in a word or two, and how an apply of it would end.
fn fault(spec: &FleetSpec, work: Option<&Work>, is_staged: bool) -> Option<(Text, Outcome)> {
    let Some(work) = work else { return Some(("failed".into(), spec.outcome(false))) };
    if work.session.pat.is_none() {
        return Some((work.session.source.unset(), Outcome::Failed));
    }
    if let Err(failure) = refuse("the plan was not saved", &work.made.plan) {
        return Some((spec.result().words().into(), failure.outcome));
    }
    (is_staged && work.stage.is_none()).then(|| ("no stage".into(), Outcome::Failed))
}
