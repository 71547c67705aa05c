//! What a run gathers for a format that is one document, printed when all is known.

use std::sync::Arc;

use jiff::Timestamp;

use super::{CheckError, CheckedSpec, Cleared, Event, Printer, terminal};
use crate::cluster::Notice;
use crate::fleet::Fleet;
use crate::outcome::Failure;
use crate::outside::Outside;
use crate::plan::{Plan, Warning};

/// All that the document is drawn from. Diagnostics on the way go to stderr at once.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The spec's path as the user gave it.
    spec: Outside,
    /// The chosen context, as soon as it is known.
    context: Option<Outside>,
    /// The plan, if there is one.
    pub plan: Option<Plan>,
    /// The saved plan, if there is one.
    pub saved_plan: Option<SavedPlanFacts>,
    /// The plans of many specs, if it is about many.
    pub fleet: Option<Arc<Fleet>>,
    /// What `validate` found in each of many files.
    pub checked: Vec<(Outside, Vec<Failure>)>,
    /// What went wrong, of many specs: with the run as a whole.
    pub failures: Vec<Failure>,
    warnings: Vec<Warning>,
    notices: Vec<Warning>,
    /// Where the plan was saved.
    saved: Option<Outside>,
}

/// What is told of a saved plan.
#[derive(Debug)]
pub struct SavedPlanFacts {
    /// The file's digest, `sha256:…`.
    pub digest: String,
    /// From when on it is refused.
    pub expires: Timestamp,
}

impl Gathered {
    /// Takes in an event.
    pub fn add(&mut self, event: Event<'_>, printer: &Printer) {
        match event {
            Event::Usage(error) => printer.usage(error),
            Event::NotStarted(kind) => printer.not_started(kind),
            Event::Panicked(failure) => printer.failure(failure),
            Event::Text(text) => printer.out(text),
            Event::Begun { spec } => self.spec = spec.clone(),
            Event::Notice(notice) => {
                match &notice {
                    Notice::Warning(warning) => self.notices.push(warning.clone()),
                    Notice::Context(context) => self.context = Some(context.clone()),
                    Notice::Retry(_) | Notice::Trace(_) | Notice::Plugin(_) => {}
                }
                printer.notice(notice);
            }
            Event::SpecErrors(errors) => self.failures.extend(errors.failures()),
            Event::Failed(failure) => self.failures.push(failure.clone()),
            Event::Warning(warning) => self.warnings.push(warning.clone()),
            Event::Plan(plan) => {
                self.failures.extend(plan.unreadable());
                self.plan = Some(plan.clone());
            }
            Event::Saved { path, expires, digest } => {
                self.saved = Some(path.clone());
                self.saved_plan = Some(SavedPlanFacts { digest: digest.to_owned(), expires });
            }
            Event::Opened { created: _, expires, digest } => {
                self.saved_plan = Some(SavedPlanFacts { digest: digest.to_owned(), expires });
            }
            Event::Valid { .. } | Event::Ended { outcome: _ } => {}
            // These are of commands whose output is no document.
            Event::Info(_) | Event::WaitingForToken | Event::Writing => {}
            Event::Serving { .. } | Event::SandboxReset { .. } => {}
            // These are said to people alone.
            Event::Next { command: _ } | Event::Asked { cluster: _ } | Event::Cancelled => {}
            Event::WriteStarted(_) | Event::WriteEnded(..) | Event::Summary(_) | Event::Confirmed => {}
            Event::Fleet(fleet) => self.fleet = Some(Arc::clone(fleet)),
            Event::ValidFleet { checked } => {
                let failures = |of: &CheckedSpec| match &of.result {
                    Ok(_) => Vec::new(),
                    Err(CheckError::Spec(errors)) => errors.failures(),
                    Err(CheckError::Failed(failure)) => vec![failure.clone()],
                };
                self.checked = checked.iter().map(|of| (of.path.clone(), failures(of))).collect();
            }
            // Of many specs, to people alone or of commands whose output is no document.
            Event::Reached { .. } | Event::AskedFleet { .. } => {}
            Event::SpecProgress { .. } | Event::SpecEnded { .. } | Event::FleetEnded { .. } => {}
        }
    }

    /// Failures alone.
    #[cfg(test)]
    pub fn of_failures(failures: Vec<Failure>) -> Self {
        Self { failures, ..Self::default() }
    }

    /// The spec's path: as the plan names it, else as the command line does.
    pub fn spec(&self) -> &Outside {
        self.plan.as_ref().map_or(&self.spec, |plan| &plan.spec)
    }

    /// The chosen context, if one was chosen so far: of a plan the plan's. Many specs have none together.
    pub fn context(&self) -> Option<&Outside> {
        if self.fleet.is_some() {
            return None;
        }
        self.plan.as_ref().map(|plan| &plan.cluster.context).or(self.context.as_ref())
    }

    /// The warnings: those of the command, those that requests met, and the plan's own.
    pub fn warnings(&self) -> Vec<Warning> {
        let of_plan = self.plan.iter().flat_map(|plan| &plan.warnings);
        self.warnings.iter().chain(&self.notices).chain(of_plan).cloned().collect()
    }

    /// Prints the document, and on stderr what has no place in it: the document has stdout to itself.
    pub fn print(&self, document: &Cleared, printer: &Printer) {
        printer.out(document);
        if let (Some(path), Some(saved)) = (&self.saved, &self.saved_plan) {
            printer.error(&printer.door().output(terminal::saved(path, &saved.digest)));
        }
    }
}
