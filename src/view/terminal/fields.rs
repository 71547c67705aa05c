//! The lines of one object's fields: sign, path, values, and whose the field is.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::Paint;
use super::{Line, Mark, Sign};
use crate::escape::escape;
use crate::outside::{Outside, Piece, Text};
use crate::plan::{Action, Change, Field, FieldAction, FieldValue, Manager, Plan, Reason};
use crate::shell::quote;
use crate::text;
use crate::token::Verdict;

/// Pads paths up to here, so that one very long key does not push every value off the screen.
const WIDEST: usize = 48;
/// What stands before a remark about a field: it begins left of whatever an annotation of several lines may hold.
const REMARK: &str = "          ";

/// The fields that have a line.
pub(super) fn shown(change: &Change) -> Vec<&Field> {
    change.fields.iter().filter(|field| field.action != FieldAction::None || uncompared(field)).collect()
}

pub(super) fn lines(lines: &mut Vec<Line>, change: &Change, plan: &Plan, paint: Paint) {
    let shown = shown(change);
    let widest = shown.iter().map(|field| width(&field.path.short())).max().unwrap_or_default().min(WIDEST);
    for field in &shown {
        let mark = Mark::of_field(field.action);
        let (sign, drawn) = mark.map_or((Sign::None, " ".into()), |mark| (mark.sign(), mark.drawn(paint)));
        let path = field.path.short();
        let padding = Text::repeat(" ", widest.saturating_sub(width(&path)));
        let path = text!("      {} {}{} = ", drawn, path, padding);
        lines.push(Line::new(sign, text!("{}{}", path, value(field, plan))).under(path));
        lines.extend(remarks(field, change, plan.read_at, paint).into_iter().map(|remark| Line { sign, ..remark }));
        multi_line(lines, field, paint);
    }
    let unchanged = change.fields.len() - shown.len();
    if unchanged > 0 && change.action != Action::Unknown {
        let noun = if unchanged == 1 { "field" } else { "fields" };
        lines.push(Line::plain(text!("        {}", paint.dim(text!("# {} unchanged {} not shown", unchanged, noun)))));
    }
}

/// How many columns it takes, as long as nothing in it is masked.
fn width(text: &Text) -> usize {
    let columns = |piece: &Piece| match piece {
        Piece::Own(words) => words.chars().count(),
        Piece::Outside(outside) => escape(outside.expose()).chars().count(),
        Piece::Part(part) => escape(&part.text()[part.range()]).chars().count(),
        Piece::ShellWord(word) => quote(word.expose()).chars().count(),
        Piece::Command(words) => words.iter().map(|word| width(word) + 1).sum::<usize>().saturating_sub(1),
    };
    text.pieces().iter().map(columns).sum()
}

fn uncompared(field: &Field) -> bool {
    field.value == FieldValue::Token(Verdict::NotCompared)
}

fn value(field: &Field, plan: &Plan) -> Text {
    let source = &plan.token_source;
    match &field.value {
        FieldValue::Token(Verdict::Missing) if !plan.token_is_given => {
            text!("(sensitive) {}, not compared", plan.token_unset)
        }
        FieldValue::Token(Verdict::Missing) => text!("(sensitive) from {}", source),
        FieldValue::Token(Verdict::Empty) => "(sensitive) is empty in the cluster".into(),
        FieldValue::Token(Verdict::Same) => "(sensitive)".into(),
        FieldValue::Token(Verdict::Different) => text!("(sensitive) differs from {}", source),
        FieldValue::Token(Verdict::NotCompared) => text!("(sensitive) not compared: {}", plan.token_unset),
        FieldValue::Hidden => "(sensitive)".into(),
        FieldValue::Plain { before, after } if is_multi_line(before, after) => "(several lines)".into(),
        FieldValue::Plain { before, after } => match (before, after) {
            (Some(before), Some(after)) if before != after => text!("\"{}\" -> \"{}\"", before, after),
            (_, Some(value)) | (Some(value), None) => text!("\"{}\"", value),
            (None, None) => "(none)".into(),
        },
    }
}

fn is_multi_line(before: &Option<Outside>, after: &Option<Outside>) -> bool {
    [before, after].into_iter().flatten().any(|value| value.expose().contains('\n'))
}

/// An annotation of several lines, as the difference it makes.
fn multi_line(lines: &mut Vec<Line>, field: &Field, paint: Paint) {
    let FieldValue::Plain { before, after } = &field.value else { return };
    if !is_multi_line(before, after) {
        return;
    }
    let ends = |value: &Option<Outside>| value.as_ref().map(|value| value.expose().ends_with('\n'));
    let end_moves = matches!((ends(before), ends(after)), (Some(before), Some(after)) if before != after);
    let text = |value: &'_ Option<Outside>| value.as_ref().map(|value| value.expose().to_owned()).unwrap_or_default();
    let (before, after) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(before.as_str(), after.as_str());
    let (whole_before, whole_after) = (Arc::from(before.as_str()), Arc::from(after.as_str()));
    let (starts_before, starts_after) = (starts(diff.iter_old_slices()), starts(diff.iter_new_slices()));
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let of_before = change.tag() == similar::ChangeTag::Delete;
            let (whole, starts) = if of_before { (&whole_before, &starts_before) } else { (&whole_after, &starts_after) };
            let index = if of_before { change.old_index() } else { change.new_index() };
            let start = index.and_then(|index| starts.get(index)).copied().unwrap_or_default();
            let line = Text::part(whole, start..start + change.value().trim_end_matches('\n').len());
            let (sign, line) = match change.tag() {
                similar::ChangeTag::Equal => (Sign::None, text!("  {}", line)),
                similar::ChangeTag::Insert => (Sign::Add, paint.green(text!("+ {}", line))),
                similar::ChangeTag::Delete => (Sign::Remove, paint.red(text!("- {}", line))),
            };
            lines.push(Line::new(sign, text!("            {}", line)).under("              "));
            if end_moves && change.missing_newline() {
                // In the column of the signs, where no text of theirs can stand.
                lines.push(Line::plain(text!("            {}", paint.dim("\\ no line break at the end"))));
            }
        }
    }
}

