//! The plans of many specs: each cluster opened and read once, each spec planned by itself, and what two of them want of one object compared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{join, join_all};

use super::super::open::OpenedSpec;
use super::super::open_error::OpenError;
use super::super::run::Run;
use super::open::Member;
use crate::cli::{ClusterArgs, PartitionArgs};
use crate::cluster::{Cluster, OpenedClusters, in_parallel};
use crate::fleet::{Claim, Fleet, FleetSpec, SpecState, conflicts};
use crate::object::{ObjectRef, SpecId};
use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::pat::Salt;
use crate::plan::Warning;
use crate::read::{self, Identity};
use crate::session::{AtHand, Made, Session};
use crate::view::{Doing, Event};

/// What the plans are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be shown.
    Show,
    /// To be carried out now: rights are asked in the same round.
    Apply,
    /// To be compared with plans that were saved: admission was asked then.
    Resume,
}

/// All that is known of the specs once they are planned.
pub(super) struct Planning {
    /// What is shown of them.
    pub(super) fleet: Arc<Fleet>,
    /// Of each spec that has a plan what is needed to save it or carry it out; in the same order.
    pub(super) works: Vec<Option<Work>>,
    /// The clusters.
    pub(super) clusters: Vec<Cluster>,
    /// Of each cluster the first that is the same one, whatever it is called: by its UID.
    pub(super) same: Vec<usize>,
    /// The objects that several specs want alike, by the first of their cluster.
    pub(super) shared: BTreeMap<usize, Vec<ObjectRef>>,
}

/// A spec that has a plan.
pub(super) struct Work {
    /// The digest of the spec's text.
    pub(super) digest: String,
    /// When it says that it is rolled out.
    pub(super) stage: Option<u32>,
    /// The wanted objects and the token.
    pub(super) session: Session,
    /// Its cluster, by its place among them.
    pub(super) cluster: usize,
    /// The plan, and what it was made from.
    pub(super) made: Made,
}

/// One spec while it is planned.
struct Candidate {
    path: Outside,
    stage: Option<u32>,
    context: Option<Outside>,
    warnings: Vec<Warning>,
    found: Result<OpenedSpec, OpenError>,
    cluster: Option<usize>,
    made: Option<Made>,
    /// It is of another part of a run that is spread over many: only what it wants is looked at.
    of_another: bool,
}

impl Candidate {
    fn fails(&mut self, failure: Failure) {
        self.made = None;
        self.found = Err(failure.into());
    }

    fn session(&self) -> Option<&Session> {
        self.found.as_ref().ok().map(|opened| &opened.session)
    }
}

/// Reads the clusters and plans every spec. What fails fails alone. `stages`: of each member, where there are any.
///
/// # Errors
/// Somebody wants us to stop.
pub(super) async fn plan_all(
    run: &Run,
    (args, part): (&ClusterArgs, &PartitionArgs),
    members: Vec<Member>,
    stages: &[Option<u32>],
    purpose: Purpose,
    warnings: Vec<Warning>,
) -> Result<Planning, Failure> {
    let mut candidates: Vec<Candidate> = members
        .into_iter()
        .enumerate()
        .map(|(at, Member { path, warnings, opened })| {
            let id = SpecId(u32::try_from(at).unwrap_or(u32::MAX));
            let found = opened.map(|opened| OpenedSpec { session: opened.session.numbered(id), ..opened });
            let context = found.as_ref().ok().and_then(|opened| opened.session.cluster.context.clone());
            let stage = stages.get(at).copied().flatten();
            let of_another = !part.takes(&path);
            Candidate { path, stage, context, warnings, found, cluster: None, made: None, of_another }
        })
        .collect();
    let (clusters, identities) = run.or_stop(read_all(run, args, &mut candidates, purpose)).await?;
    let same = same_clusters(&clusters, &identities);
    let shared = settle(&mut candidates, &same);
    // Every part checks all of it: what is wrong, and what contradicts another spec, is told by each.
    candidates.retain(|candidate| !candidate.of_another || candidate.found.is_err());
    for candidate in &mut candidates {
        if let Some(cluster) = candidate.cluster.and_then(|at| clusters.get(at)) {
            candidate.context = Some(cluster.context.clone());
        }
    }
    let (specs, works) = candidates.into_iter().map(finished).unzip();
    Ok(Planning { fleet: Arc::new(Fleet { specs, warnings }), works, clusters, same, shared })
}

