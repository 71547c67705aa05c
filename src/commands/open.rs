//! What a command works on, opened: the spec and its token, read off the runtime's thread.

use std::sync::Arc;

use super::console::Console;
use crate::blocking::within;
use crate::cli::{SpecArgs, TrustArgs};
use crate::cluster::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::pat::{self, Pat};
use crate::plan::Warning;
use crate::session::Session;
use crate::spec::{self, Policy, Spec, SpecErrors};

/// Why there is nothing to work on.
pub(super) enum NotOpened {
    /// The spec is wrong.
    Spec(SpecErrors),
    /// Something else.
    Failed(Failure),
}

impl NotOpened {
    /// One failure for each thing that is wrong, for documents.
    pub(super) fn failures(&self) -> Vec<Failure> {
        match self {
            Self::Spec(errors) => errors
                .messages()
                .into_iter()
                .map(|message| Failure::new(errors.code(), message).outcome(errors.outcome()))
                .collect(),
            Self::Failed(failure) => vec![failure.clone()],
        }
    }

    /// The exit code.
    pub(super) const fn outcome(&self) -> Outcome {
        match self {
            Self::Spec(errors) => errors.outcome(),
            Self::Failed(failure) => failure.outcome,
        }
    }
}

impl From<Failure> for NotOpened {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Reads a spec without needing its token. Where the token is at hand it is known all the same, so that it is hidden in what is said of the
/// spec, and refused in it.
pub(super) async fn checked(
    file: &Outside,
    pat_stdin: bool,
    policy: Option<Policy>,
    console: &Arc<Console>,
    deadline: &Deadline,
    warnings: &mut Vec<Warning>,
) -> Result<Spec, NotOpened> {
    let (file, console) = (file.clone(), Arc::clone(console));
    let (spec, met) = within(deadline, "reading the spec", move || {
        let mut met = Vec::new();
        let spec = read(&file, pat_stdin, policy.as_ref(), &console, &mut met).and_then(|spec| {
            if let Some(pat) = spec.pat.as_ref().and_then(pat::at_hand) {
                pat.teach(console.door().secrets());
                refuse_token_in(&spec, &pat, &console)?;
            }
            Ok(spec)
        });
        (spec, met)
    })
    .await?;
    warnings.extend(met);
    spec
}

/// What an untrusted spec may say, if it is one. `cluster_is_chosen`: a flag says which context or sandbox is used.
pub(super) fn policy(trust: &TrustArgs, cluster_is_chosen: bool, pat_from_stdin: bool) -> Option<Policy> {
    let TrustArgs { untrusted_spec, allow_context, allow_pat_env } = trust;
    untrusted_spec.then(|| Policy {
        contexts: allow_context.clone(),
        pat_envs: allow_pat_env.clone(),
        context_is_chosen: cluster_is_chosen,
        pat_from_stdin,
    })
}

/// Reads the spec and the token. The warnings are those met, whatever came of it.
pub(super) async fn open(
    args: &SpecArgs,
    policy: Option<Policy>,
    console: &Arc<Console>,
    deadline: &Deadline,
    warnings: &mut Vec<Warning>,
) -> Result<(Spec, Session), NotOpened> {
    let SpecArgs { file, pat_stdin, accept_any_token: _, take_over } = args;
    let accept = args.accept();
    let (file, pat_stdin, take_over) = (file.clone(), *pat_stdin, take_over.iter().cloned().collect());
    let console = Arc::clone(console);
    let (opened, met) = within(deadline, "reading the spec and the token", move || {
        let mut met = Vec::new();
        let opened = read(&file, pat_stdin, policy.as_ref(), &console, &mut met).and_then(|spec| {
            let wanted = Session::new(spec.clone(), pat_stdin, accept, take_over, console.door(), &mut met)?;
            if let Some(pat) = &wanted.pat {
                refuse_token_in(&spec, pat, &console)?;
            }
            Ok((spec, wanted))
        });
        (opened, met)
    })
    .await?;
    warnings.extend(met);
    opened
}

/// Reads the spec as far as its author is trusted.
fn read(
    file: &Outside,
    pat_stdin: bool,
    policy: Option<&Policy>,
    console: &Console,
    warnings: &mut Vec<Warning>,
) -> Result<Spec, NotOpened> {
    if policy.is_some() {
        console.door().secrets().only_whole();
    }
    let read = policy.map_or_else(|| spec::read(file, pat_stdin), |policy| policy.read(file, warnings));
    read.map_err(|errors| {
        // What a stranger's spec points at is not read before it is allowed.
        let source = errors.pat.as_ref().filter(|_| policy.is_none());
        match source.and_then(pat::at_hand) {
            Some(pat) => pat.teach(console.door().secrets()),
            None => pat::teach_environment(console.door().secrets()),
        }
        NotOpened::Spec(errors)
    })
}

/// The token belongs neither in a checked-in file nor on a command line, where other users see it.
fn refuse_token_in(spec: &Spec, pat: &Pat, console: &Console) -> Result<(), Failure> {
    let refused = |what: &'static str| {
        Failure::new(FailureCode::TokenInTheOpen, what)
            .hint("take it out, and revoke the token if the file was shared or the command logged")
    };
    if console.arguments().iter().any(|argument| pat.stands_in(argument.as_encoded_bytes())) {
        return Err(refused("the token stands on the command line: it belongs only where the spec says that it is read from"));
    }
    if spec.holds(pat) {
        return Err(refused("the token stands in the spec: it belongs only where the spec says that it is read from"));
    }
    Ok(())
}
