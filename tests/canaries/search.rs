//! Finds eight bytes in a row of any canary in a text: as they are, in base64 at three alignments, in hexadecimal, URL- and JSON-escaped,
//! and across line breaks. The text is unfolded instead of the canary folded: so every mixture of the ways is found too.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::secret::TEXTS;

/// A slice that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Of which canary.
    pub canary: &'static str,
    /// The slice, and a little around it.
    pub excerpt: String,
}

/// What is looked for: the first eight bytes, and what must follow them.
struct Slices {
    /// One bit for each hash of first eight bytes: nearly all of a text is passed over by this alone.
    filter: Vec<bool>,
    known: BTreeMap<u64, Vec<(usize, Vec<u8>)>>,
}

const FILTER: u32 = 16;

fn hash(eight: u64) -> usize {
    usize::try_from(eight.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER)).expect("sixteen bits")
}

fn eight(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

impl Slices {
    fn all() -> &'static Self {
        static ALL: OnceLock<Slices> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut slices = Self { filter: vec![false; 1 << FILTER], known: BTreeMap::new() };
            for (canary, text) in TEXTS.iter().enumerate() {
                slices.learn(canary, text.as_bytes(), 8, 1);
                for skipped in 0..3 {
                    let shifted = [&b"xx"[..skipped], text.as_bytes()].concat();
                    // The first and last characters hold bits of the neighbours.
                    let (from, to) = ((skipped * 8).div_ceil(6), shifted.len() * 8 / 6);
                    slices.learn(canary, &STANDARD_NO_PAD.encode(&shifted).as_bytes()[from..to], 8, 1);
                    slices.learn(canary, &URL_SAFE_NO_PAD.encode(&shifted).as_bytes()[from..to], 8, 1);
                }
                let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                slices.learn(canary, hex.as_bytes(), 16, 2);
                slices.learn(canary, hex.to_uppercase().as_bytes(), 16, 2);
            }
            slices
        })
    }

    fn learn(&mut self, canary: usize, text: &[u8], length: usize, step: usize) {
        for slice in text.windows(length).step_by(step) {
            let first = eight(&slice[..8]);
            self.filter[hash(first)] = true;
            self.known.entry(first).or_default().push((canary, slice[8..].to_vec()));
        }
    }

    /// The canaries in a text, each once, with the place.
    fn find(&self, text: &str) -> BTreeMap<usize, usize> {
        let bytes = text.as_bytes();
        let mut found = BTreeMap::new();
        for (at, window) in bytes.windows(8).enumerate() {
            let first = eight(window);
            if !self.filter[hash(first)] {
                continue;
            }
            for (canary, rest) in self.known.get(&first).into_iter().flatten() {
                if bytes[at + 8..].starts_with(rest) {
                    found.entry(*canary).or_insert(at);
                }
            }
        }
        found
    }
}

/// Every canary of which a slice shows.
pub fn search(text: &str) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for view in views(text) {
        for (canary, at) in Slices::all().find(&view) {
            if !hits.iter().any(|hit| hit.canary == TEXTS[canary]) {
                let (from, to) =
                    (view.floor_char_boundary(at.saturating_sub(60)), view.ceil_char_boundary((at + 40).min(view.len())));
                hits.push(Hit { canary: TEXTS[canary], excerpt: view[from..to].to_owned() });
            }
        }
    }
    hits
}

/// The text, and what it is to whoever undoes escapes and line breaks.
fn views(text: &str) -> Vec<String> {
    let plain = without_colour(text);
    let markup = without_entities(&plain);
    let json = unescaped(&markup);
    let twice = unescaped(&json);
    let url = unquoted(&json);
    let joined = [without_white_space(&plain), without_white_space(&url)];
    let mut views: Vec<String> = Vec::new();
    for view in [plain, markup, json, twice, url].into_iter().chain(joined) {
        if !views.contains(&view) {
            views.push(view);
        }
    }
    views
}

fn without_white_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// As a browser shows what was escaped for markdown.
fn without_entities(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let shown = part.split_once(';').and_then(|(name, rest)| {
            let c = match name {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
            };
            Some((c, rest))
        });
        match shown {
            Some((c, rest)) => (plain.push(c), plain.push_str(rest)).1,
            None => (plain.push('&'), plain.push_str(part)).1,
        }
    }
    plain
}

fn without_colour(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

/// JSON's escapes resolved.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = |digits: Option<&str>| digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        let (c, length) = match rest.chars().next() {
            Some('n') => (Some('\n'), 1),
            Some('r') => (Some('\r'), 1),
            Some('t') => (Some('\t'), 1),
            Some(c @ ('"' | '\\' | '/' | '\'')) => (Some(c), 1),
            // Rust's way.
            Some('u') if rest[1..].starts_with('{') => {
                let end = rest.find('}').unwrap_or(2);
                (code(rest.get(2..end)), end + 1)
            }
            Some('u') => (code(rest.get(1..5)), 5),
            Some('x') => (code(rest.get(1..3)), 3),
            _ => (None, 0),
        };
        plain.push(c.unwrap_or('\\'));
        rest = &rest[if c.is_some() { length } else { 0 }..];
    }
    plain + rest
}

/// A URL's escapes resolved.
fn unquoted(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (plain.push(byte), at += 3).1,
            None => (plain.push(bytes[at]), at += 1).1,
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::form::FORMS;
    use super::*;
    use testkit::Rng;

    /// The search itself must find every form, however it is quoted on the way.
    #[test]
    fn every_form_is_found() {
        let mut rng = Rng::new(1);
        for secret in TEXTS {
            for form in FORMS.iter().cycle().take(20 * FORMS.len()) {
                let text = form.write(secret, &mut rng);
                let markdown = text.replace('&', "&amp;").replace('"', "&quot;").replace('+', "&#43;");
                for shown in [format!("a {text} b"), serde_json::json!({ "message": text }).to_string(), markdown] {
                    let found = search(&shown);
                    assert!(found.iter().any(|hit| hit.canary == secret), "{form:?} of {secret} in {shown}");
                }
            }
        }
        assert_eq!(search("Secret kong/konnect-pat will be updated in place: sha256:0123456789abcdef"), []);
    }
}
