//! Before the first write: whether we have every right that all the writes need.

use super::Revalidated;
use crate::cluster::{Cluster, in_parallel};
use crate::object::ObjectRef;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::plan::Change;
use crate::text;
use crate::write;

/// Asks for every right of every planned write, in one parallel round.
///
/// # Errors
/// All missing rights at once, or no answer.
pub async fn missing_rights(cluster: &Cluster, revalidated: &Revalidated) -> Result<(), Failure> {
    let needed: Vec<(&Change, &'static str)> =
        revalidated.writes().flat_map(|change| write::verbs(change).iter().map(move |verb| (change, *verb))).collect();
    let answers = in_parallel(needed.iter().map(|(change, verb)| write::allowed(cluster, verb, change))).await;
    let mut missing = Vec::new();
    for ((change, verb), allowed) in needed.into_iter().zip(answers) {
        // A server that does not say is asked by the write itself.
        if allowed? == Some(false) {
            missing.push(words(verb, change));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        FailureCode::Permission,
        text!("missing permissions, nothing was written:\n  - {}", Text::join(missing, "\n  - ")),
    )
    .hint("ask the cluster's administrator for these rights, or choose another context with --context"))
}

fn words(verb: &'static str, change: &Change) -> Text {
    let ObjectRef { resource, namespace, name } = &change.wanted.object;
    match namespace {
        Some(namespace) => text!("{} {} {} in namespace {}", verb, resource.plural, name, namespace),
        None => text!("{} {} {}", verb, resource.plural, name),
    }
}
