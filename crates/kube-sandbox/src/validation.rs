//! Validation before an object is stored: the server's checks in the server's order. It repeats some of them, and so does this
//! module, since each failed check is a cause of its own in the answer.

use serde_json::Value;

use super::cause::Cause;
use super::finalizers::{self, FOREGROUND, ORPHAN};
use super::names;
use super::object::meta;
use super::resource::{Change, Resource};

const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

/// Checks a new object. The second round of checks runs only if the first finds nothing.
#[must_use]
pub(crate) fn of_create(resource: &Resource, object: &Value) -> Vec<Cause> {
    let causes = whole(resource, object);
    if causes.is_empty() { metadata(resource, object, names::path_segment) } else { causes }
}

/// Checks an update.
#[must_use]
pub(crate) fn of_update(resource: &Resource, change: &Change<'_>) -> Vec<Cause> {
    let Change { new, old, .. } = change;
    let mut causes = metadata(resource, new, names::path_segment);
    causes.extend(metadata_update(new, old));
    if resource.strategy.whole_object_first {
        causes.extend(whole(resource, new));
    }
    causes.extend(strategy_update(new, old));
    causes.extend((resource.strategy.validate_update)(change));
    if !resource.strategy.whole_object_first {
        causes.extend(whole(resource, new));
    }
    causes
}

fn whole(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = metadata(resource, object, resource.strategy.name_rule);
    causes.extend(unqualified_finalizers(object));
    causes.extend((resource.strategy.validate)(object));
    causes
}

/// The metadata again: the rules of every kind repeat these checks.
fn strategy_update(object: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = metadata_update(object, old);
    causes.extend(unqualified_finalizers(object));
    causes
}

fn unqualified_finalizers(object: &Value) -> Vec<Cause> {
    let each = |(i, finalizer): (usize, &str)| finalizers::unqualified(finalizer, &format!("metadata.finalizers[{i}]"));
    finalizers(object).into_iter().enumerate().filter_map(each).collect()
}

fn metadata(resource: &Resource, object: &Value, name_rule: fn(&str) -> Vec<String>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let generated = meta(object, "generateName");
    if !generated.is_empty() {
        // A prefix may end with a dash, a name may not.
        let prefix = generated.strip_suffix('-').map_or_else(|| generated.to_owned(), |p| format!("{p}a"));
        causes.extend(name_rule(&prefix).iter().map(|fault| Cause::invalid("metadata.generateName", generated, fault)));
    }
    match meta(object, "name") {
        "" => causes.push(Cause::required("metadata.name", "name or generateName is required")),
        name => causes.extend(name_rule(name).iter().map(|fault| Cause::invalid("metadata.name", name, fault))),
    }
    if resource.namespaced() {
        let namespace = meta(object, "namespace");
        causes.extend(names::dns_label(namespace).iter().map(|fault| Cause::invalid("metadata.namespace", namespace, fault)));
    }
    if let Some(generation) = object["metadata"].get("generation").and_then(Value::as_i64).filter(|n| *n < 0) {
        let why = "must be greater than or equal to 0";
        causes.push(Cause::invalid_raw("metadata.generation", &generation.to_string(), why));
    }
    causes.extend(labels_and_annotations(object));
    for finalizer in finalizers(object) {
        causes.extend(names::qualified_name(finalizer).iter().map(|f| Cause::invalid("metadata.finalizers", finalizer, f)));
    }
    if let all = finalizers(object)
        && all.contains(&ORPHAN)
        && all.contains(&FOREGROUND)
    {
        let shown = all.iter().map(|f| format!("{f:?}")).collect::<Vec<_>>().join(",");
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        causes.push(Cause::invalid_raw("metadata.finalizers", &format!("[{shown}]"), why));
    }
    causes
}

fn labels_and_annotations(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in pairs(&object["metadata"]["labels"]) {
        causes.extend(names::qualified_name(key).iter().map(|fault| Cause::invalid("metadata.labels", key, fault)));
        causes.extend(names::label_value(value).iter().map(|fault| Cause::invalid("metadata.labels", value, fault)));
    }
    let mut size = 0;
    for (key, value) in pairs(&object["metadata"]["annotations"]) {
        // Like Go, one character for each.
        let lower: String = key.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
        causes.extend(names::qualified_name(&lower).iter().map(|fault| Cause::invalid("metadata.annotations", key, fault)));
        size += key.len() + value.len();
    }
    if size > MAX_ANNOTATION_BYTES {
        causes.push(Cause::too_long("metadata.annotations", MAX_ANNOTATION_BYTES));
    }
    causes.extend(owners(&object["metadata"]["ownerReferences"]));
    causes
}

fn owners(references: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controllers = 0;
    for owner in references.as_array().into_iter().flatten() {
        let field = "metadata.ownerReferences";
        for (key, why) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if owner[key].as_str().is_none_or(str::is_empty) {
                causes.push(Cause::invalid(&format!("{field}.{key}"), "", why));
            }
        }
        controllers += usize::from(owner["controller"] == true);
    }
    if controllers > 1 {
        let shown = references.to_string();
        let why = "Only one reference can have Controller set to true";
        causes.push(Cause::invalid_raw("metadata.ownerReferences", &shown, why));
    }
    causes
}

fn metadata_update(object: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (new, was) = (&object["metadata"], &old["metadata"]);
    if was.get("deletionTimestamp").is_some() {
        let before = finalizers(old);
        let mut added: Vec<&str> = finalizers(object).into_iter().filter(|f| !before.contains(f)).collect();
        added.sort_unstable();
        if !added.is_empty() {
            let list = added.iter().map(|f| format!("{f:?}")).collect::<Vec<_>>().join(", ");
            let why = "no new finalizers can be added if the object is being deleted, found new finalizers";
            causes.push(Cause::forbidden("metadata.finalizers", &format!("{why} []string{{{list}}}")));
        }
    }
    for key in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        if new.get(key) != was.get(key) {
            let shown = new.get(key).map_or_else(|| "null".to_owned(), Value::to_string);
            causes.push(Cause::invalid_raw(&format!("metadata.{key}"), &shown, "field is immutable"));
        }
    }
    causes.extend(labels_and_annotations(object));
    causes
}

fn finalizers(object: &Value) -> Vec<&str> {
    finalizers::listed(&object["metadata"]["finalizers"])
}

fn pairs(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    map.as_object().into_iter().flatten().map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default()))
}
