//! Makes text from elsewhere safe to show: nothing in it can move the cursor, reorder the line, or hide.

use std::borrow::Cow;

/// The text with every control, bidirectional and invisible format character spelled out, so that a terminal shows all of it and obeys
/// none of it. A newline becomes `\n`.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            c if is_unsafe(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// As `escape`, but line breaks stay, and what follows one is indented: for our own messages that hold words of a server.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n  ")
}

/// Whether a character controls how others are shown, or is itself not shown.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_spelled_out() {
        assert_eq!(escape("plain é 字"), "plain é 字");
        assert_eq!(escape("a\x1b[2Jb\r\nc\t"), "a\\u{1b}[2Jb\\u{d}\\nc\\t");
        for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{9b}', '\u{e0041}', '\u{7f}', '\u{2028}'] {
            let shown = escape(&format!("x{c}y")).into_owned();
            assert!(!shown.contains(c) && shown.starts_with("x\\u{"), "{shown}");
        }
    }

    #[test]
    fn our_own_line_breaks_stay() {
        assert_eq!(escape_lines("a\n- b\x07"), "a\n  - b\\u{7}");
    }
}
