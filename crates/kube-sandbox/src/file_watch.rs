//! Notices that another process has replaced the state file, while somebody watches the cluster.
//!
//! On Linux the kernel tells (inotify), so nothing runs where nothing happens. Elsewhere, and where the kernel has no watch left to
//! give, the file's time is looked at a few times a second. It is a thread, not a task: a caller's runtime may have no I/O driver, and
//! is not held up when it ends.

use std::fs;
use std::io::{self, PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};

/// How often the file is looked at where nobody tells.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Ends the thread when it is dropped.
pub struct FileWatch {
    _end: PipeWriter,
}

impl FileWatch {
    /// Calls `look` once at the beginning, and after each change of the file.
    ///
    /// # Errors
    /// The system has no thread or no pipe for it.
    pub fn start(path: &Path, look: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (ended, end) = io::pipe()?;
        let path = path.to_owned();
        std::thread::Builder::new().name("sandbox file".to_owned()).spawn(move || {
            let mut changes = Changes::of(path);
            look();
            while changes.next(&ended) {
                look();
            }
        })?;
        Ok(Self { _end: end })
    }
}

/// The changes of one file.
struct Changes {
    path: PathBuf,
    /// What the kernel tells.
    told: Option<OwnedFd>,
    /// What was last seen of the file.
    stamp: Option<(SystemTime, u64)>,
}

impl Changes {
    fn of(path: PathBuf) -> Self {
        let told = kernel::watch(&path);
        let stamp = stamp(&path);
        Self { path, told, stamp }
    }

    /// Waits for the next change. False: nobody waits for one any more.
    fn next(&mut self, ended: &PipeReader) -> bool {
        let mut told = self.told.take();
        let changed = loop {
            let mut waited = vec![PollFd::new(ended, PollFlags::IN)];
            waited.extend(told.as_ref().map(|told| PollFd::new(told, PollFlags::IN)));
            let limit = Timespec::try_from(BETWEEN_LOOKS).ok().filter(|_| told.is_none());
            match poll(&mut waited, limit.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => break false,
            }
            if waited.first().is_none_or(|ended| !ended.revents().is_empty()) {
                break false;
            }
            drop(waited);
            let changed = match told.as_ref().map(|told| kernel::read(told.as_fd(), &self.path)) {
                Some(Ok(changed)) => changed,
                // The folder is gone, or the kernel failed us: from now on we look ourselves.
                Some(Err(_)) => {
                    told = None;
                    true
                }
                None => {
                    let stamp = stamp(&self.path);
                    std::mem::replace(&mut self.stamp, stamp) != stamp
                }
            };
            if changed {
                break true;
            }
        };
        self.told = told;
        changed
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fd::{BorrowedFd, OwnedFd};
    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
    use rustix::io::Errno;

    /// Asks to be told of what happens in the file's folder: the file itself is replaced by every write.
    pub fn watch(path: &Path) -> Option<OwnedFd> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let told = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        let what = WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        inotify::add_watch(&told, folder, what | WatchFlags::ONLYDIR).ok()?;
        Some(told)
    }

    /// Whether something happened to the file, of all that was told.
    pub fn read(told: BorrowedFd<'_>, path: &Path) -> Result<bool, Errno> {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(told, &mut buffer);
        let mut changed = false;
        loop {
            match reader.next() {
                Ok(event) => {
                    if event.events().intersects(ReadFlags::IGNORED | ReadFlags::MOVE_SELF) {
                        return Err(Errno::NOENT);
                    }
                    let ours = event.file_name().is_some_and(|found| found.to_bytes() == name);
                    changed |= ours || event.events().contains(ReadFlags::QUEUE_OVERFLOW);
                }
                Err(Errno::WOULDBLOCK) => return Ok(changed),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use std::path::Path;

    use rustix::fd::{BorrowedFd, OwnedFd};
    use rustix::io::Errno;

    /// Nobody tells.
    pub fn watch(_: &Path) -> Option<OwnedFd> {
        None
    }

    /// Not called.
    pub fn read(_: BorrowedFd<'_>, _: &Path) -> Result<bool, Errno> {
        Err(Errno::NOSYS)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn replace(path: &Path, text: &str) {
        let aside = path.with_extension("new");
        fs::write(&aside, text).expect("written");
        fs::rename(aside, path).expect("renamed");
    }

    #[test]
    fn each_change_is_noticed_and_other_files_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        let (sender, looks) = mpsc::channel();
        let watched = path.clone();
        let watch = FileWatch::start(&path, move || drop(sender.send(fs::read_to_string(&watched).ok()))).expect("started");
        assert_eq!(looks.recv(), Ok(None), "one look at the beginning");
        for text in ["one", "two"] {
            fs::write(folder.path().join("another"), text).expect("written");
            replace(&path, text);
            assert_eq!(looks.recv(), Ok(Some(text.to_owned())));
        }
        drop(watch);
        while looks.recv().is_ok() {}
    }

    /// Where the kernel does not tell.
    #[test]
    fn without_being_told_it_looks_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        let mut changes = Changes { path: path.clone(), told: None, stamp: stamp(&path) };
        let (ended, end) = io::pipe().expect("a pipe");
        replace(&path, "one");
        assert!(changes.next(&ended));
        replace(&path, "longer");
        assert!(changes.next(&ended));
        drop(end);
        assert!(!changes.next(&ended));
    }
}
