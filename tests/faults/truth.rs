//! Holds what a run said against what it did.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::APPLY;
use super::catalogue::{FaultClass, NamedFault};
use super::world::{Run, World};

/// The state before: every object by title.
pub type Objects = BTreeMap<String, Value>;

/// What an apply says became of each object.
#[derive(Debug, Default)]
struct Claims {
    written: BTreeSet<String>,
    unknown: BTreeSet<String>,
    not_written: BTreeSet<String>,
}

impl Claims {
    fn of(events: &[Value]) -> Result<Self, String> {
        let mut claims = Self::default();
        for event in events {
            let told = match (text(&event["type"]), text(&event["result"])) {
                ("apply_complete", "created" | "updated" | "confirmed_by_reading") => &mut claims.written,
                ("apply_errored", "unknown") => &mut claims.unknown,
                ("apply_complete", "done_by_another") | ("apply_errored", "not_written" | "stale" | "not_begun") => {
                    &mut claims.not_written
                }
                ("apply_complete" | "apply_errored", _) => return Err(format!("an unknown result: {event}")),
                _ => continue,
            };
            told.insert(title(&event["object"]));
        }
        Ok(claims)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What reports call this object.
fn title(object: &Value) -> String {
    let (kind, name) = (text(&object["kind"]), text(&object["name"]));
    match object["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// The lines of `apply --format json`, the first and the last of which are always the same.
fn events(run: &Run) -> Result<Vec<Value>, String> {
    let events: Result<Vec<Value>, _> = run.stdout.lines().map(str::parse).collect();
    let events = events.map_err(|e| format!("not JSON alone: {e}"))?;
    let ends = [events.first(), events.last()].map(|event| event.map_or("", |event| text(&event["type"])));
    sure(ends == ["version", "summary"], || format!("begins and ends with {ends:?}"))?;
    Ok(events)
}

fn sure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// An apply's exit code and report.
pub fn of_apply(world: &World, run: &Run, before: &Objects, others: bool) -> Result<(), String> {
    let did: BTreeSet<String> = run.written.iter().cloned().collect();
    let events = events(run)?;
    let claims = Claims::of(&events)?;
    let Claims { written, unknown, not_written } = &claims;
    sure(written.is_subset(&did), || format!("says it wrote {written:?}, but wrote {did:?}"))?;
    sure(did.iter().all(|title| written.contains(title) || unknown.contains(title)), || {
        format!("wrote {did:?}, but says {claims:?}")
    })?;
    sure(not_written.is_disjoint(&did), || format!("says it did not write {not_written:?}, but wrote {did:?}"))?;
    let nothing = did.is_empty() && unknown.is_empty();
    match run.code {
        1 | 3 | 4 => sure(did.is_empty(), || format!("{} means that nothing was written, but {did:?} was", run.code))?,
        5 => sure(!nothing, || "5, but nothing was, or may have been, written".to_owned())?,
        6 => sure(!did.is_empty(), || "6, but nothing was written".to_owned())?,
        0 => {}
        other => return Err(format!("exit code {other}")),
    }
    if run.code == 0 && !others && world.code == 0 {
        let plan = world.plain(&["plan", "--detailed-exitcode", "-q"]);
        sure(plan.code == 0, || format!("0, but a plan says {}\n{}", plan.code, plan.stdout))?;
    }
    let summary = events.last().ok_or("no summary")?;
    sure(summary["exit_code"] == run.code, || format!("the summary says {}", summary["exit_code"]))?;
    let is_error = |event: &Value| text(&event["type"]) == "apply_errored" || text(&event["severity"]) == "error";
    sure(run.code == 0 || events.iter().any(is_error), || "no word of what went wrong".to_owned())?;
    untouched(world, before, &did, others)
}

/// A plan changes nothing, and knows nothing that isn't so.
pub fn of_plan(world: &World, run: &Run, before: &Objects, fault: &NamedFault, lasting: bool) -> Result<(), String> {
    let others = fault.class == FaultClass::Others;
    sure(run.written.is_empty(), || format!("a plan wrote {:?}", run.written))?;
    sure(matches!(run.code, 0..=2), || format!("exit code {}", run.code))?;
    untouched(world, before, &BTreeSet::new(), others)?;
    let Ok(document) = run.stdout.parse::<Value>() else {
        // A plan that failed said why, on stderr, and the rest is for people.
        return sure(run.code != 1 || !run.stderr.is_empty(), || "no word of what went wrong".to_owned());
    };
    let failed = document["specs"][0]["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    sure(failed == (run.code == 1), || format!("exit code {} with the errors {}", run.code, document["specs"][0]["errors"]))?;
    // That an object isn't there is only found to be untrue by a dry run that goes through, with a token.
    if others || fault.denies && (lasting || !world.token) {
        return Ok(());
    }
    let plain: Value = world.plain(super::PLAN_JSON).stdout.parse().map_err(|_| "the plain plan is no JSON".to_owned())?;
    let actions = |document: &Value| -> Vec<(String, String)> {
        let changes = document["specs"][0]["changes"].as_array().cloned().unwrap_or_default();
        changes.iter().map(|c| (c["object"]["kind"].to_string(), text(&c["action"]).to_owned())).collect()
    };
    let known = actions(&plain);
    // What only the server knows, a plan that says it could not ask it need not.
    let warnings = document["specs"][0]["warnings"].as_array().cloned().unwrap_or_default();
    let unverified = warnings.iter().any(|warning| warning["code"] == "not_verified");
    let lies: Vec<_> = actions(&document)
        .into_iter()
        .filter(|(kind, action)| {
            let refused = unverified && known.contains(&(kind.clone(), "blocked".to_owned()));
            !matches!(action.as_str(), "unknown" | "blocked") && !refused && !known.contains(&(kind.clone(), action.clone()))
        })
        .collect();
    sure(lies.is_empty(), || format!("the plan says {lies:?}, but without the fault {known:?}"))
}

/// What konnect didn't write is as it was, but for what others wrote.
fn untouched(world: &World, before: &Objects, did: &BTreeSet<String>, others: bool) -> Result<(), String> {
    let after = world.state();
    let titles: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for title in titles {
        if did.contains(title) || others && title.starts_with("Secret ") {
            continue;
        }
        sure(before.get(title) == after.get(title), || {
            format!("{title} changed: {:?} → {:?}", before.get(title), after.get(title))
        })?;
    }
    Ok(())
}

/// Without the fault an apply does what it always did in this scenario, and then nothing is left.
pub fn converges(world: &World, fault: &NamedFault) -> Result<(), String> {
    let apply = world.plain(APPLY);
    let said = || format!("exit code {}\n{}\n{}", apply.code, apply.stdout, apply.stderr);
    if fault.class != FaultClass::Others {
        sure(apply.code == world.code, said)?;
    }
    if apply.code == 0 {
        // Changes may be pending where none can be known: without a token.
        let plan = world.plain(&["plan", "--detailed-exitcode"]);
        return sure(plan.code == 0, || {
            format!("an apply went well, and a plan says {}\n{}\n{}", plan.code, plan.stdout, said())
        });
    }
    sure(matches!(apply.code, 1 | 3) && apply.written.is_empty(), said)
}
