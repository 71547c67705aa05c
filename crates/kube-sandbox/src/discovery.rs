//! Discovery: the lists of groups and resources that kubectl asks for. Only what the sandbox has is listed.

use serde_json::{Value, json};

use super::resource::{self, Resource};

/// The groups of the reviews, which are answered but not stored: group, plural and kind.
const REVIEWS: [(&str, &str, &str); 2] = [
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
];

/// The document at a path, if it is one of discovery's.
pub(super) fn document(path: &str) -> Option<Value> {
    match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        ["api", version] => resources("", version),
        ["apis"] => {
            let groups: Vec<Value> = groups().into_iter().map(|(name, version)| group(name, version)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["apis", name] => {
            let (name, version) = groups().into_iter().find(|(known, _)| known == name)?;
            let mut body = group(name, version);
            body["kind"] = json!("APIGroup");
            body["apiVersion"] = json!("v1");
            Some(body)
        }
        ["apis", name, version] => resources(name, version),
        _ => None,
    }
}

/// Every group but the core one, with its version.
fn groups() -> Vec<(&'static str, &'static str)> {
    let stored = resource::ALL.iter().map(|row| (row.group, row.version)).filter(|(group, _)| !group.is_empty());
    let mut all: Vec<_> = REVIEWS.iter().map(|(group, ..)| (*group, "v1")).chain(stored).collect();
    all.dedup();
    all
}

fn group(name: &str, version: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

/// The resources of one version of a group.
fn resources(group: &str, version: &str) -> Option<Value> {
    let review = REVIEWS.iter().find(|(known, ..)| *known == group && version == "v1");
    let reviews = review.map(|(_, plural, kind)| {
        json!({"name": plural, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"]})
    });
    let stored = resource::ALL.iter().filter(|row| row.group == group && row.version == version).map(|row| entry(row));
    let listed: Vec<Value> = reviews.into_iter().chain(stored).collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut body = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": listed});
    if !group.is_empty() {
        body["apiVersion"] = json!("v1");
    }
    (!listed.is_empty()).then_some(body)
}

fn entry(resource: &Resource) -> Value {
    let mut verbs = vec!["create", "delete", "get", "list", "patch", "update", "watch"];
    if resource.namespaced() {
        verbs.insert(2, "deletecollection");
    }
    let mut out = json!({
        "name": resource.plural,
        "singularName": resource.kind.to_lowercase(),
        "namespaced": resource.namespaced(),
        "kind": resource.kind,
        "verbs": verbs,
    });
    if !resource.short_names.is_empty() {
        out["shortNames"] = json!(resource.short_names);
    }
    out
}
