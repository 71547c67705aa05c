//! The objects that should exist. Knows neither the token nor the cluster.

use std::collections::BTreeMap;

use crate::outside::{Outside, Text};
use crate::plan::Kind;
use crate::text;

/// The labels every Secret gets: Kong's operator looks for the first in all versions and, from 2.0, sees only Secrets with the second.
pub const SECRET_LABELS: [(&str, &str); 2] = [("konghq.com/credential", "konnect"), ("konghq.com/secret", "true")];

/// One object that should exist. A Secret also carries the token, which is placed into the request by `write` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredObject {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; `None` for a Namespace.
    pub namespace: Option<Outside>,
    /// Its name.
    pub name: Outside,
    /// All labels wanted.
    pub labels: BTreeMap<Outside, Outside>,
    /// All annotations wanted.
    pub annotations: BTreeMap<Outside, Outside>,
}

impl DesiredObject {
    /// `kong/konnect-pat`, or `kong` for a Namespace.
    #[must_use]
    pub fn full_name(&self) -> Text {
        match &self.namespace {
            Some(namespace) => text!("{}/{}", namespace, &self.name),
            None => Text::from(&self.name),
        }
    }

    /// `Secret kong/konnect-pat`.
    #[must_use]
    pub fn title(&self) -> Text {
        text!("{} {}", self.kind.name(), self.full_name())
    }
}

/// The objects that should exist, in the order they are planned and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// The objects. The Namespace is missing where the spec says `manage = false`.
    pub objects: Vec<DesiredObject>,
}
