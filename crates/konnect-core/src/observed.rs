//! What exists, as data: the live objects as far as a plan may know them. The live token is not among it, only what it was compared to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::ownership::Owners;
use crate::plan::{ClusterIdentity, FieldPath, Kind, Mark, Verdict};
use crate::token::SavedFingerprint;

/// Everything a plan is made from, beside the wanted objects.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The spec's path as the user gave it.
    pub spec: Outside,
    /// The token's source as messages name it.
    pub token_source: Text,
    /// What is said where there is no token.
    pub token_unset: Text,
    /// Whether there was a token to compare with.
    pub token_given: bool,
    /// Which cluster, and as whom.
    pub cluster: ClusterIdentity,
    /// When it was read.
    pub read_at: Timestamp,
    /// By kind: the spec names one object of each.
    pub objects: BTreeMap<Kind, Read>,
}

impl Observed {
    /// What reading the object of this kind gave; `None` if it was not to be read.
    #[must_use]
    pub fn read(&self, kind: Kind) -> Option<&Read> {
        self.objects.get(&kind)
    }
}

/// What reading one object gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The server says that it does not exist.
    Absent,
    /// Nothing is known. Never to be taken for absent.
    Unreadable(Failure),
    /// It exists.
    Present(Live),
}

/// A live object: what the planner may know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// `metadata.uid`.
    pub uid: Outside,
    /// `metadata.resourceVersion`.
    pub resource_version: Outside,
    /// Whether `metadata.deletionTimestamp` is set.
    pub terminating: bool,
    /// All labels.
    pub labels: BTreeMap<Outside, Outside>,
    /// All annotations but kubectl's last-applied.
    pub annotations: BTreeMap<Outside, Outside>,
    /// Whether kubectl's last-applied annotation is there.
    pub last_applied: bool,
    /// Who owns what.
    pub owners: Owners,
    /// What only Secrets have.
    pub secret: Option<LiveSecret>,
}

impl Live {
    /// The live value of a label or annotation.
    #[must_use]
    pub fn value(&self, path: &FieldPath) -> Option<&Outside> {
        match path {
            FieldPath::Label(key) => self.labels.get(key),
            FieldPath::Annotation(key) => self.annotations.get(key),
            FieldPath::Data(_) | FieldPath::Other(_) => None,
        }
    }
}

/// A live Secret's own properties, without its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSecret {
    /// `type`; can't be changed.
    pub r#type: Outside,
    /// `immutable`.
    pub immutable: bool,
    /// Whether it holds no data at all.
    pub empty: bool,
    /// How its token compares with the wanted one.
    pub token: Verdict,
    /// Tells within the run whether the live token moved. Never shown or stored.
    pub token_mark: Option<Mark>,
    /// Tells it to another run, where a saved plan asks for that and the token can't be guessed.
    pub fingerprint: Option<SavedFingerprint>,
}
