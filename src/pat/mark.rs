//! Keyed marks of tokens: they tell whether a token is still the same one, without keeping any of it.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::plan::Mark;

/// How many characters, after the prefix that all tokens share, make guessing hopeless: 20 letters and digits are 119 bits.
const LONG_ENOUGH: usize = 20;
/// A token with fewer different characters was made up by a person.
const DIFFERENT_ENOUGH: usize = 8;

/// What marks are keyed with. No secret, but fresh for each run, so that marks of two runs can't be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The mark of a token.
    #[must_use]
    pub(crate) fn mark(&self, token: &[u8]) -> Mark {
        // An HMAC takes a key of any length: this can't fail.
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else {
            return Mark { digest: String::new(), strong: false };
        };
        hmac.update(token);
        Mark { digest: hex(&hmac.finalize().into_bytes()), strong: is_strong(token) }
    }
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_strong(token: &[u8]) -> bool {
    let prefix = [&b"kpat_"[..], b"spat_"].into_iter().find(|prefix| token.starts_with(prefix)).map_or(0, <[u8]>::len);
    let body = &token[prefix..];
    let mut different = body.to_vec();
    different.sort_unstable();
    different.dedup();
    let enough = different.len() >= DIFFERENT_ENOUGH;
    zeroize::Zeroize::zeroize(&mut different);
    body.len() >= LONG_ENOUGH && enough
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_tokens_apart_under_one_salt_only() {
        let (one, two) = (Salt::default(), Salt::default());
        assert_eq!(one.mark(b"a"), one.mark(b"a"));
        assert_ne!(one.mark(b"a"), one.mark(b"b"));
        assert_ne!(one.mark(b"a"), two.mark(b"a"));
        assert_eq!(one.mark(b"a").digest.len(), 64);
    }

    #[test]
    fn only_what_can_t_be_guessed_is_strong() {
        for weak in ["", "kpat_", "kpat_0123456789abcdefghi", "kpat_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "password12345678901"] {
            assert!(!is_strong(weak.as_bytes()), "{weak}");
        }
        assert!(is_strong(b"kpat_0123456789abcdefghij"));
        assert!(is_strong(b"eyJhbGciOiJIUzI1NiJ9.abc"));
    }
}
