//! A watch while it runs: it sends each event of its interest as a line, until its time is over or nobody listens any more.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::body::Body;
use super::cluster::Cluster;
use super::watch::Watch;

/// How many events may wait for a slow client.
const WAITING: usize = 16;
/// How often a watch that takes bookmarks gets one, as on a real server: about every minute, and shortly before it ends.
const BETWEEN_BOOKMARKS: Duration = Duration::from_secs(60);
const BEFORE_THE_END: Duration = Duration::from_secs(2);

/// Starts a watch by the server's clock. It ends with the body.
pub fn start(cluster: Arc<Cluster>, mut watch: Watch, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Body {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        // An error: nobody listens any more.
        let _ = run(&cluster, &mut watch, &clock, &sender).await;
    });
    Body::of_parts(receiver)
}

type Sent = Result<(), mpsc::error::SendError<Bytes>>;

async fn run(
    cluster: &Arc<Cluster>,
    watch: &mut Watch,
    clock: &(impl Fn() -> Timestamp + Sync),
    sender: &mpsc::Sender<Bytes>,
) -> Sent {
    let _awake = cluster.keep_looking();
    let mut histories = cluster.histories();
    for event in watch.first() {
        sender.send(line(event)).await?;
    }
    let end = Instant::now() + watch.timeout;
    let mut bookmark = next_bookmark(watch, end);
    let (era, mut revision) = watch.start();
    loop {
        let history = histories.borrow_and_update().clone();
        match history.after(era, revision) {
            Ok(changes) => {
                for change in changes {
                    if let Some(event) = watch.event(change, clock()) {
                        sender.send(line(&event)).await?;
                    }
                }
            }
            Err(gone) => return sender.send(line(&Watch::expired(revision, gone))).await,
        }
        revision = revision.max(history.newest());
        tokio::select! {
            changed = histories.changed() => if changed.is_err() { return Ok(()) },
            () = sleep_until(bookmark.unwrap_or(end)), if bookmark.is_some() => {
                if let Some(event) = watch.bookmark(revision, clock()) {
                    sender.send(line(&event)).await?;
                }
                bookmark = next_bookmark(watch, end);
            }
            () = sleep_until(end) => return Ok(()),
            () = sender.closed() => return Ok(()),
        }
    }
}

/// When the next bookmark is due, if any.
fn next_bookmark(watch: &Watch, end: Instant) -> Option<Instant> {
    let now = Instant::now();
    let last = end.checked_sub(BEFORE_THE_END).filter(|last| *last > now);
    let usual = Some(now + BETWEEN_BOOKMARKS).filter(|usual| *usual < end);
    let next = last.into_iter().chain(usual).min();
    next.filter(|_| watch.bookmarks)
}

fn line(event: &Value) -> Bytes {
    Bytes::from(format!("{event}\n"))
}
