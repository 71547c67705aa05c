//! Values with a schema: comparing, merging, removing fields, and the set of fields that a value has. A small version of
//! Kubernetes' structured-merge-diff.

use serde_json::{Map, Value};

use super::fields::{FieldSet, PathElement};
use super::schema::{Merge, Type};

/// The fields in which two values differ.
#[derive(Clone, Debug, Default)]
pub struct FieldDiff {
    /// Only in the first.
    pub removed: FieldSet,
    /// In both, but different.
    pub modified: FieldSet,
    /// Only in the second.
    pub added: FieldSet,
}

impl FieldDiff {
    /// Compares two whole objects.
    #[must_use]
    pub fn of(ty: Type, old: &Value, new: &Value) -> Self {
        let mut out = Self::default();
        out.walk(&ty, Some(old), Some(new), &mut Vec::new());
        out
    }

    /// The same without a top-level field.
    #[must_use]
    pub fn without_field(self, name: &str) -> Self {
        Self {
            removed: self.removed.without_field(name),
            modified: self.modified.without_field(name),
            added: self.added.without_field(name),
        }
    }

    fn walk(&mut self, ty: &Type, old: Option<&Value>, new: Option<&Value>, path: &mut Vec<PathElement>) {
        if !ty.granular() || (is_hollow(old) && is_hollow(new)) {
            match (old, new) {
                (None, _) => self.added.insert(path),
                (_, None) => self.removed.insert(path),
                (Some(a), Some(b)) if a != b => self.modified.insert(path),
                _ => {}
            }
            return;
        }
        for (step, below, a, b) in pairs(ty, old, new) {
            path.push(step);
            self.walk(below, a, b, path);
            path.pop();
        }
        match (old, new) {
            (None, _) => self.added.insert(path),
            (_, None) => self.removed.insert(path),
            _ => {}
        }
    }
}

/// Whether a value is missing, null, or an empty map or list. Two such values are compared and merged as a whole.
fn is_hollow(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

type Pair<'a> = (PathElement, &'static Type, Option<&'a Value>, Option<&'a Value>);

/// The parts of two values side by side, in the order of the first, then those that only the second has.
fn pairs<'a>(ty: &Type, old: Option<&'a Value>, new: Option<&'a Value>) -> Vec<Pair<'a>> {
    let (a, b) = (entries(ty, old), entries(ty, new));
    let find =
        |list: &[(PathElement, &'static Type, &'a Value)], step: &PathElement| list.iter().find(|(s, ..)| s == step).map(|e| e.2);
    let mut out: Vec<Pair<'a>> = a.iter().map(|(s, t, v)| (s.clone(), *t, Some(*v), find(&b, s))).collect();
    out.extend(b.iter().filter(|(s, ..)| find(&a, s).is_none()).map(|(s, t, v)| (s.clone(), *t, None, Some(*v))));
    out
}

