//! One field of an object: where it is, whose it is, and what happens to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::outside::{Outside, Text};
use crate::text;

/// A field that `konnect` reads or writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldPath {
    /// A key of a Secret's `data`; `token` is the Konnect token.
    Data(Outside),
    /// A label.
    Label(Outside),
    /// An annotation.
    Annotation(Outside),
    /// Any other field that our manager's entry owns, dotted. An apply leaves it out, so the server removes it.
    Other(Outside),
}

impl FieldPath {
    /// The Secret's data key that holds the Konnect token.
    #[must_use]
    pub fn token() -> Self {
        Self::Data("token".into())
    }

    /// Whether values at this path must never be shown.
    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self, Self::Data(_) | Self::Other(_))
    }

    /// Dotted, with the key verbatim, as `--take-over` and the JSON output spell it.
    #[must_use]
    pub fn dotted(&self) -> Text {
        match self {
            Self::Data(key) => text!("data.{}", key),
            Self::Label(key) => text!("metadata.labels.{}", key),
            Self::Annotation(key) => text!("metadata.annotations.{}", key),
            Self::Other(path) => Text::from(path),
        }
    }
}

/// What became of the token when it was compared with the live Secret. All that ever leaves the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The live Secret holds no token.
    Missing,
    /// The live token is the wanted one.
    Same,
    /// The live token is another one.
    Different,
    /// There was no token to compare with.
    NotCompared,
}

impl Verdict {
    /// The word in the JSON output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Same => "same",
            Self::Different => "different",
            Self::NotCompared => "not_compared",
        }
    }
}

/// An owner of a field, as `metadata.managedFields` names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// The manager's name.
    pub name: Outside,
    /// `Apply` or `Update`.
    pub operation: Outside,
    /// When it last wrote one of its fields (of any of them, not of this one).
    pub time: Option<Timestamp>,
}

/// What happens to one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// A label or annotation.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Which field.
    pub path: FieldPath,
    /// What happens to it.
    pub action: FieldAction,
    /// Its values.
    pub value: FieldValue,
    /// The other owners, not us.
    pub managers: Vec<Manager>,
}

impl Field {
    /// Whether two fields say the same. When an owner last wrote is left out: it moves with any field of theirs.
    #[must_use]
    pub fn same_effect(&self, other: &Self) -> bool {
        let Self { path, action, value, managers } = self;
        let names = |managers: &[Manager]| -> Vec<(Outside, Outside)> {
            managers.iter().map(|Manager { name, operation, time: _ }| (name.clone(), operation.clone())).collect()
        };
        *path == other.path && *action == other.action && *value == other.value && names(managers) == names(&other.managers)
    }
}
