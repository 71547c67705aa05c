//! Who is calling, and what they may do, as a list of rules in the manner of RBAC.

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
