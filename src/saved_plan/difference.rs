//! What moved between a plan and now, as a difference that people can read.

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use crate::outside::Text;
use crate::plan::{Change, Field, FieldValue, Manager, Plan, Seen};
use crate::render::terminal;
use crate::text;

/// The difference of one object, plan time → now.
pub(super) fn of(planned: &Change, now: &Change, plan: &Plan) -> Text {
    let mark = |change: &Change| change.seen.as_ref().and_then(|seen| seen.token_mark.clone());
    let live_token = match (mark(planned), mark(now)) {
        (planned, now) if planned == now => "as when the plan was made",
        (None, Some(now)) if !now.strong => "too easily guessed for the plan to tell whether it is the same",
        _ => "another value than when the plan was made",
    };
    let title = planned.wanted.title();
    let (before, after) = (facts(planned, "as when the plan was made", plan), facts(now, live_token, plan));
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    if ops.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
        return text!("{}\n  moved, and can't be compared", title);
    }
    let mut lines = vec![title, "--- when the plan was made".into(), "+++ now".into()];
    for group in group_diff_ops(ops, 1) {
        lines.push("@@".into());
        for change in group.iter().flat_map(|op| op.iter_changes(before.as_slice(), after.as_slice())) {
            let sign = match change.tag() {
                ChangeTag::Equal => " ",
                ChangeTag::Insert => "+",
                ChangeTag::Delete => "-",
            };
            lines.push(text!("{}{}", sign, change.value()));
        }
    }
    Text::join(lines, "\n")
}

/// One line for each thing the plan read.
fn facts(change: &Change, live_token: &'static str, plan: &Plan) -> Vec<Text> {
    let mut facts = vec![terminal::reason(change)];
    facts.push(match &change.seen {
        None => "not there".into(),
        Some(Seen { uid, resource_version, token_mark: _ }) => text!("uid {}, resourceVersion {}", uid, resource_version),
    });
    for Field { path, action, value, managers } in &change.fields {
        let value = match value {
            FieldValue::Token(verdict) => {
                text!("(sensitive) {}; {} compared with {}", live_token, verdict.word(), plan.token_source)
            }
            FieldValue::Hidden => "(sensitive)".into(),
            FieldValue::Plain { before: None, after: _ } => "not set".into(),
            FieldValue::Plain { before: Some(before), after: _ } => text!("\"{}\"", before),
        };
        let owner = |Manager { name, operation, time: _ }: &Manager| text!("{} ({})", name, operation);
        let owners = Text::join(managers.iter().map(owner), ", ");
        let owners = if managers.is_empty() { owners } else { text!("; owned by {}", owners) };
        facts.push(text!("{} = {}{}; {}", path.dotted(), value, owners, action.word()));
    }
    facts
}
