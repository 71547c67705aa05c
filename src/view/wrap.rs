//! Lines that fit a terminal: broken between words, each row below the first indented. Works on what went through the door and was
//! painted, so that no secret is looked for in halves; escape sequences take no columns.

use textwrap::WordSeparator;
use textwrap::core::{Word, display_width};

/// How much further than its line a row is indented where its place is too far to the right.
const STEP: usize = 4;
/// How many columns are left for an answer: `yes`.
const ANSWER: usize = 4;

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
        // A line that ends with a blank waits for an answer, which is typed behind it.
        let width = if line.ends_with(' ') { width.saturating_sub(ANSWER) } else { width };
        if columns(line) <= width { rows.push(line.to_owned()) } else { wrap_line(&mut rows, line, hang, width) }
    }
    rows.join("\n")
}

fn wrap_line(rows: &mut Vec<String>, line: &str, hang: usize, width: usize) {
    let said = line.trim_start_matches(' ');
    let indent = line.len() - said.len();
    let below = if hang.max(indent) <= width / 2 { hang.max(indent) } else { (indent + STEP).min(width / 2) };
    let mut row = " ".repeat(indent);
    let mut blanks = "";
    for word in break_words(WordSeparator::AsciiSpace.find_words(said), width - below, width) {
        let begun = !row.trim_start().is_empty();
        if columns(&row) + blanks.len() + columns(&word) <= width {
            row.push_str(blanks);
        } else {
            let room = width.saturating_sub(columns(&word));
            let next = " ".repeat(if begun { below } else { indent }.min(room));
            let full = std::mem::replace(&mut row, next);
            rows.extend(begun.then_some(full));
        }
        row.push_str(&word);
        blanks = word.whitespace;
    }
    rows.push(row + blanks);
}

/// The words, those that are wider than the terminal in pieces of this width.
fn break_words<'l>(words: impl Iterator<Item = Word<'l>>, piece: usize, width: usize) -> impl Iterator<Item = Word<'l>> {
    words.flat_map(move |word| {
        let fits = columns(&word) <= width;
        let pieces: Vec<Word<'l>> = if fits { vec![word] } else { word.break_apart(piece).collect() };
        pieces
    })
}

/// A command to be pasted, on as many rows as it takes: a shell reads them as one. No word of it is broken, whatever the width, and a flag
/// stands beside its value where one row has room for both.
pub(super) fn command(words: &[String], indent: usize, width: Option<usize>) -> String {
    let width = width.unwrap_or(usize::MAX);
    let mut text = " ".repeat(indent);
    let mut used = indent;
    for (i, word) in words.iter().enumerate() {
        // The end of a row takes a blank and a backslash, unless it is the last word's.
        let until = |last: usize| {
            let end = if last + 1 < words.len() { 2 } else { 0 };
            words[i..=last].iter().map(|word| columns(word) + 1).sum::<usize>() - 1 + end
        };
        let has_value = word.starts_with('-') && words.get(i + 1).is_some_and(|next| !next.starts_with('-'));
        let together = if has_value && indent + STEP + until(i + 1) <= width { until(i + 1) } else { until(i) };
        if i > 0 && used + 1 + together <= width {
            text.push(' ');
            used += 1;
        } else if i > 0 {
            text.push_str(&format!(" \\\n{}", " ".repeat(indent + STEP)));
            used = indent + STEP;
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
        assert_eq!(wrap(&format!("          hint: {digest}"), 16, 40), format!("          hint:\n    {digest}"));
        assert_eq!(wrap(&format!("  a: {digest} b c"), 5, 40), format!("  a:\n    {digest}\n     b c"));
        assert_eq!(wrap(&format!("          {digest} b"), 10, 40), format!("    {digest}\n          b"));
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
        assert_eq!(wrap("one two three: ", 0, 14), "one two\nthree: ");
    }

    #[test]
    fn a_command_can_be_pasted() {
        let words = ["konnect", "apply", "a.plan", "--expect", "sha256:0123"].map(str::to_owned);
        let shown = |width| command(&words, 2, width);
        assert_eq!(shown(None), "  konnect apply a.plan --expect sha256:0123");
        assert_eq!(shown(Some(43)), "  konnect apply a.plan --expect sha256:0123");
        assert_eq!(shown(Some(42)), "  konnect apply a.plan \\\n      --expect sha256:0123");
        assert_eq!(shown(Some(26)), "  konnect apply a.plan \\\n      --expect sha256:0123", "the flag beside its value");
        assert_eq!(shown(Some(25)), "  konnect apply a.plan \\\n      --expect \\\n      sha256:0123");
        assert_eq!(shown(Some(5)).replace(" \\\n     ", ""), shown(None), "no word is broken");
    }
}
