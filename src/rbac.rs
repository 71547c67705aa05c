//! The smallest rights that a spec needs, as Kubernetes objects. Knows no cluster. Every rule names its objects: Kubernetes checks names on
//! `create` too where an object is made by a server-side apply, since the name stands in the request's path (measured).

use serde::Serialize;
use serde_saphyr::DoubleQuoted;
use sha2::{Digest as _, Sha256};

use crate::cli::{RbacFor, Subject};
use crate::object::{ResourceType, Scope};
use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::spec::{self, Spec};
use crate::text;
use crate::view::{Cleared, Door};

/// The API group of grants.
const GROUP: &str = "rbac.authorization.k8s.io";

/// Whether the grant can be printed as it is: one with a masked name would be another grant, and kubectl would take it.
///
/// # Errors
/// A name in it gives away a part of the token.
pub fn refuse_masked(spec: &Spec, subject: Option<&Subject>, door: &Door) -> Result<(), Failure> {
    let objects = spec.objects.iter().map(|(_, object)| &object.name);
    let subject = match subject {
        None => vec![],
        Some(Subject::User(name) | Subject::Group(name)) => vec![name],
        Some(Subject::ServiceAccount(namespace, name)) => vec![namespace, name],
    };
    if objects.chain(subject).all(|name| door.may_keep(name.expose())) {
        return Ok(());
    }
    Err(Failure::new(FailureCode::SecretInGrant, "nothing was printed: a name in the grant contains part of the token")
        .hint("unset the token's variable for this command, which does not need it, or choose another name"))
}

/// The rights as YAML documents, with bindings if there is somebody to bind them to.
#[must_use]
pub fn yaml(spec: &Spec, purpose: RbacFor, subject: Option<&Subject>, door: &Door) -> Cleared {
    let word = if purpose == RbacFor::Plan { "plan" } else { "apply" };
    let quoted = |text: &Outside| DoubleQuoted(door.value(text));
    let namespace = quoted(spec.namespace());
    let name = quoted(&Outside::new(format!("konnect-{word}-{}-{}", spec.namespace().expose(), tag(spec, word, subject))));
    let metadata = |namespace: Option<&Quoted>| Metadata {
        name: name.clone(),
        namespace: namespace.cloned(),
        // How grants are found again, to be taken back.
        labels: Some(Labels { managed_by: "konnect", instance: quoted(spec.namespace()) }),
    };
    let role = |kind, namespace: Option<&Quoted>, rules| {
        let object = Body::Role { rules };
        door.yaml(&Manifest { api_version: "rbac.authorization.k8s.io/v1", kind, metadata: metadata(namespace), object })
    };
    let mut documents = Vec::new();
    if spec.manage_namespace {
        let metadata = Metadata { name: namespace.clone(), namespace: None, labels: None };
        let of = ResourceType::namespace();
        let manifest = Manifest { api_version: of.version, kind: of.kind, metadata, object: Body::Bare {} };
        documents.push(Cleared::from("# A Role needs its namespace: it is created here if it does not exist yet.\n"));
        documents.push(door.yaml(&manifest));
        documents.push(Cleared::from(SEPARATOR));
    }
    documents.push(role("ClusterRole", None, cluster_rules(spec, purpose, door)));
    documents.push(Cleared::from(SEPARATOR));
    documents.push(role("Role", Some(&namespace), namespace_rules(spec, purpose, door)));
    for (kind, namespace, role) in [("ClusterRoleBinding", None, "ClusterRole"), ("RoleBinding", Some(&namespace), "Role")] {
        let Some(subject) = subject else { break };
        let role_ref = RoleRef { api_group: GROUP, kind: role, name: name.clone() };
        let object = Body::Binding { role_ref, subjects: [subject_of(subject, door)] };
        let manifest = Manifest { api_version: "rbac.authorization.k8s.io/v1", kind, metadata: metadata(namespace), object };
        documents.push(Cleared::from(SEPARATOR));
        documents.push(door.yaml(&manifest));
    }
    documents.into_iter().collect()
}

/// The rights of many specs, each under the path of its spec.
#[must_use]
pub fn of_many(documents: Vec<(Outside, Cleared)>, door: &Door) -> Cleared {
    let mut all = Vec::new();
    for (at, (path, rights)) in documents.into_iter().enumerate() {
        if at > 0 {
            all.push(Cleared::from(SEPARATOR));
        }
        // A line of its own, whatever the path holds: the door escapes what would end it.
        all.push(door.output(text!("# {}\n", path)));
        all.push(rights);
    }
    all.into_iter().collect()
}

