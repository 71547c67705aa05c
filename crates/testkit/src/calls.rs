//! Names for the calls of one run.

use std::sync::{Arc, Mutex, PoisonError};

/// A call of one run. Parallel calls come in any order, so each is named by what it is, not by when it came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId {
    /// Method, resource and whether it is a dry run, such as `GET secrets` or `PATCH secrets dry`.
    pub what: String,
    /// Which of its kind it is, from 1.
    pub nth: usize,
}

/// The calls of one run, in order.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<Vec<CallId>>>);

impl CallLog {
    /// Names the call that comes now. `target` is the request's path and query.
    #[must_use]
    pub fn next(&self, method: &str, target: &str) -> CallId {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let resource = match parts.as_slice() {
            [.., "namespaces", "kube-system"] => "kube-system",
            [.., "namespaces", _] => "namespaces",
            [.., "namespaces", _, resource, _] => resource,
            [.., last] => last,
            [] => "",
        };
        let dry = if query.contains("dryRun=All") { " dry" } else { "" };
        let what = format!("{method} {resource}{dry}");
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = 1 + calls.iter().filter(|call| call.what == what).count();
        let call = CallId { what, nth };
        calls.push(call.clone());
        call
    }

    /// Every call so far.
    #[must_use]
    pub fn all(&self) -> Vec<CallId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
