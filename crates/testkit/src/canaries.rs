//! Pieces of secrets that no run may show: eight bytes in a row, raw or in base64.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Every eight bytes that must not show.
pub struct Canaries {
    slices: Vec<String>,
    /// Four bytes out of every five: whoever shows eight in a row shows one of these.
    pieces: BTreeSet<String>,
}

impl Canaries {
    /// Of these tokens, raw and in base64 at the three alignments.
    #[must_use]
    pub fn new(tokens: &[&str]) -> Self {
        let (mut slices, mut pieces) = (BTreeSet::new(), BTreeSet::new());
        for token in tokens {
            // What every token begins with says nothing of it.
            let mut secrets = vec![token[5..].to_owned()];
            for shift in 0..3 {
                let encoded = BASE64.encode(["x".repeat(shift).as_bytes(), token.as_bytes()].concat());
                let encoded = encoded.trim_end_matches('=');
                // Four characters hold three bytes: those that hold a neighbour's bits, or the prefix alone, are left out.
                secrets.push(encoded[8..encoded.len() - 2].to_owned());
            }
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            for secret in secrets {
                slices.extend(secret.as_bytes().windows(8).map(text));
                pieces.extend(secret.as_bytes().windows(4).step_by(5).map(text));
            }
        }
        Self { slices: slices.into_iter().collect(), pieces }
    }

    /// Looks for them in all that a run wrote.
    pub fn search(&self, streams: [&str; 2]) -> Result<(), String> {
        for text in streams {
            if self.pieces.iter().any(|piece| text.contains(piece))
                && let Some(slice) = self.slices.iter().find(|slice| text.contains(*slice))
            {
                return Err(format!("{slice} shows"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_are_found_raw_and_encoded_at_any_alignment() {
        let token = "kpat_scenarioWantedToken00001";
        let canaries = Canaries::new(&[token]);
        assert!(canaries.search(["…rioWante…", ""]).is_err());
        assert!(canaries.search(["…rioWant…", "kpat_"]).is_ok(), "seven are not eight");
        for before in ["", "a", "ab"] {
            let encoded = BASE64.encode(format!("{before}{token}"));
            assert!(canaries.search(["", &encoded[12..24]]).is_err(), "{encoded}");
        }
    }
}
