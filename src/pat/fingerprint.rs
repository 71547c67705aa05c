//! Fingerprints of tokens, for saved plans: they tell another machine whether a token is still the same one. Whoever holds the file may try
//! as many tokens as they like, so each try costs 19 MiB and time (Argon2id), and a token that people make up gets no fingerprint at all.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OnceCell, Semaphore};
use zeroize::{Zeroize as _, Zeroizing};

use super::salt::Salt;
use crate::blocking::within;
use crate::deadline::Deadline;
use crate::outcome::Failure;
use crate::token::{SavedFingerprint, TokenFingerprint};

/// How much memory one fingerprint takes.
pub(crate) const MEMORY_KIB: u32 = 19 * 1024;
/// How often it passes over that memory.
pub(crate) const PASSES: u32 = 2;
/// How many threads it needs.
pub(crate) const LANES: u32 = 1;
/// How many are made at a time.
const AT_ONCE: usize = 4;
/// How many bytes it has.
const BYTES: usize = 32;
/// How many bytes its salt has.
const SALT_BYTES: usize = 16;

/// How many characters, after the prefix that all tokens share, make guessing hopeless: 24 letters and digits are 143 bits.
const LONG_ENOUGH: usize = 24;
/// A token with fewer different characters was made up by a person.
const DIFFERENT_ENOUGH: usize = 8;

/// One plan's salt, and the fingerprints that were made under it.
pub struct Fingerprints {
    salt: [u8; SALT_BYTES],
    /// Recognises a token that was met before.
    marks: Salt,
    made: Mutex<BTreeMap<TokenFingerprint, Arc<OnceCell<Option<SavedFingerprint>>>>>,
    /// How many may be made at a time: each takes its memory.
    at_once: Semaphore,
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprints(…)")
    }
}

impl Default for Fingerprints {
    /// Under a fresh salt. It has to be unlike any other, not unknown: the standard library's randomness does.
    fn default() -> Self {
        let random = RandomState::new();
        let mut salt = [0; SALT_BYTES];
        for (half, bytes) in salt.chunks_mut(SALT_BYTES / 2).enumerate() {
            bytes.copy_from_slice(&random.hash_one(half).to_le_bytes());
        }
        Self::over(salt)
    }
}

impl Fingerprints {
    fn over(salt: [u8; SALT_BYTES]) -> Self {
        Self { salt, marks: Salt::default(), made: Mutex::default(), at_once: Semaphore::new(AT_ONCE) }
    }

    /// Under a salt that was written down; `None` if this is none.
    #[must_use]
    pub fn under(salt: &str) -> Option<Self> {
        if !is_hex(salt, SALT_BYTES) {
            return None;
        }
        let mut bytes = [0; SALT_BYTES];
        for (byte, digits) in bytes.iter_mut().zip(salt.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self::over(bytes))
    }

    /// The salt, in hexadecimal.
    #[must_use]
    pub fn salt(&self) -> String {
        hex::encode(self.salt)
    }

    /// The fingerprint of a token; `None` of one that is too easily guessed. Made once for each token, off the runtime's thread.
    ///
    /// # Errors
    /// The run's time is over.
    pub(crate) async fn of(&self, token: &[u8], deadline: &Deadline) -> Result<Option<SavedFingerprint>, Failure> {
        if !is_strong(token) {
            return Ok(None);
        }
        let mark = self.marks.fingerprint(token);
        // Many specs ask at once, mostly for the same one: the first makes it, the others wait.
        let of_token = Arc::clone(self.made.lock().unwrap_or_else(PoisonError::into_inner).entry(mark).or_default());
        let made = of_token.get_or_try_init(|| async {
            let _permit = self.at_once.acquire().await;
            let (token, salt) = (Zeroizing::new(token.to_vec()), self.salt);
            within(deadline, "making the token's fingerprint", move || make(&token, &salt)).await
        });
        made.await.cloned()
    }
}

