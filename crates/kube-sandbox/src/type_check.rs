//! Checks the types of an applied object against the schema, with Go's messages for what is wrong.

use serde_json::Value;

use super::go_format::{go_plain, go_syntax, go_type};
use super::schema::{Merge, Type};
use super::typed::step_of;

/// Checks an applied object against the schema. The error is the server's message, which may echo a value of the wrong type.
pub fn validate(ty: &Type, value: &Value) -> Result<(), String> {
    let mut errors = Vec::new();
    check(ty, value, "", &mut errors);
    match errors.as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!("errors:\n  {}", many.join("\n  "))),
    }
}

fn check(ty: &Type, value: &Value, path: &str, errors: &mut Vec<String>) {
    let mut fault = |what: String| errors.push(format!("{path}: {what}"));
    match (ty, value) {
        (_, Value::Null) | (Type::Any, _) => {}
        (Type::Text(_) | Type::Time | Type::Bytes, Value::String(_)) => {}
        (Type::Text(_) | Type::Time | Type::Bytes, other) => {
            fault(format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(other)));
        }
        (Type::Bool, Value::Bool(_)) | (Type::Int, Value::Number(_)) => {}
        (Type::Bool, other) => fault(format!("expected boolean, got &{{{}}}", go_plain(other))),
        (Type::Int, other) => fault(format!("expected numeric (int or float), got {}", go_type(other))),
        (Type::Map(..) | Type::Struct(_), Value::Object(map)) => {
            for (key, below) in map {
                let here = format!("{path}.{key}");
                let Some(of) = ty.member(key) else {
                    errors.push(format!("{here}: field not declared in schema"));
                    return;
                };
                check(of, below, &here, errors);
            }
        }
        (Type::Map(..) | Type::Struct(_), other) => fault(format!("expected map, got &{{{}}}", go_plain(other))),
        (Type::List(of, merge, _), Value::Array(items)) => check_items(ty, of, *merge, items, path, errors),
        (Type::List(..), other) => fault(format!("expected list, got &{{{}}}", go_plain(other))),
    }
}

fn check_items(ty: &Type, of: &Type, merge: Merge, items: &[Value], path: &str, errors: &mut Vec<String>) {
    let mut seen: Vec<String> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let shown = match (merge, step_of(ty, item)) {
            (Merge::Atomic, _) => format!("[{i}]"),
            (_, Some(step)) => step.shown(),
            (Merge::Keys(keys), None) => {
                let names = keys.iter().map(|k| format!("{k:?}")).collect::<Vec<_>>().join(" ");
                let why = "associative list with keys has an element that omits all key fields";
                errors.push(format!("{path}: element {i}: {why} [{names}] (and doesn't have default values for any key fields)"));
                return;
            }
            (Merge::Set, None) => return,
        };
        if merge != Merge::Atomic && seen.contains(&shown) {
            errors.push(format!("{path}: duplicate entries for key {shown}"));
        }
        check(of, item, &format!("{path}{shown}"), errors);
        seen.push(shown);
    }
}
