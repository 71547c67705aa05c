//! Writes what was approved: stage after stage, in each stage many specs at once, until too many failed.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::super::confirm::read_again;
use super::super::run::Run;
use super::planning::{Planning, Work};
use crate::apply::{ApplyContext, Progress, Revalidated, SharedWrites, apply, look_again};
use crate::cli::ApplyArgs;
use crate::cluster::Cluster;
use crate::deadline::Deadline;
use crate::fleet::{Ending, NotBegun};
use crate::outcome::Failure;
use crate::view::{Doing, Event};

/// How many specs are written at a time.
const AT_ONCE: usize = 64;

/// The roll-out so far.
struct RollOut<'a> {
    run: &'a Run,
    args: &'a ApplyArgs,
    planning: &'a Planning,
    /// The objects that several specs of a cluster want alike, by the place of the cluster.
    shared: Vec<SharedWrites>,
    /// What became of each spec.
    endings: Vec<Option<Ending>>,
    /// The specs that are told of in this order, and how many of them were.
    order: Vec<usize>,
    told: usize,
    failures: usize,
    done: usize,
}

/// What became of each spec; `None` of one that was not begun, since somebody wanted us to stop or too many failed.
pub(super) async fn roll_out(
    run: &Run,
    args: &ApplyArgs,
    planning: &Planning,
    endings: Vec<Option<Ending>>,
) -> Vec<Option<Ending>> {
    let shared = (0..planning.clusters.len())
        .map(|number| SharedWrites::of(planning.shared.get(&number).into_iter().flatten().cloned()))
        .collect();
    let order = (0..endings.len()).filter(|at| endings[*at].is_none()).collect();
    let mut roll_out = RollOut { run, args, planning, shared, endings, order, told: 0, failures: 0, done: 0 };
    roll_out.all_stages().await;
    roll_out.endings
}

impl<'a> RollOut<'a> {
    async fn all_stages(&mut self) {
        let planning = self.planning;
        let specs = &planning.fleet.specs;
        let stages: BTreeSet<Option<u32>> = specs.iter().map(|spec| spec.stage).collect();
        // They are told of as they are rolled out.
        self.order.sort_by_key(|at| (specs[*at].stage, *at));
        // One of which nobody knows the stage may be of the first: it lets no other go first.
        let first = stages.iter().flatten().next().copied();
        let mut is_first = true;
        for stage in stages.iter().copied().filter(|stage| stage.is_some() || first.is_none()) {
            let is_of_stage = |at: &usize| specs[*at].stage == stage || stage == first && specs[*at].stage.is_none();
            let of_stage: Vec<usize> = (0..self.endings.len()).filter(is_of_stage).collect();
            let to_write: Vec<usize> = of_stage.iter().copied().filter(|at| self.endings[*at].is_none()).collect();
            if to_write.is_empty() && of_stage.iter().all(|at| self.is_confirmed(*at)) {
                continue;
            }
            let look_first = !is_first || self.was_asked();
            is_first = false;
            self.one_stage(&to_write, look_first).await;
            // What is not confirmed by a reading of this run does not let the next stage go first.
            if let Some(stage) = stage.filter(|_| !of_stage.iter().all(|at| self.is_confirmed(*at))) {
                self.hold_back_after(stage);
                return;
            }
        }
    }

    fn is_confirmed(&self, at: usize) -> bool {
        self.endings[at].as_ref().is_some_and(Ending::is_confirmed)
    }

    /// An answer takes time.
    fn was_asked(&self) -> bool {
        self.args.auto_approve.is_none_or(|grade| grade != crate::cli::Grade::All)
    }

    fn hold_back_after(&mut self, stage: u32) {
        let later = |at: &usize| self.planning.fleet.specs[*at].stage.is_some_and(|of| of > stage);
        for at in (0..self.endings.len()).filter(later) {
            if self.endings[at].is_none() {
                self.endings[at] = Some(Ending::NotBegun(NotBegun::StageBefore(stage)));
            }
        }
    }

