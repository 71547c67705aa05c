//! Objects: decoding a body as Go decodes it into a struct, and writing it in Go's order of fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::json::Doc;
use super::resource::Resource;
use super::schema::{Struct, Type};
use super::{base64_error, clock};

/// A decoded object, and what strict decoding has to say about it.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The object: only declared fields, none of them empty.
    pub object: Value,
    /// `unknown field "…"` and `duplicate field "…"`, in document order.
    pub complaints: Vec<String>,
    /// Members that were `{}` in the body, of which nothing is stored: `data: {}` still changes an immutable object without data.
    pub hollow: Vec<String>,
}

/// A new, empty object.
#[must_use]
pub fn empty(resource: &Resource) -> Value {
    let mut out = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": {}});
    for member in resource.always_written {
        out[member] = json!({});
    }
    out
}

/// Decodes a document and sets the defaults. The error is Go's message.
pub fn decode(resource: &Resource, doc: &Doc) -> Result<Decoded, String> {
    let mut reader = Reader { complaints: Vec::new(), first_error: None };
    let read = match resource.schema() {
        Type::Struct(of) => reader.structure(of, doc, "", "")?,
        _ => None,
    };
    if let Some(error) = reader.first_error {
        return Err(error);
    }
    let mut object = empty(resource);
    if let (Some(Value::Object(read)), Value::Object(out)) = (read, &mut object) {
        out.extend(read);
    }
    object["kind"] = json!(resource.kind);
    object["apiVersion"] = json!(resource.api_version());
    (resource.strategy.default)(&mut object);
    let members = if let Doc::Object(members) = doc { members.as_slice() } else { &[] };
    let is_hollow = |value: &Doc| matches!(value, Doc::Object(members) if members.is_empty());
    let hollow = members.iter().filter(|(key, value)| is_hollow(value) && object.get(key).is_none());
    let hollow = hollow.map(|(key, _)| key.clone()).collect();
    Ok(Decoded { object, complaints: reader.complaints, hollow })
}

/// A string of the object's metadata, or "".
#[must_use]
pub fn meta<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"].get(key).and_then(Value::as_str).unwrap_or_default()
}

