//! Holds one object's computed change against what the server says it would do.

use std::collections::{BTreeMap, BTreeSet};

use konnect::desired::WantedValue;
use konnect::field_path::FieldPath;
use konnect::plan::{Action, Change, Field, FieldAction, FieldValue, Reason};
use konnect::token::Verdict;
use konnect::view::Door;
use serde_json::{Map, Value, json};

use super::send;

/// Field → value, of the fields that a plan speaks of: data, labels and annotations.
type Values = BTreeMap<String, String>;

/// The words that were met, or what is not as it was computed. `lenient` is the same change where every field may be taken over.
pub async fn check(
    client: &kube::Client,
    strict: &Change,
    lenient: &Change,
    live: &Value,
    token: &str,
) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = strict.fields.iter().map(|f| f.action.word().to_owned()).collect();
    words.push(format!("object {}", strict.action.word()));
    let terms = strict.wanted.holds_token().then_some(token);
    if live.is_null() {
        let same = strict.action == Action::Create && apply(client, strict, terms, false).await.0 == 201;
        return if same { Ok(words) } else { Err(format!("absent, but {:?}", strict.action)) };
    }
    let conflicts = conflicts(client, strict, terms).await;
    if strict.reason == Reason::Immutable {
        words.push("object immutable".to_owned());
        let (code, answer) = apply(client, strict, terms, true).await;
        return if code == 422 { Ok(words) } else { Err(format!("computed as immutable, but {code} {answer:#}")) };
    }
    if !conflicts.is_empty() {
        words.push("conflict".to_owned());
    }
    let expected = strict.fields.iter().filter(|f| conflicts_with_somebody(f, live)).map(|f| dotted(&f.path));
    // An empty map stands for each of the keys that would be added to it.
    let expected: BTreeSet<String> = expected.map(|path| in_map(path, &conflicts)).collect();
    if expected != conflicts {
        return Err(format!("computed conflicts {expected:?}, the server's {conflicts:?}\n{strict:#?}"));
    }
    let (code, after) = apply(client, lenient, terms, true).await;
    if code != 200 {
        return Err(format!("the forced apply: {code} {after:#}\n{lenient:#?}"));
    }
    let (predicted, after_values) = (predicted(lenient, live), values(&after));
    let predicted = predicted.map_err(|what| format!("{what}\n{lenient:#?}"))?;
    let token_data = base64(token);
    let predicted: Values =
        predicted.into_iter().map(|(k, v)| (k, if v == WANTED_TOKEN { token_data.clone() } else { v })).collect();
    if predicted != after_values {
        return Err(format!("computed values {predicted:?}, the server's {after_values:?}\n{lenient:#?}"));
    }
    for field in lenient.fields.iter().filter(|f| f.action == FieldAction::Remove) {
        if after.pointer(&field.path.json_pointer()).is_some() {
            let path = dotted(&field.path);
            return Err(format!("{path} was to be removed\n{lenient:#?}\n{after:#}"));
        }
    }
    let nothing = lenient.fields.iter().all(|f| matches!(f.action, FieldAction::None | FieldAction::Release));
    if nothing && rest(live) != rest(&after) {
        return Err(format!("nothing was to change, but {:#} became {:#}", rest(live), rest(&after)));
    }
    Ok(words)
}

const WANTED_TOKEN: &str = "(the wanted token)";

/// The values after an apply, by what the plan says: foreign fields stay.
fn predicted(change: &Change, live: &Value) -> Result<Values, String> {
    let mut after = values(live);
    for field in &change.fields {
        let path = dotted(&field.path);
        match (field.action, &field.value) {
            (FieldAction::Blocked, _) => return Err(format!("{path} is blocked although everything may be taken")),
            (FieldAction::Remove, _) => drop(after.remove(&path)),
            (FieldAction::Release, _) => {}
            (FieldAction::None, FieldValue::Token(Verdict::Same)) => {}
            (FieldAction::None, FieldValue::Token(verdict)) => return Err(format!("{path}: none, but {verdict:?}")),
            (_, FieldValue::Token(_)) => drop(after.insert(path, WANTED_TOKEN.to_owned())),
            (_, FieldValue::Plain { after: Some(value), .. }) => drop(after.insert(path, value.expose().to_owned())),
            (action, value) => return Err(format!("{path}: {action:?} with {value:?}")),
        }
    }
    Ok(after)
}

