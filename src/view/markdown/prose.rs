//! A text in Markdown: our own words as prose, names and values from outside as code, where nothing in them means anything.

use std::fmt::Write as _;

use super::super::Door;
use super::super::door::ShownPiece;
use crate::outside::Text;

/// The longest that one text may be, in characters.
pub(super) const MAX_TEXT: usize = 300;

/// Where in the comment a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a heading, a paragraph or a list.
    Line,
    /// In a cell of a table, where a bar ends the cell, whatever it stands in.
    Cell,
}

/// A run of characters that are shown alike.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    is_code: bool,
    text: String,
}

/// A sentence: code is what came from outside, with what of our own words is joined to it (`--take-over secret.data.token`'s path, the `$`
/// of a variable), and what our own words have between backticks.
pub(super) fn prose(text: impl Into<Text>, door: &Door, place: Place) -> String {
    let mut spans: Vec<Span> = Vec::new();
    let mut quoted = false;
    for piece in door.pieces(text.into().spelled_out()) {
        match piece {
            ShownPiece::Own(words) => {
                for (i, words) in words.split('`').enumerate() {
                    quoted ^= i > 0;
                    push(&mut spans, quoted, words);
                }
            }
            ShownPiece::Outside(text) if text.is_empty() => {}
            ShownPiece::Outside(text) => {
                let joined = if quoted { String::new() } else { take_joined(&mut spans) };
                push(&mut spans, true, &joined);
                push(&mut spans, true, &text);
            }
        }
    }
    render(&spans, place)
}

/// All of a text as code: a name, a path, a flag to copy.
pub(super) fn code(text: impl Into<Text>, door: &Door, place: Place) -> String {
    render(&[Span { is_code: true, text: door.line(text.into().spelled_out()) }], place)
}

/// The same for a place where there is HTML and no Markdown: in the title of what has to be unfolded.
pub(super) fn html(text: impl Into<Text>, door: &Door) -> String {
    let (mut shown, mut room) = (String::new(), MAX_TEXT);
    let mut cut = 0;
    for piece in door.pieces(text.into().spelled_out()) {
        let (text, is_code) = match piece {
            ShownPiece::Own(words) => (words, false),
            ShownPiece::Outside(text) => (text, true),
        };
        let part: String = text.chars().take(room).collect();
        let taken = part.chars().count();
        (room, cut) = (room - taken, cut + text.chars().count() - taken);
        if part.is_empty() {
            continue;
        }
        let part = entities(&part);
        shown.push_str(&if is_code { format!("<code>{part}</code>") } else { part });
    }
    if cut > 0 {
        let _ = write!(shown, "… ({cut} more characters)");
    }
    shown
}

/// Letters, digits and blanks as they are, all else as entities: neither a tag nor a mention.
fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => safe.push(c),
            c if c.is_alphanumeric() => safe.push(c),
            c => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
        }
    }
    safe
}

fn push(spans: &mut Vec<Span>, is_code: bool, text: &str) {
    match spans.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.is_code == is_code => last.text.push_str(text),
        _ => spans.push(Span { is_code, text: text.to_owned() }),
    }
}

/// What of our own words at the end is joined to what follows: no sentence, but a part of a name.
fn take_joined(spans: &mut Vec<Span>) -> String {
    let Some(Span { is_code: false, text }) = spans.last_mut() else { return String::new() };
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '.' | '/' | '-');
    let joined = text.split_off(text.trim_end_matches(is_part).len());
    if text.is_empty() {
        spans.pop();
    }
    joined
}

fn render(spans: &[Span], place: Place) -> String {
    let length: usize = spans.iter().map(|span| span.text.chars().count()).sum();
    let (mut text, mut room) = (String::new(), MAX_TEXT);
    for span in spans {
        let shown: String = span.text.chars().take(room).collect();
        room -= shown.chars().count();
        text.push_str(&if span.is_code { code_span(&shown, place) } else { words(&shown) });
    }
    if length > MAX_TEXT {
        let _ = write!(text, "… ({} more characters)", length - MAX_TEXT);
    }
    text
}

