//! Every fault at every call of plan and of apply, for each scenario, over the sandbox in this process, with a clock that stands still.
//! Each time: the exit code, that the report is true, that no token is shown, and that an apply without the fault converges.
//!
//! * [`catalogue`]: the faults.
//! * [`world`]: a scenario's state and spec, and one run of konnect in it.
//! * [`truth`]: holds what a run said against what it did.
//! * [`document`]: what was put where, as `docs/reliability.md` says it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "faults/catalogue.rs"]
mod catalogue;
#[path = "faults/document.rs"]
mod document;
#[path = "faults/truth.rs"]
mod truth;
#[path = "faults/world.rs"]
mod world;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use catalogue::{Kind, Named};
use document::Tally;
use konnect::sandbox::faults::{Call, Fault};
use testkit::scenario::{self, Scenario};
use truth::Canaries;
use world::{Run, World};

/// Whether a fault is met once, or by this call and every one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lasting {
    Once,
    FromThenOn,
}

/// One run to be made.
struct Case<'a> {
    scenario: &'a Scenario,
    command: &'static [&'static str],
    fault: &'a Named,
    /// Which call of the run without a fault.
    at: Call,
    phase: &'static str,
    lasting: Lasting,
}

const PLAN: &[&str] = &["plan", "--detailed-exitcode", "-v"];
const PLAN_JSON: &[&str] = &["plan", "--detailed-exitcode", "--format", "json"];
const APPLY: &[&str] = &["apply", "--auto-approve", "-v"];
const SAVE: &[&str] = &["plan", "--out", world::PLAN_FILE];
const APPLY_SAVED: &[&str] = &["apply", world::PLAN_FILE, "-v"];

/// The scenarios whose plan is saved, then applied: one of each kind that writes. The long run takes all.
const SAVED: [&str; 6] = [
    "from-nothing",
    "labels-and-annotations",
    "no-longer-wanted",
    "token-set-by-hand",
    "token-taken-from-a-controller",
    "workshop",
];

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

#[test]
fn every_fault_at_every_call_of_every_scenario() {
    let scenarios = scenario::all();
    let faults = catalogue::all();
    let mut cases = Vec::new();
    let long = std::env::var_os("KONNECT_LONG").is_some();
    let commands = if long { &[PLAN_JSON, APPLY, APPLY_SAVED, PLAN][..] } else { &[PLAN_JSON, APPLY, APPLY_SAVED] };
    for scenario in &scenarios {
        let saved = if long { scenario.pat() } else { SAVED.contains(&scenario.name().as_str()) };
        for command in commands.iter().copied().filter(|command| *command != APPLY_SAVED || saved) {
            let run = begun(scenario, command).plain(command);
            for (at, phase) in phases(&run) {
                for fault in &faults {
                    for lasting in [Lasting::Once, Lasting::FromThenOn] {
                        // What lasts is the same to both kinds of apply: beyond reading they are one.
                        let new = long || command != APPLY_SAVED || lasting == Lasting::Once;
                        if new && fault.fits(lasting == Lasting::FromThenOn) {
                            cases.push(Case { scenario, command, fault, at: at.clone(), phase, lasting });
                        }
                    }
                }
            }
        }
    }
    let (tally, canaries, next) =
        (Mutex::new(Tally::default()), Canaries::new(&[world::WANTED, world::LIVE, catalogue::OF_ANOTHER]), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = check(case, &canaries);
                    tally.lock().expect("no check failed").add(case, &run);
                }
            });
        }
    });
    let tally = tally.into_inner().expect("no check failed");
    testkit::skipped::say(&format!(
        "{} runs with {} faults at every call of {} scenarios",
        cases.len(),
        faults.len(),
        scenarios.len()
    ));
    if long {
        return;
    }
    testkit::golden::section("docs/reliability.md", "sandbox", &tally.markdown(&faults, scenarios.len()));
}

/// A scenario's world, with a saved plan where that is what is to be applied.
fn begun(scenario: &Scenario, command: &[&str]) -> World {
    let world = World::new(scenario);
    if command == APPLY_SAVED {
        let saved = world.plain(SAVE);
        assert_eq!(saved.code, 0, "{}", saved.stderr);
    }
    world
}

/// The calls of a run, each with what the run was about then.
fn phases(run: &Run) -> Vec<(Call, &'static str)> {
    let is_write = |call: &Call| call.what.starts_with("PATCH") && !call.what.ends_with("dry");
    let last_write = run.calls.iter().rposition(is_write);
    let phase = |(i, call): (usize, &Call)| {
        let phase = match call.what.as_str() {
            "POST selfsubjectaccessreviews" => "asking for rights",
            what if what.ends_with("dry") => "dry run",
            _ if is_write(call) => "writing",
            _ if last_write.is_some_and(|last| i > last) => "reading again",
            _ => "reading",
        };
        (call.clone(), phase)
    };
    run.calls.iter().enumerate().map(phase).collect()
}

fn check(case: &Case<'_>, canaries: &Canaries) -> Run {
    let world = begun(case.scenario, case.command);
    let before = world.state();
    let (fault, at, from_then_on) = (case.fault.make(&world), case.at.clone(), case.lasting == Lasting::FromThenOn);
    let reached = Arc::new(AtomicBool::new(false));
    let met = Arc::clone(&reached);
    let run = world.run(case.command, move |call| {
        let here = *call == at;
        let met = met.fetch_or(here, Ordering::SeqCst) || here;
        if here || met && from_then_on { fault.clone() } else { Fault::None }
    });
    let name = format!(
        "{} {:?}: {} at {} {} ({:?})",
        case.scenario.name(),
        case.command,
        case.fault.name,
        case.at.what,
        case.at.nth,
        case.lasting
    );
    let context = || format!("{name}, exit code {}\n--- stdout:\n{}\n--- stderr:\n{}", run.code, run.stdout, run.stderr);
    assert!(reached.load(Ordering::SeqCst), "the call was met: {}", context());
    canaries.search(&run).unwrap_or_else(|what| panic!("{what}\n{}", context()));
    let applies = case.command[0] == "apply";
    let told = if applies {
        truth::of_apply(&world, &run, &before, case.fault.kind == Kind::Others)
    } else {
        truth::of_plan(&world, &run, &before, case.fault, from_then_on)
    };
    told.unwrap_or_else(|what| panic!("{what}\n{}", context()));
    if applies {
        truth::converges(&world, case.fault).unwrap_or_else(|what| panic!("afterwards: {what}\n{}", context()));
    }
    run
}
