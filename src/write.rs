//! The one server-side-apply request, dry or real: the only place where the token meets a request.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cluster::{Answer, Cluster, Sent};
use crate::observed::path_of;
use crate::outcome::Failure;
use crate::pat::Pat;
use crate::plan::{Change, FIELD_MANAGER, Kind, Seen};

/// No live object has this resourceVersion, so an apply that carries it can only create (measured: 201 if absent, 409 if present).
const CREATE_ONLY: &str = "1";

/// Whether the server is to do it, or only to say what it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A server dry run: admission speaks, nothing is stored.
    DryRun,
    /// A write.
    Real,
}

/// Which live object a write is made for. Another one makes the server refuse it.
#[derive(Clone, Copy, Debug)]
pub enum Precondition<'a> {
    /// No object may be there.
    Absent,
    /// This object, unmoved since it was read.
    Seen(&'a Seen),
}

/// Sends the whole wanted object of a change.
///
/// # Errors
/// Where it is certain that the server did not carry it out; a lost answer is `Sent::Lost`.
pub async fn send(cluster: &Cluster, change: &Change, precondition: Precondition<'_>, pat: Option<&Pat>, mode: Mode) -> Result<Sent, Failure> {
    let force = change.takes_over() && matches!(precondition, Precondition::Seen(_));
    let dry_run = if mode == Mode::DryRun { "&dryRun=All" } else { "" };
    let path = format!("{}?fieldManager={FIELD_MANAGER}&force={force}{dry_run}", path_of(&change.wanted));
    cluster.apply_patch(&path, body(change, precondition, pat).to_vec(), mode == Mode::Real).await
}

fn body(change: &Change, precondition: Precondition<'_>, pat: Option<&Pat>) -> Zeroizing<Vec<u8>> {
    let wanted = &change.wanted;
    let mut metadata = json!({ "name": wanted.name });
    if let Some(namespace) = &wanted.namespace {
        metadata["namespace"] = json!(namespace);
    }
    match precondition {
        Precondition::Absent => metadata["resourceVersion"] = json!(CREATE_ONLY),
        Precondition::Seen(seen) => {
            metadata["uid"] = json!(seen.uid);
            metadata["resourceVersion"] = json!(seen.resource_version);
        }
    }
    if !wanted.labels.is_empty() {
        metadata["labels"] = json!(wanted.labels);
    }
    if !wanted.annotations.is_empty() {
        metadata["annotations"] = json!(wanted.annotations);
    }
    let object = json!({ "apiVersion": "v1", "kind": wanted.kind.name(), "metadata": metadata });
    let mut text = Zeroizing::new(object.to_string());
    if let (Kind::Secret, Some(pat)) = (wanted.kind, pat) {
        // Appended by hand: a JSON value that held the token would not be wiped. Base64 needs no escaping.
        let encoded = pat.base64();
        let mut with_data = Zeroizing::new(String::with_capacity(text.len() + encoded.len() + 32));
        with_data.push_str(text.strip_suffix('}').unwrap_or(&text));
        with_data.push_str(",\"data\":{\"token\":\"");
        with_data.push_str(&encoded);
        with_data.push_str("\"}}");
        text = with_data;
    }
    Zeroizing::new(text.as_bytes().to_vec())
}

/// Whether the server answered that the object is not the one the write was made for: 409 without field conflicts, or a uid that
/// does not fit (422 on `metadata.uid`).
#[must_use]
pub fn moved(answer: &Answer) -> bool {
    let Some(status) = &answer.status else { return false };
    match answer.code {
        409 => !status.causes.iter().any(|cause| cause.reason == "FieldManagerConflict"),
        422 => status.causes.iter().any(|cause| cause.field == "metadata.uid"),
        _ => false,
    }
}

/// A SelfSubjectAccessReview's body.
#[must_use]
pub fn access_review(verb: &str, change: &Change) -> Vec<u8> {
    let wanted = &change.wanted;
    let mut attributes = json!({ "verb": verb, "resource": wanted.kind.resource(), "name": wanted.name });
    // A namespace's own reviews name it twice, as the server's authorizer sees such requests.
    attributes["namespace"] = Value::from(wanted.namespace.clone().unwrap_or_else(|| wanted.name.clone()));
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    })
    .to_string()
    .into_bytes()
}
