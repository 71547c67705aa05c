//! Objects as data: which resource types there are, what one object is called, and which spec of a run it belongs to.

mod rules;
mod table;
mod take_over;

use std::cmp::Ordering;
use std::fmt;

pub(crate) use rules::ALIASES;
pub use rules::{FieldRule, Kept, MapRule, alias};
pub use table::RESOURCE_TYPES;

use crate::field_path::FieldPath;
use crate::maps;
use crate::outside::{Outside, Text};
use crate::text;

/// Where the objects of a type live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the cluster itself.
    Cluster,
    /// In a namespace.
    Namespaced,
}

/// A resource type that konnect manages, and everything about it that is no code: a row of [`RESOURCE_TYPES`].
#[derive(Debug)]
pub struct ResourceType {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The API version.
    pub version: &'static str,
    /// The kind, as manifests spell it.
    pub kind: &'static str,
    /// The resource, as URLs and RBAC rules spell it.
    pub plural: &'static str,
    /// Where its objects live.
    pub scope: Scope,
    /// The key of the spec that names its object, and the first word of `--take-over`.
    pub spec_key: &'static str,
    /// Whether every spec must name one.
    pub required: bool,
    /// What its objects may be called.
    ///
    /// # Errors
    /// What is wrong with the name, as the end of a sentence.
    pub check_name: fn(&str) -> Result<(), &'static str>,
    /// The labels that its objects get unless the spec gives them another value.
    pub default_labels: &'static [(&'static str, &'static str)],
    /// The field that holds the Konnect token.
    pub token: Option<&'static [&'static str]>,
    /// The field that, once `true`, freezes those whose rule says so.
    pub frozen_by: Option<&'static [&'static str]>,
    /// What is special about its fields, beside labels and annotations.
    pub rules: &'static [FieldRule],
}

impl ResourceType {
    /// The `apiVersion`, as manifests spell it.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The type with this group and plural.
    #[must_use]
    pub fn find(group: &str, plural: &str) -> Option<&'static Self> {
        RESOURCE_TYPES.iter().find(|of| of.group == group && of.plural == plural)
    }

    /// The type whose object this key of the spec names.
    #[must_use]
    pub fn of_spec_key(key: &str) -> Option<&'static Self> {
        RESOURCE_TYPES.iter().find(|of| of.spec_key == key)
    }

    /// The type that objects of other types live in.
    #[must_use]
    pub fn namespace() -> &'static Self {
        table::namespace()
    }

    /// The path of all its objects in the API, wherever in the cluster they live.
    #[must_use]
    pub fn collection_path(&self) -> String {
        format!("{}/{}", self.api_root(), self.plural)
    }

    fn api_root(&self) -> String {
        let Self { group, version, .. } = self;
        if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
    }

    /// Whether objects of other types live in its objects.
    #[must_use]
    pub fn is_namespace(&self) -> bool {
        std::ptr::eq(self, table::namespace())
    }

    /// Every rule for its fields.
    pub fn all_rules(&self) -> impl Iterator<Item = &'static FieldRule> {
        rules::COMMON.iter().chain(self.rules)
    }

    /// The rule for a field: its own, or that of the map which it is an entry of.
    #[must_use]
    pub fn rule(&self, field: &FieldPath) -> &'static FieldRule {
        let depth = field.elements().len();
        let holds = |rule: &&FieldRule| {
            let entry = rule.path.len() + usize::from(rule.map.is_some());
            field.is_under(rule.path) && (rule.path.len()..=entry).contains(&depth)
        };
        // The most specific one, and of two for the same field the type's own.
        self.all_rules().filter(holds).max_by_key(|rule| rule.path.len()).unwrap_or(&rules::UNKNOWN)
    }

    /// The maps that a spec can set, by the key of its table.
    pub fn spec_maps(&self) -> impl Iterator<Item = (&'static str, &'static FieldRule)> {
        self.all_rules().filter_map(|rule| Some((rule.map?.spec_key?, rule)))
    }

    /// The fields that its objects have unless the spec gives them another value.
    pub fn default_fields(&self) -> impl Iterator<Item = (FieldPath, &'static str)> {
        self.default_labels.iter().map(|(key, value)| (FieldPath::of(maps::LABELS).child(*key), *value))
    }

    /// The path of the token.
    #[must_use]
    pub fn token_path(&self) -> Option<FieldPath> {
        self.token.map(FieldPath::of)
    }
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        (self.group, self.plural) == (other.group, other.plural)
    }
}

impl Eq for ResourceType {}

/// Which object: its type and what it is called.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its type.
    pub resource: &'static ResourceType,
    /// Its namespace; `None` where the type's scope is the cluster.
    pub namespace: Option<Outside>,
    /// Its name.
    pub name: Outside,
}

impl ObjectRef {
    /// `kong/konnect-pat`, or `kong` for an object of the cluster.
    #[must_use]
    pub fn full_name(&self) -> Text {
        match &self.namespace {
            Some(namespace) => text!("{}/{}", namespace, &self.name),
            None => Text::from(&self.name),
        }
    }

