//! Recognises secrets in text that came from elsewhere, without keeping one: it knows only keyed hashes of their slices.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::decoding::views;
use super::shape;

/// The length of the slices that are recognised: any eight bytes of a credential in a row. A shorter value is no token, and occurs in
/// ordinary words: taking it out everywhere would say more than it hides.
const SLICE: usize = 8;
/// Other data of a Secret holds addresses and PEM headings, whose short slices stand in many texts that give nothing away.
const SLICE_OF_DATA: usize = 16;
/// A long text is searched in pieces of this many bytes, each beginning so many before the end of the one before.
const CHUNK: usize = 64 * 1024;
const OVERLAP: usize = 8 * 1024;
/// What stands in a secret's place.
const MASK: &str = "(sensitive)";

/// Takes secrets, and their usual encodings, out of text. Keyed at random for each run, so that its hashes are worth nothing elsewhere.
#[derive(Default)]
pub struct Scrubber {
    key: RandomState,
    /// Hashes of what is recognised, by its length.
    known: Mutex<BTreeMap<usize, HashSet<u64>>>,
    learned: AtomicU64,
    only_whole: AtomicBool,
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrubber(redacted)")
    }
}

impl Scrubber {
    /// From here on only the whole of a secret is recognised. For a spec whose author is not trusted: what is masked of their words answers
    /// their guesses, and slices can be guessed one after the other.
    pub(crate) fn only_whole(&self) {
        self.only_whole.store(true, Ordering::Relaxed);
    }

    /// Learns a token, a password or another credential: any eight bytes of it are recognised.
    pub(crate) fn learn(&self, secret: &[u8]) {
        self.learn_slices(secret, if self.only_whole.load(Ordering::Relaxed) { secret.len() } else { SLICE });
    }

    /// Learns another value of a Secret: longer slices of it are recognised, and all of it.
    pub(crate) fn learn_data(&self, value: &[u8]) {
        let whole = self.only_whole.load(Ordering::Relaxed);
        self.learn_slices(value, if whole { value.len() } else { SLICE_OF_DATA.min(value.len()) });
    }

