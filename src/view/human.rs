//! For people: each event as it happens.

mod fleet;
mod progress;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::terminal::{Line, Mark};
use super::{Event, Output, Printer, View, terminal};
use crate::outside::{Outside, Text};
use crate::plan::Plan;
use crate::text;

/// How many of the objects that a reset removed are named.
const MOST_REMOVED: usize = 50;

/// The view, whatever the output.
pub(super) fn view(_: Output) -> Box<dyn View> {
    Box::new(Human::default())
}

#[derive(Debug, Default)]
struct Human {
    /// The signs whose meaning was said.
    explained: BTreeSet<Mark>,
    /// The writes of many specs, as far as they were not shown.
    writes: fleet::Writes,
    /// Whether the last of many specs that ended was told of in several lines, which stand apart.
    apart: bool,
}

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
            Event::Valid { spec, template: false } => printer.print(text!("{} is valid.\n", spec)),
            Event::Valid { spec, template: true } => {
                printer.print(text!("{} is a valid template: for others to extend, never planned.\n", spec))
            }
            Event::Text(text) => printer.out(text),
            Event::Serving { file, address, kubeconfig } => {
                printer.print(text!("The sandbox {} listens on https://{}\n\n", file, address));
                printer.command(&["export".into(), text!("KUBECONFIG={}", Text::shell_word(kubeconfig))]);
                printer.print("\nCtrl-C ends it.\n");
            }
            Event::SandboxReset { file, removed } => reset(&file, removed, printer),
            Event::Plan(made) => self.plan(made, printer),
            Event::Saved { path, expires: _, digest } => printer.print(text!("\n{}", terminal::saved(path, digest))),
            Event::Opened { created, expires, digest } => printer.print_unless_quiet(text!(
                "\nMade {}, expires {} ({})\n",
                seconds(created),
                seconds(expires),
                Outside::from(digest)
            )),
            Event::Next { command } => {
                printer.print_unless_quiet("\nApply it with:\n");
                printer.command_unless_quiet(command);
            }
            // Whoever does not know how the plan was made would wonder why nothing happens.
            Event::WaitingForToken => printer.waiting("waiting for the token on standard input"),
            Event::Asked { cluster } => printer.print(text!("\n{}", terminal::question(cluster))),
            Event::Cancelled => printer.print("\nApply cancelled.\n"),
            Event::Writing => printer.print_unless_quiet("\n"),
            Event::WriteStarted(change) => printer.print_unless_quiet(progress::started(change)),
            Event::WriteEnded(change, ending, time) => {
                if let Some(line) = progress::ended(change, ending, time) {
                    printer.print_unless_quiet(line);
                }
            }
            Event::Summary(report) => progress::summary(report, None, printer),
            Event::Confirmed => printer.print_unless_quiet("Verified: no changes remain.\n"),
            Event::Begun { spec: _ } | Event::Ended { outcome: _ } => {}
            Event::ValidFleet { checked } => fleet::checked(checked, printer),
            Event::Reached { .. } => {}
            Event::Fleet(planned) => self.fleet(planned, printer),
            Event::AskedFleet { specs, clusters } => {
                printer.print(text!("\n{}", terminal::fleet::question(specs, clusters)));
            }
            Event::SpecProgress { spec, progress } => self.writes.add(spec, &progress),
            Event::SpecEnded { spec, ending } => self.spec_ended(spec, ending, printer),
            Event::FleetEnded { fleet, endings } => Self::fleet_ended(fleet, endings, printer),
        }
    }
}

impl Human {
    fn plan(&mut self, plan: &Plan, printer: &Printer) {
        let paint = printer.paint();
        let mut header = terminal::header(plan);
        header.extend(terminal::legend(plan, paint, &mut self.explained));
        header.push(Line::plain(Text::default()));
        printer.lines_unless_quiet(&header);
        printer.lines(&terminal::lines(plan, paint));
        plan.warnings.iter().for_each(|warning| printer.warning(warning));
        plan.unreadable().iter().for_each(|failure| printer.failure(failure));
    }
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
