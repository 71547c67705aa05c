//! What is on a terminal after all that a program wrote to it, with what differs from run to run replaced by as many other characters.

use std::iter::repeat_n;

/// A terminal with room for everything.
const ROWS: u16 = 400;
/// Wider than anything that is written.
const ENDLESS: u16 = 4000;

/// The rows of a terminal this wide, as far down as there is anything.
pub fn rows(written: &str, columns: u16) -> Vec<String> {
    let mut parser = vt100::Parser::new(ROWS, columns, 0);
    parser.process(written.as_bytes());
    let mut rows: Vec<String> = parser.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

/// How many columns a line takes.
pub fn columns(line: &str) -> u16 {
    let mut parser = vt100::Parser::new(1, ENDLESS, 0);
    parser.process(line.as_bytes());
    parser.screen().cursor_position().1
}

/// How many columns each line takes that ends with a line break of its own.
pub fn widths(written: &str) -> Vec<(u16, String)> {
    let width = |line: &str| (columns(line), line.to_owned());
    written.split("\r\n").map(width).collect()
}

/// UIDs, digests, times of day and durations, each replaced by one of the same length.
pub fn same_each_time(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = PATTERNS.iter().find_map(|pattern| Some((pattern, matched(rest, pattern)?)));
        match found {
            Some((pattern, len)) => {
                shown.push_str(pattern.shown);
                rest = &rest[len..];
            }
            None => {
                shown.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    shown
}

struct Pattern {
    /// `h` is a hexadecimal digit, `d` a decimal one, all else itself.
    form: &'static str,
    shown: &'static str,
}

const PATTERNS: [Pattern; 4] = [
    Pattern { form: "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh", shown: "00000000-1111-2222-3333-444444444444" },
    Pattern {
        form: "sha256:hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
        shown: "sha256:0000000011111111222222223333333344444444555555556666666677777777",
    },
    Pattern { form: "dddd-dd-ddTdd:dd:ddZ", shown: "2026-01-02T03:04:05Z" },
    Pattern { form: " d.ds", shown: " 0.0s" },
];

fn matched(text: &str, pattern: &Pattern) -> Option<usize> {
    let of = |(form, c): (char, char)| match form {
        // The `h` and `d` of a word of ours would be one too; none of the forms has such a word.
        'h' if c != 'h' => c.is_ascii_hexdigit(),
        'd' if c != 'd' => c.is_ascii_digit(),
        literal => c == literal,
    };
    let len = pattern.form.len();
    let candidate = text.get(..len)?;
    pattern.form.chars().zip(candidate.chars()).all(of).then_some(len)
}

/// The text without white space, and without the backslash that continues a command.
pub fn squeezed(text: &str) -> String {
    text.replace(" \\\n", "\n").chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn what_is_replaced_keeps_its_length() {
    for Pattern { form, shown } in &PATTERNS {
        assert_eq!(form.len(), shown.len());
        assert_eq!(same_each_time(shown), *shown);
    }
    let text = "uid 3f0c2c9e-5a41-4d0c-9a53-0d8c1a2f7b11, after 1.5s";
    assert_eq!(same_each_time(text), "uid 00000000-1111-2222-3333-444444444444, after 0.0s");
    assert_eq!(rows("a\u{1b}[31mb\r\nc", 1), repeat_n("a", 1).chain(["b", "c"]).collect::<Vec<_>>());
}
