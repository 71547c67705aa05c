//! An answer of the API server, taken apart without a typed model: a body that does not fit is never shown, since it may hold a Secret.

use http::StatusCode;
use serde_json::Value;

use crate::outside::{Outside, Text};
use crate::text;

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status code.
    pub code: u16,
    /// The body; `Null` where an error had none that is JSON.
    pub body: Value,
    /// The body as a `Status`, where it is one.
    pub status: Option<Status>,
    /// The texts of the server's `Warning` headers.
    pub warnings: Vec<Outside>,
}

/// `meta.k8s.io/v1 Status`, as far as anything is decided from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `reason`, such as `Conflict`; empty where the server gave none.
    pub reason: Outside,
    /// `message`, the server's own words: may echo what was sent, and be of any length. To be shown as `words`.
    pub message: Outside,
    /// `details.kind`: the resource it speaks of, such as `namespaces`.
    pub kind: Option<Outside>,
    /// `details.name`.
    pub name: Option<Outside>,
    /// `details.causes`.
    pub causes: Vec<Cause>,
}

/// One of a Status's causes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Such as `FieldManagerConflict`.
    pub reason: Outside,
    /// The server's words.
    pub message: Outside,
    /// The field's path, as the server spells it.
    pub field: Outside,
}

/// The most bytes that are shown of one message of a server.
const SHOWN: usize = 4096;

/// A server's words as they may be shown: of a very long message, its beginning, and how much was left out.
#[must_use]
pub fn bounded(words: &Outside) -> Text {
    let text = words.expose();
    if text.len() <= SHOWN {
        return words.into();
    }
    let end = text.floor_char_boundary(SHOWN);
    text!("{}… ({} more bytes not shown)", Outside::from(&text[..end]), text.len() - end)
}

impl Status {
    /// The message as it may be shown.
    #[must_use]
    pub fn words(&self) -> Text {
        bounded(&self.message)
    }
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// A few words on what is wrong where the body of a success is no JSON object. They never quote it.
    pub fn read(code: StatusCode, headers: &http::HeaderMap, body: &[u8]) -> Result<Self, &'static str> {
        let body: Value = match serde_json::from_slice(body) {
            Ok(value @ Value::Object(_)) => value,
            _ if code.is_client_error() || code.is_server_error() => Value::Null,
            Ok(_) => return Err("with JSON that is not a Kubernetes object"),
            Err(error) if error.is_eof() => return Err("with truncated JSON"),
            Err(_) => return Err("with something that is not JSON"),
        };
        let status = (body.get("kind").and_then(Value::as_str) == Some("Status")).then(|| status(&body));
        let warnings =
            headers.get_all(http::header::WARNING).iter().filter_map(|value| warning_text(value.to_str().ok()?)).collect();
        Ok(Self { code: code.as_u16(), body, status, warnings })
    }

    /// Whether the server says that it did what was asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.code, 200..=299)
    }
}

fn status(body: &Value) -> Status {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(Outside::from);
    let details = body.get("details");
    let causes = details.and_then(|details| details.get("causes")).and_then(Value::as_array);
    let cause = |cause: &Value| Cause {
        reason: text(cause.get("reason")).unwrap_or_default(),
        message: text(cause.get("message")).unwrap_or_default(),
        field: text(cause.get("field")).unwrap_or_default(),
    };
    Status {
        reason: text(body.get("reason")).unwrap_or_default(),
        message: text(body.get("message")).unwrap_or_default(),
        kind: text(details.and_then(|details| details.get("kind"))),
        name: text(details.and_then(|details| details.get("name"))),
        causes: causes.into_iter().flatten().map(cause).collect(),
    }
}

/// `299 - "text"` → `text`.
fn warning_text(header: &str) -> Option<Outside> {
    let (_, quoted) = header.split_once('"')?;
    let text = quoted.rsplit_once('"').map_or(quoted, |(text, _)| text);
    Some(text.replace("\\\"", "\"").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: u16, body: &str) -> Result<Answer, &'static str> {
        Answer::read(StatusCode::from_u16(code).expect("a code"), &http::HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_status_is_taken_apart() {
        let answer = read(
            409,
            r#"{"kind":"Status","message":"m","reason":"Conflict","details":{"kind":"secrets","name":"a","causes":[{"reason":"FieldManagerConflict","message":"c","field":".data.token"}]},"code":409}"#,
        )
        .expect("an answer");
        let status = answer.status.expect("a status");
        assert_eq!((status.reason, status.kind), ("Conflict".into(), Some("secrets".into())));
        assert_eq!(status.causes[0].field, ".data.token");
    }

    #[test]
    fn a_success_must_be_an_object_and_is_never_quoted() {
        for body in ["", "{\"kind\":", "<html>kpat_secret</html>", "[1]", "\u{0}"] {
            let error = read(200, body).expect_err(body);
            assert!(!error.contains("kpat"), "{error}");
        }
        assert_eq!(read(502, "<html>").expect("an error needs no body").body, Value::Null);
    }

    #[test]
    fn warnings_are_unquoted() {
        assert_eq!(warning_text(r#"299 - "is \"odd\"""#), Some("is \"odd\"".into()));
        assert_eq!(warning_text("nothing"), None);
    }
}
