//! The plan as data: what is to change, why, and what it was computed from. A plan is complete: apply makes no choices.

mod change;
mod dry_run;
mod field;
mod hint;
mod reason;
mod refusal;
mod rights;

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

pub use change::{Action, Change, ObservedVersion};
pub use dry_run::{DryRun, Remark};
pub use field::{Field, FieldAction, FieldValue, Manager};
pub use reason::{ComputedBecause, Reason, Verification};
pub use refusal::Refusal;
pub use rights::missing_rights;

use crate::object::{ObjectKey, ObjectRef, SpecId};
use crate::outside::{Outside, Text};
use crate::token::Verdict;

/// The field manager's name that `konnect` applies under.
pub const FIELD_MANAGER: &str = "konnect";

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

/// The context in the kubeconfig of a served sandbox.
const SANDBOX_CONTEXT: &str = "konnect-sandbox";

impl ClusterIdentity {
    /// Whether it is the sandbox, which has a file for an address.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        !self.server.expose().contains("://")
    }

    /// A command of kubectl's that reaches this cluster, whatever kubectl's own context is; the sandbox once it is served.
    #[must_use]
    pub fn kubectl(&self, words: impl IntoIterator<Item = Text>) -> Text {
        let context = if self.is_sandbox() { SANDBOX_CONTEXT.into() } else { Text::shell_word(&self.context) };
        Text::command(["kubectl".into(), "--context".into(), context].into_iter().chain(words).collect())
    }
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
    /// Which spec of the run it is for.
    pub id: SpecId,
    /// The spec's path as the user gave it.
    pub spec: Outside,
    /// The token's source as messages name it, such as `$PAT`.
    pub token_source: Text,
    /// What is said where there is no token, such as `$PAT is not set`.
    pub token_unset: Text,
    /// Whether there was a token to compare with, and to write.
    pub token_is_given: bool,
    /// Why it may no longer be applied, of a plan that was saved: it has expired.
    pub outdated: Option<Text>,
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

impl Summary {
    /// Counts one more object.
    pub const fn count(&mut self, action: Action) {
        match action {
            Action::Create => self.add += 1,
            Action::Update => self.change += 1,
            Action::None => self.unchanged += 1,
            Action::Blocked => self.blocked += 1,
            Action::Unknown => self.unknown += 1,
        }
    }
}

impl Plan {
    /// The key of an object of this plan.
    #[must_use]
    pub fn key(&self, object: &ObjectRef) -> ObjectKey {
        (self.id, object.clone())
    }

    /// The change of an object.
    #[must_use]
    pub fn change(&self, object: &ObjectRef) -> Option<&Change> {
        self.changes.iter().find(|change| change.wanted.object == *object)
    }

    /// The changes in the order in which they are written, those of a wave at once: each after the Namespace that it is in, and else as the
    /// plan shows them.
    #[must_use]
    pub fn write_waves(&self) -> [Vec<&Change>; 2] {
        let planned: BTreeSet<&ObjectRef> = self.changes.iter().map(|change| &change.wanted.object).collect();
        let needs = |change: &Change| change.wanted.object.needs().filter(|needed| planned.contains(needed));
        let (first, then) = self.changes.iter().partition(|change| needs(change).is_none());
        [first, then]
    }

    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        self.changes.iter().for_each(|change| summary.count(change.action));
        summary
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
