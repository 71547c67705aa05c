//! What is wrong with the value of a flag.

/// What is wrong with a value that was typed, and what to write instead: our own words, which repeat nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: &'static str,
}

impl Malformed {
    pub(super) fn new(what: impl Into<String>, hint: &'static str) -> Self {
        Self { what: what.into(), hint }
    }
}
