//! Carries out a plan, write by write, and says truly what became of each object. It adds nothing to the plan and decides nothing: whether the
//! plan still holds is `revalidate`'s to say, what follows an answer `next_step`'s. It prints nothing.

mod shared;
mod write_one;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use shared::SharedWrites;
use shared::Turn;

use crate::cluster::{Cluster, in_parallel};
use crate::object::ObjectRef;
use crate::observed::Read;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::pat::Pat;
use crate::plan::{Change, Plan};
use crate::read::{Comparison, read_object};
use crate::report::{Report, SkipReason, WriteResult};
use crate::revalidate::{Difference, Validity, revalidate};
use crate::text;

/// What a write needs beside the plan.
#[derive(Clone, Copy, Debug)]
pub struct ApplyContext<'a> {
    /// The token.
    pub pat: &'a Pat,
    /// What live tokens are compared with, and fingerprinted under.
    pub comparison: Comparison<'a>,
    /// Set by Ctrl-C: the writes under way are finished, no other is begun.
    pub interrupted: &'a AtomicBool,
    /// What other specs of the run want exactly alike.
    pub shared: Option<&'a SharedWrites>,
}

/// What happens, while it happens.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// A write is about to be sent.
    Started(&'a Change),
    /// It ended.
    Ended(&'a Change, &'a WriteResult, Duration),
}

/// A plan that holds: each change bound to the version of its object that is there now, and the objects that are as wanted already.
#[derive(Clone, Debug)]
pub struct Revalidated {
    /// The plan.
    pub plan: Plan,
    /// What others have done since it was made: not to be written again.
    pub done: BTreeSet<ObjectRef>,
    /// What moved without concerning the plan.
    pub moved: Vec<ObjectRef>,
}

impl Revalidated {
    /// A plan that was made just now.
    #[must_use]
    pub const fn fresh(plan: Plan) -> Self {
        Self { plan, done: BTreeSet::new(), moved: Vec::new() }
    }

    /// The changes that are written, in their order.
    pub fn writes(&self) -> impl Iterator<Item = &Change> {
        self.plan
            .write_waves()
            .into_iter()
            .flatten()
            .filter(|change| change.is_written() && !self.done.contains(&change.wanted.object))
    }
}

/// Looks at every object of the plan once more, in one parallel round. For plans that were shown some time ago.
///
/// # Errors
/// Stale: something moved that the plan depends on. Or an object can't be read any more.
pub async fn look_again(cluster: &Cluster, plan: Plan, context: ApplyContext<'_>) -> Result<Revalidated, Failure> {
    let reads = in_parallel(plan.changes.iter().map(|change| read_object(cluster, &change.wanted, context.comparison))).await;
    let mut revalidated = Revalidated::fresh(plan);
    for (change, read) in revalidated.plan.changes.iter_mut().zip(reads) {
        let live = match &read {
            Read::Unreadable(failure) => return Err(failure.clone()),
            Read::Present(live) => Some(live),
            Read::Absent => None,
        };
        match revalidate(change, live, None) {
            Validity::Unchanged => {}
            Validity::Irrelevant(version) => *change = change.bound_to(version),
            Validity::AlreadyDone => drop(revalidated.done.insert(change.wanted.object.clone())),
            Validity::Stale(difference) => return Err(stale(&difference)),
        }
    }
    Ok(revalidated)
}

/// Writes what the plan says: the Namespaces, then at once all that is in them. Independent objects go on after a failure; what needs a failed
/// one, and everything that had not begun when something turned out to be stale, is listed as skipped. What others have done is told in its
/// place.
pub async fn apply(
    cluster: &Cluster,
    revalidated: &Revalidated,
    context: ApplyContext<'_>,
    progress: &dyn Fn(Progress<'_>),
) -> Report {
    let mut report = Report::default();
    for wave in revalidated.plan.write_waves() {
        let written: Vec<&Change> = wave.into_iter().filter(|change| change.is_written()).collect();
        let before = &report;
        let results = in_parallel(written.iter().map(|change| async move {
            let mut turn = match context.shared {
                Some(shared) => shared.turn(&change.wanted.object).await,
                None => None,
            };
            if let Some(result) = turn.as_ref().and_then(Turn::of_another) {
                progress(Progress::Ended(change, &result, Duration::ZERO));
                return result;
            }
            if revalidated.done.contains(&change.wanted.object) {
                progress(Progress::Ended(change, &WriteResult::DoneByAnother, Duration::ZERO));
                return WriteResult::DoneByAnother;
            }
            if let Some(reason) = reason_to_skip(before, change, cluster, context) {
                return WriteResult::Skipped(reason);
            }
            progress(Progress::Started(change));
            let started = Instant::now();
            let result = write_one::write_one(cluster, change, context).await;
            if let Some(turn) = &mut turn {
                turn.ends(&revalidated.plan.spec, &result);
            }
            progress(Progress::Ended(change, &result, started.elapsed()));
            result
        }));
        let results = results.await;
        report.results.extend(written.into_iter().cloned().zip(results));
    }
    report
}

fn reason_to_skip(report: &Report, change: &Change, cluster: &Cluster, context: ApplyContext<'_>) -> Option<SkipReason> {
    if context.interrupted.load(Ordering::SeqCst) {
        return Some(SkipReason::Interrupted);
    }
    // Its answer could not be waited for.
    if cluster.deadline.remaining().is_zero() {
        return Some(SkipReason::OutOfTime);
    }
    report.holds_back(change)
}

/// Says that an object is no longer what the plan was made from.
fn stale(difference: &Difference) -> Failure {
    let what: Text = text!("{}; it was not written", difference.sentence());
    Failure::new(FailureCode::Stale, what).hint("run plan again, and look at what changed")
}
