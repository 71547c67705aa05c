//! Lines that fit a terminal: broken between words, each row below the first indented. Works on what went through the door and was
//! painted, so that no secret is looked for in halves; escape sequences take no columns.

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// How much further than its line a row is indented that can't stand where it should.
const STEP: usize = 4;

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    display_width(text)
}

/// The text with no line wider than the terminal, as far as its words allow: only a word that has no room on a row of its own is broken.
/// Rows below the first of its lines that says anything are indented by `hang`, those below another line as that is.
pub(super) fn wrap(text: &str, hang: usize, width: usize) -> String {
    let mut rows = Vec::new();
    let mut hangs = Some(hang);
    for line in text.split('\n') {
        let hang = if line.is_empty() { 0 } else { hangs.take().unwrap_or_default() };
        if columns(line) <= width { rows.push(line.to_owned()) } else { wrap_line(&mut rows, line, hang, width) }
    }
    rows.join("\n")
}

fn wrap_line(rows: &mut Vec<String>, line: &str, hang: usize, width: usize) {
    let words = line.trim_start_matches(' ');
    let indent = &line[..line.len() - words.len()];
    let below = " ".repeat(indent_below(words, indent.len(), hang, width));
    let options = Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(&below)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let before = rows.len();
    // Where not even the first word fits behind a deep indent there would be a row of nothing.
    rows.extend(textwrap::wrap(words, options).into_iter().map(String::from).filter(|row| !row.trim_start().is_empty()));
    // What is typed after a question stands apart from it.
    let end = &line[line.trim_end_matches(' ').len()..];
    if let Some(last) = rows[before..].last_mut() {
        last.push_str(end);
    }
}

/// Where rows below the first begin: where they should, unless that leaves less than half of the terminal or no room for the longest word.
fn indent_below(words: &str, indent: usize, hang: usize, width: usize) -> usize {
    let longest = words.split(' ').map(columns).max().unwrap_or_default();
    let wanted = [hang.max(indent), indent + STEP, indent, 0];
    let roomy = wanted.into_iter().filter(|column| *column <= width / 2);
    let fits = |column: &usize| longest <= width - column;
    roomy.clone().find(fits).or_else(|| roomy.clone().next()).unwrap_or_default()
}

/// A command to be pasted, on as many rows as it takes: a shell reads them as one. No word of it is broken, whatever the width.
pub(super) fn command(words: &[String], indent: usize, width: Option<usize>) -> String {
    let mut text = " ".repeat(indent);
    let mut used = indent;
    for (i, word) in words.iter().enumerate() {
        // The end of a row takes a blank and a backslash, unless it is the last word's.
        let end = if i + 1 < words.len() { 2 } else { 0 };
        let fits = width.is_none_or(|width| used + 1 + columns(word) + end <= width);
        if i > 0 && fits {
            text.push(' ');
            used += 1;
        } else if i > 0 {
            text.push_str(&format!(" \\\n{}", " ".repeat(indent + 2)));
            used = indent + 2;
        }
        text.push_str(word);
        used += columns(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hang_under_the_text() {
        let line = "      ~ data.token = (sensitive) differs from the variable";
        assert_eq!(wrap(line, 21, 48), "      ~ data.token = (sensitive) differs from\n                     the variable");
        assert_eq!(wrap(line, 21, 58), line, "what fits stays");
        assert_eq!(
            wrap("error: one two three\n  four five and six", 7, 14),
            "error: one two\n       three\n  four five\n  and six"
        );
        assert_eq!(wrap("a b\n\n", 0, 40), "a b\n\n");
        assert_eq!(wrap("\none two\none two", 2, 5), "\none\n  two\none\ntwo");
    }

    #[test]
    fn a_word_that_has_room_somewhere_is_not_broken() {
        let digest = "x".repeat(36);
        assert_eq!(wrap(&format!("          hint: {digest}"), 16, 40), format!("          hint:\n{digest}"));
        assert_eq!(wrap(&format!("  a: {digest}"), 5, 40), format!("  a:\n  {digest}"));
        let long = "y".repeat(100);
        let rows = wrap(&format!("  a: {long}"), 5, 40);
        assert!(rows.lines().all(|row| row.len() <= 40), "{rows}");
        assert_eq!(rows.replace(char::is_whitespace, ""), format!("a:{long}"));
    }

    #[test]
    fn a_column_that_is_too_deep_is_not_used() {
        let rows = wrap("      + a-path-that-is-rather-long = some words that go on", 37, 40);
        assert_eq!(rows, "      + a-path-that-is-rather-long =\n          some words that go on");
    }

    #[test]
    fn colours_take_no_columns_and_wide_characters_take_two() {
        let painted = "\x1b[31mone two\x1b[0m three";
        assert_eq!((columns(painted), wrap(painted, 0, 13)), (13, painted.to_owned()));
        assert_eq!(wrap("字字字字 字字", 0, 11), "字字字字\n字字");
        assert_eq!(wrap("字字字字字字", 0, 7), "字字字\n字字字");
        assert_eq!(columns("e\u{301}"), 1);
    }

    #[test]
    fn what_is_typed_stands_apart_from_the_question() {
        assert_eq!(wrap("one two three: ", 0, 10), "one two\nthree: ");
    }

    #[test]
    fn a_command_can_be_pasted() {
        let words = ["konnect", "apply", "a.plan", "--expect", "sha256:0123"].map(str::to_owned);
        assert_eq!(command(&words, 2, None), "  konnect apply a.plan --expect sha256:0123");
        assert_eq!(command(&words, 2, Some(26)), "  konnect apply a.plan \\\n    --expect sha256:0123");
        assert_eq!(command(&words, 2, Some(24)), "  konnect apply a.plan \\\n    --expect sha256:0123");
        assert_eq!(command(&words, 2, Some(23)), "  konnect apply \\\n    a.plan --expect \\\n    sha256:0123");
        assert_eq!(command(&words[3..], 2, Some(5)), "  --expect \\\n    sha256:0123");
    }
}
