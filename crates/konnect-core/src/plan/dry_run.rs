//! The server's word on a change, asked by a dry run, and what it makes of a plan.

use std::collections::BTreeMap;

use super::{Action, Change, ComputedBecause, Plan, Reason, Verification, Warning};
use crate::field_path::FieldPath;
use crate::object::ObjectKey;
use crate::outside::Text;
use crate::text;

/// What a dry run gave for one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// The server would do it.
    Accepted(Vec<Remark>),
    /// It was not asked, and why.
    NotAsked(ComputedBecause),
    /// It could not be asked, in whoever's words.
    Failed(Text),
    /// It would refuse it.
    Refused(Reason),
    /// The object is no longer what was read.
    Moved,
}

/// What the server would make of a change beyond what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The server's own warning.
    Warned(Text),
    /// A wanted value that admission would overwrite.
    Overwritten(FieldPath),
}

impl Change {
    /// Takes what the dry run gave.
    fn take_dry_run(&mut self, word: &DryRun) {
        match word {
            DryRun::Accepted(_) => self.verification = Verification::Server,
            DryRun::NotAsked(because) => self.verification = Verification::Computed(*because),
            DryRun::Failed(_) => self.verification = Verification::Computed(ComputedBecause::AskingFailed),
            DryRun::Refused(reason) => {
                self.action = Action::Blocked;
                self.reason = reason.clone();
            }
            DryRun::Moved => {}
        }
    }

    fn remarks(&self, word: &DryRun) -> Vec<Warning> {
        let title = self.wanted.object.title();
        let warning = |code: &'static str, message| Warning { code: code.into(), message };
        match word {
            DryRun::Failed(what) => {
                vec![warning("not_verified", text!("{} could not be verified by a server dry run: {}", title, what))]
            }
            DryRun::Accepted(remarks) => remarks
                .iter()
                .map(|remark| match remark {
                    Remark::Warned(words) => warning("server_warning", text!("{}: the server warns: {}", title, words)),
                    Remark::Overwritten(path) => warning(
                        "changed_by_admission",
                        text!("{}: an admission webhook of the cluster changes {} after konnect sets it: every plan will show it as a change", title, path.dotted()),
                    ),
                })
                .collect(),
            // Somebody else's namespace is not read, so that it is being deleted is learned here.
            DryRun::Refused(Reason::NamespaceTerminating) => {
                let message = |namespace| {
                    text!("namespace {} is being deleted: nothing can be created in it, and what is changed in it goes with it", namespace)
                };
                self.wanted.object.namespace.iter().map(|namespace| warning("namespace_terminating", message(namespace))).collect()
            }
            DryRun::NotAsked(_) | DryRun::Refused(_) | DryRun::Moved => Vec::new(),
        }
    }
}

impl Plan {
    /// The changes that a dry run is asked about: those that would be written, but for what needs a namespace that is not there yet.
    pub fn to_verify(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_written() && change.waits_for.is_none())
    }

    /// Takes what the dry runs gave.
    pub fn take_dry_runs(&mut self, dry_runs: &BTreeMap<ObjectKey, DryRun>) {
        for change in &mut self.changes {
            if let Some(word) = dry_runs.get(&(self.id, change.wanted.object.clone())) {
                // Two objects of one namespace that is being deleted say the same.
                let new = change.remarks(word).into_iter().filter(|remark| !self.warnings.contains(remark));
                self.warnings.extend(new.collect::<Vec<_>>());
                change.take_dry_run(word);
            }
        }
        if dry_runs.values().any(|word| *word == DryRun::Moved) {
            let message = "an object kept changing while it was read: the plan is computed from what was read last";
            self.warnings.push(Warning { code: "keeps_changing".into(), message: message.into() });
        }
    }
}
