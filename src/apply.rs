//! Carries out a plan, write by write, and says truly what became of each object. It adds nothing to the plan: where an object moved under it,
//! it looks again, and goes on only with what the plan would do all the same. It prints nothing.

mod rights;
mod write_one;

use crate::text;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use rights::missing_rights;

use crate::cluster::Cluster;
use crate::outcome::{Failure, Outcome};
use crate::outside::Text;
use crate::pat::Pat;
use crate::plan::{Action, Change, Kind, Plan};
use crate::planner::{self, TakeOver};
use crate::read::{Comparison, read_object};
use crate::verify::together;

/// What a write needs beside the plan.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The token.
    pub pat: &'a Pat,
    /// What live tokens are compared with, and marked under.
    pub comparison: Comparison<'a>,
    /// The fields the user said to take over.
    pub take_over: &'a TakeOver,
    /// Set by Ctrl-C: the write under way is finished, the next is not begun.
    pub interrupted: &'a AtomicBool,
}

/// What happens, while it happens.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// A write is about to be sent.
    Started(&'a Change),
    /// It ended.
    Ended(&'a Change, &'a Ending, Duration),
}

/// How one object's write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server created it (201).
    Created,
    /// The server updated it (200).
    Updated,
    /// The answer was lost, and reading shows it as wanted.
    ConfirmedByReading,
    /// It was already as wanted when we came to write it: somebody else did it meanwhile.
    DoneByAnother,
    /// The server refused, or never saw the request. Nothing was written.
    Failed(Failure),
    /// It may have been written: the answer was lost, and reading did not tell.
    Unknown(Failure),
    /// It is no longer what the plan was made from. Nothing was written.
    Stale(Failure),
    /// Not begun, and why.
    NotDone(Text),
}

impl Ending {
    /// Whether the object is, or may be, changed by this run.
    #[must_use]
    pub const fn may_have_written(&self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::ConfirmedByReading | Self::Unknown(_))
    }

    /// Whether the object is as wanted.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::ConfirmedByReading | Self::DoneByAnother)
    }
}

/// What became of every object that was to be written, in the order of writing.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Each change with its ending.
    pub endings: Vec<(Change, Ending)>,
    /// Ctrl-C stopped it.
    pub interrupted: bool,
    /// The run's time was over before all of it was begun.
    pub out_of_time: bool,
}

impl Report {
    /// How many the server created: only a 201 counts.
    #[must_use]
    pub fn added(&self) -> usize {
        self.endings.iter().filter(|(_, ending)| *ending == Ending::Created).count()
    }

    /// How many the server updated.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.endings.iter().filter(|(_, ending)| *ending == Ending::Updated).count()
    }

    /// Whether any object is, or may be, changed by this run.
    #[must_use]
    pub fn wrote(&self) -> bool {
        self.endings.iter().any(|(_, ending)| ending.may_have_written())
    }

    /// Whether every object is as wanted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.endings.iter().all(|(_, ending)| ending.is_done())
    }

    /// How the run ended, before it was confirmed by reading.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let wrote = self.wrote();
        let worst = self.endings.iter().fold(Outcome::Done, |worst, (_, ending)| match ending {
            Ending::Failed(_) | Ending::Stale(_) | Ending::Unknown(_) if wrote => worst.or(Outcome::Partial),
            Ending::Failed(failure) | Ending::Stale(failure) | Ending::Unknown(failure) => worst.or(failure.outcome),
            Ending::Created | Ending::Updated | Ending::ConfirmedByReading | Ending::DoneByAnother | Ending::NotDone(_) => worst,
        });
        let worst = match (self.out_of_time, wrote) {
            (true, true) => worst.or(Outcome::Partial),
            (true, false) => worst.or(Outcome::Failed),
            (false, _) => worst,
        };
        if self.interrupted { worst.or(Outcome::Interrupted) } else { worst }
    }
}

/// Looks at every object of the plan once more, in one parallel round, and takes over resourceVersions that moved without moving
/// anything the plan reads or writes. For plans that were shown some time ago. What somebody else did meanwhile is left out of the plan, and
/// returned as it was planned.
///
/// # Errors
/// Stale: something moved that the plan depends on. Or an object can't be read any more.
pub async fn look_again(cluster: &Cluster, plan: &mut Plan, means: Means<'_>) -> Result<Vec<Change>, Failure> {
    let mut done = Vec::new();
    let reads = together(plan.changes.iter().map(|change| read_object(cluster, &change.wanted, means.comparison))).await;
    for (change, read) in plan.changes.iter_mut().zip(reads) {
        if let crate::observed::Read::Unreadable(failure) = read {
            return Err(failure);
        }
        let now = planner::change(&change.wanted, &read, true, means.take_over);
        if now.action == Action::None {
            if change.is_written() {
                done.push(change.clone());
            }
            change.action = now.action;
            change.reason = now.reason;
            change.fields = now.fields;
        } else if !now.same_effect(change) {
            return Err(write_one::stale(change, &now));
        }
        change.seen = now.seen;
    }
    Ok(done)
}

/// Writes what the plan says, in its order. Independent objects go on after a failure; what needs a failed one, and everything after
/// something turned out to be stale, is listed as not done. What others have done since it was planned (`look_again`) is told in its place.
pub async fn apply(
    cluster: &Cluster,
    plan: &Plan,
    done: &[Change],
    means: Means<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Report {
    let mut report = Report::default();
    for change in &plan.changes {
        if let Some(planned) = done.iter().find(|done| done.wanted == change.wanted) {
            progress(Progress::Ended(planned, &Ending::DoneByAnother, Duration::ZERO));
            report.endings.push((planned.clone(), Ending::DoneByAnother));
        }
        if !change.is_written() {
            continue;
        }
        let ending = match reason_not_to_begin(&report, change, cluster, means) {
            Some(why) => Ending::NotDone(why),
            None => {
                progress(Progress::Started(change));
                let started = Instant::now();
                let ending = write_one::write_one(cluster, change, means).await;
                progress(Progress::Ended(change, &ending, started.elapsed()));
                ending
            }
        };
        report.endings.push((change.clone(), ending));
    }
    // An interrupt after the last write stopped nothing.
    let not_done = |why: &'static str| report.endings.iter().any(|(_, ending)| *ending == Ending::NotDone(why.into()));
    (report.interrupted, report.out_of_time) = (not_done(INTERRUPTED), not_done(OUT_OF_TIME));
    report
}

const INTERRUPTED: &str = "interrupted";
const OUT_OF_TIME: &str = "out of time (--timeout)";

fn reason_not_to_begin(report: &Report, change: &Change, cluster: &Cluster, means: Means<'_>) -> Option<Text> {
    if means.interrupted.load(Ordering::SeqCst) {
        return Some(INTERRUPTED.into());
    }
    // Its answer could not be waited for.
    if cluster.deadline.remaining().is_zero() {
        return Some(OUT_OF_TIME.into());
    }
    if let Some((stale, _)) = report.endings.iter().find(|(_, ending)| matches!(ending, Ending::Stale(_))) {
        return Some(text!("the plan is stale: {} moved", stale.wanted.title()));
    }
    let (namespace, _) = report.endings.iter().find(|(before, ending)| {
        before.wanted.kind == Kind::Namespace
            && change.wanted.namespace.is_some()
            && before.action == Action::Create
            && !ending.is_done()
    })?;
    Some(text!("it needs {}, which was not created", namespace.wanted.title()))
}
