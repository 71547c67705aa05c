//! What is in the way of an apply, above everything that has to be unfolded: each blocked object, why it is, and the flag that takes a field
//! from its owner.

use std::fmt::Write as _;

use super::super::{Door, terminal};
use super::prose::{Place, code, prose};
use crate::plan::{Action, Change, Field, FieldAction, Plan, Reason, Refusal};
use crate::text;

/// How many lines are shown.
const MAX_LINES: usize = 6;

/// Whether apply would refuse the plan, and the lines; nothing where nothing is in the way.
pub(super) fn blocked(plan: &Plan, door: &Door) -> String {
    let blocked = plan.changes.iter().filter(|change| change.action == Action::Blocked);
    let lines: Vec<String> = blocked.flat_map(|change| lines(change, plan, door)).collect();
    // A plan of a pull request has no token, and is not the one that will be applied.
    let is_stopped = plan.refusals().iter().any(|refusal| *refusal != Refusal::NoToken);
    let beginning = if is_stopped { "apply will refuse this plan" } else { "without the token apply would refuse this plan" };
    let why = plan.refused_because();
    let mut text = why.map_or_else(String::new, |why| format!("**{beginning}:** {}\n\n", prose(why, door, Place::Line)));
    for line in lines.iter().take(MAX_LINES) {
        let _ = writeln!(text, "{line}");
    }
    if lines.len() > MAX_LINES {
        let _ = writeln!(text, "- … {} more lines below", lines.len() - MAX_LINES);
    }
    if !lines.is_empty() {
        text.push('\n');
    }
    text
}

fn lines(change: &Change, plan: &Plan, door: &Door) -> Vec<String> {
    let title = prose(change.wanted.object.title(), door, Place::Line);
    let mut lines = vec![format!("- ⛔ **{title} is blocked:** {}", prose(change.reason(), door, Place::Line))];
    if change.reason == Reason::OwnedByOthers {
        let fields = change.fields.iter().filter(|field| field.action == FieldAction::Blocked);
        lines.extend(fields.map(|field| taken(field, change, plan, door)));
    } else if let Some(hint) = change.hint(&plan.cluster) {
        lines.push(format!("  - Hint: {}", prose(hint, door, Place::Line)));
    }
    lines
}

/// Whose the field is, and how it is taken.
fn taken(field: &Field, change: &Change, plan: &Plan, door: &Door) -> String {
    let path = code(field.path.dotted(), door, Place::Line);
    let owners = prose(terminal::owner_names(field, plan.read_at), door, Place::Line);
    let flag = text!("--take-over {}.{}", change.wanted.object.resource.spec_key, field.path.dotted());
    format!("  - {path} is owned by {owners}; to take it: {}", code(flag, door, Place::Line))
}
