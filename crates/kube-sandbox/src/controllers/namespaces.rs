//! The namespace controller: it empties deleted namespaces, and lets them go.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::namespace_status::explain;
use super::{Found, delete};
use crate::object::meta;
use crate::resource::{self, NAMESPACE};
use crate::store::Store;

/// The finalizer that stands for this controller.
const OURS: &str = "kubernetes";

/// Brings each deleted namespace as far as it gets. What has finalizers stays until they are taken away, and its namespace with it.
pub fn empty_deleted(store: &mut Store, now: Timestamp) {
    let deleted = store.list(&NAMESPACE, "").filter(|namespace| namespace["metadata"].get("deletionTimestamp").is_some());
    for namespace in deleted.cloned().collect::<Vec<_>>() {
        let name = meta(&namespace, "name");
        let rows = || resource::ALL.iter().copied().filter(|row| row.namespaced());
        for row in rows() {
            let there: Vec<Value> = store.list(row, name).cloned().collect();
            there.into_iter().for_each(|object| delete(store, row, object, now));
        }
        let left: Vec<Found> = rows().flat_map(|row| store.list(row, name).map(move |object| (row, object.clone()))).collect();
        if left.is_empty() {
            finalize(store, &namespace, name);
        } else {
            explain(store, namespace.clone(), &left, now);
        }
    }
}

/// Takes our finalizer away. With the last one the namespace goes.
fn finalize(store: &mut Store, live: &Value, name: &str) {
    let listed = live["spec"]["finalizers"].as_array();
    let others: Vec<&Value> = listed.into_iter().flatten().filter(|finalizer| *finalizer != OURS).collect();
    if others.is_empty() && live["metadata"].get("finalizers").is_none() {
        return store.remove(&NAMESPACE, "", name);
    }
    let mut namespace = live.clone();
    namespace["spec"] = if others.is_empty() { json!({}) } else { json!({"finalizers": others}) };
    if namespace != *live {
        store.put(&NAMESPACE, "", name, namespace);
    }
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use super::super::testing::{let_go, post, send};
    use super::*;
    use crate::resource::Resource;

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
            assert_eq!(send(store, "DELETE", &format!("/api/v1/namespaces/{name}"), Value::Null).0, 200);
        }
        assert!(store.get(&NAMESPACE, "", "free").is_none());
        let held = store.get(&NAMESPACE, "", "held").expect("held");
        assert_eq!(held["status"]["phase"], "Terminating");
        assert_eq!(store.list(secret, "held").map(|object| meta(object, "name")).collect::<Vec<_>>(), ["b"]);
        let said = |store: &Store| {
            let conditions = &store.get(&NAMESPACE, "", "held").expect("held")["status"]["conditions"];
            (conditions[3]["message"].clone(), conditions[4]["message"].clone())
        };
        let expected = (
            json!("Some resources are remaining: secrets. has 1 resource instances"),
            json!("Some content in the namespace has finalizers remaining: a.b/c in 1 resource instances"),
        );
        assert_eq!(said(store), expected);
        let revision = store.revision();
        run(store, Timestamp::UNIX_EPOCH);
        assert_eq!(store.revision(), revision, "there is nothing more to do");
        let_go(store, "/api/v1/namespaces/held/secrets/b");
        assert!(store.get(&NAMESPACE, "", "held").is_none() && store.list(secret, "").next().is_none());
    }

    #[test]
    fn a_namespace_s_own_finalizers_hold_it_too() {
        let store = &mut Store::new(1, Timestamp::UNIX_EPOCH);
        post(store, "/api/v1/namespaces", json!({"metadata": {"name": "own", "finalizers": ["a.b/c"]}}));
        assert_eq!(send(store, "DELETE", "/api/v1/namespaces/own", Value::Null).0, 200);
        assert_eq!(store.get(&NAMESPACE, "", "own").expect("held")["spec"], json!({}));
        let_go(store, "/api/v1/namespaces/own");
        assert!(store.get(&NAMESPACE, "", "own").is_none());
    }

    #[test]
    fn a_dry_run_and_a_protected_one_change_nothing() {
        let store = &mut Store::new(1, Timestamp::UNIX_EPOCH);
        let before = store.revision();
        assert_eq!(send(store, "DELETE", "/api/v1/namespaces/kube-node-lease?dryRun=All", Value::Null).0, 200);
        assert_eq!(send(store, "DELETE", "/api/v1/namespaces/default", Value::Null).0, 403);
        assert_eq!(store.revision(), before);
    }
}
