//! `konnect plan` for many specs: select, open, plan, save if asked to, show.

use super::super::next_command;
use super::super::open::policy;
use super::super::run::Run;
use super::open::{HowToOpen, open, same_token_twice};
use super::planning::{Planning, Purpose, plan_all};
use super::save::{Saved, prepare, save};
use crate::cli::PlanArgs;
use crate::deadline::Deadline;
use crate::fleet::FleetSpec;
use crate::outcome::{Failure, Outcome};
use crate::pat::Salt;
use crate::selection::SelectedFile;
use crate::view::Event;

pub(in super::super) async fn plan(args: &PlanArgs, files: Vec<SelectedFile>, run: &Run) -> Outcome {
    match make(args, files, run).await {
        Ok(planning) => {
            let mut warnings = Vec::new();
            let saved = save(args, run, &planning, &mut warnings).await;
            run.warn(&warnings);
            show(args, run, &planning, &saved)
        }
        Err(failure) => {
            run.emit(Event::Failed(&failure));
            run.finish(failure.outcome)
        }
    }
}

async fn make(args: &PlanArgs, files: Vec<SelectedFile>, run: &Run) -> Result<Planning, Failure> {
    let cluster_is_chosen = args.cluster.choice.context.is_some() || args.cluster.sandbox.is_some();
    let how = HowToOpen {
        pat_stdin: args.spec.pat_stdin,
        accept: args.spec.accept(),
        take_over: args.spec.take_over.iter().cloned().collect(),
        policy: policy(&args.trust, cluster_is_chosen, args.spec.pat_stdin),
    };
    let deadline = Deadline::after(args.cluster.choice.timeout);
    let mut members = run.or_stop(open(run, files, how, (&args.spec, &args.cluster), &deadline)).await?;
    let warnings = same_token_twice(&members, &Salt::default());
    if args.out.is_some() {
        prepare(&mut members);
    }
    plan_all(run, (&args.cluster, &args.part), members, &[], Purpose::Show, warnings).await
}

fn show(args: &PlanArgs, run: &Run, Planning { fleet, .. }: &Planning, saved: &Result<Option<Saved>, Failure>) -> Outcome {
    run.emit(Event::Fleet(fleet));
    let outcome = fleet.outcome(args.detailed_exitcode);
    let next = match (saved, &args.out) {
        (Err(failure), _) => {
            run.emit(Event::Failed(failure));
            return run.finish(outcome.or(failure.outcome));
        }
        (Ok(Some(Saved { digest, expires })), Some(path)) => {
            run.emit(Event::Saved { path, expires: *expires, digest });
            next_command::of_saved(args, fleet.specs.iter().filter_map(FleetSpec::plan), digest)
        }
        (Ok(_), _) => next_command::of_many(args, fleet),
    };
    if let Some(command) = &next {
        run.emit(Event::Next { command });
    }
    run.finish(outcome)
}
