//! The one server-side-apply request, dry or real: the only place where the token meets a request.

mod body;

use serde_json::{Value, json};

use crate::cluster::{Answer, Cluster, Sent, Status};
use crate::object::{ObjectRef, ResourceType};
use crate::outcome::Failure;
use crate::pat::Pat;
use crate::plan::{Action, Change, FIELD_MANAGER, ObservedVersion, Reason};
use crate::text;

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
    /// This version, unmoved since it was read.
    Version(&'a ObservedVersion),
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
    let force = change.takes_over() && matches!(precondition, Precondition::Version(_));
    let path = format!("{}?fieldManager={FIELD_MANAGER}&force={force}", change.wanted.object.api_path());
    let body = body::of(&change.wanted, precondition, pat);
    match mode {
        Mode::DryRun => cluster.dry_run(&format!("{path}&dryRun=All"), &body).await.map(Sent::Answered),
        Mode::Real => cluster.apply_patch(&path, &body).await,
    }
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
        Some(Status { kind: Some(kind), name, .. }) if answer.code == 404 && *kind == ResourceType::namespace().plural => {
            Reason::NamespaceMissing(name.clone().unwrap_or_default())
        }
        Some(_) if namespace_terminates(answer) => Reason::NamespaceTerminating,
        Some(status) if webhook_failed(answer) => Reason::WebhookFailed(status.words()),
        Some(status) if !status.message.is_empty() => Reason::refused(status.words()),
        _ => Reason::Rejected(text!("the server answered {} without saying why", answer.code)),
    }
}

/// Whether the server refuses because the namespace is being deleted. It says so of creations only: a change of what is there still goes
/// through, and goes with it.
#[must_use]
pub fn namespace_terminates(answer: &Answer) -> bool {
    let terminates = |status: &Status| status.causes.iter().any(|cause| cause.reason == "NamespaceTerminating");
    answer.code == 403 && answer.status.as_ref().is_some_and(terminates)
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
    let ObjectRef { resource, namespace, name } = &change.wanted.object;
    let mut attributes = json!({"verb": verb, "resource": resource.plural, "name": name.expose()});
    // The server's authorizer sees requests for a Namespace as being in that namespace.
    if let Some(namespace) = namespace.as_ref().or_else(|| resource.is_namespace().then_some(name)) {
        attributes["namespace"] = json!(namespace.expose());
    }
    if !resource.group.is_empty() {
        attributes["group"] = json!(resource.group);
    }
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    });
    let answer = cluster.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review.to_string().into_bytes()).await?;
    Ok(answer.body.pointer("/status/allowed").and_then(Value::as_bool))
}
