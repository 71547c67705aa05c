//! What another process did to a store: found by comparing what it left with what was there before.
//!
//! Of several writes to one object the last is seen, as by a client that was away for a moment.

use std::collections::BTreeSet;

use serde_json::Value;

use super::history::Change;
use super::object::meta;
use super::store::Store;

impl Store {
    /// Becomes what another process has left in its place. The history goes on if that is the same cluster, later.
    pub(super) fn catch_up(&mut self, mut newer: Self) {
        if self.holds_the_same_as(&newer) {
            return;
        }
        let history = self.history();
        let history = match changes(self, &newer) {
            Some(changes) => {
                let mut history = history.clone();
                changes.into_iter().for_each(|change| history.record(change));
                history
            }
            None => history.of_the_next_cluster(newer.revision()),
        };
        newer.set_history(history);
        *self = newer;
    }
}

/// An object that is gone, and the revision before which it went.
struct Removal<'a> {
    before: u64,
    row: usize,
    object: &'a Value,
}

/// The changes that lead from one state to the other, in order. `None` if the newer is not a later state of the same cluster.
fn changes(older: &Store, newer: &Store) -> Option<Vec<Change>> {
    let mut taken = BTreeSet::new();
    let mut removals = Vec::new();
    let mut found = Vec::new();
    for (key, object) in newer.entries() {
        let old = older.entry(key);
        if old == Some(object) {
            continue;
        }
        let revision = meta(object, "resourceVersion").parse().ok()?;
        if revision <= older.revision() || revision > newer.revision() || !taken.insert(revision) {
            return None;
        }
        let (same, replaced): (Vec<_>, Vec<_>) = old.into_iter().partition(|old| meta(old, "uid") == meta(object, "uid"));
        removals.extend(replaced.into_iter().map(|old| Removal { before: revision, row: key.0, object: old }));
        found.push(Change { revision, row: key.0, old: same.first().copied().cloned(), new: Some(object.clone()) });
    }
    let missing = older.entries().filter(|(key, _)| newer.entry(key).is_none());
    removals.extend(missing.map(|(key, object)| Removal { before: u64::MAX, row: key.0, object }));

    // Each removal took one of the revisions that no object has. Which one can't be known; each gets one that is possible.
    removals.sort_by_key(|removal| removal.before);
    let mut free = (older.revision() + 1..=newer.revision()).filter(|revision| !taken.contains(revision));
    for Removal { before, row, object } in removals {
        let revision = free.next().filter(|revision| *revision < before)?;
        found.push(Change { revision, row, old: Some(object.clone()), new: None });
    }
    found.sort_by_key(|change| change.revision);
    (newer.revision() > older.revision()).then_some(found)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::resource::{NAMESPACE, Resource};

    fn put(store: &mut Store, name: &str, uid: &str) {
        let object = json!({"kind": "Namespace", "metadata": {"name": name, "uid": uid}});
        store.put(&NAMESPACE, "", name, object);
    }

    /// The store as another process reads it from the file.
    fn in_another_process(store: &Store) -> Store {
        let objects = store.all().cloned().collect();
        Store::restore(store.revision(), store.seed(), objects).expect("only known objects")
    }

    fn seen(store: &Store, after: u64) -> Vec<(u64, bool, bool, String)> {
        let changes = store.history().after(store.history().era(), after).expect("known");
        let name = |change: &Change| meta(change.new.as_ref().or(change.old.as_ref()).expect("one"), "name").to_owned();
        changes.map(|change| (change.revision, change.old.is_some(), change.new.is_some(), name(change))).collect()
    }

    #[test]
    fn what_another_process_did_is_told_in_order() {
        let mut ours = Store::new(1, Timestamp::UNIX_EPOCH);
        for name in ["a", "b", "c"] {
            put(&mut ours, name, name);
        }
        let begin = ours.revision();
        let mut theirs = in_another_process(&ours);
        put(&mut theirs, "a", "a");
        theirs.remove(&NAMESPACE, "", "b");
        theirs.remove(&NAMESPACE, "", "c");
        put(&mut theirs, "c", "another");
        put(&mut theirs, "d", "d");
        ours.catch_up(in_another_process(&theirs));
        assert_eq!(ours.revision(), theirs.revision());
        let expected = [
            (begin + 1, true, true, "a".to_owned()),
            // Which of the two removals was first can't be known, but that of `c` was before it came again.
            (begin + 2, true, false, "c".to_owned()),
            (begin + 3, true, false, "b".to_owned()),
            (begin + 4, false, true, "c".to_owned()),
            (begin + 5, false, true, "d".to_owned()),
        ];
        assert_eq!(seen(&ours, begin), expected);
        assert!(Resource::of_kind("Namespace").is_some());
    }

    #[test]
    fn another_cluster_begins_a_new_history() {
        let mut ours = Store::new(1, Timestamp::UNIX_EPOCH);
        let era = ours.history().era();
        ours.catch_up(in_another_process(&ours));
        assert_eq!(ours.history().era(), era, "nothing happened");
        for other in [Store::new(2, Timestamp::UNIX_EPOCH), Store::empty(1)] {
            let before = ours.history().era();
            ours.catch_up(other);
            assert_eq!(ours.history().era(), before + 1);
            assert!(ours.history().after(before, ours.revision()).is_err());
        }
    }
}
