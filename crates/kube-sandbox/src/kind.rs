//! The three resources the sandbox stores.

/// One of the stored resources, all of group "" and version v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `namespaces`, not namespaced.
    Namespace,
    /// `serviceaccounts`.
    ServiceAccount,
    /// `secrets`.
    Secret,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Namespace, Self::ServiceAccount, Self::Secret];

    /// The plural used in paths and messages.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::ServiceAccount => "serviceaccounts",
            Self::Secret => "secrets",
        }
    }

    /// The value of `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
        }
    }

    /// Whether its objects live in a namespace.
    #[must_use]
    pub const fn namespaced(self) -> bool {
        !matches!(self, Self::Namespace)
    }

    /// The resource of a path's plural.
    #[must_use]
    pub fn of_resource(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.resource() == plural)
    }

    /// The resource of an object's `kind`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
