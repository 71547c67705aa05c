//! What follows an answer to a write. The one place that decides it; `apply` only sends and reads.

/// What came back to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    /// The server did it, and answered with this status code.
    Success(u16),
    /// It certainly never reached the server.
    NotSent,
    /// It may have been carried out: the answer was lost.
    Lost,
    /// The object is not the one that the write is bound to.
    Moved,
    /// Another manager owns a field. Comes before `Moved` where both are true: reading tells which.
    Conflict,
    /// The server failed (5xx), maybe after it had stored the object.
    ServerError,
    /// The server refused it.
    Refused,
}

/// What reading the object again showed, held against the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reread {
    /// It could not be read.
    Unreadable,
    /// It is as wanted.
    AlreadyDone,
    /// It is the version that the write was bound to.
    Unchanged,
    /// Another version, in which nothing moved that concerns the plan.
    Irrelevant,
    /// The plan does not hold any more.
    Stale,
}

/// Where a write stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// It creates the object.
    pub creates: bool,
    /// The answer to an attempt before this one was lost.
    pub lost_before: bool,
    /// There is no attempt after this one.
    pub last: bool,
    /// What came back.
    pub reply: Reply,
    /// What reading showed, once that was asked for.
    pub reread: Option<Reread>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Read the object, and ask again.
    Read,
    /// Send again, bound to the version just read.
    SendAgain,
    /// The server created it.
    Created,
    /// The server updated it.
    Updated,
    /// A lost write of ours did it, as far as reading tells.
    ConfirmedByReading,
    /// Somebody else did it.
    DoneByAnother,
    /// Nothing was written.
    NotWritten(Because),
    /// It may have been written.
    Unknown(Because),
    /// The plan does not hold any more; nothing was written.
    Stale(Because),
}

/// Whose words say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The reply's own.
    Reply,
    /// The failure to read.
    Unreadable,
    /// The lost answer's.
    Lost,
    /// The lost answer's, and that reading did not tell more.
    LostAndUnreadable,
    /// The lost answer's, and what is no longer as planned.
    LostAndStale,
    /// The reply's, and that reading did not tell more.
    ReplyAndUnclear,
    /// A creation that was answered by another code than 201: it may have changed what was there.
    NotCreated,
    /// What is no longer as planned.
    Difference,
    /// It moved at each attempt.
    KeepsChanging,
}

/// Decides what follows.
#[must_use]
pub const fn next_step(attempt: Attempt) -> NextStep {
    let Attempt { creates, lost_before, last, reply, reread } = attempt;
    let lost = lost_before || matches!(reply, Reply::Lost);
    match (reply, reread) {
        (Reply::Success(201), _) if creates => NextStep::Created,
        (Reply::Success(_), _) if creates => NextStep::Unknown(Because::NotCreated),
        (Reply::Success(_), _) => NextStep::Updated,
        (Reply::NotSent | Reply::Refused, _) if lost => NextStep::Unknown(Because::Lost),
        (Reply::NotSent | Reply::Refused, _) => NextStep::NotWritten(Because::Reply),
        (Reply::Lost | Reply::Moved | Reply::Conflict | Reply::ServerError, None) => NextStep::Read,
        (Reply::ServerError, Some(Reread::AlreadyDone)) => NextStep::ConfirmedByReading,
        (Reply::ServerError, Some(Reread::Unchanged | Reread::Irrelevant)) if !lost => NextStep::NotWritten(Because::Reply),
        (Reply::ServerError, Some(_)) => NextStep::Unknown(Because::ReplyAndUnclear),
        (_, Some(Reread::Unreadable)) if lost => NextStep::Unknown(Because::LostAndUnreadable),
        (_, Some(Reread::Unreadable)) => NextStep::NotWritten(Because::Unreadable),
        (_, Some(Reread::AlreadyDone)) if lost => NextStep::ConfirmedByReading,
        (_, Some(Reread::AlreadyDone)) => NextStep::DoneByAnother,
        (_, Some(Reread::Stale)) if lost => NextStep::Unknown(Because::LostAndStale),
        (_, Some(Reread::Stale)) => NextStep::Stale(Because::Difference),
        (Reply::Conflict, Some(Reread::Unchanged)) if lost => NextStep::Unknown(Because::Lost),
        (Reply::Conflict, Some(Reread::Unchanged)) => NextStep::NotWritten(Because::Reply),
        (_, Some(Reread::Unchanged | Reread::Irrelevant)) if !last => NextStep::SendAgain,
        (_, Some(Reread::Unchanged | Reread::Irrelevant)) if lost => NextStep::Unknown(Because::Lost),
        (_, Some(Reread::Unchanged | Reread::Irrelevant)) => NextStep::Stale(Because::KeepsChanging),
    }
}
