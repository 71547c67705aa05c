//! What a command works on, opened: the spec and its token, read off the runtime's thread.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::open_error::OpenError;
use super::run::Run;
use crate::blocking::within;
use crate::cli::{SpecArgs, TrustArgs};
use crate::deadline::Deadline;
use crate::desired::TakeOver;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::pat::{self, Accept, Pat};
use crate::plan::Warning;
use crate::saved_plan;
use crate::session::Session;
use crate::spec::{self, Checked, ClusterKeys, Effective, Policy, Spec};
use crate::text;
use crate::view::{Door, Event};

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

/// Says what a terminal does not show: that somebody has to type the token.
pub(super) fn wait_for_token(args: &SpecArgs, run: &Run) {
    if args.pat_stdin && std::io::stdin().is_terminal() {
        run.emit(Event::WaitingForToken);
    }
}

/// Reads a spec as far as its author is trusted.
pub(super) struct SpecReader {
    file: Outside,
    /// The folder of specs in which it was found.
    folder: Option<Arc<Path>>,
    pat_stdin: bool,
    policy: Option<Policy>,
    door: Door,
    /// The command line, where the token must not stand.
    arguments: Vec<OsString>,
    says: Says,
}

/// One of many specs, with its token: read just now, or as a plan of it was saved.
pub(super) struct OpenedSpec {
    /// The digest of its text.
    pub(super) digest: String,
    /// When it says that it is rolled out.
    pub(super) stage: Option<u32>,
    /// The wanted objects and the token.
    pub(super) session: Session,
    /// What it says with all that it extends, and where; `None` of a saved plan, which needs no spec.
    pub(super) effective: Option<Effective>,
}

/// What a spec says of the cluster, once it is read, whatever becomes of the run then.
pub(super) type Says = Arc<OnceLock<ClusterKeys>>;

impl SpecReader {
    /// For this file. The token comes from standard input if `pat_stdin` says so.
    pub(super) fn new(run: &Run, file: &Outside, pat_stdin: bool, policy: Option<Policy>) -> Self {
        let (door, arguments) = (run.door().clone(), run.context().arguments().to_vec());
        Self { file: file.clone(), folder: None, pat_stdin, policy, door, arguments, says: Says::default() }
    }

    /// The same for a file that was found in this folder of specs.
    pub(super) fn below(mut self, folder: Option<Arc<Path>>) -> Self {
        self.folder = folder;
        self
    }

    /// What the spec says of the cluster, once it is read.
    pub(super) fn says(&self) -> Says {
        Arc::clone(&self.says)
    }

    /// Reads the spec, or the template, without needing its token. Where the token is at hand it is known all the same, so that it is hidden
    /// in what is said of the spec, and refused in it.
    pub(super) async fn checked(self, deadline: &Deadline, warnings: &mut Vec<Warning>) -> Result<Checked, OpenError> {
        let (checked, met) = within(deadline, "reading the spec", move || self.checked_now()).await?;
        warnings.extend(met);
        checked
    }

    /// The same on this thread.
    pub(super) fn checked_now(&self) -> (Result<Checked, OpenError>, Vec<Warning>) {
        let mut met = Vec::new();
        let checked = self.check(&mut met).and_then(|checked| {
            if let Some(pat) = checked.pat().and_then(pat::at_hand) {
                pat.teach(self.door.secrets());
                self.refuse_token(checked.holds(&pat), &pat)?;
            }
            Ok(checked)
        });
        (checked, met)
    }

    /// Reads the spec and the token. The warnings are those met, whatever came of it.
    pub(super) async fn spec_and_token(
        self,
        args: &SpecArgs,
        deadline: &Deadline,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Spec, Session), OpenError> {
        let (accept, take_over) = (args.accept(), args.take_over.iter().cloned().collect());
        let (opened, met) = within(deadline, "reading the spec and the token", move || {
            let mut met = Vec::new();
            let opened = self.read(&mut met).and_then(|spec| self.with_token(spec, accept, take_over, &mut met));
            (opened, met)
        })
        .await?;
        warnings.extend(met);
        opened
    }

