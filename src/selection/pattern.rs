//! One `--only` or `--except`: what it matches, and what is wrong with it.
//!
//! A pattern without `/` is matched with the file's name, one with `/` with the whole path as it is shown, or with the end of it from a `/` on.
//! `*`, `?` and `[a-c]` never match `/`, `**` between slashes matches any number of folders, `{eu,us}` one of several; `?` and `[a-c]` stand for
//! one ASCII character. A pattern that ends in `/` is a folder: all that lies below it. `./` at the beginning holds it to the beginning of the
//! path as it is shown, and `/` to that of an absolute one.

use std::fmt;

use globset::{ErrorKind, GlobBuilder, GlobSet};

use super::malformed::Malformed;
use super::segments::{join, name};
use crate::outside::Outside;
use crate::spec::looks_like_token;

/// The most bytes of one.
const MAX_BYTES: usize = 1024;
const FORM: &str = "write it as prod-*.toml for a file's name, as eu/*.toml for the end of its path, as eu/ for all in a folder";

/// A pattern for the paths of specs.
#[derive(Clone)]
pub struct Pattern {
    typed: Outside,
    /// Matched with the name alone.
    of_name: bool,
    /// It ends in all that lies below a folder.
    of_folders: bool,
    set: GlobSet,
}

impl Pattern {
    /// Reads one from what was typed.
    ///
    /// # Errors
    /// It is no pattern.
    pub fn parse(typed: &str) -> Result<Self, Malformed> {
        if typed.is_empty() {
            return Err(Malformed::new("must not be empty", FORM));
        }
        if looks_like_token(typed) {
            return Err(Malformed::new("a token, not a pattern", FORM));
        }
        if typed.len() > MAX_BYTES {
            return Err(Malformed::new("longer than 1024 bytes", "give the flag several times, with a shorter pattern each"));
        }
        if let Err(kind) = syntax(typed) {
            return Err(Malformed::new(wrong(typed, &kind), "a \\ in front takes a character as it is, as in \\[ or \\{"));
        }
        let mut glob = typed.to_owned();
        while glob.contains("//") {
            glob = glob.replace("//", "/");
        }
        if glob.ends_with('/') {
            glob.push_str("**");
        }
        let of_name = !glob.contains('/');
        let of_folders = glob.ends_with("/**");
        if let Some(rest) = glob.strip_prefix("./") {
            glob = rest.trim_start_matches("./").to_owned();
        } else if !of_name && !glob.starts_with('/') {
            glob.insert_str(0, "**/");
        }
        let set = builder(&glob).build().and_then(|glob| GlobSet::builder().add(glob).build());
        let set =
            set.map_err(|_| Malformed::new("too complicated", "give the flag several times, with a simpler pattern each"))?;
        Ok(Self { typed: typed.into(), of_name, of_folders, set })
    }

    /// As it was typed.
    #[must_use]
    pub const fn typed(&self) -> &Outside {
        &self.typed
    }

    /// Whether it matches a path that was cleaned.
    pub(super) fn fits(&self, clean: &str) -> bool {
        self.set.is_match(if self.of_name { name(clean) } else { clean })
    }

    /// Whether it matches whatever lies below a folder.
    pub(super) fn covers(&self, folder: &str) -> bool {
        self.of_folders && self.fits(&join(folder, "_"))
    }
}

/// Says nothing, as [`Outside`] does.
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pattern(…)")
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed
    }
}

impl Eq for Pattern {}

/// The same on every system, and as a shell has it.
fn builder(glob: &str) -> GlobBuilder<'_> {
    let mut builder = GlobBuilder::new(glob);
    builder.literal_separator(true).backslash_escape(true).empty_alternates(true);
    builder
}

fn syntax(glob: &str) -> Result<(), ErrorKind> {
    builder(glob).build().map(drop).map_err(|error| error.kind().clone())
}

/// What is wrong, and where. The crate does not say where, but it reads from left to right: how the beginnings of the pattern fare shows it.
fn wrong(typed: &str, kind: &ErrorKind) -> String {
    let ends = || typed.char_indices().map(|(at, _)| at).chain([typed.len()]);
    let column = |at: usize| typed[..at].chars().count() + 1;
    // The last beginning that something can be said of, and the first that is wrong in this way.
    let last =
        |fits: &dyn Fn(Result<(), ErrorKind>) -> bool| ends().filter(|end| fits(syntax(&typed[..*end]))).last().map_or(1, column);
    let first = || ends().find(|end| syntax(&typed[..*end]).as_ref() == Err(kind)).map_or(1, |end| column(end) - 1);
    match kind {
        ErrorKind::UnclosedClass => {
            format!("the [ at column {} has no ]", last(&|syntax| syntax != Err(ErrorKind::UnclosedClass)))
        }
        ErrorKind::UnclosedAlternates => format!("the {{ at column {} has no }}", last(&|syntax| syntax.is_ok())),
        ErrorKind::UnopenedAlternates => format!("the }} at column {} has no {{", first()),
        ErrorKind::InvalidRange(..) => format!("the range that ends at column {} goes backwards", first()),
        ErrorKind::TooManyNestedAlternates => format!("the {{ at column {} is nested too deeply", first()),
        ErrorKind::DanglingEscape => format!("there is nothing behind the \\ at column {}", column(typed.len()) - 1),
        _ => format!("not a pattern from column {} on", last(&|syntax| syntax.is_ok())),
    }
}

#[cfg(test)]
mod tests;
