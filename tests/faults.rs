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

use catalogue::{FaultClass, NamedFault};
use document::Tally;
use kube_sandbox::faults::{Injection, RequestKey};
use testkit::canaries::Canaries;
use testkit::extent::{Extent, extent};
use testkit::scenario::{self, Scenario};
use world::{Run, World};

/// Whether a fault is met once, or by this call and every one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lasting {
    Once,
    FromThenOn,
}

/// One run to be made.
struct FaultCase<'a> {
    scenario: &'a Scenario,
    command: &'static [&'static str],
    fault: &'a NamedFault,
    /// Which call of the run without a fault.
    at: RequestKey,
    phase: &'static str,
    lasting: Lasting,
}

const PLAN: &[&str] = &["plan", "--detailed-exitcode", "-v"];
const PLAN_JSON: &[&str] = &["plan", "--detailed-exitcode", "--format", "json"];
const APPLY: &[&str] = &["apply", "--auto-approve", "-v", "--format", "json"];
const SAVE: &[&str] = &["plan", "--out", world::PLAN_FILE];
const APPLY_SAVED: &[&str] = &["apply", world::PLAN_FILE, "-v", "--format", "json"];

/// Every so-many-th apply is made once more as people see it. The long run makes all.
const FOR_PEOPLE: usize = 5;

/// Every so-many-th run is the slice of the quick run. Prime to the number of faults, so that each fault is in it.
const SLICE: usize = 71;

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
    let long = extent() == Extent::Long;
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
                            cases.push(FaultCase { scenario, command, fault, at: at.clone(), phase, lasting });
                        }
                    }
                }
            }
        }
    }
    let cases = extent().slice(cases, SLICE);
    let (tally, canaries, next) =
        (Mutex::new(Tally::default()), Canaries::new(&[world::WANTED, world::LIVE, catalogue::OF_ANOTHER]), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { break };
                    let run = check(case, &canaries);
                    if case.applies() && (long || number.is_multiple_of(FOR_PEOPLE)) {
                        is_the_same_for_people(case, &run, &canaries);
                    }
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
    match extent() {
        Extent::Usual => testkit::golden::section("docs/reliability.md", "sandbox", &tally.markdown(&faults, scenarios.len())),
        Extent::Quick => testkit::skipped::say("KONNECT_QUICK: a slice of the faults, and docs/reliability.md is not compared"),
        Extent::Long => {}
    }
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
fn phases(run: &Run) -> Vec<(RequestKey, &'static str)> {
    let is_write = |call: &RequestKey| call.what.starts_with("PATCH") && !call.what.ends_with("dry");
    let last_write = run.calls.iter().rposition(is_write);
    let phase = |(i, call): (usize, &RequestKey)| {
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

impl FaultCase<'_> {
    fn applies(&self) -> bool {
        self.command[0] == "apply"
    }

    /// Begins the scenario anew and runs a command in it; and what was there before.
    fn run(&self, command: &[&str]) -> (World, truth::Objects, Run) {
        let world = begun(self.scenario, self.command);
        let before = world.state();
        let (fault, at, from_then_on) = (self.fault.make(&world), self.at.clone(), self.lasting == Lasting::FromThenOn);
        let reached = Arc::new(AtomicBool::new(false));
        let met = Arc::clone(&reached);
        let run = world.run(command, move |call| {
            let here = *call == at;
            let met = met.fetch_or(here, Ordering::SeqCst) || here;
            if here || met && from_then_on { fault.clone() } else { Injection::None }
        });
        assert!(reached.load(Ordering::SeqCst), "the call was met: {}", self.context(&run));
        (world, before, run)
    }

    /// What it is, and what was said.
    fn context(&self, run: &Run) -> String {
        format!(
            "{} {:?}: {} at {} {} ({:?}), exit code {}\n--- stdout:\n{}\n--- stderr:\n{}",
            self.scenario.name(),
            self.command,
            self.fault.name,
            self.at.what,
            self.at.nth,
            self.lasting,
            run.code,
            run.stdout,
            run.stderr
        )
    }
}

fn check(case: &FaultCase<'_>, canaries: &Canaries) -> Run {
    let (world, before, run) = case.run(case.command);
    let context = || case.context(&run);
    canaries.search([&run.stdout, &run.stderr]).unwrap_or_else(|what| panic!("{what}\n{}", context()));
    let told = if case.applies() {
        truth::of_apply(&world, &run, &before, case.fault.class == FaultClass::Others)
    } else {
        truth::of_plan(&world, &run, &before, case.fault, case.lasting == Lasting::FromThenOn)
    };
    told.unwrap_or_else(|what| panic!("{what}\n{}", context()));
    if case.applies() {
        truth::converges(&world, case.fault).unwrap_or_else(|what| panic!("afterwards: {what}\n{}", context()));
    }
    run
}

/// The format changes neither what is done nor how it ends, and in prose no token shows either.
fn is_the_same_for_people(case: &FaultCase<'_>, run: &Run, canaries: &Canaries) {
    let words: Vec<&str> = case.command.iter().copied().filter(|word| !["--format", "json"].contains(word)).collect();
    let (_, _, prose) = case.run(&words);
    let context = || case.context(&prose);
    canaries.search([&prose.stdout, &prose.stderr]).unwrap_or_else(|what| panic!("{what}\n{}", context()));
    assert_eq!((prose.code, &prose.written), (run.code, &run.written), "as JSON it ended otherwise: {}", context());
    assert!(prose.code == 0 || !prose.stderr.is_empty(), "no word of what went wrong: {}", context());
}
