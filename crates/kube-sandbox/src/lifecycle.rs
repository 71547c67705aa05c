//! The admission of namespaces' lifecycle: what may be created in them, and which of them may be deleted.

use serde_json::json;

use super::context::RequestContext;
use super::resource::{NAMESPACE, Resource};
use super::status::Refusal;

/// The namespaces that can't be deleted.
const PROTECTED: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Refuses to delete a namespace that every cluster needs.
pub fn admit_deletion(namespace: &str) -> Result<(), Refusal> {
    if PROTECTED.contains(&namespace) {
        return Err(Refusal::forbidden(&NAMESPACE, namespace, "this namespace may not be deleted", None));
    }
    Ok(())
}

impl RequestContext<'_> {
    /// Refuses to create anything in a namespace that is missing or terminating.
    pub(super) fn admit_creation(&self, resource: &Resource, namespace: &str, name: &str) -> Result<(), Refusal> {
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
