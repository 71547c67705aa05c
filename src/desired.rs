//! Spec → Desired: the objects that should exist. Knows neither the token nor the cluster.

use std::collections::BTreeMap;

use crate::outside::{Outside, Text};
use crate::plan::Kind;
use crate::spec::{Object, Spec};
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

impl Desired {
    /// The wanted objects of a spec.
    #[must_use]
    pub fn from_spec(spec: &Spec) -> Self {
        let namespace = spec.namespace.name.clone();
        let mut objects = Vec::new();
        if spec.manage_namespace {
            objects.push(object(Kind::Namespace, None, &spec.namespace));
        }
        objects.push(object(Kind::ServiceAccount, Some(namespace.clone()), &spec.service_account));
        let mut secret = object(Kind::Secret, Some(namespace), &spec.secret);
        for (key, value) in SECRET_LABELS {
            secret.labels.entry(key.into()).or_insert_with(|| value.into());
        }
        objects.push(secret);
        Self { objects }
    }
}

fn object(kind: Kind, namespace: Option<Outside>, from: &Object) -> DesiredObject {
    let Object { name, labels, annotations } = from;
    DesiredObject { kind, namespace, name: name.clone(), labels: labels.clone(), annotations: annotations.clone() }
}
