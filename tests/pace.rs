//! How fast a cluster is asked, and what becomes of a run that is told to slow down: over the sandbox, with a clock that stands still.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use konnect::cluster::{Cluster, Notice, PARALLELISM, Sent};
use konnect::deadline::Deadline;
use konnect::outcome::FailureCode;
use kube_sandbox::Sandbox;
use kube_sandbox::faults::{Canned, Faulty, Injection, RequestKey};
use tokio::time::Instant;

const PATH: &str = "/api/v1/namespaces/kube-system";

fn busy(retry_after: Option<&'static str>) -> Injection {
    Injection::Instead(Canned { code: 429, content_type: "text/plain", retry_after, body: "Too many requests".to_owned() })
}

/// A cluster that does that to its requests, within so many seconds, and what it tells.
fn cluster(
    seconds: u64,
    decide: impl Fn(&RequestKey) -> Injection + Send + Sync + 'static,
) -> (Cluster, Faulty<Sandbox>, Arc<Mutex<Vec<Notice>>>) {
    let faulty = Faulty::new(Sandbox::in_memory(), decide);
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let client = kube::Client::new(faulty.clone(), "default");
    let notices = Arc::new(move |notice| heard.lock().expect("no panic").push(notice));
    let deadline = Deadline::after(Duration::from_secs(seconds));
    (Cluster::over(client, "c", "s", deadline, notices), faulty, told)
}

fn retries(told: &Mutex<Vec<Notice>>) -> usize {
    told.lock().expect("no panic").iter().filter(|notice| matches!(notice, Notice::Retry(_))).count()
}

async fn codes(cluster: &Cluster, requests: usize) -> Vec<Result<u16, FailureCode>> {
    let one = |_| async { cluster.get(PATH).await.map(|answer| answer.code).map_err(|failure| failure.code) };
    join_all((0..requests).map(one)).await
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_busy_slows_all_requests_and_fails_none() {
    // Far more refusals than four for each request, and than the budget of all.
    let (cluster, faulty, told) = cluster(600, |call| if call.nth <= 900 { busy(Some("2")) } else { Injection::None });
    let began = Instant::now();
    assert_eq!(codes(&cluster, 100).await, vec![Ok(200); 100]);
    assert_eq!(faulty.calls().len(), 1_000);
    // Sixteen are refused at once, then all wait: 900 refusals are 57 waits, each of which is told once.
    let waits = 900_usize.div_ceil(PARALLELISM);
    assert_eq!(began.elapsed().as_secs(), 2 * waits as u64);
    assert_eq!(retries(&told), waits);
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_busy_is_waited_for_until_the_time_is_over() {
    let (cluster, faulty, _) = cluster(120, |_| busy(Some("7")));
    let began = Instant::now();
    assert_eq!(codes(&cluster, 1).await, [Err(FailureCode::Unavailable)]);
    // The eighteenth wait could not end in time.
    assert_eq!((began.elapsed().as_secs(), faulty.calls().len()), (17 * 7, 18));
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_say_when_to_come_again_is_given_up() {
    let (cluster, faulty, _) = cluster(120, |_| busy(None));
    assert_eq!(codes(&cluster, 1).await, [Err(FailureCode::Unavailable)]);
    assert_eq!(faulty.calls().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_write_waits_too_and_is_sent_once() {
    let (cluster, faulty, _) = cluster(120, |call| if call.nth <= 9 { busy(Some("3")) } else { Injection::None });
    let body = br#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kong"}}"#;
    let sent = cluster.apply_patch("/api/v1/namespaces/kong?fieldManager=konnect&force=false", body).await.expect("sent");
    assert!(matches!(sent, Sent::Answered(answer) if answer.code == 201));
    assert_eq!((faulty.calls().len(), faulty.written().len()), (10, 1));
}

/// Retries are a share of what is sent, so that a long run stands what a short one does.
#[tokio::test(start_paused = true)]
async fn a_tenth_that_fails_is_too_much_for_no_run() {
    let (cluster, _, _) = cluster(600, |call| if call.nth % 10 == 0 { Injection::ClosedBefore } else { Injection::None });
    assert_eq!(codes(&cluster, 1_000).await, vec![Ok(200); 1_000]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_has_only_so_many_requests_at_a_time_whoever_sends_them() {
    for (parallelism, most) in [(None, PARALLELISM), (Some(3), 3), (Some(0), 1)] {
        let (under_way, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, highest) = (Arc::clone(&under_way), Arc::clone(&seen));
        let (cluster, _, _) = cluster(600, move |_| {
            highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let now = Arc::clone(&now);
            Injection::First(Arc::new(move || {
                let now = Arc::clone(&now);
                Box::pin(async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                })
            }))
        });
        let cluster = match parallelism {
            Some(limit) => cluster.at_most(limit),
            None => cluster,
        };
        // Another end of its time makes it no other cluster.
        let later = cluster.until(Deadline::after(Duration::from_secs(900)));
        let (ours, theirs) = tokio::join!(codes(&cluster, 40), codes(&later, 40));
        assert_eq!([ours, theirs].concat(), vec![Ok(200); 80]);
        assert_eq!(seen.load(Ordering::SeqCst), most);
    }
}
