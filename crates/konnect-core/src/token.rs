//! What may be known of a token without having it.

/// What became of the token when it was compared with the live one. All that ever leaves the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The live object holds no token.
    Missing,
    /// The live token is the wanted one.
    Same,
    /// The live token is another one.
    Different,
    /// The live object holds an empty value, which is no token: that differs from any.
    Empty,
    /// There was no token to compare with.
    NotCompared,
}

impl Verdict {
    /// The word in the JSON output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Same => "same",
            // Programs that know the word of old branch on it; that it is empty stands beside it.
            Self::Different | Self::Empty => "different",
            Self::NotCompared => "not_compared",
        }
    }
}

/// A token's HMAC under a run's own salt, in hexadecimal: tells within the run whether a token is still the same. Never stored: whoever knew
/// the salt could try tokens by the million.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenFingerprint(pub String);

/// A token's Argon2id under a saved plan's salt, in hexadecimal: tells another run whether a token is still the same.
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

/// A live token, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// How it compares with the wanted one. Never `Missing`.
    pub verdict: Verdict,
    /// Within this run; `None` of one that was read back from a saved plan.
    pub fingerprint: Option<TokenFingerprint>,
    /// For another run, where a saved plan asks for that; `None` of one that is too easily guessed.
    pub saved: Option<SavedFingerprint>,
}

/// Whether a live token is the one that was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenMove {
    /// It is the same one, or there is none, as before.
    Unmoved,
    /// It is another one.
    Moved,
    /// The object moved, and of such a token there is no fingerprint that another run could compare.
    Unknown,
}

impl TokenMove {
    /// Holds a live token against the one that was read when the plan was made. Of one that is too easily guessed only an unmoved
    /// resourceVersion tells that it is the same.
    #[must_use]
    pub fn of(was: Option<&LiveToken>, is: Option<&LiveToken>, same_version: bool) -> Self {
        let (was, is) = match (was, is) {
            (None, None) => return Self::Unmoved,
            (Some(was), Some(is)) => (was, is),
            // Of one that came or went the verdict says so; here it counts whether another run could have told it apart.
            (None, Some(is)) if is.saved.is_none() => return Self::Unmoved,
            (Some(LiveToken { fingerprint: None, saved: None, .. }), None) => return Self::Unknown,
            (None, Some(_)) | (Some(_), None) => return Self::Moved,
        };
        match (&was.fingerprint, &is.fingerprint) {
            (Some(was), Some(is)) if was == is => return Self::Unmoved,
            (Some(_), Some(_)) => return Self::Moved,
            (None, _) | (_, None) => {}
        }
        match (&was.saved, &is.saved) {
            (was, is) if was != is => Self::Moved,
            (None, None) if !same_version => Self::Unknown,
            _ => Self::Unmoved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(fingerprint: Option<&str>, saved: Option<char>) -> LiveToken {
        LiveToken {
            verdict: Verdict::Different,
            fingerprint: fingerprint.map(|text| TokenFingerprint(text.to_owned())),
            saved: saved.and_then(|digit| SavedFingerprint::parse(&String::from(digit).repeat(64))),
        }
    }

    #[test]
    fn whether_a_token_moved() {
        use TokenMove::{Moved, Unknown, Unmoved};
        type Row = (Option<LiveToken>, Option<LiveToken>, bool, TokenMove);
        let rows: [Row; 17] = [
            (None, None, true, Unmoved),
            (None, None, false, Unmoved),
            (None, Some(token(Some("a"), None)), false, Unmoved),
            (None, Some(token(Some("a"), Some('1'))), false, Moved),
            (Some(token(Some("a"), None)), None, false, Moved),
            (Some(token(None, Some('1'))), None, false, Moved),
            (Some(token(None, None)), None, false, Unknown),
            // Within a run.
            (Some(token(Some("a"), None)), Some(token(Some("a"), None)), false, Unmoved),
            (Some(token(Some("a"), None)), Some(token(Some("b"), None)), false, Moved),
            (Some(token(Some("a"), None)), Some(token(Some("b"), None)), true, Moved),
            // From a saved plan.
            (Some(token(None, Some('1'))), Some(token(Some("a"), Some('1'))), false, Unmoved),
            (Some(token(None, Some('1'))), Some(token(Some("a"), Some('2'))), false, Moved),
            (Some(token(None, Some('1'))), Some(token(Some("a"), None)), true, Moved),
            (Some(token(None, None)), Some(token(Some("a"), Some('1'))), true, Moved),
            (Some(token(None, None)), Some(token(Some("a"), None)), true, Unmoved),
            (Some(token(None, None)), Some(token(Some("a"), None)), false, Unknown),
            (Some(token(None, None)), Some(token(None, None)), false, Unknown),
        ];
        for (was, is, same_version, expected) in rows {
            let found = TokenMove::of(was.as_ref(), is.as_ref(), same_version);
            assert_eq!(found, expected, "{was:?} {is:?} {same_version}");
        }
    }

    #[test]
    fn fingerprints_are_hexadecimal() {
        let text = "0a".repeat(32);
        assert_eq!(SavedFingerprint::parse(&text).map(|of| of.as_str().to_owned()), Some(text));
        assert!(SavedFingerprint::parse(&"0A".repeat(32)).is_none() && SavedFingerprint::parse("0a").is_none());
    }

    #[test]
    fn words() {
        let words =
            [Verdict::Missing, Verdict::Same, Verdict::Different, Verdict::Empty, Verdict::NotCompared].map(Verdict::word);
        assert_eq!(words, ["missing", "same", "different", "different", "not_compared"]);
    }
}
