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

/// The line with nothing at its beginning that a pipeline's runner takes for a command (`::name::`), nor one further on (`##[name]`,
/// `##vso[…]`). GitHub's runner trims white space first.
#[must_use]
pub fn guard_line(line: &str) -> String {
    let body = line.trim_start();
    let guarded = match body.strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..line.len() - body.len()]),
        None => line.to_owned(),
    };
    guard_words(&guarded, "\\u{23}").into_owned()
}

/// The text with the second sign of each `##word[` spelled otherwise.
#[must_use]
pub fn guard_words<'t>(text: &'t str, spelled: &str) -> Cow<'t, str> {
    if !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        let after = &rest[at + 2..];
        let word = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let begins = after[word..].starts_with('[');
        safe.push_str(&rest[..=at]);
        safe.push_str(if begins { spelled } else { "" });
        rest = if begins { after } else { &rest[at + 1..] };
    }
    safe.push_str(rest);
    Cow::Owned(safe)
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
    fn a_runner_s_words_are_spelled_out() {
        let rows = [
            ("::add-mask::x", "\\u{3a}:add-mask::x"),
            ("\u{3000} ::x", "\u{3000} \\u{3a}:x"),
            ("a ::b", "a ::b"),
            (":8080", ":8080"),
            ("x ##[error]y", "x #\\u{23}[error]y"),
            ("##vso[task]", "#\\u{23}vso[task]"),
            ("###[x]", "##\\u{23}[x]"),
            ("## Heading [x]", "## Heading [x]"),
        ];
        for (line, expected) in rows {
            assert_eq!(guard_line(line), expected);
        }
    }
}
