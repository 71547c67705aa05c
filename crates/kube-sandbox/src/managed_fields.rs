//! `metadata.managedFields`: parsing and writing the entries, and what an update or an apply does to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock;
use super::fields::FieldSet;
use super::resource::Resource;
use super::typed::{self, FieldDiff};

/// The server merges the oldest Update entries into `ancient-changes` if there are more than this.
const MAX_UPDATERS: usize = 10;

/// The owner of an entry. The order is the server's tie-break.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    name: String,
    applied: bool,
    /// Empty for appliers: they are the same owner in every version.
    version: String,
    subresource: String,
}

impl Owner {
    fn updater(resource: &Resource, name: &str) -> Self {
        let name = if name.is_empty() { "unknown" } else { name };
        Self { name: name.to_owned(), applied: false, version: resource.api_version(), subresource: String::new() }
    }

    fn applier(resource: &Resource, name: &str) -> Self {
        Self { applied: true, version: String::new(), ..Self::updater(resource, name) }
    }

    fn shown(&self) -> String {
        let mut out = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            out.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if !self.applied {
            out.push_str(&format!(" using {}", self.version));
        }
        out
    }
}

/// All entries of one object.
#[derive(Clone, Debug, Default)]
pub struct Managed {
    sets: BTreeMap<Owner, (FieldSet, String)>,
    /// Separate, as in the server: an owner that takes nothing new has no time yet.
    times: BTreeMap<Owner, String>,
}

/// A field that somebody else owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The owner as messages show it.
    pub owner: String,
    /// The field's path.
    pub field: String,
}

impl Managed {
    /// Whether nobody owns anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Parses the entries. `None` if one of them is not understood.
    #[must_use]
    pub fn decode(entries: Option<&Value>) -> Option<Self> {
        let mut out = Self::default();
        let Some(entries) = entries.and_then(Value::as_array) else { return Some(out) };
        for entry in entries {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let applied = match text("operation").as_str() {
                "Apply" => true,
                "Update" => false,
                _ => return None,
            };
            let version = text("apiVersion");
            if version.is_empty() || text("fieldsType") != "FieldsV1" {
                return None;
            }
            let set = match entry.get("fieldsV1") {
                Some(fields) => FieldSet::from_fields_v1(fields)?,
                None => FieldSet::default(),
            };
            let owner = Owner {
                name: text("manager"),
                applied,
                version: if applied { String::new() } else { version.clone() },
                subresource: text("subresource"),
            };
            let time = text("time");
            if !time.is_empty() {
                out.times.insert(owner.clone(), time);
            }
            out.sets.insert(owner, (set, version));
        }
        Some(out)
    }

    /// The entries that a write starts from: the body's if it has valid ones, else the live object's. An empty list or a single
    /// empty entry in the body resets them.
    #[must_use]
    pub fn of_live_or_new(live: Option<&Value>, new: Option<&Value>) -> Self {
        let live = || Self::decode(live).unwrap_or_default();
        match new.and_then(Value::as_array).map(Vec::as_slice) {
            None => live(),
            Some([]) => Self::default(),
            Some([only]) if only.as_object().is_some_and(serde_json::Map::is_empty) => Self::default(),
            Some(_) => match Self::decode(new) {
                Some(managed) if !managed.is_empty() => managed,
                _ => live(),
            },
        }
    }

    /// The entries as the server writes them: appliers first, then by time, then by name.
    #[must_use]
    pub fn encode(&self) -> Option<Value> {
        let mut order: Vec<(&Owner, &(FieldSet, String))> = self.sets.iter().collect();
        order.sort_by_key(|(o, (_, version))| {
            (!o.applied, self.times.get(*o).cloned().unwrap_or_default(), o.name.clone(), version.clone(), o.subresource.clone())
        });
        let entry = |(owner, (set, version)): (&Owner, &(FieldSet, String))| {
            let operation = if owner.applied { "Apply" } else { "Update" };
            let mut out = json!({"operation": operation, "apiVersion": version, "fieldsType": "FieldsV1"});
            out["fieldsV1"] = set.to_fields_v1();
            for (key, value) in [("manager", &owner.name), ("subresource", &owner.subresource)] {
                if !value.is_empty() {
                    out[key] = json!(value);
                }
            }
            if let Some(time) = self.times.get(owner) {
                out["time"] = json!(time);
            }
            out
        };
        (!order.is_empty()).then(|| order.into_iter().map(entry).collect())
    }

    /// Records a POST, PUT or merge patch: the writer now owns what it changed, and nobody else does.
    pub fn update(&mut self, resource: &Resource, live: &Value, new: &Value, manager: &str, now: Timestamp) {
        let creation = live["metadata"].get("uid").is_none();
        if self.is_empty() && !creation {
            // Once the entries of an object were reset, it has none until the next apply.
            return;
        }
        self.take(resource, live, new, &Owner::updater(resource, manager), now);
        self.cap(resource);
    }

    /// Gives an owner the fields that differ between two states.
    fn take(&mut self, resource: &Resource, live: &Value, new: &Value, owner: &Owner, now: Timestamp) {
        let changes = self.drop_changed(resource, live, new, None);
        let taken = stripped(&changes.modified.union(&changes.added));
        if taken.is_empty() {
            return;
        }
        let set = self.sets.get(owner).map_or_else(|| taken.clone(), |(mine, _)| taken.union(mine));
        self.sets.insert(owner.clone(), (set, resource.api_version()));
        self.times.insert(owner.clone(), clock::written(now));
    }

