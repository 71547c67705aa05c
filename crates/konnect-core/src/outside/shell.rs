//! A text from outside as one word of a POSIX shell: whoever pastes a hint runs what it says and nothing else.

use std::sync::Arc;

use super::{Outside, Text};

impl Outside {
    /// One word of a shell, in single quotes where it needs them. The parts still know the whole, so a secret in it stays masked.
    #[must_use]
    pub fn shell_word(&self) -> Text {
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '%' | '+' | '=' | ',');
        if !self.is_empty() && self.expose().chars().all(is_plain) {
            return self.into();
        }
        let whole: Arc<str> = self.expose().into();
        let mut word = Text::from("'");
        let mut from = 0;
        for (quote, _) in self.expose().match_indices('\'') {
            word.push(Text::part(&whole, from..quote));
            word.push("'\\''");
            from = quote + 1;
        }
        word.push(Text::part(&whole, from..whole.len()));
        word.push("'");
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word() {
        let rows = [
            ("envs/prod.toml", "envs/prod.toml"),
            ("User:alice@example.com", "User:alice@example.com"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(reboot)", "'$(reboot)'"),
            ("~/x", "'~/x'"),
            ("it's", "'it'\\''s'"),
            ("'; rm -rf /; '", "''\\''; rm -rf /; '\\'''"),
            ("ünï", "'ünï'"),
        ];
        for (text, expected) in rows {
            assert_eq!(Outside::from(text).shell_word().plain(), expected);
        }
    }
}
