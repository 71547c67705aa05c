//! One word of a command line that somebody pastes into a shell.

use std::borrow::Cow;

use crate::escape::{guard_words, is_unsafe};

/// The word as sh, bash and zsh read it back. Nothing of it can end the word, run, or steer a terminal or a pipeline's runner: what can't be
/// shown as it is stands in bash's `$'…'`.
#[must_use]
pub fn quote(word: &str) -> Cow<'_, str> {
    if is_plain(word) {
        return Cow::Borrowed(word);
    }
    if word.chars().any(is_unsafe) || guard_words(word, "") != word {
        return Cow::Owned(format!("$'{}'", word.chars().map(spelled).collect::<String>()));
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// Whether no shell takes anything in it for its own. One that begins with `::` would be a runner's command at the beginning of a line, and
/// zsh looks for the program that `=` stands before.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+' | '=' | ',');
    !word.is_empty() && word.chars().all(plain) && !word.starts_with("::") && !word.starts_with('=')
}

/// A character inside `$'…'`.
fn spelled(c: char) -> String {
    match u32::from(c) {
        _ if matches!(c, '\'' | '\\') => format!("\\{c}"),
        code @ ..0x80 if c == '#' || is_unsafe(c) => format!("\\x{code:02x}"),
        code @ 0x1_0000.. if is_unsafe(c) => format!("\\U{code:08x}"),
        code if is_unsafe(c) => format!("\\u{code:04x}"),
        _ => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        let rows = [
            ("envs/prod.toml", "envs/prod.toml"),
            ("system:serviceaccount:ci:bot", "system:serviceaccount:ci:bot"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(reboot)", "'$(reboot)'"),
            ("~root", "'~root'"),
            ("=ls", "'=ls'"),
            ("a;b|c&d>e", "'a;b|c&d>e'"),
            ("it's", r"'it'\''s'"),
            ("'; rm -rf /; '", r"''\''; rm -rf /; '\'''"),
            ("team=a", "team=a"),
            ("::add-mask::x", "'::add-mask::x'"),
            ("prod-é", "'prod-é'"),
            ("a\nb\tc\x1b[2J", r"$'a\x0ab\x09c\x1b[2J'"),
            ("it's\n\\", r"$'it\'s\x0a\\'"),
            ("\u{9b}\u{202e}\u{e0041}", r"$'\u009b\u202e\U000e0041'"),
            ("##[error]x", r"$'\x23\x23[error]x'"),
        ];
        for (word, expected) in rows {
            assert_eq!(quote(word), expected);
        }
    }
}