fn subject_of(subject: &Subject, door: &Door) -> SubjectRef {
    let quoted = |text: &Outside| DoubleQuoted(door.value(text));
    match subject {
        Subject::User(name) => SubjectRef { kind: "User", name: quoted(name), namespace: None, api_group: Some(GROUP) },
        Subject::Group(name) => SubjectRef { kind: "Group", name: quoted(name), namespace: None, api_group: Some(GROUP) },
        Subject::ServiceAccount(namespace, name) => {
            SubjectRef { kind: "ServiceAccount", name: quoted(name), namespace: Some(quoted(namespace)), api_group: None }
        }
    }
}

/// On what lives in the cluster itself. `kube-system` is read for its uid: the cluster's identity, which saved plans and `cluster.uid` are
/// bound to.
fn cluster_rules(spec: &Spec, purpose: RbacFor, door: &Door) -> Vec<PolicyRule> {
    let mut rules = Vec::new();
    for (resource, object) in spec.objects.iter().filter(|(resource, _)| resource.scope == Scope::Cluster) {
        let own = (spec.manage_namespace || !resource.is_namespace()).then(|| DoubleQuoted(door.value(&object.name)));
        let cluster = resource.is_namespace().then(|| DoubleQuoted("kube-system".to_owned()));
        let rule = |names, verbs| PolicyRule {
            api_groups: [resource.group],
            resources: [resource.plural],
            resource_names: names,
            verbs,
        };
        rules.push(rule(own.iter().cloned().chain(cluster).collect(), &["get"]));
        // Even where the spec names no label or annotation: the last one can't be taken away by who may not write.
        if let (Some(own), RbacFor::Apply) = (own, purpose) {
            rules.push(rule(vec![own], &["patch"]));
        }
    }
    rules
}

fn namespace_rules(spec: &Spec, purpose: RbacFor, door: &Door) -> Vec<PolicyRule> {
    let verbs: &[&str] = if purpose == RbacFor::Plan { &["get"] } else { &["get", "create", "patch"] };
    let in_namespace = spec.objects.iter().filter(|(resource, _)| resource.scope == Scope::Namespaced);
    let rule = |(resource, object): &(&'static ResourceType, spec::Object)| PolicyRule {
        api_groups: [resource.group],
        resources: [resource.plural],
        resource_names: vec![DoubleQuoted(door.value(&object.name))],
        verbs,
    };
    in_namespace.map(rule).collect()
}

/// Tells grants apart, so that one for other objects or somebody else in the same namespace doesn't replace this one. Of what the rights
/// are for alone: the same grant has the same name wherever its spec lies, and a label more doesn't make it another one.
fn tag(spec: &Spec, word: &str, subject: Option<&Subject>) -> String {
    let own = if spec.manage_namespace { "managed" } else { "" };
    let names = spec.objects.iter().map(|(_, object)| object.name.expose());
    let subject = match subject {
        None => [""; 3],
        Some(Subject::User(name)) => ["User", "", name.expose()],
        Some(Subject::Group(name)) => ["Group", "", name.expose()],
        Some(Subject::ServiceAccount(namespace, name)) => ["ServiceAccount", namespace.expose(), name.expose()],
    };
    let mut hash = Sha256::new();
    for part in [word, own].into_iter().chain(names).chain(subject) {
        // Nothing that comes from a command line or is a name holds this byte.
        hash.update(part);
        hash.update([0]);
    }
    hex::encode(&hash.finalize()[..4])
}

/// What stands between two documents.
const SEPARATOR: &str = "---\n";

/// A text from outside that the door has seen. In quotes, so that no name reads as a number or a boolean, and that what the door spells by an
/// escape is read as that.
type Quoted = DoubleQuoted<String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    #[serde(flatten)]
    object: Body,
}

#[derive(Serialize)]
struct Metadata {
    name: Quoted,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<Quoted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Labels>,
}

#[derive(Serialize)]
struct Labels {
    #[serde(rename = "app.kubernetes.io/managed-by")]
    managed_by: &'static str,
    #[serde(rename = "app.kubernetes.io/instance")]
    instance: Quoted,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Body {
    Bare {},
    Role {
        rules: Vec<PolicyRule>,
    },
    Binding {
        #[serde(rename = "roleRef")]
        role_ref: RoleRef,
        subjects: [SubjectRef; 1],
    },
}

/// These verbs on these objects of one resource.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyRule {
    api_groups: [&'static str; 1],
    resources: [&'static str; 1],
    resource_names: Vec<Quoted>,
    verbs: &'static [&'static str],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleRef {
    api_group: &'static str,
    kind: &'static str,
    name: Quoted,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubjectRef {
    kind: &'static str,
    name: Quoted,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<Quoted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_group: Option<&'static str>,
}
