//! Recognises tokens in text that came from elsewhere, without keeping one: it knows only keyed hashes of their slices.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::mark::Salt;
use super::shape;
use crate::plan::Mark;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

/// The length of the slices that are recognised: any eight bytes of a token in a row. A shorter value is no token, and occurs in
/// ordinary words: taking it out everywhere would say more than it hides.
const SLICE: usize = 8;
/// What stands in a token's place.
const MASK: &str = "(sensitive)";

/// Takes tokens, and their base64, out of text. Keyed at random for each run, so that its hashes are worth nothing elsewhere.
#[derive(Default)]
pub struct Scrubber {
    key: RandomState,
    salt: Salt,
    known: Mutex<HashSet<u64>>,
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrubber(redacted)")
    }
}

impl Scrubber {
    /// Learns to recognise a token, raw and in base64 at each of the three alignments.
    pub(crate) fn learn(&self, secret: &[u8]) {
        if secret.len() < SLICE {
            return;
        }
        self.learn_slices(secret);
        for skipped in 0..3 {
            let mut shifted = Zeroizing::new(vec![0_u8; skipped]);
            shifted.extend_from_slice(secret);
            let encoded = Zeroizing::new(BASE64.encode(shifted.as_slice()));
            // The first characters hold bits of what stands before, the last of what follows: only those between are the token's.
            let from = (skipped * 8).div_ceil(6);
            let to = shifted.len() * 8 / 6;
            if let Some(inner) = encoded.as_bytes().get(from..to) {
                self.learn_slices(inner);
            }
        }
    }

    fn learn_slices(&self, secret: &[u8]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(secret.windows(SLICE).map(|slice| self.key.hash_one(slice)));
    }

    /// One whose marks can be compared with those made under this salt.
    #[must_use]
    pub fn with_salt(salt: Salt) -> Self {
        Self { salt, ..Self::default() }
    }

    /// What its marks are keyed with.
    #[must_use]
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }

    /// A mark of a value, to tell whether it is still the same.
    #[must_use]
    pub(crate) fn mark(&self, secret: &[u8]) -> Mark {
        self.salt.mark(secret)
    }

    /// The text with every slice of a known token, and all that looks like one, replaced by a fixed word.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for found in self.find(text) {
            clean.push_str(&text[done..found.start]);
            clean.push_str(MASK);
            done = found.end;
        }
        clean.push_str(&text[done..]);
        clean
    }

    /// The ranges to be replaced, apart from each other, on character boundaries.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // A token that was never seen, such as the live one where the Secret can't be read, is known by its looks alone.
        let mut hits: Vec<Range<usize>> = shape::find(text);
        hits.extend(shape::find_base64(text));
        for (start, window) in bytes.windows(SLICE).enumerate() {
            if known.contains(&self.key.hash_one(window)) {
                hits.push(text.floor_char_boundary(start)..text.ceil_char_boundary(start + SLICE));
            }
        }
        hits.sort_by_key(|hit| hit.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for hit in hits {
            match merged.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => merged.push(hit),
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    const TOKEN: &str = "kpat_Q7wZ3mT9xL2vB8nR";

    fn scrubber() -> Scrubber {
        let scrubber = Scrubber::default();
        scrubber.learn(TOKEN.as_bytes());
        scrubber
    }

    #[test]
    fn a_token_goes_and_the_rest_stays() {
        assert_eq!(scrubber().scrub(&format!("é token {TOKEN} é")), "é token (sensitive) é");
        assert_eq!(scrubber().scrub("nothing of note"), "nothing of note");
    }

    #[test]
    fn eight_bytes_in_a_row_are_enough() {
        for slice in TOKEN.as_bytes().windows(SLICE) {
            let slice = std::str::from_utf8(slice).expect("ascii");
            assert_eq!(scrubber().scrub(slice), MASK);
        }
    }

    #[test]
    fn base64_goes_at_every_alignment() {
        for prefix in ["", "a", "ab", "abc"] {
            let encoded = STANDARD.encode(format!("{prefix}{TOKEN}zz"));
            let clean = scrubber().scrub(&encoded);
            assert!(clean.contains(MASK), "{clean}");
            for slice in encoded.as_bytes()[4..encoded.len() - 4].windows(SLICE) {
                assert!(!clean.contains(std::str::from_utf8(slice).expect("ascii")), "{clean}");
            }
        }
    }

    #[test]
    fn what_is_too_short_for_a_token_stays() {
        let scrubber = Scrubber::default();
        scrubber.learn(b"konnect");
        scrubber.learn(b"");
        assert_eq!(scrubber.scrub("konnect came to an end"), "konnect came to an end");
    }

    #[test]
    fn marks_tell_same_from_other() {
        let scrubber = scrubber();
        assert_eq!(scrubber.mark(b"a"), scrubber.mark(b"a"));
        assert_ne!(scrubber.mark(b"a"), scrubber.mark(b"b"));
        assert_ne!(scrubber.mark(b"a"), Scrubber::default().mark(b"a"));
    }
}
