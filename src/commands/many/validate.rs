//! `konnect validate` for many files: each is checked, templates too.

use super::super::open::{SpecReader, policy};
use super::super::open_error::OpenError;
use super::super::run::Run;
use crate::blocking::within;
use crate::cli::ValidateArgs;
use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Outside;
use crate::plan::Warning;
use crate::selection::SelectedFile;
use crate::spec::Checked;
use crate::text;
use crate::view::{CheckError, CheckedSpec, Event, effective};

type Found = (Outside, Result<Checked, OpenError>, Vec<Warning>);

pub(in super::super) async fn validate(args: &ValidateArgs, files: Vec<SelectedFile>, run: &Run) -> Outcome {
    match check(args, files, run).await {
        Ok(found) => show(args, found, run),
        Err(failure) => {
            run.emit(Event::Failed(&failure));
            run.finish(failure.outcome)
        }
    }
}

async fn check(args: &ValidateArgs, files: Vec<SelectedFile>, run: &Run) -> Result<Vec<Found>, Failure> {
    if args.show_effective && files.len() > 1 {
        let what = text!("--show-effective shows one spec, and {} are meant", files.len());
        return Err(Failure::new(FailureCode::Usage, what).hint("name the one with -f or --only"));
    }
    let policy = policy(&args.trust, args.cluster.context.is_some(), args.pat_stdin);
    let readers = files.into_iter().map(|file| {
        let reader = SpecReader::new(run, &file.path, args.pat_stdin, policy.clone()).below(file.folder);
        (file.path, reader)
    });
    let readers: Vec<(Outside, SpecReader)> = readers.collect();
    let deadline = Deadline::after(args.cluster.timeout);
    let work = within(&deadline, "reading the specs", move || {
        let check = |(path, reader): (Outside, SpecReader)| {
            let (checked, warnings) = reader.checked_now();
            (path, checked, warnings)
        };
        readers.into_iter().map(check).collect()
    });
    run.or_stop(work).await
}

fn show(args: &ValidateArgs, found: Vec<Found>, run: &Run) -> Outcome {
    found.iter().for_each(|(_, _, warnings)| run.warn(warnings));
    if let (true, [(_, Ok(checked), _)]) = (args.show_effective, found.as_slice()) {
        run.emit(Event::Text(&effective(&checked.effective, run.door())));
        return run.finish(Outcome::Done);
    }
    let outcomes: Vec<Outcome> =
        found.iter().filter_map(|(_, checked, _)| checked.as_ref().err()).map(OpenError::outcome).collect();
    let checked = found.into_iter().map(|(path, checked, _)| CheckedSpec {
        path,
        result: checked.map(|checked| checked.is_template()).map_err(|error| match error {
            OpenError::Spec(errors) => CheckError::Spec(errors),
            OpenError::Failed(failure) => CheckError::Failed(failure),
        }),
    });
    run.emit(Event::ValidFleet { checked: &checked.collect::<Vec<_>>() });
    run.finish(Outcome::of_many(outcomes, false))
}
