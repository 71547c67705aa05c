//! `konnect show`: a plan that was saved, for its reviewer.

use jiff::Timestamp;

use super::run::Run;
use super::{RunContext, next_command, outcome_of};
use crate::blocking::within;
use crate::cli::ShowArgs;
use crate::deadline::Deadline;
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::pat;
use crate::saved_plan::SavedPlan;
use crate::view::{Event, Output};

pub(super) async fn show(args: ShowArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, args.format, Output::Plan, &Outside::default());
    let now = Timestamp::now();
    match open(&args, &run).await {
        Ok((mut saved, digest)) => {
            run.warn(&saved.warnings_to_viewer(now));
            saved.plan.outdated = saved.check_time(now).err().map(|failure| failure.what);
            run.emit(Event::Plan(&saved.plan));
            run.emit(Event::Opened { created: saved.created(), expires: saved.expires(), digest: &digest });
            if saved.check_time(now).is_ok()
                && let Some(command) = &next_command::of_shown(&args.plan, &saved, &digest)
            {
                run.emit(Event::Next { command });
            }
            run.finish(outcome_of(&saved.plan, args.detailed_exitcode))
        }
        Err(failure) => run.fail(&failure.into()),
    }
}

/// The plan and its file's digest. The token is known where it is at hand, so that it is hidden in what is shown.
async fn open(args: &ShowArgs, run: &Run) -> Result<(SavedPlan, String), Failure> {
    let (path, deadline) = (args.plan.clone(), Deadline::default());
    let opened = run.or_stop(async {
        let read = within(&deadline, "reading the plan", move || {
            let (saved, digest) = SavedPlan::open(&path)?;
            Ok((saved.token_at_hand(), saved, digest))
        });
        read.await?.inspect_err(|_| pat::teach_environment(run.door().secrets()))
    });
    let (pat, saved, digest) = opened.await?;
    pat.iter().for_each(|pat| pat.teach(run.door().secrets()));
    Ok((saved, digest))
}
