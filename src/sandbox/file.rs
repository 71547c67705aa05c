//! The state file: JSON with a format version, written aside and renamed, under an advisory lock per request.
//!
//! It holds what was applied, secret values included, so it and its folder are for the user alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde_json::{Value, json};

use super::store::Store;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::text;

const FORMAT: &str = "konnect sandbox";
const VERSION: u64 = 1;
/// The most bytes that are read: a sandbox holds a few objects of a few KiB.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Where the state is kept.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

/// The lock on a state file, held while this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl StateFile {
    /// Makes the folder, for the user alone.
    ///
    /// # Errors
    /// Where the folder can't be made.
    pub fn new(path: &Path) -> Result<Self, Failure> {
        // A link is followed, not replaced by what is written.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let file = Self { path: path.clone() };
        // A pipe or a device would be read for ever, and be replaced by the first write.
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            let what = text!("the sandbox can't be kept in {}: it is not a regular file", Outside::from(path.as_path()));
            return Err(Failure::new(FailureCode::SandboxFile, what).hint("name a file: --sandbox=FILE"));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder).map_err(|error| file.failure("can't make the folder of", &error))?;
        }
        Ok(file)
    }

    fn failure(&self, what: &'static str, error: &std::io::Error) -> Failure {
        Failure::new(
            FailureCode::SandboxFile,
            text!("{} the sandbox file {}: {}", what, Outside::from(self.path.as_path()), Outside::new(error.to_string())),
        )
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        self.path.with_file_name(name)
    }

    /// Takes the lock if nobody holds it. The lock is on a file of its own, since the state file itself is replaced.
    ///
    /// # Errors
    /// Where the lock file can't be opened or locked at all.
    pub fn try_lock(&self) -> Result<Option<Lock>, Failure> {
        // Whoever else may write to the folder must not make us open, or make, another file than this.
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(self.beside(".lock"), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP) => {
                let what = text!("the lock of the sandbox file {} is a symbolic link", Outside::from(self.path.as_path()));
                return Err(
                    Failure::new(FailureCode::SandboxFile, what).hint("remove the link, or name another file: --sandbox=FILE")
                );
            }
            Err(error) => return Err(self.failure("can't open the lock of", &error.into())),
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.failure("can't lock", &error)),
        }
    }

    /// Reads the state; `None` where there is no file yet.
    ///
    /// # Errors
    /// A file that can't be read, or isn't a whole sandbox file. It is kept as it is. No byte of it reaches the message.
    pub fn read(&self) -> Result<Option<Store>, Failure> {
        let opened = File::open(&self.path).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
        });
        let bytes = match opened {
            Ok(bytes) if bytes.len() as u64 <= MOST_BYTES => bytes,
            Ok(_) => {
                let what = text!("the sandbox file {} is longer than 64 MiB", Outside::from(self.path.as_path()));
                return Err(
                    Failure::new(FailureCode::SandboxFile, what).hint("is it a sandbox? move it away to start with an empty one")
                );
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failure("can't read", &error)),
        };
        let damaged = |where_: Text| {
            let what =
                text!("the sandbox file {} is damaged{}; it was left as it is", Outside::from(self.path.as_path()), where_);
            Failure::new(FailureCode::SandboxDamaged, what).hint("move it away to start with an empty sandbox")
        };
        let mut state: Value = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(text!(" at line {}, column {}", error.line(), error.column())))?;
        if state["format"] != FORMAT {
            return Err(damaged(": it is not a sandbox file".into()));
        }
        if state["version"] != VERSION {
            let what =
                text!("the sandbox file {} is of a format version this konnect doesn't know", Outside::from(self.path.as_path()));
            return Err(Failure::new(FailureCode::SandboxVersion, what).hint("use the konnect that wrote it, or move it away"));
        }
        let (revision, seed) = (state["revision"].as_u64(), state["seed"].as_u64());
        let objects = state.get_mut("objects").map(Value::take);
        match (revision, seed, objects) {
            (Some(revision), Some(seed), Some(Value::Array(objects))) => Store::restore(revision, seed, objects)
                .map(Some)
                .ok_or_else(|| damaged(": an object in it is not one of ours".into())),
            _ => Err(damaged(": a part of it is missing".into())),
        }
    }

    /// Writes the state: aside first, then in place of the old one, so that it is whole at any time.
    ///
    /// # Errors
    /// Where it can't be written; the old one then stands.
    pub fn write(&self, store: &Store) -> Result<(), Failure> {
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
            // A new file is made, and no link followed that has come there meanwhile.
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
        written().map_err(|error| self.failure("can't write", &error))
    }

    /// The path, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Files of this sandbox are for the user alone.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
