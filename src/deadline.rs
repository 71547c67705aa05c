//! The end of a run's time. Waiting for a person to answer does not count.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

// tokio's clock is the system's monotonic one, and stands still where a test says so.
use tokio::time::Instant;

use crate::outside::{Outside, Text};
use crate::text;

/// When a run must have ended.
#[derive(Debug)]
pub struct Deadline {
    total: Duration,
    at: Mutex<Instant>,
}

impl Default for Deadline {
    fn default() -> Self {
        Self::after(Self::DEFAULT)
    }
}

impl Deadline {
    /// What `--timeout` says where it is not given.
    pub const DEFAULT: Duration = Duration::from_secs(120);

    /// The run may take this long from now.
    #[must_use]
    pub fn after(total: Duration) -> Self {
        Self { total, at: Mutex::new(Instant::now() + total) }
    }

    /// Another one that ends when this one does, and is moved by itself.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { total: self.total, at: Mutex::new(*self.at.lock().unwrap_or_else(PoisonError::into_inner)) }
    }

    /// What is left; zero once it is over.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).saturating_duration_since(Instant::now())
    }

    /// Moves the end: time spent waiting for a person does not count.
    pub fn extend(&self, by: Duration) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// How a limit that passed is said: as the whole run's time where that was what ended it.
    #[must_use]
    pub fn in_words(&self, limit: Duration) -> Text {
        if self.remaining().is_zero() {
            text!("the run's {} (--timeout)", Outside::new(format!("{:?}", self.total)))
        } else {
            text!("{} s", limit.as_secs())
        }
    }
}
