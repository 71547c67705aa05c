//! The plan as one comment of a pull request: a title, what is in the way, a table, the lines of the plan in a block to unfold, warnings.
//! Nothing that a cluster or a spec says can break out of it, mention anybody, or make it longer than GitHub takes.
//!
//! * `marker`: the first line, by which a bot finds its own comment.
//! * `blocked`: what apply would refuse, and the flag to copy.
//! * `fold`: the plan itself.
//! * `prose`: how a text becomes Markdown.

mod blocked;
mod fold;
mod marker;
mod prose;

use std::fmt::Write as _;

use super::gathered::{Gathered, SavedPlanFacts};
use super::{Cleared, Door, Event, Output, Printer, View};
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change, Plan, Summary, Verification, Warning};
use prose::{Place, code, prose};

/// GitHub's limit of a comment, in characters; we count bytes, which are never fewer.
const MAX_BYTES: usize = 65_536;
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
            Event::Ended { outcome: _ } => gathered.print(&comment(gathered, printer.door()), printer),
            event => gathered.add(event, printer),
        }
    }
}

/// The whole comment.
fn comment(about: &Gathered, door: &Door) -> Cleared {
    let mut text = format!("{}\n{}\n\n", marker::marker(about, door), title(about, door));
    if let Some(plan) = &about.plan {
        text.push_str(&blocked::blocked(plan, door));
    }
    text.push_str(&errors(&about.failures, door));
    let tail = tail(about, door);
    if let Some(plan) = &about.plan {
        table(&mut text, plan, door);
        if plan.changes.iter().any(|change| change.action != Action::None) {
            let room = MAX_BYTES.saturating_sub(text.len() + tail.len());
            text.push_str(&fold::fold(plan, room, door));
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

fn errors(failures: &[Failure], door: &Door) -> String {
    let mut text = String::new();
    for Failure { what, hint, .. } in failures.iter().take(MAX_REMARKS) {
        let _ = writeln!(text, "> **Error:** {}", prose(what, door, Place::Line));
        if let Some(hint) = hint {
            let _ = writeln!(text, ">\n> Hint: {}", prose(hint, door, Place::Line));
        }
        text.push('\n');
    }
    text + &more(failures.len(), "errors")
}

fn tail(about: &Gathered, door: &Door) -> String {
    let mut text = String::new();
    let warnings = about.warnings();
    for Warning { code: _, message } in warnings.iter().take(MAX_REMARKS) {
        let _ = writeln!(text, "> **Warning:** {}\n", prose(message, door, Place::Line));
    }
    text.push_str(&more(warnings.len(), "warnings"));
    if let Some(SavedPlanFacts { digest, expires }) = &about.saved_plan {
        let expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ");
        let _ = writeln!(text, "Plan digest: `{digest}`; it expires at {expires}.");
    }
    text
}

/// How many of so many are not shown.
fn more(all: usize, of: &'static str) -> String {
    match all.saturating_sub(MAX_REMARKS) {
        0 => String::new(),
        rest => format!("> {rest} more {of} not shown\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_of_failures_alone_has_its_bounds() {
        let failures: Vec<Failure> = (0..5000)
            .map(|i| {
                Failure::new(crate::outcome::FailureCode::Rejected, Outside::new(format!("{i} {}", "|`@é".repeat(500))))
                    .hint(Outside::new("<".repeat(900)))
            })
            .collect();
        let about = Gathered::of_failures(failures);
        let text = comment(&about, &Door::default());
        let text = text.as_str();
        assert!(text.len() <= MAX_BYTES, "{}", text.len());
        assert!(text.contains("4994 more errors not shown"));
    }
}
