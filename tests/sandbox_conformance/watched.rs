//! What a watch tells until it ends, as a list of events.

use jiff::Timestamp;
use kube_sandbox::store::Store;
use kube_sandbox::watch::Watch;
use serde_json::Value;

/// All that the sandbox would tell by now.
pub fn events(watch: &mut Watch, store: &Store, now: Timestamp) -> Value {
    let (era, revision) = watch.start();
    let mut told = watch.first().to_vec();
    match store.history().after(era, revision) {
        Ok(changes) => told.extend(changes.filter_map(|change| watch.event(change, now))),
        Err(gone) => told.push(Watch::expired(revision, gone)),
    }
    Value::Array(told)
}

/// What the real server wrote until the watch's time was over: an event a line.
pub fn lines(body: Value) -> Value {
    let mut events = match body {
        Value::String(lines) => {
            lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| line.into())).collect()
        }
        one => Value::Array(vec![one]),
    };
    // When it says how far it is is its own affair, unless that ends what is there.
    let is_told = |event: &Value| event["type"] != "BOOKMARK" || event.to_string().contains("k8s.io/initial-events-end");
    if let Value::Array(events) = &mut events {
        events.retain(is_told);
    }
    events
}
