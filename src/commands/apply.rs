//! `konnect apply`: open, plan, revalidate, approve, check rights, write, confirm.

mod approve;
mod confirm;
mod open;
mod resume;

use super::open_error::OpenError;
use super::refuse::refuse;
use super::run::Run;
use super::{RunContext, outcome_of};
use crate::apply::{self as carry_out, ApplyContext, Revalidated};
use crate::cli::ApplyArgs;
use crate::outcome::Outcome;
use crate::plan::Change;
use crate::report::Report;
use crate::rights::missing_rights;
use crate::view::{Event, Output};
use approve::approve;
use confirm::confirm;
use open::{Opened, no_token, open};
use resume::resume;

/// What became of it.
struct Applied {
    report: Report,
    outcome: Outcome,
}

impl Applied {
    fn nothing(outcome: Outcome) -> Self {
        Self { report: Report::default(), outcome }
    }

    /// What the exit code says where stdout broke: if something was written, not that nothing was.
    fn unshown(&self) -> Outcome {
        match (self.report.wrote(), self.report.is_complete()) {
            (true, true) => Outcome::Unconfirmed,
            (true, false) => Outcome::Partial,
            (false, _) => Outcome::Failed,
        }
    }
}

pub(super) async fn apply(args: ApplyArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, args.format, Output::Apply, &args.spec.file);
    match apply_to_the_end(&args, &run).await {
        Ok(applied) => run.finish_or(applied.outcome, applied.unshown()),
        Err(error) => run.fail(&error),
    }
}

async fn apply_to_the_end(args: &ApplyArgs, run: &Run) -> Result<Applied, OpenError> {
    let Opened { session, saved, cluster, made } = open(args, run).await?;
    let granted = made.granted.clone();
    let Some(pat) = &session.pat else { return Err(no_token(&session).into()) };
    let mut revalidated = match &saved {
        None => Revalidated::fresh(made.plan),
        Some(saved) => match resume(run, saved, &made, (&session, pat), &cluster).await? {
            None => return Ok(Applied::nothing(Outcome::Done)),
            Some(left) => left,
        },
    };
    run.emit(Event::Plan(&revalidated.plan));
    refuse("nothing was written", &revalidated.plan)?;
    if run.reporter().is_broken() {
        // It was said already, on stderr. What nobody can see is not written.
        return Ok(Applied::nothing(Outcome::Failed));
    }
    if revalidated.writes().next().is_none() {
        return Ok(Applied::nothing(outcome_of(&revalidated.plan, false)));
    }
    let context = ApplyContext { pat, comparison: session.comparison(), interrupted: run.interrupted() };
    if !args.auto_approve && saved.is_none() {
        match approve(run, &cluster, revalidated.plan, context).await? {
            None => return Ok(Applied::nothing(Outcome::Refused)),
            Some(approved) => revalidated = approved,
        }
    }
    let writes: Vec<&Change> = revalidated.writes().collect();
    run.or_stop(missing_rights(&cluster, &revalidated.plan, &writes, &granted)).await?;
    run.emit(Event::Writing);
    let report = carry_out::apply(&cluster, &revalidated, context, &|progress| run.emit(progress.into())).await;
    run.emit(Event::Summary(&report));
    let confirmed = if report.is_complete() { confirm(run, &cluster, &session).await } else { Outcome::Done };
    Ok(Applied { outcome: report.outcome().or(confirmed), report })
}
