//! Why a change is what it is, and how far it was checked. For the reader only: nothing is decided from it.

use std::sync::Arc;

use super::Change;
use crate::outside::{Outside, Text};
use crate::text;

/// Why an object's action is what it is. For the reader only: nothing is decided from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It does not exist.
    Absent,
    /// Fields differ from the spec.
    Differs,
    /// It matches the spec.
    UpToDate,
    /// As far as compared everything is as wanted, but there was no token to compare.
    TokenNotCompared,
    /// It is being deleted.
    Terminating,
    /// Its namespace is being deleted.
    NamespaceTerminating,
    /// It is immutable, and what is frozen by that would change.
    Immutable,
    /// A field that can't be changed has another value than the one that konnect works with.
    Fixed {
        /// The field.
        path: &'static [&'static str],
        /// What it holds.
        live: Outside,
        /// What it would have to hold.
        only: &'static str,
    },
    /// At least one field belongs to another manager.
    OwnedByOthers,
    /// Its namespace does not exist and is somebody else's to create.
    NamespaceMissing(Outside),
    /// A policy of the cluster refused the dry run.
    Policy {
        /// The policy's name, or its webhook's: a part of the words.
        name: Text,
        /// The whole of what the server says.
        words: Text,
    },
    /// The server refused the dry run, in its words.
    Rejected(Text),
    /// The server refused the dry run because an admission webhook of the cluster does not answer, in its words.
    WebhookFailed(Text),
    /// It could not be read.
    Unreadable,
}

impl Reason {
    /// The words of all reasons, in the order in which the schemas list them.
    pub const CODES: &[&str] = &[
        "absent",
        "differs",
        "up_to_date",
        "token_not_compared",
        "terminating",
        "namespace_terminating",
        "immutable",
        "type",
        "owned_by_others",
        "namespace_missing",
        "policy",
        "rejected",
        "webhook_failed",
        "unreadable",
    ];

    /// The word in the JSON output.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Differs => "differs",
            Self::UpToDate => "up_to_date",
            Self::TokenNotCompared => "token_not_compared",
            Self::Terminating => "terminating",
            Self::NamespaceTerminating => "namespace_terminating",
            Self::Immutable => "immutable",
            Self::Fixed { path, .. } => path.last().copied().unwrap_or("fixed"),
            Self::OwnedByOthers => "owned_by_others",
            Self::NamespaceMissing(_) => "namespace_missing",
            Self::Policy { .. } => "policy",
            Self::Rejected(_) => "rejected",
            Self::WebhookFailed(_) => "webhook_failed",
            Self::Unreadable => "unreadable",
        }
    }

    /// The server refuses it, in these words: because of a policy, where they name one. They do so in two forms: `ValidatingAdmissionPolicy
    /// 'NAME' with binding 'BINDING' denied request: …`, and `admission webhook "NAME" denied the request: …`.
    #[must_use]
    pub fn refused(words: Text) -> Self {
        let whole: Arc<str> = words.plain().into();
        let named = |before: &str, quote: char, after: &str| {
            let from = whole.find(before)? + before.len();
            let to = from + whole[from..].find(quote)?;
            whole[to..].contains(after).then(|| Text::part(&whole, from..to))
        };
        let name = named("ValidatingAdmissionPolicy '", '\'', "denied request")
            .or_else(|| named("admission webhook \"", '"', "denied the request"));
        match name {
            Some(name) => Self::Policy { name, words },
            None => Self::Rejected(words),
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

impl ComputedBecause {
    /// The word in the JSON output.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::NoPermission => "no_permission",
            Self::NamespaceMissing => "namespace_missing",
            Self::TokenUnset => "token_unset",
            Self::UntrustedSpec => "untrusted_spec",
            Self::AskingFailed => "dry_run_failed",
        }
    }

    /// The same for people, as the end of a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotAsked => "it was not asked",
            Self::NoPermission => "no permission for a server dry run",
            Self::NamespaceMissing => "the namespace does not exist yet",
            Self::TokenUnset => "there is no token to send",
            Self::UntrustedSpec => "the spec is not trusted, so the token is not sent",
            Self::AskingFailed => "the server dry run failed",
        }
    }
}

impl Change {
    /// Why the action is what it is, in a sentence's tail, on one line.
    #[must_use]
    pub fn reason(&self) -> Text {
        match &self.reason {
            Reason::Absent => "it does not exist".into(),
            Reason::Differs => "it differs from the spec".into(),
            Reason::UpToDate => "it matches the spec".into(),
            Reason::TokenNotCompared => "it matches the spec, but there was no token to compare".into(),
            Reason::Terminating if self.wanted.object.resource.is_namespace() => "the namespace is being deleted".into(),
            Reason::Terminating => "it is being deleted: a change would be lost with it".into(),
            Reason::NamespaceTerminating => "its namespace is being deleted".into(),
            Reason::Immutable => "it is immutable, and its data differs".into(),
            Reason::Fixed { path, live, only } => {
                let field = Text::join(path.iter().map(|name| Text::from(*name)), ".");
                text!("its {} is {}, not {}, and a {} can't be changed", field, live, *only, field)
            }
            Reason::OwnedByOthers => "another manager owns what would change".into(),
            Reason::NamespaceMissing(name) => {
                text!("namespace {} does not exist, and `manage = false` leaves it to somebody else", name)
            }
            Reason::Policy { name, words } => text!("policy {} refuses it: {}", name, words.on_one_line()),
            Reason::Rejected(message) => text!("the server refuses it: {}", message.on_one_line()),
            Reason::WebhookFailed(message) => text!(
                "an admission webhook does not answer, and the server refuses what the webhook could not check: {}",
                message.on_one_line()
            ),
            Reason::Unreadable => match &self.unreadable {
                Some(failure) => failure.what.on_one_line(),
                None => "it could not be read".into(),
            },
        }
    }
}
