//! Kubernetes' protobuf, as typed clients such as `kubectl create` send it: the envelope, and messages by their description in
//! `wire`. A field that no description has is refused, never dropped silently.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::delete_options;
use super::resource::Resource;
use super::wire::{Message, Wire};

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// Every body begins with this.
const MAGIC: &[u8] = b"k8s\0";

/// The object of a body as JSON. `None` if it is not protobuf, or holds unknown fields.
pub(super) fn decode(body: &[u8]) -> Option<Value> {
    let (mut kind, mut version, mut raw) = (String::new(), String::new(), &[][..]);
    for field in fields(body.strip_prefix(MAGIC)?)? {
        match field {
            (1, Raw::Bytes(meta)) => {
                for field in fields(meta)? {
                    match field {
                        (1, Raw::Bytes(text)) => version = string(text)?,
                        (2, Raw::Bytes(text)) => kind = string(text)?,
                        _ => return None,
                    }
                }
            }
            (2, Raw::Bytes(bytes)) => raw = bytes,
            // The encoding and type of `raw`; empty if it is protobuf.
            (3 | 4, Raw::Bytes([])) => {}
            _ => return None,
        }
    }
    let of = if kind == delete_options::SCHEMA.name { delete_options::PROTOBUF } else { Resource::of_kind(&kind)?.protobuf? };
    let mut object = Map::new();
    read(of, raw, &mut object)?;
    object.insert("apiVersion".to_owned(), json!(version));
    object.insert("kind".to_owned(), json!(kind));
    Some(Value::Object(object))
}

/// Reads a message into an object.
fn read(of: Message, raw: &[u8], object: &mut Map<String, Value>) -> Option<()> {
    for (number, value) in fields(raw)? {
        let (_, name, wire) = of.iter().find(|(known, ..)| *known == number)?;
        let mut set = |value: Value| object.insert((*name).to_owned(), value);
        match (wire, value) {
            (Wire::Text, Raw::Bytes([])) | (Wire::Zero, Raw::Number(0) | Raw::Bytes([])) => {}
            (Wire::Text | Wire::OptionalText, Raw::Bytes(text)) => {
                set(json!(string(text)?));
            }
            (Wire::Bool, Raw::Number(flag)) => {
                set(json!(flag != 0));
            }
            (Wire::Number, Raw::Number(number)) => {
                set(json!(number));
            }
            (Wire::TextMap, Raw::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                object.entry(*name).or_insert_with(|| json!({}))[key] = json!(string(value)?);
            }
            (Wire::ByteMap, Raw::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                object.entry(*name).or_insert_with(|| json!({}))[key] = json!(BASE64.encode(value));
            }
            (Wire::Texts, Raw::Bytes(text)) => {
                object.entry(*name).or_insert_with(|| json!([])).as_array_mut()?.push(json!(string(text)?));
            }
            (Wire::Message(of), Raw::Bytes(raw)) => {
                read(of, raw, object.entry(*name).or_insert_with(|| json!({})).as_object_mut()?)?;
            }
            _ => return None,
        }
    }
    Some(())
}

fn map_entry(raw: &[u8]) -> Option<(String, &[u8])> {
    let (mut key, mut value) = (String::new(), &[][..]);
    for field in fields(raw)? {
        match field {
            (1, Raw::Bytes(bytes)) => key = string(bytes)?,
            (2, Raw::Bytes(bytes)) => value = bytes,
            _ => return None,
        }
    }
    Some((key, value))
}

fn string(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

enum Raw<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of one message, in order.
fn fields(mut raw: &[u8]) -> Option<Vec<(u64, Raw<'_>)>> {
    let mut found = Vec::new();
    while !raw.is_empty() {
        let tag = varint(&mut raw)?;
        let value = match tag & 7 {
            0 => Raw::Number(varint(&mut raw)?),
            2 => {
                let length = usize::try_from(varint(&mut raw)?).ok()?;
                let (bytes, rest) = raw.split_at_checked(length)?;
                raw = rest;
                Raw::Bytes(bytes)
            }
            _ => return None,
        };
        found.push((tag >> 3, value));
    }
    Some(found)
}

fn varint(raw: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = raw.split_first()?;
        *raw = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut raw = vec![number << 3 | 2, u8::try_from(bytes.len()).expect("short")];
        raw.extend_from_slice(bytes);
        raw
    }

    #[test]
    fn a_secret_as_kubectl_sends_it() {
        let meta =
            [field(1, b"s"), field(2, b""), field(3, b"n"), field(8, b""), field(11, &[field(1, b"a"), field(2, b"b")].concat())]
                .concat();
        let secret = [field(1, &meta), field(2, &[field(1, b"token"), field(2, b"x")].concat()), field(3, b"Opaque")].concat();
        let type_meta = [field(1, b"v1"), field(2, b"Secret")].concat();
        let body = [MAGIC.to_vec(), field(1, &type_meta), field(2, &secret), field(3, b""), field(4, b"")].concat();
        let expected = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"token": "eA=="},
                              "metadata": {"name": "s", "namespace": "n", "labels": {"a": "b"}}});
        assert_eq!(decode(&body), Some(expected));
        for cut in 0..body.len() {
            let _ = decode(&body[..cut]);
        }
        assert_eq!(decode(b"{}"), None);
    }
}
