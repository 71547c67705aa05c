//! `metadata.managedFields`: who owns which field, and what a server-side apply of ours would do to it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::plan::{FIELD_MANAGER, FieldPath, Manager};

/// Who owns what on one live object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Every owned field with its owners other than us.
    pub others: BTreeMap<FieldPath, Vec<Manager>>,
    /// The fields an apply of ours would prune if it left them out.
    pub ours: BTreeSet<FieldPath>,
    /// Owners, other than us, of a map itself: of one that was empty when they wrote it.
    pub maps: BTreeMap<FieldMap, Vec<Manager>>,
}

/// The maps that fields of ours stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldMap {
    /// A Secret's `data`.
    Data,
    /// `metadata.labels`.
    Labels,
    /// `metadata.annotations`.
    Annotations,
}

impl FieldMap {
    /// The map that a field stands in.
    #[must_use]
    pub const fn of(field: &FieldPath) -> Option<Self> {
        match field {
            FieldPath::Data(_) => Some(Self::Data),
            FieldPath::Label(_) => Some(Self::Labels),
            FieldPath::Annotation(_) => Some(Self::Annotations),
            FieldPath::Other(_) => None,
        }
    }
}

/// What is to be thought of a field's owners other than us: the strictest of them counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// No other owner.
    Free,
    /// A person's kubectl, or what stood there before the first apply.
    Person,
    /// Anything else: a controller, a pipeline, a checked-in manifest.
    Tool,
}

impl Owners {
    /// Reads `metadata.managedFields`. Entries that are not understood own nothing here; the server's dry run is the second opinion.
    #[must_use]
    pub fn parse(managed_fields: &Value) -> Self {
        let mut owners = Self::default();
        for entry in managed_fields.as_array().map_or(&[][..], Vec::as_slice) {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let manager = Manager {
                name: text("manager").into(),
                operation: text("operation").into(),
                time: text("time").parse::<Timestamp>().ok(),
            };
            let us = manager.name == FIELD_MANAGER && manager.operation == "Apply" && text("subresource").is_empty();
            let mut fields = Fields::default();
            if let Some(Value::Object(root)) = entry.get("fieldsV1") {
                fields.collect(root, &mut Vec::new());
            }
            if us {
                owners.ours.extend(fields.owned);
                continue;
            }
            for map in &fields.maps {
                owners.maps.entry(*map).or_default().push(manager.clone());
            }
            for field in fields.owned.union(&fields.through_string_data) {
                owners.others.entry(field.clone()).or_default().push(manager.clone());
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
        FieldMap::of(field).and_then(|map| self.maps.get(&map)).map_or(&[], Vec::as_slice)
    }

    /// The fields that our manager owns: those an apply of ours would prune, or let go of, if it left them out.
    #[must_use]
    pub const fn ours(&self) -> &BTreeSet<FieldPath> {
        &self.ours
    }

    /// What is to be thought of a field's owners other than us.
    #[must_use]
    pub fn standing(&self, field: &FieldPath) -> Standing {
        strictest(self.others(field))
    }
}

/// What is to be thought of several owners.
#[must_use]
pub fn strictest(managers: &[Manager]) -> Standing {
    managers.iter().map(standing_of).max().unwrap_or(Standing::Free)
}

/// A person's kubectl leaves operation Update and the name `kubectl` or `kubectl-*`. `kubectl apply --server-side` leaves Apply: a manifest.
fn standing_of(manager: &Manager) -> Standing {
    let name = manager.name.expose();
    let by_hand = name == "kubectl" || name.starts_with("kubectl-") || name == "before-first-apply";
    if by_hand && manager.operation == "Update" { Standing::Person } else { Standing::Tool }
}

#[derive(Default)]
struct Fields {
    owned: BTreeSet<FieldPath>,
    /// Data keys owned as `f:stringData`: the server itself forgets that it stored them as data, so it neither prunes them nor
    /// sees a conflict.
    through_string_data: BTreeSet<FieldPath>,
    /// Maps owned as a whole because they were empty when they were written.
    maps: BTreeSet<FieldMap>,
}

impl Fields {
    fn collect<'a>(&mut self, node: &'a Map<String, Value>, path: &mut Vec<&'a str>) {
        for (key, below) in node {
            let Some(name) = key.strip_prefix("f:") else {
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
        match path {
            ["data", key] => self.owned.insert(FieldPath::Data((*key).into())),
            ["stringData", key] => self.through_string_data.insert(FieldPath::Data((*key).into())),
            ["metadata", "labels", key] => self.owned.insert(FieldPath::Label((*key).into())),
            ["metadata", "annotations", key] => self.owned.insert(FieldPath::Annotation((*key).into())),
            // The empty maps themselves are nobody's loss, and a Secret's type falls back to the only one we work on.
            ["data"] => self.maps.insert(FieldMap::Data),
            ["metadata", "labels"] => self.maps.insert(FieldMap::Labels),
            ["metadata", "annotations"] => self.maps.insert(FieldMap::Annotations),
            ["stringData" | "metadata" | "type"] => false,
            other => self.owned.insert(FieldPath::Other(other.join(".").into())),
        };
    }
}
