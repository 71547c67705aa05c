//! The specs of a run and their tokens, all read before the first request: so that every error of every file comes at once, and every token is
//! known before anything is said.

use std::collections::BTreeMap;

use super::super::open::{OpenedSpec, SpecReader, wait_for_token};
use super::super::open_error::OpenError;
use super::super::run::Run;
use super::choose::refuse_for_many;
use crate::blocking::within;
use crate::cli::{ClusterArgs, SpecArgs};
use crate::deadline::Deadline;
use crate::desired::TakeOver;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::pat::{Accept, Salt};
use crate::plan::Warning;
use crate::selection::SelectedFile;
use crate::spec::Policy;
use crate::text;
use crate::token::TokenFingerprint;

/// How the specs of a run are read.
pub(super) struct HowToOpen {
    pub(super) pat_stdin: bool,
    pub(super) accept: Accept,
    pub(super) take_over: TakeOver,
    pub(super) policy: Option<Policy>,
}

/// One spec of the run.
pub(super) struct Member {
    /// Its path as it is shown.
    pub(super) path: Outside,
    /// What there is to know of it.
    pub(super) warnings: Vec<Warning>,
    /// The spec with its token, or why there is none.
    pub(super) opened: Result<OpenedSpec, OpenError>,
}

/// Reads all of them. Templates that lie in a folder are checked, and are no members. `flags`: what was typed, some of which can't be meant
/// for many.
///
/// # Errors
/// The run's time is over, there is nothing but templates, or a flag is refused: before a token is read that would be all specs'.
pub(super) async fn open(
    run: &Run,
    files: Vec<SelectedFile>,
    how: HowToOpen,
    (spec, cluster): (&SpecArgs, &ClusterArgs),
    deadline: &Deadline,
) -> Result<Vec<Member>, Failure> {
    let count = files.len();
    let readers: Vec<(SelectedFile, SpecReader)> = files
        .into_iter()
        .map(|file| {
            let reader = SpecReader::new(run, &file.path, how.pat_stdin, how.policy.clone()).below(file.folder.clone());
            (file, reader)
        })
        .collect();
    let HowToOpen { pat_stdin, accept, take_over, policy: _ } = how;
    let readers = match pat_stdin {
        false => readers,
        true => {
            let (specs, readers) = within(deadline, "reading the specs", move || (specs_of(&readers), readers)).await?;
            refuse_for_many(specs, spec, cluster)?;
            readers
        }
    };
    wait_for_token(spec, run);
    let members: Vec<Member> = within(deadline, "reading the specs and their tokens", move || {
        readers.into_iter().filter_map(|(file, reader)| member(file, &reader, accept, take_over.clone())).collect()
    })
    .await?;
    if members.is_empty() {
        let what = text!("there is nothing to plan: each of the {} files is a template", count);
        return Err(Failure::new(FailureCode::Selection, what)
            .hint("a template is only there for others to extend; `konnect validate` checks it"));
    }
    refuse_for_many(members.len(), spec, cluster)?;
    Ok(members)
}

/// How many are no templates.
fn specs_of(readers: &[(SelectedFile, SpecReader)]) -> usize {
    let is_template = |(file, reader): &&(SelectedFile, SpecReader)| {
        !file.named && reader.checked_now().0.is_ok_and(|checked| checked.is_template())
    };
    readers.len() - readers.iter().filter(is_template).count()
}

fn member(file: SelectedFile, reader: &SpecReader, accept: Accept, take_over: TakeOver) -> Option<Member> {
    let (opened, warnings) = reader.opened_now(accept, take_over, file.named);
    let opened = match opened {
        Ok(None) => return None,
        Ok(Some(opened)) => Ok(opened),
        Err(error) => Err(error),
    };
    Some(Member { path: file.path, warnings, opened })
}

/// Warns where one token stands in variables of different names: one of them holds another environment's, mostly.
pub(super) fn same_token_twice(members: &[Member], salt: &Salt) -> Vec<Warning> {
    let mut variables: BTreeMap<TokenFingerprint, Vec<Outside>> = BTreeMap::new();
    for session in members.iter().filter_map(|member| member.opened.as_ref().ok()).map(|opened| &opened.session) {
        let (Some(pat), Some(variable)) = (&session.pat, &session.pat_env) else { continue };
        let named = variables.entry(pat.mark(salt)).or_default();
        if !named.contains(variable) {
            named.push(variable.clone());
        }
    }
    let several = variables.into_values().filter(|named| named.len() > 1);
    several
        .map(|named| {
            let named = Text::join(named.iter().map(|name| text!("${}", name)), ", ");
            Warning {
                code: "same_token".into(),
                message: text!("{} hold the same token: is one of them another environment's?", named),
            }
        })
        .collect()
}
