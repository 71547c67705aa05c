//! All that is wrong with what was named, and no more of it than is read.

use crate::outcome::{Failure, FailureCode};
use crate::text;

/// The most that are told one by one.
const MOST: usize = 20;

/// What went wrong so far.
#[derive(Default)]
pub(super) struct Problems {
    first: Vec<Failure>,
    more: usize,
}

impl Problems {
    pub(super) fn add(&mut self, failure: Failure) {
        if self.first.len() < MOST {
            self.first.push(failure);
        } else {
            self.more += 1;
        }
    }

    /// # Errors
    /// There are some.
    pub(super) fn none(mut self) -> Result<(), Vec<Failure>> {
        if self.more > 0 {
            let what = text!("{} more files and folders can't be used", self.more);
            self.first.push(Failure::new(FailureCode::Spec, what).hint("correct the first ones, then run again"));
        }
        if self.first.is_empty() { Ok(()) } else { Err(self.first) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}
