//! A live object's fields, as far as its type's rules keep something of them. The live token is compared here and goes no further: but for a
//! fingerprint of it, only the scrubber that hides it in all output knows it from then on.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::Comparison;
use crate::desired::DesiredObject;
use crate::field_path::FieldPath;
use crate::object::{Kept, ResourceType};
use crate::observed::LiveValue;
use crate::token::{LiveToken, Verdict};

/// The live token itself, wiped when dropped.
pub(super) type TokenBytes = Zeroizing<Vec<u8>>;

type Values = BTreeMap<FieldPath, LiveValue>;

/// Takes every secret value out of the body. Of each remains that it is there, and of the token how it compares.
///
/// # Errors
/// Values that are no secret's. What was understood of them is known to the scrubber then, so that it is hidden in whatever is said of this
/// answer.
pub(super) fn secrets(
    body: &mut Value,
    wanted: &DesiredObject,
    comparison: Comparison<'_>,
    values: &mut Values,
) -> Result<Option<TokenBytes>, &'static str> {
    let resource = wanted.object.resource;
    let token_path = resource.token_path();
    let (mut token, mut wrong) = (None, None);
    for rule in resource.all_rules().filter(|rule| rule.kept == Kept::Secret) {
        let of_map = FieldPath::of(rule.path);
        let Some(Value::Object(map)) = body.pointer_mut(&of_map.json_pointer()).map(Value::take) else { continue };
        for (key, value) in map {
            let path = of_map.child(&key);
            let Value::String(mut encoded) = value else {
                wrong = Some("with a Secret whose data is not text");
                continue;
            };
            let decoded = BASE64.decode(&encoded).map(Zeroizing::new);
            if decoded.is_err() {
                comparison.secrets.learn(encoded.as_bytes());
            }
            encoded.zeroize();
            let Ok(decoded) = decoded else {
                wrong = Some("with a Secret whose data is not base64");
                continue;
            };
            if Some(&path) == token_path.as_ref() {
                comparison.secrets.learn(&decoded);
                values.insert(path, LiveValue::Token(compared(&decoded, comparison)));
                token = Some(decoded);
            } else {
                comparison.secrets.learn_data(&decoded);
                values.insert(path, LiveValue::Present);
            }
        }
    }
    wrong.map_or(Ok(token), Err)
}

fn compared(live: &[u8], comparison: Comparison<'_>) -> LiveToken {
    let verdict = match comparison.pat {
        _ if live.is_empty() => Verdict::Empty,
        Some(pat) if pat.matches(live) => Verdict::Same,
        Some(_) => Verdict::Different,
        None => Verdict::NotCompared,
    };
    LiveToken { verdict, fingerprint: Some(comparison.salt.fingerprint(live)), saved: None }
}

/// Keeps what a rule says is kept of the other fields. A value of another sort than the rule's counts as not there.
pub(super) fn plain(body: &Value, resource: &ResourceType, values: &mut Values) {
    for rule in resource.all_rules() {
        let path = FieldPath::of(rule.path);
        match (body.pointer(&path.json_pointer()), rule.map) {
            (Some(Value::Object(map)), Some(_)) => {
                values.extend(map.iter().filter_map(|(key, value)| kept(value, path.child(key), resource)));
            }
            (Some(value), None) => values.extend(kept(value, path, resource)),
            (Some(_), Some(_)) | (None, _) => {}
        }
    }
}

fn kept(value: &Value, path: FieldPath, resource: &ResourceType) -> Option<(FieldPath, LiveValue)> {
    let value = match (resource.rule(&path).kept, value) {
        (Kept::Text, Value::String(text)) => LiveValue::Text(text.into()),
        (Kept::Flag, Value::Bool(flag)) => LiveValue::Text(if *flag { "true" } else { "false" }.into()),
        (Kept::Presence, Value::String(_)) => LiveValue::Present,
        (Kept::Text | Kept::Flag | Kept::Presence | Kept::Secret | Kept::Nothing, _) => return None,
    };
    Some((path, value))
}
