//! A plan kept in a file: what the reviewer saw, bound to the clusters, the tokens and the state it was made from. Passing one to `apply` is
//! the approval. It is of one spec, or of many, and holds or falls as one.
//!
//! The file holds what the plans were computed from, and they are computed from that again whenever the file is opened: what `show` shows
//! is what `apply` does, whoever wrote the file. It holds no token, and nothing that a token could be found from.

mod contents;
mod document;
mod file;
mod instead;
mod keep;
mod make;
mod place;
mod revalidate;
mod saved_spec;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::object::SpecId;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::{Outside, Text};
use crate::pat::Pat;
use crate::plan::Warning;
use crate::text;
use contents::Contents;
use document::{PlanFile, SourcePart};
pub use file::{checksum, is_one};
pub use make::ToSave;
pub use revalidate::Freshness;
pub use saved_spec::{Given, SavedSpec};

/// How far a plan may come from the future: by how much the clocks of a pipeline's machines may differ.
const CLOCKS_MAY_DIFFER: SignedDuration = SignedDuration::from_hours(24);
/// Of how many specs one file may be: more than fleets have, and few enough to be held at once.
const MAX_SPECS: usize = 10_000;

/// A saved plan.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    document: PlanFile,
    /// What is planned for each of its specs, in the order in which they are shown. There is at least one.
    pub specs: Vec<SavedSpec>,
}

impl SavedPlan {
    /// Computes the plans of a file.
    fn of(document: PlanFile) -> Result<Self, Text> {
        let fingerprints = Arc::new(contents::agrees(&document)?);
        let is_alone = document.specs.len() == 1;
        let spec = |(at, part): (usize, &document::SpecPart)| {
            let id = SpecId(u32::try_from(at).unwrap_or(u32::MAX));
            let of = |wrong| if is_alone { wrong } else { text!("of {}: {}", Outside::from(&part.path), wrong) };
            let token = document.tokens.get(part.token).ok_or_else(|| of("its token is none of the file's".into()))?;
            let contents = Contents::of(part, token, document.expires, id).map_err(of)?;
            Ok::<_, Text>(SavedSpec::of(part, contents, &token.source, &fingerprints, is_alone))
        };
        let specs = document.specs.iter().enumerate().map(spec).collect::<Result<_, _>>()?;
        Ok(Self { document, specs })
    }

    /// The one spec that it is of, where it is not of many: neither by number, nor by the stage that it has among others.
    ///
    /// # Errors
    /// It is of many.
    pub fn alone(self) -> Result<SavedSpec, Box<Self>> {
        match <[SavedSpec; 1]>::try_from(self.specs) {
            Ok([spec]) if spec.stage.is_none() => Ok(spec),
            Ok([spec]) => Err(Box::new(Self { document: self.document, specs: vec![spec] })),
            Err(specs) => Err(Box::new(Self { document: self.document, specs })),
        }
    }

    /// When it was made, by the clock of the machine that made it: when the first cluster was read.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.document.specs.iter().map(|spec| spec.read_at).min().unwrap_or_default()
    }

    /// When the last cluster was read.
    fn read_last(&self) -> Timestamp {
        self.document.specs.iter().map(|spec| spec.read_at).max().unwrap_or_default()
    }

    /// From when on it is refused.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.document.expires
    }

    /// Whether a token was read from standard input when it was made.
    #[must_use]
    pub fn is_from_stdin(&self) -> bool {
        self.document.tokens.iter().any(|token| token.source == SourcePart::Stdin)
    }

    /// The sandbox's file, if it was made for the sandbox: the address of any other server has a scheme.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Outside> {
        let mut servers = self.specs.iter().map(|spec| &spec.plan.cluster.server);
        let first = servers.next()?;
        (!first.expose().contains("://") && servers.all(|server| server == first)).then_some(first)
    }

    /// What is to be told to whoever saves, shows or applies it.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut told = BTreeSet::new();
        for spec in self.specs.iter().filter(|spec| spec.contents.fingerprint.is_none() && told.insert(spec.token)) {
            let message = text!(
                "the token in {} is too easily guessed to keep its fingerprint in the plan: apply can't tell whether it is still the same",
                spec.contents.source
            );
            warnings.push(Warning { code: "no_fingerprint".into(), message });
        }
        if self.read_last() > now {
            let ahead = SignedDuration::from_secs(self.read_last().duration_since(now).as_secs());
            let message = text!(
                "the plan was made at {}, which by this machine's clock is {} from now: the clocks differ",
                shown(self.read_last()),
                Outside::new(format!("{ahead:#}"))
            );
            warnings.push(Warning { code: "plan_from_the_future".into(), message });
        }
        warnings
    }

    /// What is to be told to whoever looks at it: what apply would do that the plan itself does not show.
    #[must_use]
    pub fn warnings_to_viewer(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = self.warnings(now);
        let kubeconfigs: BTreeSet<_> = self.document.specs.iter().filter_map(|spec| spec.chosen.kubeconfig.as_ref()).collect();
        for kubeconfig in kubeconfigs {
            let message =
                text!("apply takes the cluster from the kubeconfig {}, unless --kubeconfig says otherwise", kubeconfig.words());
            warnings.push(Warning { code: "plan_kubeconfig".into(), message });
        }
        if let Err(failure) = self.check_time(now) {
            warnings
                .push(Warning { code: failure.code.word().into(), message: text!("{}: apply would refuse it", failure.what) });
        }
        warnings
    }

    /// Whether it may still be applied.
    ///
    /// # Errors
    /// It expired, or comes from so far in the future that its times mean nothing (exit code 4).
    pub fn check_time(&self, now: Timestamp) -> Result<(), Failure> {
        if now >= self.expires() {
            return Err(stale(
                FailureCode::PlanExpired,
                text!("the plan expired at {}; by this machine's clock it is {}", shown(self.expires()), shown(now)),
            )
            .hint("plan again, and have the new plan approved; --expires says for how long it may be applied"));
        }
        if self.read_last().duration_since(now) > CLOCKS_MAY_DIFFER {
            return Err(stale(
                FailureCode::PlanFromTheFuture,
                text!("the plan was made at {}, but by this machine's clock it is {}", shown(self.read_last()), shown(now)),
            )
            .hint("correct this machine's clock, or the other's, and plan again"));
        }
        Ok(())
    }

    /// The tokens, where they can be had without asking for them: so that they are hidden in what is shown of the plan.
    #[must_use]
    pub fn tokens_at_hand(&self) -> Vec<Pat> {
        let mut looked = BTreeSet::new();
        let first_of_each = self.specs.iter().filter(|spec| looked.insert(spec.token));
        first_of_each.filter_map(SavedSpec::token_at_hand).collect()
    }
}

/// A time to the second.
fn shown(time: Timestamp) -> Outside {
    Outside::new(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A refusal that asks for a new plan.
fn stale(code: FailureCode, what: impl Into<Text>) -> Failure {
    Failure::new(code, what).hint("plan again").outcome(Outcome::Stale)
}
