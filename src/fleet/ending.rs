//! How one spec of many ended, where many are applied.

use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Text;
use crate::report::{Report, WriteResult};

use super::{FleetSpec, SpecResult};

/// What became of a spec.
#[derive(Debug)]
pub enum Ending {
    /// It is as wanted already: there was nothing to do.
    Nothing,
    /// It can't be applied: found out before anything of it was written.
    Refused(Failure),
    /// Nothing of it was begun, for what happened elsewhere.
    NotBegun(NotBegun),
    /// Its objects were written, or not, each as the report says.
    Applied {
        /// What became of each object.
        report: Report,
        /// Why reading everything again did not confirm it, or that it did. `None` where there was no sense in reading.
        confirmed: Option<Result<(), Failure>>,
    },
}

/// Why nothing of a spec was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// Other specs can't be applied, and `--partial` was not given.
    OthersRefused,
    /// Nobody approved it.
    NotApproved,
    /// More specs failed than `--max-failures` allows.
    OthersFailed,
    /// A stage before its own was not confirmed.
    StageBefore(u32),
    /// Somebody wants us to stop.
    Interrupted,
}

impl NotBegun {
    /// Why, in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::OthersRefused => "other specs can't be applied".into(),
            Self::NotApproved => "not approved".into(),
            Self::OthersFailed => "others failed (--max-failures)".into(),
            Self::StageBefore(stage) => crate::text!("stage {} was not confirmed", stage),
            Self::Interrupted => "interrupted".into(),
        }
    }
}

impl Ending {
    /// The exit code that this spec alone asks for.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Nothing
            | Self::NotBegun(
                NotBegun::OthersRefused | NotBegun::NotApproved | NotBegun::OthersFailed | NotBegun::StageBefore(_),
            ) => Outcome::Done,
            Self::NotBegun(NotBegun::Interrupted) => Outcome::Interrupted,
            Self::Refused(failure) => failure.outcome,
            Self::Applied { report, confirmed } => {
                let confirmed = match confirmed {
                    Some(Err(failure)) => failure.outcome,
                    Some(Ok(())) | None => Outcome::Done,
                };
                report.outcome().or(confirmed)
            }
        }
    }

    /// What went wrong with it, for its entry in a list: what was said of its plan too, where there is none.
    #[must_use]
    pub fn failures(&self, spec: &FleetSpec) -> Vec<Failure> {
        match self {
            Self::Nothing => Vec::new(),
            Self::NotBegun(why) => vec![Failure::new(FailureCode::NotBegun, why.words())],
            Self::Refused(_) if spec.plan().is_none() => spec.failures(),
            Self::Refused(failure) => vec![failure.clone()],
            Self::Applied { report, confirmed } => {
                let of = |result: &WriteResult| match result {
                    WriteResult::Failed(failure) | WriteResult::Stale(failure) | WriteResult::Unknown(failure) => {
                        Some(failure.clone())
                    }
                    WriteResult::Skipped(why) => Some(Failure::new(FailureCode::NotBegun, why.words())),
                    WriteResult::Created
                    | WriteResult::Updated
                    | WriteResult::ConfirmedByReading
                    | WriteResult::DoneByAnother
                    | WriteResult::WrittenForAnother { .. } => None,
                };
                let unconfirmed = confirmed.as_ref().and_then(|confirmed| confirmed.as_ref().err()).cloned();
                report.results.iter().filter_map(|(_, result)| of(result)).chain(unconfirmed).collect()
            }
        }
    }

    /// Whether anything of it is, or may be, changed by this run.
    #[must_use]
    pub fn wrote(&self) -> bool {
        match self {
            Self::Applied { report, confirmed: _ } => report.wrote(),
            Self::Nothing | Self::Refused(_) | Self::NotBegun(_) => false,
        }
    }

    /// Whether it is as wanted, by a reading of this run.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        matches!(self, Self::Nothing | Self::Applied { report: _, confirmed: Some(Ok(())) })
    }

    /// How it is told of. `planned`: how it was told of before.
    #[must_use]
    pub fn result(&self, planned: SpecResult) -> SpecResult {
        match (self, self.outcome()) {
            (Self::Nothing, _) => SpecResult::NoChanges,
            (Self::NotBegun(NotBegun::Interrupted), _) => SpecResult::Interrupted,
            (Self::NotBegun(_), _) => SpecResult::NotBegun,
            (_, Outcome::Stale) => SpecResult::Stale,
            (Self::Refused(_), _) if matches!(planned, SpecResult::Blocked | SpecResult::Unknown) => planned,
            (Self::Refused(_), Outcome::Refused) => SpecResult::Refused,
            (Self::Refused(_), _) => SpecResult::Failed,
            (Self::Applied { .. }, outcome) => match outcome {
                Outcome::Done => SpecResult::Applied,
                Outcome::Unconfirmed => SpecResult::NotConfirmed,
                Outcome::Interrupted => SpecResult::Interrupted,
                Outcome::Partial => SpecResult::Partial,
                _ => SpecResult::Failed,
            },
        }
    }
}
