//! Which specs a run is about: the files and folders that were named (`-f`, several times), less what patterns leave out (`--only`,
//! `--except`); which of them are this shard's (`--partition`), and in which stage each is (`--order`).
//!
//! A folder stands for the specs in it and below it (`folder`): files whose name ends in `.toml`, sorted. What is hidden is left out, and a
//! link to a folder is not followed, so that there is no way round in a circle; a link to a file is, since the files of a ConfigMap volume are
//! links. One file counts once, whatever ways lead to it. What was named as a file is whatever it is: reading it says what is wrong with it.
//!
//! Plain blocking code: whoever calls it keeps it off the runtime's thread.

mod candidates;
mod folder;
mod malformed;
mod order;
mod partition;
mod pattern;
mod patterns;
mod problems;
mod segments;

use std::path::Path;
use std::sync::Arc;

pub use malformed::Malformed;
pub use order::Order;
pub use partition::Partition;
pub use pattern::Pattern;
pub use patterns::Patterns;

use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use candidates::Candidates;
use folder::{Limits, Seen, Stopped, Walk};
use problems::Problems;

/// The specs of a run, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Each file once, at least one: in the order of the `-f`, and within a folder by path, bytewise.
    pub files: Vec<SelectedFile>,
    one_named: bool,
}

/// One file of a selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedFile {
    /// The file as it is shown: as it was named, or below the folder as that was named (without a `./` of it).
    pub path: Outside,
    /// The folder that was named and that it lies in, with no symbolic link in its path; of several, the one that holds the others. Where no
    /// folder holds `.git`, it bounds what the file extends. `None`: the file alone was named.
    pub folder: Option<Arc<Path>>,
    /// It was named itself.
    pub named: bool,
}

impl Selection {
    /// Whether one file was named, and nothing else said about which specs are meant: there can't be more than this one.
    #[must_use]
    pub const fn is_one_named(&self) -> bool {
        self.one_named
    }
}

/// The specs that are meant by these files and folders and patterns.
///
/// # Errors
/// All that can't be made out, each a failure of its own, at most 20 of them, and how many more there are. Never empty.
pub fn select(named: &[Outside], patterns: &Patterns) -> Result<Selection, Vec<Failure>> {
    select_within(named, patterns, Limits::DEFAULT)
}

fn select_within(named: &[Outside], patterns: &Patterns, limits: Limits) -> Result<Selection, Vec<Failure>> {
    let mut candidates = Candidates::default();
    let mut problems = Problems::default();
    let mut walk = Walk { patterns, limits, seen: Seen::default() };
    let mut folders = 0;
    for path in named {
        // What can't be looked at is no folder: reading it says why.
        if !Path::new(path.expose()).metadata().is_ok_and(|metadata| metadata.is_dir()) {
            candidates.add_named(path);
            continue;
        }
        folders += 1;
        match walk.through(path) {
            Ok(found) => candidates.add_folder(found, &mut problems),
            Err(Stopped::Here(failure)) => problems.add(failure),
            Err(Stopped::Everywhere(failure)) => {
                problems.add(failure);
                break;
            }
        }
    }
    let files = candidates.choose(patterns, &mut problems);
    problems.none()?;
    if files.is_empty() {
        let nothing = Failure::new(FailureCode::Spec, "no spec is named").hint("name files or folders with -f SPEC");
        return Err(vec![nothing]);
    }
    Ok(Selection { files, one_named: named.len() == 1 && folders == 0 && patterns.is_empty() })
}

#[cfg(test)]
mod tests {
    //! Limits, which are too far away to be reached with the real ones.

    use super::*;

    fn made(files: &[&str]) -> (tempfile::TempDir, Outside) {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let name = folder.path().into();
        (folder, name)
    }

    fn within(named: &[Outside], limits: Limits) -> Result<usize, Vec<String>> {
        match select_within(named, &Patterns::default(), limits) {
            Ok(selection) => Ok(selection.files.len()),
            Err(failures) => Err(failures.iter().map(|failure| failure.what.plain()).collect()),
        }
    }

    #[test]
    fn too_much_is_looked_at() {
        let (_kept, folder) = made(&["a.toml", "b.toml", "x/y/c.toml", "note"]);
        let one = std::slice::from_ref(&folder);
        let limits = |files, entries, depth| Limits { files, entries, depth };
        assert_eq!(within(one, limits(3, 6, 2)), Ok(3));
        for (limits, what) in [
            (limits(2, 6, 2), "there are more than 2 specs"),
            (limits(3, 5, 2), "there are more than 5 files and folders to look at"),
            (limits(3, 6, 1), "folders lie more than 1 deep in this one"),
        ] {
            assert_eq!(within(one, limits), Err(vec![format!("{}: {what}", folder.expose())]));
        }
        // They hold for all folders together, and nothing is said of what was not looked at.
        let (_other, other) = made(&["d.toml"]);
        let both = [folder, other.clone(), "/nowhere".into()];
        assert_eq!(within(&both, limits(3, 9, 2)), Err(vec![format!("{}: there are more than 3 specs", other.expose())]));
    }

    #[test]
    fn no_more_problems_are_told_than_are_read() {
        let (kept, _) = made(&[]);
        let folders: Vec<Outside> = (0..25).map(|i| kept.path().join(format!("{i}")).as_path().into()).collect();
        for folder in &folders {
            std::fs::create_dir(folder.expose()).expect("a folder");
        }
        let failures = select(&folders, &Patterns::default()).expect_err("empty folders");
        assert_eq!(failures.len(), 21);
        assert_eq!(failures[20].what.plain(), "5 more files and folders can't be used");
    }

    #[test]
    fn nothing_is_named() {
        let failures = select(&[], &Patterns::default()).expect_err("nothing");
        assert_eq!(failures[0].what.plain(), "no spec is named");
    }
}