fn make(token: &[u8], salt: &[u8]) -> Option<SavedFingerprint> {
    // The three are within the limits, and so are a token and a salt: this can't fail.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(BYTES)).ok()?;
    let mut fingerprint = [0; BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(token, salt, &mut fingerprint).ok()?;
    SavedFingerprint::parse(&hex::encode(fingerprint))
}

fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == bytes * 2 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// Whether nobody finds the token by trying: one that Konnect made is; one that a person made is not, however long.
fn is_strong(token: &[u8]) -> bool {
    let prefix = [&b"kpat_"[..], b"spat_"].into_iter().find(|prefix| token.starts_with(prefix)).map_or(0, <[u8]>::len);
    let body = &token[prefix..];
    let mut different = body.to_vec();
    different.sort_unstable();
    different.dedup();
    let enough = different.len() >= DIFFERENT_ENOUGH;
    different.zeroize();
    let has = |kind: fn(&u8) -> bool| body.iter().any(kind);
    body.len() >= LONG_ENOUGH && enough && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join;

    use super::*;

    const STRONG: &[u8] = b"kpat_0123456789ABCDEFGHijklmn";

    #[test]
    fn only_what_can_t_be_guessed_is_strong() {
        let weak = [
            "",
            "kpat_",
            "kpat_staging-password-1234",
            "kpat_Staging-Password-1234",
            "kpat_staging-password-for-konnect-1234",
            "kpat_STAGING-PASSWORD-FOR-KONNECT-1234",
            "kpat_Staging-Password-For-Konnect-Please",
            "kpat_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA1",
            "kpat_0123456789ABCDEFGHijklm",
        ];
        for weak in weak {
            assert!(!is_strong(weak.as_bytes()), "{weak}");
        }
        assert!(is_strong(STRONG));
        assert!(is_strong(b"eyJhbGciOiJIUzI1NiJ9.abc"));
    }

    #[tokio::test]
    async fn fingerprints_tell_tokens_apart_under_one_salt_only() {
        let (one, two, deadline) = (Fingerprints::default(), Fingerprints::default(), Deadline::default());
        let first = one.of(STRONG, &deadline).await.expect("in time");
        assert!(first.is_some());
        assert_eq!(one.of(STRONG, &deadline).await.expect("in time"), first);
        assert_ne!(one.of(b"kpat_0123456789ABCDEFGHijklmo", &deadline).await.expect("in time"), first);
        assert_ne!(two.of(STRONG, &deadline).await.expect("in time"), first);
        assert_eq!(one.of(b"kpat_staging-password-1234", &deadline).await.expect("in time"), None);
        let again = Fingerprints::under(&one.salt()).expect("a salt");
        assert_eq!(again.of(STRONG, &deadline).await.expect("in time"), first);
    }

    #[tokio::test]
    async fn who_asks_for_the_same_one_waits_for_it_and_makes_no_other() {
        let (fingerprints, deadline, none) = (Fingerprints::default(), Deadline::default(), Deadline::after(Duration::ZERO));
        // The second has no time to make one.
        let both = join(fingerprints.of(STRONG, &deadline), fingerprints.of(STRONG, &none)).await;
        assert_eq!(both.0.expect("in time"), both.1.expect("made by the first"));
        assert!(fingerprints.of(b"kpat_0123456789ABCDEFGHijklmo", &none).await.is_err());
    }

    /// As the reference implementation has it: `echo -n TOKEN | argon2 0123456789abcdef -id -k 19456 -t 2 -p 1 -l 32 -r`.
    #[test]
    fn it_is_argon2id_with_the_parameters_that_the_file_names() {
        let made = make(b"kpat_0123456789ABCDEFGHijklmn", b"0123456789abcdef").expect("made");
        assert_eq!(made.as_str(), "a21502b6bb3279590cec893fabee7b2a771116a65b6f60d9b158fc45afa76894");
    }

    #[test]
    fn only_what_was_written_down_by_us_is_read() {
        let salt = Fingerprints::default().salt();
        assert_eq!(Fingerprints::under(&salt).expect("a salt").salt(), salt);
        assert_ne!(Fingerprints::default().salt(), salt);
        for bad in ["", "00", &"0".repeat(31), &"0".repeat(33), &"g".repeat(32), &"A".repeat(32), &"é".repeat(16)] {
            assert!(Fingerprints::under(bad).is_none(), "{bad}");
        }
        assert!(SavedFingerprint::parse(&"0a".repeat(32)).is_some());
        assert!(SavedFingerprint::parse(&"0A".repeat(32)).is_none() && SavedFingerprint::parse("0a").is_none());
    }
}
