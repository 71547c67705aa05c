//! The specs in a folder and below it.

use std::fs::FileType;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::patterns::Patterns;
use super::segments::{cleaned, join};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::text;

/// How much is looked at, over all that was named, before it is plain that something else was meant: `-f /`, say.
pub(super) struct Limits {
    pub(super) files: usize,
    pub(super) entries: usize,
    pub(super) depth: usize,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self { files: 100_000, entries: 1_000_000, depth: 64 };
}

/// How much was looked at.
#[derive(Default)]
pub(super) struct Seen {
    files: usize,
    entries: usize,
}

/// Why a folder was not looked through.
pub(super) enum Stopped {
    /// The others may be.
    Here(Failure),
    /// It was too much; so nothing more is looked at.
    Everywhere(Failure),
}

/// What a folder holds.
pub(super) struct Found {
    /// The folder, with no symbolic link in its path.
    pub(super) root: Arc<Path>,
    /// What counts as a spec, sorted by path.
    pub(super) files: Vec<FoundFile>,
    /// What can't be looked into.
    pub(super) failures: Vec<Failure>,
    /// Folders that were not looked into, since nothing in them is meant.
    pub(super) left_out: Vec<String>,
}

/// Something whose name says that it is a spec.
pub(super) struct FoundFile {
    /// As it is shown.
    pub(super) path: String,
    /// Where it really is, or why it can't be one.
    pub(super) real: Result<PathBuf, Failure>,
}

/// A folder on the way.
struct Open {
    shown: String,
    real: PathBuf,
    depth: usize,
}

/// Looks through folders.
pub(super) struct Walk<'a> {
    pub(super) patterns: &'a Patterns,
    pub(super) limits: Limits,
    pub(super) seen: Seen,
}

impl Walk<'_> {
    /// The specs in a folder that was named and below it. What `--except` leaves out as a whole is not looked into.
    ///
    /// # Errors
    /// There is none, or it can't be read, or there is too much.
    pub(super) fn through(&mut self, named: &Outside) -> Result<Found, Stopped> {
        let real = Path::new(named.expose()).canonicalize().map_err(|error| Stopped::Here(unreadable(named, &error)))?;
        let mut found = Found { root: real.as_path().into(), files: Vec::new(), failures: Vec::new(), left_out: Vec::new() };
        let mut folders = vec![Open { shown: cleaned(named.expose()), real, depth: 0 }];
        while let Some(folder) = folders.pop() {
            if self.patterns.leave_out(&folder.shown) {
                found.left_out.push(folder.shown);
            } else if let Err(error) = self.look_into(&folder, &mut found, &mut folders) {
                match error {
                    NotWhole::Unreadable(error) => {
                        let shown = if folder.shown.is_empty() { named.clone() } else { folder.shown.into() };
                        found.failures.push(unreadable(&shown, &error));
                    }
                    NotWhole::TooMuch(what) => return Err(Stopped::Everywhere(too_much(named, what))),
                }
            }
        }
        found.files.sort_unstable_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        if found.files.is_empty() && found.failures.is_empty() && found.left_out.is_empty() {
            return Err(Stopped::Here(none_in(named)));
        }
        Ok(found)
    }

    fn look_into(&mut self, folder: &Open, found: &mut Found, folders: &mut Vec<Open>) -> Result<(), NotWhole> {
        let Self { patterns: _, limits, seen } = self;
        if folder.depth > limits.depth {
            return Err(NotWhole::TooMuch(text!("folders lie more than {} deep in this one", limits.depth)));
        }
        for entry in std::fs::read_dir(&folder.real)? {
            let entry = entry?;
            seen.entries += 1;
            if seen.entries > limits.entries {
                return Err(NotWhole::TooMuch(text!("there are more than {} files and folders to look at", limits.entries)));
            }
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let kind = entry.file_type()?;
            let path = join(&folder.shown, &name.to_string_lossy());
            if kind.is_dir() {
                folders.push(Open { shown: path, real: entry.path(), depth: folder.depth + 1 });
            } else if name.as_encoded_bytes().ends_with(b".toml") {
                let Some(real) = file(&path, &entry.path(), kind) else { continue };
                seen.files += 1;
                if seen.files > limits.files {
                    return Err(NotWhole::TooMuch(text!("there are more than {} specs", limits.files)));
                }
                found.files.push(FoundFile { path, real });
            }
        }
        Ok(())
    }
}

/// Why not all of a folder was seen.
enum NotWhole {
    Unreadable(Error),
    TooMuch(Text),
}

impl From<Error> for NotWhole {
    fn from(error: Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Where it really is, if it is a file or a link to one; `None` if it is a link to a folder. Nothing is opened.
fn file(shown: &str, at: &Path, kind: FileType) -> Option<Result<PathBuf, Failure>> {
    // Every folder on the way has to be spelled as well: the path is shown, matched and counted as a text.
    if at.to_str().is_none() {
        return Some(Err(not_text(shown)));
    }
    if kind.is_file() {
        return Some(Ok(at.to_owned()));
    }
    if !kind.is_symlink() {
        return Some(Err(no_file(shown)));
    }
    match at.metadata() {
        Ok(metadata) if metadata.is_dir() => None,
        Ok(metadata) if metadata.is_file() => Some(at.canonicalize().map_err(|error| bad_link(shown, &error))),
        Ok(_) => Some(Err(no_file(shown))),
        Err(error) => Some(Err(bad_link(shown, &error))),
    }
}

fn failure(path: impl Into<Outside>, what: impl Into<Text>) -> Failure {
    Failure::new(FailureCode::Spec, text!("{}: {}", path.into(), what.into()))
}

fn unreadable(folder: &Outside, error: &Error) -> Failure {
    let hint = "a folder that was named is read with all in it: check its permissions, or leave it out with --except 'FOLDER/'";
    failure(folder.clone(), text!("this folder can't be read: {}", error.kind())).hint(hint)
}

fn bad_link(path: &str, error: &Error) -> Failure {
    let hint = "correct or remove the link, or leave it out with --except";
    let what = match error.kind() {
        ErrorKind::NotFound => "a symbolic link to a file that is not there".into(),
        kind => text!("a symbolic link that can't be followed: {}", kind),
    };
    failure(path, what).hint(hint)
}

fn no_file(path: &str) -> Failure {
    failure(path, "not a file, but a pipe, a socket or a device").hint("remove it from the folder, or leave it out with --except")
}

fn not_text(path: &str) -> Failure {
    failure(path, "its path is not UTF-8").hint("rename what is spelled with \u{fffd} here, or leave it out with --except")
}

fn none_in(folder: &Outside) -> Failure {
    let hint = "a spec is a file whose name ends in .toml, in this folder or below it; hidden files and folders, and links to folders, \
                are left out";
    failure(folder.clone(), "there is no spec in this folder").hint(hint)
}

fn too_much(folder: &Outside, what: Text) -> Failure {
    failure(folder.clone(), what).hint("name the folder that the specs are in, or several of those in it, one run each")
}
