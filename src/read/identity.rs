//! Which cluster it is, and who we are to it.

use futures_util::future::join;
use serde_json::Value;

use super::unauthorized;
use crate::cluster::Cluster;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::text;

/// Which cluster it is, and who we are to it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The UID of namespace `kube-system`; `None` where we may not read it.
    pub uid: Result<Option<Outside>, Failure>,
    /// Our user name as the server sees it; `None` where it does not say.
    pub user: Option<Outside>,
}

/// Asks the cluster who it is, and who we are.
pub async fn identity(cluster: &Cluster) -> Identity {
    let (uid, user) = join(cluster_uid(cluster), who_we_are(cluster)).await;
    Identity { uid, user: user.ok().flatten() }
}

/// Whether the cluster is the one that the spec pins.
pub(super) fn check_pin(
    cluster: &Cluster,
    pinned: Option<&Outside>,
    uid: &Result<Option<Outside>, Failure>,
) -> Result<(), Failure> {
    let Some(pinned) = pinned else { return Ok(()) };
    match uid {
        Ok(Some(uid)) if uid == pinned => Ok(()),
        Ok(Some(uid)) => Err(Failure::new(
            FailureCode::OtherCluster,
            text!(
                "context {} ({}) is not the cluster the spec pins: its uid is {}, cluster.uid says {}",
                cluster.context,
                cluster.server,
                uid,
                pinned
            ),
        )
        .hint("nothing else was looked at; choose the right context with --context, or correct cluster.uid")),
        Ok(None) => Err(Failure::new(
            FailureCode::UidUnreadable,
            text!("the spec pins cluster.uid, but {} does not let us read it", cluster.server),
        )
        .hint("it needs the right to `get` namespaces `kube-system`; grant it, or remove cluster.uid from the spec")),
        Err(failure) => Err(failure.clone()),
    }
}

/// The UID of namespace `kube-system`; `None` where we may not read it.
async fn cluster_uid(cluster: &Cluster) -> Result<Option<Outside>, Failure> {
    let answer = cluster.get("/api/v1/namespaces/kube-system").await?;
    match answer.code {
        200 => {
            let text = |pointer: &str| answer.body.pointer(pointer).and_then(Value::as_str);
            // Another object's uid would be another cluster's.
            let asked = text("/metadata/name") == Some("kube-system");
            Ok(text("/metadata/uid").filter(|_| asked).map(Outside::from))
        }
        401 => Err(unauthorized(cluster)),
        _ => Ok(None),
    }
}

/// Our user name as the server sees it (SelfSubjectReview); `None` where it does not say.
async fn who_we_are(cluster: &Cluster) -> Result<Option<Outside>, Failure> {
    let body = br#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
    let answer = cluster.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", body.to_vec()).await?;
    Ok(answer.body.pointer("/status/userInfo/username").and_then(Value::as_str).map(Outside::from))
}