/// Opens the clusters, reads them and makes the plans.
async fn read_all(
    run: &Run,
    args: &ClusterArgs,
    candidates: &mut [Candidate],
    purpose: Purpose,
) -> Result<(Vec<Cluster>, Vec<Identity>), Failure> {
    let opened: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].found.is_ok()).collect();
    let sessions: Vec<&Session> = opened.iter().filter_map(|at| candidates[*at].session()).collect();
    let OpenedClusters { clusters, of } = run.connect_all(&sessions, args).await;
    for (at, cluster) in opened.iter().zip(of) {
        match cluster {
            Ok(cluster) => candidates[*at].cluster = Some(cluster),
            // Its own part says so.
            Err(_) if candidates[*at].of_another => {}
            Err(failure) => candidates[*at].fails(failure),
        }
    }
    let opened: Vec<usize> = opened.into_iter().filter(|at| !candidates[*at].of_another).collect();
    let (done, all) = (AtomicUsize::new(0), opened.len());
    let reached = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        run.emit(Event::Reached { doing: Doing::Reading, done, of: all });
    };
    let planned = join_all(clusters.iter().enumerate().map(|(number, cluster)| {
        let of_cluster = |at: &usize| candidates[*at].cluster == Some(number);
        let specs: Vec<(usize, &Session)> =
            opened.iter().copied().filter(of_cluster).filter_map(|at| Some((at, candidates[at].session()?))).collect();
        of_cluster_all(cluster, specs, purpose, &reached)
    }))
    .await;
    let mut identities = Vec::new();
    for (identity, made) in planned {
        identities.push(identity);
        for (at, made) in made {
            match made {
                Ok(made) => candidates[at].made = Some(made),
                Err(failure) => candidates[at].fails(failure),
            }
        }
    }
    Ok((clusters, identities))
}

/// Reads one cluster, and plans all the specs that are for it.
async fn of_cluster_all(
    cluster: &Cluster,
    specs: Vec<(usize, &Session)>,
    purpose: Purpose,
    reached: &impl Fn(),
) -> (Identity, Vec<(usize, Result<Made, Failure>)>) {
    let wanted: Vec<_> = specs.iter().map(|(_, session)| session.wanted()).collect();
    let (reads, identity) = join(read::read_many(cluster, &wanted), read::identity(cluster)).await;
    let plans = in_parallel(specs.into_iter().zip(reads).map(|((at, session), reads)| {
        let identity = &identity;
        async move {
            let made = plan_one(cluster, session, AtHand { identity, reads }, purpose).await;
            reached();
            (at, made)
        }
    }))
    .await;
    (identity, plans)
}

async fn plan_one(cluster: &Cluster, session: &Session, at_hand: AtHand<'_>, purpose: Purpose) -> Result<Made, Failure> {
    match purpose {
        Purpose::Show => session.plan_from(cluster, Some(at_hand)).await,
        Purpose::Apply => session.plan_to_apply_from(cluster, Some(at_hand)).await,
        Purpose::Resume => session.compute_from(cluster, Some(at_hand)).await,
    }
}

/// Of each cluster the first that is the same one: by its UID, and where that may not be read by the server's address.
fn same_clusters(clusters: &[Cluster], identities: &[Identity]) -> Vec<usize> {
    let known: Vec<(Option<&Outside>, &Outside)> = identities
        .iter()
        .zip(clusters)
        .map(|(identity, cluster)| (identity.uid.as_ref().ok().and_then(Option::as_ref), &cluster.server))
        .collect();
    let is_same = |(uid, server): &(Option<&Outside>, &Outside), (other, at): &(Option<&Outside>, &Outside)| match (uid, other) {
        (Some(uid), Some(other)) => uid == other,
        (None, _) | (_, None) => server == at,
    };
    let first = |(at, one)| known.iter().position(|other| is_same(one, other)).unwrap_or(at);
    known.iter().enumerate().map(first).collect()
}

/// Finds the specs that can't all have their way, which fail, and what several want alike.
fn settle(candidates: &mut [Candidate], same: &[usize]) -> BTreeMap<usize, Vec<ObjectRef>> {
    let salt = Salt::default();
    let mut claims = Vec::new();
    for (of, candidate) in candidates.iter().enumerate() {
        let (Ok(opened), Some(number)) = (&candidate.found, candidate.cluster) else { continue };
        if candidate.made.is_none() && !candidate.of_another {
            continue;
        }
        let token = opened.session.pat.as_ref().map(|pat| pat.mark(&salt));
        for wanted in &opened.session.desired.objects {
            claims.push(Claim {
                of,
                spec: &candidate.path,
                place: opened.effective.as_ref().and_then(|effective| effective.names(wanted.object.resource)),
                cluster: same[number],
                wanted,
                token: token.clone().filter(|_| wanted.holds_token()),
            });
        }
    }
    let (failures, shared) = conflicts(&claims);
    drop(claims);
    for (of, failure) in failures {
        candidates[of].fails(failure);
    }
    let mut by_cluster: BTreeMap<usize, Vec<ObjectRef>> = BTreeMap::new();
    for (cluster, object) in shared {
        by_cluster.entry(cluster).or_default().push(object);
    }
    by_cluster
}

fn finished(candidate: Candidate) -> (FleetSpec, Option<Work>) {
    let Candidate { path, stage: in_run, context, warnings, found, cluster, made, of_another: _ } = candidate;
    let (state, work) = match (found, cluster, made) {
        (Err(OpenError::Spec(errors)), ..) => (SpecState::Wrong(errors), None),
        (Err(OpenError::Failed(failure)), ..) => (SpecState::Failed(failure), None),
        (Ok(opened), Some(cluster), Some(made)) => {
            let OpenedSpec { digest, stage, session, effective: _ } = opened;
            (SpecState::Planned(made.plan.clone()), Some(Work { digest, stage, session, cluster, made }))
        }
        (Ok(_), ..) => {
            let bug = Failure::new(FailureCode::Internal, "it was not read, and nothing says why; this is a bug in konnect");
            (SpecState::Failed(bug), None)
        }
    };
    (FleetSpec { path, context, stage: in_run, warnings, state }, work)
}
