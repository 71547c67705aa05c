//! What the file of a saved plan holds: what the plan was computed from, and nothing that can be computed. Plain texts, so that a value from
//! outside gets in by the door alone (`keep`), and comes out as one again (`contents`).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::place::Place;

/// All of the file but its digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    pub magic: String,
    pub format: u32,
    pub konnect_version: String,
    /// From when on it is refused, all of it.
    pub expires: Timestamp,
    pub argon2id: Argon2idPart,
    /// Each place that a token comes from once, in the order in which the specs name them.
    pub tokens: Vec<TokenPart>,
    /// The specs, in the order in which they are shown.
    pub specs: Vec<SpecPart>,
}

/// Says nothing: the texts in it are from outside.
impl fmt::Debug for PlanFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlanFile(…)")
    }
}

/// What is planned for one spec. The spec itself is not needed any more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecPart {
    pub path: String,
    pub digest: String,
    /// When it is rolled out, where there are stages.
    pub stage: Option<u32>,
    /// When its cluster was read, by the clock of the machine that read it; ages are counted from here.
    pub read_at: Timestamp,
    /// Which of the file's tokens is its own.
    pub token: usize,
    /// Which cluster was read, and as whom: what the planner says.
    pub cluster: ClusterPart,
    pub chosen: ChosenPart,
    pub take_over: Vec<TakenPart>,
    /// Every object of the spec, in the order they are written.
    pub objects: Vec<ObjectPart>,
    /// What konnect wrote once and the spec no longer names.
    pub leftovers: Vec<LeftoverPart>,
}

/// A token as far as a file may know it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenPart {
    pub source: SourcePart,
    /// `None` of a token that is too easily guessed.
    pub fingerprint: Option<String>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourcePart {
    Env(String),
    File(Place),
    Stdin,
}

/// What the plan's fingerprints are made with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Argon2idPart {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    pub salt: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterPart {
    pub context: String,
    pub server: String,
    pub uid: String,
    pub user: Option<String>,
}

/// What a flag or the spec chose, so that apply chooses it too. Nothing that the planner's environment chose.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChosenPart {
    /// Whether the cluster's context was chosen by name.
    pub context: bool,
    pub kubeconfig: Option<Place>,
}

/// The names along a field's path.
pub(super) type PathPart = Vec<String>;

/// A field that the user said to take over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TakenPart {
    pub group: String,
    pub resource: String,
    pub field: PathPart,
}

/// An object that stays behind, beside the one of its type that the plan creates.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeftoverPart {
    pub group: String,
    pub resource: String,
    pub name: String,
}

/// One object: as it should be, as it was read, and what the server said to that.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectPart {
    pub wanted: WantedPart,
    /// `None`: the server said that it does not exist.
    pub observed: Option<ObservedPart>,
    /// `None`: there was nothing to ask.
    pub dry_run: Option<DryRunPart>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedPart {
    pub group: String,
    /// The type, as URLs spell it.
    pub resource: String,
    pub namespace: Option<String>,
    pub name: String,
    pub fields: Vec<WantedFieldPart>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedFieldPart {
    pub field: PathPart,
    pub value: WantedValuePart,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WantedValuePart {
    Plain(String),
    Token,
}

/// A live object as far as the planner reads it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObservedPart {
    pub uid: String,
    pub resource_version: String,
    pub terminating: bool,
    /// Of those fields that are wanted, that our manager owns, or that whole objects are judged by.
    pub values: Vec<LiveFieldPart>,
    pub owned: Vec<OwnedPart>,
    /// The owners, other than us, of maps that are empty.
    pub empty_maps: Vec<EmptyMapPart>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveFieldPart {
    pub field: PathPart,
    pub value: LiveValuePart,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LiveValuePart {
    Text(String),
    Present,
    Token(LiveTokenPart),
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveTokenPart {
    /// How it compares with the wanted one.
    pub verdict: VerdictPart,
    /// `None` of one that is too easily guessed.
    pub fingerprint: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerdictPart {
    Same,
    Different,
    Empty,
}

/// Whose a field is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnedPart {
    pub field: PathPart,
    pub ours: bool,
    pub others: Vec<ManagerPart>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmptyMapPart {
    pub field: PathPart,
    pub owners: Vec<ManagerPart>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagerPart {
    pub name: String,
    pub operation: String,
    pub time: Option<Timestamp>,
    /// The other name under which it wrote the field.
    pub through: Option<String>,
}

/// The server's word on a change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DryRunPart {
    Accepted(Vec<RemarkPart>),
    /// Not asked: no right to.
    NoPermission,
    /// Could not be asked: why.
    Failed(String),
    /// Refused: in the server's words.
    Refused(String),
    /// Refused because a webhook does not answer: in the server's words.
    WebhookFailed(String),
    /// Refused: this namespace is not there.
    NamespaceMissing(String),
    /// Refused: the namespace is being deleted.
    NamespaceTerminating,
    /// It kept changing while it was asked about.
    Moved,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RemarkPart {
    Warned(String),
    Overwritten(PathPart),
}
