//! What apply says: to people as it happens, or to programs one event a line.

use std::sync::Arc;
use std::time::Duration;

use super::console::Console;
use super::{all, unreadable};
use crate::apply::{Ending, Progress, Report};
use crate::cli::Format;
use crate::outcome::{Failure, Outcome};
use crate::plan::{Action, Plan, Warning};
use crate::render::{escape, events, json, terminal};
use crate::spec::SpecErrors;

/// Where apply says what it does.
pub(super) struct Teller {
    console: Arc<Console>,
    format: Format,
}

impl Teller {
    pub(super) fn begin(console: &Arc<Console>, format: Format) -> Self {
        let teller = Self { console: Arc::clone(console), format };
        teller.event(events::version);
        teller
    }

    /// Whether stdout belongs to programs.
    pub(super) const fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }

    fn event(&self, event: impl FnOnce() -> String) {
        if self.is_json() {
            self.console.out(&event());
        }
    }

    fn human(&self, say: impl FnOnce(&Console)) {
        if !self.is_json() {
            say(&self.console);
        }
    }

    pub(super) fn spec_errors(&self, errors: &SpecErrors) {
        self.human(|console| console.error(&errors.render(console.color_on_stderr())));
        super::failures_of(errors).iter().for_each(|failure| self.event(|| events::failure(failure)));
    }

    pub(super) fn failure(&self, failure: &Failure) {
        self.event(|| events::failure(failure));
        self.human(|console| console.failure(failure));
    }

    pub(super) fn warnings(&self, warnings: &[Warning]) {
        self.human(|console| console.warnings(warnings));
        warnings.iter().for_each(|warning| self.event(|| events::warning(warning)));
    }

    /// Something worth a line that is no warning.
    pub(super) fn note(&self, text: &str) {
        self.human(|console| console.aside(&format!("{text}\n")));
        self.event(|| events::warning(&Warning { code: "note".into(), message: text.to_owned() }));
    }

    pub(super) fn plan(&self, plan: &Plan) {
        let failures = unreadable(plan);
        self.event(|| events::plan(&json::value(&plan.spec, Some(plan), &all(&self.console, &[]), &failures)));
        self.human(|console| {
            console.aside(&format!("{}\n", terminal::header(&plan.spec, &plan.token_source, &plan.cluster)));
            console.out(&terminal::plan(plan, console.paint()));
            console.warnings(&plan.warnings);
            failures.iter().for_each(|failure| console.failure(failure));
        });
    }

    pub(super) fn writing_begins(&self) {
        self.human(|console| console.aside("\n"));
    }

    pub(super) fn progress(&self, progress: &Progress<'_>) {
        if self.is_json() {
            if let Some(line) = events::progress(progress) {
                self.console.out(&line);
            }
            return;
        }
        if let Some(line) = line_of(progress) {
            self.console.aside(&format!("{line}\n"));
        }
    }

    /// What became of everything that was to be written.
    pub(super) fn report(&self, report: &Report) {
        for (change, ending) in &report.endings {
            if self.is_json() {
                events::not_begun(change, ending).iter().for_each(|line| self.console.out(line));
            }
        }
        self.human(|console| report_for_people(console, report));
    }

    pub(super) fn confirmed(&self) {
        self.human(|console| console.aside("Read again: no changes remain.\n"));
    }

    /// The last word.
    pub(super) fn end(&self, report: &Report, confirmed: bool, outcome: Outcome) -> Outcome {
        self.event(|| events::summary(report, confirmed, outcome));
        self.console.outcome(outcome)
    }
}

fn seconds(time: &Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

fn line_of(progress: &Progress<'_>) -> Option<String> {
    match progress {
        Progress::Started(change) => {
            let verb = if change.action == Action::Create { "Creating" } else { "Updating" };
            Some(format!("{}: {verb}...", change.wanted.title()))
        }
        Progress::Ended(change, ending, time) => {
            let title = change.wanted.title();
            match ending {
                Ending::Created => Some(format!("{title}: Creation complete after {}", seconds(time))),
                Ending::Updated => Some(format!("{title}: Update complete after {}", seconds(time))),
                Ending::ConfirmedByReading => {
                    Some(format!("{title}: Complete after {} (the answer was lost; confirmed by reading)", seconds(time)))
                }
                Ending::DoneByAnother if change.action == Action::Create => {
                    Some(format!("{title}: Appeared meanwhile, as wanted; not written"))
                }
                Ending::DoneByAnother => Some(format!("{title}: Done by another meanwhile; not written")),
                Ending::Failed(_) | Ending::Stale(_) => Some(format!("{title}: Not written, after {}", seconds(time))),
                Ending::Unknown(_) => Some(format!("{title}: Unknown, after {}", seconds(time))),
                Ending::NotDone(_) => None,
            }
        }
    }
}

fn report_for_people(console: &Console, report: &Report) {
    let counts = format!("{} added, {} changed, 0 destroyed.{}", report.added(), report.changed(), beside(report));
    if report.is_complete() {
        console.out(&format!("\n{}\n", console.paint().green(&format!("Apply complete! Resources: {counts}"))));
        return;
    }
    console.out(&format!("\n{}\n", console.paint().red(&format!("Apply incomplete. Resources: {counts}"))));
    for (change, ending) in &report.endings {
        let title = change.wanted.title();
        match ending {
            Ending::Failed(failure) | Ending::Stale(failure) => {
                console.out(&format!("  not written  {title}\n"));
                console.failure(failure);
            }
            Ending::Unknown(failure) => {
                console.out(&format!("  unknown      {title}\n"));
                console.failure(failure);
            }
            Ending::NotDone(why) => console.out(&format!("  not begun    {title}: {}\n", escape(why))),
            Ending::Created | Ending::Updated | Ending::ConfirmedByReading => console.out(&format!("  written      {title}\n")),
            Ending::DoneByAnother => console.out(&format!("  as wanted    {title}: done by another\n")),
        }
    }
}

/// What the counts leave out: objects that are as wanted, though no answer of the server says that we made them so.
fn beside(report: &Report) -> String {
    let count = |wanted: &Ending| report.endings.iter().filter(|(_, ending)| ending == wanted).count();
    let mut rest = String::new();
    for (count, words) in
        [(count(&Ending::ConfirmedByReading), "confirmed by reading"), (count(&Ending::DoneByAnother), "done by another")]
    {
        if count > 0 {
            rest.push_str(&format!(" {count} {words}."));
        }
    }
    rest
}
