//! Many specs in one run, as data: what was planned for each, and what became of it. Commands fill it in, views show it; it decides nothing but
//! how the run as a whole ended.

mod conflicts;
mod ending;
mod row;
mod totals;

use std::collections::BTreeSet;

pub use conflicts::{Claim, conflicts};
pub use ending::{Ending, NotBegun};
pub use row::Row;
pub use totals::Totals;

use crate::object::ObjectRef;
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::plan::{Plan, Summary, Warning};
use crate::spec::SpecErrors;

/// Every spec of a run, in the order in which they are shown.
#[derive(Debug, Default)]
pub struct Fleet {
    /// The specs.
    pub specs: Vec<FleetSpec>,
    /// What there is to know that is not of one spec alone.
    pub warnings: Vec<Warning>,
}

/// One spec.
#[derive(Debug)]
pub struct FleetSpec {
    /// Its path as it is shown: below the folder that the user named.
    pub path: Outside,
    /// The chosen context, as far as one was chosen.
    pub context: Option<Outside>,
    /// When it is rolled out, from 1; `None` where there are no stages.
    pub stage: Option<u32>,
    /// What there is to know of it, beside the plan's own warnings.
    pub warnings: Vec<Warning>,
    /// What is planned for it.
    pub state: SpecState,
}

/// What is planned for a spec, or why nothing could be.
#[derive(Debug)]
pub enum SpecState {
    /// It is wrong, or what it extends.
    Wrong(SpecErrors),
    /// Its token, its cluster or its reading failed, or it wants what another spec wants otherwise.
    Failed(Failure),
    /// Its plan.
    Planned(Plan),
}

/// How one spec is told of in a table. The words are public: programs branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpecResult {
    /// It, its token or its cluster failed: there is no plan, or it could not be carried out.
    Failed,
    /// Something could not be read.
    Unknown,
    /// Something is blocked.
    Blocked,
    /// Refused otherwise: no token, not approved.
    Refused,
    /// The cluster is not what the plan was made from.
    Stale,
    /// Some of it was written, or may have been.
    Partial,
    /// All of it was written, but reading it again did not confirm that.
    NotConfirmed,
    /// Interrupted.
    Interrupted,
    /// Not begun, since something else failed first.
    NotBegun,
    /// There is something to apply.
    Pending,
    /// Applied, and confirmed by reading.
    Applied,
    /// As wanted.
    NoChanges,
}

impl SpecResult {
    /// All of them, the gravest first.
    pub const ALL: &[Self] = &[
        Self::Failed,
        Self::Unknown,
        Self::Blocked,
        Self::Refused,
        Self::Stale,
        Self::Partial,
        Self::NotConfirmed,
        Self::Interrupted,
        Self::NotBegun,
        Self::Pending,
        Self::Applied,
        Self::NoChanges,
    ];

    /// The word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::Partial => "partial",
            Self::NotConfirmed => "not_confirmed",
            Self::Interrupted => "interrupted",
            Self::NotBegun => "not_begun",
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::NoChanges => "no_changes",
        }
    }

    /// The word, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotConfirmed => "not confirmed",
            Self::NotBegun => "not begun",
            Self::Pending => "to apply",
            Self::NoChanges => "no changes",
            other => other.word(),
        }
    }
}

impl FleetSpec {
    /// The plan, if there is one.
    #[must_use]
    pub const fn plan(&self) -> Option<&Plan> {
        match &self.state {
            SpecState::Planned(plan) => Some(plan),
            SpecState::Wrong(_) | SpecState::Failed(_) => None,
        }
    }

    /// What went wrong with it: instead of a plan, or beside it.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        match &self.state {
            SpecState::Wrong(errors) => errors.failures(),
            SpecState::Failed(failure) => vec![failure.clone()],
            SpecState::Planned(plan) => plan.unreadable(),
        }
    }

    /// How many objects each action meets; none where there is no plan.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.plan().map(Plan::summary).unwrap_or_default()
    }

    /// What a plan that is only shown ends with, for this spec. `detailed`: pending changes have a code of their own.
    #[must_use]
    pub fn outcome(&self, detailed: bool) -> Outcome {
        match &self.state {
            SpecState::Wrong(errors) => errors.outcome(),
            SpecState::Failed(failure) => failure.outcome,
            SpecState::Planned(plan) if plan.summary().unknown > 0 => Outcome::Failed,
            SpecState::Planned(plan) if detailed && plan.is_pending() => Outcome::ChangesPending,
            SpecState::Planned(_) => Outcome::Done,
        }
    }

    /// How it is told of before anything is applied.
    #[must_use]
    pub fn result(&self) -> SpecResult {
        let plan = match &self.state {
            SpecState::Planned(plan) => plan,
            SpecState::Failed(failure) if failure.outcome == Outcome::Stale => return SpecResult::Stale,
            SpecState::Failed(_) | SpecState::Wrong(_) => return SpecResult::Failed,
        };
        let Summary { unknown, blocked, .. } = plan.summary();
        match plan {
            _ if unknown > 0 => SpecResult::Unknown,
            _ if blocked > 0 => SpecResult::Blocked,
            plan if !plan.is_pending() => SpecResult::NoChanges,
            plan if plan.refusals().is_empty() => SpecResult::Pending,
            _ => SpecResult::Refused,
        }
    }

    /// Which cluster its plan is of: two plans with equal ones are of the same cluster, whatever it is called.
    fn cluster(&self) -> Option<Outside> {
        let cluster = &self.plan()?.cluster;
        Some(cluster.uid.clone().unwrap_or_else(|| cluster.server.clone()))
    }
}

impl Fleet {
    /// How a plan that is only shown ends.
    #[must_use]
    pub fn outcome(&self, detailed: bool) -> Outcome {
        Outcome::of_many(self.specs.iter().map(|spec| spec.outcome(detailed)), false)
    }

    /// How many objects each action meets in all of them. One that several specs want alike counts once.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut seen: BTreeSet<(Outside, ObjectRef)> = BTreeSet::new();
        let mut summary = Summary::default();
        for spec in &self.specs {
            let (Some(plan), Some(cluster)) = (spec.plan(), spec.cluster()) else { continue };
            let fresh = plan.changes.iter().filter(|change| seen.insert((cluster.clone(), change.wanted.object.clone())));
            fresh.for_each(|change| summary.count(change.action));
        }
        summary
    }

    /// The specs of which something would be written.
    pub fn written(&self) -> impl Iterator<Item = &FleetSpec> {
        let writes = |spec: &&FleetSpec| spec.plan().is_some_and(|plan| plan.changes.iter().any(|change| change.is_written()));
        self.specs.iter().filter(writes)
    }

    /// In how many clusters that is.
    #[must_use]
    pub fn clusters_written(&self) -> usize {
        self.written().filter_map(FleetSpec::cluster).collect::<BTreeSet<_>>().len()
    }

    /// Of how many specs nothing is to be done, but the live token was not compared.
    #[must_use]
    pub fn not_compared(&self) -> usize {
        let plans = self.specs.iter().filter(|spec| spec.result() == SpecResult::NoChanges).filter_map(FleetSpec::plan);
        plans.filter(|plan| plan.token_not_compared()).count()
    }

    /// How many specs have this result.
    #[must_use]
    pub fn count(&self, result: SpecResult) -> usize {
        self.specs.iter().filter(|spec| spec.result() == result).count()
    }
}
