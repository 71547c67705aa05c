//! Text that came from outside (a cluster, a spec, a flag, a kubeconfig, a plan file), kept apart from our own words until the door turns
//! both into output. Neither type can be printed or serialized for output by itself, so the compiler finds whoever would try.

mod text;

use std::fmt;

pub use text::{Fragment, Part, Piece, Text};

/// A text from outside. No `Display`: only the door (`view::door`) makes output of it, with secrets masked and escapes spelled out.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outside(String);

impl Outside {
    /// No text.
    pub const EMPTY: Self = Self(String::new());

    /// Marks a text as coming from outside.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for comparing, for requests and for opening files. Never for output: what is shown goes through the door.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A name within a sentence: in quotes, unless it is one word that can't be taken for a part of the sentence.
    #[must_use]
    pub fn as_name(&self) -> Text {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@');
        if !self.is_empty() && self.0.chars().all(is_plain) { self.into() } else { crate::text!("\"{}\"", self) }
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Says nothing: a panic message or a log line is output too.
impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside(…)")
    }
}

impl PartialEq<str> for Outside {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Outside {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl From<&str> for Outside {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Outside {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&String> for Outside {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<&std::path::Path> for Outside {
    fn from(path: &std::path::Path) -> Self {
        Self(path.to_string_lossy().into_owned())
    }
}

/// A message of our own words with parts between them: `text!("{} does not exist", name)`. A part is another [`Text`], an [`Outside`],
/// a literal, a number or a time.
#[macro_export]
macro_rules! text {
    ($template:literal $(, $part:expr)* $(,)?) => {
        $crate::outside::Text::template($template, vec![$($crate::outside::Part::text(&$part)),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_what_it_was() {
        for outside in [
            Outside::new("x"),
            Outside::from("x"),
            Outside::from("x".to_owned()),
            Outside::from(&"x".to_owned()),
            Outside::from(std::path::Path::new("x")),
        ] {
            assert_eq!(outside.expose(), "x");
            assert!(outside == *"x" && outside != *"y" && outside == "x" && outside != "y");
            assert!(!outside.is_empty());
        }
        assert!(Outside::EMPTY.is_empty() && Outside::new("").is_empty());
    }
}
