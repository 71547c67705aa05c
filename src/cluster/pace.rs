//! How fast one cluster is asked: so many requests at a time, whoever sends them, and none while the server wants to be left alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
// It stands still where a test says so.
use tokio::time::Instant;

/// How many requests are under way at a time, where nothing else is said.
pub const PARALLELISM: usize = 16;

/// What all requests to one cluster share.
#[derive(Debug)]
pub struct Pace {
    parallelism: usize,
    places: Semaphore,
    /// No request is sent before.
    held_until: Mutex<Option<Instant>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(PARALLELISM)
    }
}

impl Pace {
    /// At most so many requests at a time; at least one.
    #[must_use]
    pub fn of(parallelism: usize) -> Self {
        let parallelism = parallelism.clamp(1, Semaphore::MAX_PERMITS);
        Self { parallelism, places: Semaphore::new(parallelism), held_until: Mutex::default() }
    }

    /// How many requests are under way at a time.
    pub const fn parallelism(&self) -> usize {
        self.parallelism
    }

    /// Waits for a place among the requests under way, first come, first served; it is taken as long as the answer is held. `None`: there was
    /// none in this time.
    pub async fn turn(&self, limit: Duration) -> Option<SemaphorePermit<'_>> {
        let turn = async {
            let place = self.places.acquire().await.ok()?;
            // Whoever waits for the server keeps its place, so that those behind it don't overtake.
            while let Some(until) = self.held() {
                tokio::time::sleep_until(until).await;
            }
            Some(place)
        };
        tokio::time::timeout(limit, turn).await.ok().flatten()
    }

    /// Sends nothing for this long: the server asked for that. Says whether that is news.
    pub fn hold(&self, wait: Duration) -> bool {
        let (was_held, until) = (self.held().is_some(), Instant::now() + wait);
        let mut held_until = self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        *held_until = held_until.max(Some(until));
        !was_held
    }

    fn held(&self) -> Option<Instant> {
        self.held_until.lock().unwrap_or_else(PoisonError::into_inner).filter(|until| *until > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_secs(600);

    #[tokio::test(start_paused = true)]
    async fn no_more_than_that_at_a_time_and_in_their_order() {
        let (pace, under_way, most) = (Pace::of(3), AtomicUsize::new(0), AtomicUsize::new(0));
        let order = Mutex::new(Vec::new());
        let request = |number: usize| {
            let (pace, under_way, most, order) = (&pace, &under_way, &most, &order);
            async move {
                let _place = pace.turn(LONG).await.expect("a place");
                order.lock().expect("no panic").push(number);
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                under_way.fetch_sub(1, Ordering::SeqCst);
            }
        };
        join_all((0..20).map(request)).await;
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert_eq!(*order.lock().expect("no panic"), (0..20).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn all_wait_while_the_server_wants_to_be_left_alone() {
        let pace = Pace::of(2);
        assert!(pace.hold(Duration::from_secs(5)), "the first word of it");
        assert!(!pace.hold(Duration::from_secs(7)) && !pace.hold(Duration::from_secs(1)), "no news");
        let began = Instant::now();
        drop(join_all((0..5).map(|_| async { pace.turn(LONG).await.is_some() })).await);
        assert_eq!(began.elapsed().as_secs(), 7);
        assert!(pace.hold(Duration::from_secs(1)), "it is over, and begins again");
        assert!(pace.turn(Duration::from_millis(10)).await.is_none(), "not in that time");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_no_place_in_time_is_told() {
        let pace = Pace::of(0);
        let place = pace.turn(LONG).await;
        assert!(place.is_some() && pace.turn(Duration::from_secs(1)).await.is_none());
        drop(place);
        assert!(pace.turn(Duration::from_secs(1)).await.is_some());
    }
}
