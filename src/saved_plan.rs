//! A plan kept in a file: what the reviewer saw, bound to the cluster, the token and the state it was made from. Passing one to `apply` is
//! the approval.
//!
//! The file holds what the plan was computed from, and the plan is computed from that again whenever the file is opened: what `show` shows
//! is what `apply` does, whoever wrote the file. It holds no token, and nothing that a token could be found from.

mod contents;
mod document;
mod file;
mod instead;
mod keep;
mod make;
mod place;
mod revalidate;

use jiff::{SignedDuration, Timestamp};

use crate::cluster;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::{Outside, Text};
use crate::pat::{self, Accept, Fingerprints, Pat, PatKey, PatSource, Salt};
use crate::plan::{ClusterIdentity, Plan, Warning};
use crate::session::Session;
use crate::spec::ClusterKeys;
use crate::text;
use crate::view::Door;
use contents::Contents;
use document::{PlanFile, SourcePart};
pub use file::{checksum, is_one};
pub use revalidate::Freshness;

/// How far a plan may come from the future: by how much the clocks of a pipeline's machines may differ.
const CLOCKS_MAY_DIFFER: SignedDuration = SignedDuration::from_hours(24);

/// A saved plan.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    document: PlanFile,
    contents: Contents,
    /// The plan, computed from the contents.
    pub plan: Plan,
}

/// What to apply a saved plan with, where the command line says it.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The token comes from standard input.
    pub pat_stdin: bool,
    /// What is taken for a token.
    pub accept: Accept,
    /// The cluster, and so none of the plan's kubeconfig is needed.
    pub cluster: bool,
}

impl SavedPlan {
    /// Computes the plan of a file.
    fn of(document: PlanFile) -> Result<Self, Text> {
        let contents = Contents::of(&document)?;
        let plan = contents.plan();
        Ok(Self { document, contents, plan })
    }

