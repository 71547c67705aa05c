//! A new cluster: the namespaces that every cluster begins with.

use jiff::Timestamp;
use serde_json::json;

use super::managed_fields::Managed;
use super::resource::NAMESPACE;
use super::store::Store;
use super::{clock, object};

/// Their names.
pub(super) const FIRST: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

impl Store {
    /// A new cluster. Its uids come from the seed.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let mut store = Self::empty(seed);
        add_first_namespaces(&mut store, now);
        store
    }
}

/// Creates the namespaces of a new cluster.
pub(super) fn add_first_namespaces(store: &mut Store, now: Timestamp) {
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
