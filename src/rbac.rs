//! The smallest rights that a spec needs, as Kubernetes objects. Knows no cluster. Every rule names its objects: Kubernetes checks names on
//! `create` too where an object is made by a server-side apply, since the name stands in the request's path (measured).

use std::fmt::Write as _;

use crate::cli::{RbacFor, Subject};
use crate::outside::Outside;
use crate::render::{Cleared, Door};
use crate::spec::Spec;

/// One rule: these verbs on these objects of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    resource: &'static str,
    names: Vec<Outside>,
    verbs: &'static [&'static str],
}

/// The rights as YAML documents, with bindings if there is somebody to bind them to.
#[must_use]
pub fn yaml(spec: &Spec, purpose: RbacFor, subject: Option<&Subject>, door: &Door) -> Cleared {
    let word = if purpose == RbacFor::Plan { "plan" } else { "apply" };
    let namespace = &spec.namespace.name;
    let name = Outside::new(format!("konnect-{word}-{}", namespace.expose()));
    let quoted = |text: &Outside| quoted(text, door);
    let mut documents = Vec::new();
    if spec.manage_namespace {
        documents.push(format!(
            "# A Role needs its namespace: it is made here where it isn't there yet.\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n",
            quoted(namespace)
        ));
    }
    documents.push(role("ClusterRole", &name, None, &cluster_rules(spec, purpose), door));
    documents.push(role("Role", &name, Some(namespace), &namespace_rules(spec, purpose), door));
    if let Some(subject) = subject {
        documents.push(binding("ClusterRoleBinding", &name, None, "ClusterRole", subject, door));
        documents.push(binding("RoleBinding", &name, Some(namespace), "Role", subject, door));
    }
    Cleared::of_yaml(documents.join("---\n"))
}

/// On namespaces. `kube-system` is read for its uid: the cluster's identity, which saved plans and `cluster.uid` are bound to.
fn cluster_rules(spec: &Spec, purpose: RbacFor) -> Vec<Rule> {
    let own = spec.manage_namespace.then(|| spec.namespace.name.clone());
    let read = own.iter().cloned().chain(["kube-system".into()]).collect();
    let mut rules = vec![Rule { resource: "namespaces", names: read, verbs: &["get"] }];
    // A namespace that is there, as it must be for the Role below, is written only for its labels and annotations.
    let written = !spec.namespace.labels.is_empty() || !spec.namespace.annotations.is_empty();
    if let (Some(own), RbacFor::Apply, true) = (own, purpose, written) {
        rules.push(Rule { resource: "namespaces", names: vec![own], verbs: &["patch"] });
    }
    rules
}

fn namespace_rules(spec: &Spec, purpose: RbacFor) -> Vec<Rule> {
    let verbs: &[&str] = if purpose == RbacFor::Plan { &["get"] } else { &["get", "create", "patch"] };
    let rule = |resource, name: &Outside| Rule { resource, names: vec![name.clone()], verbs };
    vec![rule("serviceaccounts", &spec.service_account.name), rule("secrets", &spec.secret.name)]
}

fn role(kind: &str, name: &Outside, namespace: Option<&Outside>, rules: &[Rule], door: &Door) -> String {
    let mut text = head(kind, name, namespace, door);
    text.push_str("rules:\n");
    for Rule { resource, names, verbs } in rules {
        let names = names.iter().map(|name| quoted(name, door)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "- apiGroups: [\"\"]\n  resources: [{resource}]\n  resourceNames: [{names}]\n  verbs: [{}]",
            verbs.join(", ")
        );
    }
    text
}

fn head(kind: &str, name: &Outside, namespace: Option<&Outside>, door: &Door) -> String {
    let namespace = namespace.map_or_else(String::new, |namespace| format!("  namespace: {}\n", quoted(namespace, door)));
    format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {}\n{namespace}", quoted(name, door))
}

fn binding(kind: &str, name: &Outside, namespace: Option<&Outside>, role: &str, subject: &Subject, door: &Door) -> String {
    let group = "  apiGroup: rbac.authorization.k8s.io\n";
    let subject = match subject {
        Subject::User(name) => format!("- kind: User\n  name: {}\n{group}", quoted(name, door)),
        Subject::Group(name) => format!("- kind: Group\n  name: {}\n{group}", quoted(name, door)),
        Subject::ServiceAccount(namespace, name) => {
            format!("- kind: ServiceAccount\n  name: {}\n  namespace: {}\n", quoted(name, door), quoted(namespace, door))
        }
    };
    let head = head(kind, name, namespace, door);
    format!("{head}roleRef:\n{group}  kind: {role}\n  name: {}\nsubjects:\n{subject}", quoted(name, door))
}

/// JSON strings are YAML's.
fn quoted(text: &Outside, door: &Door) -> String {
    door.json_string(text)
}
