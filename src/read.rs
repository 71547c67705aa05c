//! Reads the live objects in one parallel round, into the core's own small structs. The live token is compared here and goes no further:
//! but for a mark of it, only the scrubber that hides it in all output knows it from then on.

mod identity;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use crate::cluster::{Answer, Cluster};
use crate::desired::{Desired, DesiredObject};
use crate::names::LAST_APPLIED;
use crate::observed::{Live, LiveSecret, Observed, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Part as _, Text};
use crate::ownership::Owners;
use crate::pat::{Fingerprints, Pat, PatSource, Salt, Scrubber};
use crate::plan::{ClusterIdentity, FieldPath, Kind, Verdict};
use crate::text;
use identity::{check_pin, cluster_uid, who_we_are};

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
/// Another cluster than pinned (exit code 3), a pinned UID that can't be read, or a server that answers nothing at all.
pub async fn read(cluster: &Cluster, desired: &Desired, reading: Reading<'_>) -> Result<Observed, Failure> {
    let object = |kind: Kind| async move {
        match desired.objects.iter().find(|wanted| wanted.kind == kind) {
            Some(wanted) => Some(read_object(cluster, wanted, reading.comparison).await),
            None => None,
        }
    };
    let (namespace, service_account, secret, uid, user) = tokio::join!(
        object(Kind::Namespace),
        object(Kind::ServiceAccount),
        object(Kind::Secret),
        cluster_uid(cluster),
        who_we_are(cluster),
    );
    check_pin(cluster, reading.pinned_uid, &uid)?;
    let found = [(Kind::Namespace, namespace), (Kind::ServiceAccount, service_account), (Kind::Secret, secret)];
    let objects: BTreeMap<Kind, Read> = found.into_iter().filter_map(|(kind, read)| Some((kind, read?))).collect();
    nothing_answered(&objects)?;
    Ok(Observed {
        spec: reading.spec.clone(),
        token_source: reading.token_source.text(),
        token_unset: reading.token_source.unset(),
        token_given: reading.comparison.pat.is_some(),
        cluster: ClusterIdentity {
            context: cluster.context.clone(),
            server: cluster.server.clone(),
            uid: uid.ok().flatten(),
            user: user.ok().flatten(),
            claimed: false,
        },
        read_at: Timestamp::now(),
        objects,
    })
}

/// Where nothing could be read for a reason that concerns the server, not the rights, that one failure is the message.
fn nothing_answered(objects: &BTreeMap<Kind, Read>) -> Result<(), Failure> {
    let mut failures = objects.values().map(|read| match read {
        Read::Unreadable(failure) if failure.code != FailureCode::Forbidden => Some(failure),
        _ => None,
    });
    match failures.next().flatten() {
        Some(first) if failures.all(|failure| failure.is_some()) => Err(first.clone()),
        _ => Ok(()),
    }
}

/// The path of an object in the API. Names were checked by the spec, so none needs escaping.
#[must_use]
pub fn path_of(wanted: &DesiredObject) -> String {
    let resource = wanted.kind.resource();
    match &wanted.namespace {
        Some(namespace) => format!("/api/v1/namespaces/{}/{resource}/{}", namespace.expose(), wanted.name.expose()),
        None => format!("/api/v1/{resource}/{}", wanted.name.expose()),
    }
}

/// Reads one object.
pub async fn read_object(cluster: &Cluster, wanted: &DesiredObject, comparison: Comparison<'_>) -> Read {
    let answer = match cluster.get(&path_of(wanted)).await {
        Ok(answer) => answer,
        Err(failure) => return Read::Unreadable(failure),
    };
    let status_kind = answer.status.as_ref().and_then(|status| status.kind.as_ref());
    match answer.code {
        200 => match understand(answer, wanted, comparison) {
            Ok((live, token)) => fingerprinted(live, token, cluster, comparison).await,
            Err(what) => Read::Unreadable(
                Failure::new(
                    FailureCode::BadAnswer,
                    text!("{} answered {} when asked for {}", cluster.server, what, wanted.title()),
                )
                .hint("is this address a Kubernetes API server?"),
            ),
        },
        404 if status_kind.is_some_and(|kind| *kind == wanted.kind.resource()) => Read::Absent,
        403 => Read::Unreadable(forbidden(&answer, wanted)),
        401 => Read::Unreadable(unauthorized(cluster)),
        code => Read::Unreadable(Failure::new(
            FailureCode::BadAnswer,
            text!("{} answered {} when asked for {}{}", cluster.server, code, wanted.title(), said(&answer)),
        )),
    }
}

/// The server does not take our credentials.
#[must_use]
pub fn unauthorized(cluster: &Cluster) -> Failure {
    Failure::new(
        FailureCode::Unauthorized,
        text!(
            "{} does not know us (401): the credentials of context {} are not valid, or expired",
            cluster.server,
            cluster.context
        ),
    )
    .hint("log in again, or choose another context with --context")
}

