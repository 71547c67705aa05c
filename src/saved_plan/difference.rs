//! What moved between a plan and now, as a difference that people can read.

use similar::TextDiff;

use crate::plan::{Change, Field, FieldValue, Manager, Plan, Seen};
use crate::render::{escape, terminal};

/// The difference of one object, plan time → now.
pub(super) fn of(planned: &Change, now: &Change, plan: &Plan) -> String {
    let mark = |change: &Change| change.seen.as_ref().and_then(|seen| seen.token_mark.clone());
    let live_token = match (mark(planned), mark(now)) {
        (planned, now) if planned == now => "as when the plan was made",
        (None, Some(now)) if !now.strong => "too easily guessed for the plan to tell whether it is the same",
        _ => "another value than when the plan was made",
    };
    let (before, after) = (facts(planned, "as when the plan was made", plan), facts(now, live_token, plan));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let mut unified = diff.unified_diff();
    let unified = unified.context_radius(1).header("when the plan was made", "now").to_string();
    let title = planned.wanted.title();
    if unified.is_empty() { format!("{title}\n  moved, and can't be compared\n") } else { format!("{title}\n{unified}") }
}

/// One line for each thing the plan read.
fn facts(change: &Change, live_token: &str, plan: &Plan) -> String {
    let mut text = format!("{}\n", terminal::reason(change));
    match &change.seen {
        None => text.push_str("not there\n"),
        Some(Seen { uid, resource_version, token_mark: _ }) => {
            text.push_str(&format!("uid {}, resourceVersion {}\n", escape(uid), escape(resource_version)));
        }
    }
    for Field { path, action, value, managers } in &change.fields {
        let value = match value {
            FieldValue::Token(verdict) => {
                format!("(sensitive) {live_token}; {} compared with {}", verdict.word(), escape(&plan.token_source))
            }
            FieldValue::Hidden => "(sensitive)".to_owned(),
            FieldValue::Plain { before: None, after: _ } => "not set".to_owned(),
            FieldValue::Plain { before: Some(before), after: _ } => format!("\"{}\"", escape(before)),
        };
        let owners: Vec<String> = managers
            .iter()
            .map(|Manager { name, operation, time: _ }| format!("{} ({})", escape(name), escape(operation)))
            .collect();
        let owners = if owners.is_empty() { String::new() } else { format!("; owned by {}", owners.join(", ")) };
        text.push_str(&format!("{} = {value}{owners}; {}\n", escape(&path.to_string()), action.word()));
    }
    text
}
