//! Colour, where it is wanted. The text is understandable without it.

use crate::outside::Text;
use crate::text;

/// Paints, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Whether escape sequences are written.
    pub color: bool,
}

impl Paint {
    fn with(self, code: &'static str, text: impl Into<Text>) -> Text {
        let text = text.into();
        if self.color { text!("\x1b[{}m{}\x1b[0m", code, text) } else { text }
    }

    /// For what is added.
    #[must_use]
    pub fn green(self, text: impl Into<Text>) -> Text {
        self.with("32", text)
    }

    /// For what changes, and warnings.
    #[must_use]
    pub fn yellow(self, text: impl Into<Text>) -> Text {
        self.with("33", text)
    }

    /// For what goes, what is blocked, and errors.
    #[must_use]
    pub fn red(self, text: impl Into<Text>) -> Text {
        self.with("31", text)
    }

    /// For headings.
    #[must_use]
    pub fn bold(self, text: impl Into<Text>) -> Text {
        self.with("1", text)
    }

    /// For what is beside the point.
    #[must_use]
    pub fn dim(self, text: impl Into<Text>) -> Text {
        self.with("2", text)
    }
}
