//! What kube-controller-manager does about deleted namespaces: it empties them, and lets them go.
//!
//! Not a part of [`crate::handle`], which answers as kube-apiserver alone does: [`crate::Sandbox::with_controllers`] runs it after each
//! request.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::RequestContext;
use super::delete_options::DeleteOptions;
use super::object::{meta, set_meta};
use super::request::Request;
use super::resource::{self, NAMESPACE};
use super::rights::Caller;
use super::store::Store;

/// The finalizer that stands for this controller.
const OURS: &str = "kubernetes";

/// Brings each deleted namespace as far as it gets. What has finalizers stays until they are taken away, and its namespace with it.
pub fn run(store: &mut Store, now: Timestamp) {
    let deleted = store.list(&NAMESPACE, "").filter(|namespace| namespace["metadata"].get("deletionTimestamp").is_some());
    for namespace in deleted.cloned().collect::<Vec<_>>() {
        let name = meta(&namespace, "name");
        empty(store, name, now);
        if resource::ALL.iter().any(|row| row.namespaced() && store.list(row, name).next().is_some()) {
            continue;
        }
        finalize(store, &namespace, name);
    }
}

/// Deletes everything in it.
fn empty(store: &mut Store, namespace: &str, now: Timestamp) {
    for row in resource::ALL.iter().copied().filter(|row| row.namespaced()) {
        let there: Vec<Value> = store.list(row, namespace).cloned().collect();
        for object in there {
            let (request, caller) = (Request::default(), Caller::default());
            let mut call = RequestContext {
                store: &mut *store,
                request: &request,
                caller: &caller,
                now,
                warnings: Vec::new(),
                hollow: Vec::new(),
            };
            // Without preconditions nothing can be refused.
            let _ = call.delete_one(row, object, &DeleteOptions::default());
        }
    }
}

/// Takes our finalizer away. With the last one the namespace goes.
fn finalize(store: &mut Store, live: &Value, name: &str) {
    let others = |list: &Value| list.as_array().into_iter().flatten().filter(|f| *f != OURS).cloned().collect::<Vec<Value>>();
    let kept = others(&live["spec"]["finalizers"]);
    if kept.is_empty() && live["metadata"].get("finalizers").is_none() {
        return store.remove(&NAMESPACE, "", name);
    }
    let mut namespace = live.clone();
    namespace["spec"] = if kept.is_empty() { json!({}) } else { json!({"finalizers": kept}) };
    set_meta(&mut namespace, "resourceVersion", live["metadata"].get("resourceVersion").cloned());
    if namespace != *live {
        store.put(&NAMESPACE, "", name, namespace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::handle;
    use crate::resource::Resource;

    fn send(store: &mut Store, method: &str, path: &str, content_type: &str, body: Value) -> u16 {
        let mut request = Request::new(method, path, if body.is_null() { String::new() } else { body.to_string() });
        request.content_type = Some(content_type.to_owned()).filter(|_| !body.is_null());
        let answer = handle(store, &request, &Caller::default(), Timestamp::UNIX_EPOCH);
        run(store, Timestamp::UNIX_EPOCH);
        answer.code
    }

    fn post(store: &mut Store, path: &str, body: Value) {
        assert_eq!(send(store, "POST", path, "application/json", body), 201);
    }

    fn unfinalized(store: &mut Store, path: &str) {
        assert_eq!(send(store, "PATCH", path, "application/merge-patch+json", json!({"metadata": {"finalizers": null}})), 200);
    }

    #[test]
    fn an_empty_one_goes_at_once_and_a_held_one_when_it_is_let_go() {
        let store = &mut Store::new(1, Timestamp::UNIX_EPOCH);
        let secret = Resource::of_kind("Secret").expect("a resource");
        for name in ["free", "held"] {
            post(store, "/api/v1/namespaces", json!({"metadata": {"name": name}}));
            post(store, &format!("/api/v1/namespaces/{name}/secrets"), json!({"metadata": {"name": "a"}}));
        }
        let holding = json!({"metadata": {"name": "b", "finalizers": ["a.b/c"]}});
        post(store, "/api/v1/namespaces/held/secrets", holding);
        for name in ["free", "held"] {
            assert_eq!(send(store, "DELETE", &format!("/api/v1/namespaces/{name}"), "", Value::Null), 200);
        }
        assert!(store.get(&NAMESPACE, "", "free").is_none());
        let held = store.get(&NAMESPACE, "", "held").expect("held");
        assert_eq!(held["status"]["phase"], "Terminating");
        assert_eq!(store.list(secret, "held").map(|object| meta(object, "name")).collect::<Vec<_>>(), ["b"]);
        let revision = store.revision();
        run(store, Timestamp::UNIX_EPOCH);
        assert_eq!(store.revision(), revision, "there is nothing more to do");
        unfinalized(store, "/api/v1/namespaces/held/secrets/b");
        assert!(store.get(&NAMESPACE, "", "held").is_none() && store.list(secret, "").next().is_none());
    }

    #[test]
    fn a_namespace_s_own_finalizers_hold_it_too() {
        let store = &mut Store::new(1, Timestamp::UNIX_EPOCH);
        post(store, "/api/v1/namespaces", json!({"metadata": {"name": "own", "finalizers": ["a.b/c"]}}));
        assert_eq!(send(store, "DELETE", "/api/v1/namespaces/own", "", Value::Null), 200);
        assert_eq!(store.get(&NAMESPACE, "", "own").expect("held")["spec"], json!({}));
        unfinalized(store, "/api/v1/namespaces/own");
        assert!(store.get(&NAMESPACE, "", "own").is_none());
    }
}
