//! What a Konnect token looks like, in clear and in base64: for recognising one that was never seen.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

/// A prefix and this many characters look like a token.
const SHORTEST: usize = 8;
/// Base64 shorter than this holds no token.
const SHORTEST_BASE64: usize = 16;

/// What stands in a token's place.
pub(crate) const MASK: &str = "(token)";

/// Every range of the text that looks like a token, with whatever hangs on to it.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    let starts = text.match_indices("pat_").filter(|(i, _)| *i > 0 && matches!(bytes[i - 1], b'k' | b's')).map(|(i, _)| i - 1);
    for start in starts {
        if found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let body = &text[start + 5..];
        let length = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if length >= SHORTEST {
            // A token's alphabet is not documented: what follows without a break may be part of it.
            let end = body.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).unwrap_or(body.len());
            found.push(start..start + 5 + end);
        }
    }
    found
}

/// Every run of base64 in which a token's prefix stands, at whatever alignment.
pub(crate) fn find_base64(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for run in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))) {
        let end = start + run.len();
        if run.len() >= SHORTEST_BASE64 && (0..4).any(|offset| decodes_to_a_token(&run[offset..])) {
            found.push(start..end);
        }
        start = end + text[end..].chars().next().map_or(0, char::len_utf8);
    }
    found
}

/// Whether a text is a token in base64, and nothing else.
pub(super) fn is_base64_of_a_token(text: &str) -> bool {
    let solid = text.trim_end_matches('=');
    find_base64(solid).first() == Some(&(0..solid.len()))
}

fn decodes_to_a_token(run: &str) -> bool {
    let whole = run.len() / 4 * 4;
    let decoded = BASE64.decode(&run[..whole]).map(Zeroizing::new);
    decoded.is_ok_and(|bytes| bytes.windows(5).any(|window| window == b"kpat_" || window == b"spat_"))
}

/// The text with everything that looks like a token replaced by `(token)`.
#[must_use]
pub fn mask_tokens(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for range in find(text) {
        masked.push_str(&text[done..range.start]);
        masked.push_str(MASK);
        done = range.end;
    }
    masked.push_str(&text[done..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_at_every_alignment() {
        for prefix in ["", "a", "ab", "abc", "user:"] {
            let text = format!("é got {}, no more", BASE64.encode(format!("{prefix}kpat_0123456789")));
            let found = find_base64(&text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(text[found[0].clone()].len() >= 20);
        }
        assert!(find_base64("kubectl-client-side-apply 0123456789abcdef0123456789abcdef").is_empty());
    }
}
