//! A plan kept in a file: what the reviewer saw, bound to the cluster, the token and the state it was made from. Passing one to `apply` is
//! the approval. It holds no token, and nothing that a token could be found from.

mod difference;
mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::desired::Desired;
use crate::outcome::{Failure, Outcome};
use crate::outside::{Outside, Text};
use crate::pat::{self, Accept, Pat, PatSource, Salt};
use crate::plan::{Action, Change, FieldPath, Kind, Mark, Plan, Warning};
use crate::planner::TakeOver;
use crate::render::Door;
use crate::session::Wanted;
use crate::spec::{ClusterKeys, PatKey, Spec};
use crate::text;

/// How far a plan may come from the future: by how much the clocks of a pipeline's machines may differ.
const CLOCKS_MAY_DIFFER: SignedDuration = SignedDuration::from_hours(24);

/// A saved plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    magic: String,
    format: u32,
    konnect_version: String,
    /// When it was made, by the clock of the machine that made it.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Timestamp,
    /// `sha256:…` of the spec it was made from. The spec itself is not needed any more.
    pub spec_digest: String,
    token: SavedToken,
    kubeconfig: Option<(Outside, PathBuf)>,
    take_over: BTreeSet<(Kind, FieldPath)>,
    /// What each object was read as.
    objects: BTreeMap<Kind, Footprint>,
    /// The plan.
    pub plan: Plan,
}

/// The token as far as a file may know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedToken {
    source: PatSource,
    salt: Salt,
    /// HMAC-SHA-256 of the token under the salt; only of one that nobody finds by trying.
    fingerprint: Option<String>,
}

