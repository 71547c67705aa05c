//! What apply does, for programs: one JSON object a line, each with its `type`. Public, under the plan document's `format_version`.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::door::safe_json;
use super::super::{Cleared, Door, Event, Output, Printer, View};
use super::document::{self, DocumentContents, FORMAT_VERSION};
use super::{NOBODY_TO_ASK, many};
use crate::cluster::Notice;
use crate::object::ObjectRef;
use crate::outcome::{Failure, FailureCode, Outcome, Place};
use crate::outside::Text;
use crate::plan::{Change, Plan, Warning};
use crate::report::{Report, WriteResult};

/// Shows a run as one event a line.
#[derive(Debug, Default)]
pub struct Lines {
    /// The warnings that requests met: the plan's document holds them all.
    notices: Vec<Warning>,
    /// For the last line.
    report: Report,
    /// Reading everything again showed no changes.
    confirmed: bool,
    /// Of many specs, for the last line.
    specs: Option<many::Specs>,
}

impl View for Lines {
    fn fits(&self, output: Output) -> bool {
        output == Output::Apply
    }

    fn nobody_to_ask(&self) -> Option<&'static str> {
        Some(NOBODY_TO_ASK)
    }

    fn show(&mut self, event: Event<'_>, printer: &Printer) {
        let door = printer.door();
        match event {
            Event::Usage(error) => printer.usage(error),
            Event::NotStarted(kind) => printer.not_started(kind),
            // Both: whoever reads stderr alone must hear of a bug too.
            Event::Panicked(bug) => {
                printer.out_at_the_end(&failure(bug, door));
                printer.failure(bug);
            }
            Event::Begun { spec: _ } => printer.out(&version()),
            Event::Notice(notice) => {
                if let Notice::Warning(warning) = &notice {
                    self.notices.push(warning.clone());
                }
                printer.notice(notice);
            }
            Event::SpecErrors(errors) => errors.failures().iter().for_each(|error| printer.out(&failure(error, door))),
            Event::Failed(what) => printer.out(&failure(what, door)),
            Event::Warning(what) => printer.out(&warning(what, door)),
            Event::Info(text) => printer.out(&info(text, door)),
            Event::Plan(made) => printer.out(&plan(made, &self.notices, door)),
            Event::WriteStarted(change) => printer.out(&started(change, door)),
            Event::WriteEnded(change, result, time) => {
                if let Some(line) = ended(change, result, Some(time), door) {
                    printer.out(&line);
                }
            }
            Event::Summary(report) => {
                report
                    .results
                    .iter()
                    .filter_map(|(change, result)| not_begun(change, result, door))
                    .for_each(|l| printer.out(&l));
                self.report = report.clone();
            }
            Event::Confirmed => self.confirmed = true,
            Event::Ended { outcome } => match &self.specs {
                Some(specs) => printer.out(&many::summary(specs, outcome)),
                None => printer.out(&summary(&self.report, self.confirmed, outcome)),
            },
            Event::WaitingForToken | Event::Writing => {}
            // These are said to people alone.
            Event::Next { command: _ } | Event::Asked { cluster: _ } | Event::Cancelled => {}
            // These are of other commands than apply.
            Event::Valid { .. } | Event::Text(_) | Event::Saved { .. } | Event::Opened { .. } => {}
            Event::Serving { .. } | Event::SandboxReset { .. } => {}
            Event::Fleet(fleet) => printer.out(&many::plan(fleet, &self.notices, door)),
            Event::SpecProgress { spec, progress } => {
                if let Some(line) = many::progress(spec, &progress, door) {
                    printer.out(&line);
                }
            }
            Event::SpecEnded { spec, ending } => many::ended(spec, ending, door).iter().for_each(|line| printer.out(line)),
            Event::FleetEnded { fleet, endings } => self.specs = Some(many::specs(fleet, endings, door)),
            Event::AskedFleet { .. } | Event::Reached { .. } | Event::ValidFleet { .. } => {}
        }
    }
}

/// One line, its `type` first.
pub(super) fn line(event: &Value) -> Cleared {
    let rest: serde_json::Map<String, Value> =
        event.as_object().into_iter().flatten().filter(|(key, _)| *key != "type").map(|(k, v)| (k.clone(), v.clone())).collect();
    let rest = Value::Object(rest).to_string();
    let comma = if rest == "{}" { "" } else { "," };
    let rest = safe_json(rest.strip_prefix('{').unwrap_or(&rest));
    Cleared::new(format!("{{\"type\":{}{comma}{rest}\n", event["type"]))
}

/// The first line.
fn version() -> Cleared {
    line(&json!({"type": "version", "format_version": FORMAT_VERSION, "konnect_version": env!("CARGO_PKG_VERSION")}))
}

