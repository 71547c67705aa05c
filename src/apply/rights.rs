//! Before the first write: whether we have every right that all the writes need.

use super::Revalidated;
use crate::cluster::{Cluster, in_parallel};
use crate::outcome::Failure;
use crate::plan::{self, Change};
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
            missing.push((verb, change));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(plan::missing_rights(&revalidated.plan, &missing)) }
}
