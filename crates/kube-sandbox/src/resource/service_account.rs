//! ServiceAccounts.

use serde_json::Value;

use super::{Deletion, Resource, Scope, Strategy};
use crate::schema::{META, Merge, Struct, TEXT, Type};
#[cfg(feature = "kubectl")]
use crate::wire::{self, Wire};

/// `serviceaccounts`.
pub(crate) static SERVICE_ACCOUNT: Resource = Resource {
    group: "",
    version: "v1",
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    short_names: &["sa"],
    scope: Scope::Namespaced,
    schema: &SCHEMA,
    #[cfg(feature = "kubectl")]
    protobuf: Some(PROTOBUF),
    field_labels: None,
    always_written: &[],
    columns: &[],
    reset_fields: &[],
    deletion: Deletion::AnswersObject,
    strategy: Strategy { prepare_for_create: only_names, prepare_for_update: |new, _| only_names(new), ..Strategy::DEFAULT },
};

/// References to secrets keep nothing but the name.
fn only_names(object: &mut Value) {
    for reference in object.get_mut("secrets").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(reference) = reference {
            reference.retain(|key, _| key == "name");
        }
    }
}

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

static SCHEMA: Struct = Struct {
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

#[cfg(feature = "kubectl")]
const PROTOBUF: wire::Message = &[(1, "metadata", Wire::Message(wire::META)), (4, "automountServiceAccountToken", Wire::Bool)];
