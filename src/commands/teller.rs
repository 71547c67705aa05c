//! What apply says: to people as it happens, or to programs one event a line.

use std::sync::Arc;
use std::time::Duration;

use super::console::Console;
use super::{NotOpened, all, unreadable};
use crate::apply::{Ending, Progress, Report};
use crate::cli::Format;
use crate::outcome::{Failure, Outcome};
use crate::outside::Text;
use crate::plan::{Action, Plan, Warning};
use crate::text;
use crate::view::{Cleared, Door, events, json, terminal};

/// Where apply says what it does.
pub(super) struct Teller {
    console: Arc<Console>,
    format: Format,
}

impl Teller {
    pub(super) fn begin(console: &Arc<Console>, format: Format) -> Self {
        let teller = Self { console: Arc::clone(console), format };
        teller.event(|_| events::version());
        teller
    }

    /// Whether stdout belongs to programs.
    pub(super) const fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }

    fn event(&self, event: impl FnOnce(&Door) -> Cleared) {
        if self.is_json() {
            self.console.out(&event(self.console.door()));
        }
    }

    fn human(&self, say: impl FnOnce(&Console)) {
        if !self.is_json() {
            say(&self.console);
        }
    }

    /// Why there is nothing to work on.
    pub(super) fn not_opened(&self, why: &NotOpened) {
        self.human(|console| {
            console.not_opened(why);
        });
        why.failures().iter().for_each(|failure| self.event(|door| events::failure(failure, door)));
    }

    pub(super) fn failure(&self, failure: &Failure) {
        self.event(|door| events::failure(failure, door));
        self.human(|console| console.failure(failure));
    }

    pub(super) fn warnings(&self, warnings: &[Warning]) {
        self.human(|console| console.warnings(warnings));
        warnings.iter().for_each(|warning| self.event(|door| events::warning(warning, door)));
    }

    /// Something worth a line that is no warning.
    pub(super) fn note(&self, text: impl Into<Text>) {
        let message = text.into();
        self.human(|console| console.aside(text!("{}\n", message)));
        self.event(|door| events::warning(&Warning { code: "note".into(), message: message.clone() }, door));
    }

    pub(super) fn plan(&self, plan: &Plan) {
        let failures = unreadable(plan);
        self.event(|door| events::plan(&json::value(&plan.spec, Some(plan), &all(&self.console, &[]), &failures, door)));
        self.human(|console| {
            console.aside(text!("{}\n", terminal::header(plan)));
            console.say(terminal::plan(plan, console.paint()));
            console.warnings(&plan.warnings);
            failures.iter().for_each(|failure| console.failure(failure));
        });
    }

    pub(super) fn writing_begins(&self) {
        self.human(|console| console.aside("\n"));
    }

    pub(super) fn progress(&self, progress: &Progress<'_>) {
        if self.is_json() {
            if let Some(line) = events::progress(progress, self.console.door()) {
                self.console.out(&line);
            }
            return;
        }
        if let Some(line) = line_of(progress) {
            self.console.aside(text!("{}\n", line));
        }
    }

    /// What became of everything that was to be written.
    pub(super) fn report(&self, report: &Report) {
        for (change, ending) in &report.endings {
            if self.is_json() {
                events::not_begun(change, ending, self.console.door()).iter().for_each(|line| self.console.out(line));
            }
        }
        self.human(|console| report_for_people(console, report));
    }

    pub(super) fn confirmed(&self) {
        self.human(|console| console.aside("Read again: no changes remain.\n"));
    }

    /// Whether what was to be shown could not be.
    pub(super) fn is_broken(&self) -> bool {
        self.console.is_broken()
    }

    /// The last word. Where stdout broke after something was written, the exit code says that, not that nothing was.
    pub(super) fn end(&self, report: &Report, confirmed: bool, outcome: Outcome) -> Outcome {
        let unshown = match (report.wrote(), report.is_complete()) {
            (true, true) => Outcome::Unconfirmed,
            (true, false) => Outcome::Partial,
            (false, _) => Outcome::Failed,
        };
        let counting = |outcome: Outcome| if self.is_broken() { outcome.or(unshown) } else { outcome };
        self.event(|_| events::summary(report, confirmed, counting(outcome)));
        self.console.release();
        counting(outcome)
    }
}

fn seconds(time: &Duration) -> Text {
    let tenths = (time.as_millis() + 50) / 100;
    text!("{}.{}s", tenths / 10, tenths % 10)
}

fn line_of(progress: &Progress<'_>) -> Option<Text> {
    match progress {
        Progress::Started(change) => {
            let verb = if change.action == Action::Create { "Creating" } else { "Updating" };
            Some(text!("{}: {}...", change.wanted.title(), verb))
        }
        Progress::Ended(change, ending, time) => {
            let title = change.wanted.title();
            match ending {
                Ending::Created => Some(text!("{}: Creation complete after {}", title, seconds(time))),
                Ending::Updated => Some(text!("{}: Update complete after {}", title, seconds(time))),
                Ending::ConfirmedByReading => {
                    Some(text!("{}: Complete after {} (the answer was lost; confirmed by reading)", title, seconds(time)))
                }
                Ending::DoneByAnother if change.action == Action::Create => {
                    Some(text!("{}: Appeared meanwhile, as wanted; not written", title))
                }
                Ending::DoneByAnother => Some(text!("{}: Done by another meanwhile; not written", title)),
                Ending::Failed(_) | Ending::Stale(_) => Some(text!("{}: Not written, after {}", title, seconds(time))),
                Ending::Unknown(_) => Some(text!("{}: Unknown, after {}", title, seconds(time))),
                Ending::NotDone(_) => None,
            }
        }
    }
}

fn report_for_people(console: &Console, report: &Report) {
    let counts = text!("{} added, {} changed, 0 destroyed.{}", report.added(), report.changed(), beside(report));
    if report.is_complete() {
        console.say(text!("\n{}\n", console.paint().green(text!("Apply complete! Resources: {}", counts))));
        return;
    }
    console.say(text!("\n{}\n", console.paint().red(text!("Apply incomplete. Resources: {}", counts))));
    for (change, ending) in &report.endings {
        let title = change.wanted.title();
        match ending {
            Ending::Failed(failure) | Ending::Stale(failure) => {
                console.say(text!("  not written  {}\n", title));
                console.failure(failure);
            }
            Ending::Unknown(failure) => {
                console.say(text!("  unknown      {}\n", title));
                console.failure(failure);
            }
            Ending::NotDone(why) => console.say(text!("  not begun    {}: {}\n", title, why)),
            Ending::Created | Ending::Updated | Ending::ConfirmedByReading => console.say(text!("  written      {}\n", title)),
            Ending::DoneByAnother => console.say(text!("  as wanted    {}: done by another\n", title)),
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
