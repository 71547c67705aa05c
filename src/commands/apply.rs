//! `konnect apply`: open, plan, revalidate, approve, check rights, write, confirm.

mod open;
mod resume;

use super::approve::{ask, outside_grade};
use super::confirm::confirm;
use super::open_error::OpenError;
use super::refuse::refuse;
use super::run::Run;
use super::{RunContext, many, outcome_of};
use crate::apply::{self as carry_out, ApplyContext, Revalidated, look_again};
use crate::cli::ApplyArgs;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::plan::{Change, Warning};
use crate::report::Report;
use crate::rights::missing_rights;
use crate::saved_plan::SavedSpec;
use crate::view::{Event, Output};
use open::{Opened, open, open_plan};
pub(super) use open::{OpenedPlan, given, no_token};
use resume::resume;
pub(super) use resume::{moved, stale};

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
    let run = Run::begin(context, args.screen, args.format, Output::Apply, &args.spec.select.named());
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let saved = match &args.plan {
        None => match many::choose(&run, &args.spec.select, &deadline).await {
            Ok(None) => None,
            Ok(Some(files)) => return Box::pin(many::apply(&args, files, &run)).await,
            Err(outcome) => return run.finish(outcome),
        },
        Some(path) => match open_plan(path, &args, &run, &deadline).await {
            Ok(OpenedPlan { saved, warnings }) => match saved.alone() {
                Ok(spec) => Some((spec, warnings)),
                Err(saved) => return Box::pin(many::resume(args, OpenedPlan { saved: *saved, warnings }, &run)).await,
            },
            Err(failure) => return run.fail(&failure.into()),
        },
    };
    match apply_to_the_end(&args, &run, saved, deadline).await {
        Ok(applied) => run.finish_or(applied.outcome, applied.unshown()),
        Err(error) => run.fail(&error),
    }
}

async fn apply_to_the_end(
    args: &ApplyArgs,
    run: &Run,
    saved: Option<(SavedSpec, Vec<Warning>)>,
    deadline: Deadline,
) -> Result<Applied, OpenError> {
    let Opened { session, saved, cluster, made } = open(args, run, saved, deadline).await?;
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
    let context = ApplyContext { pat, comparison: session.comparison(), interrupted: run.interrupted(), shared: None };
    let outside = outside_grade(args.auto_approve, &[&revalidated.plan]);
    // A saved plan was approved as it is, unless somebody says how far.
    if let Some(outside) = outside.filter(|_| saved.is_none() || args.auto_approve.is_some()) {
        let question = Event::Asked { cluster: &revalidated.plan.cluster };
        let Some(taken) = run.or_stop(ask(run, question, &outside)).await? else {
            run.emit(Event::Cancelled);
            return Ok(Applied::nothing(Outcome::Refused));
        };
        // An answer takes time.
        cluster.deadline.extend(taken);
        revalidated = run.or_stop(look_again(&cluster, revalidated.plan, context)).await?;
    }
    let writes: Vec<&Change> = revalidated.writes().collect();
    run.or_stop(missing_rights(&cluster, &revalidated.plan, &writes, &granted)).await?;
    run.emit(Event::Writing);
    let report = carry_out::apply(&cluster, &revalidated, context, &|progress| run.emit(progress.into())).await;
    run.emit(Event::Summary(&report));
    let confirmed = if report.is_complete() { confirm(run, &cluster, &session).await } else { Outcome::Done };
    Ok(Applied { outcome: report.outcome().or(confirmed), report })
}
