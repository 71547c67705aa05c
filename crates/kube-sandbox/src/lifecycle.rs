//! The namespace lifecycle: the namespaces of every cluster, and what may be created in or deleted from them.

use jiff::Timestamp;
use serde_json::json;

use super::managed_fields::Managed;
use super::resource::NAMESPACE;
use super::status::Refusal;
use super::store::Store;
use super::write::WriteTarget;
use super::{RequestContext, clock, object};

/// The namespaces of a new cluster.
const FIRST: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];
/// The namespaces that can't be deleted.
const PROTECTED: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Creates the namespaces of a new cluster.
pub fn add_first_namespaces(store: &mut Store, now: Timestamp) {
    let strategy = &NAMESPACE.strategy;
    for name in FIRST {
        let mut namespace = object::empty(&NAMESPACE);
        namespace["metadata"]["name"] = json!(name);
        (strategy.canonicalize)(&mut namespace);
        let mut managed = Managed::default();
        managed.update(&NAMESPACE, &object::empty(&NAMESPACE), &namespace, "kube-apiserver", now);
        object::set_meta(&mut namespace, "managedFields", managed.encode());
        namespace["metadata"]["uid"] = json!(store.mint_uid());
        namespace["metadata"]["creationTimestamp"] = json!(clock::written(now));
        (strategy.prepare_for_create)(&mut namespace);
        store.put(&NAMESPACE, "", name, namespace);
    }
}

/// Refuses to delete a namespace that every cluster needs.
pub fn admit_deletion(namespace: &str) -> Result<(), Refusal> {
    if PROTECTED.contains(&namespace) {
        return Err(Refusal::forbidden(&NAMESPACE, namespace, "this namespace may not be deleted", None));
    }
    Ok(())
}

impl RequestContext<'_> {
    /// Refuses to create anything in a namespace that is missing or terminating.
    pub(super) fn admit_creation(&self, target: &WriteTarget) -> Result<(), Refusal> {
        let WriteTarget { resource, namespace, name, .. } = target;
        if !resource.namespaced() {
            return Ok(());
        }
        let Some(found) = self.store.get(&NAMESPACE, "", namespace) else {
            return Err(Refusal::not_found(&NAMESPACE, namespace));
        };
        if found["status"]["phase"] != "Terminating" {
            return Ok(());
        }
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let causes = json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
        Err(Refusal::forbidden(resource, name, &why, Some(causes)))
    }
}
