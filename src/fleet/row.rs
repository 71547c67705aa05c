//! How a table tells of each spec: what is to be done or was done, and how that ended.

use crate::outside::Outside;
use crate::plan::Summary;
use crate::report::WriteResult;

use super::{Ending, Fleet, FleetSpec, SpecResult};

/// One spec in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its path as it is shown.
    pub path: &'a Outside,
    /// The chosen context, as far as one was chosen.
    pub context: Option<&'a Outside>,
    /// How many objects each action meets; `None` where there is no plan.
    pub summary: Option<Summary>,
    /// How it is told of.
    pub result: SpecResult,
}

impl FleetSpec {
    /// As it was planned.
    #[must_use]
    pub fn row(&self) -> Row<'_> {
        let Self { path, context, stage: _, warnings: _, state: _ } = self;
        let summary = self.plan().map(|_| self.summary());
        Row { path, context: context.as_ref(), summary, result: self.result() }
    }

    /// As it ended: what was added and changed is what the server says it did.
    #[must_use]
    pub fn row_of(&self, ending: &Ending) -> Row<'_> {
        let planned = self.row();
        let summary = planned.summary.map(|summary| match ending {
            Ending::Nothing => summary,
            Ending::Refused(_) | Ending::NotBegun(_) => Summary { add: 0, change: 0, ..summary },
            Ending::Applied { report, confirmed: _ } => {
                let unknown = |result: &WriteResult| matches!(result, WriteResult::Unknown(_));
                Summary {
                    add: report.added(),
                    change: report.changed(),
                    unknown: report.results.iter().filter(|(_, result)| unknown(result)).count(),
                    ..summary
                }
            }
        });
        Row { summary, result: ending.result(planned.result), ..planned }
    }
}

impl Fleet {
    /// The table of what is planned.
    #[must_use]
    pub fn rows(&self) -> Vec<Row<'_>> {
        self.specs.iter().map(FleetSpec::row).collect()
    }

    /// The table of what became of it.
    #[must_use]
    pub fn rows_of(&self, endings: &[Ending]) -> Vec<Row<'_>> {
        self.specs.iter().zip(endings).map(|(spec, ending)| spec.row_of(ending)).collect()
    }
}
