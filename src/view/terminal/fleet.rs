//! Many specs for people: a line or a heading for each, and what closes all of them.

mod table;

pub use table::table;

use crate::fleet::{Fleet, FleetSpec, SpecResult, Totals};
use crate::outside::{Outside, Text};
use crate::plan::{Plan, Summary};
use crate::text;

/// What is in the way of an environment, in the order in which it is counted.
const IN_THE_WAY: [SpecResult; 4] = [SpecResult::Failed, SpecResult::Unknown, SpecResult::Blocked, SpecResult::Refused];
/// How an environment ends that is not as wanted, in the order in which it is counted.
const NOT_DONE: [SpecResult; 9] = [
    SpecResult::Failed,
    SpecResult::Partial,
    SpecResult::Unknown,
    SpecResult::Blocked,
    SpecResult::Refused,
    SpecResult::Stale,
    SpecResult::Interrupted,
    SpecResult::NotBegun,
    SpecResult::NotConfirmed,
];

/// `envs/prod.toml (prod-eks)`: how a spec is told from the others.
#[must_use]
pub fn name(path: &Outside, context: Option<&Outside>) -> Text {
    match context {
        Some(context) => text!("{} ({})", path, context),
        None => path.into(),
    }
}

/// What is planned for a spec, in a phrase: `no changes`, `3 to add, 1 blocked`, `failed`.
#[must_use]
pub fn phrase(spec: &FleetSpec) -> Text {
    let Some(plan) = spec.plan() else { return spec.result().words().into() };
    let Summary { add, change, destroy, unchanged: _, blocked, unknown } = plan.summary();
    let counts = [(add, "to add"), (change, "to change"), (destroy, "to destroy"), (blocked, "blocked"), (unknown, "unknown")];
    let counts = counted(counts);
    match counts.is_empty() {
        true => unchanged(plan),
        false => counts,
    }
}

fn unchanged(plan: &Plan) -> Text {
    if plan.token_not_compared() {
        return text!("no changes, but the token was not compared: {}", plan.token_unset);
    }
    "no changes".into()
}

/// The last line of a plan of many specs.
#[must_use]
pub fn closing(fleet: &Fleet) -> Text {
    let all = fleet.specs.len();
    let in_the_way = ended(IN_THE_WAY.map(|result| (fleet.count(result), result.words())));
    let Summary { add, change, destroy, unchanged: _, blocked: _, unknown: _ } = fleet.summary();
    if add + change + destroy > 0 {
        let environments = environments(all);
        return text!(
            "Plan: {} to add, {} to change, {} to destroy, in {} of {}.{}",
            add,
            change,
            destroy,
            fleet.written().count(),
            environments,
            in_the_way
        );
    }
    let unchanged = fleet.count(SpecResult::NoChanges);
    let not_compared = match fleet.not_compared() {
        0 => Text::default(),
        1 => ", but 1 token was not compared".into(),
        many => text!(", but {} tokens were not compared", many),
    };
    if all == 0 {
        return "No environment is in this part.".into();
    }
    if unchanged == all && not_compared.is_empty() {
        let (verb, their) = if all == 1 { ("matches", "its spec") } else { ("match", "their specs") };
        text!("No changes. {} {} {}.", environments(all), verb, their)
    } else if fleet.specs.iter().any(|spec| spec.plan().is_some()) {
        text!("No changes in {} of {}{}.{}", unchanged, environments(all), not_compared, in_the_way)
    } else {
        text!("No environment could be planned.{}", in_the_way)
    }
}

/// What is asked before anything is written.
#[must_use]
pub fn question(specs: usize, clusters: usize) -> Text {
    let noun = if clusters == 1 { "cluster" } else { "clusters" };
    text!("Apply to {} in {} {}? Only 'yes' will be accepted: ", environments(specs), clusters, noun)
}

/// How the closing line of an apply begins, and what it says. `results`: how each spec ended.
#[must_use]
pub fn applied(totals: &Totals, results: &[SpecResult]) -> Text {
    let Totals { added, changed, confirmed_by_reading, done_by_another, specs_written, confirmed, complete } = totals;
    let beginning = match (complete, confirmed) {
        (true, true) => "Apply complete!",
        (true, false) => "Apply not confirmed.",
        (false, _) if *specs_written == 0 => "Nothing applied.",
        (false, _) => "Apply incomplete.",
    };
    let beside = ended([(*confirmed_by_reading, "confirmed by reading"), (*done_by_another, "done by another")]);
    let count = |result: SpecResult| results.iter().filter(|one| **one == result).count();
    let not_done = ended(NOT_DONE.map(|result| (count(result), result.words())));
    text!(
        "{} Resources: {} added, {} changed, 0 destroyed, in {}.{}{}",
        beginning,
        added,
        changed,
        environments(*specs_written),
        beside,
        not_done
    )
}

/// `1 environment`, `5 environments`.
fn environments(count: usize) -> Text {
    text!("{} {}", count, if count == 1 { "environment" } else { "environments" })
}

/// Those that are not 0: ` 2 failed, 1 blocked.`
fn ended<const N: usize>(counts: [(usize, &'static str); N]) -> Text {
    let counts = counted(counts);
    if counts.is_empty() { counts } else { text!(" {}.", counts) }
}

/// Those that are not 0: `2 failed, 1 blocked`.
fn counted<const N: usize>(counts: [(usize, &'static str); N]) -> Text {
    let met = counts.into_iter().filter(|(count, _)| *count > 0);
    Text::join(met.map(|(count, words)| text!("{} {}", count, words)), ", ")
}
