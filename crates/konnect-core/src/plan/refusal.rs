//! Whether apply would carry a plan out as it stands. The plan says so before anybody approves it.

use super::{Action, Change, Plan};
use crate::outside::Text;
use crate::text;

/// Why apply would refuse a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// It was saved, and may no longer be applied.
    Outdated,
    /// There is no token to write.
    NoToken,
    /// An object could not be read.
    Unknown(&'a Change),
    /// An object is blocked.
    Blocked(&'a Change),
}

impl Plan {
    /// Every reason why apply would refuse this plan, in the order in which apply looks for them. Empty also where there is nothing to do.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal<'_>> {
        let of = |action: Action| self.changes.iter().filter(move |change| change.action == action);
        let outdated = self.outdated.is_some().then_some(Refusal::Outdated);
        let no_token = (!self.token_is_given && self.is_pending()).then_some(Refusal::NoToken);
        let unknown = of(Action::Unknown).map(Refusal::Unknown);
        outdated.into_iter().chain(no_token).chain(unknown).chain(of(Action::Blocked).map(Refusal::Blocked)).collect()
    }

    /// Whether there is something to apply, and apply would not refuse it. Terraform's word and meaning: a plan without changes is not.
    #[must_use]
    pub fn is_applyable(&self) -> bool {
        self.changes.iter().any(Change::is_written) && self.refusals().is_empty()
    }

    /// Why apply would refuse this plan, in one phrase: `Secret kong/konnect-pat is blocked`.
    #[must_use]
    pub fn refused_because(&self) -> Option<Text> {
        let no_token = self.refusals().contains(&Refusal::NoToken).then(|| self.token_unset.clone());
        let of = |action: Action| {
            let changes = self.changes.iter().filter(move |change| change.action == action);
            changes.map(|change| change.wanted.object.title()).collect()
        };
        let (unknown, blocked) = (are(of(Action::Unknown), "unknown"), are(of(Action::Blocked), "blocked"));
        let phrases: Vec<Text> = [self.outdated.clone(), no_token, unknown, blocked].into_iter().flatten().collect();
        (!phrases.is_empty()).then(|| Text::join(phrases, "; "))
    }
}

/// `a is blocked`, `a, b and c are blocked`.
fn are(mut titles: Vec<Text>, what: &'static str) -> Option<Text> {
    let last = titles.pop()?;
    Some(if titles.is_empty() {
        text!("{} is {}", last, what)
    } else {
        text!("{} and {} are {}", Text::join(titles, ", "), last, what)
    })
}
