//! Random sequences: three managers at one object, from a seed, so that every run is the same.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use super::pair::{PairedRequest, ServerPair};
use testkit::Rng;

/// One operation on the object of its sequence.
#[derive(Clone, Debug)]
pub struct Step {
    method: &'static str,
    content_type: &'static str,
    query: String,
    body: Value,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ?{} {}", self.method, self.content_type, self.query, self.body)
    }
}

/// A few keys with one of two values; by patches a key may also be taken away.
fn map(rng: &mut Rng, values: &[&str], with_null: bool) -> Value {
    let mut out = Map::new();
    for key in ["a", "b", "c"] {
        match rng.below(5) {
            0 | 1 => drop(out.insert(key.to_owned(), json!(rng.choose(values)))),
            2 if with_null => drop(out.insert(key.to_owned(), Value::Null)),
            _ => {}
        }
    }
    Value::Object(out)
}

fn object(rng: &mut Rng, with_null: bool) -> Value {
    let mut body = json!({"metadata": {}});
    if !rng.one_in(3) {
        body["metadata"]["labels"] = map(rng, &["1", "2"], with_null);
    }
    if rng.one_in(4) {
        body["metadata"]["annotations"] = map(rng, &["1", ""], with_null);
    }
    if rng.one_in(8) {
        body["metadata"]["finalizers"] = if rng.one_in(2) { json!([]) } else { json!(["x.y/z"]) };
    }
    if !rng.one_in(3) {
        body["data"] = map(rng, &["YQ==", "Yg=="], with_null);
    }
    if rng.one_in(12) {
        body["stringData"] = map(rng, &["a", "b"], with_null);
    }
    if rng.one_in(10) {
        body["type"] = json!("Opaque");
    }
    if rng.one_in(30) {
        body["immutable"] = json!(true);
    }
    if rng.one_in(12) {
        body["metadata"]["resourceVersion"] = json!(rng.choose(&["1", "0", "${rv}"]));
    }
    if rng.one_in(25) {
        body["metadata"]["uid"] = json!("${uid}");
    }
    body
}

/// The sequence of a seed: 2 to 9 steps.
pub fn sequence(seed: u64) -> Vec<Step> {
    let mut rng = Rng::new(seed);
    let length = 2 + rng.below(8);
    (0..length).map(|_| step(&mut rng)).collect()
}

fn step(rng: &mut Rng) -> Step {
    let mut query = format!("fieldManager={}", rng.choose(&["one", "two", "kubectl"]));
    if rng.one_in(6) {
        query.push_str("&dryRun=All");
    }
    let (method, content_type, body) = match rng.below(20) {
        0 | 1 => ("POST", "application/json", object(rng, false)),
        2 | 3 => ("PUT", "application/json", object(rng, false)),
        4..=6 => ("PATCH", "application/merge-patch+json", object(rng, true)),
        7 | 8 => ("PATCH", "application/strategic-merge-patch+json", object(rng, true)),
        9 => ("PATCH", "application/merge-patch+json", json!({"metadata": {"managedFields": [{}]}})),
        10 => ("DELETE", "application/json", json!({"propagationPolicy": rng.choose(&["Background", "Orphan", "Foreground"])})),
        11 => ("GET", "", Value::Null),
        _ => {
            if rng.one_in(3) {
                query.push_str("&force=true");
            }
            ("PATCH", "application/apply-patch+yaml", object(rng, false))
        }
    };
    Step { method, content_type, query, body }
}

/// Runs the steps on an object of their own. The error is the first difference.
pub fn run(pair: &mut ServerPair<'_>, namespace: &str, steps: &[Step]) -> Result<(), String> {
    pair.forget();
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("s{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    for step in steps {
        let mut body = step.body.clone();
        let whole = matches!(step.method, "POST" | "PUT") || step.content_type.contains("apply");
        if whole {
            body["apiVersion"] = json!("v1");
            body["kind"] = json!("Secret");
            body["metadata"]["name"] = json!(name);
        }
        let object = if step.method == "POST" { String::new() } else { format!("/{name}") };
        let query = if matches!(step.method, "GET" | "DELETE") { "" } else { step.query.as_str() };
        let ask = PairedRequest {
            method: step.method.to_owned(),
            path: format!("/api/v1/namespaces/{namespace}/secrets{object}?{query}"),
            content_type: step.content_type.to_owned(),
            headers: vec![("user-agent".to_owned(), "conformance/1".to_owned())],
            body: if body.is_null() { String::new() } else { body.to_string() },
            mark: false,
            code_only: false,
        };
        pair.compare(&ask)?;
    }
    Ok(())
}

/// Takes steps away as long as a difference stays.
pub fn shrink(pair: &mut ServerPair<'_>, namespace: &str, mut steps: Vec<Step>) -> (Vec<Step>, String) {
    let mut difference = "it did not show again".to_owned();
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        match run(pair, namespace, &fewer) {
            Err(found) => {
                steps = fewer;
                difference = found;
            }
            Ok(()) => at += 1,
        }
    }
    if let Err(found) = run(pair, namespace, &steps) {
        difference = found;
    }
    (steps, difference)
}
