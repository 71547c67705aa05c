//! One kubeconfig file as a tree without types: kubectl's YAML is 1.1, knows UTF-16, takes the last of two keys, and reads one document.

use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::options::DuplicateKeyPolicy;
use zeroize::{Zeroize as _, Zeroizing};

use crate::outside::Outside;

/// A file's content, and where it is.
pub struct YamlDocument {
    /// All of it.
    pub root: YamlNode,
    /// What paths in it are relative to.
    pub folder: PathBuf,
    /// Its name, as the user gave it.
    pub shown: Outside,
}

/// A value of it.
pub enum YamlNode {
    /// Nothing: unset.
    Null,
    /// A boolean, YAML 1.1's `yes` and `on` among them.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, which may be a credential.
    Text(Zeroizing<String>),
    /// A list.
    List(Vec<YamlNode>),
    /// A map in its own order; of two equal keys the last one counts.
    Map(Vec<(String, YamlNode)>),
}

/// Why a file is not one. Never its text: a kubeconfig holds credentials.
pub enum DocumentError {
    /// A byte order mark of UTF-16, and then not that.
    HalfOfUtf16,
    /// Bytes that are no text.
    NotUtf8,
    /// No YAML, or no map; with line and column, where they are known.
    NotYaml(Option<(u64, u64)>),
    /// The apiVersion or kind of something else.
    OtherKind,
}

impl YamlNode {
    /// Reads a file's bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let text = decode(bytes)?;
        let first = first_document(&text);
        let is_empty =
            first.lines().all(|line| matches!(line.trim().chars().next(), None | Some('#')) || line.trim_end() == "---");
        let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::PassThrough, with_snippet: false };
        let root = if is_empty { Self::Null } else { serde_saphyr::from_str_with_options(first, options).map_err(not_yaml)? };
        let names = |key: &str, only: &str| match root.get(key) {
            None | Some(Self::Null) => true,
            Some(Self::Text(text)) => text.is_empty() || **text == only,
            Some(_) => false,
        };
        match root {
            Self::Null => Ok(root),
            Self::Map(_) if names("apiVersion", "v1") && names("kind", "Config") => Ok(root),
            Self::Map(_) => Err(DocumentError::OtherKind),
            _ => Err(DocumentError::NotYaml(None)),
        }
    }

    /// What stands under this key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The entries of the list under this key.
    pub fn entries(&self, key: &str) -> &[Self] {
        match self.get(key) {
            Some(Self::List(entries)) => entries,
            _ => &[],
        }
    }

    /// Text that is not empty.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.as_str()).filter(|text| !text.is_empty()) } else { None }
    }

    /// What it is, in words.
    pub fn is(&self) -> &'static str {
        match self {
            Self::Null => "unset",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// The same as JSON, for what is handed on as it is.
    pub fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(value) => Value::Number(value.clone()),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(members) => Value::Object(members.iter().map(|(name, value)| (name.clone(), value.json())).collect()),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<Zeroizing<String>, DocumentError> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = Zeroizing::new(pairs.iter().map(|pair| unit(*pair)).collect::<Vec<u16>>());
        if rest.is_empty() {
            String::from_utf16(&units).map_err(|_| DocumentError::HalfOfUtf16)
        } else {
            Err(DocumentError::HalfOfUtf16)
        }
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => std::str::from_utf8(rest).map_err(|_| DocumentError::NotUtf8)?.to_owned(),
    };
    Ok(Zeroizing::new(text))
}

/// The text up to where its second document begins. A line of `---` or `...` parts documents wherever it stands.
fn first_document(text: &str) -> &str {
    let mut begun = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let marks = |mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace));
        if begun && (marks("---") || marks("...")) {
            return &text[..at];
        }
        begun |= !(line.trim().is_empty() || line.starts_with(['#', '%']));
        at += line.len();
    }
    text
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn not_yaml(error: serde_saphyr::Error) -> DocumentError {
    DocumentError::NotYaml(error.location().map(|place| (place.line(), place.column())))
}

impl<'de> Deserialize<'de> for YamlNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = YamlNode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<YamlNode, E> {
        Ok(YamlNode::Null)
    }

    fn visit_none<E>(self) -> Result<YamlNode, E> {
        Ok(YamlNode::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<YamlNode, D::Error> {
        YamlNode::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<YamlNode, E> {
        Ok(YamlNode::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<YamlNode, E> {
        Ok(YamlNode::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<YamlNode, E> {
        Ok(YamlNode::Number(value.into()))
    }

    fn visit_i128<E>(self, _: i128) -> Result<YamlNode, E> {
        // Nothing here is such a number, and JSON has none.
        Ok(YamlNode::Number(0.into()))
    }

    fn visit_u128<E>(self, _: u128) -> Result<YamlNode, E> {
        Ok(YamlNode::Number(0.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<YamlNode, E> {
        Ok(YamlNode::Number(Number::from_f64(value).unwrap_or_else(|| 0.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<YamlNode, E> {
        Ok(YamlNode::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<YamlNode, E> {
        Ok(YamlNode::Text(Zeroizing::new(text)))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<YamlNode, E> {
        Ok(YamlNode::List(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<YamlNode, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(YamlNode::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<YamlNode, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<YamlNode, YamlNode>()? {
            match key {
                YamlNode::Text(mut key) => map.push((std::mem::take(&mut *key), value)),
                YamlNode::Number(key) => map.push((key.to_string(), value)),
                // No key that anybody asks for.
                _ => {}
            }
        }
        Ok(YamlNode::Map(map))
    }
}

impl Drop for YamlDocument {
    fn drop(&mut self) {
        // Keys are no secrets, but a file may be cut so that one becomes a key.
        fn wipe(node: &mut YamlNode) {
            match node {
                YamlNode::List(items) => items.iter_mut().for_each(wipe),
                YamlNode::Map(members) => members.iter_mut().for_each(|(name, value)| {
                    name.zeroize();
                    wipe(value);
                }),
                _ => {}
            }
        }
        wipe(&mut self.root);
    }
}
