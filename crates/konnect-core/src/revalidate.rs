//! Is the plan still true? The one place that answers, whoever asks: apply after its prompt, a write whose answer was lost or refused, a dry
//! run, a saved plan.

mod difference;

pub use difference::Difference;

use crate::observed::{LiveObject, Read};
use crate::plan::{Action, Change, Field, ObservedVersion};
use crate::planner;
use crate::token::TokenMove;

/// What became of one change of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is the version that the plan was made from, or still absent.
    Unchanged,
    /// Another version, but what the plan reads and writes of it is the same: the change holds, bound to this version.
    Irrelevant(ObservedVersion),
    /// It is as the plan wants it.
    AlreadyDone,
    /// Something that the plan depends on is no longer what it was.
    Stale(Box<Difference>),
}

/// Holds a planned change against the object as it is now; `None`: it does not exist. One that can't be read has no answer: its failure is
/// the caller's to report, and never "absent". `namespace`: what was read just now of the Namespace that it is in, if that was.
#[must_use]
pub fn revalidate(planned: &Change, now: Option<&LiveObject>, namespace: Option<&Read>) -> Validity {
    let read = now.map_or(Read::Absent, |live| Read::Present(live.clone()));
    let mut now = planner::change(&planned.wanted, &read, &planned.take_over);
    if let Some(name) = planned.wanted.object.needs() {
        planner::in_namespace(&mut now, namespace, &name);
    }
    // What stood in the way of a blocked change was the reader's reason not to go on: that it went away is a difference.
    if now.action == Action::None && planned.action != Action::Blocked {
        return Validity::AlreadyDone;
    }
    let (was, is) = (planned.observed.as_ref(), now.observed.as_ref());
    let same_object = was.map(|was| &was.uid) == is.map(|is| &is.uid);
    let same_version = same_object && was.map(|was| &was.resource_version) == is.map(|is| &is.resource_version);
    let token = TokenMove::of(was.and_then(|was| was.token.as_ref()), is.and_then(|is| is.token.as_ref()), same_version);
    if !same_object || token != TokenMove::Unmoved || now.action != planned.computed || !same_fields(&planned.fields, &now.fields)
    {
        return Validity::Stale(Box::new(Difference { planned: planned.clone(), now, token }));
    }
    match now.observed {
        Some(version) if !same_version => Validity::Irrelevant(version),
        Some(_) | None => Validity::Unchanged,
    }
}

fn same_fields(planned: &[Field], now: &[Field]) -> bool {
    planned.len() == now.len() && planned.iter().zip(now).all(|(was, is)| was.same_effect(is))
}
