//! A plan that was just made, bound to what it was made from.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::document::{Argon2idPart, ChosenPart, ClusterPart, ObjectPart, PlanFile, SpecPart, TokenPart};
use super::keep::Keeper;
use super::{SavedPlan, file};
use crate::deadline::Deadline;
use crate::desired::DesiredObject;
use crate::observed::Read;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::pat::{LANES, MEMORY_KIB, PASSES};
use crate::plan::{Change, ClusterIdentity, Plan, Reason};
use crate::session::{Made, Session};
use crate::spec::{ClusterKeys, Spec};
use crate::text;

impl SavedPlan {
    /// Binds a plan to what it was made from. `chosen` is what a flag or the spec says about the cluster.
    ///
    /// # Errors
    /// No token, an unknown cluster, or something that could not be read: such a plan could not be held to anything. Or a text in it gives
    /// a secret of the run away.
    pub async fn new(
        (spec, chosen): (&Spec, &ClusterKeys),
        session: &Session,
        made: &Made,
        lifetime: Duration,
        deadline: &Deadline,
    ) -> Result<Self, Failure> {
        let Some(pat) = &session.pat else {
            return Err(Failure::new(
                FailureCode::TokenUnset,
                text!("a saved plan is bound to the token, and {}", session.source.unset()),
            )
            .hint("set it, or plan without --out"));
        };
        if made.plan.summary().unknown > 0 {
            return Err(Failure::new(FailureCode::Unknown, "the plan was not saved: not all of it could be read"));
        }
        let unfit = |what: Text| Failure::new(FailureCode::PlanFile, text!("the plan was not saved: {}", what));
        let differs = || unfit("read back from its file it would be a different plan; this is a bug in konnect".into());
        let fingerprints = session.fingerprints.as_ref().ok_or_else(differs)?;
        let keeper = Keeper(&session.door);
        let created = made.plan.read_at;
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        let document = PlanFile {
            magic: file::MAGIC.to_owned(),
            format: file::FORMAT,
            konnect_version: env!("CARGO_PKG_VERSION").to_owned(),
            created,
            expires: created.checked_add(lifetime).unwrap_or(Timestamp::MAX),
            spec: SpecPart { path: keeper.text(&spec.path)?, digest: spec.digest() },
            token: TokenPart {
                source: keeper.source(&session.source)?,
                argon2id: Argon2idPart { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt: fingerprints.salt() },
                fingerprint: pat.fingerprint(fingerprints, deadline).await?.map(|made| made.as_str().to_owned()),
            },
            cluster: cluster(&keeper, &made.plan.cluster)?,
            chosen: ChosenPart {
                context: chosen.context.is_some(),
                kubeconfig: chosen.kubeconfig.as_ref().map(|(given, path)| keeper.place(given, path)).transpose()?,
            },
            take_over: keeper.take_over(&session.take_over)?,
            objects: objects(&keeper, session, made)?,
            leftovers: made.observed.leftovers.iter().map(|object| keeper.leftover(object)).collect::<Result<_, _>>()?,
        };
        // What is shown of the file must be what was shown when it was made.
        let saved = Self::of(document).map_err(unfit)?;
        if bare(&saved.plan) == bare(&made.plan) { Ok(saved) } else { Err(differs()) }
    }
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
