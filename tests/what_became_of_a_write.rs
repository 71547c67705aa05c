//! What is said and done after each answer to a write: how often it is sent again, and whose words say why it was not written.
//! Over the sandbox in this process; the faults are those that lead to one branch of `apply` each.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "faults/world.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod world;

use std::sync::Arc;

use kube_sandbox::Sandbox;
use kube_sandbox::faults::{Canned, Injection, RequestKey};
use serde_json::{Value, json};
use testkit::scenario;
use world::{Run, World, send};

const APPLY: &[&str] = &["apply", "--auto-approve"];
const WRITE: &str = "PATCH secrets";
/// The first one is the plan's, the next that after the write.
const READ_AGAIN: (&str, usize) = ("GET secrets", 2);
/// A write is sent four times at most.
const TOO_OFTEN: usize = 5;

fn world(name: &str) -> World {
    World::new(&scenario::all().into_iter().find(|scenario| scenario.name() == name).expect("the scenario"))
}

/// One apply; `faults` says what happens to which calls, counted from 1.
fn apply(world: &World, faults: Vec<((&'static str, usize), Injection)>) -> Run {
    world.run(APPLY, move |key: &RequestKey| {
        if key.what == WRITE && key.nth >= TOO_OFTEN {
            // What would be sent for ever ends here, and fails by how often it was sent.
            return refused(403, "Forbidden", "too often", &json!({}));
        }
        let fault = faults.iter().find(|((what, nth), _)| *what == key.what && *nth == key.nth);
        fault.map_or(Injection::None, |(_, fault)| fault.clone())
    })
}

fn writes(run: &Run) -> usize {
    run.calls.iter().filter(|call| call.what == WRITE).count()
}

/// Holds the exit code, how often the Secret's write was sent, and some words of what was said.
#[track_caller]
fn assert_ends(run: &Run, code: i32, sent: usize, words: &[&str]) {
    let said = format!("{}\n{}", run.stdout, run.stderr);
    assert_eq!((run.code, writes(run)), (code, sent), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} in\n{said}");
    }
}

/// An error in the server's own form.
fn status(code: u16, reason: &str, message: &str, details: &Value) -> Canned {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason,
        "details": details, "code": code});
    Canned { code, content_type: "application/json", retry_after: None, body: body.to_string() }
}

fn refused(code: u16, reason: &str, message: &str, details: &Value) -> Injection {
    Injection::Instead(status(code, reason, message, details))
}

/// Another manager changes the Secret just before the call.
fn changed_by(sandbox: &Sandbox, namespace: &str, manager: &str, change: &Value) -> Injection {
    let path = format!("/api/v1/namespaces/{namespace}/secrets/konnect-pat?fieldManager={manager}");
    let (sandbox, body) = (sandbox.clone(), change.to_string());
    Injection::First(Arc::new(move || {
        let (sandbox, path, body) = (sandbox.clone(), path.clone(), body.clone());
        Box::pin(async move {
            let (code, answer) = send(&sandbox, "PATCH", &path, "application/merge-patch+json", body).await;
            assert_eq!(code, 200, "{answer}");
        })
    }))
}