    async fn one_stage(&mut self, to_write: &[usize], look_first: bool) {
        let planning = self.planning;
        let looked = join_all(to_write.iter().filter_map(|at| Some((*at, planning.works[*at].as_ref()?))).map(|(at, work)| {
            let run = self.run;
            let timeout = self.args.cluster.choice.timeout;
            async move {
                let cluster = planning.clusters[work.cluster].until(Deadline::after(timeout));
                let plan = work.made.plan.clone();
                let holds = match context(run, work, None) {
                    Some(context) if look_first => look_again(&cluster, plan, context).await,
                    _ => Ok(Revalidated::fresh(plan)),
                };
                (at, work, holds)
            }
        }))
        .await;
        let mut ready = Vec::new();
        let mut stale = Vec::new();
        for (at, work, holds) in looked {
            match holds {
                Ok(revalidated) => ready.push((at, work, revalidated)),
                Err(failure) => stale.push((at, failure)),
            }
        }
        // Nothing of a stage is begun unless all of it could be.
        if !stale.is_empty() && !self.args.roll_out.partial {
            for (at, ..) in ready.drain(..) {
                self.endings[at] = Some(Ending::NotBegun(NotBegun::OthersRefused));
            }
        }
        // Nothing was begun of these: they are no failures of a write, which `--max-failures` counts.
        for (at, failure) in stale {
            self.endings[at] = Some(Ending::Refused(failure));
        }
        self.write(ready).await;
        self.tell();
    }

    async fn write(&mut self, ready: Vec<(usize, &'a Work, Revalidated)>) {
        let (run, planning, timeout) = (self.run, self.planning, self.args.cluster.choice.timeout);
        let shared = std::mem::take(&mut self.shared);
        let mut waiting = ready.into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < AT_ONCE && self.may_begin() {
                let Some((at, work, revalidated)) = waiting.next() else { break };
                let (cluster, shared) = (&planning.clusters[work.cluster], shared.get(planning.same[work.cluster]));
                let cluster = cluster.until(Deadline::after(timeout));
                running.push(async move { (at, write_one(run, &cluster, work, revalidated, shared).await) });
            }
            let Some((at, ending)) = running.next().await else { break };
            self.ends(at, ending);
            self.tell();
        }
        drop(running);
        self.shared = shared;
    }

    fn may_begin(&self) -> bool {
        self.failures <= self.args.roll_out.max_failures && !self.run.interrupted().load(Ordering::SeqCst)
    }

    fn ends(&mut self, at: usize, ending: Ending) {
        if !ending.is_confirmed() {
            self.failures += 1;
        }
        self.done += 1;
        self.run.emit(Event::Reached { doing: Doing::Applying, done: self.done, of: self.order.len() });
        self.endings[at] = Some(ending);
    }

    /// Tells of the specs that ended, each once all before it were told of.
    fn tell(&mut self) {
        while let Some(at) = self.order.get(self.told) {
            let Some(ending) = &self.endings[*at] else { return };
            self.run.emit(Event::SpecEnded { spec: &self.planning.fleet.specs[*at], ending });
            self.told += 1;
        }
    }
}

fn context<'a>(run: &'a Run, work: &'a Work, shared: Option<&'a SharedWrites>) -> Option<ApplyContext<'a>> {
    let pat = work.session.pat.as_ref()?;
    Some(ApplyContext { pat, comparison: work.session.comparison(), interrupted: run.interrupted(), shared })
}

/// Writes one spec, and reads it again.
async fn write_one(run: &Run, cluster: &Cluster, work: &Work, revalidated: Revalidated, shared: Option<&SharedWrites>) -> Ending {
    let Some(context) = context(run, work, shared) else { return Ending::NotBegun(NotBegun::OthersRefused) };
    let spec = &work.made.plan.spec;
    let tell = |progress: Progress<'_>| run.emit(Event::SpecProgress { spec, progress });
    let report = apply(cluster, &revalidated, context, &tell).await;
    let confirmed: Option<Result<(), Failure>> =
        if report.is_complete() { Some(read_again(cluster, &work.session).await) } else { None };
    Ending::Applied { report, confirmed }
}
