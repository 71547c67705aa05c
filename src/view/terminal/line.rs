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
}

impl Line {
    /// A line that something happens in.
    #[must_use]
    pub const fn new(sign: Sign, text: Text) -> Self {
        Self { sign, text }
    }

    /// A line of words alone.
    #[must_use]
    pub const fn plain(text: Text) -> Self {
        Self::new(Sign::None, text)
    }
}
