//! SelfSubjectReview ("who am I?") and SelfSubjectAccessReview ("may I?").

use serde_json::{Map, Value, json};

use super::cause::Cause;
use super::clock;
use super::context::RequestContext;
use super::json::Doc;
use super::request::OptionsOf;
use super::status::Refusal;

const RESOURCE_KEYS: [&str; 7] = ["namespace", "verb", "group", "version", "resource", "subresource", "name"];
const PATH_KEYS: [&str; 2] = ["path", "verb"];

impl RequestContext<'_> {
    /// Answers a SelfSubjectReview.
    pub(super) fn who_am_i(&self) -> Result<(u16, Value), Refusal> {
        let body = self.typed_body()?;
        Doc::parse(&body).map_err(|why| unrecognized("SelfSubjectReview", &why))?;
        Ok((
            201,
            json!({
                "kind": "SelfSubjectReview",
                "apiVersion": "authentication.k8s.io/v1",
                "metadata": {"creationTimestamp": clock::written(self.now)},
                "status": {"userInfo": {"username": self.caller.user, "groups": self.caller.groups}},
            }),
        ))
    }

    /// Answers a SelfSubjectAccessReview.
    pub(super) fn may_i(&self) -> Result<(u16, Value), Refusal> {
        let body = self.typed_body()?;
        let options = self.request.options(OptionsOf::Create)?;
        let sent = Doc::parse(&body).map_err(|why| unrecognized("SelfSubjectAccessReview", &why))?.value();
        let resource = texts(&sent["spec"]["resourceAttributes"], &RESOURCE_KEYS);
        let path = texts(&sent["spec"]["nonResourceAttributes"], &PATH_KEYS);
        let (key, asked, allowed) = match (resource, path) {
            (Some(asked), None) => {
                let of = |key: &str| asked.get(key).and_then(Value::as_str).unwrap_or_default();
                let known = of("group").is_empty() || self.caller.rules.is_none();
                let allowed = known && self.caller.may(of("verb"), of("resource"), of("namespace"), of("name"));
                ("resourceAttributes", asked, allowed)
            }
            (None, Some(asked)) => {
                let allowed = self.caller.may_path(asked.get("path").and_then(Value::as_str).unwrap_or_default());
                ("nonResourceAttributes", asked, allowed)
            }
            (None, None) => {
                let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
                return Err(invalid(Cause::invalid_raw("spec.resourceAttributes", "null", why)));
            }
            (Some(_), Some(path)) => {
                let of = |key: &str| path.get(key).cloned().unwrap_or_else(|| json!(""));
                let shown = format!("{{\"Path\":{},\"Verb\":{}}}", of("path"), of("verb"));
                let why = "cannot be specified in combination with resourceAttributes";
                return Err(invalid(Cause::invalid_raw("spec.nonResourceAttributes", &shown, why)));
            }
        };
        let mut owned: Map<String, Value> = asked.keys().map(|k| (format!("f:{k}"), json!({}))).collect();
        owned.insert(".".to_owned(), json!({}));
        let entry = json!({
            "manager": options.manager,
            "operation": "Update",
            "apiVersion": "authorization.k8s.io/v1",
            "time": clock::written(self.now),
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {format!("f:{key}"): owned}},
        });
        Ok((
            201,
            json!({
                "kind": "SelfSubjectAccessReview",
                "apiVersion": "authorization.k8s.io/v1",
                "metadata": {"managedFields": [entry]},
                "spec": {key: asked},
                "status": {"allowed": allowed},
            }),
        ))
    }
}

fn texts(value: &Value, keys: &[&str]) -> Option<Map<String, Value>> {
    let sent = value.as_object()?;
    let filled = |key: &&str| sent.get(*key).filter(|v| v.as_str().is_some_and(|t| !t.is_empty()));
    Some(keys.iter().filter_map(|key| Some(((*key).to_owned(), filled(key)?.clone()))).collect())
}

fn invalid(cause: Cause) -> Refusal {
    Refusal::invalid("authorization.k8s.io", "", "", &[cause])
}

fn unrecognized(kind: &str, why: &str) -> Refusal {
    let what = format!("the object provided is unrecognized (must be of type {kind})");
    Refusal::bad_request(format!("{what}: couldn't get version/kind; json parse error: {why}"))
}
