//! Every combination of object and field state → the action. No async, no server: literals in, literals out.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod objects;

use konnect_core::desired::{DesiredObject, FieldOfType, TakeOver};
use konnect_core::field_path::FieldPath;
use konnect_core::observed::{LiveObject, LiveValue, Read};
use konnect_core::outcome::{Failure, FailureCode};
use konnect_core::ownership::Owners;
use konnect_core::plan::{Action, FieldAction, FieldValue, Plan, Reason};
use konnect_core::planner::{plan, what_is_read};
use konnect_core::token::Verdict;
use objects::{
    LABEL, bare, desired, entry, label, live_secret, namespace, observed, of, owns_label, owns_token, secret, token, with,
};
use serde_json::{Value, json};

fn taken(spec_key: &str, field: FieldPath) -> FieldOfType {
    FieldOfType { resource: of(spec_key), field }
}

fn plan_of(wanted: DesiredObject, read: Read, take_over: &TakeOver) -> Plan {
    let object = wanted.object.clone();
    // What a saved plan keeps of a live object gives the same plan.
    let kept = match &read {
        Read::Present(live) => Read::Present(what_is_read(&wanted, live)),
        other => other.clone(),
    };
    let desired = desired(vec![wanted]);
    let made = plan(&desired, &observed([(object.clone(), read)]), take_over);
    assert_eq!(plan(&desired, &observed([(object, kept)]), take_over), made);
    made
}

/// The action on the label, by its live value and its owners.
fn label_action(live: Option<&str>, owners: &[(&str, &str)]) -> FieldAction {
    let managed: Vec<Value> = owners.iter().map(|(manager, operation)| owns_label(manager, operation)).collect();
    let read = Read::Present(live_secret(Verdict::Same, live, &json!(managed)));
    let plan = plan_of(secret(), read, &TakeOver::new());
    plan.changes[0].fields.iter().find(|field| field.path == label(LABEL)).expect("the label").action
}

