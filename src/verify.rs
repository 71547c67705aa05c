//! Asks the server about each change by a dry run, so that admission speaks at plan time and a plan is not only our own arithmetic.

use crate::text;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::cluster::{Answer, Cluster, Sent, bounded};
use crate::observed::Read;
use crate::outcome::Failure;
use crate::plan::{Change, ComputedBecause, DryRun, FieldPath, Kind, Plan, Remark};
use crate::planner;
use crate::read::{Comparison, read_object, said, unauthorized};
use crate::write::{self, Mode, Precondition};

/// Asks about every change that would be written, in one parallel round. `withheld`: not even a dry run carries the token.
///
/// # Errors
/// The server does not take our credentials any more.
pub async fn verify(
    cluster: &Cluster,
    plan: &Plan,
    token: Comparison<'_>,
    withheld: bool,
) -> Result<BTreeMap<Kind, DryRun>, Failure> {
    let asked: Vec<&Change> = plan.to_verify().collect();
    let words = together(asked.iter().map(|change| ask(cluster, change, token, withheld))).await;
    asked.into_iter().zip(words).map(|(change, word)| Ok((change.wanted.kind, word?))).collect()
}

/// Futures polled together on one thread: as many as a plan has objects or rights.
pub(crate) async fn together<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in &mut running {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if running.iter().all(|(_, done)| done.is_some()) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}

async fn ask(cluster: &Cluster, change: &Change, token: Comparison<'_>, withheld: bool) -> Result<DryRun, Failure> {
    if change.wanted.kind == Kind::Secret && token.pat.is_none() {
        return Ok(DryRun::NotAsked(ComputedBecause::TokenUnset));
    }
    if change.wanted.kind == Kind::Secret && withheld {
        return Ok(DryRun::NotAsked(ComputedBecause::UntrustedSpec));
    }
    let precondition = change.seen.as_ref().map_or(Precondition::Absent, Precondition::Seen);
    Ok(match write::send(cluster, change, precondition, token.pat, Mode::DryRun).await {
        Err(failure) => DryRun::Failed(failure.what),
        Ok(Sent::Lost { why }) => DryRun::Failed(why.what),
        Ok(Sent::Answered(answer)) if answer.is_success() => DryRun::Accepted(remarks(&answer, change)),
        Ok(Sent::Answered(answer)) if write::moved(&answer) => DryRun::Moved,
        // No question of rights, so there is nothing to ask about.
        Ok(Sent::Answered(answer)) if write::namespace_terminates(&answer) => DryRun::Refused(write::refusal(&answer)),
        Ok(Sent::Answered(answer)) if answer.code == 403 => match may_write(cluster, change).await {
            Some(false) => DryRun::NotAsked(ComputedBecause::NoPermission),
            Some(true) => DryRun::Refused(write::refusal(&answer)),
            None => DryRun::Failed("the server does not say whether we may".into()),
        },
        Ok(Sent::Answered(answer)) if answer.code == 401 => return Err(unauthorized(cluster)),
        Ok(Sent::Answered(answer)) if write::webhook_failed(&answer) => DryRun::Refused(write::refusal(&answer)),
        // Something of the server's own, or of a webhook that can't be asked this way: the write itself may go through.
        Ok(Sent::Answered(answer)) if answer.code >= 500 || write::no_dry_run(&answer) => {
            DryRun::Failed(text!("{} answered {}{}", cluster.server, answer.code, said(&answer)))
        }
        // Somebody wrote between our reading and this: then the conflict is with what we haven't read.
        Ok(Sent::Answered(answer)) if answer.code == 409 && has_moved(cluster, change, token).await => DryRun::Moved,
        // What is no Status doesn't come from the API server, but from something in front of it.
        Ok(Sent::Answered(answer)) if answer.status.is_none() => {
            DryRun::Failed(text!("{} answered {}", cluster.server, answer.code))
        }
        Ok(Sent::Answered(answer)) => DryRun::Refused(write::refusal(&answer)),
    })
}

/// Whether the object is another one, or another version of it, than the change was computed from.
async fn has_moved(cluster: &Cluster, change: &Change, token: Comparison<'_>) -> bool {
    match read_object(cluster, &change.wanted, token).await {
        Read::Present(live) => {
            change.seen.as_ref().is_none_or(|seen| seen.uid != live.uid || seen.resource_version != live.resource_version)
        }
        Read::Absent => change.seen.is_some(),
        Read::Unreadable(_) => false,
    }
}

/// Whether we have the rights this change's write needs; `None` if the server does not say.
async fn may_write(cluster: &Cluster, change: &Change) -> Option<bool> {
    let mut all = true;
    for verb in write::verbs(change) {
        all &= write::allowed(cluster, verb, change).await.ok()??;
    }
    Some(all)
}

/// What the server would make of it beyond what was asked: its own warnings, and wanted values that admission would overwrite.
fn remarks(answer: &Answer, change: &Change) -> Vec<Remark> {
    let said = answer.warnings.iter().map(|text| Remark::Warned(bounded(text)));
    let overwritten = planner::wanted_values(&change.wanted).filter(|(path, value)| {
        let (map, key) = match path {
            FieldPath::Label(key) => ("labels", key),
            FieldPath::Annotation(key) => ("annotations", key),
            FieldPath::Data(_) | FieldPath::Other(_) => return false,
        };
        let live = answer.body.pointer(&format!("/metadata/{map}")).and_then(|live| live.get(key.expose()));
        live.and_then(Value::as_str) != Some(value.expose())
    });
    said.chain(overwritten.map(|(path, _)| Remark::Overwritten(path))).collect()
}
