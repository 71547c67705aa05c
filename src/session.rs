//! A spec, its token and its cluster, opened: what `plan` and `apply` share. Reads, computes and verifies, but prints nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::join3;

use crate::cluster::{Cluster, ClusterSelector, Notices, PluginLimits};
use crate::deadline::Deadline;
use crate::desired::{Desired, TakeOver};
use crate::object::{ObjectKey, SpecId};
use crate::observed::{Observed, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::pat::{self, Accept, Fingerprints, Pat, PatKey, PatSource, Salt, Scrubber};
use crate::plan::{Change, DryRun, Plan, Warning};
use crate::planner;
use crate::read::{self, Comparison, Identity, Reading, Wanted};
use crate::rights::{self, Granted};
use crate::spec::{ClusterKeys, Spec};
use crate::text;
use crate::verify;
use crate::view::Door;

/// How often a plan is recreated because an object moved between reading it and asking the server about it.
const ATTEMPTS: u32 = 3;

/// A plan, and what it was made from.
#[derive(Clone, Debug)]
pub struct Made {
    /// The plan.
    pub plan: Plan,
    /// What was read.
    pub observed: Observed,
    /// What the dry runs gave, where they were asked for.
    pub dry_runs: BTreeMap<ObjectKey, DryRun>,
    /// The objects that we may write, as far as that is known already.
    pub granted: Granted,
}

/// What was read for a spec already: its objects, in its order, and which cluster it was.
#[derive(Debug)]
pub struct AtHand<'a> {
    /// Which cluster, and who we are to it.
    pub identity: &'a Identity,
    /// What reading each object gave.
    pub reads: Vec<Read>,
}

/// The wanted objects and the token, before any request.
#[derive(Debug)]
pub struct Session {
    /// The spec's path as the user gave it.
    pub spec: Outside,
    /// Which cluster the spec means.
    pub cluster: ClusterKeys,
    /// Where the token is.
    pub source: PatSource,
    /// The variable that the spec names for the token, also where the token came from elsewhere.
    pub pat_env: Option<Outside>,
    /// The token, if there is one.
    pub pat: Option<Pat>,
    /// The spec's author is not trusted with the token: it is compared, and sent nowhere.
    pub token_withheld: bool,
    /// Hides every secret met in the run; knows our token, and learns the live one.
    pub door: Door,
    /// What the run's marks of tokens are keyed with.
    pub salt: Salt,
    /// What fingerprints of tokens are made under, where a plan is being saved, or one that was saved applied: the same
    /// for all specs of a run.
    pub fingerprints: Option<Arc<Fingerprints>>,
    /// The objects that should exist.
    pub desired: Desired,
    /// The fields to take from whoever owns them.
    pub take_over: TakeOver,
}

/// What other programs of the run must not see: the tokens of all its specs.
pub struct Withheld {
    variables: BTreeSet<Outside>,
    tokens: Scrubber,
    /// Whether another program may ask on standard input: not where a token comes from there.
    pub may_ask: bool,
}

impl<'a, S: IntoIterator<Item = &'a Session>> From<S> for Withheld {
    fn from(sessions: S) -> Self {
        let tokens = Scrubber::default();
        tokens.only_whole();
        let mut withheld = Self { variables: BTreeSet::new(), tokens, may_ask: true };
        for session in sessions {
            withheld.variables.extend(session.pat_env.clone());
            session.pat.iter().for_each(|pat| pat.teach_whole(&withheld.tokens));
            withheld.may_ask &= session.source != PatSource::Stdin;
        }
        withheld
    }
}

impl Withheld {
    /// Whether a variable is withheld: it is where a token is, or holds one or what looks like one.
    #[must_use]
    pub fn withholds(&self, name: &OsStr, value: &OsStr) -> bool {
        let is_named = self.variables.iter().any(|variable| name == OsStr::new(variable.expose()));
        let holds = |text: &OsStr| {
            let text = text.to_string_lossy();
            pat::looks_like_token(&text) || !self.tokens.is_clean(&text)
        };
        is_named || holds(name) || holds(value)
    }
}

