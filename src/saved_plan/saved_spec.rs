//! One spec of a saved plan: what to apply it with, and whether the cluster and the token are those it was made with.

use std::fmt;
use std::sync::Arc;

use super::contents::Contents;
use super::document::{ChosenPart, SourcePart, SpecPart};
use super::{place, stale};
use crate::cluster;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::pat::{self, Accept, Fingerprints, Pat, PatKey, PatSource, Salt};
use crate::plan::{ClusterIdentity, Plan, Warning};
use crate::session::Session;
use crate::spec::ClusterKeys;
use crate::text;
use crate::view::Door;

/// What is planned for one spec.
#[derive(Clone)]
pub struct SavedSpec {
    pub(super) contents: Contents,
    chosen: ChosenPart,
    source: SourcePart,
    /// Which of the file's tokens is its own.
    pub(super) token: usize,
    fingerprints: Arc<Fingerprints>,
    /// Whether the file is of this spec alone.
    is_alone: bool,
    /// What is said of it where it is refused: of one of many, others may have been written.
    pub instead: &'static str,
    /// The digest of the spec that it was made from.
    pub digest: String,
    /// When it is rolled out, where there are stages.
    pub stage: Option<u32>,
    /// The plan, computed from the contents.
    pub plan: Plan,
}

/// Says nothing: texts in it are from outside.
impl fmt::Debug for SavedSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SavedSpec(…)")
    }
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

impl SavedSpec {
    /// Computes the plan of one spec of a file.
    pub(super) fn of(
        part: &SpecPart,
        contents: Contents,
        source: &SourcePart,
        fingerprints: &Arc<Fingerprints>,
        is_alone: bool,
    ) -> Self {
        let plan = contents.plan();
        let instead = if is_alone { "nothing was written" } else { "nothing of it was written" };
        Self {
            contents,
            chosen: part.chosen.clone(),
            source: source.clone(),
            token: part.token,
            fingerprints: Arc::clone(fingerprints),
            is_alone,
            instead,
            digest: part.digest.clone(),
            stage: part.stage,
            plan,
        }
    }

    /// What to apply it with: the objects of the plan, the token from where the plan took it, or from standard input.
    ///
    /// # Errors
    /// A token that is none, or a file of the plan's that is not here.
    pub fn session(&self, given: Given, door: &Door, warnings: &mut Vec<Warning>) -> Result<Session, Failure> {
        let kubeconfig = match &self.chosen.kubeconfig {
            Some(place) if !given.cluster => Some((place.given(), place.here().ok_or_else(|| not_here("kubeconfig", place))?)),
            _ => None,
        };
        let source = if given.pat_stdin { PatSource::Stdin } else { self.source_here()? };
        let pat = source.read(given.accept, warnings)?;
        if let Some(pat) = &pat {
            pat.teach(door.secrets());
        }
        let context = self.chosen.context.then(|| self.plan.cluster.context.clone());
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
            fingerprints: Some(Arc::clone(&self.fingerprints)),
            desired: self.contents.desired.clone(),
            take_over: self.contents.take_over.clone(),
        })
    }

    /// Where the token is, seen from here.
    fn source_here(&self) -> Result<PatSource, Failure> {
        match &self.source {
            SourcePart::File(place) => {
                Ok(PatSource::File(place.given(), place.here().ok_or_else(|| not_here("pat_file", place))?))
            }
            SourcePart::Env(_) | SourcePart::Stdin => Ok(self.contents.source.clone()),
        }
    }

    /// The token, where it can be had without asking for it.
    pub(super) fn token_at_hand(&self) -> Option<Pat> {
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
                    "context {} ({}) is not the cluster the plan was made for: its uid is {}, the plan's is {}; {}",
                    now.cluster.context,
                    now.cluster.server,
                    uid,
                    planned,
                    self.instead
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
        // No one context is that of many specs.
        let flags = if self.is_alone { "--context or --kubeconfig" } else { "--kubeconfig" };
        text!("{}choose the plan's cluster with {}, or plan again for this one", leave, flags)
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
            text!("the token in {} is not the one the plan was made with; {}", session.source, self.instead),
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
