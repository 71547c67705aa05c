//! What should exist, as data. Knows neither the token nor the cluster.

use std::collections::{BTreeMap, BTreeSet};

use crate::field_path::FieldPath;
use crate::object::{ObjectKey, ObjectRef, ResourceType, SpecId};
use crate::outside::Outside;

/// What a field should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedValue {
    /// This text.
    Plain(Outside),
    /// The Konnect token, which is placed into the request by `write` alone.
    Token,
}

/// One object that should exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredObject {
    /// Which object.
    pub object: ObjectRef,
    /// Every field that the spec sets. Other fields are not konnect's, but for those it once set.
    pub fields: BTreeMap<FieldPath, WantedValue>,
}

impl DesiredObject {
    /// The wanted texts, without the token.
    pub fn texts(&self) -> impl Iterator<Item = (&FieldPath, &Outside)> {
        self.fields.iter().filter_map(|(path, value)| match value {
            WantedValue::Plain(text) => Some((path, text)),
            WantedValue::Token => None,
        })
    }

    /// Whether a write of it carries the token.
    #[must_use]
    pub fn holds_token(&self) -> bool {
        self.fields.values().any(|value| *value == WantedValue::Token)
    }
}

/// The objects that one spec wants, in the order in which a plan shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// The spec.
    pub spec: SpecId,
    /// The objects. The Namespace is missing where the spec says `manage = false`.
    pub objects: Vec<DesiredObject>,
}

impl Desired {
    /// The key of an object of this spec.
    #[must_use]
    pub fn key(&self, object: &ObjectRef) -> ObjectKey {
        (self.spec, object.clone())
    }
}

/// What the user said beside the spec: the fields to take from whoever owns them.
pub type TakeOver = BTreeSet<FieldOfType>;

/// A field of whichever object of the spec has this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOfType {
    /// The object's type.
    pub resource: &'static ResourceType,
    /// The field.
    pub field: FieldPath,
}

impl Ord for FieldOfType {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |of: &Self| (crate::object::RESOURCE_TYPES.iter().position(|row| row == of.resource), of.field.clone());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for FieldOfType {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
