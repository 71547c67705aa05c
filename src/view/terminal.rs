//! The plan for people, in Terraform's words and signs.

mod fields;
pub mod fleet;
mod line;
mod mark;

pub(in crate::view) use fields::owner_names;
pub use line::{Line, Sign};
pub use mark::{Mark, legend};

use super::Paint;
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change, ClusterIdentity, Plan, Reason, Summary, Verification};
use crate::text;

/// The column behind the header's labels, from the first of theirs.
const LABELS: usize = 9;

/// Who and where: what stands above every plan and every question.
#[must_use]
pub fn header(plan: &Plan) -> Vec<Line> {
    std::iter::once(labelled("Spec", &(&plan.spec).into())).chain(whereabouts(plan)).collect()
}

/// The same where the spec is named already.
#[must_use]
pub fn whereabouts(plan: &Plan) -> Vec<Line> {
    let ClusterIdentity { context, server, uid, user, claimed } = &plan.cluster;
    let claimed = if *claimed { ", says the plan" } else { "" };
    let known = |value: &Option<Outside>| match value {
        Some(value) => text!("{}{}", value, claimed),
        None => "unknown".into(),
    };
    vec![
        labelled("Cluster", &text!("{} ({}){}", context, server, claimed)),
        labelled("UID", &known(uid)),
        labelled("User", &known(user)),
        labelled("Token", &plan.token_source),
    ]
}

/// A line of the header.
fn labelled(label: &'static str, value: &Text) -> Line {
    let label = text!("  {}{}", label, Text::repeat(" ", LABELS - label.len()));
    Line::plain(text!("{}{}", label, value)).under(label)
}

/// What is asked before anything is written: where it would be done, and as whom.
#[must_use]
pub fn question(cluster: &ClusterIdentity) -> Text {
    let ClusterIdentity { context, server, uid, user, claimed: _ } = cluster;
    let known = |value: &Option<Outside>, unknown: &'static str| value.as_ref().map_or_else(|| unknown.into(), Text::from);
    text!(
        "Apply to {} ({}, uid {}) as {}? Only 'yes' will be accepted: ",
        context.as_name(),
        server,
        known(uid, "unknown"),
        user.as_ref().map_or_else(|| "an unknown user".into(), Outside::as_name)
    )
}

/// The changes and the closing line, without the header.
#[must_use]
pub fn lines(plan: &Plan, paint: Paint) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |text| lines.push(Line::plain(text).under("  "));
    let shown = || plan.changes.iter().filter(|change| change.action != Action::None);
    let heading = match plan.refused_because() {
        Some(why) => Some(text!("Planned changes; apply will refuse: {}", why)),
        None => shown().any(Change::is_written).then(|| "konnect will perform the following actions:".into()),
    };
    if let Some(heading) = heading {
        say(heading);
        say(Text::default());
    }
    for change in shown() {
        object(&mut lines, change, plan, paint);
        lines.push(Line::plain(Text::default()));
    }
    lines.push(Line::plain(paint.bold(closing(plan))).under("  "));
    lines
}

/// The last line.
#[must_use]
pub fn closing(plan: &Plan) -> Text {
    let Summary { add, change, destroy, unchanged, blocked, unknown } = plan.summary();
    if add + change + destroy + blocked + unknown == 0 {
        if plan.token_not_compared() {
            return text!("No changes, but the token was not compared: {}.", plan.token_unset);
        }
        return "No changes. The cluster matches the spec.".into();
    }
    let rest = [(unchanged, "unchanged"), (blocked, "blocked"), (unknown, "unknown")].into_iter().filter(|(count, _)| *count > 0);
    let rest = Text::join(rest.map(|(count, word)| text!("{} {}", count, word)), ", ");
    let line = text!("Plan: {} to add, {} to change, {} to destroy.", add, change, destroy);
    let line = if rest.is_empty() { line } else { text!("{} {}.", line, rest) };
    match plan.refused_because() {
        Some(why) => text!("{} Apply will refuse: {}.", line, why),
        None => line,
    }
}

/// Where a plan was saved.
#[must_use]
pub fn saved(path: &Outside, digest: &str) -> Text {
    text!("Plan saved to {} ({})\n", path, Outside::from(digest))
}

fn object(lines: &mut Vec<Line>, change: &Change, plan: &Plan, paint: Paint) {
    let title = change.wanted.object.title();
    let mark = Mark::of_object(change.action);
    let (sign, shown) = mark.map_or((Sign::None, " ".into()), |mark| (mark.sign(), mark.drawn(paint)));
    lines.push(Line::plain(text!("  {}", paint.bold(text!("# {} {}", title, headline(change))))).under("  # "));
    lines.push(Line::new(sign, text!("  {} {}", shown, title)).under("    "));
    // What another manager holds back has its hint beside each field.
    if let Some(hint) = change.hint(&plan.cluster).filter(|_| change.reason != Reason::OwnedByOthers) {
        lines.push(Line::plain(text!("      {} {}", paint.bold("hint:"), hint)).under("      hint: "));
    }
    fields::lines(lines, change, plan, paint);
}

fn headline(change: &Change) -> Text {
    let how = match change.action {
        Action::Create => "will be created".into(),
        Action::Update => "will be updated in place".into(),
        Action::None => "is as wanted".into(),
        Action::Blocked => text!("is blocked: {}", change.reason()),
        Action::Unknown => text!("is unknown: {}", change.reason()),
    };
    match (&change.verification, change.is_written()) {
        (Verification::Computed(because), true) => text!("{} (not verified by the server: {})", how, because.words()),
        _ => how,
    }
}
