//! What may block, a file, a pipe or a terminal, is done off the runtime's thread: so that signals are heard and the run's time ends.

use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::text;

/// Does the work on a thread of its own and waits for it, as long as the run has time. Work that does not end is left behind, and ends with
/// the process.
///
/// # Errors
/// The run's time is over. `what` says what was being done.
pub async fn within<T: Send + 'static>(
    deadline: &Deadline,
    what: impl Into<Text>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let limit = deadline.remaining();
    match tokio::time::timeout(limit, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => Ok(done),
        // A panic of the work's is one of ours.
        Ok(Err(error)) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Failure::new(FailureCode::Interrupted, "the work was broken off")),
        },
        Err(_) => {
            let what = text!("{} did not end within {}", what.into(), deadline.in_words(limit));
            Err(Failure::new(FailureCode::Timeout, what)
                .hint("is it a pipe or a terminal that nobody writes to? --timeout sets how long konnect waits"))
        }
    }
}
