//! The smallest rights that a spec needs, as Kubernetes objects. Knows no cluster. Every rule names its objects: Kubernetes checks names on
//! `create` too where an object is made by a server-side apply, since the name stands in the request's path (measured).

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::cli::{RbacFor, Subject};
use crate::object::{ResourceType, Scope};
use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::pat::hex;
use crate::spec::{Object, Spec};
use crate::view::{Cleared, Door};

/// One rule: these verbs on these objects of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    group: &'static str,
    resource: &'static str,
    names: Vec<Outside>,
    verbs: &'static [&'static str],
}

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
    Err(Failure::new(FailureCode::SecretInGrant, "nothing was printed: a name in the grant holds a part of the token")
        .hint("unset the token's variable for this command, which does not need it, or choose another name"))
}

/// The rights as YAML documents, with bindings if there is somebody to bind them to.
#[must_use]
pub fn yaml(spec: &Spec, purpose: RbacFor, subject: Option<&Subject>, door: &Door) -> Cleared {
    let word = if purpose == RbacFor::Plan { "plan" } else { "apply" };
    let namespace = spec.namespace();
    let name = Outside::new(format!("konnect-{word}-{}-{}", namespace.expose(), tag(spec, word, subject)));
    let head = Head { name: &name, about: namespace, door };
    let quoted = |text: &Outside| quoted(text, door);
    let mut documents = Vec::new();
    if spec.manage_namespace {
        documents.push(format!(
            "# A Role needs its namespace: it is made here where it isn't there yet.\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n",
            quoted(namespace)
        ));
    }
    documents.push(head.role("ClusterRole", None, &cluster_rules(spec, purpose)));
    documents.push(head.role("Role", Some(namespace), &namespace_rules(spec, purpose)));
    if let Some(subject) = subject {
        documents.push(head.binding("ClusterRoleBinding", None, "ClusterRole", subject));
        documents.push(head.binding("RoleBinding", Some(namespace), "Role", subject));
    }
    Cleared::of_yaml(documents.join("---\n"))
}

/// On what lives in the cluster itself. `kube-system` is read for its uid: the cluster's identity, which saved plans and `cluster.uid` are
/// bound to.
fn cluster_rules(spec: &Spec, purpose: RbacFor) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (resource, object) in spec.objects.iter().filter(|(resource, _)| resource.scope == Scope::Cluster) {
        let own = (spec.manage_namespace || !resource.is_namespace()).then(|| object.name.clone());
        let cluster = resource.is_namespace().then(|| "kube-system".into());
        let rule = |names, verbs| Rule { group: resource.group, resource: resource.plural, names, verbs };
        rules.push(rule(own.iter().cloned().chain(cluster).collect(), &["get"]));
        // Even where the spec names no label or annotation: the last one can't be taken away by who may not write.
        if let (Some(own), RbacFor::Apply) = (own, purpose) {
            rules.push(rule(vec![own], &["patch"]));
        }
    }
    rules
}

fn namespace_rules(spec: &Spec, purpose: RbacFor) -> Vec<Rule> {
    let verbs: &[&str] = if purpose == RbacFor::Plan { &["get"] } else { &["get", "create", "patch"] };
    let in_namespace = spec.objects.iter().filter(|(resource, _)| resource.scope == Scope::Namespaced);
    let rule = |(resource, object): &(&'static ResourceType, Object)| Rule {
        group: resource.group,
        resource: resource.plural,
        names: vec![object.name.clone()],
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
    hex(&hash.finalize()[..4])
}

/// What all objects of a grant begin with.
#[derive(Clone, Copy)]
struct Head<'a> {
    name: &'a Outside,
    /// The namespace whose objects the rights are for.
    about: &'a Outside,
    door: &'a Door,
}

impl Head<'_> {
    fn role(self, kind: &str, namespace: Option<&Outside>, rules: &[Rule]) -> String {
        let mut text = self.text(kind, namespace);
        text.push_str("rules:\n");
        for Rule { group, resource, names, verbs } in rules {
            let names = names.iter().map(|name| quoted(name, self.door)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                text,
                "- apiGroups: [\"{group}\"]\n  resources: [{resource}]\n  resourceNames: [{names}]\n  verbs: [{}]",
                verbs.join(", ")
            );
        }
        text
    }

    fn binding(self, kind: &str, namespace: Option<&Outside>, role: &str, subject: &Subject) -> String {
        let quoted = |text| quoted(text, self.door);
        let group = "  apiGroup: rbac.authorization.k8s.io\n";
        let subject = match subject {
            Subject::User(name) => format!("- kind: User\n  name: {}\n{group}", quoted(name)),
            Subject::Group(name) => format!("- kind: Group\n  name: {}\n{group}", quoted(name)),
            Subject::ServiceAccount(namespace, name) => {
                format!("- kind: ServiceAccount\n  name: {}\n  namespace: {}\n", quoted(name), quoted(namespace))
            }
        };
        let head = self.text(kind, namespace);
        format!("{head}roleRef:\n{group}  kind: {role}\n  name: {}\nsubjects:\n{subject}", quoted(self.name))
    }

    /// The labels are how grants are found again, to be taken back.
    fn text(self, kind: &str, namespace: Option<&Outside>) -> String {
        let quoted = |text| quoted(text, self.door);
        let namespace = namespace.map_or_else(String::new, |namespace| format!("  namespace: {}\n", quoted(namespace)));
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {}\n{namespace}  labels:\n    \
             app.kubernetes.io/managed-by: konnect\n    app.kubernetes.io/instance: {}\n",
            quoted(self.name),
            quoted(self.about)
        )
    }
}

/// JSON strings are YAML's.
fn quoted(text: &Outside, door: &Door) -> String {
    door.json_string(text)
}
