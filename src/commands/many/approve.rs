//! One question for all of it, once everything is shown.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::approve::{ask, outside_grade};
use super::super::run::Run;
use super::planning::{Planning, Work};
use crate::cli::Grade;
use crate::fleet::Ending;
use crate::outcome::Failure;
use crate::view::Event;

/// Whether the specs that are to be written may be. Gives how long the answer took; `None` if it was not `yes`.
///
/// # Errors
/// There is nobody to ask.
pub(super) async fn approve(
    run: &Run,
    grade: Option<Grade>,
    planning: &Planning,
    endings: &[Option<Ending>],
) -> Result<Option<Duration>, Failure> {
    let pairs = planning.works.iter().zip(endings);
    let written: Vec<&Work> = pairs.filter(|(_, ending)| ending.is_none()).filter_map(|(work, _)| work.as_ref()).collect();
    let plans: Vec<_> = written.iter().map(|work| &work.made.plan).collect();
    let Some(outside) = outside_grade(grade, &plans) else { return Ok(Some(Duration::ZERO)) };
    let clusters: BTreeSet<usize> = written.iter().map(|work| work.cluster).collect();
    ask(run, Event::AskedFleet { specs: plans.len(), clusters: clusters.len() }, &outside).await
}
