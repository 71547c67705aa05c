//! What stops an apply before any write: a plan that can't be carried out, or nobody who approves it.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::time::Instant;

use super::super::run::Run;
use crate::apply::{ApplyContext, Revalidated, look_again};
use crate::cluster::Cluster;
use crate::outcome::{Failure, FailureCode};
use crate::plan::Plan;
use crate::text;
use crate::view::Event;

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: u64 = 1024;

/// Asks, and looks at the cluster again, since an answer takes time. `None` if the answer was not `yes`.
pub(super) async fn approve(
    run: &Run,
    cluster: &Cluster,
    plan: Plan,
    context: ApplyContext<'_>,
) -> Result<Option<Revalidated>, Failure> {
    if !run.or_stop(ask(run, cluster, &plan)).await? {
        run.emit(Event::Cancelled);
        return Ok(None);
    }
    run.or_stop(look_again(cluster, plan, context)).await.map(Some)
}

/// Asks on the terminal. Only `yes` goes on.
async fn ask(run: &Run, cluster: &Cluster, plan: &Plan) -> Result<bool, Failure> {
    let refused = |what: &'static str| Failure::new(FailureCode::NotApproved, text!("nothing was written: {}", what));
    if let Some(why) = run.reporter().nobody_to_ask() {
        return Err(refused(why).hint("pass --auto-approve, or a saved plan"));
    }
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask on").hint("pass --auto-approve to apply without being asked"));
    }
    run.emit(Event::Asked { cluster: &plan.cluster });
    let asked = Instant::now();
    let (send, answer) = tokio::sync::oneshot::channel();
    // A thread of its own: a read of the terminal can't be broken off, and must not keep Ctrl-C waiting.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().take(MAX_ANSWER_BYTES).read_line(&mut line);
        let _ = send.send(read.map(|_| line));
    });
    let line = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    cluster.deadline.extend(asked.elapsed());
    Ok(line.trim() == "yes")
}
