//! Many specs for people: those that need nothing a line each, the others as one alone is shown, a table, and what closes it.

use std::collections::BTreeMap;

use super::super::terminal::fleet as said;
use super::super::terminal::{self, Line};
use super::super::{CheckError, CheckedSpec, Printer};
use super::{Human, progress};
use crate::apply::Progress;
use crate::fleet::{Ending, Fleet, FleetSpec, Row, SpecResult, SpecState, Totals};
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::plan::{Plan, Warning};
use crate::report::Report;
use crate::text;

/// What was told of the writes of specs that have not ended: they are shown together, in the order of the specs.
#[derive(Debug, Default)]
pub(super) struct Writes(BTreeMap<Outside, Vec<Text>>);

impl Writes {
    /// A write of this spec began, or ended.
    pub(super) fn add(&mut self, spec: &Outside, progress: &Progress<'_>) {
        let Self(writes) = self;
        let line = match progress {
            Progress::Started(change) => Some(progress::started(change)),
            Progress::Ended(change, result, time) => progress::ended(change, result, *time),
        };
        writes.entry(spec.clone()).or_default().extend(line);
    }

    fn take(&mut self, spec: &Outside) -> Vec<Text> {
        self.0.remove(spec).unwrap_or_default()
    }
}

impl Human {
    /// The plans.
    pub(super) fn fleet(&mut self, fleet: &Fleet, printer: &Printer) {
        // What was not printed yet, and whether what was ended with a plan, which stands apart.
        let (mut lines, mut apart) = (Vec::new(), false);
        for (i, spec) in fleet.specs.iter().enumerate() {
            let (paint, name) = (printer.paint(), said::name(&spec.path, spec.context.as_ref()));
            let line = text!("{}: {}", name, said::phrase(spec));
            let plan = spec.plan().filter(|_| spec.result() != SpecResult::NoChanges);
            if apart || i > 0 && plan.is_some() {
                lines.push(Line::plain(Text::default()));
            }
            apart = plan.is_some();
            let line = match (&spec.state, plan) {
                (_, Some(_)) => paint.bold(line),
                (SpecState::Wrong(_) | SpecState::Failed(_), None) => paint.red(line),
                (SpecState::Planned(_), None) => line,
            };
            lines.push(Line::plain(line).under("  "));
            if plan.is_some() || says_more(spec) {
                printer.lines(&std::mem::take(&mut lines));
            }
            if let Some(plan) = plan {
                self.planned(plan, printer);
            }
            beside(spec, printer);
        }
        printer.lines(&lines);
        fleet.warnings.iter().for_each(|warning| printer.warning(warning));
        table(&fleet.rows(), printer);
        printer.print(text!("\n{}\n", printer.paint().bold(said::closing(fleet))));
    }

    /// One with something to do, or in the way of it.
    fn planned(&mut self, plan: &Plan, printer: &Printer) {
        let paint = printer.paint();
        let mut header = terminal::whereabouts(plan);
        header.extend(terminal::legend(plan, paint, &mut self.explained));
        printer.lines_unless_quiet(&header);
        let mut lines = vec![Line::plain(Text::default())];
        lines.extend(terminal::lines(plan, paint));
        printer.lines(&lines);
    }

    /// One of those that were to be applied came to its end.
    pub(super) fn spec_ended(&mut self, spec: &FleetSpec, ending: &Ending, printer: &Printer) {
        let writes = self.writes.take(&spec.path);
        let name = said::name(&spec.path, spec.context.as_ref());
        let short = |how: Text, apart: bool| {
            let line = printer.paint().red(text!("{}: {}", name, how));
            let before = apart.then(|| Line::plain(Text::default()));
            printer.lines(&before.into_iter().chain([Line::plain(line).under("  ")]).collect::<Vec<_>>());
        };
        match ending {
            // The plan has said so.
            Ending::Nothing => {}
            Ending::NotBegun(why) => short(text!("not begun: {}", why.words()), std::mem::take(&mut self.apart)),
            Ending::Refused(failure) => {
                short(ending.result(spec.result()).words().into(), std::mem::take(&mut self.apart));
                // Why there is no plan was said in its place.
                if spec.plan().is_some() {
                    printer.failure(&of(&spec.path, failure));
                }
            }
            Ending::Applied { report, confirmed } => {
                printer.lines(&[Line::plain(text!("\n{}", printer.paint().bold(&name))).under("  ")]);
                writes.into_iter().for_each(|line| printer.print_unless_quiet(text!("  {}", line)));
                written(&spec.path, report, confirmed.as_ref(), printer);
                self.apart = true;
            }
        }
    }

