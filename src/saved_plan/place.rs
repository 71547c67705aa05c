//! A file that a plan names, on another machine: where it was, else at the same place seen from the folder that apply runs in.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::outside::{Outside, Text};
use crate::text;

/// A path as it was given, and where that was on the machine that planned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub given: String,
    pub absolute: String,
}

impl Place {
    /// Whether the two can be the same file: what is shown of the one is true of the other.
    pub(super) fn agrees(&self) -> bool {
        let Self { given, absolute } = self;
        let (path, whole) = (Path::new(given), Path::new(absolute));
        let sound = !given.is_empty() && whole.is_absolute() && !absolute.contains('\0');
        let inside: PathBuf = path.components().skip_while(|part| *part == Component::CurDir).collect();
        let same = match given.strip_prefix("~/") {
            Some(rest) => whole.ends_with(rest),
            None if path.is_absolute() => whole == path,
            None => whole.ends_with(inside),
        };
        sound && same
    }

    /// Where it is now: the first of the two places where there is something.
    pub(super) fn here(&self) -> Option<PathBuf> {
        self.candidates().into_iter().find(|path| path.try_exists().unwrap_or(true))
    }

    fn candidates(&self) -> [PathBuf; 2] {
        let home = self.given.strip_prefix("~/").zip(std::env::var_os("HOME"));
        let from_here = home.map_or_else(|| PathBuf::from(&self.given), |(rest, home)| Path::new(&home).join(rest));
        [PathBuf::from(&self.absolute), from_here]
    }

    /// As it was given, for messages.
    pub(super) fn given(&self) -> Outside {
        Outside::from(&self.given)
    }

    /// As it was given and, where that does not say it all, where it was.
    pub(super) fn words(&self) -> Text {
        if self.given == self.absolute {
            return self.given().into();
        }
        text!("{} ({})", self.given(), Outside::from(&self.absolute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_and_where_it_was_must_be_the_same_file() {
        let agrees = |given: &str, absolute: &str| Place { given: given.to_owned(), absolute: absolute.to_owned() }.agrees();
        for (given, absolute) in [
            ("pat", "/a/pat"),
            ("./pat", "/a/pat"),
            ("../s/pat", "/a/b/../s/pat"),
            ("envs/pat", "/a/envs/pat"),
            ("/run/pat", "/run/pat"),
            ("~/pat", "/home/a/pat"),
        ] {
            assert!(agrees(given, absolute), "{given} {absolute}");
        }
        for (given, absolute) in [
            ("", "/a"),
            ("pat", "pat"),
            ("pat", "/a/other"),
            ("pat", "/a/xpat"),
            ("pat", "/a/pat/x"),
            ("/run/pat", "/run/other"),
            ("/pat", "/a/pat"),
            ("../s/pat", "/a/s/pat"),
            ("~/pat", "/home/a/other"),
            ("pat", "/a\0/pat"),
        ] {
            assert!(!agrees(given, absolute), "{given} {absolute}");
        }
    }
}
