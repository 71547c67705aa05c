//! Authorization: who is calling, and what they may do, as a list of rules in the manner of RBAC.

use super::RequestContext;
use super::go_format::go_quote;
use super::resource::Resource;
use super::status::Refusal;

/// The groups of an administrator.
const ADMIN_GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// Allows some verbs on some resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The verbs, or `*`.
    pub verbs: Vec<String>,
    /// The plurals of the resources, or `*`.
    pub resources: Vec<String>,
    /// The one namespace it is for (as a Role), or `None` for all (as a ClusterRole).
    pub namespace: Option<String>,
    /// The names it is for; empty for all.
    pub names: Vec<String>,
}

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
    /// What the user may do. `None` means everything.
    pub rules: Option<Vec<Rule>>,
}

impl Default for Caller {
    /// The administrator.
    fn default() -> Self {
        Self { user: "sandbox-admin".to_owned(), groups: ADMIN_GROUPS.map(str::to_owned).to_vec(), rules: None }
    }
}

impl Caller {
    /// Whether a rule allows it.
    #[must_use]
    pub fn may(&self, verb: &str, resource: &str, namespace: &str, name: &str) -> bool {
        let Some(rules) = &self.rules else { return true };
        let listed = |list: &[String], what: &str| list.iter().any(|item| item == "*" || item == what);
        rules.iter().any(|rule| {
            listed(&rule.verbs, verb)
                && listed(&rule.resources, resource)
                && rule.namespace.as_deref().is_none_or(|ns| ns == namespace)
                && (rule.names.is_empty() || rule.names.iter().any(|n| n == name))
        })
    }

    /// Whether the caller may read a path that is not of a resource. Discovery, health and version are open to everybody.
    #[must_use]
    pub fn may_path(&self, path: &str) -> bool {
        const OPEN: [&str; 6] = ["/version", "/readyz", "/healthz", "/livez", "/api", "/apis"];
        self.rules.is_none() || OPEN.contains(&path) || path.starts_with("/api/") || path.starts_with("/apis/")
    }
}

impl RequestContext<'_> {
    /// Refuses what the caller may not do.
    pub(super) fn authorize(&self, verb: &str, resource: &Resource, namespace: &str, name: &str) -> Result<(), Refusal> {
        let namespace = resource.namespace_in_rights(namespace, name);
        self.authorize_path(verb, (resource.group, resource.plural), namespace, name)
    }

    /// The same for any path: whether there is such a resource is asked only after authorization.
    pub(super) fn authorize_path(
        &self,
        verb: &str,
        (group, resource): (&str, &str),
        namespace: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        if self.caller.may(verb, resource, namespace, name) {
            return Ok(());
        }
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {}", go_quote(namespace))
        };
        let why = format!(
            "User {} cannot {verb} resource {} in API group {} {place}",
            go_quote(&self.caller.user),
            go_quote(resource),
            go_quote(group)
        );
        Err(Refusal::forbidden_path(group, resource, name, &why, None))
    }
}
