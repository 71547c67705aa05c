//! The lines of one object's fields: sign, path, values, and whose the field is.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::{Paint, escape};
use crate::plan::{Action, Change, Field, FieldAction, FieldPath, FieldValue, Manager, Plan, Reason, Verdict};

/// Pads paths up to here, so that one very long key does not push every value off the screen.
const WIDEST: usize = 48;

pub(super) fn lines(text: &mut String, change: &Change, plan: &Plan, paint: Paint) {
    let shown: Vec<&Field> =
        change.fields.iter().filter(|field| field.action != FieldAction::None || uncompared(field)).collect();
    let width = shown.iter().map(|field| path(&field.path).chars().count()).max().unwrap_or_default().min(WIDEST);
    for field in &shown {
        let sign = match field.action {
            FieldAction::Add => paint.green("+"),
            FieldAction::Change | FieldAction::TakeOver => paint.yellow("~"),
            FieldAction::Remove => paint.red("-"),
            FieldAction::Release => paint.yellow("-"),
            FieldAction::Blocked => paint.red("!"),
            FieldAction::None => " ".to_owned(),
        };
        let path = path(&field.path);
        let value = value(field, plan);
        let owners = owners(field, change, plan.read_at);
        let _ = writeln!(text, "      {sign} {path:width$} = {value}{owners}");
        multi_line(text, field, paint);
    }
    let unchanged = change.fields.len() - shown.len();
    if unchanged > 0 && change.action != Action::Unknown {
        let noun = if unchanged == 1 { "field" } else { "fields" };
        let _ = writeln!(text, "        {}", paint.dim(&format!("# {unchanged} unchanged {noun} not shown")));
    }
}

fn uncompared(field: &Field) -> bool {
    field.value == FieldValue::Token(Verdict::NotCompared)
}

/// `labels."konghq.com/secret"`: the key in quotes, as it may hold dots.
fn path(path: &FieldPath) -> String {
    match path {
        FieldPath::Data(key) => format!("data.{}", escape(key)),
        FieldPath::Label(key) => format!("labels.\"{}\"", escape(key)),
        FieldPath::Annotation(key) => format!("annotations.\"{}\"", escape(key)),
        FieldPath::Other(path) => escape(path).into_owned(),
    }
}

fn value(field: &Field, plan: &Plan) -> String {
    let source = escape(&plan.token_source);
    match &field.value {
        FieldValue::Token(Verdict::Missing) => format!("(sensitive) from {source}"),
        FieldValue::Token(Verdict::Same) => "(sensitive)".to_owned(),
        FieldValue::Token(Verdict::Different) => format!("(sensitive) differs from {source}"),
        FieldValue::Token(Verdict::NotCompared) => format!("(sensitive) not compared: {}", escape(&plan.token_unset)),
        FieldValue::Hidden => "(sensitive)".to_owned(),
        FieldValue::Plain { before, after } if is_multi_line(before, after) => "(several lines)".to_owned(),
        FieldValue::Plain { before, after } => {
            let quoted = |value: &str| format!("\"{}\"", escape(value));
            match (before, after) {
                (Some(before), Some(after)) if before != after => format!("{} -> {}", quoted(before), quoted(after)),
                (_, Some(value)) | (Some(value), None) => quoted(value),
                (None, None) => "(none)".to_owned(),
            }
        }
    }
}

fn is_multi_line(before: &Option<String>, after: &Option<String>) -> bool {
    [before, after].into_iter().flatten().any(|value| value.contains('\n'))
}

/// An annotation of several lines, as the difference it makes.
fn multi_line(text: &mut String, field: &Field, paint: Paint) {
    let FieldValue::Plain { before, after } = &field.value else { return };
    if !is_multi_line(before, after) {
        return;
    }
    let diff = similar::TextDiff::from_lines(before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = escape(change.value().trim_end_matches('\n')).into_owned();
            let line = match change.tag() {
                similar::ChangeTag::Equal => format!("  {line}"),
                similar::ChangeTag::Insert => paint.green(&format!("+ {line}")),
                similar::ChangeTag::Delete => paint.red(&format!("- {line}")),
            };
            let _ = writeln!(text, "            {line}");
        }
    }
}

fn owners(field: &Field, change: &Change, now: Timestamp) -> String {
    let named = || field.managers.iter().map(|manager| name(manager, now)).collect::<Vec<_>>().join(" and ");
    match field.action {
        FieldAction::Add | FieldAction::Change | FieldAction::None | FieldAction::Remove => String::new(),
        FieldAction::TakeOver if field.managers.is_empty() => "; set by nobody we know, will be taken over".to_owned(),
        FieldAction::TakeOver => format!("; set by {}, will be taken over", named()),
        FieldAction::Release => format!("; no longer ours, stays with {}", named()),
        FieldAction::Blocked if change.reason != Reason::OwnedByOthers => format!("; owned by {}", named()),
        FieldAction::Blocked => {
            format!(
                "; owned by {}; to take it: --take-over {}.{}",
                named(),
                change.wanted.kind.spec_key(),
                escape(&field.path.to_string())
            )
        }
    }
}

/// `kubectl-create 3 days ago`; tools with the operation too, since `konnect (Update)` is not us.
fn name(manager: &Manager, now: Timestamp) -> String {
    let operation = if manager.operation == "Update" && manager.name.starts_with("kubectl-") {
        String::new()
    } else {
        format!(" ({})", escape(&manager.operation))
    };
    let since = manager.time.map_or_else(String::new, |time| format!(" {}", age(time, now)));
    format!("{}{operation}{since}", escape(&manager.name))
}

/// How long ago, in the largest unit that fits.
fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second());
    let (count, unit) = match seconds {
        ..0 => return "in the future, by this machine's clock".to_owned(),
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let rows =
            [(0, "0 seconds ago"), (1, "1 second ago"), (119, "1 minute ago"), (7_200, "2 hours ago"), (259_200, "3 days ago")];
        for (seconds, expected) in rows {
            assert_eq!(age(at(1_000_000), at(1_000_000 + seconds)), expected);
        }
        assert!(age(at(10), at(5)).contains("clock"));
    }
}
