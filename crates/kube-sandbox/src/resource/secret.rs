//! Secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Change, Column, Deletion, Resource, Scope, Strategy};
use crate::cause::Cause;
use crate::json::Doc;
use crate::schema::{META, STRINGS, Struct, TEXT, Type};
#[cfg(feature = "kubectl")]
use crate::wire::{self, Wire};
use crate::{base64_error, names};

const MAX_DATA_BYTES: usize = 1024 * 1024;
const WHEN_IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// `secrets`.
pub(crate) static SECRET: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Secret",
    plural: "secrets",
    short_names: &[],
    scope: Scope::Namespaced,
    schema: &SCHEMA,
    #[cfg(feature = "kubectl")]
    protobuf: Some(PROTOBUF),
    field_labels: Some(&["metadata.name", "metadata.namespace", "type"]),
    always_written: &[],
    columns: &[
        Column {
            name: "Type",
            description: "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
            cell: |object| json!(object["type"].as_str().unwrap_or_default()),
        },
        Column {
            name: "Data",
            description: "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
            cell: |object| json!(object["data"].as_object().map_or(0, serde_json::Map::len)),
        },
    ],
    reset_fields: &[],
    deletion: Deletion::AnswersStatus,
    strategy: Strategy { default, validate, validate_update, ..Strategy::DEFAULT },
};

static SCHEMA: Struct = Struct {
    name: "Secret",
    go: "v1.Secret",
    atomic: false,
    fields: &[
        ("kind", TEXT),
        ("apiVersion", TEXT),
        ("metadata", Type::Struct(&META)),
        ("immutable", Type::Bool),
        ("data", Type::Map(&Type::Bytes, "map[string][]uint8")),
        ("stringData", STRINGS),
        ("type", Type::Text("v1.SecretType")),
    ],
};

#[cfg(feature = "kubectl")]
const PROTOBUF: wire::Message = &[
    (1, "metadata", Wire::Message(wire::META)),
    (2, "data", Wire::ByteMap),
    (3, "type", Wire::Text),
    (4, "stringData", Wire::TextMap),
    (5, "immutable", Wire::Bool),
];

/// `stringData` becomes data, and the type is Opaque.
fn default(object: &mut Value) {
    let texts = object.as_object_mut().and_then(|o| o.remove("stringData"));
    if let Some(Value::Object(texts)) = texts {
        for (key, text) in texts {
            object["data"][key] = json!(STANDARD.encode(text.as_str().unwrap_or_default()));
        }
    }
    if object.get("type").is_none() {
        object["type"] = json!("Opaque");
    }
}

fn validate_update(change: &Change<'_>) -> Vec<Cause> {
    let Change { new, old, hollow } = change;
    let mut causes = Vec::new();
    let text = |o: &Value| o.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(new) != text(old) {
        causes.push(Cause::invalid("type", &text(new), "field is immutable"));
    }
    let frozen = |o: &Value| o.get("immutable").and_then(Value::as_bool).unwrap_or_default();
    if frozen(old) {
        if !frozen(new) {
            causes.push(Cause::forbidden("immutable", WHEN_IMMUTABLE));
        }
        if hollow.iter().any(|member| member == "data") || new.get("data") != old.get("data") {
            causes.push(Cause::forbidden("data", WHEN_IMMUTABLE));
        }
    }
    causes
}

fn validate(object: &Value) -> Vec<Cause> {
    let empty = Map::new();
    let data = object.get("data").and_then(Value::as_object).unwrap_or(&empty);
    let mut causes = Vec::new();
    let mut size = 0;
    for (key, value) in data {
        causes.extend(names::data_key(key).iter().map(|fault| Cause::invalid(&format!("data[{key}]"), key, fault)));
        let text = value.as_str().unwrap_or_default();
        size += text.len() / 4 * 3 - text.bytes().rev().take_while(|b| *b == b'=').count();
    }
    if size > MAX_DATA_BYTES {
        causes.push(Cause::too_long("data", MAX_DATA_BYTES));
    }
    let mut need = |key: &str| causes.push(Cause::required(&format!("data[{key}]"), ""));
    let has = |key: &str| data.contains_key(key);
    let filled = |key: &str| data.get(key).and_then(Value::as_str).is_some_and(|v| !v.is_empty());
    match object.get("type").and_then(Value::as_str).unwrap_or_default() {
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            if object["metadata"]["annotations"][key].as_str().is_none_or(str::is_empty) {
                causes.push(Cause::required(&format!("metadata.annotations[{key}]"), ""));
            }
        }
        "kubernetes.io/dockercfg" => causes.extend(docker(data, ".dockercfg")),
        "kubernetes.io/dockerconfigjson" => causes.extend(docker(data, ".dockerconfigjson")),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            need("username");
            need("password");
        }
        "kubernetes.io/ssh-auth" if !filled("ssh-privatekey") => need("ssh-privatekey"),
        "kubernetes.io/tls" => ["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)).for_each(need),
        _ => {}
    }
    causes
}

fn docker(data: &Map<String, Value>, key: &str) -> Option<Cause> {
    let field = format!("data[{key}]");
    let Some(text) = data.get(key).and_then(Value::as_str) else { return Some(Cause::required(&field, "")) };
    let bytes = base64_error::decode(text).unwrap_or_default();
    match Doc::parse(&bytes) {
        Ok(Doc::Object(_) | Doc::Leaf(Value::Null)) => None,
        Ok(other) => {
            let why = format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", other.go_kind());
            Some(Cause::invalid(&field, "<secret contents redacted>", &why))
        }
        Err(why) => Some(Cause::invalid(&field, "<secret contents redacted>", &why)),
    }
}