    /// Learns slices of this length: in clear, in base64 at each of the three alignments, and in hexadecimal.
    fn learn_slices(&self, secret: &[u8], length: usize) {
        if secret.len() < SLICE {
            return;
        }
        self.add(secret, length);
        for skipped in 0..3 {
            let mut shifted = Zeroizing::new(vec![0_u8; skipped]);
            shifted.extend_from_slice(secret);
            let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(shifted.as_slice()));
            let for_urls = Zeroizing::new(URL_SAFE_NO_PAD.encode(shifted.as_slice()));
            // The first characters hold bits of what stands before, the last of what follows: only those between are the secret's.
            let from = (skipped * 8).div_ceil(6);
            let to = shifted.len() * 8 / 6;
            for inner in [&encoded, &for_urls].into_iter().filter_map(|encoded| encoded.as_bytes().get(from..to)) {
                // As many characters as surely hold the slice's whole bytes; the shortest slice is one of eight characters too.
                self.add(inner, if length == SLICE { SLICE } else { (length * 8 / 6).min(inner.len()) });
            }
        }
        let lower = Zeroizing::new(hex::encode(secret));
        let upper = Zeroizing::new(lower.to_uppercase());
        for encoded in [&lower, &upper] {
            self.add(encoded.as_bytes(), if length == SLICE { SLICE } else { length * 2 });
        }
    }

    fn add(&self, form: &[u8], length: usize) {
        self.learned.fetch_add(1, Ordering::Relaxed);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(length).or_default().extend(form.windows(length).map(|slice| self.key.hash_one(slice)));
    }

    /// The text with every slice of a known secret, and all that looks like a token, replaced by a fixed word.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        Self::without(text, 0..text.len(), &self.find(text))
    }

    /// A range of a text with what was found in the text replaced.
    #[must_use]
    pub fn without(text: &str, range: Range<usize>, found: &[Range<usize>]) -> String {
        let mut clean = String::with_capacity(range.len());
        let mut done = range.start;
        for found in found.iter().filter(|found| found.start < range.end && found.end > range.start) {
            clean.push_str(&text[done..found.start.max(range.start)]);
            clean.push_str(MASK);
            done = found.end.min(range.end);
        }
        clean.push_str(&text[done..range.end]);
        clean
    }

    /// Counts what was learned: what was found before may not be all that is found now.
    pub(crate) fn learned(&self) -> u64 {
        self.learned.load(Ordering::Relaxed)
    }

    /// Whether nothing would be taken out of this text.
    #[must_use]
    pub fn is_clean(&self, text: &str) -> bool {
        self.find(text).is_empty()
    }

    /// The ranges to be replaced, apart from each other, on character boundaries.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        // A token that was never seen, such as the live one where the Secret can't be read, is known by its looks alone.
        let mut hits: Vec<Range<usize>> = shape::find_base64(text);
        let mut start = 0;
        loop {
            let end = text.ceil_char_boundary((start + CHUNK).min(text.len()));
            hits.extend(self.find_in(&text[start..end]).into_iter().map(|hit| hit.start + start..hit.end + start));
            if end == text.len() {
                break;
            }
            start = text.floor_char_boundary(end - OVERLAP);
        }
        hits.sort_by_key(|hit| hit.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for hit in hits {
            let end = text.ceil_char_boundary(hit.end);
            // The padding of base64 would tell the length, modulo three.
            let padding = text[end..].bytes().take_while(|byte| *byte == b'=').count();
            let hit = text.floor_char_boundary(hit.start)..end + padding;
            match merged.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => merged.push(hit),
            }
        }
        merged
    }

    /// What stands in one chunk of a text, in every way it can be read.
    fn find_in(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hits = Vec::new();
        for view in views(text) {
            if let Some(decoded) = view.decoded() {
                hits.extend(shape::find(decoded).into_iter().map(|range| view.origin(range)));
            }
            for (length, hashes) in &*known {
                let starts = view.bytes().windows(*length).enumerate();
                let found = starts.filter(|(_, window)| hashes.contains(&self.key.hash_one(window)));
                hits.extend(found.map(|(start, _)| view.origin(start..start + length)));
            }
        }
        hits
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
    fn padding_says_nothing_of_the_length() {
        for token in ["kpat_Q7wZ3mT9xL2vB8nR", "kpat_Q7wZ3mT9xL2vB8nRa", "kpat_Q7wZ3mT9xL2vB8nRab"] {
            let scrubber = Scrubber::default();
            scrubber.learn(token.as_bytes());
            assert_eq!(scrubber.scrub(&format!("x {} y", STANDARD.encode(token))), "x (sensitive) y");
        }
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
    fn other_encodings_go_too() {
        let hex = hex::encode(TOKEN.as_bytes());
        let urlencoded = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let escaped = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<String>();
        let (first, second) = TOKEN.split_at(9);
        let broken = format!("{first}\n   {second}");
        for text in [hex.as_str(), &hex.to_uppercase(), &urlencoded, &escaped, &broken] {
            let clean = scrubber().scrub(&format!("got {text} , no more"));
            assert_eq!(clean, "got (sensitive) , no more");
        }
        let url_safe = base64::engine::general_purpose::URL_SAFE.encode("??>>kpat_Q7wZ3mT9xL2vB8nR");
        assert!(!scrubber().is_clean(&url_safe));
    }

    /// A guess of a part gets no answer; the whole is still hidden, however it is written.
    #[test]
    fn where_guesses_must_get_no_answer_only_the_whole_is_recognised() {
        let scrubber = Scrubber::default();
        scrubber.only_whole();
        scrubber.learn(TOKEN.as_bytes());
        for slice in TOKEN.as_bytes().windows(SLICE).chain(TOKEN.as_bytes().windows(TOKEN.len() - 1)) {
            let guess = format!("x {} y", std::str::from_utf8(slice).expect("ASCII").trim_start_matches("kpat_"));
            assert_eq!(scrubber.scrub(&guess), guess);
        }
        for prefix in ["", "a", "ab"] {
            assert!(!scrubber.is_clean(&STANDARD.encode(format!("{prefix}{TOKEN}zz"))));
        }
        assert!(!scrubber.is_clean(TOKEN) && !scrubber.is_clean(&hex::encode(TOKEN.as_bytes())));
    }

    #[test]
    fn other_data_is_known_by_longer_slices() {
        let scrubber = Scrubber::default();
        scrubber.learn_data(b"https://api.example:6443/a-long-secret-path");
        assert_eq!(scrubber.scrub("https://kong.example"), "https://kong.example");
        assert_eq!(scrubber.scrub("x a-long-secret-path y"), "x (sensitive) y");
        scrubber.learn_data(b"kong-production");
        assert_eq!(scrubber.scrub("kong-production1 kong-productio"), "(sensitive)1 kong-productio");
        assert_eq!(scrubber.scrub(&STANDARD.encode("kong-production")), MASK);
    }
}