/// Our own words, with every sign spelled as an entity that Markdown could take for its own.
fn words(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let plain =
            !c.is_ascii_punctuation() || matches!(c, '-' | '/' | '.' | ',' | ':' | ';' | '\'' | '"' | '(' | ')' | '?' | '%');
        if plain {
            safe.push(c);
        } else {
            let _ = write!(safe, "&#{};", u32::from(c));
        }
    }
    safe
}

/// Inline code, between more backticks than stand anywhere in it: nothing in it is looked at, neither by Markdown nor for mentions.
fn code_span(text: &str, place: Place) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = if place == Place::Cell { text.replace('|', "\\u{7c}") } else { text.to_owned() };
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest + 1);
    // One blank on either side is taken off again, unless there is nothing else.
    let at_edge = |c| matches!(c, '`' | ' ');
    let is_padded = !text.trim_matches(' ').is_empty() && (text.starts_with(at_edge) || text.ends_with(at_edge));
    let blank = if is_padded { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::Outside;
    use crate::text;

    fn line(text: impl Into<Text>) -> String {
        prose(text, &Door::default(), Place::Line)
    }

    #[test]
    fn own_words_are_prose_and_names_are_code() {
        let rows = [
            (text!("it does not exist"), "it does not exist"),
            (text!("Secret {}/{}", Outside::new("kong"), Outside::new("pat")), "Secret `kong/pat`"),
            (text!("{}:{}:{}: wrong", Outside::new("a.toml"), 3_usize, 7_usize), "`a.toml`:3:7: wrong"),
            (text!("${} is not set", Outside::new("PAT")), "`$PAT` is not set"),
            (text!("changes metadata.labels.{} again", Outside::new("a/b")), "changes `metadata.labels.a/b` again"),
            (text!("unknown key `{}` in [cluster]", Outside::new("a`b")), "unknown key ``a`b`` in &#91;cluster&#93;"),
            (text!("`manage = false` leaves {} alone", Outside::new("kong")), "`manage = false` leaves `kong` alone"),
            (text!("it is \"{}\"", Outside::new("*x*")), "it is \"`*x*`\""),
            (text!("a {} b", Outside::EMPTY), "a  b"),
            (text!("took {}", Outside::new("`")), "took `` ` ``"),
            (text!("took {}", Outside::new(" a")), "took `  a `"),
            (text!("took {}", Outside::new("  ")), "took `  `"),
        ];
        for (text, expected) in rows {
            assert_eq!(line(text), expected);
        }
    }

    #[test]
    fn a_bar_in_a_cell_ends_no_cell() {
        let text = text!("it said {}", Outside::new("a\\|b | c"));
        assert_eq!(prose(&text, &Door::default(), Place::Cell), "it said `a\\\\u{7c}b \\u{7c} c`");
        assert_eq!(code(&text, &Door::default(), Place::Line), "`it said a\\|b | c`");
    }

    #[test]
    fn html_holds_no_tags_and_mentions_nobody() {
        let text = text!("{} ({}): 3 to add", Outside::new("</summary>@a`b"), Outside::new("é-1"));
        let shown = html(text, &Door::default());
        assert_eq!(shown, "<code>&#60;&#47;summary&#62;&#64;a&#96;b</code> &#40;<code>é&#45;1</code>&#41;&#58; 3 to add");
        assert!(html(text!("{}", Outside::new("x".repeat(400))), &Door::default()).ends_with("… (100 more characters)"));
    }

    #[test]
    fn what_is_cut_is_counted() {
        let long = text!("it said {}", Outside::new("x".repeat(400)));
        let shown = line(long);
        assert!(shown.ends_with("x`… (108 more characters)"), "{shown}");
        assert_eq!(shown.matches('x').count(), 292);
        assert_eq!(line(text!("{} and on", Outside::new("x".repeat(300)))).matches("more characters").count(), 1);
    }
}
