//! What is to be applied, a spec or a plan that was saved, and the cluster as it is.

use jiff::Timestamp;

use super::super::open::{SpecReader, wait_for_token};
use super::super::open_error::OpenError;
use super::super::run::Run;
use crate::blocking::within;
use crate::cli::ApplyArgs;
use crate::cluster::Cluster;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::pat::{self, PatSource};
use crate::plan::Warning;
use crate::saved_plan::{self, Given, SavedPlan, SavedSpec};
use crate::session::{Made, Session};
use crate::text;
use crate::view::Event;

/// What apply works on.
pub(super) struct Opened {
    /// The wanted objects and the token.
    pub(super) session: Session,
    /// The saved plan, if that is what is applied.
    pub(super) saved: Option<SavedSpec>,
    /// The cluster.
    pub(super) cluster: Cluster,
    /// A plan made of it just now.
    pub(super) made: Made,
}

/// A plan that was saved, and what is to be told of it once its tokens are known: a secret may stand in it.
pub(in super::super) struct OpenedPlan {
    /// The plan.
    pub(in super::super) saved: SavedPlan,
    /// What is to be told of it.
    pub(in super::super) warnings: Vec<Warning>,
}

/// Opens all of it, and makes a plan. `saved`: the plan of one spec that is to be applied, with what is to be told of it.
pub(super) async fn open(
    args: &ApplyArgs,
    run: &Run,
    saved: Option<(SavedSpec, Vec<Warning>)>,
    deadline: Deadline,
) -> Result<Opened, OpenError> {
    let (saved, mut warnings) = saved.map_or((None, Vec::new()), |(saved, warnings)| (Some(saved), warnings));
    let opened = run.or_stop(async {
        let (session, saved) = session(args, run, saved, &deadline, &mut warnings).await?;
        if let (Some(saved), Some(named)) = (&saved, &args.cluster.sandbox) {
            saved.check_sandbox(named)?;
        }
        let cluster = run.connect(&session, &args.cluster, deadline).await?;
        // Admission was asked when the plan was saved; the write itself asks again.
        let made = if saved.is_some() { session.compute(&cluster).await? } else { session.plan_to_apply(&cluster).await? };
        Ok(Opened { session, saved, cluster, made })
    });
    let opened = opened.await;
    // Not before: a secret that was read just now may stand in them.
    run.warn(&warnings);
    opened
}

/// What is to be applied, with its token.
async fn session(
    args: &ApplyArgs,
    run: &Run,
    saved: Option<SavedSpec>,
    deadline: &Deadline,
    warnings: &mut Vec<Warning>,
) -> Result<(Session, Option<SavedSpec>), OpenError> {
    let (session, saved) = match saved {
        None => {
            let reader = SpecReader::new(run, args.spec.select.first(), args.spec.pat_stdin, None);
            wait_for_token(&args.spec, run);
            (reader.spec_and_token(&args.spec, deadline, warnings).await?.1, None)
        }
        Some(saved) => {
            let (given, door) = (given(args, run), run.door().clone());
            let read = within(deadline, "reading the token", move || {
                let mut met = Vec::new();
                (saved.session(given, &door, &mut met), saved, met)
            });
            let (session, saved, met) = read.await?;
            warnings.extend(met);
            (session?, Some(saved))
        }
    };
    if session.pat.is_none() {
        // A plan would go on without it, and warns; this ends here.
        warnings.retain(|warning| warning.code != "token_unset");
        return Err(no_token(&session).into());
    }
    Ok((session, saved))
}

/// What the command line says about applying a saved plan.
pub(in super::super) fn given(args: &ApplyArgs, run: &Run) -> Given {
    Given {
        pat_stdin: args.spec.pat_stdin,
        accept: args.spec.accept(),
        cluster: args.cluster.choice.kubeconfig.is_some() || run.needs_no_kubeconfig(&args.cluster),
    }
}

/// Opens a plan that was saved, as far as that needs neither its tokens nor its clusters.
pub(super) async fn open_plan(path: &Outside, args: &ApplyArgs, run: &Run, deadline: &Deadline) -> Result<OpenedPlan, Failure> {
    let opened = run.or_stop(async {
        let (path, expected, door) = (path.clone(), args.expect.clone(), run.door().clone());
        let saved = within(deadline, "reading the plan", move || {
            acceptable(&path, expected.as_deref()).inspect_err(|_| pat::teach_environment(door.secrets()))
        });
        saved.await?.map_err(|failure| of_the_sandbox(failure, args))
    });
    let saved = opened.await?;
    if saved.is_from_stdin() {
        run.emit(Event::WaitingForToken);
    }
    let warnings = saved.warnings(Timestamp::now());
    Ok(OpenedPlan { saved, warnings })
}

/// A saved plan that may be applied, as far as the file alone tells.
fn acceptable(path: &Outside, expected: Option<&str>) -> Result<SavedPlan, Failure> {
    let unwritten = |failure: Failure| match failure.outcome {
        Outcome::Stale => Failure { what: text!("{}; nothing was written", failure.what), ..failure },
        _ => failure,
    };
    let (saved, digest) = SavedPlan::open(path).map_err(unwritten)?;
    if let Some(expected) = expected.filter(|expected| *expected != digest) {
        return Err(unwritten(unexpected(path, &digest, expected)));
    }
    saved.check_time(Timestamp::now()).map_err(unwritten)?;
    Ok(saved)
}

/// `--sandbox FILE`: the file was taken for the plan.
fn of_the_sandbox(failure: Failure, args: &ApplyArgs) -> Failure {
    let is_unnamed = args.cluster.sandbox.as_ref().is_some_and(Outside::is_empty);
    match (&args.plan, failure.code) {
        (Some(file), FailureCode::PlanFile) if is_unnamed => {
            failure.hint(text!("if it is the sandbox's file, it goes after an equals sign: --sandbox={}", file))
        }
        _ => failure,
    }
}

/// A plan with another digest than `--expect` says, or one of which that names something else.
fn unexpected(path: &Outside, digest: &str, expected: &str) -> Failure {
    let (digest, said) = (Outside::from(digest), Outside::from(expected));
    let failure = |what| Failure::new(FailureCode::PlanUnexpected, what);
    if saved_plan::checksum(path).is_some_and(|checksum| checksum == expected) {
        let what = text!("--expect says {} for {}: that is the file's checksum, not the plan's digest: {}", said, path, digest);
        return failure(what)
            .hint(text!("pass the digest, as `konnect plan --out` printed it and `konnect show {}` prints it", path));
    }
    failure(text!("{} has the digest {}, but --expect says {}", path, digest, said))
        .hint("it is not the plan that was approved: find out where it comes from")
}

/// Why nothing is applied without a token.
pub(in super::super) fn no_token(session: &Session) -> Failure {
    Failure::new(FailureCode::TokenUnset, text!("apply needs the token, and {}", session.source.unset())).hint(
        match &session.source {
            PatSource::Env(name) => {
                text!("export it, since a variable that is only set stays in the shell: read -rs {} && export {}", name, name)
            }
            PatSource::File(..) => "is the file mounted? pat_file is relative to the spec's folder".into(),
            PatSource::Stdin => "pipe the token to konnect".into(),
        },
    )
}
