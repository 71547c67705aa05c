//! Objects to plan with: what the tests of the core share.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test uses a part of it")]

use konnect_core::desired::{Desired, DesiredObject, WantedValue};
use konnect_core::field_path::FieldPath;
use konnect_core::object::{ObjectRef, ResourceType, SpecId};
use konnect_core::observed::{LiveObject, LiveValue, Observed, Read};
use konnect_core::ownership::Owners;
use konnect_core::plan::ClusterIdentity;
use konnect_core::token::{LiveToken, TokenFingerprint, Verdict};
use serde_json::{Value, json};

/// The label that the wanted Secret has.
pub const LABEL: &str = "konghq.com/credential";

pub fn of(spec_key: &str) -> &'static ResourceType {
    ResourceType::of_spec_key(spec_key).expect("in the table")
}

pub fn label(key: &str) -> FieldPath {
    FieldPath::of(&["metadata", "labels", key])
}

pub fn token() -> FieldPath {
    FieldPath::of(&["data", "token"])
}

pub fn object(spec_key: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
    ObjectRef { resource: of(spec_key), namespace: namespace.map(Into::into), name: name.into() }
}

/// `Secret kong/pat` with one label and the token.
pub fn secret() -> DesiredObject {
    DesiredObject {
        object: object("secret", Some("kong"), "pat"),
        fields: [(label(LABEL), WantedValue::Plain("konnect".into())), (token(), WantedValue::Token)].into(),
    }
}

pub fn namespace() -> DesiredObject {
    DesiredObject { object: object("namespace", None, "kong"), fields: [].into() }
}

pub fn account() -> DesiredObject {
    DesiredObject { object: object("service_account", Some("kong"), "podid"), fields: [].into() }
}

/// The live Secret: how its token compares, what its label is, and `managedFields`.
pub fn live_secret(verdict: Verdict, labelled: Option<&str>, managed_fields: &Value) -> LiveObject {
    let fingerprint = Some(TokenFingerprint("1".into()));
    let live_token = LiveValue::Token(LiveToken { verdict, fingerprint, saved: None });
    let text = |text: &str| LiveValue::Text(text.into());
    let fields = [
        Some((FieldPath::of(&["type"]), text("Opaque"))),
        labelled.map(|value| (label(LABEL), text(value))),
        (verdict != Verdict::Missing).then(|| (token(), live_token)),
    ];
    let live = LiveObject {
        uid: "u".into(),
        resource_version: "7".into(),
        values: fields.into_iter().flatten().collect(),
        ..LiveObject::default()
    };
    live.with_owners(of("secret"), Owners::parse(managed_fields, of("secret")))
}

/// A live object with nothing special about it.
pub fn bare() -> LiveObject {
    LiveObject { uid: "n".into(), resource_version: "1".into(), ..LiveObject::default() }
}

/// The same with a field more, or another value in it.
pub fn with(mut live: LiveObject, path: &[&str], text: &str) -> LiveObject {
    live.values.insert(FieldPath::of(path), LiveValue::Text(text.into()));
    live
}

/// An entry of `managedFields`.
pub fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
    json!({ "manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields })
}

pub fn owns_label(manager: &str, operation: &str) -> Value {
    entry(manager, operation, &json!({ "f:metadata": { "f:labels": { ".": {}, format!("f:{LABEL}"): {} } } }))
}

pub fn owns_token(manager: &str, operation: &str) -> Value {
    entry(manager, operation, &json!({ "f:data": { ".": {}, "f:token": {} } }))
}

pub fn observed(objects: impl IntoIterator<Item = (ObjectRef, Read)>) -> Observed {
    Observed {
        spec: "konnect.toml".into(),
        token_source: "$PAT".into(),
        token_unset: "$PAT is not set".into(),
        token_is_given: true,
        cluster: ClusterIdentity { context: "c".into(), server: "https://s".into(), uid: None, user: None, claimed: false },
        read_at: jiff::Timestamp::UNIX_EPOCH,
        leftovers: Vec::new(),
        objects: objects.into_iter().map(|(object, read)| ((SpecId::default(), object), read)).collect(),
    }
}

pub fn desired(objects: Vec<DesiredObject>) -> Desired {
    Desired { spec: SpecId::default(), objects }
}
