//! One object's write, to its end: sent, and where the answer was lost or the object moved, looked at and decided.

use super::{Ending, Means};
use crate::cluster::{Answer, Cluster, Sent};
use crate::observed::Read;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::plan::{Action, Change, FieldPath, Reason};
use crate::planner;
use crate::read::read_object;
use crate::text;
use crate::write::{self, Mode, Precondition};

/// How often an object may move under us, or an answer be lost, before we say so.
const ATTEMPTS: u32 = 4;

/// Writes one object. The precondition of each request makes sure that it changes only what the plan was made from, however often it
/// is sent.
pub(super) async fn write_one(cluster: &Cluster, planned: &Change, means: Means<'_>) -> Ending {
    let mut current = planned.clone();
    let mut lost: Option<Failure> = None;
    for _ in 0..ATTEMPTS {
        let mut conflict = None;
        let precondition = current.seen.as_ref().map_or(Precondition::Absent, Precondition::Seen);
        match write::send(cluster, &current, precondition, Some(means.pat), Mode::Real).await {
            // Certain not to have been carried out: but an attempt before it may have been.
            Err(failure) => return lost.map_or(Ending::Failed(failure), Ending::Unknown),
            Ok(Sent::Lost { why }) => lost = Some(why),
            Ok(Sent::Answered(answer)) if answer.is_success() => return success(&answer, planned),
            Ok(Sent::Answered(answer)) if write::moved(&answer) => {}
            // A conflict of owners comes before a resourceVersion that does not fit: reading tells which of the two it was.
            Ok(Sent::Answered(answer)) if answer.code == 409 => conflict = Some(refused(planned, &answer)),
            // The server may have failed after it had stored the object.
            Ok(Sent::Answered(answer)) if answer.code >= 500 => return after_error(cluster, planned, means, &answer, lost).await,
            Ok(Sent::Answered(answer)) => {
                let refused = refused(planned, &answer);
                return lost.map_or(Ending::Failed(refused), Ending::Unknown);
            }
        }
        match look(cluster, planned, means).await {
            Err(failure) => return lost.map_or(Ending::Failed(failure), |why| Ending::Unknown(and_unreadable(why))),
            Ok(now) if now.action == Action::None && lost.is_some() => return Ending::ConfirmedByReading,
            Ok(now) if now.action == Action::None => return Ending::DoneByAnother,
            Ok(now) if now.same_effect(planned) => {
                if let Some(refused) = conflict
                    && now.seen == current.seen
                {
                    return lost.map_or(Ending::Failed(refused), Ending::Unknown);
                }
                current.seen = now.seen;
            }
            Ok(now) => {
                let stale = stale(planned, &now);
                return match lost {
                    Some(why) => Ending::Unknown(Failure { what: text!("{}; and {}", why.what, stale.what), ..why }),
                    None => Ending::Stale(stale),
                };
            }
        }
    }
    match lost {
        Some(why) => Ending::Unknown(why),
        None => Ending::Stale(
            Failure::new(FailureCode::Stale, text!("{} kept changing while it was being written", planned.wanted.title()))
                .hint("find out what changes it, then plan again"),
        ),
    }
}

fn success(answer: &Answer, planned: &Change) -> Ending {
    match (planned.action, answer.code) {
        (Action::Create, 201) => Ending::Created,
        (Action::Create, code) => Ending::Unknown(Failure::new(
            FailureCode::BadAnswer,
            text!(
                "the server answered {} to the creation of {}, which must be 201: it may have changed an object that was there",
                code,
                planned.wanted.title()
            ),
        )),
        _ => Ending::Updated,
    }
}

async fn look(cluster: &Cluster, planned: &Change, means: Means<'_>) -> Result<Change, Failure> {
    match read_object(cluster, &planned.wanted, means.comparison).await {
        Read::Unreadable(failure) => Err(failure),
        read => Ok(planner::change(&planned.wanted, &read, true, means.take_over)),
    }
}

async fn after_error(cluster: &Cluster, planned: &Change, means: Means<'_>, answer: &Answer, lost: Option<Failure>) -> Ending {
    let refused = refused(planned, answer);
    match look(cluster, planned, means).await {
        Ok(now) if now.action == Action::None => Ending::ConfirmedByReading,
        Ok(now) if now.same_effect(planned) && lost.is_none() => Ending::Failed(refused),
        Ok(_) | Err(_) => Ending::Unknown(and_unreadable(refused)),
    }
}

fn and_unreadable(why: Failure) -> Failure {
    Failure { what: text!("{}; and reading it again did not tell whether it was written", why.what), ..why }
        .hint("run `konnect plan` to see what is there")
}

fn refused(planned: &Change, answer: &Answer) -> Failure {
    let title = planned.wanted.title();
    match write::refusal(answer) {
        Reason::NamespaceMissing(namespace) => Failure::new(
            FailureCode::NamespaceMissing,
            text!("{} can't be written: namespace {} does not exist", title, namespace),
        )
        .hint("create it, or let konnect manage it (remove `manage = false`)"),
        Reason::NamespaceTerminating => {
            Failure::new(FailureCode::NamespaceTerminating, text!("{} can't be created: its namespace is being deleted", title))
                .hint("wait until it is gone, have it made anew, then run apply again")
        }
        Reason::Rejected(message) | Reason::WebhookFailed(message) => rejected(&title, &message, answer),
        _ => rejected(&title, &Text::default(), answer),
    }
}

fn rejected(title: &Text, message: &Text, answer: &Answer) -> Failure {
    let what = text!("the server refused {} ({}): {}", title, answer.code, message);
    if write::webhook_failed(answer) {
        return Failure::new(FailureCode::WebhookFailed, what).hint("an admission webhook of the cluster is not answering (Kong's operator has one for these Secrets): once it is up, run apply again");
    }
    Failure::new(FailureCode::Rejected, what)
}

/// Says that an object is no longer what the plan was made from.
pub(super) fn stale(planned: &Change, now: &Change) -> Failure {
    let title = planned.wanted.title();
    let what = match (&planned.seen, &now.seen) {
        (None, Some(_)) => "appeared since the plan was made, and differs from the spec".into(),
        (Some(_), None) => "was deleted since the plan was made".into(),
        (Some(before), Some(after)) if before.uid != after.uid => "was deleted and made anew since the plan was made".into(),
        _ => match moved_fields(planned, now) {
            moved if moved.is_empty() => "changed since the plan was made".into(),
            moved => text!("changed since the plan was made: {}", Text::join(moved.iter().map(FieldPath::dotted), ", ")),
        },
    };
    Failure::new(FailureCode::Stale, text!("{} {}; it was not written", title, what))
        .hint("run plan again, and look at what changed")
}

/// The fields whose value, owners or plan are no longer the same.
fn moved_fields(planned: &Change, now: &Change) -> Vec<FieldPath> {
    let mark = |change: &Change| change.seen.as_ref().and_then(|seen| seen.token_mark.clone());
    let mut moved: Vec<FieldPath> = now
        .fields
        .iter()
        .filter(|field| !planned.fields.iter().any(|was| was.same_effect(field)))
        .map(|field| field.path.clone())
        .collect();
    moved.extend(
        planned
            .fields
            .iter()
            .filter(|field| !now.fields.iter().any(|now| now.path == field.path))
            .map(|field| field.path.clone()),
    );
    let token = FieldPath::token();
    if mark(planned) != mark(now) && !moved.contains(&token) {
        moved.insert(0, token);
    }
    moved
}
