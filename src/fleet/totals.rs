//! What was written in all specs of a run together.

use crate::report::WriteResult;

use super::Ending;

/// The sums. An object that several specs want alike is written once, and counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many objects the server created: only a 201 counts.
    pub added: usize,
    /// How many it updated.
    pub changed: usize,
    /// How many are as wanted, though the answer was lost.
    pub confirmed_by_reading: usize,
    /// How many were as wanted already when they were to be written.
    pub done_by_another: usize,
    /// Of how many specs something was written, or may have been.
    pub specs_written: usize,
    /// Every spec is as wanted, by a reading of this run.
    pub confirmed: bool,
    /// Every object of every spec is as wanted, by the server's answers.
    pub complete: bool,
}

impl Totals {
    /// Of all specs of a run.
    #[must_use]
    pub fn of(endings: &[Ending]) -> Self {
        let mut totals = Self { confirmed: true, complete: true, ..Self::default() };
        for ending in endings {
            totals.confirmed &= ending.is_confirmed();
            match ending {
                Ending::Nothing => {}
                Ending::Refused(_) | Ending::NotBegun(_) => totals.complete = false,
                Ending::Applied { report, confirmed: _ } => {
                    totals.added += report.added();
                    totals.changed += report.changed();
                    totals.confirmed_by_reading += report.count(&WriteResult::ConfirmedByReading);
                    totals.done_by_another += report.count(&WriteResult::DoneByAnother);
                    totals.specs_written += usize::from(ending.wrote());
                    totals.complete &= report.is_complete();
                }
            }
        }
        totals
    }
}
