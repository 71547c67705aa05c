//! What apply does with many specs, for programs: the same events as for one, each with the `spec` that it is of.

use serde_json::{Value, json};

use super::super::{Cleared, Door};
use super::document;
use super::events::{end_event, error, line, start_event};
use crate::apply::Progress;
use crate::fleet::{Ending, Fleet, FleetSpec, Totals};
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::plan::Warning;
use crate::report::WriteResult;

/// What the last line tells of every spec.
#[derive(Debug)]
pub(super) struct Specs {
    specs: Vec<Value>,
    totals: Totals,
}

/// The plans that are about to be carried out, or that were refused: the same document as `plan --format json`.
pub(super) fn plan(fleet: &Fleet, notices: &[Warning], door: &Door) -> Cleared {
    line(&json!({"type": "plan", "plan": document::value_of_fleet(fleet, notices, door)}))
}

/// A write began, or ended.
pub(super) fn progress(spec: &Outside, progress: &Progress<'_>, door: &Door) -> Option<Cleared> {
    let event = match progress {
        Progress::Started(change) => start_event(change, door),
        Progress::Ended(change, result, time) => end_event(change, result, Some(*time), door)?,
    };
    Some(of(spec, event, door))
}

fn of(spec: &Outside, mut event: Value, door: &Door) -> Cleared {
    event["spec"] = json!(door.value(spec));
    line(&event)
}

/// A spec ended: what was never begun of it, and what went wrong that is of none of its objects.
pub(super) fn ended(spec: &FleetSpec, ending: &Ending, door: &Door) -> Vec<Cleared> {
    let failed = |failure: &Failure| {
        let mut event = error(failure, door);
        event["type"] = json!("diagnostic");
        event["severity"] = json!("error");
        of(&spec.path, event, door)
    };
    match ending {
        Ending::Nothing => Vec::new(),
        Ending::Refused(failure) => vec![failed(failure)],
        Ending::NotBegun(why) => vec![failed(&Failure::new(FailureCode::NotBegun, why.words()))],
        Ending::Applied { report, confirmed } => {
            let skipped = report.results.iter().filter(|(_, result)| matches!(result, WriteResult::Skipped(_)));
            let skipped = skipped.filter_map(|(change, result)| end_event(change, result, None, door));
            let mut lines: Vec<Cleared> = skipped.map(|event| of(&spec.path, event, door)).collect();
            if let Some(Err(failure)) = confirmed {
                lines.push(failed(failure));
            }
            lines
        }
    }
}

/// What became of every spec.
pub(super) fn specs(fleet: &Fleet, endings: &[Ending], door: &Door) -> Specs {
    let specs = fleet.specs.iter().zip(endings).map(|(spec, ending)| one(spec, ending, door)).collect();
    Specs { specs, totals: Totals::of(endings) }
}

fn one(spec: &FleetSpec, ending: &Ending, door: &Door) -> Value {
    let (added, changed) = match ending {
        Ending::Applied { report, confirmed: _ } => (report.added(), report.changed()),
        Ending::Nothing | Ending::Refused(_) | Ending::NotBegun(_) => (0, 0),
    };
    let errors: Vec<Value> = ending.failures(spec).iter().map(|failure| error(failure, door)).collect();
    let mut one = json!({
        "spec": door.value(&spec.path),
        "context": spec.context.as_ref().map(|context| door.value(context)),
        "add": added,
        "change": changed,
        "destroy": 0,
        "result": ending.result(spec.result()).word(),
        "exit_code": ending.outcome().code(),
        "errors": errors,
    });
    if let Some(stage) = spec.stage {
        one["stage"] = json!(stage);
    }
    one
}

/// The last line.
pub(super) fn summary(of: &Specs, outcome: Outcome) -> Cleared {
    let Specs { specs, totals } = of;
    let Totals { added, changed, confirmed_by_reading, done_by_another, specs_written: _, confirmed, complete: _ } = totals;
    line(&json!({
        "type": "summary",
        "add": added,
        "change": changed,
        "destroy": 0,
        "confirmed_by_reading": confirmed_by_reading,
        "done_by_another": done_by_another,
        "confirmed": confirmed,
        "read_again": confirmed,
        "specs": specs,
        "exit_code": outcome.code(),
    }))
}
