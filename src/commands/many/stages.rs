//! In which stage each spec is rolled out: by `--order`, or by `[policy] stage` of the specs.

use super::super::open_error::OpenError;
use super::open::Member;
use crate::cli::RollOutArgs;
use crate::outcome::{Failure, FailureCode};

/// The stage of each member; one that has none where others do becomes a failure.
pub(super) fn stages(args: &RollOutArgs, members: &mut [Member]) -> Vec<Option<u32>> {
    let mut stages = Vec::with_capacity(members.len());
    let any_has_one = members.iter().any(|member| member.opened.as_ref().is_ok_and(|opened| opened.stage.is_some()));
    for member in members {
        let Ok(opened) = &member.opened else {
            stages.push(None);
            continue;
        };
        let stage = match (&args.order, opened.stage) {
            (Some(order), _) => order.stage(&member.path).map(|stage| Some(u32::try_from(stage).unwrap_or(u32::MAX))),
            (None, None) if any_has_one || args.stage.is_some() => Err(without_stage()),
            (None, stage) => Ok(stage),
        };
        match stage {
            Ok(stage) => stages.push(stage),
            Err(failure) => {
                member.opened = Err(OpenError::Failed(failure));
                stages.push(None);
            }
        }
    }
    stages
}

fn without_stage() -> Failure {
    let what = "it says no stage, and so it is not known when it is to be rolled out";
    Failure::new(FailureCode::Stage, what).hint("add `stage = 1` below `[policy]` to it, or name the stages with --order")
}