#[test]
fn the_ownership_table() {
    use FieldAction::{Add, Blocked, Change, None as Same, TakeOver as Take};
    const US: (&str, &str) = ("konnect", "Apply");
    type Row = (&'static str, Option<&'static str>, &'static [(&'static str, &'static str)], FieldAction);
    let rows: [Row; 22] = [
        ("absent", None, &[], Add),
        ("same, nobody's", Some("konnect"), &[], Same),
        ("same, a person's", Some("konnect"), &[("kubectl-create", "Update")], Same),
        ("same, a tool's", Some("konnect"), &[("argocd", "Apply")], Same),
        ("other, ours alone", Some("x"), &[US], Change),
        ("other, nobody's", Some("x"), &[], Take),
        ("other, before-first-apply", Some("x"), &[("before-first-apply", "Update")], Take),
        ("other, kubectl", Some("x"), &[("kubectl", "Update")], Take),
        ("other, kubectl create", Some("x"), &[("kubectl-create", "Update")], Take),
        ("other, kubectl label", Some("x"), &[("kubectl-label", "Update")], Take),
        ("other, kubectl edit", Some("x"), &[("kubectl-edit", "Update")], Take),
        ("other, kubectl apply", Some("x"), &[("kubectl-client-side-apply", "Update")], Take),
        ("other, kubectl apply --server-side", Some("x"), &[("kubectl", "Apply")], Blocked),
        ("other, a person's name with Apply", Some("x"), &[("kubectl-create", "Apply")], Blocked),
        ("other, a name like kubectl", Some("x"), &[("kubectlish", "Update")], Blocked),
        ("other, a controller", Some("x"), &[("external-secrets", "Update")], Blocked),
        ("other, our name with Update", Some("x"), &[("konnect", "Update")], Blocked),
        ("other, ours and a person's", Some("x"), &[US, ("kubectl-label", "Update")], Take),
        ("other, ours and a tool's", Some("x"), &[US, ("argocd", "Apply")], Blocked),
        ("other, a person's and a tool's", Some("x"), &[("kubectl-label", "Update"), ("argocd", "Apply")], Blocked),
        ("other, empty, ours", Some(""), &[US], Change),
        ("other, before-first-apply with Apply", Some("x"), &[("before-first-apply", "Apply")], Blocked),
    ];
    for (name, live, owners, expected) in rows {
        assert_eq!(label_action(live, owners), expected, "{name}");
    }
}

#[test]
fn the_token_by_verdict_and_owner() {
    use FieldAction::{Add, Blocked, Change, None as Same, TakeOver as Take};
    let through_string_data = entry("helm", "Apply", &json!({ "f:stringData": { "f:token": {} } }));
    let rows: [(&str, Verdict, Value, FieldAction); 10] = [
        ("missing", Verdict::Missing, json!([]), Add),
        (
            "missing, in an empty map that a tool owns",
            Verdict::Missing,
            json!([entry("argocd", "Apply", &json!({ "f:data": {} }))]),
            Blocked,
        ),
        (
            "missing, in an empty map that a person owns",
            Verdict::Missing,
            json!([entry("kubectl-create", "Update", &json!({ "f:data": {} }))]),
            Take,
        ),
        ("same", Verdict::Same, json!([owns_token("argocd", "Apply")]), Same),
        ("not compared", Verdict::NotCompared, json!([owns_token("argocd", "Apply")]), Same),
        ("different, ours", Verdict::Different, json!([owns_token("konnect", "Apply")]), Change),
        ("different, a person's", Verdict::Different, json!([owns_token("kubectl-create", "Update")]), Take),
        ("different, a tool's", Verdict::Different, json!([owns_token("argocd", "Apply")]), Blocked),
        ("different, set through stringData", Verdict::Different, json!([through_string_data]), Blocked),
        ("different, nobody's", Verdict::Different, json!([{}]), Take),
    ];
    for (name, verdict, managed, expected) in rows {
        let plan = plan_of(secret(), Read::Present(live_secret(verdict, Some("konnect"), &managed)), &TakeOver::new());
        let field = plan.changes[0].fields.iter().find(|field| field.path == token()).expect("the token");
        assert_eq!(field.action, expected, "{name}");
        let action = match expected {
            Same => Action::None,
            Blocked => Action::Blocked,
            _ => Action::Update,
        };
        assert_eq!(plan.changes[0].action, action, "{name}");
    }
}

#[test]
fn nothing_to_do_says_whether_the_token_was_compared() {
    let reason = |verdict| {
        let read = Read::Present(live_secret(verdict, Some("konnect"), &json!([])));
        plan_of(secret(), read, &TakeOver::new()).changes[0].reason.clone()
    };
    assert_eq!((reason(Verdict::Same), reason(Verdict::NotCompared)), (Reason::UpToDate, Reason::TokenNotCompared));
}

#[test]
fn take_over_unblocks_the_named_field_alone() {
    let managed = json!([owns_token("argocd", "Apply"), owns_label("argocd", "Apply")]);
    let read = Read::Present(live_secret(Verdict::Different, Some("x"), &managed));
    let one = TakeOver::from([taken("secret", token())]);
    let change = &plan_of(secret(), read.clone(), &one).changes[0];
    assert_eq!(change.fields.iter().map(|f| f.action).collect::<Vec<_>>(), [FieldAction::TakeOver, FieldAction::Blocked]);
    assert_eq!(change.action, Action::Blocked);
    let other_kind = TakeOver::from([taken("namespace", label(LABEL))]);
    assert_eq!(plan_of(secret(), read.clone(), &other_kind).changes[0].action, Action::Blocked);
    let both = TakeOver::from([taken("secret", token()), taken("secret", label(LABEL))]);
    assert_eq!(plan_of(secret(), read, &both).changes[0].action, Action::Update);
}

/// A Secret as wanted with a label more, whose owners stand in these entries.
fn live_with_team(managed_fields: &Value) -> LiveObject {
    let live = with(live_secret(Verdict::Same, Some("konnect"), &json!([])), &["metadata", "labels", "team"], "a");
    live.with_owners(of("secret"), Owners::parse(managed_fields, of("secret")))
}

#[test]
fn what_is_ours_and_no_longer_wanted_goes_or_is_released() {
    let ours = entry("konnect", "Apply", &json!({ "f:metadata": { "f:labels": { "f:team": {}, format!("f:{LABEL}"): {} } } }));
    let theirs = entry("argocd", "Apply", &json!({ "f:metadata": { "f:labels": { "f:team": {} } } }));
    for (managed, expected) in [(json!([ours]), FieldAction::Remove), (json!([ours, theirs]), FieldAction::Release)] {
        let live = live_with_team(&managed);
        let plan = plan_of(secret(), Read::Present(live), &TakeOver::new());
        let field = plan.changes[0].fields.iter().find(|field| field.path == label("team")).expect("shown");
        assert_eq!(field.action, expected);
        assert_eq!(plan.changes[0].action, Action::Update);
    }
}

#[test]
fn what_is_foreign_and_not_wanted_is_never_shown() {
    let theirs = entry(
        "argocd",
        "Apply",
        &json!({ "f:metadata": { "f:labels": { "f:team": {} }, "f:finalizers": { "v:\"x\"": {} } }, "f:data": { "f:other": {} } }),
    );
    let live = live_with_team(&json!([theirs]));
    let plan = plan_of(secret(), Read::Present(live), &TakeOver::new());
    assert_eq!(plan.changes[0].fields.len(), 2, "the token and the one label");
    assert_eq!(plan.changes[0].action, Action::None);
}

fn terminating(live: LiveObject) -> LiveObject {
    LiveObject { terminating: true, ..live }
}

#[test]
fn object_level_reasons_come_first() {
    let blocked = |change: fn(LiveObject) -> LiveObject| {
        let managed = json!([owns_label("argocd", "Apply"), owns_token("konnect", "Apply")]);
        let live = live_secret(Verdict::Different, Some("x"), &managed);
        let plan = plan_of(secret(), Read::Present(change(live)), &TakeOver::new());
        (plan.changes[0].action, plan.changes[0].reason.clone())
    };
    assert_eq!(blocked(|live| live), (Action::Blocked, Reason::OwnedByOthers));
    assert_eq!(blocked(terminating), (Action::Blocked, Reason::Terminating));
    assert_eq!(blocked(|live| with(live, &["immutable"], "true")), (Action::Blocked, Reason::Immutable));
    let typed = blocked(|live| with(live, &["type"], "kubernetes.io/tls"));
    let reason = Reason::Fixed { path: &["type"], live: "kubernetes.io/tls".into(), only: "Opaque" };
    assert_eq!((reason.code(), &typed), ("type", &(Action::Blocked, reason.clone())));
}

#[test]
fn another_type_or_a_deletion_blocks_even_where_nothing_differs() {
    for spoil in [terminating, |live| with(live, &["type"], "x")] {
        let live = spoil(live_secret(Verdict::Same, Some("konnect"), &json!([])));
        assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).changes[0].action, Action::Blocked);
    }
}

