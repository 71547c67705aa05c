//! The plan as data: what is to change, why, and what it was computed from. A plan is complete: apply makes no choices.

mod dry_run;
mod field;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

pub use dry_run::{DryRun, Remark};
pub use field::{Field, FieldAction, FieldPath, FieldValue, Manager, Verdict};

use crate::desired::DesiredObject;
use crate::outcome::Failure;
use crate::outside::{Outside, Text};

/// The field manager's name that `konnect` applies under.
pub const FIELD_MANAGER: &str = "konnect";

/// The kinds of object `konnect` manages, in the order they are planned and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `v1/Namespace`.
    Namespace,
    /// `v1/ServiceAccount`.
    ServiceAccount,
    /// `v1/Secret`.
    Secret,
}

impl Kind {
    /// The kind as manifests spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
        }
    }

    /// The API version as manifests spell it.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        "v1"
    }

    /// The resource as URLs and RBAC rules spell it.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::ServiceAccount => "serviceaccounts",
            Self::Secret => "secrets",
        }
    }

    /// The kind as the spec and `--take-over` spell it.
    #[must_use]
    pub const fn spec_key(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::ServiceAccount => "service_account",
            Self::Secret => "secret",
        }
    }
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It does not exist and will be created.
    Create,
    /// It will be updated in place.
    Update,
    /// Nothing to do.
    None,
    /// Something forbids the change; the whole apply stops.
    Blocked,
    /// It could not be read, so nothing is known; never "absent".
    Unknown,
}

impl Action {
    /// The word in the JSON output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::None => "none",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

/// Why an object's action is what it is. For the reader only: nothing is decided from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It does not exist.
    Absent,
    /// Fields differ from the spec.
    Differs,
    /// Everything is as the spec wants it.
    UpToDate,
    /// As far as compared everything is as wanted, but there was no token to compare.
    TokenNotCompared,
    /// It is being deleted.
    Terminating,
    /// Its namespace is being deleted.
    NamespaceTerminating,
    /// The Secret is immutable and its data would change.
    Immutable,
    /// The Secret has this type, not `Opaque`, and a type can't be changed.
    Type(Outside),
    /// At least one field belongs to another manager.
    OwnedByOthers,
    /// Its namespace does not exist and is somebody else's to create.
    NamespaceMissing(Outside),
    /// The server refused the dry run, in its words.
    Rejected(Text),
    /// The server refused the dry run because an admission webhook of the cluster does not answer, in its words.
    WebhookFailed(Text),
    /// It could not be read.
    Unreadable,
}

impl Reason {
    /// The word in the JSON output.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Differs => "differs",
            Self::UpToDate => "up_to_date",
            Self::TokenNotCompared => "token_not_compared",
            Self::Terminating => "terminating",
            Self::NamespaceTerminating => "namespace_terminating",
            Self::Immutable => "immutable",
            Self::Type(_) => "type",
            Self::OwnedByOthers => "owned_by_others",
            Self::NamespaceMissing(_) => "namespace_missing",
            Self::Rejected(_) => "rejected",
            Self::WebhookFailed(_) => "webhook_failed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How far a change was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The server's own dry run accepted it.
    Server,
    /// Computed from what was read; why the server was not asked.
    Computed(ComputedBecause),
}

/// Why a change was not verified by a server dry run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputedBecause {
    /// The dry run has not been tried yet.
    NotAsked,
    /// No right to patch or create the object.
    NoPermission,
    /// The namespace is created by the same plan.
    NamespaceMissing,
    /// There is no token to send.
    TokenUnset,
    /// The spec's author is not trusted, so the token is not sent for it.
    UntrustedSpec,
    /// The server could not be asked.
    AskingFailed,
}

/// Which live object a change was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `metadata.uid`.
    pub uid: Outside,
    /// `metadata.resourceVersion`, opaque: compared for equality only.
    pub resource_version: Outside,
    /// A keyed mark of the live token: for equality only, never to be shown.
    pub token_mark: Option<Mark>,
}

