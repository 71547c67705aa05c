//! One line of the spec, fit to be shown: tokens masked, unsafe characters spelled out, cut to a width, and the place still marked.

use std::ops::Range;

use super::super::mask::{MASK, find, hidden_in_line};
use crate::escape::escape;

/// About how many columns are shown.
const WIDTH: usize = 120;
/// How many of them before the place.
const BEFORE: usize = 50;

/// A line and the place in it.
#[derive(Debug)]
pub struct Excerpt {
    /// Its number, from 1.
    pub line: usize,
    /// The column of the place in the file's own line, in characters, from 1.
    pub column: usize,
    /// The line as it may be shown.
    pub text: String,
    /// The place in `text`, in bytes.
    pub mark: Range<usize>,
}

/// A piece of the line as it is shown, and where it comes from.
struct Segment {
    from: Range<usize>,
    shown: String,
}

impl Excerpt {
    /// The line in which a span begins.
    pub(super) fn of(text: &str, span: &Range<usize>, hidden: &[Range<usize>]) -> Self {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let begin = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let content = text[begin..end].trim_end_matches('\r');
        let line = 1 + text[..begin].matches('\n').count();
        // A byte order mark is no column.
        let column = 1 + text[begin..start].chars().filter(|c| *c != '\u{feff}').count();
        let mut covered: Vec<Range<usize>> = find(content);
        covered.extend(hidden_in_line(content));
        covered.extend(
            hidden
                .iter()
                .filter(|range| range.start < end && range.end > begin)
                .map(|range| range.start.saturating_sub(begin).min(content.len())..(range.end - begin).min(content.len())),
        );
        let place = start - begin..span.end.clamp(start, end) - begin;
        let (pieces, before) = pieces(content, covered, &place);
        let (text, mark) = cut(&pieces, &place, before);
        Self { line, column, text, mark }
    }
}

/// How many bytes of a line on either side of the place are looked at: the rest of a very long one is never shown.
const NEAR: usize = 4096;

/// The pieces of the line that are near the place, and whether something stands before them.
fn pieces(content: &str, mut covered: Vec<Range<usize>>, place: &Range<usize>) -> (Vec<Segment>, bool) {
    covered.sort_by_key(|range| range.start);
    let mut pieces: Vec<Segment> = Vec::new();
    let first = content.floor_char_boundary(place.start.saturating_sub(NEAR));
    let last = content.ceil_char_boundary((place.start + NEAR).min(content.len()));
    let mut at = first;
    for range in covered {
        let range = content.floor_char_boundary(range.start)..content.ceil_char_boundary(range.end);
        if range.end <= at {
            continue;
        }
        if range.start >= last {
            break;
        }
        plain(content, at..range.start.max(at), &mut pieces);
        // Two that touch or overlap are shown as one.
        match pieces.last_mut() {
            Some(last) if last.shown == MASK && last.from.end >= range.start => last.from.end = range.end,
            _ => pieces.push(Segment { from: range.clone(), shown: MASK.to_owned() }),
        }
        at = range.end;
    }
    plain(content, at..last.max(at), &mut pieces);
    (pieces, first > 0)
}

fn plain(content: &str, range: Range<usize>, pieces: &mut Vec<Segment>) {
    for (i, c) in content[range.clone()].char_indices() {
        let from = range.start + i..range.start + i + c.len_utf8();
        let shown = match c {
            '\t' => " ".to_owned(),
            '\u{feff}' if from.start == 0 => String::new(),
            '#' if begins_a_command(content, from.start) => "\\u{23}".to_owned(),
            c => escape(c.encode_utf8(&mut [0; 4])).into_owned(),
        };
        pieces.push(Segment { from, shown });
    }
}

/// Whether this is the second sign of what a pipeline's runner takes for a command, `##word[`.
fn begins_a_command(content: &str, at: usize) -> bool {
    content[..at].ends_with('#') && content[at + 1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
}

fn cut(pieces: &[Segment], place: &Range<usize>, before: bool) -> (String, Range<usize>) {
    let first = pieces.iter().position(|piece| piece.from.end > place.start).unwrap_or(pieces.len());
    let from = first.saturating_sub(BEFORE);
    let to = (from + WIDTH).min(pieces.len());
    let mut text = String::new();
    let mut mark: Option<Range<usize>> = None;
    if from > 0 || before {
        text.push('…');
    }
    for piece in &pieces[from..to] {
        let start = text.len();
        text.push_str(&piece.shown);
        let inside = piece.from.start < place.end.max(place.start + 1) && piece.from.end > place.start;
        if inside {
            mark = Some(mark.map_or(start..text.len(), |mark| mark.start..text.len()));
        }
    }
    let end = text.len();
    if to < pieces.len() {
        text.push('…');
    }
    (text, mark.unwrap_or(end..end))
}