#[test]
fn immutable_blocks_a_change_of_data_only() {
    let live = with(live_secret(Verdict::Same, None, &json!([])), &["immutable"], "true");
    assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).changes[0].action, Action::Update);
}

#[test]
fn immutable_blocks_what_would_no_longer_be_immutable_but_not_a_release() {
    let data = json!({ "f:data": { "f:old": {} } });
    let ours_frozen = json!([entry("konnect", "Apply", &json!({ "f:immutable": {} }))]);
    let shared_data = json!([entry("konnect", "Apply", &data), entry("argocd", "Apply", &data)]);
    for (managed, expected) in [(ours_frozen, Action::Blocked), (shared_data, Action::Update)] {
        let live = with(live_secret(Verdict::Same, Some("konnect"), &managed), &["immutable"], "true");
        assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).changes[0].action, expected, "{managed}");
    }
}

#[test]
fn unreadable_is_never_absent() {
    let plan = plan_of(secret(), Read::Unreadable(Failure::new(FailureCode::Forbidden, "no")), &TakeOver::new());
    assert_eq!((plan.changes[0].action, plan.summary().unknown, plan.summary().add), (Action::Unknown, 1, 0));
}

#[test]
fn a_namespace_that_is_deleted_takes_its_objects_with_it() {
    let live = terminating(bare());
    let reads = [(namespace().object, Read::Present(live)), (secret().object, Read::Absent)];
    let plan = plan(&desired(vec![namespace(), secret()]), &observed(reads), &TakeOver::new());
    assert_eq!(plan.changes[0].reason, Reason::Terminating);
    assert_eq!((plan.changes[1].action, plan.changes[1].reason.clone()), (Action::Blocked, Reason::NamespaceTerminating));
}

