//! `metadata.managedFields`: who owns which field, and what a server-side apply of ours would do to it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::field_path::FieldPath;
use crate::object::{ALIASES, FieldRule, ResourceType};
use crate::plan::{FIELD_MANAGER, Manager};

/// Who owns what on one live object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Every owned field with its owners other than us.
    pub others: BTreeMap<FieldPath, Vec<Manager>>,
    /// The fields an apply of ours would prune if it left them out.
    pub ours: BTreeSet<FieldPath>,
    /// Owners, other than us, of a map itself: of one that was empty when they wrote it.
    pub maps: BTreeMap<FieldPath, Vec<Manager>>,
}

/// What is to be thought of a field's owners other than us: the strictest of them counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnerClass {
    /// No other owner.
    Unowned,
    /// A person's kubectl, or what stood there before the first apply.
    Interactive,
    /// Anything else: a controller, a pipeline, a checked-in manifest.
    Controller,
}

impl Owners {
    /// Reads `metadata.managedFields`. Entries that are not understood own nothing here; the server's dry run is the second opinion.
    #[must_use]
    pub fn parse(managed_fields: &Value, resource: &ResourceType) -> Self {
        let mut owners = Self::default();
        for entry in managed_fields.as_array().map_or(&[][..], Vec::as_slice) {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let manager = Manager {
                name: text("manager").into(),
                operation: text("operation").into(),
                time: text("time").parse::<Timestamp>().ok(),
                through: None,
            };
            let us = is_us(entry);
            let mut fields = Fields::of(resource);
            if let Some(Value::Object(root)) = entry.get("fieldsV1") {
                fields.collect(root, &mut Vec::new());
            }
            if us {
                owners.ours.extend(fields.owned);
                continue;
            }
            for map in &fields.maps {
                owners.maps.entry(map.clone()).or_default().push(manager.clone());
            }
            for field in fields.owned.iter().chain(fields.through_alias.keys()).collect::<BTreeSet<_>>() {
                let through = fields.through_alias.get(field).copied();
                owners.others.entry(field.clone()).or_default().push(Manager { through, ..manager.clone() });
            }
        }
        owners
    }

    /// Leaves the owners of these fields alone.
    pub fn retain(&mut self, keep: impl Fn(&FieldPath) -> bool) {
        self.others.retain(|path, _| keep(path));
        self.ours.retain(|path| keep(path));
    }

    /// The owners of a field other than us, in the server's order.
    #[must_use]
    pub fn others(&self, field: &FieldPath) -> &[Manager] {
        self.others.get(field).map_or(&[], Vec::as_slice)
    }

    /// The owners of the map that a field stands in, other than us. While that map is empty, the server takes adding to it for a change
    /// of theirs (measured: a conflict on `.data`).
    #[must_use]
    pub fn of_map(&self, field: &FieldPath) -> &[Manager] {
        field.parent().and_then(|map| self.maps.get(&map)).map_or(&[], Vec::as_slice)
    }

    /// The fields that our manager owns: those an apply of ours would prune, or let go of, if it left them out.
    #[must_use]
    pub const fn ours(&self) -> &BTreeSet<FieldPath> {
        &self.ours
    }

    /// What is to be thought of a field's owners other than us.
    #[must_use]
    pub fn class_of(&self, field: &FieldPath) -> OwnerClass {
        strictest(self.others(field))
    }
}

/// Whether an entry of `metadata.managedFields` is ours: of an apply, and of the object itself.
#[must_use]
pub fn is_us(entry: &Value) -> bool {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    text("manager") == FIELD_MANAGER && text("operation") == "Apply" && text("subresource").is_empty()
}

/// What is to be thought of several owners.
#[must_use]
pub fn strictest(managers: &[Manager]) -> OwnerClass {
    managers.iter().map(class_of).max().unwrap_or(OwnerClass::Unowned)
}

/// A person's kubectl leaves operation Update and the name `kubectl` or `kubectl-*`. `kubectl apply --server-side` leaves Apply: a manifest.
fn class_of(manager: &Manager) -> OwnerClass {
    let name = manager.name.expose();
    let by_hand = name == "kubectl" || name.starts_with("kubectl-") || name == "before-first-apply";
    if by_hand && manager.operation == "Update" { OwnerClass::Interactive } else { OwnerClass::Controller }
}

/// The fields of one entry, sorted by what owning them means.
struct Fields<'r> {
    resource: &'r ResourceType,
    owned: BTreeSet<FieldPath>,
    /// Fields owned under another name (`f:stringData`): the server itself forgets that it stored them elsewhere, so it neither prunes them
    /// nor sees a conflict.
    through_alias: BTreeMap<FieldPath, &'static str>,
    /// Maps owned as a whole because they were empty when they were written.
    maps: BTreeSet<FieldPath>,
}

impl<'r> Fields<'r> {
    const fn of(resource: &'r ResourceType) -> Self {
        Self { resource, owned: BTreeSet::new(), through_alias: BTreeMap::new(), maps: BTreeSet::new() }
    }

