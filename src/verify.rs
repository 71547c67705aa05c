//! Asks the server about each change by a dry run, so that admission speaks at plan time and a plan is not only our own arithmetic.

use crate::text;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::cluster::{Answer, Cluster, Sent, bounded};
use crate::observed::{Comparison, Read, read_object, said, unauthorized};
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change, ComputedBecause, Kind, Plan, Reason, Verification, Warning};
use crate::write::{self, Mode, Precondition};

/// What a dry run gave for one change.
enum Verdict {
    /// The server would do it. Fields that admission would change after us are named.
    Accepted(Vec<Warning>),
    /// The plan stands as computed.
    NotAsked(ComputedBecause),
    /// As above, and the reader should know why.
    Failed(Warning),
    /// The server would refuse it.
    Refused(Reason),
    /// The object is no longer what was read.
    Moved,
    /// The credentials are not valid any more: nothing more can be found out.
    Unknown(Failure),
}

/// Asks about every change that would be written, in one parallel round. Answers whether the plan still describes the cluster: where an
/// object moved since it was read, the plan must be made anew.
///
/// # Errors
/// The server does not know us any more.
pub async fn verify(cluster: &Cluster, plan: &mut Plan, token: Comparison<'_>) -> Result<bool, Failure> {
    let asked: Vec<usize> = (0..plan.changes.len()).filter(|i| plan.changes[*i].is_written()).collect();
    let questions = asked.iter().map(|i| ask(cluster, &plan.changes[*i], token));
    let verdicts = together(questions).await;
    let mut stands = true;
    for (i, verdict) in asked.into_iter().zip(verdicts) {
        let change = &mut plan.changes[i];
        match verdict {
            Verdict::Accepted(warnings) => {
                change.verification = Verification::Server;
                plan.warnings.extend(warnings);
            }
            Verdict::NotAsked(because) => change.verification = Verification::Computed(because),
            Verdict::Failed(warning) => {
                change.verification = Verification::Computed(ComputedBecause::AskingFailed);
                plan.warnings.push(warning);
            }
            Verdict::Refused(reason) => {
                change.action = Action::Blocked;
                change.reason = reason;
            }
            Verdict::Moved => stands = false,
            Verdict::Unknown(failure) => return Err(failure),
        }
    }
    Ok(stands)
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

async fn ask(cluster: &Cluster, change: &Change, token: Comparison<'_>) -> Verdict {
    if change.verification == Verification::Computed(ComputedBecause::NamespaceMissing) {
        return Verdict::NotAsked(ComputedBecause::NamespaceMissing);
    }
    if change.wanted.kind == Kind::Secret && token.pat.is_none() {
        return Verdict::NotAsked(ComputedBecause::TokenUnset);
    }
    let precondition = change.seen.as_ref().map_or(Precondition::Absent, Precondition::Seen);
    let failed = |what: Text| {
        let message = text!("{} could not be verified by a server dry run: {}", change.wanted.title(), what);
        Verdict::Failed(Warning { code: "not_verified".into(), message })
    };
    match write::send(cluster, change, precondition, token.pat, Mode::DryRun).await {
        Err(failure) => failed(failure.what),
        Ok(Sent::Lost { why }) => failed(why.what),
        Ok(Sent::Answered(answer)) if answer.is_success() => Verdict::Accepted(remarks(&answer, change)),
        Ok(Sent::Answered(answer)) if write::moved(&answer) => Verdict::Moved,
        Ok(Sent::Answered(answer)) if answer.code == 403 => match may_write(cluster, change).await {
            Some(false) => Verdict::NotAsked(ComputedBecause::NoPermission),
            Some(true) => Verdict::Refused(write::refusal(&answer)),
            None => failed("the server does not say whether we may".into()),
        },
        Ok(Sent::Answered(answer)) if answer.code == 401 => Verdict::Unknown(unauthorized(cluster)),
        Ok(Sent::Answered(answer)) if write::webhook_failed(&answer) => Verdict::Refused(write::refusal(&answer)),
        // Something of the server's own, or of a webhook that can't be asked this way: the write itself may go through.
        Ok(Sent::Answered(answer)) if answer.code >= 500 || write::no_dry_run(&answer) => {
            failed(text!("{} answered {}{}", cluster.server, answer.code, said(&answer)))
        }
        // Somebody wrote between our reading and this: then the conflict is with what we haven't read.
        Ok(Sent::Answered(answer)) if answer.code == 409 && has_moved(cluster, change, token).await => Verdict::Moved,
        // What is no Status doesn't come from the API server, but from something in front of it.
        Ok(Sent::Answered(answer)) if answer.status.is_none() => failed(text!("{} answered {}", cluster.server, answer.code)),
        Ok(Sent::Answered(answer)) => Verdict::Refused(write::refusal(&answer)),
    }
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
fn remarks(answer: &Answer, change: &Change) -> Vec<Warning> {
    let title = change.wanted.title();
    let said = answer
        .warnings
        .iter()
        .map(|text| Warning { code: "server_warning".into(), message: text!("{}: the server warns: {}", title, bounded(text)) });
    let maps = [("labels", &change.wanted.labels), ("annotations", &change.wanted.annotations)];
    let overwritten = maps.into_iter().flat_map(|(map, wanted)| {
        let live = answer.body.pointer(&format!("/metadata/{map}")).and_then(Value::as_object);
        let differs = move |key: &Outside, value: &Outside| {
            live.and_then(|live| live.get(key.expose())).and_then(Value::as_str) != Some(value.expose())
        };
        wanted.iter().filter(move |(key, value)| differs(key, value)).map(move |(key, _)| (map, key))
    });
    let overwritten = overwritten.map(|(map, key)| Warning {
        code: "changed_by_admission".into(),
        message: text!("{}: an admission webhook of the cluster changes metadata.{}.{} after konnect sets it: every plan will show it as a change", title, map, key),
    });
    said.chain(overwritten).collect()
}
