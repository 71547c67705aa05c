//! Before the first write: whether every spec could be applied. What can't be is found out here, as far as it can be.

use futures_util::future::join_all;

use super::super::apply::no_token;
use super::super::refuse::refuse;
use super::super::run::Run;
use super::planning::{Planning, Work};
use crate::cluster::{Cluster, in_parallel};
use crate::fleet::{Ending, FleetSpec, SpecState};
use crate::outcome::Failure;
use crate::plan::{Change, Plan};
use crate::rights::missing_rights;

/// Of each spec how it ended already: there is nothing to do, or it can't be applied. `None`: it is to be written.
///
/// # Errors
/// Somebody wants us to stop.
pub(super) async fn preflight(run: &Run, planning: &Planning) -> Result<Vec<Option<Ending>>, Failure> {
    let Planning { fleet, works, clusters, .. } = planning;
    let mut endings: Vec<Option<Ending>> = fleet.specs.iter().zip(works).map(|(spec, work)| known(spec, work.as_ref())).collect();
    let asked = (0..works.len()).filter(|at| endings[*at].is_none()).filter_map(|at| Some((at, works[at].as_ref()?)));
    let asked: Vec<(usize, &Work)> = asked.collect();
    let answers = join_all(clusters.iter().enumerate().map(|(number, cluster)| {
        let of_cluster = asked.iter().filter(move |(_, work)| work.cluster == number);
        in_parallel(of_cluster.map(move |(at, work)| async move { (*at, rights(cluster, work).await) }))
    }));
    let answers = run.or_stop(async { Ok::<_, Failure>(answers.await) }).await?;
    for (at, answer) in answers.into_iter().flatten() {
        endings[at] = answer.err().map(Ending::Refused);
    }
    Ok(endings)
}

/// What the plan alone tells.
fn known(spec: &FleetSpec, work: Option<&Work>) -> Option<Ending> {
    let (SpecState::Planned(plan), Some(work)) = (&spec.state, work) else {
        let failure = spec.failures().into_iter().next()?;
        let outcome = spec.outcome(false);
        return Some(Ending::Refused(failure.outcome(outcome)));
    };
    // As for one spec: apply needs the token, even where nothing would change.
    if work.session.pat.is_none() {
        return Some(Ending::Refused(no_token(&work.session)));
    }
    if let Err(failure) = refuse("nothing of it was written", plan) {
        return Some(Ending::Refused(failure));
    }
    writes(plan).next().is_none().then_some(Ending::Nothing)
}

async fn rights(cluster: &Cluster, work: &Work) -> Result<(), Failure> {
    let writes: Vec<&Change> = writes(&work.made.plan).collect();
    missing_rights(cluster, &work.made.plan, &writes, &work.made.granted).await
}

fn writes(plan: &Plan) -> impl Iterator<Item = &Change> {
    plan.changes.iter().filter(|change| change.is_written())
}
