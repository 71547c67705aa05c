//! JSON as a server-side apply's body must spell it. The API server reads it as YAML, in which not every JSON text means the same: raw
//! U+0085 and U+2029 are line breaks there, DEL and the C1 controls are refused, and so are escaped surrogate pairs (measured). So U+0020 to
//! U+007E go as they are, the rest of the basic plane as `\uXXXX`, and what is above it as UTF-8: that is the same text in both languages.

use std::collections::BTreeMap;
use std::io;

use serde::ser::Serialize;
use serde_json::ser::{Formatter, Serializer};
use zeroize::Zeroizing;

use super::Precondition;
use crate::desired::{DesiredObject, WantedValue};
use crate::field_path::FieldPath;
use crate::outside::Outside;
use crate::pat::Pat;

/// No live object has this resourceVersion, so an apply that carries it can only create (measured: 201 if absent, 409 if present).
const CREATE_ONLY: &str = "1";

/// The whole wanted object. The token is written straight into bytes that are wiped, never into a value between.
#[must_use]
pub(super) fn of(wanted: &DesiredObject, precondition: Precondition<'_>, pat: Option<&Pat>) -> Zeroizing<Vec<u8>> {
    let token = pat.map(Pat::base64);
    let api_version = wanted.object.resource.api_version();
    let mut root = Node::default();
    root.put(&["apiVersion"], &api_version);
    root.put(&["kind"], wanted.object.resource.kind);
    root.put(&["metadata", "name"], wanted.object.name.expose());
    if let Some(namespace) = &wanted.object.namespace {
        root.put(&["metadata", "namespace"], namespace.expose());
    }
    match precondition {
        Precondition::Absent => root.put(&["metadata", "resourceVersion"], CREATE_ONLY),
        Precondition::Version(observed) => {
            root.put(&["metadata", "uid"], observed.uid.expose());
            root.put(&["metadata", "resourceVersion"], observed.resource_version.expose());
        }
    }
    for (path, value) in &wanted.fields {
        match (value, &token) {
            (WantedValue::Plain(text), _) => root.put_field(path, text.expose()),
            (WantedValue::Token, Some(token)) => root.put_field(path, token),
            // A plan without a token is neither verified nor applied as far as it needs one.
            (WantedValue::Token, None) => {}
        }
    }
    // Grown once: what a smaller buffer left behind would not be wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(root.most_bytes()));
    let room = bytes.capacity();
    let written = root.serialize(&mut Serializer::with_formatter(&mut *bytes, ReadAsYaml));
    debug_assert!(written.is_ok() && bytes.capacity() == room, "texts and maps are always JSON, and there was room");
    bytes
}

/// A JSON object of texts, at any depth.
enum Node<'a> {
    Text(&'a str),
    Map(BTreeMap<&'a str, Node<'a>>),
}

impl Default for Node<'_> {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

impl<'a> Node<'a> {
    fn put(&mut self, path: &[&'a str], text: &'a str) {
        self.put_along(path.iter().copied(), text);
    }

    fn put_field(&mut self, path: &'a FieldPath, text: &'a str) {
        self.put_along(path.elements().iter().map(Outside::expose), text);
    }

    fn put_along(&mut self, path: impl Iterator<Item = &'a str>, text: &'a str) {
        let mut node = self;
        for name in path {
            if let Self::Text(_) = node {
                *node = Self::default();
            }
            let Self::Map(map) = node else { return };
            node = map.entry(name).or_default();
        }
        *node = Self::Text(text);
    }

    /// Six bytes spell any character of one byte; longer ones need no more.
    fn most_bytes(&self) -> usize {
        match self {
            Self::Text(text) => 6 * text.len() + 2,
            Self::Map(map) => map.iter().map(|(key, node)| 6 * key.len() + 4 + node.most_bytes()).sum::<usize>() + 2,
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Map(map) => serializer.collect_map(map),
        }
    }
}

struct ReadAsYaml;

impl Formatter for ReadAsYaml {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            if !matches!(c, ' '..='~' | '\u{10000}'..) {
                writer.write_all(&fragment.as_bytes()[plain..at])?;
                write!(writer, "\\u{:04x}", u32::from(c))?;
                plain = at + c.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(value: &serde_json::Value) -> String {
        let mut bytes = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut bytes, ReadAsYaml)).expect("memory takes every byte");
        String::from_utf8(bytes).expect("whole characters")
    }

    #[test]
    fn every_character_is_spelled_so_that_json_and_yaml_agree() {
        for c in (0..=0x11_0000).step_by(1).filter_map(char::from_u32).filter(|c| *c < '\u{3000}' || u32::from(*c) % 97 < 2) {
            let value = serde_json::Value::from(format!("a{c}b"));
            let text = text_of(&value);
            let as_json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let as_yaml: serde_json::Value = serde_saphyr::from_str(&text).expect("YAML");
            assert_eq!((&as_json, &as_yaml), (&value, &value), "{c:?}: {text}");
            assert!(text.chars().all(|c| matches!(c, ' '..='~' | '\u{10000}'..)), "{text}");
        }
    }

    #[test]
    fn spelled() {
        let value = serde_json::Value::from("a\"\\/~\u{7f}\u{85}é\u{2029}\u{feff}\u{ffff}😀\n\t\u{0}");
        assert_eq!(text_of(&value), r#""a\"\\/~\u007f\u0085\u00e9\u2029\ufeff\uffff😀\n\t\u0000""#);
    }
}
