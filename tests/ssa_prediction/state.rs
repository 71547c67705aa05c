//! Generated states: a ServiceAccount and a Secret that several managers wrote to, each in one of the ways there are.

use std::fmt;

use konnect::object::ResourceType;
use serde_json::{Map, Value, json};

use super::send;
use testkit::Rng;

/// The two tokens that states and specs hold.
pub const TOKENS: [&str; 2] = ["kpat_provedAAAA1111", "kpat_provedBBBB2222"];
/// The same in base64.
const DATA: [&str; 2] = ["a3BhdF9wcm92ZWRBQUFBMTExMQ==", "a3BhdF9wcm92ZWRCQkJCMjIyMg=="];
const LABELS: [&str; 4] = ["konghq.com/secret", "konghq.com/credential", "team", "tier"];
const LABEL_VALUES: [&str; 3] = ["true", "konnect", ""];
const ANNOTATIONS: [&str; 2] = ["note", "kong.example/owner"];

/// Each of the keys now and then, with one of the values; `null`s take a key away by a merge patch.
fn map(rng: &mut Rng, keys: &[&str], values: &[&str], with_null: bool) -> Value {
    let mut map = Map::new();
    for key in keys {
        match rng.below(4) {
            0 => drop(map.insert((*key).to_owned(), json!(rng.choose(values)))),
            1 if with_null => drop(map.insert((*key).to_owned(), Value::Null)),
            _ => {}
        }
    }
    Value::Object(map)
}

fn object(rng: &mut Rng, resource: &ResourceType, with_null: bool) -> Value {
    let mut body = json!({"metadata": {}});
    if !rng.one_in(4) {
        body["metadata"]["labels"] = map(rng, &LABELS, &LABEL_VALUES, with_null);
    }
    if rng.one_in(3) {
        body["metadata"]["annotations"] = map(rng, &ANNOTATIONS, &["1", "two\nlines"], with_null);
    }
    if rng.one_in(10) {
        body["metadata"]["finalizers"] = json!(["kong.example/f"]);
    }
    if resource.plural == "serviceaccounts" {
        if rng.one_in(6) {
            body["automountServiceAccountToken"] = json!(true);
        }
        return body;
    }
    if !rng.one_in(4) {
        body["data"] = map(rng, &["token", "other"], &DATA, with_null);
    }
    if rng.one_in(8) {
        body["stringData"] = map(rng, &["token"], &TOKENS, false);
    }
    if rng.one_in(12) {
        body["immutable"] = json!(true);
    }
    if rng.one_in(12) {
        body["type"] = json!("Opaque");
    }
    body
}

fn of(spec_key: &str) -> &'static ResourceType {
    ResourceType::of_spec_key(spec_key).expect("in the table")
}

/// The two objects as they are after everybody wrote.
#[derive(Debug)]
pub struct State {
    account: Value,
    secret: Value,
}

impl State {
    /// Makes the objects `sSEED` by one to five writes each.
    pub async fn make(client: &kube::Client, namespace: &str, seed: u64, rng: &mut Rng) -> Self {
        let account = written(client, of("service_account"), namespace, seed, rng).await;
        let secret = written(client, of("secret"), namespace, seed, rng).await;
        Self { account, secret }
    }

    /// The live object of a kind; null where there is none.
    pub fn of(&self, resource: &ResourceType) -> &Value {
        if resource.plural == "secrets" { &self.secret } else { &self.account }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}\n{:#}", self.account, self.secret)
    }
}

async fn written(client: &kube::Client, resource: &ResourceType, namespace: &str, seed: u64, rng: &mut Rng) -> Value {
    let collection = format!("/api/v1/namespaces/{namespace}/{}", resource.plural);
    let path = format!("{collection}/s{seed}");
    for _ in 0..=rng.below(5) {
        // Writes may be refused, such as one to an immutable Secret's data: others stand.
        write(client, resource, &collection, &path, seed, rng).await;
    }
    match send(client, "GET", &path, "application/json", &Value::Null).await {
        (200, live) => live,
        _ => Value::Null,
    }
}

async fn write(client: &kube::Client, resource: &ResourceType, collection: &str, path: &str, seed: u64, rng: &mut Rng) {
    let whole = |mut body: Value| {
        body["apiVersion"] = json!("v1");
        body["kind"] = json!(resource.kind);
        body["metadata"]["name"] = json!(format!("s{seed}"));
        body
    };
    if rng.one_in(2) {
        let manager = rng.choose(&["konnect", "konnect", "konnect", "argocd", "kubectl", "helm"]);
        let body = whole(object(rng, resource, false));
        let path = format!("{path}?fieldManager={manager}&force={}", !rng.one_in(4));
        send(client, "PATCH", &path, "application/apply-patch+yaml", &body).await;
        return;
    }
    let managers = ["kubectl-create", "kubectl-edit", "kubectl-label", "kubectl-client-side-apply", "kubectl", "helm", "konnect"];
    let manager = rng.choose(&managers);
    if rng.one_in(9) {
        // What stood there before managedFields were kept.
        let body = json!({"metadata": {"managedFields": [{}]}});
        send(client, "PATCH", path, "application/merge-patch+json", &body).await;
        return;
    }
    let patch = object(rng, resource, true);
    let (code, _) =
        send(client, "PATCH", &format!("{path}?fieldManager={manager}"), "application/merge-patch+json", &patch).await;
    if code == 404 {
        let body = whole(object(rng, resource, false));
        send(client, "POST", &format!("{collection}?fieldManager={manager}"), "application/json", &body).await;
    }
}

/// A spec that wants some of the fields those managers wrote.
pub fn spec(namespace: &str, seed: u64, rng: &mut Rng) -> String {
    let mut text = format!("pat_file = \"pat\"\nnamespace = {{ name = \"{namespace}\", manage = false }}\n");
    for key in ["service_account", "secret"] {
        let labels = map(rng, &LABELS, &LABEL_VALUES, false);
        let annotations = map(rng, &ANNOTATIONS, &["1", "two\nlines"], false);
        text.push_str(&format!("[{key}]\nname = \"s{seed}\"\n"));
        for (table, map) in [("labels", labels), ("annotations", annotations)] {
            text.push_str(&format!("[{key}.{table}]\n"));
            for (label, value) in map.as_object().expect("a map") {
                text.push_str(&format!("\"{label}\" = {value}\n"));
            }
        }
    }
    text
}
