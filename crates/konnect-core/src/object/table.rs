//! The table of resource types: with the spec the only place that names a kind. In the order in which their objects are planned: a type
//! whose objects others live in stands before them.

use super::rules::{self, FieldRule, Kept, UNKNOWN};
use super::{ResourceType, Scope};
use crate::names::{dns_label, dns_subdomain};

/// Every resource type that konnect manages.
pub static RESOURCE_TYPES: &[ResourceType] = &[
    ResourceType {
        kind: "Namespace",
        plural: "namespaces",
        scope: Scope::Cluster,
        spec_key: "namespace",
        required: true,
        check_name: dns_label,
        ..PLAIN
    },
    ResourceType { kind: "ServiceAccount", plural: "serviceaccounts", spec_key: "service_account", required: true, ..PLAIN },
    ResourceType {
        kind: "Secret",
        plural: "secrets",
        spec_key: "secret",
        required: true,
        // Kong's operator looks for the first in all versions and, from 2.0, sees only Secrets with the second.
        default_labels: &[("konghq.com/credential", "konnect"), ("konghq.com/secret", "true")],
        token: Some(&["data", "token"]),
        frozen_by: Some(&["immutable"]),
        rules: &[
            rules::SECRET_DATA,
            FieldRule { path: &["immutable"], kept: Kept::Flag, frozen: true, ..UNKNOWN },
            FieldRule { path: &["type"], kept: Kept::Text, has_default: true, only: Some("Opaque"), ..UNKNOWN },
        ],
        ..PLAIN
    },
];

/// A type of the core group with labels and annotations alone.
const PLAIN: ResourceType = ResourceType {
    group: "",
    version: "v1",
    kind: "",
    plural: "",
    scope: Scope::Namespaced,
    spec_key: "",
    required: false,
    check_name: dns_subdomain,
    default_labels: &[],
    token: None,
    frozen_by: None,
    rules: &[],
};

/// The type that objects of other types live in.
pub(super) fn namespace() -> &'static ResourceType {
    &RESOURCE_TYPES[0]
}