/// The plan that is about to be carried out, or that was refused: the same document as `plan --format json`.
fn plan(plan: &Plan, notices: &[Warning], door: &Door) -> Cleared {
    let contents = DocumentContents {
        spec: &plan.spec,
        saved_plan: None,
        plan: Some(plan),
        warnings: notices.iter().chain(&plan.warnings).cloned().collect(),
        errors: &plan.unreadable(),
    };
    line(&json!({"type": "plan", "plan": document::value(&contents, door)}))
}

/// A write begins.
fn started(change: &Change, door: &Door) -> Cleared {
    line(&start_event(change, door))
}

/// The same as a value.
pub(super) fn start_event(change: &Change, door: &Door) -> Value {
    json!({"type": "apply_start", "object": object(change, door), "action": change.action.word()})
}

/// What was never begun.
fn not_begun(change: &Change, result: &WriteResult, door: &Door) -> Option<Cleared> {
    if matches!(result, WriteResult::Skipped(_)) { ended(change, result, None, door) } else { None }
}

/// A write ended; without a time, it never began.
fn ended(change: &Change, result: &WriteResult, time: Option<Duration>, door: &Door) -> Option<Cleared> {
    end_event(change, result, time, door).map(|event| line(&event))
}

/// The same as a value.
pub(super) fn end_event(change: &Change, result: &WriteResult, time: Option<Duration>, door: &Door) -> Option<Value> {
    let (word, failure) = match result {
        WriteResult::Created => ("created", None),
        WriteResult::Updated => ("updated", None),
        WriteResult::ConfirmedByReading => ("confirmed_by_reading", None),
        WriteResult::DoneByAnother => ("done_by_another", None),
        WriteResult::WrittenForAnother { spec: _ } => ("written_for_another_spec", None),
        WriteResult::Failed(failure) => ("not_written", Some(error(failure, door))),
        WriteResult::Stale(failure) => ("stale", Some(error(failure, door))),
        WriteResult::Unknown(failure) => ("unknown", Some(error(failure, door))),
        // Not ended: it never began, and is told at the end.
        WriteResult::Skipped(_) if time.is_some() => return None,
        WriteResult::Skipped(why) => {
            ("not_begun", Some(json!({"code": FailureCode::NotBegun.word(), "message": door.value(why.words())})))
        }
    };
    let kind = if failure.is_some() { "apply_errored" } else { "apply_complete" };
    let mut event = json!({"type": kind, "object": object(change, door), "action": change.action.word(), "result": word});
    if let Some(time) = time {
        event["elapsed_seconds"] = json!((time.as_secs_f64() * 1000.0).round() / 1000.0);
    }
    if let Some(failure) = failure {
        event["error"] = failure;
    }
    Some(event)
}

/// Something that went wrong.
fn failure(failure: &Failure, door: &Door) -> Cleared {
    let mut event = error(failure, door);
    event["type"] = json!("diagnostic");
    event["severity"] = json!("error");
    line(&event)
}

/// Something to know.
fn warning(Warning { code, message }: &Warning, door: &Door) -> Cleared {
    line(&json!({"type": "diagnostic", "severity": "warning", "code": code, "message": door.value(message)}))
}

/// Something worth a line.
fn info(text: &Text, door: &Door) -> Cleared {
    warning(&Warning { code: "note".into(), message: text.clone() }, door)
}

/// The last line.
fn summary(report: &Report, confirmed: bool, outcome: Outcome) -> Cleared {
    line(&json!({
        "type": "summary",
        "add": report.added(),
        "change": report.changed(),
        "destroy": 0,
        "confirmed_by_reading": report.count(&WriteResult::ConfirmedByReading),
        "done_by_another": report.count(&WriteResult::DoneByAnother),
        "confirmed": confirmed,
        "read_again": confirmed,
        "exit_code": outcome.code(),
    }))
}

fn object(change: &Change, door: &Door) -> Value {
    let ObjectRef { resource, namespace, name } = &change.wanted.object;
    let mut object = json!({"apiVersion": resource.api_version(), "kind": resource.kind, "name": door.value(name)});
    if let Some(namespace) = namespace {
        object["namespace"] = json!(door.value(namespace));
    }
    object
}

pub(super) fn error(failure: &Failure, door: &Door) -> Value {
    let mut error = json!({"code": failure.code.word(), "message": document::message(failure, door)});
    if let Some(hint) = &failure.hint {
        error["hint"] = json!(door.value(hint));
    }
    if let Some(Place { file, line, column }) = &failure.place {
        if let Some(file) = file {
            error["file"] = json!(door.value(file));
        }
        error["line"] = json!(line);
        error["column"] = json!(column);
    }
    error
}