/// Everything but what any write moves.
fn rest(object: &Value) -> Value {
    let mut object = object.clone();
    for key in ["managedFields", "resourceVersion"] {
        object["metadata"].as_object_mut().map(|metadata| metadata.remove(key));
    }
    object
}

fn values(object: &Value) -> Values {
    let map = |pointer: &str, prefix: &'static str| {
        let map = object.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
        map.into_iter().map(move |(key, value)| (format!("{prefix}.{key}"), value.as_str().unwrap_or_default().to_owned()))
    };
    let labels = map("/metadata/labels", "metadata.labels");
    labels.chain(map("/metadata/annotations", "metadata.annotations")).chain(map("/data", "data")).collect()
}

async fn apply(client: &kube::Client, change: &Change, token: Option<&str>, force: bool) -> (u16, Value) {
    let object = &change.wanted.object;
    let mut body = json!({"apiVersion": "v1", "kind": object.resource.kind, "metadata": {"name": object.name.expose()}});
    for (path, value) in &change.wanted.fields {
        let value = match (value, token) {
            (WantedValue::Plain(text), _) => json!(text.expose()),
            (WantedValue::Token, Some(token)) => json!(base64(token)),
            (WantedValue::Token, None) => continue,
        };
        *path.elements().iter().fold(&mut body, |body, name| &mut body[name.expose()]) = value;
    }
    let path = object.api_path();
    let query = format!("fieldManager=konnect&dryRun=All&force={force}");
    send(client, "PATCH", &format!("{path}?{query}"), "application/apply-patch+yaml", &body).await
}

/// The fields of the server's conflicts: dotted, as it writes them.
async fn conflicts(client: &kube::Client, change: &Change, token: Option<&str>) -> BTreeSet<String> {
    let (code, answer) = apply(client, change, token, false).await;
    let none = Vec::new();
    let causes = answer.pointer("/details/causes").and_then(Value::as_array).unwrap_or(&none);
    let fields = causes.iter().filter(|cause| cause["reason"] == "FieldManagerConflict").map(|cause| cause["field"].as_str());
    let fields: BTreeSet<String> = fields.flatten().map(|field| field.trim_start_matches('.').to_owned()).collect();
    assert_eq!(code == 409, !fields.is_empty(), "{code} {answer:#}");
    fields
}

/// Whether the plan names somebody the server would name too. Fields written as `stringData` give no conflict, and nobody's fields
/// only where nothing at all has an owner: then the server makes up a `before-first-apply` that owns everything.
fn conflicts_with_somebody(field: &Field, live: &Value) -> bool {
    let entries = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    matches!(field.action, FieldAction::TakeOver | FieldAction::Blocked)
        && (entries.is_empty()
            || field.managers.iter().any(|manager| {
                let ([data, key], true) = (field.path.elements(), field.path.is_under(&["data"])) else { return true };
                assert_eq!(*data, "data");
                entries.iter().any(|entry| {
                    let of_map = live.get("data").is_none() && entry["fieldsV1"]["f:data"].as_object().is_some_and(Map::is_empty);
                    entry["manager"] == *manager.name.expose()
                        && entry["operation"] == *manager.operation.expose()
                        && (of_map || entry["fieldsV1"]["f:data"].get(format!("f:{}", key.expose())).is_some())
                })
            }))
}

fn in_map(path: String, found: &BTreeSet<String>) -> String {
    let map = ["data", "metadata.labels", "metadata.annotations"].into_iter().find(|map| path.starts_with(&format!("{map}.")));
    match map {
        Some(map) if !found.contains(&path) && found.contains(map) => map.to_owned(),
        _ => path,
    }
}

/// As the server spells it, without its first dot.
fn dotted(path: &FieldPath) -> String {
    Door::default().value(path.dotted())
}

fn base64(token: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(token)
}
