//! The table of resources: all that the sandbox knows of one kind of object and not of the others.
//!
//! To add a kind, describe it in a file under `resource/`, and name it here twice: as a module and as a row of [`ALL`].
//! Everything else (paths, discovery, the store, validation, apply, selectors, protobuf) loops over the table.

mod namespace;
mod secret;
mod service_account;

use std::fmt;

use serde_json::Value;

use super::cause::Cause;
use super::names;
use super::schema::{Struct, Type};
#[cfg(feature = "kubectl")]
use super::wire::Message;

/// The resource that every namespaced object needs one object of.
pub(crate) use namespace::NAMESPACE;

/// Every resource. The rows' order is the one in which a state file lists its objects: new rows go to the end.
pub static ALL: &[&Resource] = &[&NAMESPACE, &service_account::SERVICE_ACCOUNT, &secret::SECRET];

/// Kinds that a real server knows too: it says something else of them than of a word it has never heard.
const KINDS_ELSEWHERE: [&str; 3] = ["ConfigMap", "Pod", "Service"];

/// One row of the table. Two rows are equal if they have the same group, version and plural.
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version, such as `v1`.
    pub version: &'static str,
    /// The value of an object's `kind`. No two rows have the same one.
    pub kind: &'static str,
    /// The plural used in paths and messages.
    pub plural: &'static str,
    /// The short names that discovery offers.
    pub short_names: &'static [&'static str],
    /// Whether its objects live in a namespace.
    pub scope: Scope,
    /// The fields of its objects.
    pub(crate) schema: &'static Struct,
    /// How a typed client sends its objects; `None`: only as JSON or YAML.
    #[cfg(feature = "kubectl")]
    pub(crate) protobuf: Option<Message>,
    /// The fields that a `fieldSelector` may name; `None`: the name and the namespace.
    pub(crate) field_labels: Option<&'static [&'static str]>,
    /// Members that the server writes even when they are empty.
    pub(crate) always_written: &'static [&'static str],
    /// What `kubectl get` shows between an object's name and its age.
    pub(crate) columns: &'static [Column],
    /// Top-level fields that every write to the object itself resets, so that nobody owns them by it.
    pub(crate) reset_fields: &'static [&'static str],
    /// What DELETE does.
    pub(crate) deletion: Deletion,
    /// What is done to an object before it is stored.
    pub(crate) strategy: Strategy,
}

/// A column of a table.
pub(crate) struct Column {
    /// Its heading.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// What it shows of an object.
    pub cell: fn(&Value) -> Value,
}

/// Where objects live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In no namespace.
    Cluster,
    /// Each in a namespace.
    Namespaced,
}

/// What DELETE does to an object without finalizers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// Marks it as terminating; a controller would have to empty and remove it.
    Terminates,
    /// Removes it and answers with it.
    AnswersObject,
    /// Removes it and answers with a Status.
    AnswersStatus,
}

/// The rules of one kind, named as in kube-apiserver's registry. [`Strategy::DEFAULT`] has none of its own.
pub(crate) struct Strategy {
    /// Sets defaults in an object that was just decoded.
    pub default: fn(&mut Value),
    /// Brings a new object into the state in which it is created.
    pub prepare_for_create: fn(&mut Value),
    /// Takes from the live object what an update can't change. The first object is the new one.
    pub prepare_for_update: fn(&mut Value, &Value),
    /// Normalises a valid object before it is stored.
    pub canonicalize: fn(&mut Value),
    /// What is wrong with a name.
    pub name_rule: fn(&str) -> Vec<String>,
    /// What is wrong with an object, its metadata aside.
    pub validate: fn(&Value) -> Vec<Cause>,
    /// What is wrong with a change.
    pub validate_update: fn(&Change<'_>) -> Vec<Cause>,
    /// Whether an update is checked as a whole object before it is checked as a change: the order of causes in an answer.
    pub whole_object_first: bool,
}

/// An update, for validation.
pub(crate) struct Change<'a> {
    /// The object as it would be.
    pub new: &'a Value,
    /// The object as it is.
    pub old: &'a Value,
    /// Members of the body that were `{}`, of which nothing is stored: see [`super::object::Decoded`].
    pub hollow: &'a [String],
}

impl Strategy {
    /// No defaults, nothing kept or normalised, no checks but those of the metadata.
    pub(crate) const DEFAULT: Self = Self {
        default: |_| {},
        prepare_for_create: |_| {},
        prepare_for_update: |_, _| {},
        canonicalize: |_| {},
        name_rule: names::dns_subdomain,
        validate: |_| Vec::new(),
        validate_update: |_| Vec::new(),
        whole_object_first: false,
    };
}

impl Resource {
    /// The resource of a path.
    #[must_use]
    pub fn at(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|row| row.group == group && row.version == version && row.plural == plural)
    }

    /// The resource of an object's `kind`.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|row| row.kind == kind)
    }

    /// Whether there is any resource in a group's version.
    #[must_use]
    pub fn serves(group: &str, version: &str) -> bool {
        ALL.iter().any(|row| row.group == group && row.version == version)
    }

    /// The value of an object's `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Group, version and kind as messages have them: `/v1, Kind=Secret`.
    #[must_use]
    pub fn group_version_kind(&self) -> String {
        format!("{}/{}, Kind={}", self.group, self.version, self.kind)
    }

    /// Whether its objects live in a namespace.
    #[must_use]
    pub fn namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// The package of Go's internal type, as in `*core.Secret`.
    pub(crate) fn go_package(&self) -> &'static str {
        if self.group.is_empty() { "core" } else { self.group.split('.').next().unwrap_or_default() }
    }

    /// The type of its objects.
    pub(crate) const fn schema(&self) -> Type {
        Type::Struct(self.schema)
    }

    /// Its place in the table.
    pub(crate) fn row(&self) -> usize {
        ALL.iter().position(|row| *row == self).unwrap_or(ALL.len())
    }

    /// The namespace that rights are asked for. A namespace is in itself.
    pub(crate) fn namespace_in_rights<'a>(&self, namespace: &'a str, name: &'a str) -> &'a str {
        if *self == NAMESPACE { name } else { namespace }
    }
}

/// Whether a real server knows a kind of the core group.
pub(crate) fn is_core_kind(kind: &str) -> bool {
    KINDS_ELSEWHERE.contains(&kind) || ALL.iter().any(|row| row.group.is_empty() && row.kind == kind)
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        (self.group, self.version, self.plural) == (other.group, other.version, other.plural)
    }
}

impl Eq for Resource {}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({})", self.group_version_kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_path_and_by_its_kind() {
        for (i, row) in ALL.iter().enumerate() {
            assert_eq!(Resource::of_kind(row.kind), Some(*row), "no two rows have the same kind");
            assert_eq!(Resource::at(row.group, row.version, row.plural), Some(*row));
            assert_eq!(row.row(), i);
            let fields = row.schema.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>();
            assert!(["kind", "apiVersion", "metadata"].iter().all(|name| fields.contains(name)), "{row:?} is an object");
        }
    }
}
