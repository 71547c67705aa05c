//! How often, and after how long, a request is sent again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::HeaderMap;

/// The first wait; it doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// A request is sent at most this many times again.
const PER_REQUEST: u32 = 4;
/// All of a cluster's requests together are sent at most this many times again, and one more for every so many requests: what goes wrong
/// now and then goes wrong more often in a long run.
const AT_LEAST: u32 = 20;
const ONE_IN: u32 = 5;
/// The longest wait a server may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

/// What is left of a cluster's retries.
#[derive(Debug, Default)]
pub struct Budget {
    requests: AtomicU32,
    used: AtomicU32,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Wait, then try again.
    For(Duration),
    /// Don't try again.
    GiveUp,
}

impl Budget {
    /// Counts a request that is sent for the first time.
    pub fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Decides after the `attempt`-th failure of a request (from 1).
    #[must_use]
    pub fn wait(&self, attempt: u32, retry_after: Option<Duration>, remaining: Duration) -> Wait {
        let wait = retry_after.map_or(FIRST_WAIT * 2_u32.pow(attempt.clamp(1, 8) - 1), obeyed);
        // Not worth beginning what can't end in time.
        if attempt > PER_REQUEST || wait >= remaining {
            return Wait::GiveUp;
        }
        let most = AT_LEAST + self.requests.load(Ordering::Relaxed) / ONE_IN;
        if self.used.fetch_add(1, Ordering::Relaxed) >= most { Wait::GiveUp } else { Wait::For(wait) }
    }
}

/// How long a wait of the server's choice is.
#[must_use]
pub fn obeyed(asked: Duration) -> Duration {
    asked.clamp(FIRST_WAIT, LONGEST_RETRY_AFTER)
}

/// The header's seconds. Its other form, a date, needs two clocks that agree, and the API server doesn't send it.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Duration = Duration::from_secs(600);

    #[test]
    fn waits_double_and_end() {
        let budget = Budget::default();
        let waits: Vec<Wait> = (1..=5).map(|attempt| budget.wait(attempt, None, PLENTY)).collect();
        let ms = |ms| Wait::For(Duration::from_millis(ms));
        assert_eq!(waits, [ms(200), ms(400), ms(800), ms(1600), Wait::GiveUp]);
    }

    #[test]
    fn the_server_s_wish_is_capped() {
        let wait = Budget::default().wait(1, Some(Duration::from_secs(3600)), PLENTY);
        assert_eq!(wait, Wait::For(LONGEST_RETRY_AFTER));
    }

    #[test]
    fn nothing_is_begun_that_can_t_end_in_time() {
        assert_eq!(Budget::default().wait(1, None, Duration::from_millis(100)), Wait::GiveUp);
    }

    #[test]
    fn the_cluster_has_one_budget_and_it_grows_with_the_requests() {
        for (requests, most) in [(0, 20), (4, 20), (5, 21), (3_000, 620)] {
            let budget = Budget::default();
            (0..requests).for_each(|_| budget.add_request());
            let tries = (0..1_000).filter(|_| budget.wait(1, None, PLENTY) != Wait::GiveUp).count();
            assert_eq!(tries, most, "{requests} requests");
        }
    }
}
