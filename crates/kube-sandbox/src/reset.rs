//! Emptying a cluster: what was in it goes, and it begins again as a new one.

use jiff::Timestamp;

use super::bootstrap::{FIRST, add_first_namespaces};
use super::object::meta;
use super::resource::{self, NAMESPACE, Resource};
use super::store::Store;

/// An object that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace, or "".
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Store {
    /// Removes everything and begins a new cluster, with new uids. Its revisions go on, so that whoever watches sees what happens. Answers
    /// with what was there beyond what every cluster begins with.
    pub(super) fn reset(&mut self, now: Timestamp) -> Vec<Removed> {
        let mut removed = Vec::new();
        // What is in a namespace goes before it does.
        for row in resource::ALL.iter().copied().rev() {
            let names = |object| (meta(object, "namespace").to_owned(), meta(object, "name").to_owned());
            let there: Vec<(String, String)> = self.list(row, "").map(names).collect();
            for (namespace, name) in there {
                self.remove(row, &namespace, &name);
                if !belongs_to_a_new_cluster(row, &name) {
                    removed.push(Removed { kind: row.kind, namespace, name });
                }
            }
        }
        removed.reverse();
        add_first_namespaces(self, now);
        removed
    }
}

fn belongs_to_a_new_cluster(row: &Resource, name: &str) -> bool {
    *row == NAMESPACE && FIRST.contains(&name)
}
