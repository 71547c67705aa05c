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
mod tests;
