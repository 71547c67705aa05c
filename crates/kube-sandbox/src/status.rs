//! Refusals, and the Status bodies that they become, word for word as kube-apiserver v1.36.3 writes them.

use serde_json::{Map, Value, json};

use super::cause::Cause;
use super::go_format::go_quote;
use super::resource::Resource;

/// A refusal, which becomes a Status body.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal(Box<Status>);

#[derive(Clone, Debug, PartialEq)]
struct Status {
    code: u16,
    reason: &'static str,
    message: String,
    details: Option<Value>,
}

impl Refusal {
    /// Any refusal.
    #[must_use]
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>, details: Option<Value>) -> Self {
        Self(Box::new(Status { code, reason, message: message.into(), details }))
    }

    /// 404 for an object.
    #[must_use]
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {} not found", qualified(resource), go_quote(name)), Some(details(resource, name)))
    }

    /// 404 for a path that means nothing.
    #[must_use]
    pub fn no_such_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource", Some(json!({})))
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message, Some(json!({})))
    }

    /// 415: no such kind of patch.
    #[must_use]
    pub fn unsupported_patch() -> Self {
        Self::new(415, "UnsupportedMediaType", "415: Unsupported Media Type", Some(json!({})))
    }

    /// 409: the object is not in the state that the request expects.
    #[must_use]
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        Self::not_fulfilled(&qualified(resource), details(resource, name), name, why)
    }

    /// 409: a precondition of DELETE is not met. The message names the kind instead of the resource.
    #[must_use]
    pub fn precondition(resource: &Resource, name: &str, why: &str) -> Self {
        Self::not_fulfilled(&group_kind(resource.group, resource.kind), named(name, resource.group, resource.kind), name, why)
    }

    fn not_fulfilled(on: &str, details: Value, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {on} {}: {why}", go_quote(name));
        Self::new(409, "Conflict", message, Some(details))
    }

    /// 409: the object has another resourceVersion.
    #[must_use]
    pub fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 409: the object to be created exists, or is still being deleted.
    #[must_use]
    pub fn already_exists(resource: &Resource, name: &str, going: bool) -> Self {
        let state = if going { "object is being deleted: " } else { "" };
        let message = format!("{state}{} {} already exists", qualified(resource), go_quote(name));
        Self::new(409, "AlreadyExists", message, Some(details(resource, name)))
    }

    /// 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message, None)
    }

    /// 500 without reason and details. A real server answers many client errors so.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "", message, None)
    }

    /// 403. `why` follows "is forbidden: ".
    #[must_use]
    pub fn forbidden(resource: &Resource, name: &str, why: &str, causes: Option<Value>) -> Self {
        Self::forbidden_path(resource.group, resource.plural, name, why, causes)
    }

    /// The same for a resource that need not exist.
    #[must_use]
    pub fn forbidden_path(group: &str, plural: &str, name: &str, why: &str, causes: Option<Value>) -> Self {
        let on = group_kind(group, plural);
        let subject = if name.is_empty() { on } else { format!("{on} {}", go_quote(name)) };
        let mut details = named(name, group, plural);
        if let Some(causes) = causes {
            details["causes"] = causes;
        }
        Self::new(403, "Forbidden", format!("{subject} is forbidden: {why}"), Some(details))
    }

    /// 422. `details.causes` has all causes; the message has each of them once.
    #[must_use]
    pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for cause in causes {
            let line = format!("{}: {}", cause.field, cause.message);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let text = if lines.len() == 1 { lines.concat() } else { format!("[{}]", lines.join(", ")) };
        let group_kind = group_kind(group, kind);
        let mut details = named(name, group, kind);
        details["causes"] = causes.iter().map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field})).collect();
        Self::new(422, "Invalid", format!("{group_kind} {} is invalid: {text}", go_quote(name)), Some(details))
    }

    /// The HTTP status code.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.0.code
    }

    /// The Status.
    pub(super) fn into_body(self) -> Value {
        let Status { code, reason, message, details } = *self.0;
        let mut body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code});
        if !message.is_empty() {
            body["message"] = json!(message);
        }
        if !reason.is_empty() {
            body["reason"] = json!(reason);
        }
        if let Some(details) = details {
            body["details"] = details;
        }
        body
    }
}

/// The `details` of a Status about an object.
#[must_use]
pub fn details(resource: &Resource, name: &str) -> Value {
    named(name, resource.group, resource.plural)
}

fn named(name: &str, group: &str, kind: &str) -> Value {
    let mut details = Map::new();
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(details)
}

/// A resource as messages call it.
fn qualified(resource: &Resource) -> String {
    group_kind(resource.group, resource.plural)
}

/// A plural or kind with its group, as in `certificates.example.com`. The core group is left out.
fn group_kind(group: &str, word: &str) -> String {
    if group.is_empty() { word.to_owned() } else { format!("{word}.{group}") }
}