    /// `Secret kong/konnect-pat`.
    #[must_use]
    pub fn title(&self) -> Text {
        text!("{} {}", self.resource.kind, self.full_name())
    }

    /// The Namespace that must be there before this object can be.
    #[must_use]
    pub fn needs(&self) -> Option<Self> {
        let name = self.namespace.clone()?;
        Some(Self { resource: table::namespace(), namespace: None, name })
    }

    /// The path of the object in the API. Names were checked where they came in, so none needs escaping.
    #[must_use]
    pub fn api_path(&self) -> String {
        let (root, plural) = (self.resource.api_root(), self.resource.plural);
        match &self.namespace {
            Some(namespace) => format!("{root}/namespaces/{}/{plural}/{}", namespace.expose(), self.name.expose()),
            None => format!("{root}/{plural}/{}", self.name.expose()),
        }
    }

    fn sort_key(&self) -> (usize, &Option<Outside>, &Outside) {
        let row = RESOURCE_TYPES.iter().position(|of| of == self.resource).unwrap_or(RESOURCE_TYPES.len());
        (row, &self.namespace, &self.name)
    }
}

/// By the row of the type in the table first, so that what others need stands before them.
impl Ord for ObjectRef {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

impl PartialOrd for ObjectRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectRef({} …)", self.resource.kind)
    }
}

/// Which spec of a run. Counts from 0, in the order the specs were given; means nothing outside the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpecId(pub u32);

/// One object as one spec of the run wants it: two specs may want the same one, each with a token of its own.
pub type ObjectKey = (SpecId, ObjectRef);

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
        let resource = RESOURCE_TYPES.iter().find(|of| of.kind == kind).expect("in the table");
        ObjectRef { resource, namespace: namespace.map(Outside::from), name: name.into() }
    }

    #[test]
    fn paths_and_titles() {
        let secret = object("Secret", Some("kong"), "pat");
        assert_eq!(secret.api_path(), "/api/v1/namespaces/kong/secrets/pat");
        assert_eq!(secret.needs().map(|namespace| namespace.api_path()).as_deref(), Some("/api/v1/namespaces/kong"));
        assert!(secret.needs().is_some_and(|namespace| namespace < secret && namespace.needs().is_none()));
    }

    #[test]
    fn the_table_holds_together() {
        for of in RESOURCE_TYPES {
            assert_eq!(ResourceType::find(of.group, of.plural), Some(of));
            assert_eq!(ResourceType::of_spec_key(of.spec_key), Some(of));
            assert_eq!(of.is_namespace(), of.plural == "namespaces");
            // The token is sensitive, and lies where only its own type has it.
            if let Some(path) = of.token_path() {
                assert!(!of.rule(&path).shown && of.rule(&path).kept == Kept::Secret, "{}", of.kind);
            }
            if let Some(path) = of.frozen_by {
                assert_eq!(of.rule(&FieldPath::of(path)).kept, Kept::Flag, "{}", of.kind);
            }
        }
    }

    #[test]
    fn groups_stand_in_versions_and_paths() {
        static CUSTOM: ResourceType = ResourceType {
            group: "konnect.konghq.com",
            version: "v1alpha1",
            kind: "KonnectAPIAuthConfiguration",
            plural: "konnectapiauthconfigurations",
            scope: Scope::Namespaced,
            spec_key: "konnect",
            required: false,
            check_name: crate::names::dns_subdomain,
            default_labels: &[],
            token: None,
            frozen_by: None,
            rules: &[],
        };
        assert_eq!(CUSTOM.api_version(), "konnect.konghq.com/v1alpha1");
        assert_eq!(RESOURCE_TYPES[0].api_version(), "v1");
        let object = ObjectRef { resource: &CUSTOM, namespace: Some("kong".into()), name: "auth".into() };
        let path = "/apis/konnect.konghq.com/v1alpha1/namespaces/kong/konnectapiauthconfigurations/auth";
        assert_eq!(object.api_path(), path);
        assert_eq!(CUSTOM.collection_path(), "/apis/konnect.konghq.com/v1alpha1/konnectapiauthconfigurations");
        assert_eq!(RESOURCE_TYPES[0].collection_path(), "/api/v1/namespaces");
        assert!(CUSTOM != RESOURCE_TYPES[0] && RESOURCE_TYPES[0] == RESOURCE_TYPES[0]);
        assert_eq!(format!("{object:?}"), "ObjectRef(KonnectAPIAuthConfiguration …)");
    }

    #[test]
    fn only_a_secret_holds_the_token() {
        let secret = ResourceType::of_spec_key("secret").expect("in the table");
        assert_eq!(secret.token_path(), Some(FieldPath::of(&["data", "token"])));
        assert!(ResourceType::of_spec_key("namespace").is_some_and(|of| of.token_path().is_none()));
        assert!(!secret.can_take_over(&FieldPath::of(&["data", "other"])));
    }
}
