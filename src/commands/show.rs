//! `konnect show`: a plan that was saved, for its reviewer.

use std::sync::Arc;

use jiff::Timestamp;

use super::run::Run;
use super::{RunContext, many, next_command, outcome_of};
use crate::blocking::within;
use crate::cli::ShowArgs;
use crate::deadline::Deadline;
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::pat;
use crate::saved_plan::SavedPlan;
use crate::view::{Event, Output};

pub(super) async fn show(args: ShowArgs, context: &RunContext) -> Outcome {
    let run = Run::begin_bounded(context, args.screen, (args.format, args.limit), Output::Plan, &Outside::default());
    let now = Timestamp::now();
    match open(&args, &run).await {
        Ok((saved, digest)) => {
            run.warn(&saved.warnings_to_viewer(now));
            shown(&args, &run, saved, &digest, now)
        }
        Err(failure) => run.fail(&failure.into()),
    }
}

fn shown(args: &ShowArgs, run: &Run, mut saved: SavedPlan, digest: &str, now: Timestamp) -> Outcome {
    let (created, expires, may_be_applied) = (saved.created(), saved.expires(), saved.check_time(now));
    let outdated = may_be_applied.as_ref().err().map(|failure| failure.what.clone());
    saved.specs.iter_mut().for_each(|spec| spec.plan.outdated = outdated.clone());
    let command = if may_be_applied.is_ok() { next_command::of_shown(&args.plan, &saved, digest) } else { None };
    let outcome = match saved.alone() {
        Ok(spec) => {
            run.emit(Event::Plan(&spec.plan));
            outcome_of(&spec.plan, args.detailed_exitcode)
        }
        Err(saved) => {
            let fleet = Arc::new(many::fleet(*saved));
            run.emit(Event::Fleet(&fleet));
            fleet.outcome(args.detailed_exitcode)
        }
    };
    run.emit(Event::Opened { created, expires, digest });
    if let Some(command) = &command {
        run.emit(Event::Next { command });
    }
    run.finish(outcome)
}

/// The plan and its file's digest. The tokens are known where they are at hand, so that they are hidden in what is shown.
async fn open(args: &ShowArgs, run: &Run) -> Result<(SavedPlan, String), Failure> {
    let (path, deadline) = (args.plan.clone(), Deadline::default());
    let opened = run.or_stop(async {
        let read = within(&deadline, "reading the plan", move || {
            let (saved, digest) = SavedPlan::open(&path)?;
            Ok((saved.tokens_at_hand(), saved, digest))
        });
        read.await?.inspect_err(|_| pat::teach_environment(run.door().secrets()))
    });
    let (pats, saved, digest) = opened.await?;
    pats.iter().for_each(|pat| pat.teach(run.door().secrets()));
    Ok((saved, digest))
}
