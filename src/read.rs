//! Reads the live objects in one parallel round, into the core's own small structs. The live token is compared here and goes no further:
//! but for a mark of it, only the scrubber that hides it in all output knows it from then on.

mod identity;
mod leftovers;
mod listing;
mod live;
mod many;
mod object;
mod selector;

use std::collections::BTreeMap;

use futures_util::future::join;
use jiff::Timestamp;

use crate::cluster::{Answer, Cluster, in_parallel};
use crate::desired::Desired;
use crate::object::ObjectKey;
use crate::observed::{Observed, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Part as _, Text};
use crate::pat::{Fingerprints, Pat, PatSource, Salt, Scrubber};
use crate::plan::ClusterIdentity;
use crate::text;

use identity::check_pin;
pub use identity::{Identity, identity};
pub use leftovers::leftovers;
pub use many::{Strategy, Wanted, read_many, read_many_by};
pub use object::read_object;

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

/// The server's own words, behind a colon.
#[must_use]
pub fn server_message(answer: &Answer) -> Text {
    match &answer.status {
        Some(status) if !status.message.is_empty() => text!(": {}", status.words()),
        _ => Text::default(),
    }
}
