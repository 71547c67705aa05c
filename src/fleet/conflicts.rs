//! Two specs that want the same object of the same cluster.

use std::collections::BTreeMap;

use crate::desired::DesiredObject;
use crate::object::ObjectRef;
use crate::outcome::{Failure, FailureCode, Place};
use crate::outside::{Outside, Text};
use crate::text;
use crate::token::TokenFingerprint;

/// One object as one spec wants it.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Which spec, by its place in the run.
    pub of: usize,
    /// The spec's path as it is shown.
    pub spec: &'a Outside,
    /// Where it names the object, if that is known.
    pub place: Option<Place>,
    /// Which cluster, by a number that the same cluster always has, whatever it is called.
    pub cluster: usize,
    /// The object.
    pub wanted: &'a DesiredObject,
    /// The token that it would hold, where it holds one and there is one.
    pub token: Option<TokenFingerprint>,
}

impl Claim<'_> {
    /// `envs/a.toml:3`, or `line 3` of its own file, which stands before what is said of it.
    fn place(&self, own: bool) -> Text {
        match &self.place {
            None => self.spec.into(),
            Some(Place { file: None, line, column: _ }) if own => text!("line {}", line),
            Some(Place { file, line, column: _ }) => text!("{}:{}", file.as_ref().unwrap_or(self.spec), line),
        }
    }

    /// Whether one write serves both.
    fn agrees(&self, other: &Self) -> bool {
        self.wanted.fields == other.wanted.fields && self.token == other.token
    }
}

/// The specs that can't both have their way, each with its failure; and the objects that several want alike, by cluster.
pub fn conflicts(claims: &[Claim<'_>]) -> (BTreeMap<usize, Failure>, Vec<(usize, ObjectRef)>) {
    let mut by_object: BTreeMap<(usize, &ObjectRef), Vec<&Claim<'_>>> = BTreeMap::new();
    for claim in claims {
        by_object.entry((claim.cluster, &claim.wanted.object)).or_default().push(claim);
    }
    let (mut failures, mut shared) = (BTreeMap::new(), Vec::new());
    for ((cluster, object), claims) in by_object {
        let [first, rest @ ..] = claims.as_slice() else { continue };
        if rest.is_empty() {
            continue;
        }
        if rest.iter().all(|claim| claim.agrees(first)) {
            shared.push((cluster, object.clone()));
            continue;
        }
        for claim in &claims {
            let Some(other) = claims.iter().find(|other| !other.agrees(claim)) else { continue };
            failures.entry(claim.of).or_insert_with(|| contradiction(claim, other));
        }
    }
    (failures, shared)
}

fn contradiction(claim: &Claim<'_>, other: &Claim<'_>) -> Failure {
    let object = claim.wanted.object.title();
    let how = if claim.wanted.fields == other.wanted.fields { "with another token" } else { "differently" };
    let what = text!("{} names {}, which {} wants {} in the same cluster", claim.place(true), object, other.place(false), how);
    let failure = Failure::new(FailureCode::Conflict, what)
        .hint("give each environment its own namespace or names, or make both say the same of it");
    match &claim.place {
        Some(place) => failure.at(place.clone()),
        None => failure,
    }
}
