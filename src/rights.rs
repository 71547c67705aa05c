//! Before the first write: whether we have every right that all the writes need.

use std::collections::BTreeSet;

use crate::cluster::{Cluster, in_parallel};
use crate::object::ObjectRef;
use crate::outcome::Failure;
use crate::plan::{self, Change, Plan};
use crate::write;

/// The objects that we may write, as far as it was asked for. What is missing here may be allowed all the same.
pub type Granted = BTreeSet<ObjectRef>;

/// Asks for every right of the writes of these changes, in one parallel round. An answer that does not come grants nothing.
pub async fn granted(cluster: &Cluster, changes: &[&Change]) -> Granted {
    let needed = needed(changes);
    let answers = in_parallel(needed.iter().map(|(change, verb)| write::allowed(cluster, verb, change))).await;
    let refused: BTreeSet<&ObjectRef> = needed
        .iter()
        .zip(&answers)
        .filter(|(_, allowed)| !matches!(allowed, Ok(Some(true))))
        .map(|((change, _), _)| &change.wanted.object)
        .collect();
    let objects = changes.iter().map(|change| &change.wanted.object);
    objects.filter(|object| !refused.contains(object)).cloned().collect()
}

/// Asks for every right of these writes that is not known yet, in one parallel round.
///
/// # Errors
/// All missing rights at once, or no answer.
pub async fn missing_rights(cluster: &Cluster, plan: &Plan, writes: &[&Change], granted: &Granted) -> Result<(), Failure> {
    let unknown: Vec<&Change> = writes.iter().copied().filter(|change| !granted.contains(&change.wanted.object)).collect();
    let needed = needed(&unknown);
    let answers = in_parallel(needed.iter().map(|(change, verb)| write::allowed(cluster, verb, change))).await;
    let mut missing = Vec::new();
    for ((change, verb), allowed) in needed.into_iter().zip(answers) {
        // A server that does not say is asked by the write itself.
        if allowed? == Some(false) {
            missing.push((verb, change));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(plan::missing_rights(plan, &missing)) }
}

fn needed<'a>(changes: &[&'a Change]) -> Vec<(&'a Change, &'static str)> {
    changes.iter().flat_map(|change| write::verbs(change).iter().map(move |verb| (*change, *verb))).collect()
}
