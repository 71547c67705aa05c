//! One field of an object: whose it is, and what happens to it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::field_path::FieldPath;
use crate::outside::Outside;
use crate::token::Verdict;

/// An owner of a field, as `metadata.managedFields` names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// The manager's name.
    pub name: Outside,
    /// `Apply` or `Update`.
    pub operation: Outside,
    /// When it last wrote one of its fields (of any of them, not of this one).
    pub time: Option<Timestamp>,
    /// The other name under which it wrote the field, such as `stringData`: a claim that no take-over ends.
    pub through: Option<&'static str>,
}

/// What happens to one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldAction {
    /// Absent, will be set.
    Add,
    /// Ours alone, will get another value.
    Change,
    /// Owned by somebody else, will be taken over.
    TakeOver,
    /// Ours alone and no longer wanted: will be removed.
    Remove,
    /// Ours and others', no longer wanted: the value stays with them.
    Release,
    /// As wanted.
    None,
    /// Owned by a manager we don't take from unasked.
    Blocked,
}

impl FieldAction {
    /// The word in the JSON output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::TakeOver => "take_over",
            Self::Remove => "remove",
            Self::Release => "release",
            Self::None => "none",
            Self::Blocked => "blocked",
        }
    }
}

/// The values before and after: of the token, only the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A value that may be shown.
    Plain {
        /// The live value.
        before: Option<Outside>,
        /// The wanted value.
        after: Option<Outside>,
    },
    /// The Konnect token.
    Token(Verdict),
    /// Another value that must not be shown.
    Hidden,
}

/// One field of an object, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which field.
    pub path: FieldPath,
    /// What happens to it.
    pub action: FieldAction,
    /// Whether its values must never be shown.
    pub sensitive: bool,
    /// Its values.
    pub value: FieldValue,
    /// The other owners, not us.
    pub managers: Vec<Manager>,
}

impl Field {
    /// Whether two fields say the same. When an owner last wrote is left out, since it moves with any field of theirs; and so is the order
    /// of the owners, since the server sorts by that time.
    #[must_use]
    pub fn same_effect(&self, other: &Self) -> bool {
        let Self { path, action, sensitive: _, value, managers } = self;
        let names = |managers: &[Manager]| -> BTreeSet<(Outside, Outside)> {
            managers.iter().map(|Manager { name, operation, time: _, through: _ }| (name.clone(), operation.clone())).collect()
        };
        *path == other.path && *action == other.action && *value == other.value && names(managers) == names(&other.managers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_that_change_places_are_the_same_owners() {
        let manager = |name: &str, time: &str| Manager {
            name: name.into(),
            operation: "Update".into(),
            time: time.parse().ok(),
            through: None,
        };
        let field = |managers: Vec<Manager>| Field {
            path: FieldPath::of(&["metadata", "labels", "a"]),
            action: FieldAction::Release,
            sensitive: false,
            value: FieldValue::Plain { before: Some("1".into()), after: Some("1".into()) },
            managers,
        };
        let before = field(vec![manager("a", "2026-01-01T00:00:00Z"), manager("b", "2026-01-02T00:00:00Z")]);
        let after = field(vec![manager("b", "2026-01-02T00:00:00Z"), manager("a", "2026-01-03T00:00:00Z")]);
        assert!(before.same_effect(&after));
        assert!(!before.same_effect(&field(vec![manager("a", "2026-01-01T00:00:00Z")])));
    }
}
