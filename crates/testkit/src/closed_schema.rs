//! A public schema, closed: what this version prints must all be named in it.

use serde_json::{Value, json};

/// The schema with nothing in an object but what it names: a minor version may add, so the public ones are open, but what this version
/// prints must all be named.
#[must_use]
pub fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut closed: serde_json::Map<String, Value> =
                members.iter().map(|(key, value)| (key.clone(), closed(value))).collect();
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("type") {
                closed.entry("additionalProperties").or_insert(json!(false));
            }
            closed.into()
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        plain => plain.clone(),
    }
}
