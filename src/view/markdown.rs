//! The plan as one comment of a pull request: a title, a table, the lines of the plan in a collapsible block, warnings. Nothing that a
//! cluster or a spec says can break out of it, mention anybody, or make it longer than GitHub takes.

use std::fmt::Write as _;

use super::gathered::{Gathered, SavedPlanFacts};
use super::terminal::{Line, Sign};
use super::{Cleared, Door, Event, Output, Paint, Printer, View, terminal};
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change, Plan, Summary, Verification};

/// GitHub's limit of a comment, in characters; we count bytes, which are never fewer.
const MAX_BYTES: usize = 65_536;
/// The longest that one text of a table, a warning or an error may be.
const MAX_TEXT: usize = 300;
/// The longest line of the block.
const MAX_LINE: usize = 1_000;
/// How many warnings and errors are shown.
const MAX_REMARKS: usize = 10;

/// The view. It has a form for plans only.
pub(super) fn view(_: Output) -> Box<dyn View> {
    Box::new(Markdown::default())
}

#[derive(Debug, Default)]
struct Markdown(Gathered);

impl View for Markdown {
    fn show(&mut self, event: Event<'_>, printer: &Printer) {
        let Self(gathered) = self;
        match event {
            Event::Ended { outcome: _ } => gathered.print(&comment(gathered, printer.door()), printer),
            event => gathered.add(event, printer),
        }
    }
}

/// The whole comment. Its first line is a marker, the same for each comment about the same spec, so that a bot finds and replaces its own.
fn comment(about: &Gathered, door: &Door) -> Cleared {
    let spec = about.spec();
    let mut text = format!("<!-- konnect plan {} -->\n", marker(spec, door));
    match &about.plan {
        None => drop(writeln!(text, "### konnect plan {}: failed\n", code(spec, door))),
        Some(plan) => head(&mut text, plan, spec, door),
    }
    let tail = tail(about, door);
    if let Some(plan) = about.plan.as_ref().filter(|plan| plan.changes.iter().any(|change| change.action != Action::None)) {
        block(&mut text, plan, MAX_BYTES - tail.len(), door);
    }
    text.push_str(&tail);
    Cleared::new(text)
}

