//! What apply does, for people: a line when a write begins and one when it ended, and at the end what became of each object.

use std::time::Duration;

use super::super::Printer;
use crate::apply::{Ending, Report};
use crate::outside::Text;
use crate::plan::{Action, Change};
use crate::text;

/// A write begins.
pub(super) fn started(change: &Change) -> Text {
    let verb = if change.action == Action::Create { "Creating" } else { "Updating" };
    text!("{}: {}...\n", change.wanted.title(), verb)
}

/// A write ended. There is no line for one that was not begun: that is listed at the end.
pub(super) fn ended(change: &Change, ending: &Ending, time: Duration) -> Option<Text> {
    let how = match ending {
        Ending::Created => text!("Creation complete after {}", seconds(time)),
        Ending::Updated => text!("Update complete after {}", seconds(time)),
        Ending::ConfirmedByReading => {
            text!("Complete after {} (the answer was lost; confirmed by reading)", seconds(time))
        }
        Ending::DoneByAnother if change.action == Action::Create => "Appeared meanwhile, as wanted; not written".into(),
        Ending::DoneByAnother => "Done by another meanwhile; not written".into(),
        Ending::Failed(_) | Ending::Stale(_) => text!("Not written, after {}", seconds(time)),
        Ending::Unknown(_) => text!("Unknown, after {}", seconds(time)),
        Ending::NotDone(_) => return None,
    };
    Some(text!("{}: {}\n", change.wanted.title(), how))
}

fn seconds(time: Duration) -> Text {
    let tenths = (time.as_millis() + 50) / 100;
    text!("{}.{}s", tenths / 10, tenths % 10)
}

/// The closing line, and unless all is well what became of each object.
pub(super) fn summary(report: &Report, printer: &Printer) {
    let counts = text!("{} added, {} changed, 0 destroyed.{}", report.added(), report.changed(), beside(report));
    if report.is_complete() {
        printer.print(text!("\n{}\n", printer.paint().green(text!("Apply complete! Resources: {}", counts))));
        return;
    }
    printer.print(text!("\n{}\n", printer.paint().red(text!("Apply incomplete. Resources: {}", counts))));
    for (change, ending) in &report.endings {
        let title = change.wanted.title();
        let (line, failure) = match ending {
            Ending::Failed(failure) | Ending::Stale(failure) => (text!("  not written  {}\n", title), Some(failure)),
            Ending::Unknown(failure) => (text!("  unknown      {}\n", title), Some(failure)),
            Ending::NotDone(why) => (text!("  not begun    {}: {}\n", title, why), None),
            Ending::Created | Ending::Updated | Ending::ConfirmedByReading => (text!("  written      {}\n", title), None),
            Ending::DoneByAnother => (text!("  as wanted    {}: done by another\n", title), None),
        };
        printer.print(line);
        if let Some(failure) = failure {
            printer.failure(failure);
        }
    }
}

/// What the counts leave out: objects that are as wanted, though no answer of the server says that we made them so.
fn beside(report: &Report) -> Text {
    let count = |wanted: &Ending| report.endings.iter().filter(|(_, ending)| ending == wanted).count();
    let mut rest = Text::default();
    for (count, words) in
        [(count(&Ending::ConfirmedByReading), "confirmed by reading"), (count(&Ending::DoneByAnother), "done by another")]
    {
        if count > 0 {
            rest.push(text!(" {} {}.", count, words));
        }
    }
    rest
}