/// A label of no concern to the plan, another each time.
fn labelled(world: &World, times: usize) -> Vec<((&'static str, usize), Injection)> {
    let label = |n: usize| json!({"metadata": {"labels": {"team": format!("t{n}")}}});
    (1..=times).map(|n| ((WRITE, n), changed_by(&world.sandbox, &world.namespace, "kubectl-label", &label(n)))).collect()
}

fn other_token() -> Value {
    json!({"data": {"token": "a3BhdF9zb21lYm9keUVsc2VzVG9rZW4="}})
}

#[test]
fn what_moves_without_concern_is_written_at_the_fourth_attempt_at_the_latest() {
    for moves in 0..4 {
        let world = world("workshop");
        let run = apply(&world, labelled(&world, moves));
        assert_ends(&run, 0, moves + 1, &["Secret workshop/konnect-pat: Update complete"]);
    }
    let world = world("workshop");
    let run = apply(&world, labelled(&world, 4));
    assert_ends(&run, 4, 4, &["Secret workshop/konnect-pat kept changing while it was being written"]);
}

#[test]
fn a_conflict_is_read_again() {
    // Nothing moved, as far as reading tells: it is sent again, unless the server names a field.
    let world = world("workshop");
    let run = apply(&world, vec![((WRITE, 1), refused(409, "Conflict", "the object has been modified", &json!({})))]);
    assert_ends(&run, 0, 2, &["Update complete"]);
    let named = json!({"causes": [{"reason": "FieldManagerConflict", "message": "conflict with \"x\"", "field": ".data.token"}]});
    let of_a_field = || refused(409, "Conflict", "Apply failed with 1 conflict", &named);
    let world = self::world("workshop");
    let run = apply(&world, vec![((WRITE, 1), of_a_field())]);
    assert_ends(&run, 1, 1, &["the server refused Secret workshop/konnect-pat (409): Apply failed with 1 conflict"]);
    // Something moved: what it is, is said.
    let world = self::world("workshop");
    let other = changed_by(&world.sandbox, &world.namespace, "kubectl-edit", &other_token());
    let run = apply(&world, vec![((WRITE, 1), of_a_field()), (READ_AGAIN, other)]);
    assert_ends(&run, 4, 1, &["Secret workshop/konnect-pat", "it was not written"]);
}

#[test]
fn a_server_that_fails_may_have_done_it() {
    let fails = || status(500, "InternalError", "etcdserver: request timed out", &json!({}));
    let world = world("workshop");
    let run = apply(&world, vec![((WRITE, 1), Injection::After(fails()))]);
    assert_ends(&run, 0, 1, &["Verified: no changes remain."]);
    let world = self::world("workshop");
    let run = apply(&world, vec![((WRITE, 1), Injection::Instead(fails()))]);
    assert_ends(&run, 1, 1, &["the server refused Secret workshop/konnect-pat (500): etcdserver: request timed out"]);
    assert_eq!(run.calls.iter().filter(|call| call.what == READ_AGAIN.0).count(), 2, "it was looked at again");
}

#[test]
fn a_lost_answer_is_told_with_what_reading_showed() {
    let world = world("workshop");
    let other = changed_by(&world.sandbox, &world.namespace, "kubectl-edit", &other_token());
    let run = apply(&world, vec![((WRITE, 1), Injection::ClosedAfter), (READ_AGAIN, other)]);
    let words = "the connection was closed; and Secret workshop/konnect-pat changed since the plan was made: data.token";
    assert_ends(&run, 5, 1, &[words, "run `konnect plan` to see what is there"]);
    assert!(!run.stderr.contains("not written"), "the label was: {}", run.stderr);
    let world = self::world("workshop");
    let unreadable = refused(403, "Forbidden", "forbidden: no", &json!({}));
    let run = apply(&world, vec![((WRITE, 1), Injection::ClosedAfter), (READ_AGAIN, unreadable)]);
    assert_ends(
        &run,
        5,
        1,
        &["; and reading it again did not show whether it was written", "run `konnect plan` to see what is there"],
    );
}

#[test]
fn a_refusal_is_told_in_its_own_words_and_not_sent_again() {
    let terminating = json!({"causes": [{"reason": "NamespaceTerminating", "message": "it is being terminated"}]});
    let webhook = "failed calling webhook \"secrets.validations.kong.konghq.com\": connection refused";
    for (answer, words) in [
        (
            refused(403, "Forbidden", "forbidden: no", &json!({})),
            &["refused Secret workshop/konnect-pat (403): forbidden: no"][..],
        ),
        (
            refused(404, "NotFound", "not found", &json!({"name": "workshop", "kind": "namespaces"})),
            &["Secret workshop/konnect-pat can't be written: namespace workshop does not exist", "manage = false"],
        ),
        (
            refused(403, "Forbidden", "being terminated", &terminating),
            &["Secret workshop/konnect-pat can't be created: its namespace is being deleted", "wait until it is gone"],
        ),
        (
            refused(400, "BadRequest", webhook, &json!({})),
            &["(400): failed calling webhook", "an admission webhook of the cluster is not answering"],
        ),
    ] {
        let world = world("workshop");
        assert_ends(&apply(&world, vec![((WRITE, 1), answer)]), 1, 1, words);
    }
}

#[test]
fn what_needs_an_object_that_failed_is_not_begun() {
    let world = world("from-nothing");
    let run = apply(&world, vec![(("PATCH namespaces", 1), refused(403, "Forbidden", "forbidden: no", &json!({})))]);
    assert_ends(&run, 1, 0, &["refused Namespace from-nothing (403)"]);
    assert!(run.written.is_empty(), "{:?}", run.written);
}