fn head(text: &mut String, plan: &Plan, spec: &Outside, door: &Door) {
    let code = |text: &Text| code(text, door);
    let _ = writeln!(
        text,
        "### konnect plan {} on {}: {}\n",
        code(&spec.into()),
        code(&(&plan.cluster.context).into()),
        counts(plan)
    );
    let known = |value: &Option<Outside>| value.as_ref().map_or_else(|| "unknown".to_owned(), |value| code(&value.into()));
    let (server, uid, user) = (code(&(&plan.cluster.server).into()), known(&plan.cluster.uid), known(&plan.cluster.user));
    let claimed = if plan.cluster.claimed { ", says the plan" } else { "" };
    let _ = writeln!(text, "Cluster {server}, uid {uid}, read as {user}{claimed}; token from {}.\n", code(&plan.token_source));
    text.push_str("| object | action | why | verified |\n|---|---|---|---|\n");
    for change in &plan.changes {
        let verified = match (&change.verification, change.is_written()) {
            (_, false) => String::new(),
            (Verification::Server, true) => "by the server".to_owned(),
            (Verification::Computed(because), true) => format!("no: {}", because.words()),
        };
        let (title, reason) = (code(&change.wanted.object.title()), code(&change.reason()));
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

/// The plan's lines, as many as fit.
fn block(text: &mut String, plan: &Plan, most: usize, door: &Door) {
    let lines = terminal::lines(plan, Paint { color: false });
    let lines: Vec<String> = lines.iter().map(|line| diff_line(line, door)).collect();
    // A fence longer than any run of backticks inside can't be closed from inside.
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(text, "<details><summary>Show the plan</summary>\n\n{fence}diff");
    let end = format!("{fence}\n\n</details>\n\n");
    let room = most.saturating_sub(text.len() + end.len() + "… 1000000 more lines not shown\n".len());
    let mut used = 0;
    let shown = lines.iter().take_while(|line| {
        used += line.len() + 1;
        used <= room
    });
    let shown: Vec<&str> = shown.map(String::as_str).collect();
    for line in &shown {
        let _ = writeln!(text, "{line}");
    }
    if shown.len() < lines.len() {
        let _ = writeln!(text, "… {} more lines not shown", lines.len() - shown.len());
    }
    text.push_str(&end);
}

/// The line with what it means in its first column, where GitHub's colours look for it: `+`, `-`, and `!` for all else that changes.
fn diff_line(line: &Line, door: &Door) -> String {
    let first = match line.sign {
        Sign::Add => '+',
        Sign::Remove => '-',
        Sign::Change => '!',
        Sign::None => ' ',
    };
    cut(&format!("{first}{}", door.line(&line.text)), MAX_LINE)
}

fn tail(about: &Gathered, door: &Door) -> String {
    let mut text = String::new();
    let warnings = about.warnings();
    let of_failures = about.failures.iter().map(|e| ("Error", &e.what, e.hint.as_ref()));
    let of_warnings = warnings.iter().map(|w| ("Warning", &w.message, None));
    for (word, message, hint) in of_failures.chain(of_warnings).take(MAX_REMARKS) {
        let hint = hint.map_or_else(String::new, |hint| format!(" {}", code(hint, door)));
        let _ = writeln!(text, "> **{word}:** {}{hint}\n", code(message, door));
    }
    let rest = (about.failures.len() + warnings.len()).saturating_sub(MAX_REMARKS);
    if rest > 0 {
        let _ = writeln!(text, "> {rest} more not shown\n");
    }
    if let Some(SavedPlanFacts { digest, expires: _ }) = &about.saved_plan {
        let _ = writeln!(text, "Plan digest: `{digest}`");
    }
    text
}

/// Any text as inline code: GitHub looks for no mention, issue or link in it, and every sign that Markdown or HTML could take for its own
/// is spelled as an entity.
fn code(text: impl Into<Text>, door: &Door) -> String {
    let shown = door.line(text.into().spelled_out());
    let mut safe = String::with_capacity(shown.len() + 16);
    for c in cut(&shown, MAX_TEXT).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '-' | '/' | '.' | ',') {
            let _ = write!(safe, "&#{};", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    format!("<code>{safe}</code>")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()),
    }
}

/// The spec's path as a comment can hold it: nothing in it can end the comment.
fn marker(spec: &Outside, door: &Door) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-') { c } else { '_' };
    cut(&door.value(spec).chars().map(plain).collect::<String>().replace("--", "-_"), MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Failure;

    #[test]
    fn no_text_breaks_out() {
        let safe =
            code(Outside::from("a | b `c` <img src=x> @team #1 **x** [y](z) https://evil & \u{202e}\n---"), &Door::default());
        let inner = safe.strip_prefix("<code>").and_then(|s| s.strip_suffix("</code>")).expect("code");
        let entities = inner.replace("&#", "").replace(';', "");
        assert!(!entities.chars().any(|c| "|`<>@#*[]()&\n\u{202e}".contains(c)), "{inner}");
        assert_eq!(marker(&"a --> b\n--!>".into(), &Door::default()), "a_-_>_b_-_!>".replace(['>', '!'], "_"));
    }

    #[test]
    fn what_is_cut_is_counted() {
        assert_eq!(cut("abcdef", 4), "abcd… (2 more characters)");
        assert_eq!(cut("abcd", 4), "abcd");
    }

    #[test]
    fn a_comment_of_failures_alone_has_its_bounds() {
        let failures: Vec<Failure> = (0..5000)
            .map(|i| {
                Failure::new(crate::outcome::FailureCode::Rejected, Outside::new(format!("{i} {}", "|`@".repeat(500))))
                    .hint(Outside::new("<".repeat(900)))
            })
            .collect();
        let about = Gathered::of_failures(failures);
        let text = comment(&about, &Door::default());
        let text = text.as_str();
        assert!(text.len() <= MAX_BYTES, "{}", text.len());
        assert!(text.contains("4990 more not shown"));
    }
}
