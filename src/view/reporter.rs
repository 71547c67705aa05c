//! Where commands send their events: to the one view of the run.

use std::sync::{Mutex, PoisonError};

use super::{Door, Event, Format, Output, Printer, View, choose};
use crate::outcome::Outcome;

/// The view of a run, and what it prints with. Whoever works for the run may send events, on any thread.
pub struct Reporter {
    view: Mutex<Box<dyn View>>,
    printer: Printer,
}

impl Reporter {
    /// Shows a command's output in this format.
    #[must_use]
    pub fn new(format: Format, output: Output, printer: Printer) -> Self {
        Self { view: Mutex::new(choose(format, output)), printer }
    }

    /// Shows an event.
    pub fn emit(&self, event: Event<'_>) {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).show(event, &self.printer);
    }

    /// Why nobody can be asked anything, if so.
    #[must_use]
    pub fn nobody_to_ask(&self) -> Option<&'static str> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).nobody_to_ask()
    }

    /// Whether the view names the chosen context, and none was told yet.
    #[must_use]
    pub fn lacks_context(&self) -> bool {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).lacks_context()
    }

    /// What hides the secrets of this run.
    #[must_use]
    pub const fn door(&self) -> &Door {
        self.printer.door()
    }

    /// Whether stdout could not be written.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.printer.is_broken()
    }

    /// Ends the run, and returns its outcome. `unshown` counts too where not all of stdout could be written.
    #[must_use]
    pub fn finish(&self, outcome: Outcome, unshown: Outcome) -> Outcome {
        self.emit(Event::Ended { outcome: self.counting(outcome, unshown) });
        self.outcome(outcome, unshown)
    }

    /// The outcome of a run that ended with its last event.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome, unshown: Outcome) -> Outcome {
        self.printer.release();
        self.counting(outcome, unshown)
    }

    fn counting(&self, outcome: Outcome, unshown: Outcome) -> Outcome {
        if self.is_broken() { outcome.or(unshown) } else { outcome }
    }
}
