//! What kube-controller-manager does in a cluster, as far as kubectl's users would wait for it in vain: deleted namespaces are emptied and
//! go, and the garbage collector sees to owners and dependents.
//!
//! Not a part of [`crate::handle`], which answers as kube-apiserver alone does: [`crate::Sandbox::with_controllers`] runs them after each
//! request, until there is nothing more for them to do.

mod garbage;
mod namespace_status;
mod namespaces;

use jiff::Timestamp;
use serde_json::Value;

use super::context::RequestContext;
use super::delete_options::DeleteOptions;
use super::request::Request;
use super::resource::Resource;
use super::rights::Caller;
use super::store::Store;

/// An object of a resource.
type Found = (&'static Resource, Value);

/// Brings everything as far as it gets.
pub fn run(store: &mut Store, now: Timestamp) {
    loop {
        let before = store.revision();
        garbage::collect(store, now);
        namespaces::empty_deleted(store, now);
        if store.revision() == before {
            return;
        }
    }
}

/// Deletes an object, or marks it for deletion if it has finalizers.
fn delete(store: &mut Store, resource: &Resource, object: Value, now: Timestamp) {
    let (request, caller) = (Request::default(), Caller::default());
    let mut call = RequestContext { store, request: &request, caller: &caller, now, warnings: Vec::new(), hollow: Vec::new() };
    // Without preconditions nothing can be refused.
    let _ = call.delete_one(resource, object, &DeleteOptions::default());
}

#[cfg(test)]
mod testing {
    use serde_json::json;

    use super::*;
    use crate::dispatch::handle;

    /// Sends a request, and lets the controllers run.
    pub fn send(store: &mut Store, method: &str, path: &str, body: Value) -> (u16, Value) {
        let mut request = Request::new(method, path, if body.is_null() { String::new() } else { body.to_string() });
        let content_type = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        request.content_type = Some(content_type.to_owned()).filter(|_| !body.is_null());
        let answer = handle(store, &request, &Caller::default(), Timestamp::UNIX_EPOCH);
        run(store, Timestamp::UNIX_EPOCH);
        let body = if let crate::response::Payload::Json(body) = answer.body { body } else { Value::Null };
        (answer.code, body)
    }

    /// Creates an object and answers with its uid.
    pub fn post(store: &mut Store, path: &str, body: Value) -> Value {
        let (code, made) = send(store, "POST", path, body);
        assert_eq!(code, 201, "{made}");
        made["metadata"]["uid"].clone()
    }

    /// Takes all finalizers away.
    pub fn let_go(store: &mut Store, path: &str) {
        assert_eq!(send(store, "PATCH", path, json!({"metadata": {"finalizers": null}})).0, 200);
    }
}
