//! What apply does, for people: a line when a write begins and one when it ended, and at the end what became of each object.

use std::time::Duration;

use super::super::Printer;
use super::fleet;
use crate::outside::{Outside, Text};
use crate::plan::{Action, Change};
use crate::report::{Report, WriteResult};
use crate::text;

/// A write begins.
pub(super) fn started(change: &Change) -> Text {
    let verb = if change.action == Action::Create { "Creating" } else { "Updating" };
    text!("{}: {}...\n", change.wanted.object.title(), verb)
}

/// A write ended. There is no line for one that was not begun: that is listed at the end.
pub(super) fn ended(change: &Change, result: &WriteResult, time: Duration) -> Option<Text> {
    let how = match result {
        WriteResult::Created => text!("Creation complete after {}", seconds(time)),
        WriteResult::Updated => text!("Update complete after {}", seconds(time)),
        WriteResult::ConfirmedByReading => {
            text!("Complete after {} (the answer was lost; confirmed by reading)", seconds(time))
        }
        WriteResult::DoneByAnother if change.action == Action::Create => "Appeared meanwhile, as wanted; not written".into(),
        WriteResult::DoneByAnother => "Done by another meanwhile; not written".into(),
        WriteResult::WrittenForAnother { spec } => text!("Written once, for {}", spec),
        WriteResult::Failed(_) | WriteResult::Stale(_) => text!("Not written, after {}", seconds(time)),
        WriteResult::Unknown(_) => text!("Unknown, after {}", seconds(time)),
        WriteResult::Skipped(_) => return None,
    };
    Some(text!("{}: {}\n", change.wanted.object.title(), how))
}

fn seconds(time: Duration) -> Text {
    let tenths = (time.as_millis() + 50) / 100;
    text!("{}.{}s", tenths / 10, tenths % 10)
}

/// The closing line, and unless all is well what became of each object. `of`: the spec, where there are several.
pub(super) fn summary(report: &Report, of: Option<&Outside>, printer: &Printer) {
    let counts = text!("{} added, {} changed, 0 destroyed.{}", report.added(), report.changed(), beside(report));
    if report.is_complete() {
        printer.print(text!("\n{}\n", printer.paint().green(text!("Apply complete! Resources: {}", counts))));
        return;
    }
    printer.print(text!("\n{}\n", printer.paint().red(text!("Apply incomplete. Resources: {}", counts))));
    for (change, result) in &report.results {
        let title = change.wanted.object.title();
        let (line, failure) = match result {
            WriteResult::Failed(failure) | WriteResult::Stale(failure) => (text!("  not written  {}\n", title), Some(failure)),
            WriteResult::Unknown(failure) => (text!("  unknown      {}\n", title), Some(failure)),
            WriteResult::Skipped(why) => (text!("  not begun    {}: {}\n", title, why.words()), None),
            WriteResult::Created | WriteResult::Updated | WriteResult::ConfirmedByReading => {
                (text!("  written      {}\n", title), None)
            }
            WriteResult::DoneByAnother => (text!("  as wanted    {}: done by another\n", title), None),
            WriteResult::WrittenForAnother { spec } => (text!("  as wanted    {}: written once, for {}\n", title, spec), None),
        };
        printer.print(line);
        match (failure, of) {
            (None, _) => {}
            (Some(failure), None) => printer.failure(failure),
            (Some(failure), Some(spec)) => printer.failure(&fleet::of(spec, failure)),
        }
    }
}

/// What the counts leave out: objects that are as wanted, though no answer of the server says that we made them so.
fn beside(report: &Report) -> Text {
    let mut rest = Text::default();
    for (count, words) in [
        (report.count(&WriteResult::ConfirmedByReading), "confirmed by reading"),
        (report.count(&WriteResult::DoneByAnother), "done by another"),
    ] {
        if count > 0 {
            rest.push(text!(" {} {}.", count, words));
        }
    }
    rest
}
