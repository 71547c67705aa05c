//! clap's errors in konnect's words and layout: what is wrong in one line, the hint right below it, and nothing after it.

use super::wrap::{columns, wrap};

/// What clap says of a wrong command line, as konnect says it. What was typed holds no line break and no escape any more, so that it can't be
/// taken for a part of the layout.
pub(super) fn in_our_words(said: &str) -> String {
    let said = said
        .replace("\n  tip: ", "\n  hint: ")
        .replace("tip:\u{1b}", "hint:\u{1b}")
        .replacen("unrecognized subcommand '", "unknown command '", 1)
        .replacen("a similar argument exists: ", "did you mean ", 1);
    let said = unknown_flag(said);
    if !said.contains("hint:") {
        return said;
    }
    let said = said.rsplit_once("\n\nFor more information, try ").map_or(said.as_str(), |(said, _)| said);
    let mut lines = said.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        // A hint follows what it is about.
        if line.is_empty() && lines.peek().is_some_and(|next| next.trim_start().starts_with(['h', '\u{1b}'])) {
            continue;
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The lines, none wider than the terminal; further rows stand under what follows `error: ` or `hint: `.
pub(super) fn fitting(said: &str, width: usize) -> String {
    let row = |line: &str| {
        // Colours take no columns.
        let label = ["error:", "hint:"].into_iter().find_map(|label| line.find(label).map(|at| &line[..at + label.len()]));
        let hang = label.filter(|label| columns(label) < 10).map_or(0, |label| columns(label) + 1);
        wrap(line, hang, width)
    };
    said.split('\n').map(row).collect::<Vec<_>>().join("\n")
}

/// A flag that is not there, in the words of a command that is not there.
fn unknown_flag(said: String) -> String {
    const FOUND: &str = "' found";
    let Some((before, rest)) = said.split_once("unexpected argument '") else { return said };
    // Behind its colour, if it has one.
    let typed = rest.strip_prefix('\u{1b}').and_then(|rest| rest.split_once('m')).map_or(rest, |(_, typed)| typed);
    let is_flag = typed.starts_with('-');
    let line_end = rest.find('\n').unwrap_or(rest.len());
    match rest[..line_end].rfind(FOUND) {
        Some(at) if is_flag => format!("{before}unknown flag '{}'{}", &rest[..at], &rest[at + FOUND.len()..]),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_follows_what_it_is_about_and_ends_it() {
        let plain = "error: unrecognized subcommand 'x'\n\n  tip: do y\n\nFor more information, try '--help'.\n";
        assert_eq!(in_our_words(plain), "error: unknown command 'x'\n  hint: do y\n");
        let two = "error: bad 'x'\n\n  hint: do y\n\n  tip: and z\n\nFor more information, try '--help'.\n";
        assert_eq!(in_our_words(two), "error: bad 'x'\n  hint: do y\n  hint: and z\n");
        let styled = "error: bad\n\n  \u{1b}[32mtip:\u{1b}[0m do y\n\nFor more information, try '--help'.\n";
        assert_eq!(in_our_words(styled), "error: bad\n  \u{1b}[32mhint:\u{1b}[0m do y\n");
        let flag = "error: unexpected argument '\u{1b}[33m-x\u{1b}[0m' found\n\n  tip: do y\n";
        assert_eq!(in_our_words(flag), "error: unknown flag '\u{1b}[33m-x\u{1b}[0m'\n  hint: do y\n");
        assert!(in_our_words("error: unexpected argument 'a-b' found\n").contains("argument 'a-b' found"));
        let narrow = fitting("\u{1b}[31merror:\u{1b}[0m one two three\n  hint: four five six seven\n", 16);
        assert_eq!(narrow, "\u{1b}[31merror:\u{1b}[0m one two\n       three\n  hint: four\n        five six\n        seven\n");
        let none = "error: bad\n\nUsage: konnect\n\nFor more information, try '--help'.\n";
        assert_eq!(in_our_words(none), none);
    }
}
