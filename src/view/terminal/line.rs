//! One line of a plan, with what it means kept beside it: a text of somebody else's may begin with any sign.

use crate::outside::Text;

/// What happens to what a line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing, or the line is about something else.
    None,
    /// It is added.
    Add,
    /// It goes, or is ours no longer.
    Remove,
    /// It changes, is blocked or unknown.
    Change,
}

/// A line, without its line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it means.
    pub sign: Sign,
    /// What it says.
    pub text: Text,
    /// As much of its beginning as its further rows are indented by, where it has several. Only measured, and not before a secret in it
    /// is masked: the indent must not tell how long that is.
    pub hang: Text,
}

impl Line {
    /// A line that something happens in.
    #[must_use]
    pub fn new(sign: Sign, text: Text) -> Self {
        Self { sign, text, hang: Text::default() }
    }

    /// A line of words alone.
    #[must_use]
    pub fn plain(text: Text) -> Self {
        Self::new(Sign::None, text)
    }

    /// The same with further rows that begin under what follows this beginning of it.
    #[must_use]
    pub fn under(self, hang: impl Into<Text>) -> Self {
        Self { hang: hang.into(), ..self }
    }
}
