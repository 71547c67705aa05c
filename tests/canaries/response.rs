//! One answer of the server, as it goes over the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Debug)]
pub struct ScriptedResponse {
    /// The code.
    pub code: u16,
    /// The words behind the code.
    pub phrase: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body: a text where it is no JSON.
    pub body: Value,
}

impl ScriptedResponse {
    /// A JSON answer with the headers that a real server sends.
    pub fn new(code: u16, body: Value) -> Self {
        let headers = [
            ("content-type", "application/json"),
            ("audit-id", "0b5c7f2e-8d11-4f5e-9a58-111111111111"),
            ("cache-control", "no-cache, private"),
            ("date", "Tue, 24 Nov 2026 00:14:07 GMT"),
            ("x-kubernetes-pf-flowschema-uid", "4f6d0b43-0000-4000-8000-000000000001"),
            ("x-kubernetes-pf-prioritylevel-uid", "4f6d0b43-0000-4000-8000-000000000002"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { code, phrase: "X".to_owned(), headers, body }
    }

    /// The same with one header more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        // A header can't hold a line's end.
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.headers.retain(|(known, _)| known != name || name == "warning");
        self.headers.push((name.to_owned(), value));
        self
    }

    /// The live token in it, where it carries a Secret with one.
    pub fn live(&self) -> Option<String> {
        let data = self.body.pointer("/data/token").filter(|_| self.code == 200)?;
        String::from_utf8(BASE64.decode(data.as_str()?).ok()?).ok()
    }

    /// What goes over the wire.
    pub fn bytes(&self, close: bool) -> Vec<u8> {
        let body = if let Value::String(text) = &self.body { text.clone() } else { self.body.to_string() };
        let mut text = format!("HTTP/1.1 {} {}\r\ncontent-length: {}\r\n", self.code, self.phrase, body.len());
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(if close { "connection: close\r\n\r\n" } else { "\r\n" });
        (text + &body).into_bytes()
    }
}

/// `NotFound`, which names what was asked for.
pub fn echo(resource: &str, name: &str) -> ScriptedResponse {
    let message = format!("{resource} \"{name}\" not found");
    ScriptedResponse::new(
        404,
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": "NotFound", "details": {"name": name, "kind": resource}, "code": 404,
        }),
    )
}