    /// When it was made, by the clock of the machine that made it.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.document.created
    }

    /// From when on it is refused.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.document.expires
    }

    /// Whether its token was read from standard input when it was made.
    #[must_use]
    pub fn is_from_stdin(&self) -> bool {
        self.contents.source == PatSource::Stdin
    }

    /// The sandbox's file, if it was made for the sandbox: the address of any other server has a scheme.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Outside> {
        let server = &self.plan.cluster.server;
        (!server.expose().contains("://")).then_some(server)
    }

    /// What is to be told to whoever saves, shows or applies it.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.contents.fingerprint.is_none() {
            let message = text!(
                "the token in {} is too easily guessed to keep its fingerprint in the plan: apply can't tell whether it is still the same",
                self.contents.source
            );
            warnings.push(Warning { code: "no_fingerprint".into(), message });
        }
        if self.created() > now {
            let ahead = SignedDuration::from_secs(self.created().duration_since(now).as_secs());
            let message = text!(
                "the plan was made at {}, which by this machine's clock is {} from now: the clocks differ",
                shown(self.created()),
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
        if let Some(kubeconfig) = &self.document.chosen.kubeconfig {
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
        if self.created().duration_since(now) > CLOCKS_MAY_DIFFER {
            return Err(stale(
                FailureCode::PlanFromTheFuture,
                text!("the plan was made at {}, but by this machine's clock it is {}", shown(self.created()), shown(now)),
            )
            .hint("correct this machine's clock, or the other's, and plan again"));
        }
        Ok(())
    }

    /// What to apply it with: the objects of the plan, the token from where the plan took it, or from standard input.
    ///
    /// # Errors
    /// A token that is none, or a file of the plan's that is not here.
    pub fn session(&self, given: Given, door: &Door, warnings: &mut Vec<Warning>) -> Result<Session, Failure> {
        let kubeconfig = match &self.document.chosen.kubeconfig {
            Some(place) if !given.cluster => Some((place.given(), place.here().ok_or_else(|| not_here("kubeconfig", place))?)),
            _ => None,
        };
        let source = if given.pat_stdin { PatSource::Stdin } else { self.source_here()? };
        let pat = source.read(given.accept, warnings)?;
        if let Some(pat) = &pat {
            pat.teach(door.secrets());
        }
        let context = self.document.chosen.context.then(|| self.plan.cluster.context.clone());
        let pat_env = match &self.contents.source {
            PatSource::Env(name) => Some(name.clone()),
            PatSource::File(..) | PatSource::Stdin => None,
        };
        Ok(Session {
            spec: self.plan.spec.clone(),
            cluster: ClusterKeys { context, kubeconfig, uid: None },
            source,
            pat_env,
            pat,
            token_withheld: false,
            door: door.clone(),
            salt: Salt::default(),
            fingerprints: Fingerprints::under(&self.document.token.argon2id.salt),
            desired: self.contents.desired.clone(),
            take_over: self.contents.take_over.clone(),
        })
    }

    /// Where the token is, seen from here.
    fn source_here(&self) -> Result<PatSource, Failure> {
        match &self.document.token.source {
            SourcePart::File(place) => {
                Ok(PatSource::File(place.given(), place.here().ok_or_else(|| not_here("pat_file", place))?))
            }
            SourcePart::Env(_) | SourcePart::Stdin => Ok(self.contents.source.clone()),
        }
    }

    /// The token, where it can be had without asking for it: so that it is hidden in what is shown of the plan.
    #[must_use]
    pub fn token_at_hand(&self) -> Option<Pat> {
        match self.source_here().ok()? {
            PatSource::Env(name) => pat::at_hand(&PatKey::Env(name)),
            PatSource::File(shown, path) => pat::at_hand(&PatKey::File(shown, path)),
            PatSource::Stdin => None,
        }
    }

    /// Whether this is the cluster the plan was made for.
    ///
    /// # Errors
    /// Another cluster (exit code 4), or one that does not let us read which it is.
    pub fn check_cluster(&self, now: &Plan) -> Result<(), Failure> {
        let planned = self.plan.cluster.uid.clone().unwrap_or_default();
        match &now.cluster.uid {
            Some(uid) if *uid == planned => Ok(()),
            Some(uid) => Err(stale(
                FailureCode::OtherCluster,
                text!(
                    "context {} ({}) is not the cluster the plan was made for: its uid is {}, the plan's is {}; nothing was written",
                    now.cluster.context,
                    now.cluster.server,
                    uid,
                    planned
                ),
            )
            .hint(self.how_to_choose(now.cluster.context == *cluster::SANDBOX))),
            None => Err(Failure::new(
                FailureCode::UidUnreadable,
                text!(
                    "the plan is bound to the cluster with uid {}, but {} does not let us read its uid",
                    planned,
                    now.cluster.server
                ),
            )
            .hint("it needs the right to `get` namespaces `kube-system`; `konnect rbac --for apply` prints it")),
        }
    }

    /// Whether the sandbox that is named is there: one that begins now can't be the plan's, and is not made for it.
    ///
    /// # Errors
    /// It is not there (exit code 4).
    pub fn check_sandbox(&self, named: &Outside) -> Result<(), Failure> {
        if !cluster::sandbox::is_missing(named) {
            return Ok(());
        }
        let what = text!("sandbox {} does not exist, so it is not the cluster the plan was made for; nothing was written", named);
        Err(stale(FailureCode::OtherCluster, what).hint(self.how_to_choose(true)))
    }

    /// How the plan's own cluster is chosen. `sandbox`: a sandbox was chosen.
    fn how_to_choose(&self, sandbox: bool) -> Text {
        let ClusterIdentity { context, server, .. } = &self.plan.cluster;
        if *context == *cluster::SANDBOX {
            return text!(
                "choose the plan's sandbox with --sandbox={}, or plan again for this one",
                Text::shell_word(server.clone())
            );
        }
        let leave = if sandbox { "leave out --sandbox and " } else { "" };
        text!("{}choose the plan's cluster with --context or --kubeconfig, or plan again for this one", leave)
    }

    /// Whether this is the token the plan was made with. Of two that are too easily guessed that can't be told.
    ///
    /// # Errors
    /// Another token (exit code 4), or the run's time is over.
    pub async fn check_token(&self, pat: &Pat, session: &Session, deadline: &Deadline) -> Result<(), Failure> {
        let made = match &session.fingerprints {
            Some(fingerprints) => pat.fingerprint(fingerprints, deadline).await?,
            None => None,
        };
        if made == self.contents.fingerprint {
            return Ok(());
        }
        Err(stale(
            FailureCode::OtherToken,
            text!("the token in {} is not the one the plan was made with; nothing was written", session.source),
        )
        .hint("plan again with this token, or apply with the other one"))
    }
}

/// A file that the plan names and that is at neither of its two places.
fn not_here(key: &'static str, place: &place::Place) -> Failure {
    let (code, hint) = match key {
        "kubeconfig" => (FailureCode::Kubeconfig, "name the kubeconfig with --kubeconfig"),
        _ => (FailureCode::TokenUnset, "give the token on standard input, with --pat-stdin"),
    };
    let what = text!(
        "the plan's {} is not here: neither {} is, nor {} seen from this folder",
        key,
        Outside::from(&place.absolute),
        place.given()
    );
    Failure::new(code, what).hint(hint)
}

/// A time to the second.
fn shown(time: Timestamp) -> Outside {
    Outside::new(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A refusal that asks for a new plan.
fn stale(code: FailureCode, what: impl Into<Text>) -> Failure {
    Failure::new(code, what).hint("plan again").outcome(Outcome::Stale)
}
