//! The plan for people, in Terraform's words and signs.

mod fields;

use std::fmt::Write as _;

use super::{Paint, escape};
use crate::plan::{Action, Change, ClusterIdentity, ComputedBecause, Kind, Plan, Reason, Summary, Verification};

/// Who and where: what stands above every plan and every question.
#[must_use]
pub fn header(spec: &str, token_source: &str, cluster: &ClusterIdentity) -> String {
    let ClusterIdentity { context, server, uid, user } = cluster;
    let known =
        |value: &Option<String>| value.as_deref().map_or_else(|| "unknown".to_owned(), |value| escape(value).into_owned());
    format!(
        "  Spec     {}\n  Cluster  {} ({}, uid {}) as {}\n  Token    {}\n",
        escape(spec),
        escape(context),
        escape(server),
        known(uid),
        known(user),
        escape(token_source)
    )
}

/// The changes and the closing line, without the header.
#[must_use]
pub fn plan(plan: &Plan, paint: Paint) -> String {
    let mut text = String::new();
    let shown = || plan.changes.iter().filter(|change| change.action != Action::None);
    if shown().any(Change::is_written) {
        text.push_str("konnect will perform the following actions:\n\n");
    }
    for change in shown() {
        object(&mut text, change, plan, paint);
        text.push('\n');
    }
    text.push_str(&paint.bold(&closing(plan)));
    text.push('\n');
    text
}

/// The last line.
#[must_use]
pub fn closing(plan: &Plan) -> String {
    let Summary { add, change, destroy, unchanged, blocked, unknown } = plan.summary();
    if add + change + destroy + blocked + unknown == 0 {
        if plan.token_not_compared() {
            return format!("No changes, but the token was not compared: {}.", escape(&plan.token_unset));
        }
        return "No changes. The cluster matches the spec.".to_owned();
    }
    let rest: Vec<String> = [(unchanged, "unchanged"), (blocked, "blocked"), (unknown, "unknown")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let mut line = format!("Plan: {add} to add, {change} to change, {destroy} to destroy.");
    if !rest.is_empty() {
        let _ = write!(line, " {}.", rest.join(", "));
    }
    line
}

fn object(text: &mut String, change: &Change, plan: &Plan, paint: Paint) {
    let title = change.wanted.title();
    let sign = match change.action {
        Action::Create => paint.green("+"),
        Action::Update => paint.yellow("~"),
        Action::Blocked => paint.red("!"),
        Action::Unknown => paint.yellow("?"),
        Action::None => " ".to_owned(),
    };
    let _ = writeln!(text, "  {}", paint.bold(&format!("# {title} {}", headline(change))));
    let _ = writeln!(text, "  {sign} {title}");
    fields::lines(text, change, plan, paint);
}

fn headline(change: &Change) -> String {
    let how = match change.action {
        Action::Create => "will be created".to_owned(),
        Action::Update => "will be updated in place".to_owned(),
        Action::None => "is as wanted".to_owned(),
        Action::Blocked => format!("is blocked: {}", reason(change)),
        Action::Unknown => format!("is unknown: {}", reason(change)),
    };
    match (&change.verification, change.is_written()) {
        (Verification::Computed(because), true) => format!("{how} (computed: {})", because_words(*because)),
        _ => how,
    }
}

const fn because_words(because: ComputedBecause) -> &'static str {
    match because {
        ComputedBecause::NotAsked => "the server was not asked",
        ComputedBecause::NoPermission => "no permission for a server dry-run",
        ComputedBecause::NamespaceMissing => "the namespace does not exist yet",
        ComputedBecause::TokenUnset => "no token to send",
        ComputedBecause::AskingFailed => "the server dry-run failed",
    }
}

/// Why an object's action is what it is, in a sentence's tail.
#[must_use]
pub fn reason(change: &Change) -> String {
    match &change.reason {
        Reason::Absent => "it does not exist".to_owned(),
        Reason::Differs => "it differs from the spec".to_owned(),
        Reason::UpToDate => "it is as the spec wants it".to_owned(),
        Reason::TokenNotCompared => "it is as the spec wants it, but there was no token to compare".to_owned(),
        Reason::Terminating => match change.wanted.kind {
            Kind::Namespace => "the namespace is being deleted; wait until it is gone".to_owned(),
            _ => "it is being deleted: a change would be lost with it; wait until it is gone, or see what holds its finalizers"
                .to_owned(),
        },
        Reason::NamespaceTerminating => "its namespace is being deleted".to_owned(),
        Reason::Immutable => "it is immutable, and its data differs: it can only be deleted and made anew, by you".to_owned(),
        Reason::Type(other) => format!("its type is {}, not Opaque, and a type can't be changed", escape(other)),
        Reason::OwnedByOthers => "another manager owns what would change".to_owned(),
        Reason::NamespaceMissing(name) => {
            format!("namespace {} does not exist, and `manage = false` leaves it to somebody else", escape(name))
        }
        Reason::Rejected(message) => format!("the server refuses it: {}", escape(&message.replace('\n', " "))),
        Reason::Unreadable => {
            let what = change.unreadable.as_ref().map_or("it could not be read", |failure| failure.what.as_str());
            escape(&what.replace('\n', " ")).into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::DesiredObject;

    #[test]
    fn a_server_s_words_can_t_reach_the_terminal_raw() {
        let wanted = DesiredObject {
            kind: Kind::Secret,
            namespace: Some("n".into()),
            name: "s".into(),
            labels: Default::default(),
            annotations: Default::default(),
        };
        let change = Change {
            wanted,
            action: Action::Blocked,
            reason: Reason::Rejected("no\x1b[2J\nnext".into()),
            verification: Verification::Server,
            fields: Vec::new(),
            seen: None,
            unreadable: None,
        };
        assert_eq!(reason(&change), "the server refuses it: no\\u{1b}[2J next");
    }
}
