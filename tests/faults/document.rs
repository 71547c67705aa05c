//! What was put where, and what came of it: the tables of `docs/reliability.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::{FaultClass, NamedFault};
use super::world::Run;
use super::{APPLY_SAVED, FaultCase, Lasting};

const PHASES: [&str; 5] = ["reading", "dry run", "asking for rights", "writing", "reading again"];

/// The exit codes that were met.
#[derive(Default)]
pub struct Tally {
    codes: BTreeMap<Cell, BTreeSet<i32>>,
    runs: usize,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    command: &'static str,
    fault: &'static str,
    phase: &'static str,
    lasting: Lasting,
}

impl Tally {
    /// Counts one run. The tables show the scenarios that go well without a fault: in the others each exit code may be their own.
    pub fn add(&mut self, case: &FaultCase<'_>, run: &Run) {
        self.runs += 1;
        if case.scenario.apply_code() == 0 {
            let command = if case.command == APPLY_SAVED { "apply PLAN" } else { case.command[0] };
            let (fault, phase, lasting) = (case.fault.name, case.phase, case.lasting);
            self.codes.entry(Cell { command, fault, phase, lasting }).or_default().insert(run.code);
        }
    }

    /// The tables.
    pub fn markdown(&self, faults: &[NamedFault], scenarios: usize) -> String {
        let mut text = format!("{} runs: {} faults, {scenarios} scenarios.\n", self.runs, faults.len());
        const OF_SAVED: [&str; 4] = [PHASES[0], PHASES[2], PHASES[3], PHASES[4]];
        for (command, phases) in [("plan", &PHASES[..2]), ("apply", &PHASES[..]), ("apply PLAN", &OF_SAVED)] {
            text.push_str(&format!(
                "\n### `konnect {command}`: exit codes, by what it was doing\n\n| fault | {} |\n|{}\n",
                phases.join(" | "),
                "---|".repeat(phases.len() + 1)
            ));
            for fault in faults {
                let codes = |phase, lasting| {
                    let codes = self.codes.get(&Cell { command, fault: fault.name, phase, lasting })?;
                    Some(codes.iter().map(i32::to_string).collect::<Vec<_>>().join(", "))
                };
                let cell = |phase: &&'static str| match (codes(phase, Lasting::Once), codes(phase, Lasting::FromThenOn)) {
                    (Some(once), Some(lasting)) if once != lasting => format!("{once}; {lasting}"),
                    (Some(once), _) => once,
                    (None, _) => "–".to_owned(),
                };
                let cells: Vec<String> = phases.iter().map(cell).collect();
                let name = if fault.class == FaultClass::Others {
                    format!("{} (by another)", fault.name)
                } else {
                    fault.name.to_owned()
                };
                text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
            }
        }
        text
    }
}
