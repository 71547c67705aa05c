//! Sets of field paths, as server-side apply has them: members and children, serialized as FieldsV1.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::schema::Type;

/// One element of a path. The order is the server's: fields, then list items by key, then set items by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathElement {
    /// `f:name`.
    Field(String),
    /// `k:{…}`: an item of a keyed list; the text is its keys as compact JSON.
    Key(String),
    /// `v:…`: an item of a set; the text is its JSON.
    Item(String),
}

impl PathElement {
    fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once(':')?;
        let compact = || serde_json::from_str::<Value>(rest).ok().map(|v| v.to_string());
        match prefix {
            "f" => Some(Self::Field(rest.to_owned())),
            "k" => compact().map(Self::Key),
            "v" => compact().map(Self::Item),
            _ => None,
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => format!("k:{keys}"),
            Self::Item(item) => format!("v:{item}"),
        }
    }

    /// As messages show it: `.name`, `[name="q"]`, `[="a.b/c"]`.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Field(name) => format!(".{name}"),
            Self::Item(item) => format!("[={item}]"),
            Self::Key(keys) => {
                let parsed: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let parts: Vec<String> = parsed.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("[{}]", parts.join(","))
            }
        }
    }
}

/// A set of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    members: BTreeSet<PathElement>,
    children: BTreeMap<PathElement, FieldSet>,
}

impl FieldSet {
    /// Adds a path. The empty path is ignored.
    pub fn insert(&mut self, path: &[PathElement]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether the set has no path.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Self::is_empty)
    }

    /// Whether the path of this one element is in the set.
    #[must_use]
    pub fn has(&self, step: &PathElement) -> bool {
        self.members.contains(step)
    }

    /// The paths below an element, if any.
    #[must_use]
    pub fn below(&self, step: &PathElement) -> Option<&Self> {
        self.children.get(step).filter(|set| !set.is_empty())
    }

    /// The paths of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.members.extend(other.members.iter().cloned());
        for (step, set) in &other.children {
            let merged = out.children.get(step).map_or_else(|| set.clone(), |mine| mine.union(set));
            out.children.insert(step.clone(), merged);
        }
        out
    }

    /// The paths of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let members = self.members.intersection(&other.members).cloned().collect();
        let both = |(step, set): (&PathElement, &Self)| Some((step.clone(), set.intersection(other.children.get(step)?)));
        Self { members, children: self.children.iter().filter_map(both).collect() }.trimmed()
    }

    /// The paths that are not in the other set. A path stays even if one above it goes.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let members = self.members.difference(&other.members).cloned().collect();
        let less = |(step, set): (&PathElement, &Self)| {
            (step.clone(), other.children.get(step).map_or_else(|| set.clone(), |theirs| set.difference(theirs)))
        };
        Self { members, children: self.children.iter().map(less).collect() }.trimmed()
    }

    /// The set without a top-level field and everything below it.
    #[must_use]
    pub fn without_field(mut self, name: &str) -> Self {
        let step = PathElement::Field(name.to_owned());
        self.members.remove(&step);
        self.children.remove(&step);
        self
    }

    fn trimmed(mut self) -> Self {
        self.children.retain(|_, set| !set.is_empty());
        self
    }

    /// All paths, each level's members before its children: the order of conflicts in messages.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut out: Vec<String> = self.members.iter().map(PathElement::shown).collect();
        for (step, set) in &self.children {
            let prefix = step.shown();
            out.extend(set.paths().into_iter().map(|path| format!("{prefix}{path}")));
        }
        out
    }

    /// The set, plus every declared field that has a path below it. Pruning needs this: a container goes with what is owned in
    /// it, and comes back if somebody else owns something in it.
    #[must_use]
    pub fn with_named_fields(&self, schema: Option<&Type>) -> Self {
        let mut members = self.members.clone();
        let mut children = BTreeMap::new();
        for (step, set) in &self.children {
            let below = match step {
                PathElement::Field(name) => {
                    let declared = schema.and_then(|ty| ty.declared_field(name));
                    if declared.is_some() {
                        members.insert(step.clone());
                    }
                    declared.or_else(|| schema.and_then(Type::map_values))
                }
                PathElement::Key(_) | PathElement::Item(_) => schema.and_then(Type::list_items),
            };
            children.insert(step.clone(), set.with_named_fields(below));
        }
        Self { members, children }
    }

    /// Serializes the set as FieldsV1.
    #[must_use]
    pub fn to_fields_v1(&self) -> Value {
        let mut out = Map::new();
        for step in &self.members {
            out.insert(step.written(), json!({}));
        }
        for (step, set) in &self.children {
            let mut below = set.to_fields_v1();
            if self.members.contains(step) {
                below["."] = json!({});
            }
            out.insert(step.written(), below);
        }
        Value::Object(out)
    }

    /// Parses FieldsV1. `None` if it is not understood: the server then treats all managedFields as absent.
    #[must_use]
    pub fn from_fields_v1(fields: &Value) -> Option<Self> {
        let mut set = Self::default();
        for (key, below) in fields.as_object()? {
            if key == "." {
                continue;
            }
            let step = PathElement::parse(key)?;
            let inner = below.as_object()?;
            if inner.is_empty() || inner.contains_key(".") {
                set.members.insert(step.clone());
            }
            let child = Self::from_fields_v1(below)?;
            if !child.is_empty() {
                set.children.insert(step, child);
            }
        }
        Some(set)
    }
}