fn entries<'a>(ty: &Type, value: Option<&'a Value>) -> Vec<(PathElement, &'static Type, &'a Value)> {
    match value {
        Some(Value::Object(map)) => {
            let entry = |(k, v): (&String, &'a Value)| Some((PathElement::Field(k.clone()), ty.member(k)?, v));
            map.iter().filter_map(|(k, v)| entry((k, v))).collect()
        }
        Some(Value::Array(items)) => {
            let mut out: Vec<(PathElement, &'static Type, &'a Value)> = Vec::new();
            for item in items {
                if let (Some(step), Some(of)) = (step_of(ty, item), ty.list_items())
                    && !out.iter().any(|(s, ..)| *s == step)
                {
                    out.push((step, of, item));
                }
            }
            out
        }
        _ => Vec::new(),
    }
}

/// The path element that identifies an item of a list.
pub(super) fn step_of(ty: &Type, item: &Value) -> Option<PathElement> {
    let Type::List(_, merge, _) = ty else { return None };
    match merge {
        Merge::Atomic => None,
        Merge::Set => Some(PathElement::Item(item.to_string())),
        Merge::Keys(keys) => {
            let found: Map<String, Value> = keys.iter().filter_map(|k| Some(((*k).to_owned(), item.get(*k)?.clone()))).collect();
            (!found.is_empty()).then(|| PathElement::Key(Value::Object(found).to_string()))
        }
    }
}

/// Merges a configuration into a live value.
#[must_use]
pub fn merge(ty: &Type, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    if !ty.granular() || (is_hollow(live) && is_hollow(config)) {
        return config.or(live).cloned();
    }
    match ty {
        Type::List(of, ..) => {
            let items = merge_items(ty, of, live, config);
            (!items.is_empty()).then_some(Value::Array(items))
        }
        _ => {
            let mut out = Map::new();
            for (step, below, a, b) in pairs(ty, live, config) {
                if let (PathElement::Field(name), Some(value)) = (step, merge(below, a, b)) {
                    out.insert(name, value);
                }
            }
            (!out.is_empty()).then_some(Value::Object(out))
        }
    }
}

/// Merges two lists: the configuration's items in their order, and each other live item before the item of both that it
/// preceded.
fn merge_items(ty: &Type, of: &Type, live: Option<&Value>, config: Option<&Value>) -> Vec<Value> {
    let (left, right) = (entries(ty, live), entries(ty, config));
    let find = |list: &[(PathElement, &'static Type, &Value)], step: &PathElement| list.iter().position(|(s, ..)| s == step);
    let both = |step: &PathElement| merge(of, find(&left, step).map(|i| left[i].2), find(&right, step).map(|i| right[i].2));
    let mut shared = right.iter().filter(|(s, ..)| find(&left, s).is_some()).map(|(s, ..)| s);
    let mut next_shared = shared.next();
    let mut done: Vec<&PathElement> = Vec::new();
    let mut out = Vec::new();
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        if let (Some((mine, ..)), Some((theirs, ..))) = (left.get(l), right.get(r)) {
            if mine == theirs {
                done.push(mine);
                out.extend(both(mine));
                (l, r) = (l + 1, r + 1);
                next_shared = shared.next();
                continue;
            }
            if find(&right, mine).is_some() && next_shared.is_some_and(|next| next != mine) {
                l += 1;
                continue;
            }
        }
        if let Some((mine, ..)) = left.get(l) {
            if find(&right, mine).is_none() {
                out.extend(both(mine));
                l += 1;
                continue;
            }
            if done.contains(&mine) {
                l += 1;
            }
        }
        if let Some((theirs, ..)) = right.get(r) {
            done.push(theirs);
            out.extend(both(theirs));
            r += 1;
            if next_shared == Some(theirs) {
                next_shared = shared.next();
            }
        }
    }
    out
}

/// A value without the fields of a set. `None` means null: nothing is left of it.
#[must_use]
pub fn remove(ty: &Type, value: &Value, gone: &FieldSet) -> Option<Value> {
    match (ty, value) {
        (Type::Map(..) | Type::Struct(_), Value::Object(map)) => {
            if map.is_empty() || !ty.granular() {
                return None;
            }
            let mut out = Map::new();
            for (key, below) in map {
                let step = PathElement::Field(key.clone());
                if gone.has(&step) {
                    continue;
                }
                let kept = match (gone.below(&step), ty.member(key)) {
                    (Some(inner), Some(ty)) => remove(ty, below, inner).unwrap_or(Value::Null),
                    _ => below.clone(),
                };
                out.insert(key.clone(), kept);
            }
            (!out.is_empty()).then_some(Value::Object(out))
        }
        (Type::List(of, ..), Value::Array(items)) => {
            if items.is_empty() || !ty.granular() {
                return None;
            }
            let mut out = Vec::new();
            for item in items {
                match step_of(ty, item) {
                    Some(step) if gone.has(&step) => {}
                    Some(step) => match gone.below(&step) {
                        Some(inner) => out.push(remove(of, item, inner).unwrap_or(Value::Null)),
                        None => out.push(item.clone()),
                    },
                    None => out.push(item.clone()),
                }
            }
            (!out.is_empty()).then_some(Value::Array(out))
        }
        (Type::Map(..) | Type::Struct(_) | Type::List(..), _) => None,
        _ => Some(value.clone()),
    }
}

/// The set of fields that a value has.
#[must_use]
pub fn field_set(ty: &Type, value: &Value) -> FieldSet {
    let mut out = FieldSet::default();
    collect(ty, value, &mut Vec::new(), &mut out);
    out
}

fn collect(ty: &Type, value: &Value, path: &mut Vec<PathElement>, out: &mut FieldSet) {
    if !ty.granular() {
        out.insert(path);
        return;
    }
    for (step, below, inner) in entries(ty, Some(value)) {
        let counts = match &step {
            PathElement::Field(name) => {
                inner.is_null() || inner.as_object().is_some_and(Map::is_empty) || ty.declared_field(name).is_none()
            }
            PathElement::Key(_) | PathElement::Item(_) => true,
        };
        path.push(step);
        collect(below, inner, path, out);
        if counts {
            out.insert(path);
        }
        path.pop();
    }
}
