//! The plan for programs: one public document, `format_version` "1.0". A minor version adds, a major one breaks.

use serde::Serialize;

use super::escape::is_unsafe;
use super::terminal;
use crate::outcome::Failure;
use crate::plan::{Change, Field, FieldValue, Manager, Plan, Summary, Verification};

/// The document's version.
pub const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    konnect_version: &'static str,
    specs: [SpecDocument<'a>; 1],
}

#[derive(Serialize)]
struct SpecDocument<'a> {
    spec: &'a str,
    cluster: Option<ClusterDocument<'a>>,
    changes: Vec<ChangeDocument<'a>>,
    warnings: Vec<Remark<'a>>,
    summary: SummaryDocument,
    errors: Vec<Remark<'a>>,
}

#[derive(Serialize)]
struct ClusterDocument<'a> {
    context: &'a str,
    server: &'a str,
    uid: Option<&'a str>,
    user: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangeDocument<'a> {
    object: ObjectDocument<'a>,
    action: &'static str,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<&'static str>,
    fields: Vec<FieldDocument<'a>>,
}

#[derive(Serialize)]
struct ObjectDocument<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct FieldDocument<'a> {
    path: String,
    action: &'static str,
    sensitive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'static str>,
    #[serde(flatten)]
    values: Option<Values<'a>>,
    managers: Vec<ManagerDocument<'a>>,
}

#[derive(Serialize)]
struct Values<'a> {
    before: Option<&'a str>,
    after: Option<&'a str>,
}

#[derive(Serialize)]
struct ManagerDocument<'a> {
    name: &'a str,
    operation: &'a str,
    time: Option<String>,
}

#[derive(Serialize)]
struct SummaryDocument {
    add: usize,
    change: usize,
    destroy: usize,
    unchanged: usize,
    blocked: usize,
    unknown: usize,
}

#[derive(Serialize)]
struct Remark<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// The document of a plan, and of whatever went wrong beside or instead of it, as text.
#[must_use]
pub fn document(spec: &str, plan: Option<&Plan>, warnings: &[crate::plan::Warning], errors: &[Failure]) -> String {
    let mut text = safe(&serde_json::to_string_pretty(&whole(spec, plan, warnings, errors)).unwrap_or_default());
    text.push('\n');
    text
}

/// The same as a value, to be part of another document.
#[must_use]
pub fn value(spec: &str, plan: Option<&Plan>, warnings: &[crate::plan::Warning], errors: &[Failure]) -> serde_json::Value {
    serde_json::to_value(whole(spec, plan, warnings, errors)).unwrap_or_default()
}

fn whole<'a>(spec: &'a str, plan: Option<&'a Plan>, warnings: &'a [crate::plan::Warning], errors: &'a [Failure]) -> Document<'a> {
    let Summary { add, change, destroy, unchanged, blocked, unknown } = plan.map(Plan::summary).unwrap_or_default();
    let cluster = plan.map(|plan| ClusterDocument {
        context: &plan.cluster.context,
        server: &plan.cluster.server,
        uid: plan.cluster.uid.as_deref(),
        user: plan.cluster.user.as_deref(),
    });
    let all_warnings = warnings.iter().chain(plan.map_or(&[][..], |plan| plan.warnings.as_slice()));
    Document {
        format_version: FORMAT_VERSION,
        konnect_version: env!("CARGO_PKG_VERSION"),
        specs: [SpecDocument {
            spec,
            cluster,
            changes: plan.map_or_else(Vec::new, |plan| plan.changes.iter().map(change_document).collect()),
            warnings: all_warnings.map(|w| Remark { code: &w.code, message: &w.message, hint: None }).collect(),
            summary: SummaryDocument { add, change, destroy, unchanged, blocked, unknown },
            errors: errors.iter().map(|e| Remark { code: e.code, message: &e.what, hint: e.hint.as_deref() }).collect(),
        }],
    }
}

fn change_document(change: &Change) -> ChangeDocument<'_> {
    let verification = change.is_written().then_some(match change.verification {
        Verification::Server => "server",
        Verification::Computed(_) => "computed",
    });
    ChangeDocument {
        object: ObjectDocument {
            kind: change.wanted.kind.name(),
            namespace: change.wanted.namespace.as_deref(),
            name: &change.wanted.name,
        },
        action: change.action.word(),
        reason: terminal::reason(change),
        verification,
        fields: change.fields.iter().map(field_document).collect(),
    }
}

fn field_document(field: &Field) -> FieldDocument<'_> {
    let Field { path, action, value, managers } = field;
    let (token, values) = match value {
        FieldValue::Token(verdict) => (Some(verdict.word()), None),
        FieldValue::Hidden => (None, None),
        FieldValue::Plain { before, after } => (None, Some(Values { before: before.as_deref(), after: after.as_deref() })),
    };
    let manager = |manager: &'_ Manager| manager.time.map(|time| time.to_string());
    FieldDocument {
        path: path.to_string(),
        action: action.word(),
        sensitive: path.is_sensitive(),
        token,
        values,
        managers: managers.iter().map(|m| ManagerDocument { name: &m.name, operation: &m.operation, time: manager(m) }).collect(),
    }
}

/// The same JSON with every character spelled `\uXXXX` that a terminal would obey or hide. They stand inside strings only.
pub(super) fn safe(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0_u16; 2];
    for c in json.chars() {
        if c != '\n' && is_unsafe(c) {
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_alone_is_a_whole_document() {
        let failure = Failure::new("spec", "went \u{202e}wrong\u{e0041}").hint("do this");
        let text = document("konnect.toml", None, &[], &[failure]);
        assert!(!text.contains('\u{202e}') && !text.contains('\u{e0041}'));
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["specs"][0]["errors"][0]["message"], "went \u{202e}wrong\u{e0041}");
        assert_eq!(value["specs"][0]["changes"], serde_json::json!([]));
    }
}