/// Where each of the diff's lines begins in its text.
fn starts<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<usize> {
    lines.scan(0, |next, line| Some(std::mem::replace(next, *next + line.len()))).collect()
}

/// Whose the field is, and what to do about that: each on a line of its own.
fn remarks(field: &Field, change: &Change, now: Timestamp, paint: Paint) -> Vec<Line> {
    let named = || owner_names(field, now);
    match field.action {
        FieldAction::Add | FieldAction::Change | FieldAction::None | FieldAction::Remove => Vec::new(),
        FieldAction::TakeOver => {
            let by = if field.managers.is_empty() { "an unknown manager".into() } else { named() };
            // What apply refuses is not promised.
            let would = if change.is_written() { "will" } else { "would" };
            vec![remark(text!("set by {}; {} be taken over", by, would))]
        }
        FieldAction::Release => vec![remark(text!("no longer ours; stays with {}", named()))],
        FieldAction::Blocked if change.reason != Reason::OwnedByOthers => vec![remark(text!("owned by {}", named()))],
        FieldAction::Blocked => {
            let flag = text!("{}.{}", change.wanted.object.resource.spec_key, field.path.dotted());
            let hint = text!("{} --take-over {} takes it", paint.bold("hint:"), Text::shell_word(flag));
            vec![remark(text!("owned by {}", named())), remark(hint).under(text!("{}hint: ", REMARK))]
        }
    }
}

/// A line under its field.
fn remark(text: impl Into<Text>) -> Line {
    Line::plain(text!("{}{}", REMARK, text.into()))
}

/// Its owners but us, each with how long ago it last wrote.
pub(in crate::view) fn owner_names(field: &Field, now: Timestamp) -> Text {
    Text::join(field.managers.iter().map(|manager| name(manager, now)), " and ")
}

/// `kubectl-create 3 days ago`; tools with the operation too, since `konnect (Update)` is not us.
fn name(manager: &Manager, now: Timestamp) -> Text {
    let by_hand = manager.operation == "Update" && manager.name.expose().starts_with("kubectl-");
    let operation = if by_hand { Text::default() } else { text!(" ({})", manager.operation) };
    let since = manager.time.map_or_else(Text::default, |time| text!(" {}", age(time, now)));
    let through = manager.through.map_or_else(Text::default, |name| text!(" through {}", name));
    text!("{}{}{}{}", manager.name, operation, through, since)
}

/// How long ago, in the largest unit that fits.
fn age(then: Timestamp, now: Timestamp) -> Text {
    let seconds = now.as_second().saturating_sub(then.as_second());
    let (count, unit) = match seconds {
        ..0 => return "in the future, by this machine's clock".into(),
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    text!("{} {}{} ago", count, unit, if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A secret that is broken into lines, each shorter than what is recognised alone.
    #[test]
    fn a_secret_in_short_lines_is_masked_in_each() {
        use crate::view::{Door, Paint};
        let door = Door::default();
        door.secrets().learn(b"hunter2-hunter3-hunter4");
        let after = Outside::from("first\r\nhunt\ner2-\nhunt\ner3-\nhunter4\nlast\n");
        let value = FieldValue::Plain { before: Some("first\n".into()), after: Some(after) };
        let path = crate::field_path::FieldPath::of(&["metadata", "annotations", "a"]);
        let field = Field { path, action: FieldAction::Change, sensitive: false, value, managers: Vec::new() };
        let mut lines = Vec::new();
        multi_line(&mut lines, &field, Paint { color: false });
        let shown: Vec<String> = lines.iter().map(|line| door.line(&line.text)).collect();
        let text = shown.join("\n");
        assert!(!text.contains("hunt") && !text.contains("er3-") && text.contains("+ last"), "{text}");
        assert_eq!(text.matches("(sensitive)").count(), 5, "{text}");
    }

    #[test]
    fn ages() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let rows =
            [(0, "0 seconds ago"), (1, "1 second ago"), (119, "1 minute ago"), (7_200, "2 hours ago"), (259_200, "3 days ago")];
        for (seconds, expected) in rows {
            assert_eq!(age(at(1_000_000), at(1_000_000 + seconds)).own_words(), expected);
        }
        assert!(age(at(10), at(5)).says("clock"));
    }
}
