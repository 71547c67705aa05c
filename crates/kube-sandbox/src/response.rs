//! Responses: what a request is answered with.

use serde_json::Value;

use super::status::Refusal;
use super::watch::Watch;

/// A response of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status code.
    pub code: u16,
    /// The body.
    pub body: Payload,
    /// The texts of the `Warning` headers, without code and quotes.
    pub warnings: Vec<String>,
}

/// A body. Nearly all are JSON; `/readyz` and unknown paths answer in plain text.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// `application/json`.
    Json(Value),
    /// `text/plain; charset=utf-8`.
    Text(String),
    /// `application/json`, an event a line, as they happen.
    Watch(Box<Watch>),
}

impl Response {
    /// A JSON response.
    #[must_use]
    pub const fn json(code: u16, body: Value) -> Self {
        Self { code, body: Payload::Json(body), warnings: Vec::new() }
    }

    /// The response to a watch.
    #[must_use]
    pub fn watch(watch: Watch) -> Self {
        Self { code: 200, body: Payload::Watch(Box::new(watch)), warnings: Vec::new() }
    }

    /// A plain text response.
    #[must_use]
    pub fn text(code: u16, body: &str) -> Self {
        Self { code, body: Payload::Text(body.to_owned()), warnings: Vec::new() }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.code(), refusal.into_body())
    }
}
