//! `extends = "../base.toml"`: the file that is meant, if it may be.

mod bounds;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use bounds::clean;
use bounds::{Bounds, existing, stays_below};

use super::files::SpecFile;
use super::load::{Unreadable, load};
use crate::outside::{Outside, Text};
use crate::text;

/// The most files that a spec extends, one after the other.
pub(super) const MAX_BASES: usize = 4;

/// Why a file is not extended.
pub(super) struct NotExtended {
    pub(super) message: Text,
    pub(super) hint: Text,
    /// It is not wrong, but not allowed to whoever wrote it.
    pub(super) refusal: bool,
}

impl NotExtended {
    pub(super) fn new(message: impl Into<Text>, hint: impl Into<Text>) -> Self {
        Self { message: message.into(), hint: hint.into(), refusal: false }
    }
}

/// Who finds the file that is extended.
pub(super) trait Extends {
    /// The file that is meant by `extends` in this one.
    fn follow(&mut self, from: &SpecFile, extends: &str) -> Result<SpecFile, NotExtended>;
}

/// Files of this machine.
pub(super) struct OnDisk {
    untrusted: bool,
    bounds: Option<Bounds>,
    /// Each file so far: as it is shown, and where it really is.
    chain: Vec<(Outside, PathBuf)>,
    given: PathBuf,
    /// The folder of specs that the user named, if it was found in one.
    below: Option<Arc<Path>>,
}

impl OnDisk {
    /// For this spec, found in this folder of specs that the user named, if it was. `untrusted`: its author may be anybody.
    pub(super) fn new(given: &Outside, below: Option<Arc<Path>>, untrusted: bool) -> Self {
        Self { untrusted, bounds: None, chain: Vec::new(), given: PathBuf::from(given.expose()), below }
    }
}

impl Extends for OnDisk {
    fn follow(&mut self, from: &SpecFile, extends: &str) -> Result<SpecFile, NotExtended> {
        let named = Outside::new(extends);
        let unreadable = |error: Unreadable| NotExtended::new(text!("{}: {}", named, error.message), error.hint);
        let failed = |error: std::io::Error| unreadable(error.into());
        let bounds = match self.bounds.take() {
            Some(bounds) => bounds,
            None => {
                self.chain.push((from.path.clone(), self.given.canonicalize().map_err(failed)?));
                Bounds::of(&from.folder, self.below.as_deref()).map_err(failed)?
            }
        };
        let bounds = &*self.bounds.insert(bounds);
        if self.untrusted {
            stays_below(&bounds.root, &from.folder, Path::new(extends)).map_err(|what| NotExtended {
                refusal: true,
                ..NotExtended::new(
                    text!("an untrusted spec may not extend this file: {} (--untrusted-spec)", what),
                    "name a file of the repository whose name ends in .toml, or run without --untrusted-spec if you trust the author",
                )
            })?;
        }
        let joined = from.folder.join(extends);
        let real = joined.canonicalize().map_err(failed)?;
        if !real.starts_with(&bounds.root) {
            return Err(NotExtended::new(
                text!("{} is outside {}, {}", named, Outside::from(bounds.root.as_path()), bounds.words()),
                "a spec extends files of its own repository, which is the nearest folder with `.git`, or else files of its own folder",
            ));
        }
        if let Some(at) = self.chain.iter().position(|(_, file)| *file == real) {
            let circle = self.chain[at..].iter().map(|(shown, _)| Text::from(shown.clone()));
            let circle = Text::join(circle.chain([self.chain[at].0.clone().into()]), " extends ");
            return Err(NotExtended::new(text!("this goes round in a circle: {}", circle), "take `extends` out of one of them"));
        }
        // A pipe or a device would be waited for, and a folder can't be read.
        if !real.metadata().map_err(failed)?.is_file() {
            return Err(NotExtended::new(text!("{} is not a file", named), "name one file"));
        }
        let way = self.way(from, extends, &joined);
        let path = self.shown(&way, Path::new(extends), &real);
        let text = load(&real).map_err(unreadable)?;
        self.chain.push((path.clone(), real));
        Ok(SpecFile { path, folder: parent(&joined), way, text, start: from.end(), quoted: !self.untrusted })
    }
}

impl OnDisk {
    /// The way from the given spec's folder to that of the file: without steps that lead back, where that leads to the same folder.
    fn way(&self, from: &SpecFile, extends: &str, joined: &Path) -> PathBuf {
        let way = from.way.join(parent(Path::new(extends)));
        let short = clean(&way);
        let really = |folder: PathBuf| existing(&folder).canonicalize().ok();
        if really(parent(&self.given).join(&short)) == really(parent(joined)) { short } else { way }
    }

    /// The file as it is shown.
    fn shown(&self, way: &Path, extends: &Path, real: &Path) -> Outside {
        let long = parent(&self.given).join(way).join(extends.file_name().unwrap_or_default());
        let short = clean(&long);
        let leads_there = short.canonicalize().is_ok_and(|found| found == real);
        (if leads_there { short.as_path() } else { long.as_path() }).into()
    }
}

/// Texts that are at hand, each extending the next. Nothing is read.
pub(super) struct AtHand(pub(super) std::vec::IntoIter<SpecFile>);

impl Extends for AtHand {
    fn follow(&mut self, from: &SpecFile, _: &str) -> Result<SpecFile, NotExtended> {
        let next = self.0.next().ok_or_else(|| {
            NotExtended::new("nothing can be extended here: this is not read from a file", "give it as a file: -f SPEC")
        })?;
        Ok(SpecFile { start: from.end(), ..next })
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}
