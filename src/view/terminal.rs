//! The plan for people, in Terraform's words and signs.

mod fields;
mod line;

pub use line::{Line, Sign};

use super::Paint;
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change, ClusterIdentity, Plan, Reason, Summary, Verification};
use crate::text;

/// Who and where: what stands above every plan and every question.
#[must_use]
pub fn header(plan: &Plan) -> Text {
    let ClusterIdentity { context, server, uid, user, claimed } = &plan.cluster;
    let known = |value: &Option<Outside>| value.as_ref().map_or_else(|| "unknown".into(), Text::from);
    text!(
        "  Spec     {}\n  Cluster  {} ({}, uid {}) as {}{}\n  Token    {}\n",
        plan.spec,
        context,
        server,
        known(uid),
        known(user),
        if *claimed { ", says the plan" } else { "" },
        plan.token_source
    )
}

/// The changes and the closing line, without the header.
#[must_use]
pub fn plan(plan: &Plan, paint: Paint) -> Text {
    let mut text = Text::default();
    for line in lines(plan, paint) {
        text.push(line.text);
        text.push("\n");
    }
    text
}

/// The same, line by line.
#[must_use]
pub fn lines(plan: &Plan, paint: Paint) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |text| lines.push(Line::plain(text));
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
    lines.push(Line::plain(paint.bold(closing(plan))));
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
    let (sign, shown) = match change.action {
        Action::Create => (Sign::Add, paint.green("+")),
        Action::Update => (Sign::Change, paint.yellow("~")),
        Action::Blocked => (Sign::Change, paint.red("!")),
        Action::Unknown => (Sign::Change, paint.yellow("?")),
        Action::None => (Sign::None, " ".into()),
    };
    lines.push(Line::plain(text!("  {}", paint.bold(text!("# {} {}", title, headline(change))))));
    lines.push(Line::new(sign, text!("  {} {}", shown, title)));
    // What another manager holds back has its hint beside each field.
    if let Some(hint) = change.hint().filter(|_| change.reason != Reason::OwnedByOthers) {
        lines.push(Line::plain(text!("      {} {}", paint.bold("hint:"), hint)));
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
