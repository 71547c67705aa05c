//! Keyed fingerprints of tokens: they tell within a run whether a token is still the same one, without keeping any of it.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::token::TokenFingerprint;

/// What fingerprints are keyed with: fresh for each run, and never written anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt(String);

impl Default for Salt {
    /// A fresh one. It has to be unlike any other, not unknown: the standard library's randomness does.
    fn default() -> Self {
        let mut salt = String::with_capacity(64);
        for part in 0..4_u8 {
            let _ = write!(salt, "{:016x}", RandomState::new().hash_one(part));
        }
        Self(salt)
    }
}

impl Salt {
    /// The fingerprint of a token.
    #[must_use]
    pub(crate) fn fingerprint(&self, token: &[u8]) -> TokenFingerprint {
        // An HMAC takes a key of any length: this can't fail.
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else {
            return TokenFingerprint(String::new());
        };
        hmac.update(token);
        TokenFingerprint(hex::encode(hmac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_tell_tokens_apart_under_one_salt_only() {
        let (one, two) = (Salt::default(), Salt::default());
        assert_eq!(one.fingerprint(b"a"), one.fingerprint(b"a"));
        assert_ne!(one.fingerprint(b"a"), one.fingerprint(b"b"));
        assert_ne!(one.fingerprint(b"a"), two.fingerprint(b"a"));
        assert_eq!(one.fingerprint(b"a").0.len(), 64);
    }
}