/// A token's HMAC under a run's own salt, in hexadecimal: tells within the run whether a token is still the same. Never stored: whoever knew
/// the salt could try tokens by the million.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub String);

/// One object of the spec and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The whole wanted object: each write carries all of it, since an apply removes what it leaves out.
    pub wanted: DesiredObject,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// How far it was checked; meaningful on create and update only.
    pub verification: Verification,
    /// The fields, sorted by path.
    pub fields: Vec<Field>,
    /// The live object; `None` if it is absent or unreadable.
    pub seen: Option<Seen>,
    /// Why it could not be read, where it could not. A plan in which something is unknown is not saved.
    pub unreadable: Option<Failure>,
}

impl Change {
    /// Whether apply writes this object.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update)
    }

    /// Whether the write must force, because it takes a field over. Safe only together with the resourceVersion.
    #[must_use]
    pub fn takes_over(&self) -> bool {
        self.fields.iter().any(|f| f.action == FieldAction::TakeOver)
    }

    /// Whether two changes do the same to the same object, whatever else of it moved between.
    #[must_use]
    pub fn same_effect(&self, other: &Self) -> bool {
        let Self { wanted, action, reason: _, verification: _, fields, seen, unreadable: _ } = self;
        let same_object = match (seen, &other.seen) {
            (None, None) => true,
            (Some(a), Some(b)) => a.uid == b.uid && a.token_mark == b.token_mark,
            _ => false,
        };
        let same_fields = fields.len() == other.fields.len() && fields.iter().zip(&other.fields).all(|(a, b)| a.same_effect(b));
        same_object && *wanted == other.wanted && *action == other.action && same_fields
    }
}

/// Which cluster was read, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterIdentity {
    /// The kubeconfig context.
    pub context: Outside,
    /// The server's address.
    pub server: Outside,
    /// The UID of namespace `kube-system`; `None` where it may not be read.
    pub uid: Option<Outside>,
    /// Who the server says we are; `None` where it does not say.
    pub user: Option<Outside>,
    /// Read from a saved plan: what its file says, where no server was asked.
    pub claimed: bool,
}

/// Something the reader should know that is no failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable word for programs.
    pub code: Cow<'static, str>,
    /// The sentence for people.
    pub message: Text,
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The spec's path as the user gave it.
    pub spec: Outside,
    /// The token's source as messages name it, such as `$PAT`.
    pub token_source: Text,
    /// What is said where there is no token, such as `$PAT is not set`.
    pub token_unset: Text,
    /// The cluster that was read.
    pub cluster: ClusterIdentity,
    /// When it was read; ages are counted from here.
    pub read_at: Timestamp,
    /// Every object of the spec, unchanged ones too.
    pub changes: Vec<Change>,
    /// Warnings.
    pub warnings: Vec<Warning>,
}

/// How many objects each action meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// To be created.
    pub add: usize,
    /// To be updated.
    pub change: usize,
    /// To be destroyed: nothing ever is, by plan and apply.
    pub destroy: usize,
    /// As wanted.
    pub unchanged: usize,
    /// Blocked.
    pub blocked: usize,
    /// Not readable.
    pub unknown: usize,
}

impl Plan {
    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count: BTreeMap<&str, usize> = self.changes.iter().fold(BTreeMap::new(), |mut count, change| {
            *count.entry(change.action.word()).or_default() += 1;
            count
        });
        let of = |action: Action| count.get(action.word()).copied().unwrap_or_default();
        Summary {
            add: of(Action::Create),
            change: of(Action::Update),
            destroy: 0,
            unchanged: of(Action::None),
            blocked: of(Action::Blocked),
            unknown: of(Action::Unknown),
        }
    }

    /// Whether anything would be done, or would be if it were not blocked.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        let Summary { add, change, destroy, unchanged: _, blocked, unknown: _ } = self.summary();
        add + change + destroy + blocked > 0
    }

    /// Whether the live token could not be compared because there was none to compare it with.
    #[must_use]
    pub fn token_not_compared(&self) -> bool {
        self.changes.iter().flat_map(|c| &c.fields).any(|f| f.value == FieldValue::Token(Verdict::NotCompared))
    }
}
