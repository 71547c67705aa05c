//! One list of the whole cluster, for all the objects of one type that many specs want: whichever of them is in it, and whether the others can
//! still be there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::Comparison;
use super::object::{another, parse_live};
use super::selector::is_known_by_metadata;
use crate::cluster::{Answer, Cluster, List, ListOf};
use crate::desired::DesiredObject;
use crate::object::{ObjectRef, ResourceType};
use crate::observed::Read;
use crate::outcome::Failure;

/// A list that goes on in pages may end too early, since the server forgets: then it begins again, this many times at most.
const RESTARTS: u32 = 3;

/// An object that a spec wants, and what its token is compared with.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// Where its reading belongs: the spec, and the place in it.
    pub at: (usize, usize),
    /// The object.
    pub wanted: &'a DesiredObject,
    /// What to compare the live token with.
    pub comparison: Comparison<'a>,
}

/// Namespace and name.
type Name<'a> = (&'a str, &'a str);

/// What is asked for.
pub(super) struct Listing<'a> {
    resource: &'static ResourceType,
    /// Empty: everything there is.
    selector: String,
    /// Several specs may want the same object.
    targets: BTreeMap<Name<'a>, Vec<Target<'a>>>,
}

/// What came of it.
pub(super) struct Listed<'a> {
    /// What was read, and where it belongs.
    pub reads: Vec<((usize, usize), Read)>,
    /// The targets that were not in it.
    pub missing: Vec<Target<'a>>,
    /// Whether those are not there: all there is of the type was in the list.
    pub is_all: bool,
}

impl<'a> Listing<'a> {
    pub fn new(resource: &'static ResourceType, selector: String) -> Self {
        Self { resource, selector, targets: BTreeMap::new() }
    }

    pub fn add(&mut self, target: Target<'a>) {
        self.targets.entry(name(&target.wanted.object)).or_default().push(target);
    }

    /// How many different objects are wanted.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    pub fn targets(&self) -> impl Iterator<Item = &Target<'a>> {
        self.targets.values().flatten()
    }

    /// Whether a list can stand for the objects' own GETs: their metadata is all that is kept of them, or the list is narrowed to those that
    /// konnect writes, so that no other Secret is ever sent to us. A token whose fingerprint is made, which takes its time, is not kept for
    /// that while the list goes on.
    pub fn is_fit(&self) -> bool {
        let fingerprints = |target: &Target<'_>| target.comparison.fingerprints.is_some() && target.wanted.holds_token();
        (is_known_by_metadata(self.resource) || !self.selector.is_empty()) && !self.targets().any(fingerprints)
    }

    /// Asks for the list. `None`: it can't be had, which says nothing of the objects.
    ///
    /// # Errors
    /// The server does not answer at all.
    pub async fn read(&self, cluster: &Cluster) -> Result<Option<Listed<'a>>, Failure> {
        let of = if is_known_by_metadata(self.resource) { ListOf::Metadata } else { ListOf::Objects };
        let (mut from, mut restarts) = (String::new(), 0);
        let mut found = Found::default();
        loop {
            // Without a limit it is one request, answered out of the server's cache and at one moment. With one, servers before 1.34 would read
            // every object of the type from etcd. It is taken apart as it comes, so that its length costs us no memory.
            let listed = cluster.list(&self.path(&from), of, &mut |item| found.take(item, self, cluster)).await?;
            match listed {
                List::Whole(answer) if !found.is_nonsense && self.is_list(&answer) => match next_page(&answer) {
                    Some(next) => from = next,
                    None => return Ok(Some(self.listed(found))),
                },
                List::Refused(answer) if answer.code == 410 && !from.is_empty() && restarts < RESTARTS => {
                    (restarts, from, found) = (restarts + 1, String::new(), Found::default());
                }
                List::Whole(_) | List::Refused(_) | List::Nonsense => return Ok(None),
            }
        }
    }

    fn path(&self, from: &str) -> String {
        let query =
            [("labelSelector", self.selector.as_str()), ("continue", from)].into_iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = query.map(|(key, value)| format!("{key}={value}")).collect();
        let path = self.resource.collection_path();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    fn is_list(&self, answer: &Answer) -> bool {
        let kind = answer.body.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
        kind.is_some_and(|of| of == self.resource.kind || of == "PartialObjectMetadata")
    }

    fn listed(&self, found: Found) -> Listed<'a> {
        let Found { reads, .. } = found;
        let missing = self.targets().filter(|target| !reads.contains_key(&target.at)).copied().collect();
        Listed { reads: reads.into_iter().collect(), missing, is_all: self.selector.is_empty() }
    }
}

/// The cluster's namespace is none.
fn name(object: &ObjectRef) -> Name<'_> {
    (object.namespace.as_ref().map_or("", |namespace| namespace.expose()), object.name.expose())
}

/// Where the list goes on, where the server chose to end it early.
fn next_page(answer: &Answer) -> Option<String> {
    let token = answer.body.pointer("/metadata/continue").and_then(Value::as_str).filter(|token| !token.is_empty())?;
    // Base64 for a URL, but nobody promises that.
    Some(
        token
            .bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect(),
    )
}

/// What has come of a list so far.
#[derive(Default)]
struct Found {
    reads: BTreeMap<(usize, usize), Read>,
    is_nonsense: bool,
}

/// Of an item that nobody may want, no more is looked at.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Cow<'a, str>,
}

impl Found {
    fn take(&mut self, item: &[u8], listing: &Listing<'_>, cluster: &Cluster) {
        let Ok(Item { metadata: Metadata { name, namespace } }) = serde_json::from_slice(item) else {
            self.is_nonsense = true;
            return;
        };
        for target in listing.targets.get(&(&*namespace, &*name)).into_iter().flatten() {
            let Ok(object) = serde_json::from_slice(item) else {
                self.is_nonsense = true;
                return;
            };
            let read = match parse_live(object, None, target.wanted, target.comparison) {
                Ok((live, _)) => Read::Present(live),
                Err(what) => Read::Unreadable(another(what, cluster, target.wanted)),
            };
            self.reads.insert(target.at, read);
        }
    }
}

/// The namespaces that are not there, of those that a complete list was asked for.
pub(super) fn absent<'a>(listed: &Listed<'a>) -> BTreeSet<&'a str> {
    let is_namespace = |target: &&Target<'_>| target.wanted.object.resource.is_namespace();
    let missing = listed.missing.iter().filter(is_namespace).map(|target| target.wanted.object.name.expose());
    if listed.is_all { missing.collect() } else { BTreeSet::new() }
}
