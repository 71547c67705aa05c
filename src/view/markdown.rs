//! The plan as one comment of a pull request: a title, what is in the way, a table, the lines of the plan in a block to unfold, warnings.
//! Nothing that a cluster or a spec says can break out of it, mention anybody, or make it longer than it may be (`--limit`).
//!
//! * `marker`: the first line, by which a bot finds its own comment.
//! * `blocked`: what apply would refuse, and the flag to copy.
//! * `fold`: the plan itself.
//! * `many`: the same for many specs.
//! * `prose`: how a text becomes Markdown.

mod blocked;
mod fold;
mod many;
mod marker;
mod prose;

use std::fmt::Write as _;

use super::gathered::{Gathered, SavedPlanFacts};
use super::{Cleared, Door, Event, Output, Printer, View};
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change, Plan, Summary, Verification, Warning};
use prose::{Place, code, prose};

/// How many errors are shown, and how many warnings.
const MAX_REMARKS: usize = 6;

/// The view. It has a form for plans only.
pub(super) fn view(_: Output) -> Box<dyn View> {
    Box::new(Markdown::default())
}

#[derive(Debug, Default)]
struct Markdown(Gathered);

impl View for Markdown {
    fn lacks_context(&self) -> bool {
        let Self(gathered) = self;
        gathered.context().is_none()
    }

    fn show(&mut self, event: Event<'_>, printer: &Printer) {
        let Self(gathered) = self;
        match event {
            Event::Ended { outcome: _ } => gathered.print(&comment(gathered, printer.limit(), printer.door()), printer),
            event => gathered.add(event, printer),
        }
    }
}

/// The whole comment.
fn comment(about: &Gathered, most: usize, door: &Door) -> Cleared {
    if let Some(fleet) = &about.fleet {
        return Cleared::new(many::comment(about, fleet, most, door));
    }
    let mut text = format!("{}\n{}\n\n", marker::marker(about, door), title(about, door));
    if let Some(plan) = &about.plan {
        text.push_str(&blocked::blocked(plan, door));
    }
    text.push_str(&errors(&about.failures, most / 4, door));
    let tail = tail(about, most / 8, door);
    if let Some(plan) = &about.plan {
        table(&mut text, plan, door);
        if plan.changes.iter().any(|change| change.action != Action::None) {
            let room = most.saturating_sub(text.len() + tail.len());
            text.extend(fold::fold(plan, "Show the plan", room, door));
        }
    }
    text.push_str(&tail);
    Cleared::new(text)
}

/// The heading: which spec, on which cluster, and what comes of it.
fn title(about: &Gathered, door: &Door) -> String {
    let code = |text: &Outside| code(text, door, Place::Line);
    let on = about.context().map(|context| format!(" on {}", code(context))).unwrap_or_default();
    let counts = about.plan.as_ref().map_or_else(|| "failed".to_owned(), counts);
    format!("### konnect plan {}{on}: {counts}", code(about.spec()))
}

fn counts(plan: &Plan) -> String {
    let Summary { add, change, destroy, unchanged: _, blocked, unknown } = plan.summary();
    if add + change + destroy + blocked + unknown == 0 {
        return if plan.token_not_compared() { "no changes, but the token was not compared" } else { "no changes" }.to_owned();
    }
    let mut words = format!("{add} to add, {change} to change, {destroy} to destroy");
    for (count, word) in [(blocked, "blocked"), (unknown, "unknown")] {
        if count > 0 {
            let _ = write!(words, ", {count} {word}");
        }
    }
    words
}

/// Which cluster was read, and a line for each object.
fn table(text: &mut String, plan: &Plan, door: &Door) {
    let known =
        |value: &Option<Outside>| value.as_ref().map_or_else(|| "unknown".to_owned(), |value| code(value, door, Place::Line));
    let (server, uid, user) =
        (code(&plan.cluster.server, door, Place::Line), known(&plan.cluster.uid), known(&plan.cluster.user));
    let claimed = if plan.cluster.claimed { ", says the plan" } else { "" };
    let token = prose(&plan.token_source, door, Place::Line);
    let _ = writeln!(text, "Cluster {server}, uid {uid}, read as {user}{claimed}; token from {token}.\n");
    text.push_str("| object | action | why | verified |\n|---|---|---|---|\n");
    for change in &plan.changes {
        let verified = match (&change.verification, change.is_written()) {
            (_, false) => String::new(),
            (Verification::Server, true) => "by the server".to_owned(),
            (Verification::Computed(because), true) => format!("no: {}", because.words()),
        };
        let cell = |text: Text| prose(text, door, Place::Cell);
        let (title, reason) = (cell(change.wanted.object.title()), cell(change.reason()));
        let _ = writeln!(text, "| {title} | {} | {reason} | {verified} |", action(change));
    }
    text.push('\n');
}

fn action(change: &Change) -> String {
    let sign = match change.action {
        Action::Create => "➕",
        Action::Update => "✏️",
        Action::Blocked => "⛔",
        Action::Unknown => "❔",
        Action::None => "",
    };
    format!("{sign} {}", change.action.word()).trim().to_owned()
}

/// What went wrong, in at most so many bytes.
fn errors(failures: &[Failure], most: usize, door: &Door) -> String {
    let error = |Failure { what, hint, .. }: &Failure| {
        let hint = hint.as_ref().map(|hint| format!(">\n> Hint: {}\n", prose(hint, door, Place::Line))).unwrap_or_default();
        format!("> **Error:** {}\n{hint}\n", prose(what, door, Place::Line))
    };
    first(failures.iter().map(error), most, "errors")
}

/// What comes last: the warnings, and which saved plan it is.
fn tail(about: &Gathered, most: usize, door: &Door) -> String {
    let warnings = about.warnings();
    let warning = |Warning { code: _, message }: &Warning| format!("> **Warning:** {}\n\n", prose(message, door, Place::Line));
    let mut text = first(warnings.iter().map(warning), most, "warnings");
    if let Some(SavedPlanFacts { digest, expires }) = &about.saved_plan {
        let expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ");
        let _ = writeln!(text, "Plan digest: `{digest}`; it expires at {expires}.");
    }
    text
}

/// The first remarks, in at most so many bytes, and how many more there are.
fn first(remarks: impl Iterator<Item = String>, most: usize, word: &'static str) -> String {
    let (mut text, mut shown, mut all) = (String::new(), 0, 0);
    for remark in remarks {
        // What follows one that has no room is not shown either: else nobody could tell which are.
        if shown == all && shown < MAX_REMARKS && text.len() + remark.len() <= most {
            text.push_str(&remark);
            shown += 1;
        }
        all += 1;
    }
    text + &more(all - shown, word)
}

fn more(rest: usize, of: &'static str) -> String {
    match rest {
        0 => String::new(),
        rest => format!("> {rest} more {of} not shown\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Limit;

    #[test]
    fn a_comment_of_failures_alone_has_its_bounds() {
        let failures: Vec<Failure> = (0..5000)
            .map(|i| {
                Failure::new(crate::outcome::FailureCode::Rejected, Outside::new(format!("{i} {}", "|`@é".repeat(500))))
                    .hint(Outside::new("<".repeat(900)))
            })
            .collect();
        let about = Gathered::of_failures(failures);
        let text = comment(&about, Limit::default().bytes(), &Door::default());
        let text = text.as_str();
        assert!(text.len() <= Limit::default().bytes(), "{}", text.len());
        assert!(text.contains("4994 more errors not shown"));
    }
}
