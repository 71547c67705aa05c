//! What became of each write: said truly, and what exit code follows.

use crate::object::ObjectRef;
use crate::outcome::{Failure, Outcome};
use crate::outside::{Outside, Text};
use crate::plan::Change;
use crate::text;

/// How one object's write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteResult {
    /// The server created it (201).
    Created,
    /// The server updated it (200).
    Updated,
    /// The answer was lost, and reading shows it as wanted.
    ConfirmedByReading,
    /// It was already as wanted when we came to write it: somebody else did it meanwhile.
    DoneByAnother,
    /// Another spec of this run wants exactly the same object, and it was written for that one.
    WrittenForAnother {
        /// That spec, as the user gave it.
        spec: Outside,
    },
    /// The server refused, or never saw the request. Nothing was written.
    Failed(Failure),
    /// It may have been written: the answer was lost, and reading did not tell.
    Unknown(Failure),
    /// It is no longer what the plan was made from. Nothing was written.
    Stale(Failure),
    /// Not begun.
    Skipped(SkipReason),
}

/// Why a write was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Somebody wants us to stop.
    Interrupted,
    /// Its answer could not be waited for (`--timeout`).
    OutOfTime,
    /// This object turned out not to be what the plan was made from.
    Stale(ObjectRef),
    /// This Namespace, which it is in, was not created.
    NamespaceNotCreated(ObjectRef),
}

impl SkipReason {
    /// Why, in words.
    #[must_use]
    pub fn words(&self) -> Text {
        match self {
            Self::Interrupted => "interrupted".into(),
            Self::OutOfTime => "out of time (--timeout)".into(),
            Self::Stale(object) => text!("the plan is stale: {} moved", object.title()),
            Self::NamespaceNotCreated(namespace) => text!("it needs {}, which was not created", namespace.title()),
        }
    }
}

impl WriteResult {
    /// Whether the object is, or may be, changed by this run.
    #[must_use]
    pub const fn may_have_written(&self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::ConfirmedByReading | Self::Unknown(_))
    }

    /// Whether the object is as wanted.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(
            self,
            Self::Created | Self::Updated | Self::ConfirmedByReading | Self::DoneByAnother | Self::WrittenForAnother { .. }
        )
    }
}

/// What became of every object that was to be written, in the order of writing.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Each change with how its write ended.
    pub results: Vec<(Change, WriteResult)>,
}

impl Report {
    /// How many the server created: only a 201 counts.
    #[must_use]
    pub fn added(&self) -> usize {
        self.count(&WriteResult::Created)
    }

    /// How many the server updated.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.count(&WriteResult::Updated)
    }

    /// How many ended so.
    #[must_use]
    pub fn count(&self, wanted: &WriteResult) -> usize {
        self.results.iter().filter(|(_, result)| result == wanted).count()
    }

    /// Whether any object is, or may be, changed by this run.
    #[must_use]
    pub fn wrote(&self) -> bool {
        self.results.iter().any(|(_, result)| result.may_have_written())
    }

    /// Whether every object is as wanted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.results.iter().all(|(_, result)| result.is_done())
    }

    /// Why the next write is not begun, as far as those before it tell.
    #[must_use]
    pub fn holds_back(&self, change: &Change) -> Option<SkipReason> {
        if let Some((stale, _)) = self.results.iter().find(|(_, result)| matches!(result, WriteResult::Stale(_))) {
            return Some(SkipReason::Stale(stale.wanted.object.clone()));
        }
        let namespace = change.waits_for.as_ref()?;
        let (_, result) = self.results.iter().find(|(before, _)| before.wanted.object == *namespace)?;
        (!result.is_done()).then(|| SkipReason::NamespaceNotCreated(namespace.clone()))
    }

    /// How the run ended, before it was confirmed by reading.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let wrote = self.wrote();
        let outcome = |result: &WriteResult| match result {
            WriteResult::Failed(_) | WriteResult::Stale(_) | WriteResult::Unknown(_) if wrote => Outcome::Partial,
            WriteResult::Failed(failure) | WriteResult::Stale(failure) | WriteResult::Unknown(failure) => failure.outcome,
            WriteResult::Skipped(SkipReason::Interrupted) => Outcome::Interrupted,
            WriteResult::Skipped(SkipReason::OutOfTime) if wrote => Outcome::Partial,
            WriteResult::Skipped(SkipReason::OutOfTime) => Outcome::Failed,
            // What held it back counts.
            WriteResult::Skipped(SkipReason::Stale(_) | SkipReason::NamespaceNotCreated(_)) => Outcome::Done,
            WriteResult::Created
            | WriteResult::Updated
            | WriteResult::ConfirmedByReading
            | WriteResult::DoneByAnother
            | WriteResult::WrittenForAnother { .. } => Outcome::Done,
        };
        self.results.iter().fold(Outcome::Done, |worst, (_, result)| worst.or(outcome(result)))
    }
}
