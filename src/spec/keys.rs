//! The keys of a spec beside those of its objects, and what a file inherits of each from the file that it extends. A key that is missing
//! here is no key, so that one which loosens a guard is never inherited by being new.

use crate::object::RESOURCE_TYPES;

/// What becomes of a key of a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inheritance {
    /// It is inherited: a table key by key, anything else as a whole. The nearer file's wins.
    Merged,
    /// The same, and where a nearer file has this other key instead, it gives way.
    Or(&'static str),
    /// It speaks of the file in which it stands.
    Own,
}

/// Every key of a spec beside those of its objects, which are inherited key by key.
pub(super) const KEYS: [(&str, Inheritance); 7] = [
    ("pat_env", Inheritance::Or("pat_file")),
    ("pat_file", Inheritance::Or("pat_env")),
    ("cluster", Inheritance::Merged),
    ("extends", Inheritance::Own),
    ("unset", Inheritance::Own),
    ("template", Inheritance::Own),
    // A base that lets a spec go first would let all go first that extend it.
    ("policy", Inheritance::Own),
];

/// The values that are paths: a relative one starts at the folder of the file that sets it.
pub(super) const PATHS: [(&str, Option<&str>); 2] = [("pat_file", None), ("cluster", Some("kubeconfig"))];

/// Every key that a spec may have.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    RESOURCE_TYPES.iter().map(|of| of.spec_key).chain(KEYS.iter().map(|(key, _)| *key))
}
