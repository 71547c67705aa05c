//! In which stage each spec is rolled out: by `--order`, or by `[policy] stage` of the specs.

use super::super::open_error::OpenError;
use super::open::Member;
use crate::cli::RollOutArgs;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::text;

/// The stage of each member, also of one that failed, as far as it can be known; one that has none where others do becomes a failure.
pub(super) fn stages(args: &RollOutArgs, members: &mut [Member]) -> Vec<Option<u32>> {
    let said = |member: &Member| member.opened.as_ref().ok().and_then(|opened| opened.stage);
    let is_staged = args.stage.is_some() || members.iter().any(|member| said(member).is_some());
    let mut stages = Vec::with_capacity(members.len());
    for member in members {
        let stage = match &args.order {
            Some(order) => order.stage(&member.path).map(|stage| Some(u32::try_from(stage).unwrap_or(u32::MAX))),
            None if is_staged && member.opened.is_ok() && said(member).is_none() => Err(without_stage()),
            None => Ok(said(member)),
        };
        stages.push(stage.unwrap_or_else(|failure| {
            // What is wrong with the spec itself comes first.
            if member.opened.is_ok() {
                member.opened = Err(OpenError::Failed(failure));
            }
            None
        }));
    }
    stages
}

/// Refuses `--stage N` where no spec is in it: nothing would be done, and be called done.
///
/// # Errors
/// There is none.
pub(super) fn refuse_empty_stage(only: Option<u32>, stages: &[Option<u32>], says: &'static str) -> Result<(), Failure> {
    match only {
        Some(stage) if !stages.contains(&Some(stage)) => {
            let what = text!("nothing was written: no spec is in stage {}", stage);
            Err(Failure::new(FailureCode::Stage, what).hint(says))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether something of a stage has to be over before `stage` begins: it is of an earlier one, or nobody knows of which. `stage` is that of a
/// spec where some have one.
pub(super) fn comes_before(one: Option<u32>, stage: u32) -> bool {
    one.is_none_or(|one| one < stage)
}

fn without_stage() -> Failure {
    let what = "it says no stage, and so it is not known when it is to be rolled out";
    Failure::new(FailureCode::Stage, what).hint("add `stage = 1` below `[policy]` to it, or name the stages with --order")
}

/// What is said where an earlier stage is not done.
pub(super) fn too_early(stage: u32, pending: impl Into<crate::outside::Text>) -> Failure {
    let what = text!("nothing was written: before stage {} comes {}", stage, pending.into());
    Failure::new(FailureCode::Stage, what).outcome(Outcome::Refused).hint("apply the earlier stage first")
}
