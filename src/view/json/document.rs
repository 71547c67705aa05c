//! The plan for programs: one public document, `format_version` "1.1". A minor version adds, a major one breaks.

mod many;
mod parts;

use super::super::door::safe_json;
use super::super::gathered::{Gathered, SavedPlanFacts};
use super::super::{Cleared, Door, Event, Output, Printer, View};
use super::NOBODY_TO_ASK;
use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::plan::{Change, ClusterIdentity, Field, FieldValue, Manager, Plan, Summary, Verification, Warning};
use crate::token::Verdict;

pub(super) use many::value_of_fleet;
use parts::{
    ChangeDocument, ClusterDocument, FieldDocument, ManagerDocument, ObjectDocument, PlanDocument, RemarkDocument, SpecDocument,
    SummaryDocument, ValuesDocument,
};

/// The document's version.
pub const FORMAT_VERSION: &str = "1.1";

/// Shows a run as one document.
#[derive(Debug, Default)]
pub(super) struct Document(Gathered);

impl View for Document {
    fn fits(&self, output: Output) -> bool {
        matches!(output, Output::Plan | Output::Validation)
    }

    fn nobody_to_ask(&self) -> Option<&'static str> {
        Some(NOBODY_TO_ASK)
    }

    fn show(&mut self, event: Event<'_>, printer: &Printer) {
        let Self(gathered) = self;
        match event {
            Event::Ended { outcome: _ } => {
                let document = drawn(&many::of_gathered(gathered, printer.door()));
                gathered.print(&document, printer);
            }
            // Both: whoever reads stderr alone must hear of a bug too.
            Event::Panicked(failure) => {
                let errors = std::slice::from_ref(failure);
                let contents =
                    DocumentContents { spec: &Outside::default(), saved_plan: None, plan: None, warnings: Vec::new(), errors };
                printer.out_at_the_end(&document(&contents, printer.door()));
                printer.failure(failure);
            }
            event => gathered.add(event, printer),
        }
    }
}

/// What a document holds.
#[derive(Clone, Debug)]
pub(super) struct DocumentContents<'a> {
    /// The spec's path as the user gave it.
    pub(super) spec: &'a Outside,
    /// The saved plan, if there is one.
    pub(super) saved_plan: Option<&'a SavedPlanFacts>,
    /// The plan, if there is one.
    pub(super) plan: Option<&'a Plan>,
    /// All warnings.
    pub(super) warnings: Vec<Warning>,
    /// What went wrong beside the plan, or instead of it.
    pub(super) errors: &'a [Failure],
}

impl<'a> DocumentContents<'a> {
    fn of(gathered: &'a Gathered) -> Self {
        Self {
            spec: gathered.spec(),
            saved_plan: gathered.saved_plan.as_ref(),
            plan: gathered.plan.as_ref(),
            warnings: gathered.warnings(),
            errors: &gathered.failures,
        }
    }
}

/// The document, drawn.
fn document(contents: &DocumentContents<'_>, door: &Door) -> Cleared {
    drawn(&whole(contents, door))
}

fn drawn(document: &PlanDocument) -> Cleared {
    let mut text = safe_json(&serde_json::to_string_pretty(document).unwrap_or_default());
    text.push('\n');
    Cleared::new(text)
}

/// The same as a value, to be part of another document.
pub(super) fn value(contents: &DocumentContents<'_>, door: &Door) -> serde_json::Value {
    serde_json::to_value(whole(contents, door)).unwrap_or_default()
}

fn whole(contents: &DocumentContents<'_>, door: &Door) -> PlanDocument {
    of_specs(contents.saved_plan, vec![spec_document(contents, door)])
}

fn of_specs(saved_plan: Option<&SavedPlanFacts>, specs: Vec<SpecDocument>) -> PlanDocument {
    PlanDocument {
        format_version: FORMAT_VERSION,
        konnect_version: env!("CARGO_PKG_VERSION"),
        digest: saved_plan.map(|saved| saved.digest.clone()),
        expires: saved_plan.map(|saved| saved.expires.to_string()),
        specs,
        warnings: Vec::new(),
        errors: Vec::new(),
    }
}