    /// All of them came to their end.
    pub(super) fn fleet_ended(fleet: &Fleet, endings: &[Ending], printer: &Printer) {
        // Else the table would say again what the plan's said.
        if endings.iter().all(|ending| matches!(ending, Ending::Nothing)) {
            return;
        }
        let rows = fleet.rows_of(endings);
        table(&rows, printer);
        let totals = Totals::of(endings);
        let results: Vec<SpecResult> = rows.iter().map(|row| row.result).collect();
        let (closing, paint) = (said::applied(&totals, &results), printer.paint());
        let closing = if totals.complete && totals.confirmed { paint.green(closing) } else { paint.red(closing) };
        printer.print(text!("\n{}\n", closing));
    }
}

/// Whether there is something to tell of it beside its lines.
fn says_more(spec: &FleetSpec) -> bool {
    !spec.warnings.is_empty()
        || match &spec.state {
            SpecState::Wrong(_) | SpecState::Failed(_) => true,
            SpecState::Planned(plan) => !plan.warnings.is_empty() || !plan.unreadable().is_empty(),
        }
}

/// On stderr, each naming the spec: what there is to know of it, and what went wrong.
fn beside(spec: &FleetSpec, printer: &Printer) {
    let of_plan = spec.plan().into_iter().flat_map(|plan| &plan.warnings);
    for Warning { code, message } in spec.warnings.iter().chain(of_plan) {
        printer.warning(&Warning { code: code.clone(), message: text!("{}: {}", spec.path, message) });
    }
    match &spec.state {
        SpecState::Wrong(errors) => printer.spec_errors(errors),
        SpecState::Failed(failure) => printer.failure(&of(&spec.path, failure)),
        SpecState::Planned(plan) => plan.unreadable().iter().for_each(|failure| printer.failure(&of(&spec.path, failure))),
    }
}

/// What became of each object, and whether reading it again confirmed that.
fn written(spec: &Outside, report: &Report, confirmed: Option<&Result<(), Failure>>, printer: &Printer) {
    progress::summary(report, Some(spec), printer);
    match confirmed {
        None => {}
        Some(Ok(())) => printer.print_unless_quiet("Verified: no changes remain.\n"),
        Some(Err(failure)) => {
            printer.print("Not confirmed by reading it again.\n");
            printer.failure(&of(spec, failure));
        }
    }
}

/// What `validate` found.
pub(super) fn checked(specs: &[CheckedSpec], printer: &Printer) {
    let (mut valid, mut templates) = (0_usize, 0_usize);
    for CheckedSpec { path, result } in specs {
        match result {
            Ok(false) => {
                valid += 1;
                printer.print(text!("{} is valid.\n", path));
            }
            Ok(true) => {
                templates += 1;
                printer.print(text!("{} is a valid template: for others to extend, never planned.\n", path));
            }
            Err(error) => {
                printer.print(text!("{} {}\n", path, printer.paint().red("is not valid.")));
                match error {
                    CheckError::Spec(errors) => printer.spec_errors(errors),
                    CheckError::Failed(failure) => printer.failure(&of(path, failure)),
                }
            }
        }
    }
    let wrong = specs.len() - valid - templates;
    let noun = if valid == 1 { "spec" } else { "specs" };
    let mut closing = text!("{} valid {}", valid, noun);
    if templates > 0 {
        closing.push(text!(", {} valid {}", templates, if templates == 1 { "template" } else { "templates" }));
    }
    if wrong > 0 {
        closing.push(text!(", {} not valid", wrong));
    }
    printer.print(text!("\n{}\n", printer.paint().bold(text!("{}.", closing))));
}

/// A failure that names the spec which it is of.
pub(super) fn of(spec: &Outside, failure: &Failure) -> Failure {
    Failure { what: text!("{}: {}", spec, failure.what), ..failure.clone() }
}

fn table(rows: &[Row<'_>], printer: &Printer) {
    let mut lines = vec![Line::plain(Text::default())];
    lines.extend(said::table(rows, printer.door(), printer.width(), printer.paint()));
    printer.lines(&lines);
}
