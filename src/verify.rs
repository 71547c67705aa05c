//! Asks the server about each change by a dry run, so that admission speaks at plan time and a plan is not only our own arithmetic.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::{Answer, Cluster, Sent, bounded, in_parallel};
use crate::field_path::FieldPath;
use crate::object::ObjectKey;
use crate::observed::Read;
use crate::outcome::Failure;
use crate::plan::{Change, ComputedBecause, DryRun, Plan, Remark};
use crate::read::{Comparison, read_object, server_message, unauthorized};
use crate::revalidate::{Validity, revalidate};
use crate::text;
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
) -> Result<BTreeMap<ObjectKey, DryRun>, Failure> {
    let asked: Vec<&Change> = plan.to_verify().collect();
    let words = in_parallel(asked.iter().map(|change| ask(cluster, change, token, withheld))).await;
    asked.into_iter().zip(words).map(|(change, word)| Ok((plan.key(&change.wanted.object), word?))).collect()
}

async fn ask(cluster: &Cluster, change: &Change, token: Comparison<'_>, withheld: bool) -> Result<DryRun, Failure> {
    if change.wanted.holds_token() && token.pat.is_none() {
        return Ok(DryRun::NotAsked(ComputedBecause::TokenUnset));
    }
    if change.wanted.holds_token() && withheld {
        return Ok(DryRun::NotAsked(ComputedBecause::UntrustedSpec));
    }
    let precondition = change.observed.as_ref().map_or(Precondition::Absent, Precondition::Version);
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
            None => DryRun::Failed("the server did not say whether we may".into()),
        },
        Ok(Sent::Answered(answer)) if answer.code == 401 => return Err(unauthorized(cluster)),
        Ok(Sent::Answered(answer)) if write::webhook_failed(&answer) => DryRun::Refused(write::refusal(&answer)),
        // Something of the server's own, or of a webhook that can't be asked this way: the write itself may go through.
        Ok(Sent::Answered(answer)) if answer.code >= 500 || write::no_dry_run(&answer) => {
            DryRun::Failed(text!("{} answered {}{}", cluster.server, answer.code, server_message(&answer)))
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
        Read::Present(live) => revalidate(change, Some(&live), None) != Validity::Unchanged,
        Read::Absent => revalidate(change, None, None) != Validity::Unchanged,
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
    let warned = answer.warnings.iter().map(|text| Remark::Warned(bounded(text)));
    // An answer to an apply carries metadata only, so that no token comes back.
    let answered = change.wanted.texts().filter(|(path, _)| path.is_under(&["metadata"]));
    let live = |path: &FieldPath| answer.body.pointer(&path.json_pointer()).and_then(Value::as_str);
    let overwritten = answered.filter(|(path, wanted)| live(path) != Some(wanted.expose()));
    warned.chain(overwritten.map(|(path, _)| Remark::Overwritten(path.clone()))).collect()
}
