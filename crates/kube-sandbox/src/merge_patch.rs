//! JSON merge patch.

use serde_json::{Map, Value};

use super::cause::Cause;
use super::context::RequestContext;
use super::json::Doc;
use super::object::{self, rendered};
use super::request::FieldValidation;
use super::status::Refusal;
use super::write::{WriteTarget, not_an_object, type_of, wrong_type};

impl RequestContext<'_> {
    /// The object after the patch.
    pub(super) fn merged(&mut self, target: &WriteTarget, body: &[u8], live: &Value) -> Result<Value, Refusal> {
        let WriteTarget { resource, options, .. } = target;
        let lenient = options.validation == FieldValidation::Ignore;
        let doc = Doc::parse(body).map_err(|why| {
            Refusal::bad_request(if lenient { "Invalid JSON Patch".to_owned() } else { format!("error decoding patch: {why}") })
        })?;
        match &doc {
            Doc::Object(_) => {}
            Doc::List(_) if lenient => return Err(unfit(&doc.value().to_string(), &no_kind(&doc))),
            Doc::Leaf(Value::Null) => return Err(Refusal::bad_request("Invalid JSON Patch")),
            _ if lenient => return Err(Refusal::bad_request("Invalid JSON Patch")),
            _ => return Err(Refusal::bad_request(format!("error decoding patch: {}", no_map(&doc)))),
        }
        let patch = doc.value();
        let mut after = live.clone();
        merge_json(&mut after, &patch);
        let shown = rendered(resource, &after, &patch);
        let after = Doc::from(&after);
        let (named, version) = type_of(&after, resource);
        wrong_type(resource, &named, &version).map_err(|why| unfit(&shown, &why))?;
        let decoded = object::decode(resource, &after).map_err(|why| unfit(&shown, &why))?;
        self.hollow = decoded.hollow;
        let complaints = [doc.duplicates(), decoded.complaints].concat();
        self.complain(options, complaints, |all| unfit(&shown, &format!("strict decoding error: {all}")))?;
        Ok(decoded.object)
    }
}

/// 422 for the patch as a whole.
pub(super) fn unfit(shown: &str, why: &str) -> Refusal {
    Refusal::invalid("", "", "", &[Cause::invalid("patch", shown, why)])
}

fn no_kind(doc: &Doc) -> String {
    format!("couldn't get version/kind; json parse error: {}", not_an_object(doc))
}

/// Go's message for a patch that is no object.
pub(super) fn no_map(doc: &Doc) -> String {
    format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", doc.go_kind())
}

/// RFC 7386.
fn merge_json(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            members.remove(key);
        } else {
            merge_json(members.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
