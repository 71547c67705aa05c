//! A text as others may have written it: escaped, percent-encoded, broken into lines. Each view knows where in the text its bytes stand, so
//! that what is recognised in a view can be taken out of the text.

use std::ops::Range;

/// One way to read a text.
pub(super) struct Decoding {
    bytes: Vec<u8>,
    /// For each byte, where the part of the text that it stands for begins and ends.
    origins: Vec<(u32, u32)>,
    /// White space was left out of it: words that stand apart in the text touch.
    joined: bool,
}

impl Decoding {
    fn plain(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), origins: (0..).take(text.len()).map(|i| (i, i + 1)).collect(), joined: false }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The view as text, where words still stand apart in it.
    pub(super) fn decoded(&self) -> Option<&str> {
        if self.joined { None } else { std::str::from_utf8(&self.bytes).ok() }
    }

    /// The part of the text that a part of the view stands for.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let (first, last) = (self.origins.get(range.start), self.origins.get(range.end.saturating_sub(1)));
        first.map_or(0, |(start, _)| *start as usize)..last.map_or(0, |(_, end)| *end as usize)
    }

    /// Another view of the same text: `read` says, at a place, how many bytes of this one stand for which bytes of the other. `None` where
    /// the two are the same.
    fn read(&self, joined: bool, read: impl Fn(&[u8]) -> Option<(usize, Vec<u8>)>) -> Option<Self> {
        let mut other = Self { bytes: Vec::with_capacity(self.bytes.len()), origins: Vec::new(), joined: self.joined || joined };
        let (mut at, mut differs) = (0, false);
        while at < self.bytes.len() {
            let (taken, bytes) = match read(&self.bytes[at..]) {
                Some(read) => {
                    differs = true;
                    read
                }
                None => (1, vec![self.bytes[at]]),
            };
            let taken = taken.clamp(1, self.bytes.len() - at);
            let origin = (self.origins[at].0, self.origins[at + taken - 1].1);
            other.origins.extend(bytes.iter().map(|_| origin));
            other.bytes.extend(bytes);
            at += taken;
        }
        differs.then_some(other)
    }
}

/// The text as it is, with escapes undone once and twice, and each of these without white space.
pub(super) fn views(text: &str) -> Vec<Decoding> {
    let mut views = vec![Decoding::plain(text)];
    for _ in 0..2 {
        let undone = views.last().and_then(|view| view.read(false, |text| percent(text).or_else(|| backslash(text))));
        views.extend(undone);
    }
    let joined: Vec<Decoding> = views.iter().filter_map(|view| view.read(true, white_space)).collect();
    views.extend(joined);
    views
}

/// `%6b`.
fn percent(text: &[u8]) -> Option<(usize, Vec<u8>)> {
    let [b'%', high, low, ..] = text else { return None };
    Some((3, vec![16 * digit(*high)? + digit(*low)?]))
}

/// JSON's, TOML's, YAML's and Go's escapes, and our own spelling of unsafe characters, `\u{6b}`.
fn backslash(text: &[u8]) -> Option<(usize, Vec<u8>)> {
    let [b'\\', kind, rest @ ..] = text else { return None };
    let plain = |byte: u8| Some((2, vec![byte]));
    let (skipped, digits) = match kind {
        b'n' => return plain(b'\n'),
        b'r' => return plain(b'\r'),
        b't' => return plain(b'\t'),
        b'"' | b'\\' | b'/' | b'\'' => return plain(*kind),
        b'x' => (2, rest.get(..2)?),
        b'u' if rest.first() == Some(&b'{') => {
            let end = rest.iter().take(8).position(|byte| *byte == b'}')?;
            (4, rest.get(1..end)?)
        }
        b'u' => (2, rest.get(..4)?),
        b'U' => (2, rest.get(..8)?),
        _ => return None,
    };
    let code = digits.iter().try_fold(0_u32, |code, byte| Some(code.checked_mul(16)? + u32::from(digit(*byte)?)))?;
    // A character beyond the basic plane is two of JSON's escapes.
    if *kind == b'u' && (0xd800..0xdc00).contains(&code) {
        let [b'\\', b'u', low @ ..] = rest.get(4..)? else { return None };
        let low = low.get(..4)?.iter().try_fold(0_u32, |code, byte| Some(code * 16 + u32::from(digit(*byte)?)))?;
        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        let character = char::from_u32(0x10000 + ((code - 0xd800) << 10) + low)?;
        return Some((12, character.encode_utf8(&mut [0; 4]).as_bytes().to_vec()));
    }
    let character = char::from_u32(code)?;
    Some((skipped + digits.len(), character.encode_utf8(&mut [0; 4]).as_bytes().to_vec()))
}

/// A line break or another blank, or the colon between hexadecimal digits, with whatever of it follows.
fn white_space(text: &[u8]) -> Option<(usize, Vec<u8>)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b':').count();
    (length > 0).then(|| (length, Vec::new()))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str, word: &str) -> bool {
        let views = views(text);
        let found = |view: &Decoding| {
            let at = view.bytes().windows(word.len()).position(|window| window == word.as_bytes())?;
            Some(view.origin(at..at + word.len()))
        };
        views.iter().filter_map(found).any(|range| text.is_char_boundary(range.start) && !text[range].is_empty())
    }

    #[test]
    fn a_text_is_read_in_every_usual_spelling() {
        let rows = [
            "hunter22",
            "%68unter22",
            "h%75nter%32%32",
            r"\u0068unter22",
            r"h\x75nter22",
            r"h\u{75}nter22",
            "hun\n   ter22",
            r"hun\nter22",
            "hu:nt:er:22",
            "%5cu0068unter22",
        ];
        for text in rows {
            assert!(reads(&format!("é {text} ü"), "hunter22"), "{text}");
        }
        assert!(!reads("hunter 33", "hunter22"));
    }

    #[test]
    fn two_escapes_are_one_character_beyond_the_basic_plane() {
        assert!(reads(r"x p\ud83d\ude00w\ud83d\ude00x", "p\u{1f600}w\u{1f600}x"));
        assert!(!views(r"\ud83d").is_empty() && !views(r"\ud83d\u0041").is_empty());
    }

    #[test]
    fn a_place_in_a_view_is_a_place_in_the_text() {
        let text = r"é\u0061b";
        let view = views(text).pop().expect("views");
        let at = view.bytes().windows(2).position(|pair| pair == b"ab").expect("read");
        assert_eq!(&text[view.origin(at..at + 2)], r"\u0061b");
    }

    #[test]
    fn what_breaks_off_is_no_escape() {
        for text in ["%", "%6", "\\", "\\u", "\\u00", "\\u{", "\\x6", "\\U0000006"] {
            assert!(!views(text).is_empty());
        }
    }
}
