//! Which specs a run is about.

use super::super::run::Run;
use crate::blocking::within;
use crate::cli::{ClusterArgs, SelectArgs, SpecArgs};
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::selection::{SelectedFile, Selection, select};
use crate::text;
use crate::view::Event;

/// The specs that are meant; `None` where one file was named and nothing else said, which is a run about one spec. What is wrong was told.
///
/// # Errors
/// They can't be made out.
pub(in super::super) async fn choose(
    run: &Run,
    args: &SelectArgs,
    deadline: &Deadline,
) -> Result<Option<Vec<SelectedFile>>, Outcome> {
    let (files, patterns) = (args.file.clone(), args.patterns());
    let selected = run.or_stop(async { within(deadline, "looking for specs", move || select(&files, &patterns)).await });
    match selected.await {
        Ok(Ok(selection)) if selection.is_one_named() => Ok(None),
        Ok(Ok(Selection { files, .. })) => Ok(Some(files)),
        Ok(Err(failures)) => {
            failures.iter().for_each(|failure| run.emit(Event::Failed(failure)));
            let outcomes = failures.iter().map(|failure| failure.outcome);
            Err(outcomes.fold(Outcome::Failed, Outcome::or))
        }
        Err(failure) => {
            run.emit(Event::Failed(&failure));
            Err(failure.outcome)
        }
    }
}

/// Refuses flags that one spec may be given, where there are more: they would send all environments to one cluster, or one token to all.
///
/// # Errors
/// A usage error.
pub(super) fn refuse_for_many(specs: usize, spec: &SpecArgs, cluster: &ClusterArgs) -> Result<(), Failure> {
    if specs < 2 {
        return Ok(());
    }
    let rows = [
        (
            cluster.choice.context.is_some(),
            "--context",
            "all of them would go to one cluster",
            "say it in each spec: [cluster] context",
        ),
        (
            spec.pat_stdin,
            "--pat-stdin",
            "all of them would get one token",
            "say in each spec where its token is: pat_env or pat_file",
        ),
        (
            !spec.take_over.is_empty(),
            "--take-over",
            "the field would be taken in all of them",
            "name the one spec with -f or --only",
        ),
    ];
    match rows.into_iter().find(|(given, ..)| *given) {
        None => Ok(()),
        Some((_, flag, why, hint)) => {
            let what = text!("{} can't be used with {} specs: {}", flag, specs, why);
            Err(Failure::new(FailureCode::Usage, what).hint(hint))
        }
    }
}
