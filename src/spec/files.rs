//! The files that a spec is made of, each with its place in the whole: a file begins where the one before it ends, so that a place is one
//! number, whichever file it is in.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Layer;
use crate::outside::Outside;

/// One file.
#[derive(Debug)]
pub(super) struct SpecFile {
    /// As it is shown: the way from where the user stands.
    pub(super) path: Outside,
    /// Its folder. Its own relative paths start here.
    pub(super) folder: PathBuf,
    /// The way to that folder from the folder of the spec that was given; empty for that spec.
    pub(super) way: PathBuf,
    /// All of it.
    pub(super) text: String,
    /// Where it begins in the whole.
    pub(super) start: usize,
    /// Whether its lines may be shown.
    pub(super) quoted: bool,
}

impl SpecFile {
    /// The spec that was given.
    pub(super) fn given(path: &Outside, folder: &Path, text: String) -> Self {
        Self { path: path.clone(), folder: folder.to_owned(), way: PathBuf::new(), text, start: 0, quoted: true }
    }

    /// Where the next file begins.
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len() + 1
    }

    /// A place of this file as one of the whole.
    pub(super) const fn shifted(&self, span: Range<usize>) -> Range<usize> {
        span.start + self.start..span.end + self.start
    }

    /// A place of the whole as one of this file.
    pub(super) const fn own(&self, span: &Range<usize>) -> Range<usize> {
        span.start.saturating_sub(self.start)..span.end.saturating_sub(self.start)
    }
}

/// All of them, the given one first and then each base.
#[derive(Debug)]
pub(super) struct SpecFiles {
    given: SpecFile,
    bases: Vec<SpecFile>,
}

impl SpecFiles {
    pub(super) const fn new(given: SpecFile, bases: Vec<SpecFile>) -> Self {
        Self { given, bases }
    }

    /// The one that was given.
    pub(super) const fn given(&self) -> &SpecFile {
        &self.given
    }

    /// Each of them, nearest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &SpecFile> {
        std::iter::once(&self.given).chain(&self.bases)
    }

    /// The file in which a place of the whole is.
    pub(super) fn at(&self, place: usize) -> &SpecFile {
        self.iter().take_while(|file| file.start <= place).last().unwrap_or(&self.given)
    }

    /// What stays of them in a spec. `values`: every text of each, its escapes undone.
    pub(super) fn layers(&self, values: impl IntoIterator<Item = Vec<Outside>>) -> Vec<Layer> {
        let layer = |(file, values): (&SpecFile, _)| Layer { path: file.path.clone(), text: (&file.text).into(), values };
        self.iter().zip(values).map(layer).collect()
    }
}
