//! A run of a view: events in, bytes out.

use std::time::Duration;

use konnect::apply::Progress;
use konnect::fleet::{Ending, Fleet, FleetSpec};
use konnect::outcome::Outcome;
use konnect::outside::Outside;
use konnect::report::WriteResult;
use konnect::view::{CapturedOutput, Event, Format, Output, Printer, Reporter, Streams, Style};

/// What shows a run, and what it wrote.
pub struct Shown {
    pub reporter: Reporter,
    pub output: CapturedOutput,
}

impl Shown {
    pub fn new(format: Format, output: Output) -> Self {
        Self::with(format, output, Style::default())
    }

    pub fn with(format: Format, of: Output, style: Style) -> Self {
        let output = CapturedOutput::default();
        let printer = Printer::new(Streams::Captured(output.clone()), style);
        let shown = Self { reporter: Reporter::new(format, of, printer), output };
        shown.reporter.emit(Event::Begun { spec: &Outside::new("envs") });
        shown
    }

    pub fn emit(&self, event: Event<'_>) {
        self.reporter.emit(event);
    }

    /// stdout and stderr, after the last event.
    pub fn end(self, outcome: Outcome) -> (String, String) {
        self.emit(Event::Ended { outcome });
        (self.output.stdout(), self.output.stderr())
    }

    /// The writes of one spec, as they would be told of while they happen.
    pub fn writes(&self, spec: &FleetSpec, ending: &Ending) {
        let Ending::Applied { report, .. } = ending else { return };
        for (change, result) in &report.results {
            if !matches!(result, WriteResult::Skipped(_)) {
                self.emit(Event::SpecProgress { spec: &spec.path, progress: Progress::Started(change) });
            }
            let progress = Progress::Ended(change, result, Duration::from_millis(100));
            self.emit(Event::SpecProgress { spec: &spec.path, progress });
        }
    }
}

/// An apply of a fleet, whose writes happen in this order of the specs.
pub fn applied(shown: Shown, fleet: &std::sync::Arc<Fleet>, endings: &[Ending], order: &[usize]) -> (String, String) {
    shown.emit(Event::Fleet(fleet));
    shown.emit(Event::AskedFleet { specs: fleet.written().count(), clusters: fleet.clusters_written() });
    shown.emit(Event::Writing);
    for i in order {
        shown.writes(&fleet.specs[*i], &endings[*i]);
    }
    for (spec, ending) in fleet.specs.iter().zip(endings) {
        shown.emit(Event::SpecEnded { spec, ending });
    }
    shown.emit(Event::FleetEnded { fleet, endings });
    let wrote = endings.iter().any(Ending::wrote);
    shown.end(Outcome::of_many(endings.iter().map(Ending::outcome), wrote))
}
