//! For people: each event as it happens.

mod progress;

use jiff::Timestamp;

use super::{Event, Output, Printer, View, terminal};
use crate::outside::{Outside, Text};
use crate::plan::Plan;
use crate::text;

/// What is asked before anything is written.
const QUESTION: &str = "\nDo you want to perform these actions?\n  konnect will perform the actions described above.\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ";

/// How many of the objects that a reset removed are named.
const MOST_REMOVED: usize = 50;

/// The view, whatever the output.
pub(super) fn view(_: Output) -> Box<dyn View> {
    Box::new(Human)
}

struct Human;

impl View for Human {
    fn fits(&self, _: Output) -> bool {
        true
    }

    fn nobody_to_ask(&self) -> Option<&'static str> {
        None
    }

    fn show(&mut self, event: Event<'_>, printer: &Printer) {
        match event {
            Event::Usage(error) => printer.usage(error),
            Event::NotStarted(kind) => printer.not_started(kind),
            Event::Notice(notice) => printer.notice(notice),
            Event::SpecErrors(errors) => printer.spec_errors(errors),
            Event::Failed(failure) | Event::Panicked(failure) => printer.failure(failure),
            Event::Warning(warning) => printer.warning(warning),
            Event::Info(text) => printer.print_unless_quiet(text!("{}\n", text)),
            Event::Valid { spec } => printer.print(text!("{} is valid.\n", spec)),
            Event::Text(text) => printer.out(text),
            Event::Serving { file, address, kubeconfig } => printer.print(text!(
                "The sandbox {} listens on https://{}\n\n  export KUBECONFIG={}\n\nCtrl-C ends it.\n",
                file,
                address,
                kubeconfig
            )),
            Event::SandboxReset { file, removed } => reset(&file, removed, printer),
            Event::Plan(made) => plan(made, printer),
            Event::Saved { path, digest } => printer.print(text!("\n{}", terminal::saved(path, digest))),
            Event::Opened { created, expires, digest } => printer.print_unless_quiet(text!(
                "\nMade {}, expires {} ({})\n",
                seconds(created),
                seconds(expires),
                Outside::from(digest)
            )),
            // Whoever does not know how the plan was made would wonder why nothing happens.
            Event::WaitingForToken => {
                printer.error(&printer.door().output("the plan reads the token from standard input: waiting for it\n"))
            }
            Event::Asked => printer.print(QUESTION),
            Event::Writing => printer.print_unless_quiet("\n"),
            Event::WriteStarted(change) => printer.print_unless_quiet(progress::started(change)),
            Event::WriteEnded(change, ending, time) => {
                if let Some(line) = progress::ended(change, ending, time) {
                    printer.print_unless_quiet(line);
                }
            }
            Event::Summary(report) => progress::summary(report, printer),
            Event::Confirmed => printer.print_unless_quiet("Verified: no changes remain.\n"),
            Event::Begun { spec: _ } | Event::Ended { outcome: _ } => {}
        }
    }
}

fn plan(plan: &Plan, printer: &Printer) {
    printer.print_unless_quiet(text!("{}\n", terminal::header(plan)));
    printer.print(terminal::plan(plan, printer.paint()));
    plan.warnings.iter().for_each(|warning| printer.warning(warning));
    plan.unreadable().iter().for_each(|failure| printer.failure(failure));
}

/// What was in the sandbox, and that it is empty now.
fn reset(file: &Outside, removed: &[Text], printer: &Printer) {
    for object in removed.iter().take(MOST_REMOVED) {
        printer.print_unless_quiet(text!("  - {}\n", object));
    }
    if removed.len() > MOST_REMOVED {
        printer.print_unless_quiet(text!("  and {} more\n", removed.len() - MOST_REMOVED));
    }
    if !removed.is_empty() {
        printer.print_unless_quiet("\n");
    }
    let line = text!("Reset complete! The sandbox {} is empty. Resources: {} destroyed.", file, removed.len());
    printer.print(text!("{}\n", printer.paint().green(line)));
}

/// A time to the second.
fn seconds(time: Timestamp) -> Outside {
    Outside::new(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