#[test]
fn the_same_input_gives_the_same_plan() {
    let read = Read::Present(live_secret(Verdict::Different, Some("x"), &json!([owns_label("kubectl-label", "Update")])));
    assert_eq!(plan_of(secret(), read.clone(), &TakeOver::new()), plan_of(secret(), read, &TakeOver::new()));
}

#[test]
fn a_manifest_elsewhere_is_warned_of() {
    let managed = json!([owns_token("kubectl-client-side-apply", "Update")]);
    let mut live = live_secret(Verdict::Different, Some("konnect"), &managed);
    assert!(plan_of(secret(), Read::Present(live.clone()), &TakeOver::new()).warnings.is_empty());
    let last_applied = ["metadata", "annotations", konnect_core::names::LAST_APPLIED];
    live.values.insert(FieldPath::of(&last_applied), LiveValue::Present);
    assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).warnings[0].code, "manifest_elsewhere");
}

#[test]
fn take_over_of_an_empty_map_unblocks_its_first_key() {
    let managed = json!([entry("argocd", "Apply", &json!({ "f:data": {} }))]);
    let read = Read::Present(live_secret(Verdict::Missing, Some("konnect"), &managed));
    let take_over = TakeOver::from([taken("secret", token())]);
    let change = &plan_of(secret(), read, &take_over).changes[0];
    assert_eq!((change.action, change.fields[0].action), (Action::Update, FieldAction::TakeOver));
    assert_eq!(change.fields[0].managers.len(), 1);
}

#[test]
fn what_a_take_over_can_t_name_in_this_spec_is_warned_of() {
    let known = taken("secret", label(LABEL));
    let rows = [
        (vec![known.clone(), taken("secret", token())], 0),
        (vec![known.clone(), taken("secret", label("team"))], 1),
        (vec![known.clone(), taken("namespace", label(LABEL))], 1),
    ];
    for read in [Read::Absent, Read::Present(live_secret(Verdict::Same, Some("konnect"), &json!([])))] {
        for (take_over, count) in &rows {
            let warnings = plan_of(secret(), read.clone(), &take_over.iter().cloned().collect()).warnings;
            assert_eq!(warnings.len(), *count, "{take_over:?}");
            assert!(warnings.iter().all(|warning| warning.code == "take_over_unknown"));
        }
    }
    // Of what could not be read nothing is known, and nothing said.
    let unreadable = Read::Unreadable(Failure::new(FailureCode::Forbidden, "no"));
    assert!(plan_of(secret(), unreadable, &[taken("secret", label("team"))].into()).warnings.is_empty());
}

