//! One spec of a saved plan, held against the world as it is now.

use super::SavedSpec;
use crate::apply::Revalidated;
use crate::observed::Read;
use crate::outside::Text;
use crate::plan::{Action, Change};
use crate::revalidate::{Validity, revalidate};
use crate::session::Made;
use crate::text;

/// What became of a saved plan's world.
#[derive(Debug)]
pub enum Freshness {
    /// The live state is the planned one.
    Done,
    /// The plan holds. What is as wanted already is shown as that.
    Fresh(Box<Revalidated>),
    /// Something that the plan depends on moved: the difference, from plan time to now.
    Stale(Text),
}

impl SavedSpec {
    /// Holds the plan against a new one, made for the same objects just now. What is left to do is what was planned: of the new plan only
    /// what it says of objects that are as wanted, and the versions of those that are not, are taken.
    #[must_use]
    pub fn revalidate(&self, now: &Made) -> Freshness {
        if now.plan.changes.iter().all(|change| change.action == Action::None) {
            return Freshness::Done;
        }
        let mut revalidated = Revalidated::fresh(now.plan.clone());
        let mut differences = Vec::new();
        revalidated.plan.changes.clear();
        for planned in &self.plan.changes {
            let object = &planned.wanted.object;
            let live = match now.observed.objects.get(&now.plan.key(object)) {
                Some(Read::Present(live)) => Some(live),
                Some(Read::Absent) => None,
                Some(Read::Unreadable(_)) | None => {
                    differences.push(text!("{}\n  could not be read", object.title()));
                    continue;
                }
            };
            // Bound to what was read by this run, whose fingerprints later readings can be compared with.
            let Some(current) = now.plan.change(object) else {
                differences.push(text!("{}\n  is not in the new plan", object.title()));
                continue;
            };
            // What happens is what was planned; when the owners last wrote is told as it is now.
            let bound = || Change { observed: current.observed.clone(), fields: current.fields.clone(), ..planned.clone() };
            let namespace = object.needs().and_then(|namespace| now.observed.objects.get(&now.plan.key(&namespace)));
            match revalidate(planned, live, namespace) {
                Validity::AlreadyDone => revalidated.plan.changes.push(current.clone()),
                Validity::Unchanged => revalidated.plan.changes.push(bound()),
                Validity::Irrelevant(_) => {
                    revalidated.moved.push(object.clone());
                    revalidated.plan.changes.push(bound());
                }
                Validity::Stale(difference) => differences.push(difference.told(&self.plan.token_source)),
            }
        }
        if differences.is_empty() {
            Freshness::Fresh(Box::new(revalidated))
        } else {
            Freshness::Stale(Text::join(differences, "\n"))
        }
    }
}