/// Which live object a change was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footprint {
    uid: Option<Outside>,
    resource_version: Option<Outside>,
    /// Over every field that was read or would be written, and its owners.
    digest: String,
    /// The live token is too easily guessed to keep a mark of it, so that only an unmoved resourceVersion says that it is the same.
    exact: bool,
}

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
    /// Binds a plan to what it was made from.
    ///
    /// # Errors
    /// No token, an unknown cluster, or something that could not be read: such a plan could not be held to anything.
    pub fn new(spec: &Spec, wanted: &Wanted, plan: &Plan, lifetime: Duration) -> Result<Self, Failure> {
        let Some(pat) = &wanted.pat else {
            return Err(Failure::new("token_unset", text!("a saved plan is bound to the token, and {}", wanted.source.unset()))
                .hint("set it, or plan without --out"));
        };
        if plan.cluster.uid.is_none() {
            return Err(Failure::new("uid_unreadable", "a saved plan is bound to the cluster's uid, which we may not read")
                .hint("it needs the right to `get` namespaces `kube-system`; `konnect rbac` prints it"));
        }
        if plan.summary().unknown > 0 {
            return Err(Failure::new("unknown", "the plan was not saved: not all of it could be read"));
        }
        let fingerprint = strong(Some(pat.marked(&wanted.salt))).map(|mark| mark.digest);
        let mut plan = plan.clone();
        let objects = plan.changes.iter().map(|change| (change.wanted.kind, footprint(change))).collect();
        for seen in plan.changes.iter_mut().filter_map(|change| change.seen.as_mut()) {
            seen.token_mark = strong(seen.token_mark.take());
        }
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        Ok(Self {
            magic: file::MAGIC.to_owned(),
            format: file::FORMAT,
            konnect_version: env!("CARGO_PKG_VERSION").to_owned(),
            created: plan.read_at,
            expires: plan.read_at.checked_add(lifetime).unwrap_or(Timestamp::MAX),
            spec_digest: spec.digest(),
            token: SavedToken { source: wanted.source.clone(), salt: wanted.salt.clone(), fingerprint },
            kubeconfig: spec.cluster.kubeconfig.clone(),
            take_over: wanted.take_over.clone(),
            objects,
            plan,
        })
    }

    /// What is to be told to whoever saves or shows it.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.token.fingerprint.is_none() {
            let message = text!(
                "the token in {} is too easily guessed for the plan to hold its fingerprint: apply can't tell whether it is still the same",
                self.token.source
            );
            warnings.push(Warning { code: "no_fingerprint".into(), message });
        }
        if self.created > now {
            let ahead = SignedDuration::from_secs(self.created.duration_since(now).as_secs());
            let message = text!(
                "the plan was made at {}, which by this machine's clock is {} from now: the clocks differ",
                shown(self.created),
                Outside::new(format!("{ahead:#}"))
            );
            warnings.push(Warning { code: "plan_from_the_future".into(), message });
        }
        warnings
    }

    /// Whether it may still be applied.
    ///
    /// # Errors
    /// It expired, or comes from so far in the future that its times mean nothing (exit code 4).
    pub fn check_time(&self, now: Timestamp) -> Result<(), Failure> {
        if now >= self.expires {
            return Err(stale(
                "plan_expired",
                text!("the plan expired at {}; by this machine's clock it is {}", shown(self.expires), shown(now)),
            ));
        }
        if self.created.duration_since(now) > CLOCKS_MAY_DIFFER {
            return Err(stale(
                "plan_from_the_future",
                text!("the plan was made at {}, but by this machine's clock it is {}", shown(self.created), shown(now)),
            )
            .hint("correct this machine's clock, or the other's, and plan again"));
        }
        Ok(())
    }

    /// What to apply it with: the objects of the plan, the token from where the plan took it, or from standard input.
    ///
    /// # Errors
    /// A token that is none.
    pub fn wanted(&self, from_stdin: bool, accept: Accept, door: &Door, warnings: &mut Vec<Warning>) -> Result<Wanted, Failure> {
        let source = if from_stdin { PatSource::Stdin } else { self.token.source.clone() };
        let pat = source.read(accept, warnings)?;
        if let Some(pat) = &pat {
            pat.teach(door.secrets());
        }
        let (door, salt) = (door.clone(), self.token.salt.clone());
        let cluster =
            ClusterKeys { context: Some(self.plan.cluster.context.clone()), kubeconfig: self.kubeconfig.clone(), uid: None };
        let desired = Desired { objects: self.plan.changes.iter().map(|change| change.wanted.clone()).collect() };
        let pat_env = match &self.token.source {
            PatSource::Env(name) => Some(name.clone()),
            PatSource::File(..) | PatSource::Stdin => None,
        };
        Ok(Wanted {
            spec: self.plan.spec.clone(),
            cluster,
            source,
            pat_env,
            pat,
            door,
            salt,
            desired,
            take_over: self.take_over(),
        })
    }

    /// The token, where it can be had without asking for it: so that it is hidden in what is shown of the plan.
    #[must_use]
    pub fn token_at_hand(&self) -> Option<Pat> {
        match &self.token.source {
            PatSource::Env(name) => pat::at_hand(&PatKey::Env(name.clone())),
            PatSource::File(shown, path) => pat::at_hand(&PatKey::File(shown.clone(), path.clone())),
            PatSource::Stdin => None,
        }
    }

    /// The fields the user said to take over when the plan was made.
    #[must_use]
    pub fn take_over(&self) -> TakeOver {
        self.take_over.clone()
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
                "other_cluster",
                text!(
                    "context {} ({}) is another cluster than the plan was made for: its uid is {}, the plan's is {}",
                    now.cluster.context,
                    now.cluster.server,
                    uid,
                    planned
                ),
            )
            .hint("choose the plan's cluster with --context or --kubeconfig, or plan again for this one")),
            None => Err(Failure::new(
                "uid_unreadable",
                text!(
                    "the plan is bound to the cluster with uid {}, but {} does not let us read its uid",
                    planned,
                    now.cluster.server
                ),
            )
            .hint("it needs the right to `get` namespaces `kube-system`; `konnect rbac --for apply` prints it")),
        }
    }

    /// Whether this is the token the plan was made with.
    ///
    /// # Errors
    /// Another token (exit code 4).
    pub fn check_token(&self, pat: &Pat, wanted: &Wanted) -> Result<(), Failure> {
        match &self.token.fingerprint {
            Some(fingerprint) if *fingerprint != pat.marked(&wanted.salt).digest => {
                Err(stale("other_token", text!("the token in {} is not the one the plan was made with", wanted.source))
                    .hint("plan again with this token, or apply with the other one"))
            }
            _ => Ok(()),
        }
    }

    /// Holds the plan against a new one, made for the same objects just now.
    #[must_use]
    pub fn against(&self, now: &Plan) -> Freshness {
        let (mut left, mut moved, mut differences) = (now.clone(), Vec::new(), Vec::new());
        if now.changes.iter().all(|change| change.action == Action::None) {
            return Freshness::Done;
        }
        for (planned, live) in self.plan.changes.iter().zip(&mut left.changes) {
            let title = planned.wanted.title();
            let (was, is) = (self.objects.get(&planned.wanted.kind), footprint(live));
            let Some(was) = was else { continue };
            if live.action == Action::None {
                continue;
            }
            let newly_blocked = live.action == Action::Blocked && planned.action != Action::Blocked;
            let same_version = was.resource_version == is.resource_version;
            if was.digest != is.digest || newly_blocked || was.exact && !same_version {
                differences.push(difference::of(planned, live, &self.plan));
                continue;
            }
            if !same_version {
                moved.push(title);
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

/// A time to the second.
fn shown(time: Timestamp) -> Outside {
    Outside::new(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn strong(mark: Option<Mark>) -> Option<Mark> {
    mark.filter(|mark| mark.strong)
}

fn footprint(change: &Change) -> Footprint {
    let seen = change.seen.as_ref();
    let mark = seen.and_then(|seen| seen.token_mark.clone());
    Footprint {
        uid: seen.map(|seen| seen.uid.clone()),
        resource_version: seen.map(|seen| seen.resource_version.clone()),
        digest: file::digest_of(change, strong(mark.clone())),
        exact: mark.is_some_and(|mark| !mark.strong),
    }
}

/// A refusal that asks for a new plan.
fn stale(code: &'static str, what: impl Into<Text>) -> Failure {
    Failure::new(code, what).hint("plan again").outcome(Outcome::Stale)
}