    fn collect<'a>(&mut self, node: &'a Map<String, Value>, path: &mut Vec<&'a str>) {
        for (key, below) in node {
            let Some(name) = FieldPath::managed_fields_name(key) else {
                // "." is the map itself; "k:" and "v:" are list items, which belong to the list's path.
                if key != "." {
                    self.add(path);
                }
                continue;
            };
            path.push(name);
            match below {
                Value::Object(children) if !children.is_empty() => self.collect(children, path),
                _ => self.add(path),
            }
            path.pop();
        }
    }

    fn add(&mut self, path: &[&str]) {
        let field = FieldPath::of(path);
        let alias = |(alias, _): &&(&[&str], &[&str])| field.is_under(alias) && path.len() <= alias.len() + 1;
        if let Some((alias, stored)) = ALIASES.iter().find(alias) {
            // The alias itself is an empty map, which the server does not keep.
            if let (Some(key), Some(name)) = (path.get(alias.len()), alias.last()) {
                self.through_alias.insert(FieldPath::of(stored).child(*key), *name);
            }
            return;
        }
        let of_rules = |rule: &FieldRule| rule.path.len() > path.len() && rule.path.starts_with(path);
        let holds_rules = !path.is_empty() && self.resource.all_rules().any(of_rules);
        let rule = self.resource.rule(&field);
        if rule.map.is_some() && rule.path == path {
            // Nobody's loss but of whoever adds to it: see `of_map`.
            self.maps.insert(field);
        } else if !holds_rules && !rule.has_default {
            self.owned.insert(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths<'p>(paths: impl IntoIterator<Item = &'p FieldPath>) -> Vec<String> {
        paths.into_iter().map(|path| path.dotted().plain()).collect()
    }

    #[test]
    fn what_owning_a_field_means() {
        let secret = ResourceType::of_spec_key("secret").expect("in the table");
        let fields = json!({
            "f:data": {".": {}, "f:token": {}},
            "f:stringData": {"f:other": {}},
            "f:metadata": {
                "f:labels": {},
                "f:annotations": {"f:a.b/c": {}},
                "f:finalizers": {".": {}, "v:\"x\"": {}},
                "f:ownerReferences": {"k:{\"uid\":\"1\"}": {"f:name": {}}},
            },
            "f:type": {},
            "f:spec": {"f:secretRef": {"f:name": {}}},
        });
        let entry = |manager: &str, operation: &str| json!({"manager": manager, "operation": operation, "fieldsV1": fields});
        let owners = Owners::parse(&json!([entry("argocd", "Update"), entry("konnect", "Apply")]), secret);
        let owned = ["data.token", "metadata.annotations.a.b/c", "metadata.finalizers", "metadata.ownerReferences"];
        let owned = [owned.as_slice(), &["spec.secretRef.name"]].concat();
        assert_eq!(paths(owners.ours()), owned);
        let mut others = owned.clone();
        others.insert(0, "data.other");
        assert_eq!(paths(owners.others.keys()), others);
        assert_eq!(paths(owners.maps.keys()), ["metadata.labels"]);
        assert_eq!(owners.of_map(&FieldPath::of(&["metadata", "labels", "x"])).len(), 1);
    }

    #[test]
    fn another_subresource_of_ours_is_not_us() {
        let secret = ResourceType::of_spec_key("secret").expect("in the table");
        let fields = json!({"f:data": {"f:token": {}}});
        let entry = json!([{"manager": "konnect", "operation": "Apply", "subresource": "status", "fieldsV1": fields}]);
        let owners = Owners::parse(&entry, secret);
        assert!(owners.ours().is_empty() && owners.others(&FieldPath::of(&["data", "token"])).len() == 1);
    }

    #[test]
    fn what_is_not_there_has_no_owner() {
        let secret = ResourceType::of_spec_key("secret").expect("in the table");
        let fields = json!({"f:metadata": {"f:labels": {"f:a": {}, "f:b": {}}}, "f:stringData": {}});
        let entry = |manager: &str| json!({"manager": manager, "operation": "Apply", "fieldsV1": fields});
        let mut owners = Owners::parse(&json!([entry("argocd"), entry("konnect")]), secret);
        assert_eq!((paths(owners.ours()).len(), paths(owners.others.keys()).len()), (2, 2));
        owners.retain(|path| path.is_under(&["metadata", "labels", "b"]));
        assert_eq!(paths(owners.ours()), ["metadata.labels.b"]);
        assert_eq!(paths(owners.others.keys()), ["metadata.labels.b"]);
    }

    #[test]
    fn only_a_whole_known_map_is_one() {
        let secret = ResourceType::of_spec_key("secret").expect("in the table");
        // `metadata` holds fields of rules, and `stringData` is another name: nobody owns them as a whole.
        let of = |fields: Value, resource: &ResourceType| {
            Owners::parse(&json!([{"manager": "konnect", "operation": "Apply", "fieldsV1": fields}]), resource)
        };
        let fields = json!({"f:metadata": {}, "f:stringData": {}, "f:type": {}, "f:immutable": {}});
        let owners = of(fields, secret);
        assert_eq!(paths(owners.ours()), ["immutable"]);
        assert!(owners.maps.is_empty());
        // What stands below an entry of a map, or below a field that is none, is another field.
        let fields = json!({
            "f:data": {"f:a": {"f:b": {}}}, "f:stringData": {"f:a": {"f:b": {}}}, "f:type": {"f:x": {}}, "f:immutable": {"f:x": {}},
            "f:metadata": {"f:labels": {"f:a": {"f:b": {}}}},
        });
        let owners = of(fields, secret);
        let deep = ["data.a.b", "immutable.x", "metadata.labels.a.b", "stringData.a.b", "type.x"];
        assert_eq!(paths(owners.ours()), deep);
        assert!(owners.ours().iter().all(|path| !secret.rule(path).shown && !secret.rule(path).frozen));
        // A list item at the root belongs to nothing that has a name.
        assert_eq!(paths(of(json!({"k:{\"name\":\"x\"}": {}}), secret).ours()), [""]);
        // Another type has no data, but an entry can say so.
        let namespace = ResourceType::namespace();
        let fields = json!({"f:type": {}, "f:stringData": {"f:x": {}}, "f:data": {}});
        assert!(of(fields, namespace).ours().is_empty());
        assert_eq!(paths(of(json!({"f:data": {"f:x": {}}}), namespace).ours()), ["data.x"]);
    }
}
