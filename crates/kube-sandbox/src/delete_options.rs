//! The options of a DELETE: their fields, and what is wrong with them.

use serde_json::Value;

use super::cause::Cause;
use super::finalizers::{FOREGROUND, ORPHAN};
use super::request::dry_run;
use super::resource::{Deletion, Resource};
use super::schema::{Merge, Struct, TEXT, Type};
use super::status::Refusal;

static PRECONDITIONS: Struct = Struct {
    name: "Preconditions",
    go: "v1.Preconditions",
    atomic: false,
    fields: &[("uid", Type::Text("types.UID")), ("resourceVersion", TEXT)],
};

/// The body of a DELETE.
pub(super) static SCHEMA: Struct = Struct {
    name: "DeleteOptions",
    go: "v1.DeleteOptions",
    atomic: false,
    fields: &[
        ("kind", TEXT),
        ("apiVersion", TEXT),
        ("gracePeriodSeconds", Type::Int),
        ("preconditions", Type::Struct(&PRECONDITIONS)),
        ("orphanDependents", Type::Bool),
        ("propagationPolicy", Type::Text("v1.DeletionPropagation")),
        ("dryRun", Type::List(&TEXT, Merge::Atomic, "[]string")),
    ],
};

/// The same in protobuf.
#[cfg(feature = "kubectl")]
pub(super) const PROTOBUF: super::wire::Message = {
    use super::wire::Wire;
    &[
        (1, "gracePeriodSeconds", Wire::Number),
        (2, "preconditions", Wire::Message(&[(1, "uid", Wire::OptionalText), (2, "resourceVersion", Wire::OptionalText)])),
        (3, "orphanDependents", Wire::Bool),
        (4, "propagationPolicy", Wire::OptionalText),
        (5, "dryRun", Wire::Texts),
    ]
};

/// The options of a DELETE.
#[derive(Clone, Debug, Default)]
pub(super) struct DeleteOptions {
    /// The uid that the object must have.
    pub uid: Option<String>,
    /// The resourceVersion that the object must have.
    pub version: Option<String>,
    /// `orphanDependents`, which `propagationPolicy` has replaced.
    pub orphan_dependents: Option<bool>,
    policy: Option<String>,
    /// `dryRun=All`.
    pub dry_run: bool,
}

impl DeleteOptions {
    /// The options of a body or a query, or 422 with everything that is wrong with them.
    pub fn checked(options: &Value) -> Result<Self, Refusal> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut causes = Vec::new();
        let policy = text(&options["propagationPolicy"]);
        let orphan_dependents = options["orphanDependents"].as_bool();
        if let Some(policy) = &policy {
            let shown = format!("{policy:?}");
            if orphan_dependents.is_some() {
                let why = "orphanDependents and deletionPropagation cannot be both set";
                causes.push(Cause::invalid("propagationPolicy", policy, why));
            }
            if !["Foreground", "Background", "Orphan"].contains(&policy.as_str()) {
                let supported = "\"Foreground\", \"Background\", \"Orphan\", \"nil\"";
                causes.push(Cause::not_supported("propagationPolicy", &shown, supported));
            }
        }
        let dry: Vec<&str> = options["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let dry_run = dry_run(&dry, &mut causes);
        if !causes.is_empty() {
            return Err(Refusal::invalid("meta.k8s.io", "DeleteOptions", "", &causes));
        }
        let (uid, version) = (text(&options["preconditions"]["uid"]), text(&options["preconditions"]["resourceVersion"]));
        Ok(Self { uid, version, orphan_dependents, policy, dry_run })
    }

    /// Whether a finalizer should be set. `orphanDependents: false` means foreground deletion for namespaces only.
    pub fn wants(&self, resource: &Resource, finalizer: &str, present: bool) -> bool {
        match (self.orphan_dependents, self.policy.as_deref()) {
            (Some(true), _) => finalizer == ORPHAN,
            (Some(false), _) => resource.deletion == Deletion::Terminates && finalizer == FOREGROUND,
            (None, Some("Orphan")) => finalizer == ORPHAN,
            (None, Some("Foreground")) => finalizer == FOREGROUND,
            (None, Some(_)) => false,
            (None, None) => present,
        }
    }
}
