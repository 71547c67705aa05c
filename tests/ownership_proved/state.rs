//! Generated states: a ServiceAccount and a Secret that several managers wrote to, each in one of the ways there are.

use std::fmt;

use konnect::plan::Kind;
use serde_json::{Map, Value, json};

use super::send;

/// The two tokens that states and specs hold.
pub const TOKENS: [&str; 2] = ["kpat_provedAAAA1111", "kpat_provedBBBB2222"];
/// The same in base64.
const DATA: [&str; 2] = ["a3BhdF9wcm92ZWRBQUFBMTExMQ==", "a3BhdF9wcm92ZWRCQkJCMjIyMg=="];
const LABELS: [&str; 4] = ["konghq.com/secret", "konghq.com/credential", "team", "tier"];
const LABEL_VALUES: [&str; 3] = ["true", "konnect", ""];
const ANNOTATIONS: [&str; 2] = ["note", "kong.example/owner"];

/// A seeded stream of choices (splitmix64), so that every run is the same.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.roll(choices.len() as u64)).expect("a small number")]
    }

    pub fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    /// Each of the keys now and then, with one of the values; `null`s take a key away by a merge patch.
    fn map(&mut self, keys: &[&str], values: &[&str], with_null: bool) -> Value {
        let mut map = Map::new();
        for key in keys {
            match self.roll(4) {
                0 => drop(map.insert((*key).to_owned(), json!(self.of(values)))),
                1 if with_null => drop(map.insert((*key).to_owned(), Value::Null)),
                _ => {}
            }
        }
        Value::Object(map)
    }

    fn object(&mut self, kind: Kind, with_null: bool) -> Value {
        let mut body = json!({"metadata": {}});
        if !self.one_in(4) {
            body["metadata"]["labels"] = self.map(&LABELS, &LABEL_VALUES, with_null);
        }
        if self.one_in(3) {
            body["metadata"]["annotations"] = self.map(&ANNOTATIONS, &["1", "two\nlines"], with_null);
        }
        if self.one_in(10) {
            body["metadata"]["finalizers"] = json!(["kong.example/f"]);
        }
        if kind == Kind::ServiceAccount {
            if self.one_in(6) {
                body["automountServiceAccountToken"] = json!(true);
            }
            return body;
        }
        if !self.one_in(4) {
            body["data"] = self.map(&["token", "other"], &DATA, with_null);
        }
        if self.one_in(8) {
            body["stringData"] = self.map(&["token"], &TOKENS, false);
        }
        if self.one_in(12) {
            body["immutable"] = json!(true);
        }
        if self.one_in(12) {
            body["type"] = json!("Opaque");
        }
        body
    }
}

/// The two objects as they are after everybody wrote.
#[derive(Debug)]
pub struct State {
    account: Value,
    secret: Value,
}

impl State {
    /// Makes the objects `sSEED` by one to five writes each.
    pub async fn make(client: &kube::Client, namespace: &str, seed: u64, dice: &mut Dice) -> Self {
        let account = written(client, Kind::ServiceAccount, namespace, seed, dice).await;
        let secret = written(client, Kind::Secret, namespace, seed, dice).await;
        Self { account, secret }
    }

    /// The live object of a kind; null where there is none.
    pub fn of(&self, kind: Kind) -> &Value {
        if kind == Kind::Secret { &self.secret } else { &self.account }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}\n{:#}", self.account, self.secret)
    }
}

async fn written(client: &kube::Client, kind: Kind, namespace: &str, seed: u64, dice: &mut Dice) -> Value {
    let collection = format!("/api/v1/namespaces/{namespace}/{}", kind.resource());
    let path = format!("{collection}/s{seed}");
    for _ in 0..=dice.roll(5) {
        // Writes may be refused, such as one to an immutable Secret's data: others stand.
        write(client, kind, &collection, &path, seed, dice).await;
    }
    match send(client, "GET", &path, "application/json", &Value::Null).await {
        (200, live) => live,
        _ => Value::Null,
    }
}

async fn write(client: &kube::Client, kind: Kind, collection: &str, path: &str, seed: u64, dice: &mut Dice) {
    let whole = |mut body: Value| {
        body["apiVersion"] = json!("v1");
        body["kind"] = json!(kind.name());
        body["metadata"]["name"] = json!(format!("s{seed}"));
        body
    };
    if dice.one_in(2) {
        let manager = dice.of(&["konnect", "konnect", "konnect", "argocd", "kubectl", "helm"]);
        let body = whole(dice.object(kind, false));
        let path = format!("{path}?fieldManager={manager}&force={}", !dice.one_in(4));
        send(client, "PATCH", &path, "application/apply-patch+yaml", &body).await;
        return;
    }
    let managers = ["kubectl-create", "kubectl-edit", "kubectl-label", "kubectl-client-side-apply", "kubectl", "helm", "konnect"];
    let manager = dice.of(&managers);
    if dice.one_in(9) {
        // What stood there before managedFields were kept.
        let body = json!({"metadata": {"managedFields": [{}]}});
        send(client, "PATCH", path, "application/merge-patch+json", &body).await;
        return;
    }
    let patch = dice.object(kind, true);
    let (code, _) =
        send(client, "PATCH", &format!("{path}?fieldManager={manager}"), "application/merge-patch+json", &patch).await;
    if code == 404 {
        let body = whole(dice.object(kind, false));
        send(client, "POST", &format!("{collection}?fieldManager={manager}"), "application/json", &body).await;
    }
}

/// A spec that wants some of the fields those managers wrote.
pub fn spec(namespace: &str, seed: u64, dice: &mut Dice) -> String {
    let mut text = format!("pat_file = \"pat\"\nnamespace = {{ name = \"{namespace}\", manage = false }}\n");
    for key in ["service_account", "secret"] {
        let labels = dice.map(&LABELS, &LABEL_VALUES, false);
        let annotations = dice.map(&ANNOTATIONS, &["1", "two\nlines"], false);
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
