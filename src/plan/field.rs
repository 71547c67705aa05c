//! One field of an object: where it is, whose it is, and what happens to it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A field that `konnect` reads or writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldPath {
    /// A key of a Secret's `data`; `token` is the Konnect token.
    Data(String),
    /// A label.
    Label(String),
    /// An annotation.
    Annotation(String),
    /// Any other field that our manager's entry owns, dotted. An apply leaves it out, so the server removes it.
    Other(String),
}

impl FieldPath {
    /// The Secret's data key that holds the Konnect token.
    #[must_use]
    pub fn token() -> Self {
        Self::Data("token".to_owned())
    }

    /// Whether values at this path must never be shown.
    #[must_use]
    pub const fn is_sensitive(&self) -> bool {
        matches!(self, Self::Data(_) | Self::Other(_))
    }
}

/// Dotted, with the key verbatim, as `--take-over` and the JSON output spell it.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(key) => write!(f, "data.{key}"),
            Self::Label(key) => write!(f, "metadata.labels.{key}"),
            Self::Annotation(key) => write!(f, "metadata.annotations.{key}"),
            Self::Other(path) => f.write_str(path),
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
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: String,
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
        before: Option<String>,
        /// The wanted value.
        after: Option<String>,
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
        let names = |managers: &[Manager]| -> Vec<(String, String)> {
            managers.iter().map(|Manager { name, operation, time: _ }| (name.clone(), operation.clone())).collect()
        };
        *path == other.path && *action == other.action && *value == other.value && names(managers) == names(&other.managers)
    }
}
