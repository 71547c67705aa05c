//! Rights that are missing, as one failure: who lacks what, and the line that an administrator runs.

use super::{Change, Plan};
use crate::object::Scope;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::text;

/// The user name of a ServiceAccount begins so, and goes on with `NAMESPACE:NAME`.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

impl Plan {
    /// What could not be read: one failure for all that we may not, and one for each other object.
    #[must_use]
    pub fn unreadable(&self) -> Vec<Failure> {
        let failed = || self.changes.iter().filter_map(|change| Some((change, change.unreadable.as_ref()?)));
        let forbidden: Vec<(&Change, &Failure)> =
            failed().filter(|(_, failure)| failure.code == FailureCode::Forbidden).collect();
        let others = failed().filter(|(_, failure)| failure.code != FailureCode::Forbidden).map(|(_, failure)| failure.clone());
        self.forbidden(&forbidden).into_iter().chain(others).collect()
    }

    fn forbidden(&self, objects: &[(&Change, &Failure)]) -> Option<Failure> {
        let (first, _) = objects.first()?;
        let what = match objects {
            [(one, _)] => one.wanted.object.title(),
            several => {
                let namespace = several.iter().find_map(|(change, _)| change.wanted.object.namespace.as_ref());
                let namespace = namespace.unwrap_or(&first.wanted.object.name);
                text!("{} objects in {}", several.len(), namespace)
            }
        };
        // An authorizer of the cluster's own may have said more than that.
        let mut words: Vec<&Text> = Vec::new();
        for (_, failure) in objects {
            if failure.what.pieces().len() > 1 && !words.contains(&&failure.what) {
                words.push(&failure.what);
            }
        }
        let words = Text::join(words.into_iter().map(|words| text!("; {}", words)), "");
        let failure = Failure::new(FailureCode::Forbidden, text!("{} get {}{}", self.who_cannot(), what, words));
        Some(failure.hint(self.how_to_grant("plan")))
    }

    /// `user "nobody" cannot`.
    #[must_use]
    pub fn who_cannot(&self) -> Text {
        match &self.cluster.user {
            Some(user) => text!("user \"{}\" cannot", user),
            None => "this user cannot".into(),
        }
    }

    /// What an administrator runs to grant the rights that a command needs. Everything that the server or the spec says is quoted for the
    /// shell.
    #[must_use]
    pub fn how_to_grant(&self, command: &'static str) -> Text {
        let subject = self.cluster.user.as_ref().map_or_else(|| "User:NAME".into(), subject);
        let spec = Text::shell_path(&self.spec);
        let grant = ["konnect", "rbac", "--for", command, "-f"].map(Text::from);
        let rest = [spec, "--subject".into(), Text::shell_word(subject), "|".into()];
        let apply = ["kubectl", "apply", "-f", "-"].map(Text::from);
        text!("an administrator can grant it: {}", Text::command(grant.into_iter().chain(rest).chain(apply).collect()))
    }
}

/// A user's name as `--subject` takes it.
fn subject(user: &Outside) -> Outside {
    let account = user.expose().strip_prefix(SERVICE_ACCOUNT).and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Outside::new(format!("ServiceAccount:{namespace}/{name}"))
        }
        _ => Outside::new(format!("User:{}", user.expose())),
    }
}

/// Rights to write that are missing, as one failure.
#[must_use]
pub fn missing_rights(plan: &Plan, missing: &[(&'static str, &Change)]) -> Failure {
    let line = |(verb, change): &(&'static str, &Change)| {
        let of = &change.wanted.object;
        match (of.resource.scope, &of.namespace) {
            (Scope::Namespaced, Some(namespace)) => {
                text!("{} {} {} in namespace {}", *verb, of.resource.plural, &of.name, namespace)
            }
            _ => text!("{} {} {}", *verb, of.resource.plural, &of.name),
        }
    };
    let lines = Text::join(missing.iter().map(line), "\n  - ");
    let what = text!("missing permissions, nothing was written: {}\n  - {}", plan.who_cannot(), lines);
    Failure::new(FailureCode::Permission, what).hint(plan.how_to_grant("apply"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        let rows = [
            ("nobody", "User:nobody"),
            ("system:serviceaccount:ci:deployer", "ServiceAccount:ci/deployer"),
            ("system:serviceaccount:ci:", "User:system:serviceaccount:ci:"),
            ("system:node:a", "User:system:node:a"),
        ];
        for (user, expected) in rows {
            assert_eq!(subject(&user.into()).expose(), expected);
        }
    }
}
