//! Namespaces. What else is special about them (creating in one, deleting one) is in [`crate::lifecycle`].

use serde_json::{Value, json};

use super::{Column, Deletion, Resource, Scope, Strategy};
use crate::cause::Cause;
use crate::schema::{META, Merge, Struct, TEXT, Type};
#[cfg(feature = "kubectl")]
use crate::wire::{self, Wire};
use crate::{finalizers, names};

/// The label that every namespace carries.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// `namespaces`.
pub(crate) static NAMESPACE: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Namespace",
    plural: "namespaces",
    short_names: &["ns"],
    scope: Scope::Cluster,
    schema: &SCHEMA,
    #[cfg(feature = "kubectl")]
    protobuf: Some(PROTOBUF),
    field_labels: Some(&["metadata.name", "status.phase"]),
    always_written: &["spec", "status"],
    columns: &[Column {
        name: "Status",
        description: "The status of the namespace",
        cell: |object| json!(object["status"]["phase"].as_str().unwrap_or_default()),
    }],
    reset_fields: &["status"],
    deletion: Deletion::Terminates,
    strategy: Strategy {
        default: label_with_name,
        prepare_for_create: |new| {
            new["status"] = json!({"phase": "Active"});
            let mut finalizers: Vec<Value> = new["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
            if !finalizers.contains(&json!("kubernetes")) {
                finalizers.push(json!("kubernetes"));
            }
            new["spec"]["finalizers"] = Value::Array(finalizers);
        },
        prepare_for_update: |new, live| {
            new["spec"] = live["spec"].clone();
            new["status"] = live["status"].clone();
        },
        canonicalize: label_with_name,
        name_rule: names::dns_label,
        validate: |object| {
            let mut causes = Vec::new();
            for finalizer in finalizers::listed(&object["spec"]["finalizers"]) {
                causes.extend(names::qualified_name(finalizer).iter().map(|f| Cause::invalid("spec.finalizers", finalizer, f)));
                causes.extend(finalizers::unqualified(finalizer, "spec.finalizers"));
            }
            causes
        },
        whole_object_first: true,
        ..Strategy::DEFAULT
    },
};

fn label_with_name(object: &mut Value) {
    if let Some(name) = object["metadata"].get("name").cloned() {
        object["metadata"]["labels"][NAME_LABEL] = name;
    }
}

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

static SCHEMA: Struct = Struct {
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

#[cfg(feature = "kubectl")]
const PROTOBUF: wire::Message = &[
    (1, "metadata", Wire::Message(wire::META)),
    (2, "spec", Wire::Message(&[(1, "finalizers", Wire::Texts)])),
    (3, "status", Wire::Message(&[(1, "phase", Wire::Text)])),
];
