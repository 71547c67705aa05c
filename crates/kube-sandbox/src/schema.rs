//! The types of fields: what Go's decoder calls them in its errors, and how server-side apply merges them.
//! Source: the OpenAPI of kube-apiserver v1.36.3, and its answers.

/// How the items of a list are identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The list is one value.
    Atomic,
    /// Each item is its own key.
    Set,
    /// Items are identified by these members.
    Keys(&'static [&'static str]),
}

/// A type of the schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// A string; the text is Go's type name.
    Text(&'static str),
    /// A boolean.
    Bool,
    /// A whole number.
    Int,
    /// An RFC 3339 time.
    Time,
    /// Base64 of bytes.
    Bytes,
    /// FieldsV1: anything.
    Any,
    /// A map with free keys; the text is Go's type name.
    Map(&'static Type, &'static str),
    /// A list; the text is Go's type name.
    List(&'static Type, Merge, &'static str),
    /// A struct.
    Struct(&'static Struct),
}

/// A struct of the schema.
#[derive(Debug, PartialEq)]
pub struct Struct {
    /// Go's bare name, as in `Go struct field ObjectMeta.metadata.labels`.
    pub name: &'static str,
    /// Go's qualified name, as in `of type v1.ObjectMeta`.
    pub go: &'static str,
    /// The fields in Go's order, which is the order they are written in.
    pub fields: &'static [(&'static str, Type)],
    /// Whether server-side apply treats it as one value.
    pub atomic: bool,
}

/// A plain string.
pub(crate) const TEXT: Type = Type::Text("string");
/// Labels, annotations and the like.
pub(crate) const STRINGS: Type = Type::Map(&TEXT, "map[string]string");

static OWNER: Struct = Struct {
    name: "OwnerReference",
    go: "v1.OwnerReference",
    atomic: true,
    fields: &[
        ("apiVersion", TEXT),
        ("kind", TEXT),
        ("name", TEXT),
        ("uid", Type::Text("types.UID")),
        ("controller", Type::Bool),
        ("blockOwnerDeletion", Type::Bool),
    ],
};

static MANAGED: Struct = Struct {
    name: "ManagedFieldsEntry",
    go: "v1.ManagedFieldsEntry",
    atomic: false,
    fields: &[
        ("manager", TEXT),
        ("operation", Type::Text("v1.ManagedFieldsOperationType")),
        ("apiVersion", TEXT),
        ("time", Type::Time),
        ("fieldsType", TEXT),
        ("fieldsV1", Type::Any),
        ("subresource", TEXT),
    ],
};

/// The metadata of every object.
pub(crate) static META: Struct = Struct {
    name: "ObjectMeta",
    go: "v1.ObjectMeta",
    atomic: false,
    fields: &[
        ("name", TEXT),
        ("generateName", TEXT),
        ("namespace", TEXT),
        ("selfLink", TEXT),
        ("uid", Type::Text("types.UID")),
        ("resourceVersion", TEXT),
        ("generation", Type::Int),
        ("creationTimestamp", Type::Time),
        ("deletionTimestamp", Type::Time),
        ("deletionGracePeriodSeconds", Type::Int),
        ("labels", STRINGS),
        ("annotations", STRINGS),
        ("ownerReferences", Type::List(&Type::Struct(&OWNER), Merge::Keys(&["uid"]), "[]v1.OwnerReference")),
        ("finalizers", Type::List(&TEXT, Merge::Set, "[]string")),
        ("managedFields", Type::List(&Type::Struct(&MANAGED), Merge::Atomic, "[]v1.ManagedFieldsEntry")),
    ],
};

impl Type {
    /// The type of a struct's field, if it has a field of that name.
    #[must_use]
    pub fn declared_field(&self, name: &str) -> Option<&'static Self> {
        match self {
            Self::Struct(of) => of.fields.iter().find(|(field, _)| *field == name).map(|(_, ty)| ty),
            _ => None,
        }
    }

    /// The type of a map's values.
    #[must_use]
    pub const fn map_values(&self) -> Option<&'static Self> {
        match self {
            Self::Map(values, _) => Some(values),
            _ => None,
        }
    }

    /// The type of a list's items.
    #[must_use]
    pub const fn list_items(&self) -> Option<&'static Self> {
        match self {
            Self::List(items, ..) => Some(items),
            _ => None,
        }
    }

    /// The type of the value at a key, in a struct or a map.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Self> {
        self.declared_field(name).or_else(|| self.map_values())
    }

    /// Whether server-side apply merges its parts separately.
    #[must_use]
    pub const fn granular(&self) -> bool {
        match self {
            Self::Map(..) => true,
            Self::List(_, merge, _) => !matches!(merge, Merge::Atomic),
            Self::Struct(of) => !of.atomic,
            _ => false,
        }
    }

    /// Go's name of the type, as in `of type string`.
    #[must_use]
    pub const fn go(&self) -> &'static str {
        match self {
            Self::Text(go) | Self::Map(_, go) | Self::List(_, _, go) => go,
            Self::Bool => "bool",
            Self::Int => "int64",
            Self::Time => "v1.Time",
            Self::Bytes => "[]uint8",
            Self::Any => "v1.FieldsV1",
            Self::Struct(of) => of.go,
        }
    }
}
