//! One object's write, to its end: sends, and reads where `next_step` wants to know more.

use super::{ApplyContext, stale};
use crate::cluster::{Answer, Cluster, Sent};
use crate::next_step::{Attempt, Because, NextStep, Reply, Reread, next_step};
use crate::observed::Read;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::plan::{Action, Change, ObservedVersion, Reason};
use crate::read::read_object;
use crate::report::WriteResult;
use crate::revalidate::{Difference, Validity, revalidate};
use crate::text;
use crate::write::{self, Mode, Precondition};

/// How often an object may move under us, or an answer be lost, before we say so.
const MAX_ATTEMPTS: u32 = 4;

/// What to do where it is not known whether an object was written.
const SEE_WHAT_IS_THERE: &str = "run `konnect plan` to see what is there";

/// What there is to say of a write, as far as it has come.
#[derive(Default)]
struct Evidence {
    /// The last answer that was lost.
    lost: Option<Failure>,
    /// What the last reply said.
    reply: Option<Failure>,
    /// The status code of the last success.
    code: u16,
    unreadable: Option<Failure>,
    difference: Option<Box<Difference>>,
    /// The version that was read last.
    version: Option<ObservedVersion>,
}

/// Writes one object. The precondition of each request makes sure that it changes only what the plan was made from, however often it
/// is sent.
pub(super) async fn write_one(cluster: &Cluster, planned: &Change, context: ApplyContext<'_>) -> WriteResult {
    let mut current = planned.clone();
    let mut evidence = Evidence::default();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let lost_before = evidence.lost.is_some();
        let reply = send(cluster, &current, context, &mut evidence).await;
        let creates = planned.action == Action::Create;
        let mut attempt = Attempt { creates, lost_before, last: attempts == MAX_ATTEMPTS, reply, reread: None };
        let mut step = next_step(attempt);
        if step == NextStep::Read {
            attempt.reread = Some(reread(cluster, &current, context, &mut evidence).await);
            step = next_step(attempt);
        }
        match evidence.conclude(step, planned) {
            Some(result) => return result,
            None => current.observed = evidence.version.take().or(current.observed),
        }
    }
}

async fn send(cluster: &Cluster, change: &Change, context: ApplyContext<'_>, evidence: &mut Evidence) -> Reply {
    let precondition = change.observed.as_ref().map_or(Precondition::Absent, Precondition::Version);
    let answer = match write::send(cluster, change, precondition, Some(context.pat), Mode::Real).await {
        Err(failure) => {
            evidence.reply = Some(failure);
            return Reply::NotSent;
        }
        Ok(Sent::Lost { why }) => {
            evidence.lost = Some(why);
            return Reply::Lost;
        }
        Ok(Sent::Answered(answer)) => answer,
    };
    if answer.is_success() {
        evidence.code = answer.code;
        return Reply::Success(answer.code);
    }
    evidence.reply = Some(refused(change, &answer));
    match answer.code {
        _ if write::moved(&answer) => Reply::Moved,
        409 => Reply::Conflict,
        500.. => Reply::ServerError,
        _ => Reply::Refused,
    }
}

async fn reread(cluster: &Cluster, change: &Change, context: ApplyContext<'_>, evidence: &mut Evidence) -> Reread {
    let read = read_object(cluster, &change.wanted, context.comparison).await;
    let live = match &read {
        Read::Unreadable(failure) => {
            evidence.unreadable = Some(failure.clone());
            return Reread::Unreadable;
        }
        Read::Present(live) => Some(live),
        Read::Absent => None,
    };
    match revalidate(change, live, None) {
        Validity::AlreadyDone => Reread::AlreadyDone,
        Validity::Unchanged => Reread::Unchanged,
        Validity::Irrelevant(version) => {
            evidence.version = Some(version);
            Reread::Irrelevant
        }
        Validity::Stale(difference) => {
            evidence.difference = Some(difference);
            Reread::Stale
        }
    }
}

impl Evidence {
    /// The result, in words; `None` where it is to be sent again.
    fn conclude(&mut self, step: NextStep, planned: &Change) -> Option<WriteResult> {
        Some(match step {
            NextStep::Created => WriteResult::Created,
            NextStep::Updated => WriteResult::Updated,
            NextStep::ConfirmedByReading => WriteResult::ConfirmedByReading,
            NextStep::DoneByAnother => WriteResult::DoneByAnother,
            NextStep::NotWritten(because) => WriteResult::Failed(self.words(because, planned)),
            NextStep::Unknown(because) => WriteResult::Unknown(self.words(because, planned)),
            NextStep::Stale(because) => WriteResult::Stale(self.words(because, planned)),
            NextStep::SendAgain | NextStep::Read => return None,
        })
    }

    fn words(&mut self, because: Because, planned: &Change) -> Failure {
        let title = planned.wanted.object.title();
        let missing = || Failure::new(FailureCode::BadAnswer, text!("it is not known what became of {}", title));
        let taken = |failure: &mut Option<Failure>| failure.take().unwrap_or_else(missing);
        match because {
            Because::Reply => taken(&mut self.reply),
            Because::Unreadable => taken(&mut self.unreadable),
            Because::Lost => taken(&mut self.lost),
            Because::LostAndUnreadable => and_unclear(taken(&mut self.lost)),
            Because::ReplyAndUnclear => and_unclear(taken(&mut self.reply)),
            Because::LostAndStale => {
                let why = taken(&mut self.lost);
                // Not the words of what is stale: that it was not written is not known here.
                let moved = self.difference.take().map_or_else(|| missing().what, |difference| difference.sentence());
                Failure { what: text!("{}; and {}", why.what, moved), ..why }.hint(SEE_WHAT_IS_THERE)
            }
            Because::Difference => self.difference.take().map_or_else(missing, |difference| stale(&difference)),
            Because::KeepsChanging => {
                Failure::new(FailureCode::Stale, text!("{} kept changing while it was being written", title))
                    .hint("find out what changes it, then plan again")
            }
            Because::NotCreated => Failure::new(
                FailureCode::BadAnswer,
                text!(
                    "the server answered {} to the creation of {}, which must be 201: it may have changed an object that was there",
                    self.code,
                    title
                ),
            ),
        }
    }
}

fn and_unclear(why: Failure) -> Failure {
    Failure { what: text!("{}; and reading it again did not show whether it was written", why.what), ..why }
        .hint(SEE_WHAT_IS_THERE)
}

fn refused(planned: &Change, answer: &Answer) -> Failure {
    let title = planned.wanted.object.title();
    match write::refusal(answer) {
        Reason::NamespaceMissing(namespace) => Failure::new(
            FailureCode::NamespaceMissing,
            text!("{} can't be written: namespace {} does not exist", title, namespace),
        )
        .hint("create it, or let konnect manage it (remove `manage = false`)"),
        Reason::NamespaceTerminating => {
            Failure::new(FailureCode::NamespaceTerminating, text!("{} can't be created: its namespace is being deleted", title))
                .hint("wait until it is gone, have it recreated, then run apply again")
        }
        Reason::Policy { name: _, words: message } | Reason::Rejected(message) | Reason::WebhookFailed(message) => {
            rejected(&title, &message, answer)
        }
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
