//! Opening the clusters of many choices: each kubeconfig is read once, each plugin runs once, each cluster has one set of connections, and what
//! is wrong with one of them is no other's failure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::kubeconfig::{self, SameFiles};
use super::open::{open, open_sandbox};
use super::plugin_runs::PluginRuns;
use super::{Cluster, ClusterSelector, Notices, PluginLimits, in_parallel};
use crate::blocking::within;
use crate::deadline::Deadline;
use crate::outcome::Failure;
use crate::outside::Outside;
use crate::pat::Scrubber;

/// The clusters of many choices, each opened once.
pub struct OpenedClusters {
    /// The clusters, in the order of the choices that lead to them first.
    pub clusters: Vec<Cluster>,
    /// Of each choice, which of them it is, or why it could not be opened.
    pub of: Vec<Result<usize, Failure>>,
}

/// What is read together: a sandbox, or the same kubeconfig files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Sandbox(Outside),
    Files(SameFiles),
    /// Where that can't be found out in time.
    Unknown(usize),
}

/// One way to choose, and which choices are made in it.
struct Choices<'a> {
    selector: &'a ClusterSelector,
    made_by: Vec<usize>,
}

/// What all openings share.
#[derive(Clone, Copy)]
struct Opening<'a> {
    timeout: Duration,
    notices: &'a Notices,
    secrets: &'a Scrubber,
    plugin: PluginLimits<'a>,
    runs: &'a PluginRuns,
}

/// Opens the cluster of each choice, and each only once: two choices that lead to the same context of the same files are one cluster. `timeout`
/// bounds each cluster's opening and reading.
pub async fn connect_all(
    choices: &[ClusterSelector],
    timeout: Duration,
    notices: &Notices,
    secrets: &Scrubber,
    plugin: PluginLimits<'_>,
) -> OpenedClusters {
    let opening = Opening { timeout, notices, secrets, plugin, runs: &PluginRuns::default() };
    let distinct = distinct(choices);
    let sources = in_parallel(distinct.iter().enumerate().map(|(number, choices)| source(number, choices, timeout))).await;
    let mut groups: BTreeMap<&Source, Vec<&Choices<'_>>> = BTreeMap::new();
    for (choices, source) in distinct.iter().zip(&sources) {
        groups.entry(source).or_default().push(choices);
    }
    let opened = in_parallel(groups.iter().map(|(source, of)| opening.open_group(source, of))).await;
    let mut all: Vec<(Vec<usize>, Result<Cluster, Failure>)> = opened.into_iter().flatten().collect();
    all.sort_by_key(|(made_by, _)| made_by.iter().min().copied());
    let (mut clusters, mut of) = (Vec::new(), BTreeMap::new());
    for (made_by, cluster) in all {
        let place = cluster.map(|cluster| {
            clusters.push(cluster);
            clusters.len() - 1
        });
        of.extend(made_by.into_iter().map(|choice| (choice, place.clone())));
    }
    OpenedClusters { clusters, of: of.into_values().collect() }
}

fn distinct(choices: &[ClusterSelector]) -> Vec<Choices<'_>> {
    let mut distinct: Vec<Choices<'_>> = Vec::new();
    for (number, selector) in choices.iter().enumerate() {
        match distinct.iter_mut().find(|known| known.selector == selector) {
            Some(known) => known.made_by.push(number),
            None => distinct.push(Choices { selector, made_by: vec![number] }),
        }
    }
    distinct
}

async fn source(number: usize, choices: &Choices<'_>, timeout: Duration) -> Source {
    let selector = choices.selector.clone();
    if let Some(named) = selector.sandbox {
        return Source::Sandbox(named);
    }
    let found = within(&Deadline::after(timeout), "looking for the kubeconfig", move || SameFiles::of(&selector)).await;
    found.map_or(Source::Unknown(number), Source::Files)
}

impl Opening<'_> {
    /// Of each cluster which choices lead to it.
    async fn open_group(self, source: &Source, group: &[&Choices<'_>]) -> Vec<(Vec<usize>, Result<Cluster, Failure>)> {
        let (deadline, made_by) = (Deadline::after(self.timeout), |choices: &&Choices<'_>| choices.made_by.clone());
        if let Source::Sandbox(named) = source {
            return vec![(group.iter().flat_map(made_by).collect(), open_sandbox(named, deadline, Arc::clone(self.notices)))];
        }
        let Some(first) = group.first() else { return Vec::new() };
        let contexts: Vec<Option<Outside>> = group.iter().map(|choices| choices.selector.context.clone()).collect();
        let selected = kubeconfig::select_each(first.selector, &contexts, &deadline, self.notices, self.secrets).await;
        let (mut failed, mut by_context) = (Vec::new(), BTreeMap::new());
        for (selected, choices) in selected.into_iter().zip(group) {
            match selected {
                Err(failure) => failed.push((choices.made_by.clone(), Err(failure))),
                Ok(selected) => {
                    let (_, of) = by_context.entry(selected.context.clone()).or_insert_with(|| (selected, Vec::new()));
                    of.extend(choices.made_by.iter().copied());
                }
            }
        }
        let opened = in_parallel(by_context.into_values().map(|(selected, made_by)| {
            let (deadline, notices) = (deadline.apart(), Arc::clone(self.notices));
            async move { (made_by, open(selected, deadline, notices, (self.secrets, self.plugin), self.runs).await) }
        }));
        opened.await.into_iter().chain(failed).collect()
    }
}
