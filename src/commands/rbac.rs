//! `konnect rbac`: the minimum RBAC, as YAML alone.

use super::open::SpecReader;
use super::open_error::OpenError;
use super::run::Run;
use super::{RunContext, many};
use crate::cli::RbacArgs;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::rbac;
use crate::view::{Cleared, Event, Format, Output};

pub(super) async fn rbac(args: RbacArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, Format::Human, Output::Text, &args.select.named());
    match many::choose(&run, &args.select, &Deadline::default()).await {
        Ok(None) => {}
        Ok(Some(files)) => return Box::pin(many::rbac(&args, files, &run)).await,
        Err(outcome) => return run.finish(outcome),
    }
    match rights(&args, &run).await {
        Ok(rights) => {
            run.emit(Event::Text(&rights));
            run.finish(Outcome::Done)
        }
        Err(error) => run.fail(&error),
    }
}

async fn rights(args: &RbacArgs, run: &Run) -> Result<Cleared, OpenError> {
    // No token is read here, so it does not matter whether the spec says where it is.
    let reader = SpecReader::new(run, args.select.first(), true, None);
    let checked = run.or_stop(reader.checked(&Deadline::default(), &mut Vec::new())).await?;
    let spec = checked.into_spec().map_err(OpenError::Spec)?;
    rbac::refuse_masked(&spec, args.subject.as_ref(), run.door())?;
    Ok(rbac::yaml(&spec, args.purpose, args.subject.as_ref(), run.door()))
}