    /// The same on this thread, for one of many files. `None` for a template, which is there for others to extend; one that was named itself
    /// is an error.
    pub(super) fn opened_now(
        &self,
        accept: Accept,
        take_over: TakeOver,
        named: bool,
    ) -> (Result<Option<OpenedSpec>, OpenError>, Vec<Warning>) {
        let mut met = Vec::new();
        let opened = self.check(&mut met).and_then(|checked| {
            if checked.is_template() && !named {
                return Ok(None);
            }
            let effective = checked.effective.clone();
            let spec = checked.into_spec().map_err(OpenError::Spec)?;
            let (spec, session) = self.with_token(spec, accept, take_over, &mut met)?;
            Ok(Some(OpenedSpec { digest: spec.digest(), stage: spec.stage, session, effective: Some(effective) }))
        });
        (opened, met)
    }

    fn with_token(
        &self,
        spec: Spec,
        accept: Accept,
        take_over: TakeOver,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Spec, Session), OpenError> {
        let session = Session::new(spec.clone(), self.pat_stdin, accept, take_over, &self.door, warnings)?;
        if let Some(pat) = &session.pat {
            self.refuse_token(spec.holds(pat), pat)?;
        }
        Ok((spec, session))
    }

    fn read(&self, warnings: &mut Vec<Warning>) -> Result<Spec, OpenError> {
        let spec = |checked: Checked| checked.into_spec().map_err(OpenError::Spec);
        self.check(warnings).and_then(spec)
    }

    fn check(&self, warnings: &mut Vec<Warning>) -> Result<Checked, OpenError> {
        let secrets = self.door.secrets();
        let read = match &self.policy {
            None => spec::check_below(&self.file, self.folder.clone(), self.pat_stdin),
            Some(policy) => {
                secrets.only_whole();
                policy.check(&self.file, self.folder.clone(), warnings)
            }
        };
        let said = read.as_ref().map_or_else(|errors| Some(&errors.understood.cluster), Checked::cluster);
        self.says.get_or_init(|| said.cloned().unwrap_or_default());
        read.map_err(|errors| {
            // What a stranger's spec points at is not read before it is allowed.
            let source = errors.understood.pat.as_ref().filter(|_| self.policy.is_none());
            match source.and_then(pat::at_hand) {
                Some(pat) => pat.teach(secrets),
                None => pat::teach_environment(secrets),
            }
            if saved_plan::is_one(&self.file) {
                return a_saved_plan(&self.file).into();
            }
            OpenError::Spec(errors)
        })
    }

    /// The token belongs neither in a checked-in file nor on a command line, where other users see it.
    fn refuse_token(&self, stands_in_spec: bool, pat: &Pat) -> Result<(), Failure> {
        if let Some(at) = self.arguments.iter().position(|argument| pat.stands_in(argument.as_encoded_bytes())) {
            let what = match flag_at(&self.arguments, at) {
                Some(flag) => text!("the value of {} contains the token", Outside::from(flag)),
                None => "the command line contains the token".into(),
            };
            return Err(Failure::new(FailureCode::TokenInTheOpen, what)
                .hint("remove it; revoke the token, since other users and the shell's history saw it"));
        }
        if stands_in_spec {
            let what = "the token is in the spec: it belongs only where the spec says that it is read from";
            return Err(
                Failure::new(FailureCode::TokenInTheOpen, what).hint("take it out, and revoke the token if the file was shared")
            );
        }
        Ok(())
    }
}

/// The flag of which the argument at this place is the value. The token stands in the argument, so that of it only what is before `=` is told.
fn flag_at(arguments: &[OsString], at: usize) -> Option<&str> {
    let is_flag =
        |word: &&str| word.starts_with("--") && word.len() > 2 && word[2..].bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let typed = arguments.get(at)?.to_string_lossy().contains('=');
    let flag = if typed { arguments[at].to_str()?.split('=').next() } else { arguments.get(at.checked_sub(1)?)?.to_str() };
    flag.filter(is_flag)
}

/// The two kinds of files that apply takes are named in two ways.
fn a_saved_plan(file: &Outside) -> Failure {
    Failure::new(FailureCode::Spec, text!("{} is a saved plan, not a spec", file)).hint(text!(
        "name it without -f, beside the other flags: `konnect apply {}`; `konnect show {}` shows it",
        Text::shell_path(file),
        Text::shell_path(file)
    ))
}
