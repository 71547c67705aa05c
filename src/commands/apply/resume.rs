//! Whether a saved plan is still true of the cluster as it is now.

use super::super::refuse::refuse;
use super::super::run::Run;
use crate::apply::Revalidated;
use crate::cluster::Cluster;
use crate::outcome::{Failure, FailureCode};
use crate::pat::Pat;
use crate::saved_plan::{Freshness, SavedPlan};
use crate::session::{Made, Session};
use crate::text;
use crate::view::Event;

/// What is left of the plan: the same cluster, the same token, the same state. `None`: nothing.
pub(super) async fn resume(
    run: &Run,
    saved: &SavedPlan,
    now: &Made,
    (session, pat): (&Session, &Pat),
    cluster: &Cluster,
) -> Result<Option<Revalidated>, Failure> {
    saved.check_cluster(&now.plan)?;
    run.or_stop(saved.check_token(pat, session, &cluster.deadline)).await?;
    what_is_left(run, saved, now)
}

fn what_is_left(run: &Run, saved: &SavedPlan, now: &Made) -> Result<Option<Revalidated>, Failure> {
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
            for object in &revalidated.moved {
                let what = text!(
                    "{} changed since the plan was made, but nothing that the plan reads or writes: continuing.",
                    object.title()
                );
                run.emit(Event::Info(&what));
            }
            Ok(Some(*revalidated))
        }
        Freshness::Stale(difference) => {
            let what = text!("the cluster is not what the plan was made from; nothing was written\n{}", difference);
            Err(Failure::new(FailureCode::Stale, what).hint("plan again with --out, and have the new plan approved"))
        }
    }
}
