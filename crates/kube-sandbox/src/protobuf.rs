//! Kubernetes' protobuf, as far as typed clients such as kubectl's `create` send it: the envelope, the metadata and the three objects.
//!
//! The field numbers are those of `generated.proto` in k8s.io/api/core/v1 and k8s.io/apimachinery. What this module does not know is
//! refused, never dropped in silence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// What each such body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// The object of a body, as JSON; `None` for what is no protobuf, or holds fields that are not known here.
pub(super) fn decode(body: &[u8]) -> Option<Value> {
    let (mut kind, mut version, mut raw) = (String::new(), String::new(), &[][..]);
    for field in fields(body.strip_prefix(MAGIC)?)? {
        match field {
            (1, Wire::Bytes(meta)) => {
                for field in fields(meta)? {
                    match field {
                        (1, Wire::Bytes(text)) => version = string(text)?,
                        (2, Wire::Bytes(text)) => kind = string(text)?,
                        _ => return None,
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            // The encoding and type of `raw`, empty where it is protobuf.
            (3 | 4, Wire::Bytes([])) => {}
            _ => return None,
        }
    }
    let mut object = match kind.as_str() {
        "Namespace" => namespace(raw)?,
        "ServiceAccount" => service_account(raw)?,
        "Secret" => secret(raw)?,
        "DeleteOptions" => delete_options(raw)?,
        _ => return None,
    };
    object.insert("apiVersion".to_owned(), json!(version));
    object.insert("kind".to_owned(), json!(kind));
    Some(Value::Object(object))
}

fn namespace(raw: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for field in fields(raw)? {
        match field {
            (1, Wire::Bytes(bytes)) => put(&mut object, "metadata", Value::Object(metadata(bytes)?)),
            (2, Wire::Bytes(spec)) => {
                for field in fields(spec)? {
                    let (1, Wire::Bytes(finalizer)) = field else { return None };
                    push(object.entry("spec").or_insert_with(|| json!({})), "finalizers", json!(string(finalizer)?))?;
                }
            }
            (3, Wire::Bytes(status)) => {
                for field in fields(status)? {
                    let (1, Wire::Bytes(phase)) = field else { return None };
                    let phase = string(phase)?;
                    if !phase.is_empty() {
                        put(&mut object, "status", json!({ "phase": phase }));
                    }
                }
            }
            _ => return None,
        }
    }
    Some(object)
}

fn service_account(raw: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for field in fields(raw)? {
        match field {
            (1, Wire::Bytes(bytes)) => put(&mut object, "metadata", Value::Object(metadata(bytes)?)),
            (4, Wire::Number(mount)) => put(&mut object, "automountServiceAccountToken", json!(mount != 0)),
            _ => return None,
        }
    }
    Some(object)
}

fn secret(raw: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for field in fields(raw)? {
        match field {
            (1, Wire::Bytes(bytes)) => put(&mut object, "metadata", Value::Object(metadata(bytes)?)),
            (2, Wire::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                insert(&mut object, "data", key, json!(BASE64.encode(value)));
            }
            (3, Wire::Bytes(text)) => {
                let kind = string(text)?;
                if !kind.is_empty() {
                    put(&mut object, "type", json!(kind));
                }
            }
            (4, Wire::Bytes(entry)) => {
                let (key, value) = map_entry(entry)?;
                insert(&mut object, "stringData", key, json!(string(value)?));
            }
            (5, Wire::Number(immutable)) => put(&mut object, "immutable", json!(immutable != 0)),
            _ => return None,
        }
    }
    Some(object)
}

fn delete_options(raw: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for field in fields(raw)? {
        match field {
            (1, Wire::Number(seconds)) => put(&mut object, "gracePeriodSeconds", json!(seconds)),
            (2, Wire::Bytes(preconditions)) => {
                for field in fields(preconditions)? {
                    let entry = object.entry("preconditions").or_insert_with(|| json!({}));
                    match field {
                        (1, Wire::Bytes(uid)) => entry["uid"] = json!(string(uid)?),
                        (2, Wire::Bytes(version)) => entry["resourceVersion"] = json!(string(version)?),
                        _ => return None,
                    }
                }
            }
            (3, Wire::Number(orphan)) => put(&mut object, "orphanDependents", json!(orphan != 0)),
            (4, Wire::Bytes(policy)) => put(&mut object, "propagationPolicy", json!(string(policy)?)),
            (5, Wire::Bytes(all)) => {
                let list = object.entry("dryRun").or_insert_with(|| json!([]));
                list.as_array_mut()?.push(json!(string(all)?));
            }
            _ => return None,
        }
    }
    Some(object)
}

fn metadata(raw: &[u8]) -> Option<Map<String, Value>> {
    let mut meta = Map::new();
    for field in fields(raw)? {
        let text = |name: &'static str| match &field {
            (_, Wire::Bytes(bytes)) => string(bytes).map(|text| (name, text)),
            _ => None,
        };
        let named = match field.0 {
            1 => text("name")?,
            2 => text("generateName")?,
            3 => text("namespace")?,
            4 => text("selfLink")?,
            5 => text("uid")?,
            6 => text("resourceVersion")?,
            // Zero times and numbers, which a client sends with every new object.
            7 | 8 | 10 => match field.1 {
                Wire::Number(0) | Wire::Bytes([]) => continue,
                _ => return None,
            },
            11 | 12 => {
                let Wire::Bytes(entry) = field.1 else { return None };
                let (key, value) = map_entry(entry)?;
                insert(&mut meta, if field.0 == 11 { "labels" } else { "annotations" }, key, json!(string(value)?));
                continue;
            }
            14 => {
                let (_, finalizer) = text("finalizers")?;
                let list = meta.entry("finalizers").or_insert_with(|| json!([]));
                list.as_array_mut()?.push(json!(finalizer));
                continue;
            }
            _ => return None,
        };
        if !named.1.is_empty() {
            put(&mut meta, named.0, json!(named.1));
        }
    }
    Some(meta)
}

fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(key.to_owned(), value);
}

fn insert(object: &mut Map<String, Value>, map: &str, key: String, value: Value) {
    object.entry(map).or_insert_with(|| json!({}))[key] = value;
}

fn push(object: &mut Value, list: &str, value: Value) -> Option<()> {
    let list = object.as_object_mut()?.entry(list).or_insert_with(|| json!([]));
    list.as_array_mut()?.push(value);
    Some(())
}

fn map_entry(raw: &[u8]) -> Option<(String, &[u8])> {
    let (mut key, mut value) = (String::new(), &[][..]);
    for field in fields(raw)? {
        match field {
            (1, Wire::Bytes(bytes)) => key = string(bytes)?,
            (2, Wire::Bytes(bytes)) => value = bytes,
            _ => return None,
        }
    }
    Some((key, value))
}

fn string(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of one message, in order.
fn fields(mut raw: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut found = Vec::new();
    while !raw.is_empty() {
        let tag = varint(&mut raw)?;
        let value = match tag & 7 {
            0 => Wire::Number(varint(&mut raw)?),
            2 => {
                let length = usize::try_from(varint(&mut raw)?).ok()?;
                let (bytes, rest) = raw.split_at_checked(length)?;
                raw = rest;
                Wire::Bytes(bytes)
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
