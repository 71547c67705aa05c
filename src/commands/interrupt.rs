//! Ctrl-C and SIGTERM: the first ends what changes nothing at once, and lets the writes under way finish; the second ends the process.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use super::context::RunContext;
use crate::outcome::{Failure, FailureCode, Outcome};

/// Whether somebody wants us to stop.
pub(super) struct Interrupt {
    requested: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Interrupt {
    /// Starts to listen, where the run is the process's own. Must be called inside the runtime.
    pub(super) fn listen(context: &RunContext) -> Self {
        let interrupt = Self { requested: Arc::new(AtomicBool::new(false)), notify: Arc::new(Notify::new()) };
        let (requested, notify) = (Arc::clone(&interrupt.requested), Arc::clone(&interrupt.notify));
        if !context.is_process() {
            return interrupt;
        }
        // Without signals to listen for, the system's default, to end at once, stays in place.
        if let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
            tokio::spawn(async move {
                loop {
                    tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
                    if requested.swap(true, Ordering::SeqCst) {
                        std::process::exit(i32::from(Outcome::Interrupted.code()));
                    }
                    notify.notify_waiters();
                }
            });
        }
        interrupt
    }

    /// Set once somebody wants us to stop.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.requested
    }

    /// Ends once somebody wants us to stop.
    pub(super) async fn requested(&self) {
        let notified = self.notify.notified();
        if !self.requested.load(Ordering::SeqCst) {
            notified.await;
        }
    }

    /// Runs what may be broken off anywhere: nothing is written in it.
    pub(super) async fn or_stop<T, E: From<Failure>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let interrupted = || Failure::new(FailureCode::Interrupted, "interrupted; nothing was written");
        let notified = self.notify.notified();
        if self.requested.load(Ordering::SeqCst) {
            return Err(interrupted().into());
        }
        tokio::select! {
            result = work => result,
            () = notified => Err(interrupted().into()),
        }
    }
}
