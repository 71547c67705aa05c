//! Why a command has nothing to work on.

use crate::outcome::{Failure, Outcome};
use crate::spec::SpecErrors;

/// Why there is nothing to work on.
pub(super) enum OpenError {
    /// The spec is wrong.
    Spec(SpecErrors),
    /// Something else.
    Failed(Failure),
}

impl OpenError {
    /// The exit code.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Spec(errors) => errors.outcome(),
            Self::Failed(failure) => failure.outcome,
        }
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
