//! Strategic merge patch, as far as the resources of the table need it.

use serde_json::{Map, Value};

use super::context::RequestContext;
use super::go_format::{go_plain, go_type};
use super::json::Doc;
use super::merge_patch::{no_map, unfit};
use super::object;
use super::schema::Type;
use super::status::Refusal;
use super::typed::step_of;
use super::write::WriteTarget;

impl RequestContext<'_> {
    /// The object after the patch.
    pub(super) fn strategic(&mut self, target: &WriteTarget, body: &[u8], live: &Value) -> Result<Value, Refusal> {
        let WriteTarget { resource, options, .. } = target;
        let doc = Doc::parse(body).map_err(Refusal::bad_request)?;
        let patch = match &doc {
            Doc::Object(_) => doc.value(),
            Doc::Leaf(Value::Null) => Value::Object(Map::new()),
            _ => return Err(Refusal::bad_request(no_map(&doc))),
        };
        if has_other_directive(&patch) {
            return Err(Refusal::unsupported_patch());
        }
        let ty = resource.schema();
        let after = merge_strategic(&ty, live, &patch);
        let shown = go_plain(&patch);
        restorable(&ty, &after).map_err(|why| unfit(&shown, &why))?;
        let decoded = object::decode(resource, &Doc::from(&after));
        let decoded = decoded.map_err(|why| unfit(&shown, &format!("error decoding from json: {why}")))?;
        self.hollow = decoded.hollow;
        let complaints = [doc.duplicates(), decoded.complaints].concat();
        self.complain(options, complaints, |all| unfit(&shown, &format!("strict decoding error: {all}")))?;
        Ok(decoded.object)
    }
}

/// Whether a patch has a directive that is not supported: any but `$patch: replace` and `$patch: delete` in maps.
fn has_other_directive(patch: &Value) -> bool {
    match patch {
        Value::Object(map) => map.iter().any(|(key, value)| {
            (key.starts_with('$') && !(key == "$patch" && (value == "replace" || value == "delete")))
                || (!key.starts_with('$') && has_other_directive(value))
        }),
        Value::Array(items) => {
            items.iter().any(|item| item.as_object().is_some_and(|o| o.keys().any(|key| key.starts_with('$'))))
        }
        _ => false,
    }
}

fn merge_strategic(ty: &Type, live: &Value, patch: &Value) -> Value {
    let (Value::Object(live), Value::Object(patch)) = (live, patch) else { return patch.clone() };
    let mut out = match patch.get("$patch").and_then(Value::as_str) {
        Some("delete") => return Value::Object(Map::new()),
        Some(_) => Map::new(),
        None => live.clone(),
    };
    for (key, value) in patch.iter().filter(|(key, _)| *key != "$patch") {
        if value.is_null() {
            out.remove(key);
            continue;
        }
        let below = ty.member(key);
        let merged = match (below, out.get(key), value) {
            (Some(ty), Some(Value::Array(old)), Value::Array(new)) => merge_lists(ty, old, new),
            (Some(ty), Some(old), value) => merge_strategic(ty, old, value),
            (Some(ty), None, Value::Object(_)) => merge_strategic(ty, &Value::Object(Map::new()), value),
            (_, _, value) => value.clone(),
        };
        out.insert(key.clone(), merged);
    }
    Value::Object(out)
}

/// Merges two lists: the patch's items in their order, and each other live item before the item of both that it preceded.
fn merge_lists(ty: &Type, old: &[Value], new: &[Value]) -> Value {
    if !ty.granular() {
        return Value::Array(new.to_vec());
    }
    let place = |list: &[Value], item: &Value| {
        let step = step_of(ty, item);
        list.iter().position(|there| step_of(ty, there) == step)
    };
    let merged = new.iter().enumerate().filter(|(i, item)| place(new, item) == Some(*i)).map(|(_, item)| {
        match (place(old, item).map(|i| old[i].clone()), item) {
            (Some(Value::Object(mut there)), Value::Object(item)) => {
                there.extend(item.clone());
                Value::Object(there)
            }
            (_, item) => item.clone(),
        }
    });
    let mut left = old.iter().filter(|item| place(new, item).is_none()).cloned().peekable();
    let mut out = Vec::new();
    for item in merged {
        while let Some(before) = left.next_if(|l| place(old, &item).is_some_and(|at| place(old, l) < Some(at))) {
            out.push(before);
        }
        out.push(item);
    }
    out.extend(left);
    Value::Array(out)
}

/// Go's conversion of maps into structs, reproduced for its errors only.
fn restorable(ty: &Type, value: &Value) -> Result<(), String> {
    match (ty, value) {
        (_, Value::Null) | (Type::Any, _) | (Type::Text(_) | Type::Time | Type::Bytes, Value::String(_)) => Ok(()),
        (Type::Bool, Value::Bool(_)) | (Type::Int, Value::Number(_)) => Ok(()),
        (Type::Struct(_) | Type::Map(..), Value::Object(map)) => {
            map.iter().filter_map(|(key, v)| Some((ty.member(key)?, v))).try_for_each(|(of, v)| restorable(of, v))
        }
        (Type::List(of, ..), Value::Array(items)) => items.iter().try_for_each(|item| restorable(of, item)),
        (Type::Map(..), other) => Err(format!("cannot restore map from {}", go_type(other))),
        (Type::List(..) | Type::Bytes, other) => Err(format!("cannot restore slice from {}", go_type(other))),
        (Type::Struct(_), other) => Err(format!("cannot restore struct from: {}", go_type(other))),
        (Type::Text(_), Value::Number(_)) => Err(format!("cannot convert {} to string", go_type(value))),
        (Type::Text(_) | Type::Time, _) => Err("unrecognized type: string".to_owned()),
        (Type::Bool, _) => Err("unrecognized type: bool".to_owned()),
        (Type::Int, _) => Err("unrecognized type: int64".to_owned()),
    }
}
