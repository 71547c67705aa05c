//! What happens to one object, and which version of it that was decided for.

use std::collections::BTreeSet;

use super::{Field, FieldAction, Reason, Verification};
use crate::desired::DesiredObject;
use crate::field_path::FieldPath;
use crate::object::ObjectRef;
use crate::outcome::Failure;
use crate::outside::Outside;
use crate::token::LiveToken;

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It does not exist and will be created.
    Create,
    /// It will be updated in place.
    Update,
    /// Nothing to do.
    None,
    /// Something forbids the change; the whole apply stops.
    Blocked,
    /// It could not be read, so nothing is known; never "absent".
    Unknown,
}

impl Action {
    /// The word in the JSON output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::None => "none",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

/// Which live object a change was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedVersion {
    /// `metadata.uid`.
    pub uid: Outside,
    /// `metadata.resourceVersion`, opaque: compared for equality only.
    pub resource_version: Outside,
    /// The token that it held: for equality only, never to be shown.
    pub token: Option<LiveToken>,
}

/// One object of the spec and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The whole wanted object: each write carries all of it, since an apply removes what it leaves out.
    pub wanted: DesiredObject,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// How far it was checked; meaningful on create and update only.
    pub verification: Verification,
    /// The fields, sorted by path.
    pub fields: Vec<Field>,
    /// The live object that it was computed from; `None` if it is absent or unreadable. A write is bound to it.
    pub observed: Option<ObservedVersion>,
    /// What happens as far as was computed: before the server's dry run had its say. For comparing plans, never for carrying one out.
    pub computed: Action,
    /// What must be created by the same plan before this object can be.
    pub waits_for: Option<ObjectRef>,
    /// The fields that the user said to take from whoever owns them.
    pub take_over: BTreeSet<FieldPath>,
    /// Why it could not be read, where it could not. A plan in which something is unknown is not saved.
    pub unreadable: Option<Failure>,
}

impl Change {
    /// Whether apply writes this object.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update)
    }

    /// Whether a field of it is among what apply writes it for: its value will be another, or konnect gives it up to its other owners.
    /// Nothing of an object that is not written is.
    #[must_use]
    pub const fn changes(&self, field: &Field) -> bool {
        use FieldAction::{Add, Blocked, Change, None, Release, Remove, TakeOver};
        self.is_written()
            && match field.action {
                Add | Change | TakeOver | Remove | Release => true,
                None | Blocked => false,
            }
    }

    /// Whether the write must force, because it takes a field over. Safe only together with the resourceVersion.
    #[must_use]
    pub fn takes_over(&self) -> bool {
        self.fields.iter().any(|f| f.action == FieldAction::TakeOver)
    }

    /// The same without what only this run can compare.
    #[must_use]
    pub fn without_run_fingerprint(&self) -> Self {
        let mut change = self.clone();
        if let Some(token) = change.observed.as_mut().and_then(|observed| observed.token.as_mut()) {
            token.fingerprint = None;
        }
        change
    }

    /// The same, bound to another version of the same object.
    #[must_use]
    pub fn bound_to(&self, observed: ObservedVersion) -> Self {
        Self { observed: Some(observed), ..self.clone() }
    }
}