/// An object's metadata alone.
#[must_use]
pub fn metadata_of(object: &Value) -> Value {
    let metadata = object.get("metadata").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

/// Sets or removes a member of the metadata.
pub fn set_meta(object: &mut Value, key: &str, value: Option<Value>) {
    if let Some(Value::Object(meta)) = object.get_mut("metadata") {
        match value {
            Some(value) => meta.insert(key.to_owned(), value),
            None => meta.remove(key),
        };
    }
}

struct Reader {
    complaints: Vec<String>,
    /// Go carries on after a value of the wrong type, and reports the first of them at the end.
    first_error: Option<String>,
}

impl Reader {
    fn structure(&mut self, of: &Struct, doc: &Doc, path: &str, shown: &str) -> Result<Option<Value>, String> {
        let Doc::Object(members) = doc else { return Ok(None) };
        let mut out = Map::new();
        for (i, (key, value)) in members.iter().enumerate() {
            let here = if shown.is_empty() { key.clone() } else { format!("{shown}.{key}") };
            let Some((_, ty)) = of.fields.iter().find(|(name, _)| name == key) else {
                self.complaints.push(format!("unknown field {here:?}"));
                continue;
            };
            if members[..i].iter().any(|(earlier, _)| earlier == key) {
                self.complaints.push(format!("duplicate field {here:?}"));
            }
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match self.value(ty, value, of.name, &below, &here)? {
                Some(value) => out.insert(key.clone(), value),
                None => out.remove(key),
            };
        }
        Ok(Some(Value::Object(out)))
    }

    fn mismatch(&mut self, ty: &Type, doc: &Doc, parent: &str, path: &str) -> Option<Value> {
        let error = format!("json: cannot unmarshal {} into Go struct field {parent}.{path} of type {}", doc.go_kind(), ty.go());
        self.first_error.get_or_insert(error);
        None
    }

    /// A value as it is stored. `None` if Go leaves it out.
    fn value(&mut self, ty: &Type, doc: &Doc, parent: &str, path: &str, shown: &str) -> Result<Option<Value>, String> {
        if matches!(doc, Doc::Leaf(Value::Null)) {
            return Ok(None);
        }
        Ok(match (ty, doc) {
            (Type::Text(_), Doc::Leaf(Value::String(text))) => (!text.is_empty()).then(|| json!(text)),
            (Type::Time, Doc::Leaf(Value::String(text))) => Some(json!(clock::normalised(text)?)),
            (Type::Bytes, Doc::Leaf(Value::String(text))) => match base64_error::decode(text) {
                Ok(bytes) => Some(json!(STANDARD.encode(bytes))),
                Err(error) => {
                    self.first_error.get_or_insert(error);
                    None
                }
            },
            (Type::Bool, Doc::Leaf(Value::Bool(flag))) => Some(json!(flag)),
            (Type::Int, Doc::Leaf(Value::Number(number))) => number.as_i64().map(|n| json!(n)),
            (Type::Any, doc) => Some(doc.value()),
            (Type::Map(of, _), Doc::Object(members)) => {
                let mut out = Map::new();
                for (i, (key, value)) in members.iter().enumerate() {
                    let here = format!("{shown}.{key}");
                    if members[..i].iter().any(|(earlier, _)| earlier == key) {
                        self.complaints.push(format!("duplicate field {here:?}"));
                    }
                    // A map keeps keys whose value is empty or null.
                    let value = self.value(of, value, parent, path, &here)?.unwrap_or_else(|| json!(""));
                    out.insert(key.clone(), value);
                }
                (!out.is_empty()).then_some(Value::Object(out))
            }
            (Type::List(of, ..), Doc::List(items)) => {
                let mut out = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    let here = format!("{shown}[{i}]");
                    let hollow = if matches!(of, Type::Struct(_)) { json!({}) } else { json!("") };
                    out.push(self.value(of, item, parent, path, &here)?.unwrap_or(hollow));
                }
                // An empty list is kept here because it has a meaning: it resets managedFields.
                (!out.is_empty() || path == "metadata.managedFields").then_some(Value::Array(out))
            }
            (Type::Struct(of), Doc::Object(_)) => self.structure(of, doc, path, shown)?,
            (ty, doc) => self.mismatch(ty, doc, parent, path),
        })
    }
}

/// JSON in Go's order of fields. Structs that a patch touched have been decoded into maps, and are in the order of their keys.
#[must_use]
pub fn rendered(resource: &Resource, value: &Value, patch: &Value) -> String {
    render(Some(&resource.schema()), value, Some(patch))
}

fn render(ty: Option<&Type>, value: &Value, patch: Option<&Value>) -> String {
    let touched = patch.is_some_and(Value::is_object);
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            if let (Some(Type::Struct(of)), false) = (ty, touched) {
                keys.sort_by_key(|key| of.fields.iter().position(|(name, _)| name == key));
            }
            let member = |key: &String| {
                let below = render(ty.and_then(|t| t.member(key)), &map[key], patch.and_then(|p| p.get(key)));
                format!("{}:{below}", Value::String(key.clone()))
            };
            format!("{{{}}}", keys.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let of = ty.and_then(Type::list_items);
            format!("[{}]", items.iter().map(|item| render(of, item, None)).collect::<Vec<_>>().join(","))
        }
        leaf => leaf.to_string(),
    }
}

/// Decodes a document into a given struct. The error is Go's message.
pub fn decode_struct(of: &Struct, doc: &Doc) -> Result<Value, String> {
    let mut reader = Reader { complaints: Vec::new(), first_error: None };
    let read = reader.structure(of, doc, "", "")?;
    reader.first_error.map_or_else(|| Ok(read.unwrap_or_else(|| json!({}))), Err)
}
