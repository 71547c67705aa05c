//! What to do about a change that can't be carried out: for each cause its own hint.

use super::{Change, FieldAction, Reason};
use crate::object::ObjectRef;
use crate::outside::{Outside, Text};
use crate::text;

impl Change {
    /// What to do about it; `None` where nothing has to be done.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        let of_object = &self.wanted.object;
        Some(match &self.reason {
            Reason::Absent | Reason::Differs | Reason::UpToDate | Reason::TokenNotCompared => return None,
            Reason::OwnedByOthers => text!("to take over what another manager owns, add {}", self.take_over_flags()),
            Reason::Terminating => "wait until it is gone, or see what holds its finalizers; then plan again".into(),
            Reason::NamespaceTerminating => "wait until the namespace is gone, then plan again".into(),
            Reason::Immutable | Reason::Fixed { .. } => {
                text!("delete and recreate it yourself: {}, then konnect apply", of_object.delete_command())
            }
            Reason::NamespaceMissing(_) => "create it, or let konnect manage it (remove `manage = false`)".into(),
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
    /// The command with which a person deletes it: konnect deletes nothing.
    #[must_use]
    pub fn delete_command(&self) -> Text {
        let kind = self.resource.kind.to_ascii_lowercase();
        let kind = Outside::new(kind);
        let mut words = vec!["kubectl".into(), "delete".into(), kind.into(), Text::shell_word(&self.name)];
        if let Some(namespace) = &self.namespace {
            words.extend(["-n".into(), Text::shell_word(namespace)]);
        }
        Text::command(words)
    }
}
