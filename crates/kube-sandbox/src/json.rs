//! JSON as Go's decoder reads it: in document order, with duplicate keys, and with Go's error messages.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A JSON document that keeps its order and duplicate keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Doc {
    /// null, a boolean, a number or a string.
    Leaf(Value),
    /// An array.
    List(Vec<Doc>),
    /// An object.
    Object(Vec<(String, Doc)>),
}

impl Doc {
    /// Parses bytes. The error is Go's message.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| go_syntax_error(bytes, &error))
    }

    /// The document as a value. The last of several duplicate keys wins.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Leaf(value) => value.clone(),
            Self::List(items) => items.iter().map(Self::value).collect(),
            Self::Object(members) => {
                Value::Object(members.iter().map(|(k, v)| (k.clone(), v.value())).collect::<Map<String, Value>>())
            }
        }
    }

    /// Duplicate keys, with their dotted paths, in document order.
    #[must_use]
    pub fn duplicates(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_duplicates("", &mut found);
        found
    }

    fn collect_duplicates(&self, path: &str, found: &mut Vec<String>) {
        match self {
            Self::Leaf(_) => {}
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    item.collect_duplicates(&format!("{path}[{i}]"), found);
                }
            }
            Self::Object(members) => {
                for (i, (key, value)) in members.iter().enumerate() {
                    let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if members[..i].iter().any(|(earlier, _)| earlier == key) {
                        found.push(format!("duplicate field {below:?}"));
                    }
                    value.collect_duplicates(&below, found);
                }
            }
        }
    }

    /// Go's name for this kind of value: array, object, number, string, bool, null.
    #[must_use]
    pub fn go_kind(&self) -> &'static str {
        match self {
            Self::List(_) => "array",
            Self::Object(_) => "object",
            Self::Leaf(Value::Number(_)) => "number",
            Self::Leaf(Value::String(_)) => "string",
            Self::Leaf(Value::Bool(_)) => "bool",
            Self::Leaf(_) => "null",
        }
    }
}

impl From<&Value> for Doc {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(members.iter().map(|(k, v)| (k.clone(), Self::from(v))).collect()),
            leaf => Self::Leaf(leaf.clone()),
        }
    }
}

/// Translates an error of serde_json into Go's message.
fn go_syntax_error(bytes: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() || bytes.iter().all(u8::is_ascii_whitespace) {
        return "unexpected end of JSON input".to_owned();
    }
    let mut offset = 0;
    for (i, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        if i + 1 == error.line() {
            offset += error.column().saturating_sub(1);
            break;
        }
        offset += line.len();
    }
    let at = bytes.get(offset).or(bytes.last()).copied().unwrap_or(b' ') as char;
    let place = match error.to_string() {
        text if text.starts_with("key must be a string") => "looking for beginning of object key string",
        text if text.starts_with("trailing characters") => "after top-level value",
        text if text.starts_with("expected `:`") => "after object key",
        text if text.starts_with("expected `,` or `}`") => "after object key:value pair",
        text if text.starts_with("expected `,` or `]`") => "after array element",
        _ => "looking for beginning of value",
    };
    format!("invalid character {at:?} {place}")
}

impl<'de> Deserialize<'de> for Doc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Doc;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Doc, E> {
        Ok(Doc::Leaf(v.into()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Doc, E> {
        Ok(Doc::Leaf(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Doc, E> {
        Ok(Doc::Leaf(v.into()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Doc, E> {
        Ok(Doc::Leaf(v.into()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Doc, E> {
        Ok(Doc::Leaf(v.into()))
    }

    fn visit_unit<E>(self) -> Result<Doc, E> {
        Ok(Doc::Leaf(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Doc, E> {
        Ok(Doc::Leaf(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Doc, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Doc::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Doc, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Doc::Object(members))
    }
}
