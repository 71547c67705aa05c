//! What a deleted namespace waits for, as the conditions of its status say it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Found;
use crate::clock;
use crate::finalizers::listed;
use crate::object::meta;
use crate::resource::NAMESPACE;
use crate::store::Store;

/// Says in its status what holds the namespace.
pub fn explain(store: &mut Store, mut namespace: Value, left: &[Found], now: Timestamp) {
    let mut resources: BTreeMap<&str, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, object) in left {
        *resources.entry(row.plural).or_default() += 1;
        for finalizer in listed(&object["metadata"]["finalizers"]) {
            *finalizers.entry(finalizer).or_default() += 1;
        }
    }
    let joined = |counts: &BTreeMap<&str, usize>, between: &str| {
        let parts = counts.iter().map(|(what, count)| format!("{what}{between}{count} resource instances"));
        parts.collect::<Vec<_>>().join(", ")
    };
    let remaining = format!("Some resources are remaining: {}", joined(&resources, ". has "));
    let holding = format!("Some content in the namespace has finalizers remaining: {}", joined(&finalizers, " in "));
    let conditions = [
        ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", &remaining),
        ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", &holding),
    ];
    let said =
        |message: &str| namespace["status"]["conditions"].as_array().into_iter().flatten().any(|c| c["message"] == message);
    if said(&remaining) && said(&holding) {
        return;
    }
    let time = clock::written(now);
    let condition = |(kind, status, reason, message): (&str, &str, &str, &str)| json!({"type": kind, "status": status, "lastTransitionTime": time, "reason": reason, "message": message});
    namespace["status"]["conditions"] = conditions.into_iter().map(condition).collect();
    let name = meta(&namespace, "name").to_owned();
    store.put(&NAMESPACE, "", &name, namespace);
}
