//! Runs many cases at once, collects what they found, and tells it all together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::CanaryCase;
use super::server::{ApiRequest, ScriptedServer};
use testkit::extent::{Extent, extent};
use testkit::skipped;

/// More are counted, but not shown.
const SHOWN: usize = 40;
/// Every so-many-th run is in the slice.
const SLICE: usize = 41;
/// Runs mostly wait for processes to begin and end.
const AT_ONCE: usize = 4;

/// Something that must not be.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Where the canary was planted.
    pub place: String,
    /// The command line.
    pub args: String,
    /// Which canary, in which form.
    pub planted: String,
    /// What is wrong.
    pub what: String,
}

/// Whether everything is to be tried, not a choice that is done in a minute.
pub fn long() -> bool {
    extent() == Extent::Long
}

/// Runs all cases, or a slice of them in the quick run; panics with what they found.
pub fn none_in(group: &str, cases: Vec<CanaryCase>) {
    let cases = extent().slice(cases, SLICE);
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (orders, stuck) = (Mutex::new(BTreeSet::<Vec<ApiRequest>>::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let server = ScriptedServer::start();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (findings, log) = case.run(&server);
                    found.lock().expect("no run failed").extend(findings);
                    stuck.fetch_add(log.stuck, Ordering::Relaxed);
                    if !case.script.order.is_empty() && !log.calls.is_empty() {
                        orders.lock().expect("no run failed").insert(case.script.order.clone());
                    }
                }
            });
        }
    });
    let places: BTreeSet<&str> = cases.iter().map(|case| case.place.as_str()).collect();
    let orders = orders.into_inner().expect("no run failed").len();
    let stuck = stuck.into_inner();
    skipped::say(&format!(
        "canaries in {group}: {} positions, {orders} orders, {} runs, {stuck} answers out of turn",
        places.len(),
        cases.len()
    ));
    let found = found.into_inner().expect("no run failed");
    assert!(found.is_empty(), "{}", told(group, found, cases.len()));
    assert_eq!(stuck, 0, "{group}: answers that waited for a call that never came: konnect doesn't ask all at once any more");
}

/// One finding for each place, the rest counted.
fn told(group: &str, found: Vec<Finding>, runs: usize) -> String {
    let count = found.len();
    let mut by_place: BTreeMap<String, (Finding, usize)> = BTreeMap::new();
    for finding in found {
        by_place.entry(finding.place.clone()).or_insert((finding, 0)).1 += 1;
    }
    let mut text = format!("{group}: {count} findings in {runs} runs, at {} positions\n", by_place.len());
    for (place, (Finding { place: _, args, planted, what }, times)) in by_place.iter().take(SHOWN) {
        text.push_str(&format!("- {place} ({times} times), such as {planted}\n    konnect {args}\n    {what}\n"));
    }
    text
}
