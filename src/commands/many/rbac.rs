//! `konnect rbac` for many specs: the rights of each, one after the other. Their names differ, so that all can be applied at once.

use super::super::open::SpecReader;
use super::super::open_error::OpenError;
use super::super::run::Run;
use crate::blocking::within;
use crate::cli::RbacArgs;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::rbac;
use crate::selection::SelectedFile;
use crate::spec::Checked;
use crate::text;
use crate::view::{Cleared, Event};

type Found = (Outside, bool, Result<Checked, OpenError>);

pub(in super::super) async fn rbac(args: &RbacArgs, files: Vec<SelectedFile>, run: &Run) -> Outcome {
    let found = match check(files, run).await {
        Ok(found) => found,
        Err(failure) => {
            run.emit(Event::Failed(&failure));
            return run.finish(failure.outcome);
        }
    };
    let (wrong, right): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|(_, _, checked)| checked.is_err());
    if !wrong.is_empty() {
        return show_wrong(wrong, run);
    }
    match rights(args, right, run) {
        Ok(rights) => {
            run.emit(Event::Text(&rights));
            run.finish(Outcome::Done)
        }
        Err(error) => run.fail(&error),
    }
}

async fn check(files: Vec<SelectedFile>, run: &Run) -> Result<Vec<Found>, Failure> {
    // No token is read here, so it does not matter whether the specs say where it is.
    let readers: Vec<(SelectedFile, SpecReader)> = files
        .into_iter()
        .map(|file| {
            let reader = SpecReader::new(run, &file.path, true, None).below(file.folder.clone());
            (file, reader)
        })
        .collect();
    let deadline = Deadline::default();
    let work = within(&deadline, "reading the specs", move || {
        readers.into_iter().map(|(file, reader)| (file.path, file.named, reader.checked_now().0)).collect()
    });
    run.or_stop(work).await
}

fn show_wrong(wrong: Vec<Found>, run: &Run) -> Outcome {
    let outcomes: Vec<Outcome> =
        wrong.iter().filter_map(|(_, _, checked)| checked.as_ref().err()).map(OpenError::outcome).collect();
    for (path, _, checked) in wrong {
        if let Err(error) = checked {
            match error {
                OpenError::Spec(errors) => run.emit(Event::SpecErrors(&errors)),
                OpenError::Failed(failure) => {
                    let what = text!("{}: {}", path, failure.what);
                    run.emit(Event::Failed(&Failure { what, ..failure }));
                }
            }
        }
    }
    run.finish(Outcome::of_many(outcomes, false))
}

fn rights(args: &RbacArgs, found: Vec<Found>, run: &Run) -> Result<Cleared, OpenError> {
    let mut documents = Vec::new();
    for (path, named, checked) in found {
        let Ok(checked) = checked else { continue };
        if checked.is_template() && !named {
            continue;
        }
        let spec = checked.into_spec().map_err(OpenError::Spec)?;
        rbac::refuse_masked(&spec, args.subject.as_ref(), run.door())?;
        documents.push((path, rbac::yaml(&spec, args.purpose, args.subject.as_ref(), run.door())));
    }
    if documents.is_empty() {
        let failure = Failure::new(FailureCode::Selection, "each of these files is a template, which needs no rights");
        return Err(failure.hint("name the specs that extend them").into());
    }
    Ok(rbac::of_many(documents, run.door()))
}
