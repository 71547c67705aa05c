//! The garbage collector: dependents go with the last of their owners, and the finalizers `foregroundDeletion` and `orphan` are its.
//!
//! Owners of kinds that the sandbox has not are taken to be there.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Found, delete};
use crate::finalizers::{FOREGROUND, ORPHAN};
use crate::object::{meta, set_meta};
use crate::resource::{self, Deletion, Resource};
use crate::store::Store;

/// Does what there is to do now.
pub fn collect(store: &mut Store, now: Timestamp) {
    for (row, seen) in everything(store) {
        // It may have changed, or be gone, by what was done about another one.
        let Some(object) = store.get(row, meta(&seen, "namespace"), meta(&seen, "name")).cloned() else { continue };
        let deleted = object["metadata"].get("deletionTimestamp").is_some();
        if deleted && has(&object, ORPHAN) {
            orphan_dependents(store, meta(&object, "uid"));
            release(store, row, &object, ORPHAN);
        } else if deleted && has(&object, FOREGROUND) {
            let dependents = dependents(store, meta(&object, "uid"));
            if dependents.is_empty() {
                release(store, row, &object, FOREGROUND);
            }
            dependents.into_iter().for_each(|(row, dependent)| delete(store, row, dependent, now));
        } else if !deleted && is_abandoned(store, &object) {
            delete(store, row, object, now);
        }
    }
}

fn everything(store: &Store) -> Vec<Found> {
    resource::ALL.iter().flat_map(|row| store.list(row, "").map(|object| (*row, object.clone()))).collect()
}

fn dependents(store: &Store, uid: &str) -> Vec<Found> {
    everything(store).into_iter().filter(|(_, object)| owners(object).any(|owner| owner["uid"] == uid)).collect()
}

fn owners(object: &Value) -> impl Iterator<Item = &Value> {
    object["metadata"]["ownerReferences"].as_array().into_iter().flatten()
}

fn has(object: &Value, finalizer: &str) -> bool {
    object["metadata"]["finalizers"].as_array().into_iter().flatten().any(|listed| listed == finalizer)
}

/// Whether it has owners, and all of them are gone.
fn is_abandoned(store: &Store, object: &Value) -> bool {
    let text = |owner: &Value, key: &str| owner[key].as_str().unwrap_or_default().to_owned();
    let is_gone = |owner: &Value| {
        let row = Resource::of_kind(&text(owner, "kind")).filter(|row| row.api_version() == text(owner, "apiVersion"));
        let Some(row) = row else { return false };
        let there = store.get(row, meta(object, "namespace"), &text(owner, "name"));
        there.is_none_or(|there| there["metadata"]["uid"] != owner["uid"])
    };
    owners(object).next().is_some() && owners(object).all(is_gone)
}

/// What it owns is no longer its own.
fn orphan_dependents(store: &mut Store, uid: &str) {
    for (row, mut object) in dependents(store, uid) {
        let kept: Vec<Value> = owners(&object).filter(|owner| owner["uid"] != uid).cloned().collect();
        set_meta(&mut object, "ownerReferences", (!kept.is_empty()).then_some(json!(kept)));
        let (namespace, name) = (meta(&object, "namespace").to_owned(), meta(&object, "name").to_owned());
        store.put(row, &namespace, &name, object);
    }
}

/// Takes the finalizer away. With the last one the object goes; a namespace is the namespace controller's.
fn release(store: &mut Store, row: &Resource, live: &Value, finalizer: &str) {
    let mut object = live.clone();
    let listed = live["metadata"]["finalizers"].as_array().into_iter().flatten();
    let kept: Vec<&Value> = listed.filter(|listed| *listed != finalizer).collect();
    let goes = kept.is_empty() && row.deletion != Deletion::Terminates;
    set_meta(&mut object, "finalizers", (!kept.is_empty()).then_some(json!(kept)));
    let (namespace, name) = (meta(live, "namespace"), meta(live, "name"));
    if goes {
        store.remove(row, namespace, name);
    } else {
        store.put(row, namespace, name, object);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{post, send};
    use super::*;

    const SECRETS: &str = "/api/v1/namespaces/default/secrets";
    const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";

    /// An account that owns a secret, which also has `others` for owners.
    fn owned(others: &[Value]) -> Store {
        let mut store = Store::new(1, Timestamp::UNIX_EPOCH);
        let uid = post(&mut store, ACCOUNTS, json!({"metadata": {"name": "owner"}}));
        let mut owners = vec![json!({"apiVersion": "v1", "kind": "ServiceAccount", "name": "owner", "uid": uid})];
        owners.extend_from_slice(others);
        post(&mut store, SECRETS, json!({"metadata": {"name": "owned", "ownerReferences": owners}}));
        store
    }

    /// What is left after the owner was deleted: whether the owner, and the owners of what it owned.
    fn left(mut store: Store, policy: &str) -> (bool, Option<usize>) {
        let (code, _) = send(&mut store, "DELETE", &format!("{ACCOUNTS}/owner"), json!({"propagationPolicy": policy}));
        assert_eq!(code, 200);
        let (code, secret) = send(&mut store, "GET", &format!("{SECRETS}/owned"), Value::Null);
        let owner = send(&mut store, "GET", &format!("{ACCOUNTS}/owner"), Value::Null).0 == 200;
        (owner, (code == 200).then(|| owners(&secret).count()))
    }

    #[test]
    fn dependents_go_with_their_last_owner_or_are_orphaned() {
        assert_eq!(left(owned(&[]), "Background"), (false, None));
        assert_eq!(left(owned(&[]), "Foreground"), (false, None));
        assert_eq!(left(owned(&[]), "Orphan"), (false, Some(0)));
        let elsewhere = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "u"});
        assert_eq!(left(owned(&[elsewhere]), "Background"), (false, Some(2)));
    }

    #[test]
    fn what_is_held_holds_its_owner_in_the_foreground() {
        let mut store = owned(&[]);
        let held = json!({"metadata": {"finalizers": ["a.b/c"]}});
        assert_eq!(send(&mut store, "PATCH", &format!("{SECRETS}/owned"), held).0, 200);
        let foreground = json!({"propagationPolicy": "Foreground"});
        assert_eq!(send(&mut store, "DELETE", &format!("{ACCOUNTS}/owner"), foreground).0, 200);
        assert_eq!(send(&mut store, "GET", &format!("{ACCOUNTS}/owner"), Value::Null).0, 200);
        super::super::testing::let_go(&mut store, &format!("{SECRETS}/owned"));
        assert_eq!(send(&mut store, "GET", &format!("{ACCOUNTS}/owner"), Value::Null).0, 404);
    }

    #[test]
    fn a_namespace_is_let_go_too() {
        let mut store = Store::new(1, Timestamp::UNIX_EPOCH);
        post(&mut store, "/api/v1/namespaces", json!({"metadata": {"name": "kong"}}));
        let foreground = json!({"propagationPolicy": "Foreground"});
        assert_eq!(send(&mut store, "DELETE", "/api/v1/namespaces/kong", foreground).0, 200);
        assert_eq!(send(&mut store, "GET", "/api/v1/namespaces/kong", Value::Null).0, 404);
    }
}
