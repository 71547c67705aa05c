//! Plans that were just made, bound to what they were made from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::document::{Argon2idPart, ChosenPart, ClusterPart, ObjectPart, PlanFile, SpecPart, TokenPart};
use super::keep::Keeper;
use super::{MAX_SPECS, SavedPlan, SavedSpec, file};
use crate::deadline::Deadline;
use crate::desired::DesiredObject;
use crate::observed::Read;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::pat::{Fingerprints, LANES, MEMORY_KIB, PASSES};
use crate::plan::{Change, ClusterIdentity, Plan, Reason};
use crate::session::{Made, Session};
use crate::spec::ClusterKeys;
use crate::text;

/// A plan that is to be saved, alone or with others.
pub struct ToSave<'a> {
    /// The digest of the spec.
    pub digest: &'a str,
    /// When it is rolled out, where there are stages.
    pub stage: Option<u32>,
    /// What a flag or the spec says about the cluster.
    pub chosen: ClusterKeys,
    /// The wanted objects and the token.
    pub session: &'a Session,
    /// The plan, and what it was made from.
    pub made: &'a Made,
}

impl SavedPlan {
    /// Binds plans to what they were made from. All of them must have been made for fingerprints under one salt.
    ///
    /// # Errors
    /// No token, an unknown cluster, or something that could not be read: such a plan could not be held to anything. Or a text in it gives
    /// a secret of the run away, or there are too many.
    pub async fn new(plans: &[ToSave<'_>], lifetime: Duration, deadline: &Deadline) -> Result<Self, Failure> {
        if plans.len() > MAX_SPECS {
            let what = text!("{} specs are more than the {} that fit into one file", plans.len(), MAX_SPECS);
            return Err(unfit(what).hint("plan parts of them, with --only or --partition"));
        }
        let of = |plan: &ToSave<'_>, failure| if plans.len() == 1 { failure } else { named(&plan.session.spec, failure) };
        let (mut tokens, mut places, mut specs) = (Vec::new(), BTreeMap::new(), Vec::with_capacity(plans.len()));
        let fingerprints = plans.first().and_then(|first| first.session.fingerprints.clone()).ok_or_else(differs)?;
        for plan in plans {
            let token = token(plan.session, &fingerprints, deadline).await.map_err(|failure| of(plan, failure))?;
            let at = *places.entry(token.source.clone()).or_insert(tokens.len());
            if at == tokens.len() {
                tokens.push(token);
            } else if tokens[at] != token {
                let what = text!("the token in {} changed while the plans were made", plan.session.source);
                return Err(unfit(what).hint("plan again"));
            }
            specs.push(part(plan, at).map_err(|failure| of(plan, failure))?);
        }
        let created = plans.iter().map(|plan| plan.made.plan.read_at).min().unwrap_or_default();
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        let document = PlanFile {
            magic: file::MAGIC.to_owned(),
            format: file::FORMAT,
            konnect_version: env!("CARGO_PKG_VERSION").to_owned(),
            expires: created.checked_add(lifetime).unwrap_or(Timestamp::MAX),
            argon2id: Argon2idPart { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt: fingerprints.salt() },
            tokens,
            specs,
        };
        // What is shown of the file must be what was shown when it was made.
        let saved = Self::of(document).map_err(unfit)?;
        let same = |(spec, plan): (&SavedSpec, &ToSave<'_>)| bare(&spec.plan) == bare(&plan.made.plan);
        if saved.specs.iter().zip(plans).all(same) { Ok(saved) } else { Err(differs()) }
    }
}

fn unfit(what: Text) -> Failure {
    Failure::new(FailureCode::PlanFile, text!("the plan was not saved: {}", what))
}

fn differs() -> Failure {
    unfit("read back from its file it would be a different plan; this is a bug in konnect".into())
}

/// The same of one spec of many.
fn named(spec: &Outside, failure: Failure) -> Failure {
    Failure { what: text!("{}: {}", spec, failure.what), ..failure }
}

async fn token(session: &Session, fingerprints: &Arc<Fingerprints>, deadline: &Deadline) -> Result<TokenPart, Failure> {
    let Some(pat) = &session.pat else {
        let what = text!("a saved plan is bound to the token, and {}", session.source.unset());
        return Err(Failure::new(FailureCode::TokenUnset, what).hint("set it, or plan without --out"));
    };
    if !session.fingerprints.as_ref().is_some_and(|own| Arc::ptr_eq(own, fingerprints)) {
        return Err(differs());
    }
    let fingerprint = pat.fingerprint(fingerprints, deadline).await?;
    Ok(TokenPart {
        source: Keeper(&session.door).source(&session.source)?,
        fingerprint: fingerprint.map(|made| made.as_str().to_owned()),
    })
}

/// One spec with what its plan was made from. `token`: which of the file's tokens is its own.
fn part(ToSave { digest, stage, chosen, session, made }: &ToSave<'_>, token: usize) -> Result<SpecPart, Failure> {
    if made.plan.summary().unknown > 0 {
        return Err(Failure::new(FailureCode::Unknown, "the plan was not saved: not all of it could be read"));
    }
    let keeper = Keeper(&session.door);
    Ok(SpecPart {
        path: keeper.text(&session.spec)?,
        digest: (*digest).to_owned(),
        stage: *stage,
        read_at: made.plan.read_at,
        token,
        cluster: cluster(&keeper, &made.plan.cluster)?,
        chosen: ChosenPart {
            context: chosen.context.is_some(),
            kubeconfig: chosen.kubeconfig.as_ref().map(|(given, path)| keeper.place(given, path)).transpose()?,
        },
        take_over: keeper.take_over(&session.take_over)?,
        objects: objects(&keeper, session, made)?,
        leftovers: made.observed.leftovers.iter().map(|object| keeper.leftover(object)).collect::<Result<_, _>>()?,
    })
}

fn cluster(keeper: &Keeper<'_>, identity: &ClusterIdentity) -> Result<ClusterPart, Failure> {
    let ClusterIdentity { context, server, uid, user, claimed: _ } = identity;
    let Some(uid) = uid else {
        return Err(Failure::new(
            FailureCode::UidUnreadable,
            "a saved plan is bound to the cluster's uid, and there is no permission to read it",
        )
        .hint("it needs the right to `get` namespaces `kube-system`; `konnect rbac` prints it"));
    };
    Ok(ClusterPart {
        context: keeper.text(context)?,
        server: keeper.text(server)?,
        uid: keeper.text(uid)?,
        user: keeper.optional(user.as_ref())?,
    })
}

fn objects(keeper: &Keeper<'_>, session: &Session, made: &Made) -> Result<Vec<ObjectPart>, Failure> {
    let object = |object: &DesiredObject| {
        let key = session.desired.key(&object.object);
        keeper.object(object, made.observed.objects.get(&key).unwrap_or(&Read::Absent), made.dry_runs.get(&key))
    };
    session.desired.objects.iter().map(object).collect()
}

/// What two plans must have in common to be the same to their reader, whichever of them came from a file.
fn bare(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.cluster.claimed = true;
    (plan.token_source, plan.token_unset) = Default::default();
    plan.changes = plan.changes.iter().map(Change::without_run_fingerprint).collect();
    for change in &mut plan.changes {
        match &mut change.reason {
            Reason::Rejected(words) | Reason::WebhookFailed(words) | Reason::Policy { name: _, words } => {
                *words = words.as_outside()
            }
            _ => {}
        }
    }
    for warning in &mut plan.warnings {
        warning.message = warning.message.as_outside();
    }
    plan
}
