//! What may be known of a token without having it.

/// A token's fingerprint under a saved plan's salt, in hexadecimal: tells another run whether a token is still the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFingerprint(String);

impl SavedFingerprint {
    /// How many bytes it has.
    pub const BYTES: usize = 32;

    /// One that was written down; `None` if this is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == Self::BYTES * 2 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        sound.then(|| Self(text.to_owned()))
    }

    /// In hexadecimal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