#[test]
fn what_is_sensitive_and_what_is_shown() {
    let ours = entry(
        "konnect",
        "Apply",
        &json!({ "f:data": { "f:old": {} }, "f:metadata": { "f:labels": { "f:team": {} }, "f:finalizers": {} } }),
    );
    let theirs = entry("argocd", "Apply", &json!({ "f:metadata": { "f:labels": { "f:team": {} } } }));
    let live = with(live_secret(Verdict::Same, Some("konnect"), &json!([])), &["metadata", "labels", "team"], "a");
    let live = live.with_owners(of("secret"), Owners::parse(&json!([ours, theirs]), of("secret")));
    let shown = |read: Read| -> Vec<(String, bool, FieldValue)> {
        let plan = plan_of(secret(), read, &TakeOver::new());
        plan.changes[0].fields.iter().map(|of| (of.path.dotted().plain(), of.sensitive, of.value.clone())).collect()
    };
    let plain = |before: Option<&str>, after: Option<&str>| FieldValue::Plain {
        before: before.map(Into::into),
        after: after.map(Into::into),
    };
    let labelled = format!("metadata.labels.{LABEL}");
    let expected = [
        ("data.old".to_owned(), true, FieldValue::Hidden),
        ("data.token".to_owned(), true, FieldValue::Token(Verdict::Same)),
        (labelled.clone(), false, plain(Some("konnect"), Some("konnect"))),
        ("metadata.labels.team".to_owned(), false, plain(Some("a"), Some("a"))),
        ("metadata.finalizers".to_owned(), true, FieldValue::Hidden),
    ];
    assert_eq!(shown(Read::Present(live)), expected);
    let new =
        [("data.token".to_owned(), true, FieldValue::Token(Verdict::Missing)), (labelled, false, plain(None, Some("konnect")))];
    assert_eq!(shown(Read::Absent), new);
    // Ours alone: it goes.
    let ours = entry("konnect", "Apply", &json!({ "f:metadata": { "f:labels": { "f:team": {} } } }));
    let removed = shown(Read::Present(live_with_team(&json!([ours]))));
    assert_eq!(removed[2], ("metadata.labels.team".to_owned(), false, plain(Some("a"), None)));
}

#[test]
fn what_can_t_be_read_keeps_its_failure_also_in_a_namespace_that_is_deleted() {
    let failure = Failure::new(FailureCode::Forbidden, "no");
    let reads = [(namespace().object, Read::Present(terminating(bare()))), (secret().object, Read::Unreadable(failure.clone()))];
    let plan = plan(&desired(vec![namespace(), secret()]), &observed(reads), &TakeOver::new());
    let change = &plan.changes[1];
    assert_eq!((change.action, &change.reason, &change.unreadable), (Action::Unknown, &Reason::Unreadable, &Some(failure)));
    // And a namespace that is there and stays blocks nothing.
    let reads = [(namespace().object, Read::Present(bare())), (secret().object, Read::Absent)];
    let plan = konnect_core::planner::plan(&desired(vec![namespace(), secret()]), &observed(reads), &TakeOver::new());
    assert_eq!((plan.changes[1].action, &plan.changes[1].waits_for), (Action::Create, &None));
}

#[test]
fn only_what_kubectl_apply_set_is_warned_of_as_a_manifest() {
    let last_applied = ["metadata", "annotations", konnect_core::names::LAST_APPLIED];
    let mut live = live_secret(Verdict::Different, Some("konnect"), &json!([owns_token("kubectl-edit", "Update")]));
    live.values.insert(FieldPath::of(&last_applied), LiveValue::Present);
    assert!(plan_of(secret(), Read::Present(live), &TakeOver::new()).warnings.is_empty());
    let mut live = live_secret(Verdict::Same, Some("konnect"), &json!([owns_token("kubectl-client-side-apply", "Update")]));
    live.values.insert(FieldPath::of(&last_applied), LiveValue::Present);
    assert!(plan_of(secret(), Read::Present(live), &TakeOver::new()).warnings.is_empty());
}
