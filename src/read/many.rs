//! The objects of many specs: by a GET each where they are few, and where they are many by one list of the whole cluster for each resource. The
//! outcome is the same; lists are never asked of a single namespace, since a server counts each as one of everything.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use super::Comparison;
use super::listing::{Listed, Listing, Target, absent};
use super::object::read_object;
use super::selector::selector;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::observed::Read;
use crate::outcome::{Failure, FailureCode};

/// From so many objects of a type on, one list is quicker than a GET each.
const MANY: usize = 32;

/// What one spec wants to be read, and what its token is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The wanted objects.
    pub desired: &'a Desired,
    /// What to compare the live token with.
    pub comparison: Comparison<'a>,
}

/// How many objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// By lists where there are many.
    ByCount,
    /// By a GET each.
    Gets,
    /// By lists wherever a list can stand for GETs.
    Lists,
}

/// Reads the wanted objects of many specs: what each of theirs gave, in their order.
pub async fn read_many(cluster: &Cluster, wanted: &[Wanted<'_>]) -> Vec<Vec<Read>> {
    read_many_by(cluster, wanted, Strategy::ByCount).await
}

/// The same in one way or the other.
pub async fn read_many_by(cluster: &Cluster, wanted: &[Wanted<'_>], strategy: Strategy) -> Vec<Vec<Read>> {
    let (listings, mut rest) = shared_out(wanted, strategy);
    let mut reads = Reads::of(wanted);
    let lists = join_all(listings.iter().map(|listing| listing.read(cluster))).await;
    let no_namespace: BTreeSet<&str> = lists.iter().flatten().flatten().flat_map(absent).collect();
    for (listing, listed) in listings.iter().zip(lists) {
        rest.extend(reads.take(listing, listed, &no_namespace));
    }
    // In the order of the specs, however each came to be here.
    rest.sort_by_key(|target| target.at);
    // A few more than are under way, so that the next one is at hand when a place is free.
    let mut answers = stream::iter(rest.into_iter().map(|target| get(cluster, target)))
        .buffer_unordered(cluster.parallelism().saturating_mul(2));
    while let Some((at, read)) = answers.next().await {
        reads.put(at, read);
    }
    reads.all()
}

async fn get(cluster: &Cluster, target: Target<'_>) -> ((usize, usize), Read) {
    (target.at, read_object(cluster, target.wanted, target.comparison).await)
}

/// What a list is asked for, and what a GET each.
fn shared_out<'a>(wanted: &[Wanted<'a>], strategy: Strategy) -> (Vec<Listing<'a>>, Vec<Target<'a>>) {
    let mut listings: BTreeMap<(&str, String), Listing<'a>> = BTreeMap::new();
    for (spec, Wanted { desired, comparison }) in wanted.iter().enumerate() {
        for (place, object) in desired.objects.iter().enumerate() {
            let (resource, selector) = (object.object.resource, selector(object));
            let listing = listings.entry((resource.plural, selector.clone())).or_insert_with(|| Listing::new(resource, selector));
            listing.add(Target { at: (spec, place), wanted: object, comparison: *comparison });
        }
    }
    let by_list = |listing: &Listing<'_>| match strategy {
        Strategy::Gets => false,
        Strategy::Lists => listing.is_fit(),
        Strategy::ByCount => listing.len() >= MANY && listing.is_fit(),
    };
    let (by_list, by_get): (Vec<_>, Vec<_>) = listings.into_values().partition(by_list);
    (by_list, by_get.iter().flat_map(Listing::targets).copied().collect())
}

/// What was read so far.
struct Reads(Vec<Vec<Option<Read>>>);

impl Reads {
    fn of(wanted: &[Wanted<'_>]) -> Self {
        Self(wanted.iter().map(|of| of.desired.objects.iter().map(|_| None).collect()).collect())
    }

    fn put(&mut self, (spec, place): (usize, usize), read: Read) {
        if let Some(slot) = self.0.get_mut(spec).and_then(|reads| reads.get_mut(place)) {
            *slot = Some(read);
        }
    }

    /// Takes what a list gave, and returns what it does not tell. A list by labels does not show an object that lost them, so only a GET can
    /// say that it is not there; unless its namespace isn't.
    fn take<'a>(
        &mut self,
        listing: &Listing<'a>,
        listed: Result<Option<Listed<'a>>, Failure>,
        no_namespace: &BTreeSet<&str>,
    ) -> Vec<Target<'a>> {
        match listed {
            Ok(Some(Listed { reads, missing, is_all })) => {
                reads.into_iter().for_each(|(at, read)| self.put(at, read));
                let gone = |target: &&Target<'_>| {
                    let namespace = target.wanted.object.namespace.as_ref();
                    is_all || namespace.is_some_and(|namespace| no_namespace.contains(namespace.expose()))
                };
                let (gone, unknown): (Vec<&Target<'_>>, Vec<_>) = missing.iter().partition(gone);
                gone.into_iter().for_each(|target| self.put(target.at, Read::Absent));
                unknown.into_iter().copied().collect()
            }
            // Not allowed, or not to be had for another reason: nothing is lost.
            Ok(None) => listing.targets().copied().collect(),
            Err(failure) => {
                listing.targets().for_each(|target| self.put(target.at, Read::Unreadable(failure.clone())));
                Vec::new()
            }
        }
    }

    fn all(self) -> Vec<Vec<Read>> {
        // Each place was filled, by a list or by a GET; what was not read is not absent.
        let unread = || Read::Unreadable(Failure::new(FailureCode::BadAnswer, "it was not read"));
        self.0.into_iter().map(|reads| reads.into_iter().map(|read| read.unwrap_or_else(unread)).collect()).collect()
    }
}
