//! The question before the first write, and what is done without it.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::time::{Duration, Instant};

use super::run::Run;
use crate::cli::Grade;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::plan::{Action, Change, FieldValue, Plan};
use crate::text;
use crate::view::Event;

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: u64 = 1024;

/// Why somebody has to say yes to these plans: the first of what `--auto-approve` does not cover. `None`: it covers everything.
pub(super) fn outside_grade(grade: Option<Grade>, plans: &[&Plan]) -> Option<Outside> {
    let (covers, word): (fn(&Change) -> bool, _) = match grade {
        None => return (!plans.is_empty()).then_some(Outside::Everything),
        Some(Grade::All) => return None,
        Some(Grade::CreateOnly) => (|change| change.action == Action::Create, "create-only"),
        Some(Grade::NoToken) => (|change| !replaces_token(change), "no-token"),
    };
    plans.iter().find_map(|plan| {
        let change = plan.changes.iter().find(|change| change.is_written() && !covers(change))?;
        Some(Outside::Of(text!("{} of {} is not covered by --auto-approve={}", change.wanted.object.title(), plan.spec, word)))
    })
}

/// What `--auto-approve` does not cover.
pub(super) enum Outside {
    /// It was not given.
    Everything,
    /// This, in words.
    Of(Text),
}

/// Whether the token that is in the cluster is replaced by another.
fn replaces_token(change: &Change) -> bool {
    let is_token = |value: &FieldValue| matches!(value, FieldValue::Token(_));
    change.action != Action::Create && change.fields.iter().any(|field| is_token(&field.value) && change.changes(field))
}

/// Asks on the terminal. Only `yes` goes on: how long that took, or `None`.
///
/// # Errors
/// There is nobody to ask.
pub(super) async fn ask(run: &Run, question: Event<'_>, outside: &Outside) -> Result<Option<Duration>, Failure> {
    if let Some(why) = run.reporter().nobody_to_ask() {
        return Err(refused(why, outside, "pass --auto-approve, or a saved plan"));
    }
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask on", outside, "pass --auto-approve to apply without being asked"));
    }
    if let Outside::Of(what) = outside {
        run.emit(Event::Info(what));
    }
    run.emit(question);
    let asked = Instant::now();
    let (send, answer) = tokio::sync::oneshot::channel();
    // A thread of its own: a read of the terminal can't be broken off, and must not keep Ctrl-C waiting.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().take(MAX_ANSWER_BYTES).read_line(&mut line);
        let _ = send.send(read.map(|_| line));
    });
    let line = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    Ok((line.trim() == "yes").then(|| asked.elapsed()))
}

fn refused(why: &'static str, outside: &Outside, hint: &'static str) -> Failure {
    let what = match outside {
        Outside::Everything => text!("nothing was written: {}", why),
        Outside::Of(what) => text!("nothing was written: {}, and {}", what, why),
    };
    Failure::new(FailureCode::NotApproved, what).hint(hint)
}
