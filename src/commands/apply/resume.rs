//! Whether a saved plan is still true of the cluster as it is now.

use super::super::refuse::refuse;
use super::super::run::Run;
use crate::apply::Revalidated;
use crate::cluster::Cluster;
use crate::object::ObjectRef;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::pat::Pat;
use crate::saved_plan::{Freshness, SavedSpec};
use crate::session::{Made, Session};
use crate::text;
use crate::view::Event;

/// What is left of the plan: the same cluster, the same token, the same state. `None`: nothing.
pub(super) async fn resume(
    run: &Run,
    saved: &SavedSpec,
    now: &Made,
    (session, pat): (&Session, &Pat),
    cluster: &Cluster,
) -> Result<Option<Revalidated>, Failure> {
    saved.check_cluster(&now.plan)?;
    run.or_stop(saved.check_token(pat, session, &cluster.deadline)).await?;
    what_is_left(run, saved, now)
}

fn what_is_left(run: &Run, saved: &SavedSpec, now: &Made) -> Result<Option<Revalidated>, Failure> {
    if now.plan.summary().unknown > 0 {
        run.emit(Event::Plan(&now.plan));
        refuse("nothing was written", &now.plan)?;
    }
    match saved.revalidate(now) {
        Freshness::Done => {
            run.emit(Event::Plan(&now.plan));
            run.emit(Event::Info(&"Nothing left to do: the cluster matches the plan.".into()));
            Ok(None)
        }
        Freshness::Fresh(revalidated) => {
            revalidated.moved.iter().for_each(|object| run.emit(Event::Info(&moved(object))));
            Ok(Some(*revalidated))
        }
        Freshness::Stale(difference) => Err(stale(saved, &difference)),
    }
}

/// Why a saved plan is not carried out: what is there now, and was not when it was made.
pub(in super::super) fn stale(saved: &SavedSpec, difference: &Text) -> Failure {
    let what = text!("the cluster is not what the plan was made from; {}\n{}", saved.instead, difference);
    Failure::new(FailureCode::Stale, what).hint("plan again with --out, and have the new plan approved")
}

/// What is told of an object that is no longer the version that the plan was made from, and as the plan needs it all the same.
pub(in super::super) fn moved(object: &ObjectRef) -> Text {
    text!("{} changed since the plan was made, but nothing that the plan reads or writes: continuing.", object.title())
}
