//! Spec → Desired: the objects that a spec wants.

use super::{Object, Spec};
use crate::desired::{Desired, DesiredObject, SECRET_LABELS};
use crate::outside::Outside;
use crate::plan::Kind;

impl Spec {
    /// The wanted objects.
    #[must_use]
    pub fn desired(&self) -> Desired {
        let namespace = self.namespace.name.clone();
        let mut objects = Vec::new();
        if self.manage_namespace {
            objects.push(object(Kind::Namespace, None, &self.namespace));
        }
        objects.push(object(Kind::ServiceAccount, Some(namespace.clone()), &self.service_account));
        let mut secret = object(Kind::Secret, Some(namespace), &self.secret);
        for (key, value) in SECRET_LABELS {
            secret.labels.entry(key.into()).or_insert_with(|| value.into());
        }
        objects.push(secret);
        Desired { objects }
    }
}

fn object(kind: Kind, namespace: Option<Outside>, from: &Object) -> DesiredObject {
    let Object { name, labels, annotations } = from;
    DesiredObject { kind, namespace, name: name.clone(), labels: labels.clone(), annotations: annotations.clone() }
}
