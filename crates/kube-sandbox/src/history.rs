//! The latest changes of a store: what a watch that begins at an earlier resourceVersion is told.
//!
//! They live in memory only. A state file holds what is there now, so that a token that was deleted is not kept in it.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

/// The most changes that are remembered. A watch that is further behind has to list again.
const MOST: usize = 1000;
/// The most bytes of text in them, roughly.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The resourceVersion it got.
    pub revision: u64,
    /// The row of the object's resource.
    pub(crate) row: usize,
    /// The object before; `None` if it was created.
    pub old: Option<Value>,
    /// The object after; `None` if it was removed.
    pub new: Option<Value>,
}

/// The latest changes, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Counts the clusters that one file has held: resourceVersions of different ones can't be compared.
    era: u64,
    /// Every change after this revision is here.
    floor: u64,
    newest: u64,
    bytes: usize,
    changes: VecDeque<Arc<Change>>,
}

/// The changes that a watch asks for are no longer known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The oldest revision from which changes are known.
    pub floor: u64,
}

impl History {
    /// One that knows nothing of what was before a revision.
    pub(super) const fn beginning_at(revision: u64) -> Self {
        Self { era: 0, floor: revision, newest: revision, bytes: 0, changes: VecDeque::new() }
    }

    /// That of another cluster in the same place.
    pub(super) const fn of_the_next_cluster(&self, revision: u64) -> Self {
        let mut next = Self::beginning_at(revision);
        next.era = self.era + 1;
        next
    }

    /// Which of the clusters in this place it is of.
    pub(super) const fn era(&self) -> u64 {
        self.era
    }

    /// The revision of the newest change.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Adds the next change.
    pub(super) fn record(&mut self, change: Change) {
        self.newest = change.revision;
        self.bytes += bytes(&change);
        self.changes.push_back(Arc::new(change));
        while self.changes.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.changes.pop_front() else { return };
            self.bytes -= bytes(&oldest);
            self.floor = oldest.revision;
        }
    }

    /// The changes after a revision, oldest first.
    ///
    /// # Errors
    /// Some of them are no longer known, or the revision is another cluster's.
    pub fn after(&self, era: u64, revision: u64) -> Result<impl Iterator<Item = &Arc<Change>>, Gone> {
        if era != self.era || revision < self.floor {
            return Err(Gone { floor: self.floor });
        }
        Ok(self.changes.iter().skip(self.changes.partition_point(|change| change.revision <= revision)))
    }
}

fn bytes(change: &Change) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(members) => members.iter().map(|(key, value)| key.len() + of(value)).sum(),
            _ => 8,
        }
    }
    change.old.iter().chain(&change.new).map(of).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(revision: u64, bytes: usize) -> Change {
        Change { revision, row: 0, old: None, new: Some(json!("x".repeat(bytes))) }
    }

    fn revisions(history: &History, after: u64) -> Result<Vec<u64>, Gone> {
        history.after(0, after).map(|changes| changes.map(|change| change.revision).collect())
    }

    #[test]
    fn what_is_forgotten_is_said_to_be_gone() {
        let mut history = History::beginning_at(5);
        (6..=10).for_each(|revision| history.record(change(revision, 1)));
        assert_eq!(revisions(&history, 4), Err(Gone { floor: 5 }));
        assert_eq!(revisions(&history, 5), Ok(vec![6, 7, 8, 9, 10]));
        assert_eq!(revisions(&history, 9), Ok(vec![10]));
        assert_eq!(revisions(&history, 99), Ok(vec![]));
        assert!(history.after(1, 10).is_err(), "another cluster's");
        (11..=1007).for_each(|revision| history.record(change(revision, 1)));
        assert_eq!(revisions(&history, 6), Err(Gone { floor: 7 }));
        assert_eq!(revisions(&history, 7).map(|found| found.len()), Ok(MOST));
    }

    #[test]
    fn large_objects_are_forgotten_earlier() {
        let mut history = History::beginning_at(0);
        (1..=3).for_each(|revision| history.record(change(revision, MOST_BYTES / 2)));
        assert_eq!(revisions(&history, 0), Err(Gone { floor: 1 }));
        assert_eq!(revisions(&history, 1), Ok(vec![2, 3]));
    }
}