fn spec_document(contents: &DocumentContents<'_>, door: &Door) -> SpecDocument {
    let DocumentContents { spec, saved_plan: _, plan, warnings, errors } = contents;
    let Summary { add, change, destroy, unchanged, blocked, unknown } = plan.map(Plan::summary).unwrap_or_default();
    let known = |value: &Option<Outside>| value.as_ref().map(|value| door.value(value));
    let cluster = plan.map(|plan| ClusterDocument {
        context: door.value(&plan.cluster.context),
        server: door.value(&plan.cluster.server),
        uid: known(&plan.cluster.uid),
        user: known(&plan.cluster.user),
    });
    SpecDocument {
        spec: door.value(*spec),
        result: None,
        stage: None,
        context: None,
        cluster,
        applyable: errors.is_empty() && plan.is_some_and(Plan::is_applyable),
        changes: plan.map_or_else(Vec::new, |plan| {
            plan.changes.iter().map(|change| change_document(change, &plan.cluster, door)).collect()
        }),
        warnings: warnings.iter().map(|of| warning(of, door)).collect(),
        summary: SummaryDocument { add, change, destroy, unchanged, blocked, unknown },
        errors: errors.iter().map(|of| error(of, door)).collect(),
    }
}

fn warning(Warning { code, message }: &Warning, door: &Door) -> RemarkDocument {
    RemarkDocument { code: code.to_string(), message: door.value(message), hint: None, file: None, line: None, column: None }
}

fn error(failure: &Failure, door: &Door) -> RemarkDocument {
    let Failure { outcome: _, code, what: _, hint, place } = failure;
    RemarkDocument {
        code: code.word().to_owned(),
        message: message(failure, door),
        hint: hint.as_ref().map(|hint| door.value(hint)),
        file: place.as_ref().and_then(|place| place.file.as_ref()).map(|file| door.value(file)),
        line: place.as_ref().map(|place| place.line),
        column: place.as_ref().map(|place| place.column),
    }
}

/// What a failure's `message` says. Format 1.0 had a spec's errors in one text, `path:line:column: message (hint)`: that stays.
pub(super) fn message(failure: &Failure, door: &Door) -> String {
    match failure.code {
        FailureCode::Spec | FailureCode::UntrustedSpec => door.value(failure.with_hint()),
        _ => door.value(&failure.what),
    }
}

fn change_document(change: &Change, cluster: &ClusterIdentity, door: &Door) -> ChangeDocument {
    let (verification, not_verified_because) = match (change.is_written(), &change.verification) {
        (false, _) => (None, None),
        (true, Verification::Server) => (Some("server"), None),
        (true, Verification::Computed(because)) => (Some("computed"), Some(because.code())),
    };
    ChangeDocument {
        object: ObjectDocument {
            api_version: change.wanted.object.resource.api_version(),
            kind: change.wanted.object.resource.kind,
            namespace: change.wanted.object.namespace.as_ref().map(|namespace| door.value(namespace)),
            name: door.value(&change.wanted.object.name),
        },
        action: change.action.word(),
        reason: door.value(change.reason()),
        reason_code: change.reason.code(),
        hint: change.hint(cluster).map(|hint| door.value(hint)),
        verification,
        not_verified_because,
        fields: change.fields.iter().map(|field| field_document(field, change, door)).collect(),
    }
}

fn field_document(field: &Field, change: &Change, door: &Door) -> FieldDocument {
    let Field { path, action, sensitive, value, managers } = field;
    let known = |value: &Option<Outside>| value.as_ref().map(|value| door.value(value));
    let (token, values) = match value {
        FieldValue::Token(verdict) => (Some(verdict.word()), None),
        FieldValue::Hidden => (None, None),
        FieldValue::Plain { before, after } => (None, Some(ValuesDocument { before: known(before), after: known(after) })),
    };
    let manager = |Manager { name, operation, time, through }: &Manager| ManagerDocument {
        name: door.value(name),
        operation: door.value(operation),
        time: time.map(|time| time.to_string()),
        through: *through,
    };
    FieldDocument {
        path: door.value(path.dotted()),
        path_segments: path.segments().into_iter().map(|segment| door.value(segment)).collect(),
        action: action.word(),
        changes: change.changes(field),
        sensitive: *sensitive,
        token,
        token_is_empty: (*value == FieldValue::Token(Verdict::Empty)).then_some(true),
        values,
        managers: managers.iter().map(manager).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_alone_is_a_whole_document() {
        let failure = Failure::new(FailureCode::Connection, "went \u{202e}wrong\u{e0041}").hint("do this");
        let contents = DocumentContents {
            spec: &"konnect.toml".into(),
            saved_plan: None,
            plan: None,
            warnings: Vec::new(),
            errors: &[failure],
        };
        let text = document(&contents, &Door::default());
        let text = text.as_str();
        assert!(!text.contains('\u{202e}') && !text.contains('\u{e0041}'));
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(value["specs"][0]["errors"][0]["message"], "went \u{202e}wrong\u{e0041}");
        assert_eq!(value["specs"][0]["changes"], serde_json::json!([]));
    }
}
