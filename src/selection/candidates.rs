//! All files that were named or found, each once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SelectedFile;
use super::folder::{Found, FoundFile};
use super::patterns::Patterns;
use super::problems::Problems;
use super::segments::cleaned;
use crate::outcome::Failure;
use crate::outside::Outside;

/// What may be selected, in order.
#[derive(Default)]
pub(super) struct Candidates {
    all: Vec<Candidate>,
    /// Which of them each file is: by where it really is, or as it is spelled where that is not known.
    by_place: BTreeMap<PathBuf, usize>,
    /// Folders that were not looked into.
    left_out: Vec<String>,
}

/// One file.
pub(super) struct Candidate {
    file: SelectedFile,
    /// Every way to it, cleaned: whoever leaves a file out means the file, and not one of the ways.
    pub(super) ways: Vec<String>,
    failure: Option<Failure>,
}

impl Candidates {
    /// A file that was named, which need not be there.
    pub(super) fn add_named(&mut self, path: &Outside) {
        let place = Path::new(path.expose());
        let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
        self.add(place, SelectedFile { path: path.clone(), folder: None, named: true }, None);
    }

    /// What a folder holds.
    pub(super) fn add_folder(&mut self, found: Found, problems: &mut Problems) {
        let Found { root, files, failures, left_out } = found;
        self.left_out.extend(left_out);
        failures.into_iter().for_each(|failure| problems.add(failure));
        for FoundFile { path, real } in files {
            let (place, failure) = match real {
                Ok(real) => (real, None),
                Err(failure) => (PathBuf::from(&path), Some(failure)),
            };
            let file = SelectedFile { path: path.into(), folder: Some(Arc::clone(&root)), named: false };
            self.add(place, file, failure);
        }
    }

    fn add(&mut self, place: PathBuf, file: SelectedFile, failure: Option<Failure>) {
        let way = cleaned(file.path.expose());
        let at = *self.by_place.entry(place).or_insert(self.all.len());
        let Some(known) = self.all.get_mut(at) else {
            return self.all.push(Candidate { file, ways: vec![way], failure });
        };
        known.file.named |= file.named;
        known.file.folder = match (known.file.folder.take(), file.folder) {
            (Some(known), Some(other)) => Some(if known.starts_with(&other) { other } else { known }),
            (known, other) => known.or(other),
        };
        if !known.ways.contains(&way) {
            known.ways.push(way);
        }
    }

    /// Those that the patterns choose. What is wrong with one that is left out does not matter.
    pub(super) fn choose(self, patterns: &Patterns, problems: &mut Problems) -> Vec<SelectedFile> {
        let chosen = patterns.choose(&self.all, &self.left_out);
        // What was not found because of them may be what a pattern is for.
        if problems.is_empty() {
            chosen.problems.into_iter().for_each(|failure| problems.add(failure));
        }
        let mut files = Vec::new();
        for (Candidate { file, ways: _, failure }, chosen) in self.all.into_iter().zip(chosen.each) {
            match failure {
                _ if !chosen => {}
                Some(failure) => problems.add(failure),
                None => files.push(file),
            }
        }
        files
    }
}
