//! One live object: asked for by itself, and what the planner may know of an answer that holds it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::live::{self, TokenBytes};
use super::{Comparison, server_message, unauthorized};
use crate::cluster::{Answer, Cluster};
use crate::desired::DesiredObject;
use crate::observed::{LiveObject, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::ownership::Owners;
use crate::text;
use crate::token::LiveToken;

/// Reads one object.
pub async fn read_object(cluster: &Cluster, wanted: &DesiredObject, comparison: Comparison<'_>) -> Read {
    let object = &wanted.object;
    let answer = match cluster.get(&object.api_path()).await {
        Ok(answer) => answer,
        Err(failure) => return Read::Unreadable(failure),
    };
    let status_kind = answer.status.as_ref().and_then(|status| status.kind.as_ref());
    match answer.code {
        200 => match parse_live(answer.body, Some(object.resource.kind), wanted, comparison) {
            Ok((live, token)) => fingerprinted(live, token, cluster, comparison).await,
            Err(what) => Read::Unreadable(another(what, cluster, wanted)),
        },
        404 if status_kind.is_some_and(|kind| *kind == object.resource.plural) => Read::Absent,
        403 => Read::Unreadable(forbidden(&answer)),
        401 => Read::Unreadable(unauthorized(cluster)),
        code => Read::Unreadable(Failure::new(
            FailureCode::BadAnswer,
            text!("{} answered {} when asked for {}{}", cluster.server, code, object.title(), server_message(&answer)),
        )),
    }
}

/// The answer can't be the one that was asked for.
pub(super) fn another(what: &'static str, cluster: &Cluster, wanted: &DesiredObject) -> Failure {
    let what = text!("{} answered {} when asked for {}", cluster.server, what, wanted.object.title());
    Failure::new(FailureCode::BadAnswer, what).hint("is this address a Kubernetes API server?")
}

/// One of several, mostly: who lacks which rights, and what to do, is said of all of them at once.
fn forbidden(answer: &Answer) -> Failure {
    // The usual message says the same once more; another one, of an authorizer of the cluster's own, is worth showing.
    let usual = answer.status.as_ref().is_some_and(|status| status.message.expose().contains("cannot get resource"));
    let message = if usual { Text::default() } else { server_message(answer) };
    Failure::new(FailureCode::Forbidden, text!("no permission to get it{}", message))
}

/// Adds the live token's fingerprint for another run, and drops the token.
async fn fingerprinted(live: LiveObject, token: Option<TokenBytes>, cluster: &Cluster, comparison: Comparison<'_>) -> Read {
    let (Some(token), Some(fingerprints)) = (token, comparison.fingerprints) else { return Read::Present(live) };
    match fingerprints.of(&token, &cluster.deadline).await {
        Ok(saved) => Read::Present(live.with_token(|token| LiveToken { saved, ..token })),
        Err(failure) => Read::Unreadable(failure),
    }
}

/// Takes what the planner may know out of an object, and the live token. The rest is dropped here. `kind` is what it must say of itself: an
/// item of a list says nothing.
pub(super) fn parse_live(
    mut body: Value,
    kind: Option<&str>,
    wanted: &DesiredObject,
    comparison: Comparison<'_>,
) -> Result<(LiveObject, Option<TokenBytes>), &'static str> {
    let object = &wanted.object;
    let mut values = BTreeMap::new();
    let token = live::secrets(&mut body, wanted, comparison, &mut values)?;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(Outside::from);
    if kind.is_some_and(|kind| text("/kind") != Some(kind.into()))
        || text("/metadata/name").as_ref() != Some(&object.name)
        || text("/metadata/namespace") != object.namespace
    {
        return Err("with another object");
    }
    live::plain(&body, object.resource, &mut values);
    let live = LiveObject {
        uid: text("/metadata/uid").ok_or("without metadata.uid")?,
        resource_version: text("/metadata/resourceVersion").ok_or("without metadata.resourceVersion")?,
        terminating: text("/metadata/deletionTimestamp").is_some(),
        values,
        ..LiveObject::default()
    };
    let owners = Owners::parse(body.pointer("/metadata/managedFields").unwrap_or(&Value::Null), object.resource);
    Ok((live.with_owners(object.resource, owners), token))
}
