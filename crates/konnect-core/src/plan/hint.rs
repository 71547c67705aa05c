//! What to do about a change that can't be carried out: for each cause its own hint.

use super::{Change, ClusterIdentity, FieldAction, Reason};
use crate::object::ObjectRef;
use crate::outside::{Outside, Text};
use crate::text;

impl Change {
    /// What to do about it; `None` where nothing has to be done.
    #[must_use]
    pub fn hint(&self, cluster: &ClusterIdentity) -> Option<Text> {
        let of_object = &self.wanted.object;
        Some(match &self.reason {
            Reason::Absent | Reason::Differs | Reason::UpToDate | Reason::TokenNotCompared => return None,
            Reason::OwnedByOthers => text!("to take over what another manager owns, add {}", self.take_over_flags()),
            Reason::Terminating => "wait until it is gone, or see what holds its finalizers; then plan again".into(),
            Reason::NamespaceTerminating => "wait until the namespace is gone, then plan again".into(),
            Reason::Immutable | Reason::Fixed { .. } => {
                text!("delete and recreate it yourself (plan and apply again after it): {}", of_object.delete_command(cluster))
            }
            Reason::NamespaceMissing(name) => text!(
                "let konnect manage the namespace (remove `manage = false`), or create it: {}",
                cluster.kubectl(["create".into(), "namespace".into(), Text::shell_word(name)])
            ),
            Reason::Policy { .. } => "change the spec so that the policy allows it, or ask whoever maintains the policy".into(),
            Reason::Rejected(_) => "the server's message says why: correct the spec, or ask the cluster's administrator".into(),
            Reason::WebhookFailed(_) => {
                "once the webhook answers again, plan again (Kong's operator has one for these Secrets)".into()
            }
            Reason::Unreadable => return self.unreadable.as_ref().and_then(|failure| failure.hint.clone()),
        })
    }

    /// The flags that take over every field of it that another manager holds back: `--take-over secret.data.token`.
    #[must_use]
    pub fn take_over_flags(&self) -> Text {
        let held = self.fields.iter().filter(|field| field.action == FieldAction::Blocked);
        let flag = |path: Text| text!("--take-over {}.{}", self.wanted.object.resource.spec_key, path);
        Text::join(held.map(|field| flag(field.path.dotted())), " ")
    }
}

impl ObjectRef {
    /// The command with which a person deletes it, in this cluster and no other: konnect deletes nothing.
    #[must_use]
    pub fn delete_command(&self, cluster: &ClusterIdentity) -> Text {
        let kind = Text::shell_word(Outside::new(self.resource.kind.to_ascii_lowercase()));
        let mut words = vec!["delete".into(), kind, Text::shell_word(&self.name)];
        if let Some(namespace) = &self.namespace {
            words.extend(["-n".into(), Text::shell_word(namespace)]);
        }
        cluster.kubectl(words)
    }
}
