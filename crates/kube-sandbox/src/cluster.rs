//! The one cluster that clones of a sandbox share, in memory or in a file: the store as it was last seen, and who waits for a change of it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jiff::Timestamp;
use tokio::sync::watch;

use super::error::Error;
use super::file::StateFile;
use super::file_watch::FileWatch;
use super::history::History;
use super::store::Store;

/// A cluster.
pub struct Cluster {
    /// `None`: in memory.
    file: Option<StateFile>,
    /// As it was last seen: another process may have changed the file meanwhile.
    store: Mutex<Store>,
    /// The same store's history, for watches.
    histories: watch::Sender<History>,
    file_watch: Mutex<Weak<FileWatch>>,
}

impl Cluster {
    /// A new one that lives until it is dropped.
    pub fn in_memory() -> Self {
        Self::of(None, new_store(Timestamp::now()))
    }

    /// The one that is kept in a file, or a new one if there is no such file yet.
    ///
    /// # Errors
    /// The file is no complete sandbox file.
    pub fn in_file(file: StateFile) -> Result<Self, Error> {
        let store = file.read()?.unwrap_or_else(|| new_store(Timestamp::now()));
        Ok(Self::of(Some(file), store))
    }

    fn of(file: Option<StateFile>, store: Store) -> Self {
        let (histories, _) = watch::channel(store.history().clone());
        Self { file, store: Mutex::new(store), histories, file_watch: Mutex::default() }
    }

    /// Its file, if it is kept in one.
    pub const fn file(&self) -> Option<&StateFile> {
        self.file.as_ref()
    }

    /// The histories of the store, a new one after each change.
    pub fn histories(&self) -> watch::Receiver<History> {
        self.histories.subscribe()
    }

    /// Does something with the store. Of one in a file, whoever calls it holds the lock; the file is written if the store changed, and
    /// what can't be written has not happened.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn with_store<T>(&self, now: Timestamp, work: impl FnOnce(&mut Store) -> T) -> Result<T, Error> {
        let mut seen = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &self.file else {
            let done = work(&mut seen);
            self.publish(&seen);
            return Ok(done);
        };
        let there = file.read()?;
        let missing = there.is_none();
        let mut store = seen.clone();
        match there {
            Some(there) => store.catch_up(there),
            // Nothing was ever written, or somebody has removed the file: a new cluster begins.
            None => store.catch_up(new_store(now)),
        }
        let before = store.revision();
        let done = work(&mut store);
        if missing || store.revision() != before {
            file.write(&store)?;
        }
        self.publish(&store);
        *seen = store;
        Ok(done)
    }

    fn publish(&self, store: &Store) {
        self.histories.send_if_modified(|history| {
            let (old, new) = (&*history, store.history());
            let changed = (old.era(), old.newest()) != (new.era(), new.newest());
            if changed {
                *history = new.clone();
            }
            changed
        });
    }

    /// Sees what other processes do to the file for as long as the guard lives. `None`: there are no others.
    pub fn keep_looking(self: &Arc<Self>) -> Option<Arc<FileWatch>> {
        let file = self.file.as_ref()?;
        let mut shared = self.file_watch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = shared.upgrade() {
            return Some(there);
        }
        let cluster = Arc::downgrade(self);
        let look = move || {
            if let Some(cluster) = cluster.upgrade() {
                cluster.look();
            }
        };
        let started = Arc::new(FileWatch::start(file.path(), look).ok()?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    /// Sees what is in the file. No lock is needed, since whoever writes it replaces it as a whole; and none of our own writes comes in
    /// between, since the store is held meanwhile.
    fn look(&self) {
        let mut seen = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that is missing or damaged is a matter of the next request.
        if let Some(Ok(Some(there))) = self.file.as_ref().map(StateFile::read) {
            seen.catch_up(there);
            self.publish(&seen);
        }
    }
}

fn new_store(now: Timestamp) -> Store {
    Store::new(random(), now)
}

/// A seed for uids. They only have to differ, so the standard library's randomness is good enough.
fn random() -> u64 {
    RandomState::new().hash_one(Timestamp::now().as_nanosecond())
}
