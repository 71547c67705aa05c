//! Reads the live objects in one parallel round, into the core's own small structs. The live token is compared here and goes no further:
//! but for a mark of it, only the scrubber that hides it in all output knows it from then on.

mod identity;
mod leftovers;
mod live;

use std::collections::BTreeMap;

use futures_util::future::join;
use jiff::Timestamp;
use serde_json::Value;

use crate::cluster::{Answer, Cluster, in_parallel};
use crate::desired::{Desired, DesiredObject};
use crate::object::ObjectKey;
use crate::observed::{LiveObject, Observed, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Part as _, Text};
use crate::ownership::Owners;
use crate::pat::{Fingerprints, Pat, PatSource, Salt, Scrubber};
use crate::plan::ClusterIdentity;
use crate::text;
use crate::token::LiveToken;
pub use leftovers::leftovers;

use identity::check_pin;
pub use identity::{Identity, identity};
use live::TokenBytes;

/// What there is to compare a live token with.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The wanted token.
    pub pat: Option<&'a Pat>,
    /// Learns every live secret that is met.
    pub secrets: &'a Scrubber,
    /// What the live token is marked under.
    pub salt: &'a Salt,
    /// What its fingerprint is made under, where a plan is being saved, or one that was saved applied.
    pub fingerprints: Option<&'a Fingerprints>,
}

/// What a run reads for, beside the wanted objects.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The spec's path as the user gave it.
    pub spec: &'a Outside,
    /// Where the token is.
    pub token_source: &'a PatSource,
    /// The UID the spec pins the cluster to.
    pub pinned_uid: Option<&'a Outside>,
    /// What to compare the live token with.
    pub comparison: Comparison<'a>,
}

/// Reads everything in one parallel round: the wanted objects, the cluster's UID, and who we are.
///
/// # Errors
/// As `observed`.
pub async fn read(cluster: &Cluster, desired: &Desired, reading: Reading<'_>) -> Result<Observed, Failure> {
    let objects = in_parallel(desired.objects.iter().map(|wanted| read_object(cluster, wanted, reading.comparison)));
    // The objects first: the order of requests is the same in each run.
    let (reads, identity) = join(objects, identity(cluster)).await;
    observed(cluster, desired, reading, &identity, reads)
}

/// What one spec wants to be read, and what its token is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The wanted objects.
    pub desired: &'a Desired,
    /// What to compare the live token with.
    pub comparison: Comparison<'a>,
}

