//! Finalizers: the standard ones, and the rule for the others.

use serde_json::Value;

use super::cause::Cause;

/// Keeps an object until its dependents are no longer its own.
pub(crate) const ORPHAN: &str = "orphan";
/// Keeps an object until its dependents are deleted.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
const STANDARD: [&str; 3] = ["kubernetes", ORPHAN, FOREGROUND];

/// What is wrong with a finalizer that has no domain and is no standard one.
pub(crate) fn unqualified(finalizer: &str, field: &str) -> Option<Cause> {
    let known = finalizer.contains('/') || STANDARD.contains(&finalizer);
    let why = "name is neither a standard finalizer name nor is it fully qualified";
    (!known).then(|| Cause::invalid(field, finalizer, why))
}

/// The finalizers of a list.
pub(crate) fn listed(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
