//! What looks like a token, and where it stands, so that no quoted line shows it.

use std::ops::Range;

pub(super) use crate::pat::shape::{MASK, find, mask_tokens};

/// Whether the text holds what looks like a token.
pub(crate) fn looks_like_token(text: &str) -> bool {
    !find(text).is_empty()
}

/// What of a line must not be shown, though it does not look like a token itself: the value of a key that holds one, or what hides one
/// behind escapes, in a line that could not be parsed too.
pub(super) fn hidden_in_line(line: &str) -> Option<Range<usize>> {
    let unescaped = unescape(line);
    if unescaped != line && find(&unescaped).len() > find(line).len() {
        return Some(0..line.len());
    }
    let (key, value) = line.split_once('=')?;
    let name: String = key.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let name = name.rsplit('.').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    let start = line.len() - value.len();
    let secret = names_a_token(name) || (name == "pat_env" && !is_plain_name(value));
    (secret && !value.trim().is_empty()).then(|| start + (value.len() - value.trim_start().len())..start + value.trim_end().len())
}

/// Whether a key says that its value is a token.
pub(super) fn names_a_token(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key == "pat"
        || key == "kpat"
        || key == "spat"
        || ["token", "password", "personal_access", "api_key"].iter().any(|word| key.contains(word))
}

/// `"PAT"`, `"$PAT"` or `"${PAT}"`, perhaps with a comment behind: what may be shown of `pat_env`.
fn is_plain_name(value: &str) -> bool {
    let value = value.trim();
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    match value[1..].split_once(quote) {
        Some((name, rest)) => {
            (bare_variable(name).is_some() || is_a_word(name)) && (rest.trim().is_empty() || rest.trim_start().starts_with('#'))
        }
        None => false,
    }
}

/// The variable's name in `PAT`, `$PAT` and `${PAT}`.
pub(super) fn bare_variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).or_else(|| text.strip_prefix('$')).unwrap_or(text);
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // No variable is named so, and a token without an underscore might be.
    (sound && name.len() <= 64 && !looks_like_token(name)).then_some(name)
}

/// `my-pat`: so short, and without capitals and digits, that it is a name and no token.
pub(super) fn is_a_word(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_'))
}

/// Whether it is the name of a variable.
pub(crate) fn variable(name: &str) -> bool {
    bare_variable(name) == Some(name)
}

/// TOML's escapes resolved, as far as they can spell a letter.
fn unescape(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(i) = rest.find('\\') {
        text.push_str(&rest[..i]);
        rest = &rest[i + 1..];
        let digits = match rest.chars().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => {
                text.push('\\');
                continue;
            }
        };
        match rest.get(1..=digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32) {
            Some(c) => {
                text.push(c);
                rest = &rest[digits + 1..];
            }
            None => text.push('\\'),
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_masked_whole() {
        assert_eq!(mask_tokens("a kpat_12345678.rest b"), "a (token) b");
        assert_eq!(mask_tokens("'spat_abcd-EFGH_1'"), "'(token)'");
        assert_eq!(mask_tokens("kpat_1234567 is too short"), "kpat_1234567 is too short");
        assert_eq!(mask_tokens("kpat_kpat_12345678é"), "(token)");
        assert_eq!(mask_tokens("pat_123456789"), "pat_123456789");
    }

    #[test]
    fn lines_that_hide_a_token() {
        let hidden = |line: &str| hidden_in_line(line).map(|range| line[range].to_owned());
        assert_eq!(hidden("pat = \"eyJ\"  ").as_deref(), Some("\"eyJ\""));
        assert_eq!(hidden("secret.token = 'x").as_deref(), Some("'x"));
        assert_eq!(hidden("pat_env = \"PAT\" # why"), None);
        assert_eq!(hidden("pat_env = \"$PAT\""), None);
        assert_eq!(hidden("pat_env = \"my-pat\""), None);
        assert_eq!(hidden("pat_env = \"ey.J-x\"").as_deref(), Some("\"ey.J-x\""));
        assert_eq!(hidden("pat_env = \"PAT").as_deref(), Some("\"PAT"));
        assert!(hidden("name = \"\\u006bpat_12345678\"").is_some());
        assert!(hidden("name = \"\\x6bpat_12345678").is_some());
        assert_eq!(hidden("name = \"\\u00e9\""), None);
    }
}
