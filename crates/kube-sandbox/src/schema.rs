//! The types of the three kinds: the names Go's decoder uses in its errors, and how server-side apply merges each field.
//! Source: the OpenAPI of kube-apiserver v1.36.3 and the answers it gives.

use super::kind::Kind;

/// How the items of a list are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The list is one value.
    Atomic,
    /// Each item is its own key.
    Set,
    /// Items are known by these members.
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

const TEXT: Type = Type::Text("string");
const STRINGS: Type = Type::Map(&TEXT, "map[string]string");

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

static META: Struct = Struct {
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

static SECRET: Struct = Struct {
    name: "Secret",
    go: "v1.Secret",
    atomic: false,
    fields: &[
        ("kind", TEXT),
        ("apiVersion", TEXT),
        ("metadata", Type::Struct(&META)),
        ("immutable", Type::Bool),
        ("data", Type::Map(&Type::Bytes, "map[string][]uint8")),
        ("stringData", STRINGS),
        ("type", Type::Text("v1.SecretType")),
    ],
};

static REFERENCE: Struct = Struct {
    name: "ObjectReference",
    go: "v1.ObjectReference",
    atomic: true,
    fields: &[
        ("kind", TEXT),
        ("namespace", TEXT),
        ("name", TEXT),
        ("uid", Type::Text("types.UID")),
        ("apiVersion", TEXT),
        ("resourceVersion", TEXT),
        ("fieldPath", TEXT),
    ],
};

static LOCAL_REFERENCE: Struct =
    Struct { name: "LocalObjectReference", go: "v1.LocalObjectReference", atomic: true, fields: &[("name", TEXT)] };

static SERVICE_ACCOUNT: Struct = Struct {
    name: "ServiceAccount",
    go: "v1.ServiceAccount",
    atomic: false,
    fields: &[
        ("kind", TEXT),
        ("apiVersion", TEXT),
        ("metadata", Type::Struct(&META)),
        ("secrets", Type::List(&Type::Struct(&REFERENCE), Merge::Keys(&["name"]), "[]v1.ObjectReference")),
        ("imagePullSecrets", Type::List(&Type::Struct(&LOCAL_REFERENCE), Merge::Atomic, "[]v1.LocalObjectReference")),
        ("automountServiceAccountToken", Type::Bool),
    ],
};

static CONDITION: Struct = Struct {
    name: "NamespaceCondition",
    go: "v1.NamespaceCondition",
    atomic: false,
    fields: &[
        ("type", Type::Text("v1.NamespaceConditionType")),
        ("status", Type::Text("v1.ConditionStatus")),
        ("lastTransitionTime", Type::Time),
        ("reason", TEXT),
        ("message", TEXT),
    ],
};

static SPEC: Struct = Struct {
    name: "NamespaceSpec",
    go: "v1.NamespaceSpec",
    atomic: false,
    fields: &[("finalizers", Type::List(&Type::Text("v1.FinalizerName"), Merge::Atomic, "[]v1.FinalizerName"))],
};

static STATUS: Struct = Struct {
    name: "NamespaceStatus",
    go: "v1.NamespaceStatus",
    atomic: false,
    fields: &[
        ("phase", Type::Text("v1.NamespacePhase")),
        ("conditions", Type::List(&Type::Struct(&CONDITION), Merge::Keys(&["type"]), "[]v1.NamespaceCondition")),
    ],
};

static NAMESPACE: Struct = Struct {
    name: "Namespace",
    go: "v1.Namespace",
    atomic: false,
    fields: &[
        ("kind", TEXT),
        ("apiVersion", TEXT),
        ("metadata", Type::Struct(&META)),
        ("spec", Type::Struct(&SPEC)),
        ("status", Type::Struct(&STATUS)),
    ],
};

impl Kind {
    /// The type of its objects.
    #[must_use]
    pub fn schema(self) -> Type {
        Type::Struct(match self {
            Self::Namespace => &NAMESPACE,
            Self::ServiceAccount => &SERVICE_ACCOUNT,
            Self::Secret => &SECRET,
        })
    }
}

impl Type {
    /// The type of a struct's field, if it has one of that name.
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

    /// The type of what stands below a key, in a struct or a map.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Self> {
        self.declared_field(name).or_else(|| self.map_values())
    }

    /// Whether server-side apply looks into it.
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
