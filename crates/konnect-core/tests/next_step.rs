//! What follows an answer to a write: every reply, with and without an answer that was lost before it, and everything that reading can show.

use konnect_core::next_step::{Attempt, Because, NextStep, Reply, Reread, next_step};

use Because::{
    Difference, KeepsChanging, Lost, LostAndStale, LostAndUnreadable, NotCreated, Reply as Words, ReplyAndUnclear,
    Unreadable as CantRead,
};
use NextStep::{ConfirmedByReading, Created, DoneByAnother, NotWritten, Read, SendAgain, Stale, Unknown, Updated};

const FIRST: Attempt = Attempt { creates: false, lost_before: false, last: false, reply: Reply::Lost, reread: None };

fn after(reply: Reply, lost_before: bool, reread: Option<Reread>) -> NextStep {
    next_step(Attempt { lost_before, reply, reread, ..FIRST })
}

#[test]
fn a_success_counts_as_what_was_asked_for() {
    for lost_before in [false, true] {
        for last in [false, true] {
            let of = |creates, code| next_step(Attempt { creates, lost_before, last, reply: Reply::Success(code), reread: None });
            assert_eq!(of(true, 201), Created);
            // It may have changed an object that was there.
            assert_eq!(of(true, 200), Unknown(NotCreated));
            assert_eq!(of(false, 200), Updated);
            assert_eq!(of(false, 201), Updated);
        }
    }
}

/// Reply, what reading showed, what follows, and what follows where an answer was lost before.
type Row = (Reply, Option<Reread>, NextStep, NextStep);

#[test]
fn every_reply_with_everything_that_reading_can_show() {
    let rows: [Row; 26] = [
        (Reply::NotSent, None, NotWritten(Words), Unknown(Lost)),
        (Reply::Refused, None, NotWritten(Words), Unknown(Lost)),
        (Reply::Lost, None, Read, Read),
        (Reply::Lost, Some(Reread::Unreadable), Unknown(LostAndUnreadable), Unknown(LostAndUnreadable)),
        (Reply::Lost, Some(Reread::AlreadyDone), ConfirmedByReading, ConfirmedByReading),
        (Reply::Lost, Some(Reread::Unchanged), SendAgain, SendAgain),
        (Reply::Lost, Some(Reread::Irrelevant), SendAgain, SendAgain),
        (Reply::Lost, Some(Reread::Stale), Unknown(LostAndStale), Unknown(LostAndStale)),
        (Reply::Moved, None, Read, Read),
        (Reply::Moved, Some(Reread::Unreadable), NotWritten(CantRead), Unknown(LostAndUnreadable)),
        (Reply::Moved, Some(Reread::AlreadyDone), DoneByAnother, ConfirmedByReading),
        (Reply::Moved, Some(Reread::Unchanged), SendAgain, SendAgain),
        (Reply::Moved, Some(Reread::Irrelevant), SendAgain, SendAgain),
        (Reply::Moved, Some(Reread::Stale), Stale(Difference), Unknown(LostAndStale)),
        (Reply::Conflict, None, Read, Read),
        (Reply::Conflict, Some(Reread::Unreadable), NotWritten(CantRead), Unknown(LostAndUnreadable)),
        (Reply::Conflict, Some(Reread::AlreadyDone), DoneByAnother, ConfirmedByReading),
        // Nothing moved, so the conflict is with what was there all the time.
        (Reply::Conflict, Some(Reread::Unchanged), NotWritten(Words), Unknown(Lost)),
        (Reply::Conflict, Some(Reread::Irrelevant), SendAgain, SendAgain),
        (Reply::Conflict, Some(Reread::Stale), Stale(Difference), Unknown(LostAndStale)),
        (Reply::ServerError, None, Read, Read),
        (Reply::ServerError, Some(Reread::Unreadable), Unknown(ReplyAndUnclear), Unknown(ReplyAndUnclear)),
        (Reply::ServerError, Some(Reread::AlreadyDone), ConfirmedByReading, ConfirmedByReading),
        (Reply::ServerError, Some(Reread::Unchanged), NotWritten(Words), Unknown(ReplyAndUnclear)),
        (Reply::ServerError, Some(Reread::Irrelevant), NotWritten(Words), Unknown(ReplyAndUnclear)),
        (Reply::ServerError, Some(Reread::Stale), Unknown(ReplyAndUnclear), Unknown(ReplyAndUnclear)),
    ];
    for (reply, reread, expected, after_a_lost_one) in rows {
        assert_eq!(after(reply, false, reread), expected, "{reply:?} {reread:?}");
        assert_eq!(after(reply, true, reread), after_a_lost_one, "{reply:?} {reread:?} after a lost answer");
    }
}

#[test]
fn the_last_attempt_sends_nothing_again() {
    let rows = [
        (Reply::Moved, false, Stale(KeepsChanging)),
        (Reply::Moved, true, Unknown(Lost)),
        (Reply::Lost, false, Unknown(Lost)),
        (Reply::Conflict, true, Unknown(Lost)),
    ];
    for (reply, lost_before, expected) in rows {
        let attempt = Attempt { lost_before, last: true, reply, reread: Some(Reread::Irrelevant), ..FIRST };
        assert_eq!(next_step(attempt), expected, "{reply:?}");
    }
    let replies = [Reply::NotSent, Reply::Lost, Reply::Moved, Reply::Conflict, Reply::ServerError, Reply::Refused];
    let shown = [Reread::Unreadable, Reread::AlreadyDone, Reread::Unchanged, Reread::Irrelevant, Reread::Stale];
    for (reply, reread) in replies.into_iter().flat_map(|reply| shown.map(|reread| (reply, reread))) {
        for (creates, lost_before) in [(false, false), (false, true), (true, false), (true, true)] {
            let attempt = Attempt { creates, lost_before, last: true, reply, reread: Some(reread) };
            assert!(!matches!(next_step(attempt), SendAgain | Read), "{attempt:?}");
            // What may have been carried out is never reported as not done.
            let lost = lost_before || reply == Reply::Lost;
            assert!(!lost || !matches!(next_step(attempt), NotWritten(_) | Stale(_) | DoneByAnother), "{attempt:?}");
        }
    }
}
