//! The command that carries out the plan that was just shown: what was typed for the plan and matters to apply, each word fit for a shell.

use std::time::Duration;

use crate::cli::{ChoiceArgs, ClusterArgs, PlanArgs, SelectArgs, SpecArgs, TrustArgs};
use crate::cluster::PARALLELISM;
use crate::deadline::Deadline;
use crate::fleet::{Fleet, FleetSpec};
use crate::outside::{Outside, Text};
use crate::plan::{ComputedBecause, Plan, Verification};
use crate::saved_plan::SavedPlan;
use crate::text;

/// The spec that is read where none is named.
const DEFAULT_SPEC: &str = "konnect.toml";

/// What applies a spec as this plan read it. `None` where an apply would be refused, as far as the plan can tell.
pub(super) fn of_spec(args: &PlanArgs, plan: &Plan) -> Option<Vec<Text>> {
    let PlanArgs { spec, trust, cluster, format: _, detailed_exitcode: _, limit: _, out: _, expires: _, part: _, screen: _ } =
        args;
    let TrustArgs { untrusted_spec, allow_context: _, allow_pat_env: _ } = trust;
    let SpecArgs { select, pat_stdin, accept_any_token: _, take_over } = spec;
    let file = select.first();
    // With the token on standard input nobody can answer: such a plan is saved, to be applied.
    if !plan.is_applyable() || *untrusted_spec || *pat_stdin || forbidden(plan) {
        return None;
    }
    let mut command = konnect_apply();
    if *file != *DEFAULT_SPEC {
        command.extend(["-f".into(), Text::shell_path(file)]);
    }
    accepting(&mut command, spec);
    for field in take_over {
        let field = text!("{}.{}", field.resource.spec_key, field.field.dotted());
        command.extend(["--take-over".into(), Text::shell_word(field)]);
    }
    choosing(&mut command, cluster);
    reaching(&mut command, cluster);
    Some(command)
}

/// What applies many specs as this plan read them. `None` where an apply would be refused, as far as the plans can tell.
pub(super) fn of_many(args: &PlanArgs, fleet: &Fleet) -> Option<Vec<Text>> {
    let SpecArgs { select, pat_stdin, accept_any_token: _, take_over } = &args.spec;
    let refused = |spec: &FleetSpec| match spec.plan() {
        None => true,
        Some(plan) => !plan.refusals().is_empty() || forbidden(plan),
    };
    let is_refused = fleet.specs.iter().any(refused) || args.trust.untrusted_spec || *pat_stdin || !take_over.is_empty();
    if is_refused || fleet.written().next().is_none() {
        return None;
    }
    let mut command = konnect_apply();
    let SelectArgs { file, only, except } = select;
    command.extend(file.iter().flat_map(|file| ["-f".into(), Text::shell_path(file)]));
    for (flag, patterns) in [("--only", only), ("--except", except)] {
        command.extend(patterns.iter().flat_map(|pattern| [flag.into(), Text::shell_word(pattern.typed())]));
    }
    if let Some(partition) = args.part.partition {
        command.extend(["--partition".into(), partition.typed()]);
    }
    accepting(&mut command, &args.spec);
    choosing(&mut command, &args.cluster);
    reaching(&mut command, &args.cluster);
    Some(command)
}

fn choosing(command: &mut Vec<Text>, ClusterArgs { choice, sandbox: _, parallelism: _ }: &ClusterArgs) {
    let ChoiceArgs { context, kubeconfig, timeout: _ } = choice;
    for (flag, value) in [("--context", context), ("--kubeconfig", kubeconfig)] {
        if let Some(value) = value {
            command.extend([flag.into(), Text::shell_word(value)]);
        }
    }
}

/// Whether this user may not write something that the plan changes: another one has to apply it.
pub(super) fn forbidden(plan: &Plan) -> bool {
    let of_writes = plan.changes.iter().filter(|change| change.is_written());
    of_writes.map(|change| &change.verification).any(|how| *how == Verification::Computed(ComputedBecause::NoPermission))
}

/// What applies the plan that was saved. It knows its spec, its context and its kubeconfig by itself.
pub(super) fn of_saved<'p>(args: &PlanArgs, plans: impl IntoIterator<Item = &'p Plan>, digest: &str) -> Option<Vec<Text>> {
    let mut flags = Vec::new();
    accepting(&mut flags, &args.spec);
    reaching(&mut flags, &args.cluster);
    of_file(args.out.as_ref()?, plans, flags, digest)
}

/// What applies a plan that somebody saved.
pub(super) fn of_shown(path: &Outside, saved: &SavedPlan, digest: &str) -> Option<Vec<Text>> {
    let plans = saved.specs.iter().map(|spec| &spec.plan);
    of_file(path, plans, saved.sandbox().map(sandbox_flag).into_iter().collect(), digest)
}

/// The digest stands last: it is what whoever approves the plan compares.
fn of_file<'p>(path: &Outside, plans: impl IntoIterator<Item = &'p Plan>, flags: Vec<Text>, digest: &str) -> Option<Vec<Text>> {
    let (applyable, others): (Vec<&Plan>, Vec<&Plan>) = plans.into_iter().partition(|plan| plan.is_applyable());
    if applyable.is_empty() || others.iter().any(|plan| !plan.refusals().is_empty()) {
        return None;
    }
    let mut command = konnect_apply();
    command.push(Text::shell_path(path));
    command.extend(flags);
    command.extend(["--expect".into(), Text::shell_word(Outside::from(digest))]);
    Some(command)
}

fn konnect_apply() -> Vec<Text> {
    vec!["konnect".into(), "apply".into()]
}

fn accepting(command: &mut Vec<Text>, spec: &SpecArgs) {
    if spec.accept_any_token {
        command.push("--accept-any-token".into());
    }
}

/// What a saved plan does not keep: that it is the sandbox, and the time that the cluster needs.
fn reaching(command: &mut Vec<Text>, ClusterArgs { choice, sandbox, parallelism }: &ClusterArgs) {
    command.extend(sandbox.as_ref().map(sandbox_flag));
    if choice.timeout != Deadline::DEFAULT {
        command.extend(["--timeout".into(), typed(choice.timeout)]);
    }
    if *parallelism != PARALLELISM {
        command.extend(["--parallelism".into(), text!("{}", *parallelism)]);
    }
}

fn sandbox_flag(file: &Outside) -> Text {
    if file.is_empty() { "--sandbox".into() } else { text!("--sandbox={}", Text::shell_word(file)) }
}

fn typed(time: Duration) -> Text {
    if time.subsec_nanos() == 0 { text!("{}s", time.as_secs()) } else { text!("{}ms", time.as_millis()) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn a_duration_is_typed_so_that_it_is_read_back() {
        for typed_by_user in ["2m", "90s", "1500ms", "1h"] {
            let args = |time: &str| match Cli::parse_from(["konnect", "plan", "--timeout", time]).command {
                Command::Plan(args) => args.cluster.choice.timeout,
                other => panic!("{other:?}"),
            };
            assert_eq!(args(&typed(args(typed_by_user)).own_words()), args(typed_by_user));
        }
    }

    #[test]
    fn what_was_not_typed_is_not_repeated() {
        let Command::Plan(args) = Cli::parse_from(["konnect", "plan"]).command else { panic!("plan") };
        assert!(*args.spec.select.first() == *DEFAULT_SPEC && args.cluster.choice.timeout == Deadline::DEFAULT);
        let mut command = konnect_apply();
        reaching(&mut command, &args.cluster);
        assert_eq!(command, konnect_apply());
    }
}
