//! The faults, by name.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube_sandbox::Sandbox;
use kube_sandbox::faults::{Canned, Injection};
use serde_json::{Value, json};

use super::world::{World, send};

/// The token that other managers write.
pub const OF_ANOTHER: &str = "kpat_faultsSomebodyElse42";

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultClass {
    /// The connection, or what stands in between.
    Network,
    /// The server, or something that speaks for it, answers so.
    Answer,
    /// An answer that can't be right.
    Nonsense,
    /// Somebody else writes meanwhile.
    Others,
    /// The clocks disagree.
    Clock,
}

type Make = Box<dyn Fn(&World) -> Injection + Send + Sync>;

/// One fault.
pub struct NamedFault {
    /// What the document calls it.
    pub name: &'static str,
    /// What it is about.
    pub class: FaultClass,
    make: Make,
    /// Whether the server answers that an object is absent which may be there: told at every call, that can't be told from the truth.
    pub denies: bool,
}

impl NamedFault {
    /// The fault itself, in one world.
    pub fn make(&self, world: &World) -> Injection {
        (self.make)(world)
    }

    /// Whether it makes sense at one call alone, or at every call from one on: a clock is set once.
    pub fn fits(&self, from_then_on: bool) -> bool {
        !from_then_on || self.class != FaultClass::Clock
    }
}

fn plain(name: &'static str, class: FaultClass, fault: Injection) -> NamedFault {
    NamedFault { name, class, make: Box::new(move |_| fault.clone()), denies: false }
}

fn canned(code: u16, content_type: &'static str, body: String) -> Canned {
    Canned { code, content_type, retry_after: None, body }
}

fn status(code: u16, reason: &str, message: &str, details: &Value) -> Canned {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "details": details, "code": code});
    canned(code, "application/json", body.to_string())
}

fn answer(name: &'static str, canned: Canned) -> NamedFault {
    plain(name, FaultClass::Answer, Injection::Instead(canned))
}

/// Every fault there is.
pub fn all() -> Vec<NamedFault> {
    let html = || canned(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>".to_owned());
    let text = |code, text: &str| canned(code, "text/plain; charset=utf-8", text.to_owned());
    let details = json!({"name": "x", "kind": "secrets"});
    let causes = json!({"causes": [{"reason": "FieldValueInvalid", "message": "Invalid value", "field": "metadata.labels"}]});
    let webhook = "Internal error occurred: failed calling webhook \"secrets.validations.kong.konghq.com\": failed to call webhook: connection refused";
    let mut faults = vec![
        plain("refused", FaultClass::Network, Injection::Refused),
        plain("closed before the request is read", FaultClass::Network, Injection::ClosedBefore),
        plain("closed in the middle of the answer", FaultClass::Network, Injection::ClosedInside),
        plain("closed before the answer", FaultClass::Network, Injection::ClosedAfter),
        plain("hangs, nothing done", FaultClass::Network, Injection::Hang),
        plain("hangs, all done", FaultClass::Network, Injection::HangAfter),
        answer("401", status(401, "Unauthorized", "Unauthorized", &json!({}))),
        answer("403", status(403, "Forbidden", "forbidden: no", &details)),
        answer("404 of something that is no API server", text(404, "404 page not found")),
        NamedFault { denies: true, ..answer("404", status(404, "NotFound", "secrets \"x\" not found", &details)) },
        answer("409", status(409, "Conflict", "the object has been modified", &details)),
        answer("422", status(422, "Invalid", "is invalid", &causes)),
        answer("429", text(429, "Too many requests, please try again later.")),
        answer("429 with Retry-After", Canned { retry_after: Some("7"), ..text(429, "Too many requests") }),
        answer("500", status(500, "InternalError", "etcdserver: request timed out", &json!({}))),
        plain(
            "500, but done",
            FaultClass::Answer,
            Injection::After(status(500, "InternalError", "etcdserver: request timed out", &json!({}))),
        ),
        answer("500 of a webhook", status(500, "InternalError", webhook, &json!({}))),
        answer("502 in HTML", html()),
        plain("502 in HTML, but done", FaultClass::Answer, Injection::After(html())),
        answer("503", status(503, "ServiceUnavailable", "apiserver is shutting down", &json!({}))),
        answer("504", status(504, "Timeout", "request did not complete within the allotted timeout", &json!({}))),
        plain(
            "504, but done",
            FaultClass::Answer,
            Injection::After(status(504, "Timeout", "request did not complete", &json!({}))),
        ),
        plain("half of the JSON", FaultClass::Nonsense, Injection::Truncated),
        plain("HTML with the code of a success", FaultClass::Nonsense, Injection::WrongType),
        plain("another object", FaultClass::Nonsense, Injection::OtherObject),
    ];
    faults.extend(others());
    faults.extend(
        [("the server's clock goes back two days", -172_800), ("the server's clock goes ahead two days", 172_800)].map(
            |(name, seconds)| {
                let make = move |world: &World| {
                    let sandbox = world.sandbox.clone();
                    Injection::First(Arc::new(move || {
                        sandbox.set_clock_off(seconds);
                        Box::pin(async {})
                    }))
                };
                NamedFault { name, class: FaultClass::Clock, make: Box::new(make), denies: false }
            },
        ),
    );
    faults
}

/// Writes by other managers, just before a call is carried out.
fn others() -> Vec<NamedFault> {
    let named = |name, patch: fn(usize) -> (&'static str, &'static str, Value)| {
        let make = move |world: &World| {
            let (sandbox, namespace, count) = (world.sandbox.clone(), world.namespace.clone(), Arc::new(AtomicUsize::new(0)));
            Injection::First(Arc::new(move || {
                let (manager, content_type, body) = patch(count.fetch_add(1, Ordering::SeqCst));
                Box::pin(write(sandbox.clone(), namespace.clone(), manager, content_type, body))
            }))
        };
        NamedFault { name, class: FaultClass::Others, make: Box::new(make), denies: false }
    };
    vec![
        named("kubectl edit sets another token", |_| {
            ("kubectl-edit", "application/merge-patch+json", json!({"data": {"token": BASE64.encode(OF_ANOTHER)}}))
        }),
        named("a controller takes the token", |_| {
            let body = json!({"apiVersion": "v1", "kind": "Secret", "data": {"token": BASE64.encode(OF_ANOTHER)}});
            ("vault-sync", "application/apply-patch+yaml", body)
        }),
        named("kubectl label adds a label of no concern, each time another", |n| {
            let label = json!({"metadata": {"labels": {"team": format!("t{n}")}}});
            ("kubectl-label", "application/merge-patch+json", label)
        }),
        named("kubectl delete", |_| ("kubectl", "", Value::Null)),
    ]
}

/// The other manager's write, to the Secret; what it comes to depends on what is there.
async fn write(sandbox: Sandbox, namespace: String, manager: &'static str, content_type: &'static str, mut body: Value) {
    let collection = format!("/api/v1/namespaces/{namespace}/secrets");
    let path = format!("{collection}/konnect-pat?fieldManager={manager}&force=true");
    if body.is_null() {
        send(&sandbox, "DELETE", &format!("{collection}/konnect-pat"), "", String::new()).await;
        return;
    }
    if content_type.contains("apply") {
        body["metadata"]["name"] = json!("konnect-pat");
        send(&sandbox, "PATCH", &path, content_type, body.to_string()).await;
        return;
    }
    let path = format!("{collection}/konnect-pat?fieldManager={manager}");
    send(&sandbox, "PATCH", &path, content_type, body.to_string()).await;
}