impl Session {
    /// Reads the token, and computes the objects.
    ///
    /// # Errors
    /// A token that is no token.
    pub fn new(
        spec: Spec,
        from_stdin: bool,
        accept: Accept,
        take_over: TakeOver,
        door: &Door,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Failure> {
        let source = match &spec.pat {
            _ if from_stdin => PatSource::Stdin,
            Some(PatKey::Env(name)) => PatSource::Env(name.clone()),
            Some(PatKey::File(shown, path)) => PatSource::File(shown.clone(), path.clone()),
            None => return Err(Failure::new(FailureCode::TokenSource, "the spec does not say where the token is")),
        };
        let pat = source.read(accept, warnings)?;
        if pat.is_none() {
            let message = text!("{}: the plan continues without comparing the token; apply would fail", source.unset());
            warnings.push(Warning { code: "token_unset".into(), message });
        }
        if let Some(pat) = &pat {
            pat.teach(door.secrets());
        }
        let desired = spec.desired(SpecId::default());
        let pat_env = match &spec.pat {
            Some(PatKey::Env(name)) => Some(name.clone()),
            Some(PatKey::File(..)) | None => None,
        };
        Ok(Self {
            spec: spec.path,
            cluster: spec.cluster,
            source,
            pat_env,
            pat,
            token_withheld: spec.untrusted,
            door: door.clone(),
            salt: Salt::default(),
            fingerprints: None,
            desired,
            take_over,
        })
    }

    /// The same as this spec of a run about many.
    #[must_use]
    pub fn numbered(mut self, id: SpecId) -> Self {
        self.desired.spec = id;
        self
    }

    /// What is said about the cluster: by the flags first, then by the spec.
    #[must_use]
    pub fn chosen(&self, context: Option<&Outside>, kubeconfig: Option<&Outside>) -> ClusterKeys {
        let named = kubeconfig.map(|named| (named.clone(), PathBuf::from(named.expose())));
        ClusterKeys {
            context: context.cloned().or_else(|| self.cluster.context.clone()),
            kubeconfig: named.or_else(|| self.cluster.kubeconfig.clone()),
            uid: self.cluster.uid.clone(),
        }
    }

    /// The cluster that is meant: by the flags first, then by the spec.
    #[must_use]
    pub fn selector(&self, flags: ClusterSelector) -> ClusterSelector {
        ClusterSelector {
            kubeconfig_spec: self.cluster.kubeconfig.clone(),
            context: flags.context.or_else(|| self.cluster.context.clone()),
            ..flags
        }
    }

    /// Opens the cluster that is meant.
    ///
    /// # Errors
    /// As `cluster::connect`.
    pub async fn connect(&self, flags: ClusterSelector, deadline: Deadline, notices: Notices) -> Result<Cluster, Failure> {
        let held = Withheld::from([self]);
        let withheld = |name: &OsStr, value: &OsStr| held.withholds(name, value);
        let plugin = PluginLimits { withheld: &withheld, may_ask: held.may_ask };
        crate::cluster::connect(&self.selector(flags), deadline, notices, self.door.secrets(), plugin).await
    }

    /// What to read: for a run that reads for many specs at once.
    #[must_use]
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted { desired: &self.desired, comparison: self.reading().comparison }
    }

