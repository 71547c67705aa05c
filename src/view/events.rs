//! What apply does, for programs: one JSON object a line, each with its `type`. Public, under the plan document's `format_version`.

use std::time::Duration;

use serde_json::{Value, json};

use super::door::safe_json;
use super::json::FORMAT_VERSION;
use super::{Cleared, Door};
use crate::apply::{Ending, Progress, Report};
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::plan::{Change, Warning};

/// One line, its `type` first.
fn line(event: &Value) -> Cleared {
    let rest: serde_json::Map<String, Value> =
        event.as_object().into_iter().flatten().filter(|(key, _)| *key != "type").map(|(k, v)| (k.clone(), v.clone())).collect();
    let rest = Value::Object(rest).to_string();
    let comma = if rest == "{}" { "" } else { "," };
    let rest = safe_json(rest.strip_prefix('{').unwrap_or(&rest));
    Cleared::new(format!("{{\"type\":{}{comma}{rest}\n", event["type"]))
}

/// The first line.
#[must_use]
pub fn version() -> Cleared {
    line(&json!({"type": "version", "format_version": FORMAT_VERSION, "konnect_version": env!("CARGO_PKG_VERSION")}))
}

/// The plan that is about to be carried out, or that was refused: the same document as `plan --format json`.
#[must_use]
pub fn plan(document: &Value) -> Cleared {
    line(&json!({"type": "plan", "plan": document}))
}

/// A write begins, or has ended.
#[must_use]
pub fn progress(progress: &Progress<'_>, door: &Door) -> Option<Cleared> {
    match progress {
        Progress::Started(change) => {
            Some(line(&json!({"type": "apply_start", "object": object(change, door), "action": change.action.word()})))
        }
        Progress::Ended(change, ending, time) => ended(change, ending, Some(*time), door),
    }
}

/// What was never begun.
#[must_use]
pub fn not_begun(change: &Change, ending: &Ending, door: &Door) -> Option<Cleared> {
    if matches!(ending, Ending::NotDone(_)) { ended(change, ending, None, door) } else { None }
}

fn ended(change: &Change, ending: &Ending, time: Option<Duration>, door: &Door) -> Option<Cleared> {
    let (result, failure) = match ending {
        Ending::Created => ("created", None),
        Ending::Updated => ("updated", None),
        Ending::ConfirmedByReading => ("confirmed_by_reading", None),
        Ending::DoneByAnother => ("done_by_another", None),
        Ending::Failed(failure) => ("not_written", Some(error(failure, door))),
        Ending::Stale(failure) => ("stale", Some(error(failure, door))),
        Ending::Unknown(failure) => ("unknown", Some(error(failure, door))),
        // Not ended: it never began, and is told at the end.
        Ending::NotDone(_) if time.is_some() => return None,
        Ending::NotDone(why) => ("not_begun", Some(json!({"code": FailureCode::NotBegun.word(), "message": door.value(why)}))),
    };
    let kind = if failure.is_some() { "apply_errored" } else { "apply_complete" };
    let mut event = json!({"type": kind, "object": object(change, door), "action": change.action.word(), "result": result});
    if let Some(time) = time {
        event["elapsed_seconds"] = json!((time.as_secs_f64() * 1000.0).round() / 1000.0);
    }
    if let Some(failure) = failure {
        event["error"] = failure;
    }
    Some(line(&event))
}

/// Something that went wrong.
#[must_use]
pub fn failure(failure: &Failure, door: &Door) -> Cleared {
    let mut event = error(failure, door);
    event["type"] = json!("diagnostic");
    event["severity"] = json!("error");
    line(&event)
}

/// Something to know.
#[must_use]
pub fn warning(warning: &Warning, door: &Door) -> Cleared {
    line(&json!({"type": "diagnostic", "severity": "warning", "code": warning.code, "message": door.value(&warning.message)}))
}

/// The last line.
#[must_use]
pub fn summary(report: &Report, confirmed: bool, outcome: Outcome) -> Cleared {
    let count = |wanted: &Ending| report.endings.iter().filter(|(_, ending)| ending == wanted).count();
    line(&json!({
        "type": "summary",
        "add": report.added(),
        "change": report.changed(),
        "destroy": 0,
        "confirmed_by_reading": count(&Ending::ConfirmedByReading),
        "done_by_another": count(&Ending::DoneByAnother),
        "read_again": confirmed,
        "exit_code": outcome.code(),
    }))
}

fn object(change: &Change, door: &Door) -> Value {
    let mut object = json!({"apiVersion": change.wanted.kind.api_version(), "kind": change.wanted.kind.name(), "name": door.value(&change.wanted.name)});
    if let Some(namespace) = &change.wanted.namespace {
        object["namespace"] = json!(door.value(namespace));
    }
    object
}

fn error(failure: &Failure, door: &Door) -> Value {
    let mut error = json!({"code": failure.code.word(), "message": door.value(&failure.what)});
    if let Some(hint) = &failure.hint {
        error["hint"] = json!(door.value(hint));
    }
    error
}
