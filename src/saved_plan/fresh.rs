//! A saved plan, held against the world as it is now.

use super::SavedPlan;
use super::difference::{self, LiveToken};
use crate::observed::{LiveSecret, Read};
use crate::outside::Text;
use crate::plan::{Action, Change, Plan, Verdict};
use crate::session::Made;

/// What became of a saved plan's world.
#[derive(Debug)]
pub enum Freshness {
    /// The live state is the planned one.
    Done,
    /// What the plan reads and writes is as it was.
    Fresh {
        /// What is left of the plan, bound to the objects as they are now.
        plan: Box<Plan>,
        /// What moved without concerning the plan.
        moved: Vec<Text>,
    },
    /// Something the plan depends on moved: the difference, plan time to now.
    Stale(Text),
}

impl SavedPlan {
    /// Holds the plan against a new one, made for the same objects just now.
    #[must_use]
    pub fn against(&self, now: &Made) -> Freshness {
        let (mut left, mut moved, mut differences) = (now.plan.clone(), Vec::new(), Vec::new());
        if left.changes.iter().all(|change| change.action == Action::None) {
            return Freshness::Done;
        }
        let computed = self.contents.computed();
        for ((before, planned), live) in computed.changes.iter().zip(&self.plan.changes).zip(&mut left.changes) {
            // Done already. But what stood in the way of a blocked one was the reader's reason not to go on.
            if live.action == Action::None && planned.action != Action::Blocked {
                continue;
            }
            let version = |change: &Change| change.seen.as_ref().map(|seen| seen.resource_version.clone());
            let same_version = version(before) == version(live);
            let secret = |read: Option<&Read>| match read {
                Some(Read::Present(live)) => live.secret.clone(),
                _ => None,
            };
            let kind = before.wanted.kind;
            let token = live_token(secret(self.contents.observed.read(kind)), secret(now.observed.read(kind)), same_version);
            if token != LiveToken::AsItWas || !before.same_effect(&unmarked(live)) {
                differences.push(difference::of(planned, live, token, &self.plan.token_source));
                continue;
            }
            if !same_version {
                moved.push(planned.wanted.title());
            }
            // Admission's word at plan time stands; the write itself asks again.
            if planned.action == Action::Blocked {
                (live.action, live.reason) = (planned.action, planned.reason.clone());
            }
            live.verification = planned.verification.clone();
        }
        if differences.is_empty() {
            Freshness::Fresh { plan: Box::new(left), moved }
        } else {
            Freshness::Stale(Text::join(differences, "\n"))
        }
    }
}

/// Whether the live token is the one that was read when the plan was made. Of one that is too easily guessed only an unmoved
/// resourceVersion says so.
fn live_token(was: Option<LiveSecret>, is: Option<LiveSecret>, same_version: bool) -> LiveToken {
    let fingerprint = |secret: &Option<LiveSecret>| secret.as_ref().and_then(|secret| secret.fingerprint.clone());
    let guessable = was.as_ref().is_some_and(|secret| secret.token != Verdict::Missing && secret.fingerprint.is_none());
    match (fingerprint(&was), fingerprint(&is)) {
        (was, is) if was != is => LiveToken::Another,
        _ if guessable && !same_version => LiveToken::CantTell,
        _ => LiveToken::AsItWas,
    }
}

/// Without the mark of this run's: another run has other marks.
pub(super) fn unmarked(change: &Change) -> Change {
    let mut change = change.clone();
    if let Some(seen) = &mut change.seen {
        seen.token_mark = None;
    }
    change
}