    fn reading(&self) -> Reading<'_> {
        let comparison = Comparison { fingerprints: self.fingerprints.as_deref(), ..self.comparison() };
        Reading { spec: &self.spec, token_source: &self.source, pinned_uid: self.cluster.uid.as_ref(), comparison }
    }

    /// Reads the cluster and computes the plan; nothing is verified.
    ///
    /// # Errors
    /// As `read::read`.
    pub async fn compute(&self, cluster: &Cluster) -> Result<Made, Failure> {
        self.compute_from(cluster, None).await
    }

    /// The same from what was read already, if it was.
    ///
    /// # Errors
    /// As `read::observed`.
    pub async fn compute_from(&self, cluster: &Cluster, at_hand: Option<AtHand<'_>>) -> Result<Made, Failure> {
        let observed = match at_hand {
            Some(AtHand { identity, reads }) => read::observed(cluster, &self.desired, self.reading(), identity, reads)?,
            None => read::read(cluster, &self.desired, self.reading()).await?,
        };
        let plan = planner::plan(&self.desired, &observed, &self.take_over);
        Ok(Made { plan, observed, dry_runs: BTreeMap::new(), granted: Granted::new() })
    }

    /// The same where only the plan is wanted.
    ///
    /// # Errors
    /// As `read::read`.
    pub async fn read(&self, cluster: &Cluster) -> Result<Plan, Failure> {
        self.compute(cluster).await.map(|made| made.plan)
    }

    /// Reads the cluster, computes the plan, and asks the server about every change.
    ///
    /// # Errors
    /// As `read`.
    pub async fn plan(&self, cluster: &Cluster) -> Result<Made, Failure> {
        self.plan_from(cluster, None).await
    }

    /// The same from what was read already, if it was.
    ///
    /// # Errors
    /// As `read`.
    pub async fn plan_from(&self, cluster: &Cluster, at_hand: Option<AtHand<'_>>) -> Result<Made, Failure> {
        self.plan_and(cluster, at_hand, |_| Vec::new()).await
    }

    /// The same, and in the round of the dry runs whether we may write what no dry run is asked about. A dry run needs the same rights as the
    /// write, so what the server accepted is granted.
    ///
    /// # Errors
    /// As `read`.
    pub async fn plan_to_apply(&self, cluster: &Cluster) -> Result<Made, Failure> {
        self.plan_to_apply_from(cluster, None).await
    }

    /// The same from what was read already, if it was.
    ///
    /// # Errors
    /// As `read`.
    pub async fn plan_to_apply_from(&self, cluster: &Cluster, at_hand: Option<AtHand<'_>>) -> Result<Made, Failure> {
        self.plan_and(cluster, at_hand, |plan| {
            plan.changes.iter().filter(|change| change.is_written() && change.waits_for.is_some()).collect()
        })
        .await
    }

    async fn plan_and(
        &self,
        cluster: &Cluster,
        mut at_hand: Option<AtHand<'_>>,
        of_rights: impl Fn(&Plan) -> Vec<&Change>,
    ) -> Result<Made, Failure> {
        let mut attempt = 1;
        loop {
            // What moved since is read again.
            let mut made = self.compute_from(cluster, at_hand.take()).await?;
            let verified = verify::verify(cluster, &made.plan, self.comparison(), self.token_withheld);
            let changes = of_rights(&made.plan);
            let (dry_runs, leftovers, granted) =
                join3(verified, read::leftovers(cluster, &made.plan), rights::granted(cluster, &changes)).await;
            made.granted = granted;
            made.dry_runs = dry_runs?;
            let accepted = made.dry_runs.iter().filter(|(_, dry_run)| matches!(dry_run, DryRun::Accepted(_)));
            made.granted.extend(accepted.map(|((_, object), _)| object.clone()));
            made.plan.warnings.extend(leftovers.iter().map(|object| planner::leftover(object, &made.observed.cluster)));
            made.observed.leftovers = leftovers;
            if attempt == ATTEMPTS || !made.dry_runs.values().any(|dry_run| *dry_run == DryRun::Moved) {
                made.plan.take_dry_runs(&made.dry_runs);
                return Ok(made);
            }
            attempt += 1;
        }
    }

    /// What live tokens are compared with, and marked under.
    #[must_use]
    pub fn comparison(&self) -> Comparison<'_> {
        Comparison { pat: self.pat.as_ref(), secrets: self.door.secrets(), salt: &self.salt, fingerprints: None }
    }
}