    /// Takes changed fields from all other owners.
    fn drop_changed(&mut self, resource: &Resource, live: &Value, new: &Value, except: Option<&Owner>) -> FieldDiff {
        let changes = self.compare(resource, live, new);
        let lost = changes.modified.union(&changes.added).union(&changes.removed);
        for (owner, (set, _)) in &mut self.sets {
            if Some(owner) != except {
                *set = set.difference(&lost);
            }
        }
        self.sets.retain(|_, (set, _)| !set.is_empty());
        changes
    }

    /// Drops entries in other versions: each resource has one version here, so there is no schema to read them with.
    fn forget_other_versions(&mut self, resource: &Resource) {
        let only = resource.api_version();
        self.sets.retain(|_, (_, version)| *version == only);
    }

    fn compare(&mut self, resource: &Resource, live: &Value, new: &Value) -> FieldDiff {
        self.forget_other_versions(resource);
        without_reset_fields(resource, FieldDiff::of(resource.schema(), live, new))
    }

    /// Server-side apply. Returns the merged object, `None` if nothing changes, or the conflicts.
    pub fn apply(
        &mut self,
        resource: &Resource,
        live: &Value,
        config: &Value,
        manager: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<Option<Value>, Vec<Conflict>> {
        let ty = resource.schema();
        if self.is_empty() {
            let empty = super::object::empty(resource);
            self.take(resource, &empty, live, &Owner::updater(resource, "before-first-apply"), now);
            self.cap(resource);
        }
        let me = Owner::applier(resource, manager);
        self.forget_other_versions(resource);
        let merged = typed::merge(&ty, Some(live), Some(config)).unwrap_or_else(|| live.clone());
        let last = self.sets.get(&me).map(|(set, _)| set.clone());
        let mut wanted = typed::field_set(&ty, config);
        for field in resource.reset_fields {
            wanted = wanted.without_field(field);
        }
        self.sets.insert(me.clone(), (wanted, resource.api_version()));
        let merged = self.prune(resource, merged, last.as_ref());

        let changes = self.compare(resource, live, &merged);
        let changed = changes.modified.union(&changes.added);
        let mut conflicts: Vec<(Owner, FieldSet)> = Vec::new();
        for (owner, (set, _)) in self.sets.iter().filter(|(owner, _)| **owner != me) {
            let both = set.intersection(&changed);
            if !both.is_empty() {
                conflicts.push((owner.clone(), both));
            }
        }
        if !force && !conflicts.is_empty() {
            let each = |(owner, set): (Owner, FieldSet)| {
                set.paths().into_iter().map(move |field| Conflict { owner: owner.shown(), field })
            };
            return Err(conflicts.into_iter().flat_map(each).collect());
        }
        self.drop_changed(resource, live, &merged, Some(&me));
        if let Some((set, _)) = self.sets.get_mut(&me) {
            *set = stripped(set);
            if set.is_empty() {
                self.sets.remove(&me);
            }
        }
        if merged == *live {
            return Ok(None);
        }
        self.times.insert(me, clock::written(now));
        Ok(Some(merged))
    }

    /// Removes what this applier applied last time and leaves out now, unless somebody else owns it.
    fn prune(&self, resource: &Resource, merged: Value, last: Option<&FieldSet>) -> Value {
        let Some(last) = last.filter(|set| !set.is_empty()) else { return merged };
        let ty = resource.schema();
        let named = |set: &FieldSet| set.with_named_fields(Some(&ty));
        let fields = |value: &Value| named(&typed::field_set(&ty, value));
        let without = |gone: &FieldSet| typed::remove(&ty, &merged, gone).unwrap_or(Value::Null);
        let last = named(last);
        let pruned = without(&last);
        let owned = self.sets.values().fold(FieldSet::default(), |all, (set, _)| all.union(set));
        let all = fields(&merged);
        let pruned = without(&all.difference(&fields(&pruned).union(&named(&owned))));
        without(&all.difference(&fields(&pruned)).intersection(&last))
    }

    /// Merges the oldest Update entries if there are too many.
    fn cap(&mut self, resource: &Resource) {
        let mut updaters: Vec<Owner> = self.sets.keys().filter(|o| !o.applied).cloned().collect();
        let mut count = updaters.len();
        if count <= MAX_UPDATERS {
            return;
        }
        updaters.sort_by_key(|o| (self.times.get(o).cloned().unwrap_or_default(), o.clone()));
        let bucket = Owner::updater(resource, "ancient-changes");
        let mut first: Option<Owner> = None;
        for owner in updaters {
            if count <= MAX_UPDATERS {
                break;
            }
            let Some(earlier) = &first else {
                first = Some(owner);
                continue;
            };
            if !self.sets.contains_key(&bucket)
                && let Some(set) = self.sets.remove(earlier)
            {
                self.sets.insert(bucket.clone(), set);
            }
            if let Some((set, version)) = self.sets.remove(&owner) {
                let merged = self.sets.get(&bucket).map_or_else(|| set.clone(), |(old, _)| set.union(old));
                self.sets.insert(bucket.clone(), (merged, version));
            }
            if let Some(time) = self.times.get(&owner).cloned() {
                self.times.insert(bucket.clone(), time);
            }
            count -= 1;
        }
    }
}

/// The set without the fields that nobody can own.
fn stripped(set: &FieldSet) -> FieldSet {
    let mut never = FieldSet::default();
    let field = |name: &str| super::fields::PathElement::Field(name.to_owned());
    for name in ["apiVersion", "kind", "metadata"] {
        never.insert(&[field(name)]);
    }
    let meta = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    for name in meta {
        never.insert(&[field("metadata"), field(name)]);
    }
    set.difference(&never)
}

/// Leaves out the fields that every write to the object resets: they take no part in ownership.
fn without_reset_fields(resource: &Resource, changes: FieldDiff) -> FieldDiff {
    resource.reset_fields.iter().fold(changes, |changes, field| changes.without_field(field))
}
