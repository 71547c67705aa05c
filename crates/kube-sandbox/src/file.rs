//! The state file: JSON with a format version, written to a temporary file and renamed, under an advisory lock for each request.
//!
//! It holds what was applied, including secret values, so only the user may read it and its folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde_json::{Value, json};

use super::error::{Damage, Error, FileOperation};
use super::store::Store;

const FORMAT: &str = "konnect sandbox";
const VERSION: u64 = 1;
/// The most bytes that are read. A sandbox holds a few objects of a few KiB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Where the state is kept.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

/// The lock on a state file, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl StateFile {
    /// Makes the folder if it is missing, accessible to the user only.
    ///
    /// # Errors
    /// The path is not a regular file, or the folder can't be made.
    pub fn new(path: &Path) -> Result<Self, Error> {
        // A symbolic link is followed here, so that writing replaces its target and not the link.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let file = Self { path: path.clone() };
        // A pipe or a device would be read for ever, and the first write would replace it.
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Error::NotRegularFile { path: file.path });
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder).map_err(|error| file.error(FileOperation::MakeFolder, error))?;
        }
        Ok(file)
    }

    fn error(&self, operation: FileOperation, source: std::io::Error) -> Error {
        Error::StateFile { operation, path: self.path.clone(), source }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        self.path.with_file_name(name)
    }

    /// Takes the lock if nobody holds it. It is on a separate file, since every write replaces the state file.
    ///
    /// # Errors
    /// The lock file can't be opened or locked.
    pub fn try_lock(&self) -> Result<Option<Lock>, Error> {
        // Somebody else with access to the folder must not be able to make us open or create another file.
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(self.beside(".lock"), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP) => return Err(Error::LockIsSymlink { path: self.path.clone() }),
            Err(error) => return Err(self.error(FileOperation::OpenLock, error.into())),
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.error(FileOperation::Lock, error)),
        }
    }

    /// Reads the state. `None` if there is no file yet.
    ///
    /// # Errors
    /// The file can't be read, or is no complete sandbox file. It is left as it is, and the error holds none of its bytes.
    pub fn read(&self) -> Result<Option<Store>, Error> {
        let opened = File::open(&self.path).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
        });
        let bytes = match opened {
            Ok(bytes) if bytes.len() as u64 <= MAX_BYTES => bytes,
            Ok(_) => return Err(Error::TooLong { path: self.path.clone() }),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.error(FileOperation::Read, error)),
        };
        let damaged = |damage| Error::Damaged { path: self.path.clone(), damage };
        let mut state: Value = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(Damage::Syntax { line: error.line(), column: error.column() }))?;
        if state["format"] != FORMAT {
            return Err(damaged(Damage::NotASandbox));
        }
        if state["version"] != VERSION {
            return Err(Error::UnknownVersion { path: self.path.clone() });
        }
        let (revision, seed) = (state["revision"].as_u64(), state["seed"].as_u64());
        let objects = state.get_mut("objects").map(Value::take);
        match (revision, seed, objects) {
            (Some(revision), Some(seed), Some(Value::Array(objects))) => {
                Store::restore(revision, seed, objects).map(Some).ok_or_else(|| damaged(Damage::UnknownObject))
            }
            _ => Err(damaged(Damage::MissingPart)),
        }
    }

    /// Writes the state to a temporary file and renames it, so that the state file is complete at any time.
    ///
    /// # Errors
    /// It can't be written. The old state then stays.
    pub fn write(&self, store: &Store) -> Result<(), Error> {
        let state = json!({
            "format": FORMAT,
            "version": VERSION,
            "revision": store.revision(),
            "seed": store.seed(),
            "objects": store.all().collect::<Vec<_>>(),
        });
        let aside = self.beside(".new");
        let written = || -> std::io::Result<()> {
            match fs::remove_file(&aside) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // `create_new` follows no link that somebody has put there meanwhile.
            let mut file = private(OpenOptions::new().create_new(true).write(true)).open(&aside)?;
            file.write_all(format!("{state:#}\n").as_bytes())?;
            file.sync_all()?;
            fs::rename(&aside, &self.path)?;
            #[cfg(unix)]
            if let Some(folder) = self.path.parent() {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                File::open(folder)?.sync_all()?;
            }
            Ok(())
        };
        written().map_err(|error| self.error(FileOperation::Write, error))
    }

    /// The path of the state file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Only the user may read the file.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
