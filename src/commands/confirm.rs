//! Reads everything again after the writes: an apply is done when a plan is empty.

use super::run::Run;
use crate::cluster::Cluster;
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Text;
use crate::plan::Action;
use crate::session::Session;
use crate::text;
use crate::view::Event;

/// Confirms what was written, or says why it could not.
pub(super) async fn confirm(run: &Run, cluster: &Cluster, session: &Session) -> Outcome {
    match read_again(cluster, session).await {
        Ok(()) => {
            run.emit(Event::Confirmed);
            Outcome::Done
        }
        Err(failure) => {
            run.emit(Event::Failed(&failure));
            failure.outcome
        }
    }
}

/// Reads all of it again.
///
/// # Errors
/// It can't be read, or is not as wanted.
pub(super) async fn read_again(cluster: &Cluster, session: &Session) -> Result<(), Failure> {
    let what = match session.read(cluster).await {
        Ok(plan) if plan.summary().unknown > 0 => "not all of it could be read".into(),
        Ok(plan) if plan.is_pending() => {
            let changes = plan.changes.iter().filter(|change| change.action != Action::None);
            text!("it already differs again: {}", Text::join(changes.map(|change| change.wanted.object.title()), ", "))
        }
        Ok(_) => return Ok(()),
        Err(failure) => failure.what,
    };
    let what = text!("everything was written, but reading it again did not confirm it: {}", what);
    Err(Failure::new(FailureCode::Unconfirmed, what).hint("run `konnect plan` to see what is there"))
}