fn forbidden(answer: &Answer, wanted: &DesiredObject) -> Failure {
    let place = wanted.namespace.as_ref().map_or_else(Text::default, |namespace| text!(" in namespace {}", namespace));
    // The usual message says the same once more; another one, of an authorizer of the cluster's own, is worth showing.
    let usual = answer.status.as_ref().is_some_and(|status| status.message.expose().contains("cannot get resource"));
    let said = if usual { Text::default() } else { said(answer) };
    let what = text!("no permission to get {} {}{}{}", wanted.kind.resource(), wanted.name, place, said);
    Failure::new(FailureCode::Forbidden, what).hint(text!(
        "ask for the right to `get` {} {}{}",
        wanted.kind.resource(),
        wanted.name,
        place
    ))
}

/// The server's own words, behind a colon.
#[must_use]
pub fn said(answer: &Answer) -> Text {
    match &answer.status {
        Some(status) if !status.message.is_empty() => text!(": {}", status.words()),
        _ => Text::default(),
    }
}

type LiveToken = Option<Zeroizing<Vec<u8>>>;

/// Adds the live token's fingerprint, and drops the token.
async fn fingerprinted(mut live: Live, token: LiveToken, cluster: &Cluster, comparison: Comparison<'_>) -> Read {
    if let (Some(secret), Some(token), Some(fingerprints)) = (&mut live.secret, token, comparison.fingerprints) {
        match fingerprints.of(&token, &cluster.deadline).await {
            Ok(fingerprint) => secret.fingerprint = fingerprint,
            Err(failure) => return Read::Unreadable(failure),
        }
    }
    Read::Present(live)
}

/// Takes what the planner may know out of an answer, and the live token. The rest of a Secret is dropped here.
fn understand(mut answer: Answer, wanted: &DesiredObject, comparison: Comparison<'_>) -> Result<(Live, LiveToken), &'static str> {
    let secret = (wanted.kind == Kind::Secret).then(|| live_secret(&mut answer.body, comparison)).transpose()?;
    let (secret, token) = secret.map_or((None, None), |(secret, token)| (Some(secret), token));
    let body = &answer.body;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(Outside::from);
    if text("/kind") != Some(wanted.kind.name().into())
        || text("/metadata/name").as_ref() != Some(&wanted.name)
        || text("/metadata/namespace") != wanted.namespace
    {
        return Err("with another object");
    }
    let strings = |pointer: &str| -> BTreeMap<Outside, Outside> {
        let map = body.pointer(pointer).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.into(), value.as_str()?.into()))).collect()
    };
    let mut annotations = strings("/metadata/annotations");
    let last_applied = annotations.remove(&LAST_APPLIED.into()).is_some();
    let labels = strings("/metadata/labels");
    let mut owners = Owners::parse(body.pointer("/metadata/managedFields").unwrap_or(&Value::Null));
    // Nobody owns what is not there, whatever an entry says.
    owners.retain(|path| match path {
        FieldPath::Label(key) => labels.contains_key(key),
        FieldPath::Annotation(key) => annotations.contains_key(key) || last_applied && *key == LAST_APPLIED,
        FieldPath::Data(_) | FieldPath::Other(_) => true,
    });
    let live = Live {
        uid: text("/metadata/uid").ok_or("without metadata.uid")?,
        resource_version: text("/metadata/resourceVersion").ok_or("without metadata.resourceVersion")?,
        terminating: text("/metadata/deletionTimestamp").is_some(),
        labels,
        annotations,
        last_applied,
        owners,
        secret,
    };
    Ok((live, token))
}

fn live_secret(body: &mut Value, comparison: Comparison<'_>) -> Result<(LiveSecret, LiveToken), &'static str> {
    let mut live_token = None;
    let mut empty = true;
    let mut wrong = None;
    if let Some(Value::Object(data)) = body.get_mut("data").map(Value::take) {
        for (key, value) in data {
            let Value::String(mut encoded) = value else {
                wrong = Some("with a Secret whose data is not text");
                continue;
            };
            let decoded = BASE64.decode(&encoded).map(Zeroizing::new);
            if decoded.is_err() {
                comparison.secrets.learn(encoded.as_bytes());
            }
            encoded.zeroize();
            let Ok(decoded) = decoded else {
                wrong = Some("with a Secret whose data is not base64");
                continue;
            };
            empty = false;
            if key == "token" {
                comparison.secrets.learn(&decoded);
                live_token = Some(decoded);
            } else {
                comparison.secrets.learn_data(&decoded);
            }
        }
    }
    // Only now: what was understood of it is to be hidden in whatever is said of this answer.
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    let token = match (&live_token, comparison.pat) {
        (None, _) => Verdict::Missing,
        (Some(live), Some(pat)) if pat.matches(live) => Verdict::Same,
        (Some(_), Some(_)) => Verdict::Different,
        // An empty value is no token at all: that differs from any.
        (Some(live), None) if live.is_empty() => Verdict::Different,
        (Some(_), None) => Verdict::NotCompared,
    };
    let secret = LiveSecret {
        r#type: body.get("type").and_then(Value::as_str).unwrap_or_default().into(),
        immutable: body.get("immutable").and_then(Value::as_bool).unwrap_or_default(),
        empty,
        token,
        token_mark: live_token.as_ref().map(|live| comparison.salt.mark(live)),
        fingerprint: None,
    };
    Ok((secret, live_token))
}
