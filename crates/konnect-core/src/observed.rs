//! What exists, as data: the live objects as far as a plan may know them. The live token is not among it, only what it was compared to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::field_path::FieldPath;
use crate::object::{ObjectKey, ObjectRef, ResourceType};
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::ownership::Owners;
use crate::plan::ClusterIdentity;
use crate::token::LiveToken;

/// Everything a plan is made from, beside the wanted objects.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The spec's path as the user gave it.
    pub spec: Outside,
    /// The token's source as messages name it.
    pub token_source: Text,
    /// What is said where there is no token.
    pub token_unset: Text,
    /// Whether there is a token.
    pub token_is_given: bool,
    /// Which cluster, and as whom.
    pub cluster: ClusterIdentity,
    /// When it was read.
    pub read_at: Timestamp,
    /// What reading each wanted object gave. One that is missing here was not to be read.
    pub objects: BTreeMap<ObjectKey, Read>,
    /// What konnect wrote once and the spec no longer names, as far as it was looked for.
    pub leftovers: Vec<ObjectRef>,
}

/// What reading one object gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The server says that it does not exist.
    Absent,
    /// Nothing is known. Never to be taken for absent.
    Unreadable(Failure),
    /// It exists.
    Present(LiveObject),
}

/// A live object: what the planner may know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveObject {
    /// `metadata.uid`.
    pub uid: Outside,
    /// `metadata.resourceVersion`.
    pub resource_version: Outside,
    /// Whether `metadata.deletionTimestamp` is set.
    pub terminating: bool,
    /// Its fields, as far as the type's rules say that something is kept of them.
    pub values: BTreeMap<FieldPath, LiveValue>,
    /// Who owns what.
    pub owners: Owners,
}

/// What is known of a live value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveValue {
    /// Its text.
    Text(Outside),
    /// It is there.
    Present,
    /// It is the token.
    Token(LiveToken),
}

impl LiveObject {
    /// A live object. Whoever owns a shown field that is not there, or a map as a whole that is not empty, owns nothing of it.
    #[must_use]
    pub fn with_owners(mut self, resource: &ResourceType, mut owners: Owners) -> Self {
        owners.retain(|path| !resource.rule(path).shown || self.values.contains_key(path));
        owners.maps.retain(|map, _| !self.values.keys().any(|path| path.is_below(map)));
        self.owners = owners;
        self
    }

    /// The text of a field, where it was kept.
    #[must_use]
    pub fn text(&self, path: &FieldPath) -> Option<&Outside> {
        match self.values.get(path)? {
            LiveValue::Text(text) => Some(text),
            LiveValue::Present | LiveValue::Token(_) => None,
        }
    }

    /// The token that it holds.
    #[must_use]
    pub fn token(&self) -> Option<&LiveToken> {
        self.values.values().find_map(|value| match value {
            LiveValue::Token(token) => Some(token),
            LiveValue::Text(_) | LiveValue::Present => None,
        })
    }

    /// The same with another token, or none.
    #[must_use]
    pub fn with_token(mut self, change: impl FnOnce(LiveToken) -> LiveToken) -> Self {
        let found = self.values.iter_mut().find_map(|(_, value)| match value {
            LiveValue::Token(token) => Some(token),
            LiveValue::Text(_) | LiveValue::Present => None,
        });
        if let Some(token) = found {
            *token = change(token.clone());
        }
        self
    }
}
