//! What a run of writes comes to: counts, what holds a write back, and the exit code.

mod objects;

use std::collections::BTreeSet;

use konnect_core::desired::DesiredObject;
use konnect_core::object::ObjectRef;
use konnect_core::observed::Read;
use konnect_core::outcome::{Failure, FailureCode, Outcome};
use konnect_core::plan::Change;
use konnect_core::planner::change;
use konnect_core::report::{Report, SkipReason, WriteResult};
use objects::object;

fn creation(object: ObjectRef, waits_for: Option<ObjectRef>) -> Change {
    let wanted = DesiredObject { object, fields: [].into() };
    Change { waits_for, ..change(&wanted, &Read::Absent, &BTreeSet::new()) }
}

fn namespace() -> Change {
    creation(object("namespace", None, "kong"), None)
}

fn secret() -> Change {
    creation(object("secret", Some("kong"), "pat"), Some(namespace().wanted.object))
}

fn report(results: impl IntoIterator<Item = (Change, WriteResult)>) -> Report {
    Report { results: results.into_iter().collect() }
}

fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "it did not work")
}

#[test]
fn only_what_the_server_answered_counts() {
    let of = |result: WriteResult| report([(namespace(), result)]);
    let unknown = || WriteResult::Unknown(failure(FailureCode::Connection));
    let failed = || WriteResult::Failed(failure(FailureCode::Rejected));
    let stale = || WriteResult::Stale(failure(FailureCode::Stale));
    // Result, added, changed, may have written, is as wanted.
    let rows = [
        (WriteResult::Created, 1, 0, true, true),
        (WriteResult::Updated, 0, 1, true, true),
        (WriteResult::ConfirmedByReading, 0, 0, true, true),
        (WriteResult::DoneByAnother, 0, 0, false, true),
        (failed(), 0, 0, false, false),
        (unknown(), 0, 0, true, false),
        (stale(), 0, 0, false, false),
        (WriteResult::Skipped(SkipReason::Interrupted), 0, 0, false, false),
    ];
    for (result, added, changed, wrote, complete) in rows {
        let report = of(result.clone());
        assert_eq!((report.added(), report.changed(), report.count(&result)), (added, changed, 1), "{result:?}");
        assert_eq!((report.wrote(), report.is_complete()), (wrote, complete), "{result:?}");
    }
    assert!(Report::default().is_complete() && !Report::default().wrote());
}

#[test]
fn the_exit_code_says_whether_something_was_written() {
    let skipped = |reason| (secret(), WriteResult::Skipped(reason));
    let created = || (namespace(), WriteResult::Created);
    let failed = || (secret(), WriteResult::Failed(failure(FailureCode::Rejected)));
    let stale = || (secret(), WriteResult::Stale(failure(FailureCode::Stale)));
    let unknown = || (secret(), WriteResult::Unknown(failure(FailureCode::Connection)));
    let not_created = || SkipReason::NamespaceNotCreated(namespace().wanted.object);
    let namespace_failed = || (namespace(), WriteResult::Failed(failure(FailureCode::Rejected)));
    let rows: [(Vec<(Change, WriteResult)>, Outcome); 11] = [
        (vec![], Outcome::Done),
        (vec![created(), (secret(), WriteResult::DoneByAnother)], Outcome::Done),
        (vec![failed()], Outcome::Failed),
        (vec![created(), failed()], Outcome::Partial),
        (vec![stale()], Outcome::Stale),
        (vec![created(), stale()], Outcome::Partial),
        // Its own write may have gone through.
        (vec![unknown()], Outcome::Partial),
        (vec![namespace_failed(), skipped(not_created())], Outcome::Failed),
        (vec![skipped(SkipReason::OutOfTime)], Outcome::Failed),
        (vec![created(), skipped(SkipReason::OutOfTime)], Outcome::Partial),
        (vec![created(), skipped(SkipReason::Interrupted)], Outcome::Interrupted),
    ];
    for (results, expected) in rows {
        let report = report(results);
        assert_eq!(report.outcome(), expected, "{report:?}");
    }
}

#[test]
fn only_its_own_namespace_and_a_stale_plan_hold_a_write_back() {
    let failed = || WriteResult::Failed(failure(FailureCode::Rejected));
    let account = || creation(object("service_account", Some("kong"), "podid"), Some(namespace().wanted.object));
    assert_eq!(report([(namespace(), WriteResult::Created)]).holds_back(&secret()), None);
    assert_eq!(report([(namespace(), WriteResult::DoneByAnother)]).holds_back(&secret()), None);
    let expected = Some(SkipReason::NamespaceNotCreated(namespace().wanted.object));
    assert_eq!(report([(namespace(), failed())]).holds_back(&secret()), expected);
    assert_eq!(report([(namespace(), WriteResult::Unknown(failure(FailureCode::Connection)))]).holds_back(&secret()), expected);
    // Another namespace's failure, a namespace that was there, and another object's failure hold nothing back.
    let other = creation(object("namespace", None, "other"), None);
    assert_eq!(report([(other, failed())]).holds_back(&secret()), None);
    let there = Change { waits_for: None, ..secret() };
    assert_eq!(report([(namespace(), failed())]).holds_back(&there), None);
    assert_eq!(report([(namespace(), WriteResult::Created), (account(), failed())]).holds_back(&secret()), None);
    let stale = report([(account(), WriteResult::Stale(failure(FailureCode::Stale)))]);
    assert_eq!(stale.holds_back(&secret()), Some(SkipReason::Stale(account().wanted.object)));
}

#[test]
fn a_skip_says_why() {
    let rows = [
        (SkipReason::Interrupted, "interrupted"),
        (SkipReason::OutOfTime, "out of time (--timeout)"),
        (SkipReason::Stale(namespace().wanted.object), "the plan is stale: Namespace kong moved"),
        (SkipReason::NamespaceNotCreated(namespace().wanted.object), "it needs Namespace kong, which was not created"),
    ];
    for (reason, words) in rows {
        assert_eq!(reason.words().plain(), words);
    }
}
