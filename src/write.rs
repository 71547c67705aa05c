//! The one server-side-apply request, dry or real: the only place where the token meets a request.

mod body;

use crate::text;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cluster::{Answer, Cluster, Sent, Status};
use crate::outcome::Failure;
use crate::outside::Outside;
use crate::pat::Pat;
use crate::plan::{Action, Change, FIELD_MANAGER, Kind, Reason, Seen};
use crate::read::path_of;

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
pub async fn send(
    cluster: &Cluster,
    change: &Change,
    precondition: Precondition<'_>,
    pat: Option<&Pat>,
    mode: Mode,
) -> Result<Sent, Failure> {
    let force = change.takes_over() && matches!(precondition, Precondition::Seen(_));
    let path = format!("{}?fieldManager={FIELD_MANAGER}&force={force}", path_of(&change.wanted));
    let body = body(change, precondition, pat);
    match mode {
        Mode::DryRun => cluster.dry_run(&format!("{path}&dryRun=All"), &body).await.map(Sent::Answered),
        Mode::Real => cluster.apply_patch(&path, &body).await,
    }
}

fn body(change: &Change, precondition: Precondition<'_>, pat: Option<&Pat>) -> Zeroizing<Vec<u8>> {
    let wanted = &change.wanted;
    let mut metadata = json!({ "name": wanted.name.expose() });
    if let Some(namespace) = &wanted.namespace {
        metadata["namespace"] = json!(namespace.expose());
    }
    match precondition {
        Precondition::Absent => metadata["resourceVersion"] = json!(CREATE_ONLY),
        Precondition::Seen(seen) => {
            metadata["uid"] = json!(seen.uid.expose());
            metadata["resourceVersion"] = json!(seen.resource_version.expose());
        }
    }
    if !wanted.labels.is_empty() {
        metadata["labels"] = strings(&wanted.labels);
    }
    if !wanted.annotations.is_empty() {
        metadata["annotations"] = strings(&wanted.annotations);
    }
    let object = json!({ "apiVersion": "v1", "kind": wanted.kind.name(), "metadata": metadata });
    let mut text = Zeroizing::new(body::text(&object));
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

fn strings(map: &BTreeMap<Outside, Outside>) -> Value {
    map.iter().map(|(key, value)| (key.expose(), value.expose())).collect()
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

/// Why the server refuses a write, in its own words.
#[must_use]
pub fn refusal(answer: &Answer) -> Reason {
    match &answer.status {
        Some(Status { kind: Some(kind), name, .. }) if answer.code == 404 && *kind == "namespaces" => {
            Reason::NamespaceMissing(name.clone().unwrap_or_default())
        }
        Some(_) if namespace_terminates(answer) => Reason::NamespaceTerminating,
        Some(status) if webhook_failed(answer) => Reason::WebhookFailed(status.words()),
        Some(status) if !status.message.is_empty() => Reason::Rejected(status.words()),
        _ => Reason::Rejected(text!("the server answered {} without saying why", answer.code)),
    }
}

/// Whether the server refuses because the namespace is being deleted. It says so of creations only: a change of what is there still goes
/// through, and goes with it.
#[must_use]
pub fn namespace_terminates(answer: &Answer) -> bool {
    let said = |status: &Status| status.causes.iter().any(|cause| cause.reason == "NamespaceTerminating");
    answer.code == 403 && answer.status.as_ref().is_some_and(said)
}

/// Whether an admission webhook of the cluster did not answer, so that the server refuses what it can't have checked.
#[must_use]
pub fn webhook_failed(answer: &Answer) -> bool {
    answer.status.as_ref().is_some_and(|status| status.message.expose().contains("failed calling webhook"))
}

/// Whether a webhook of the cluster can't be asked by a dry run, since it does something itself.
#[must_use]
pub fn no_dry_run(answer: &Answer) -> bool {
    answer.status.as_ref().is_some_and(|status| status.message.expose().contains("does not support dry run"))
}

/// The rights a change's write needs.
#[must_use]
pub const fn verbs(change: &Change) -> &'static [&'static str] {
    if matches!(change.action, Action::Create) { &["patch", "create"] } else { &["patch"] }
}

/// Asks whether we have one right on a change's object (SelfSubjectAccessReview); `None` if the server does not say.
///
/// # Errors
/// No answer.
pub async fn allowed(cluster: &Cluster, verb: &str, change: &Change) -> Result<Option<bool>, Failure> {
    let wanted = &change.wanted;
    // The server's authorizer sees requests for a Namespace as being in that namespace.
    let namespace = wanted.namespace.as_ref().unwrap_or(&wanted.name);
    let attributes = json!({
        "verb": verb, "resource": wanted.kind.resource(), "name": wanted.name.expose(), "namespace": namespace.expose(),
    });
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    });
    let answer = cluster.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review.to_string().into_bytes()).await?;
    Ok(answer.body.pointer("/status/allowed").and_then(Value::as_bool))
}