/// Reads the wanted objects of many specs: what each of theirs gave, in their order.
pub async fn read_many(cluster: &Cluster, wanted: &[Wanted<'_>]) -> Vec<Vec<Read>> {
    in_parallel(wanted.iter().map(|of| read_spec(cluster, *of))).await
}

async fn read_spec(cluster: &Cluster, Wanted { desired, comparison }: Wanted<'_>) -> Vec<Read> {
    in_parallel(desired.objects.iter().map(|object| read_object(cluster, object, comparison))).await
}

/// What a plan is made from, of what was read.
///
/// # Errors
/// Another cluster than pinned (exit code 3), a pinned UID that can't be read, or a server that answers nothing at all.
pub fn observed(
    cluster: &Cluster,
    desired: &Desired,
    reading: Reading<'_>,
    identity: &Identity,
    reads: Vec<Read>,
) -> Result<Observed, Failure> {
    check_pin(cluster, reading.pinned_uid, &identity.uid)?;
    let keys = desired.objects.iter().map(|wanted| desired.key(&wanted.object));
    let objects: BTreeMap<ObjectKey, Read> = keys.zip(reads).collect();
    nothing_answered(&objects)?;
    Ok(Observed {
        spec: reading.spec.clone(),
        token_source: reading.token_source.text(),
        token_unset: reading.token_source.unset(),
        token_is_given: reading.comparison.pat.is_some(),
        cluster: ClusterIdentity {
            context: cluster.context.clone(),
            server: cluster.server.clone(),
            uid: identity.uid.clone().ok().flatten(),
            user: identity.user.clone(),
            claimed: false,
        },
        read_at: Timestamp::now(),
        objects,
        leftovers: Vec::new(),
    })
}

/// Where nothing could be read for a reason that concerns the server, not the rights, that one failure is the message.
fn nothing_answered(objects: &BTreeMap<ObjectKey, Read>) -> Result<(), Failure> {
    let mut failures = objects.values().map(|read| match read {
        Read::Unreadable(failure) if failure.code != FailureCode::Forbidden => Some(failure),
        _ => None,
    });
    match failures.next().flatten() {
        Some(first) if failures.all(|failure| failure.is_some()) => Err(first.clone()),
        _ => Ok(()),
    }
}

/// Reads one object.
pub async fn read_object(cluster: &Cluster, wanted: &DesiredObject, comparison: Comparison<'_>) -> Read {
    let object = &wanted.object;
    let answer = match cluster.get(&object.api_path()).await {
        Ok(answer) => answer,
        Err(failure) => return Read::Unreadable(failure),
    };
    let status_kind = answer.status.as_ref().and_then(|status| status.kind.as_ref());
    match answer.code {
        200 => match parse_live(answer, wanted, comparison) {
            Ok((live, token)) => fingerprinted(live, token, cluster, comparison).await,
            Err(what) => Read::Unreadable(
                Failure::new(
                    FailureCode::BadAnswer,
                    text!("{} answered {} when asked for {}", cluster.server, what, object.title()),
                )
                .hint("is this address a Kubernetes API server?"),
            ),
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

/// The server does not take our credentials.
#[must_use]
pub fn unauthorized(cluster: &Cluster) -> Failure {
    Failure::new(
        FailureCode::Unauthorized,
        text!(
            "{} rejected our credentials (401): those of context {} are invalid or have expired",
            cluster.server,
            cluster.context
        ),
    )
    .hint("log in again, or choose another context with --context")
}

/// One of several, mostly: who lacks which rights, and what to do, is said of all of them at once.
fn forbidden(answer: &Answer) -> Failure {
    // The usual message says the same once more; another one, of an authorizer of the cluster's own, is worth showing.
    let usual = answer.status.as_ref().is_some_and(|status| status.message.expose().contains("cannot get resource"));
    let message = if usual { Text::default() } else { server_message(answer) };
    Failure::new(FailureCode::Forbidden, text!("no permission to get it{}", message))
}

/// The server's own words, behind a colon.
#[must_use]
pub fn server_message(answer: &Answer) -> Text {
    match &answer.status {
        Some(status) if !status.message.is_empty() => text!(": {}", status.words()),
        _ => Text::default(),
    }
}

/// Adds the live token's fingerprint for another run, and drops the token.
async fn fingerprinted(live: LiveObject, token: Option<TokenBytes>, cluster: &Cluster, comparison: Comparison<'_>) -> Read {
    let (Some(token), Some(fingerprints)) = (token, comparison.fingerprints) else { return Read::Present(live) };
    match fingerprints.of(&token, &cluster.deadline).await {
        Ok(saved) => Read::Present(live.with_token(|token| LiveToken { saved, ..token })),
        Err(failure) => Read::Unreadable(failure),
    }
}

/// Takes what the planner may know out of an answer, and the live token. The rest is dropped here.
fn parse_live(
    mut answer: Answer,
    wanted: &DesiredObject,
    comparison: Comparison<'_>,
) -> Result<(LiveObject, Option<TokenBytes>), &'static str> {
    let object = &wanted.object;
    let mut values = BTreeMap::new();
    let token = live::secrets(&mut answer.body, wanted, comparison, &mut values)?;
    let body = &answer.body;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(Outside::from);
    if text("/kind") != Some(object.resource.kind.into())
        || text("/metadata/name").as_ref() != Some(&object.name)
        || text("/metadata/namespace") != object.namespace
    {
        return Err("with another object");
    }
    live::plain(body, object.resource, &mut values);
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
