//! The server's storage: the objects, and a counter that every write increases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::history::{Change, History};
use super::object;
use super::resource::Resource;

/// Row of the resource table, and `namespace/name`.
pub(super) type Key = (usize, String);

/// The whole state of one cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    revision: u64,
    /// The state of the generator that uids come from.
    seed: u64,
    /// In the order of lists and of the state file.
    objects: BTreeMap<Key, Value>,
    /// Of this process: the state file does not hold it.
    history: History,
}

impl Store {
    /// A store without any object.
    pub(super) const fn empty(seed: u64) -> Self {
        Self { revision: 1, seed, objects: BTreeMap::new(), history: History::beginning_at(1) }
    }

    /// Rebuilds a store from its parts. `None` if an object is of an unknown resource.
    pub(super) fn restore(revision: u64, seed: u64, objects: Vec<Value>) -> Option<Self> {
        let mut store = Self { revision, seed, objects: BTreeMap::new(), history: History::beginning_at(revision) };
        for object in objects {
            let resource = Resource::of_kind(object.get("kind")?.as_str()?)?;
            object.get("metadata")?.as_object()?;
            let key = key(resource, object::meta(&object, "namespace"), object::meta(&object, "name"));
            store.objects.insert(key, object);
        }
        Some(store)
    }

    /// The resourceVersion of the newest write.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The state of the generator, to be kept with the objects.
    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// What happened lately.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Says what happened before.
    pub(super) fn set_history(&mut self, history: History) {
        self.history = history;
    }

    /// Whether nothing differs but what is known of the past.
    pub(super) fn holds_the_same_as(&self, other: &Self) -> bool {
        let Self { revision, seed, objects, history: _ } = self;
        (*revision, *seed, objects) == (other.revision, other.seed, &other.objects)
    }

    /// Every object with its key.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.objects.iter()
    }

    /// The object of a key.
    pub(super) fn entry(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key)
    }

    /// Every object.
    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.objects.values()
    }

    /// One object.
    #[must_use]
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(&key(resource, namespace, name))
    }

    /// The objects of a resource in the server's order, of one namespace or (if it is empty) of all.
    pub fn list<'a>(&'a self, resource: &'static Resource, namespace: &'a str) -> impl Iterator<Item = &'a Value> {
        let of_namespace =
            move |o: &&Value| !resource.namespaced() || namespace.is_empty() || object::meta(o, "namespace") == namespace;
        self.objects.iter().filter(move |((row, _), _)| *row == resource.row()).map(|(_, o)| o).filter(of_namespace)
    }

    /// Stores an object and gives it the next resourceVersion.
    pub fn put(&mut self, resource: &Resource, namespace: &str, name: &str, mut object: Value) -> Value {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let old = self.objects.insert(key(resource, namespace, name), object.clone());
        self.history.record(Change { revision: self.revision, row: resource.row(), old, new: Some(object.clone()) });
        object
    }

    /// Removes an object. This increases the counter too.
    pub fn remove(&mut self, resource: &Resource, namespace: &str, name: &str) {
        if let Some(old) = self.objects.remove(&key(resource, namespace, name)) {
            self.revision += 1;
            self.history.record(Change { revision: self.revision, row: resource.row(), old: Some(old), new: None });
        }
    }

    /// The next 64 bits of the generator, which is splitmix64.
    fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A new uid: a version 4 UUID.
    pub fn mint_uid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        let (a, b) = (a & 0xffff_ffff_ffff_0fff | 0x4000, b & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000);
        format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xffff, b >> 48, b & 0xffff_ffff_ffff)
    }

    /// The five characters the server adds to a `generateName`.
    pub fn mint_suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut bits = self.next();
        let mut out = String::new();
        for _ in 0..5 {
            let len = LETTERS.len() as u64;
            out.extend(LETTERS.get((bits % len) as usize).map(|b| *b as char));
            bits /= len;
        }
        out
    }
}

fn key(resource: &Resource, namespace: &str, name: &str) -> Key {
    (resource.row(), if resource.namespaced() { format!("{namespace}/{name}") } else { name.to_owned() })
}
