//! Watches of a sandbox in this process: when they end, what they are told on the way, and that they see what another sandbox on the same
//! file does. The clock stands still: what waits is over at once.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use kube_sandbox::{Body, Sandbox};
use serde_json::{Value, json};
use tokio::time::Instant;
use tower::ServiceExt as _;

async fn send(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> http::Response<Body> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = http::Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(Full::new(bytes::Bytes::from(body))).expect("a request");
    sandbox.clone().oneshot(request).await.expect("an answer")
}

async fn post(sandbox: &Sandbox, name: &str) {
    let path = "/api/v1/namespaces/default/secrets";
    assert_eq!(send(sandbox, "POST", path, json!({"metadata": {"name": name}})).await.status(), 201);
}

async fn watch(sandbox: &Sandbox, query: &str) -> Body {
    let answer = send(sandbox, "GET", &format!("/api/v1/secrets?watch=true&{query}"), Value::Null).await;
    assert_eq!(answer.status(), 200);
    answer.into_body()
}

/// Type and name, or the version of a bookmark.
async fn next(watch: &mut Body) -> Option<(String, String)> {
    let line = watch.frame().await?.expect("can't fail").into_data().expect("data");
    let event: Value = serde_json::from_slice(&line).expect("an event a line");
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = text("/object/metadata/name");
    Some((text("/type"), if named.is_empty() { text("/object/reason") } else { named }))
}

fn event(what: &str, of: &str) -> Option<(String, String)> {
    Some((what.to_owned(), of.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_its_time_is_over() {
    let sandbox = Sandbox::in_memory();
    let begun = Instant::now();
    let mut without = watch(&sandbox, "timeoutSeconds=90").await;
    assert_eq!(next(&mut without).await, None);
    assert_eq!(begun.elapsed().as_secs(), 90);
    let mut usual = watch(&sandbox, "").await;
    assert_eq!(next(&mut usual).await, None);
    assert_eq!(begun.elapsed().as_secs(), 90 + 30 * 60);
    // A time without end is no fault.
    let mut endless = watch(&sandbox, &format!("timeoutSeconds={}", i64::MAX)).await;
    post(&sandbox, "a").await;
    assert_eq!(next(&mut endless).await, event("ADDED", "a"));
}

#[tokio::test(start_paused = true)]
async fn bookmarks_come_each_minute_and_before_the_end() {
    let sandbox = Sandbox::in_memory();
    let begun = Instant::now();
    let mut watch = watch(&sandbox, "allowWatchBookmarks=true&timeoutSeconds=150&resourceVersion=5").await;
    for seconds in [60, 120, 148] {
        assert_eq!(next(&mut watch).await, event("BOOKMARK", ""));
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
    assert_eq!(next(&mut watch).await, None);
    assert_eq!(begun.elapsed().as_secs(), 150);
}

#[tokio::test]
async fn what_is_too_far_behind_is_told_so() {
    let sandbox = Sandbox::in_memory();
    let mut behind = watch(&sandbox, "resourceVersion=5").await;
    post(&sandbox, "first").await;
    // More than is remembered, while nobody reads.
    for number in 0..1100 {
        post(&sandbox, &format!("s{number}")).await;
    }
    let mut seen = Vec::new();
    while let Some(event) = next(&mut behind).await {
        seen.push(event);
    }
    assert_eq!(seen.last().cloned(), event("ERROR", "Expired"));
    let mut late = watch(&sandbox, "resourceVersion=5").await;
    assert_eq!([next(&mut late).await, next(&mut late).await], [event("ERROR", "Expired"), None]);
}

#[tokio::test]
async fn another_sandbox_on_the_same_file_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.json");
    let (one, other) = (Sandbox::open(&path).expect("opened"), Sandbox::open(&path).expect("opened"));
    post(&one, "before").await;
    let mut told = watch(&one, "").await;
    assert_eq!(next(&mut told).await, event("ADDED", "before"));
    post(&other, "after").await;
    assert_eq!(next(&mut told).await, event("ADDED", "after"));
    let gone = send(&other, "DELETE", "/api/v1/namespaces/default/secrets/before", Value::Null).await;
    assert_eq!(gone.status(), 200);
    assert_eq!(next(&mut told).await, event("DELETED", "before"));
    let removed = other.reset().await.expect("reset");
    assert_eq!(removed.iter().map(|removed| removed.name.as_str()).collect::<Vec<_>>(), ["after"]);
    assert_eq!(next(&mut told).await, event("DELETED", "after"));
    assert!(!std::fs::read_to_string(&path).expect("kept").contains("after"));
    drop(told);
    tokio::time::timeout(Duration::from_secs(60), post(&one, "again")).await.expect("nothing is held");
}
