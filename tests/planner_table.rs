//! Every combination of object and field state → the action. No async, no server: literals in, literals out.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use konnect::desired::{Desired, DesiredObject};
use konnect::observed::{Live, LiveSecret, Observed, Read};
use konnect::outcome::{Failure, FailureCode};
use konnect::ownership::Owners;
use konnect::plan::{Action, ClusterIdentity, FieldAction, FieldPath, Kind, Mark, Plan, Reason, Verdict};
use konnect::planner::{TakeOver, plan, what_is_read};
use serde_json::{Value, json};

const LABEL: &str = "konghq.com/credential";

fn secret() -> DesiredObject {
    DesiredObject {
        kind: Kind::Secret,
        namespace: Some("kong".into()),
        name: "pat".into(),
        labels: BTreeMap::from([(LABEL.into(), "konnect".into())]),
        annotations: BTreeMap::new(),
    }
}

fn namespace() -> DesiredObject {
    DesiredObject {
        kind: Kind::Namespace,
        namespace: None,
        name: "kong".into(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

fn live_secret(token: Verdict, label: Option<&str>, managed_fields: &Value) -> Live {
    Live {
        uid: "u".into(),
        resource_version: "7".into(),
        labels: label.map(|value| (LABEL.into(), value.into())).into_iter().collect(),
        owners: Owners::parse(managed_fields),
        secret: Some(LiveSecret {
            r#type: "Opaque".into(),
            immutable: false,
            empty: token == Verdict::Missing,
            token,
            token_mark: Some(Mark("1".into())),
            fingerprint: None,
        }),
        ..Live::default()
    }
}

fn observed(objects: impl IntoIterator<Item = (Kind, Read)>) -> Observed {
    Observed {
        spec: "konnect.toml".into(),
        token_source: "$PAT".into(),
        token_unset: "$PAT is not set".into(),
        token_given: true,
        cluster: ClusterIdentity { context: "c".into(), server: "https://s".into(), uid: None, user: None, claimed: false },
        read_at: jiff::Timestamp::UNIX_EPOCH,
        objects: objects.into_iter().collect(),
    }
}

fn plan_of(wanted: DesiredObject, read: Read, take_over: &TakeOver) -> Plan {
    let kind = wanted.kind;
    // What a saved plan keeps of a live object gives the same plan.
    let kept = match &read {
        Read::Present(live) => Read::Present(what_is_read(&wanted, live)),
        other => other.clone(),
    };
    let desired = Desired { objects: vec![wanted] };
    let made = plan(&desired, &observed([(kind, read)]), take_over);
    assert_eq!(plan(&desired, &observed([(kind, kept)]), take_over), made);
    made
}

fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
    json!({ "manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields })
}

fn owns_label(manager: &str, operation: &str) -> Value {
    entry(manager, operation, &json!({ "f:metadata": { "f:labels": { ".": {}, format!("f:{LABEL}"): {} } } }))
}

fn owns_token(manager: &str, operation: &str) -> Value {
    entry(manager, operation, &json!({ "f:data": { ".": {}, "f:token": {} } }))
}

/// The action on the label, by its live value and its owners.
fn label_action(live: Option<&str>, owners: &[(&str, &str)]) -> FieldAction {
    let managed: Vec<Value> = owners.iter().map(|(manager, operation)| owns_label(manager, operation)).collect();
    let read = Read::Present(live_secret(Verdict::Same, live, &json!(managed)));
    let plan = plan_of(secret(), read, &TakeOver::new());
    plan.changes[0].fields.iter().find(|field| field.path == FieldPath::Label(LABEL.into())).expect("the label").action
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
        let field = plan.changes[0].fields.iter().find(|field| field.path == FieldPath::token()).expect("the token");
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
fn take_over_unblocks_the_named_field_alone() {
    let managed = json!([owns_token("argocd", "Apply"), owns_label("argocd", "Apply")]);
    let read = Read::Present(live_secret(Verdict::Different, Some("x"), &managed));
    let one = TakeOver::from([(Kind::Secret, FieldPath::token())]);
    let change = &plan_of(secret(), read.clone(), &one).changes[0];
    assert_eq!(change.fields.iter().map(|f| f.action).collect::<Vec<_>>(), [FieldAction::TakeOver, FieldAction::Blocked]);
    assert_eq!(change.action, Action::Blocked);
    let other_kind = TakeOver::from([(Kind::Namespace, FieldPath::Label(LABEL.into()))]);
    assert_eq!(plan_of(secret(), read.clone(), &other_kind).changes[0].action, Action::Blocked);
    let both = TakeOver::from([(Kind::Secret, FieldPath::token()), (Kind::Secret, FieldPath::Label(LABEL.into()))]);
    assert_eq!(plan_of(secret(), read, &both).changes[0].action, Action::Update);
}

#[test]
fn what_is_ours_and_no_longer_wanted_goes_or_is_released() {
    let ours = entry("konnect", "Apply", &json!({ "f:metadata": { "f:labels": { "f:team": {}, format!("f:{LABEL}"): {} } } }));
    let theirs = entry("argocd", "Apply", &json!({ "f:metadata": { "f:labels": { "f:team": {} } } }));
    for (managed, expected) in [(json!([ours]), FieldAction::Remove), (json!([ours, theirs]), FieldAction::Release)] {
        let mut live = live_secret(Verdict::Same, Some("konnect"), &managed);
        live.labels.insert("team".into(), "a".into());
        let plan = plan_of(secret(), Read::Present(live), &TakeOver::new());
        let field = plan.changes[0].fields.iter().find(|field| field.path == FieldPath::Label("team".into())).expect("shown");
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
    let mut live = live_secret(Verdict::Same, Some("konnect"), &json!([theirs]));
    live.labels.insert("team".into(), "a".into());
    let plan = plan_of(secret(), Read::Present(live), &TakeOver::new());
    assert_eq!(plan.changes[0].fields.len(), 2, "the token and the one label");
    assert_eq!(plan.changes[0].action, Action::None);
}

#[test]
fn object_level_reasons_come_first() {
    let blocked = |change: fn(&mut Live)| {
        let mut live =
            live_secret(Verdict::Different, Some("x"), &json!([owns_label("argocd", "Apply"), owns_token("konnect", "Apply")]));
        change(&mut live);
        let plan = plan_of(secret(), Read::Present(live), &TakeOver::new());
        (plan.changes[0].action, plan.changes[0].reason.clone())
    };
    assert_eq!(blocked(|_| {}), (Action::Blocked, Reason::OwnedByOthers));
    assert_eq!(blocked(|live| live.terminating = true), (Action::Blocked, Reason::Terminating));
    assert_eq!(blocked(|live| live.secret.as_mut().expect("a secret").immutable = true), (Action::Blocked, Reason::Immutable));
    let typed = blocked(|live| live.secret.as_mut().expect("a secret").r#type = "kubernetes.io/tls".into());
    assert_eq!(typed, (Action::Blocked, Reason::Type("kubernetes.io/tls".into())));
}

#[test]
fn another_type_or_a_deletion_blocks_even_where_nothing_differs() {
    for spoil in
        [|live: &mut Live| live.terminating = true, |live: &mut Live| live.secret.as_mut().expect("a secret").r#type = "x".into()]
    {
        let mut live = live_secret(Verdict::Same, Some("konnect"), &json!([]));
        spoil(&mut live);
        assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).changes[0].action, Action::Blocked);
    }
}

#[test]
fn immutable_blocks_a_change_of_data_only() {
    let mut live = live_secret(Verdict::Same, None, &json!([]));
    live.secret.as_mut().expect("a secret").immutable = true;
    assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).changes[0].action, Action::Update);
}

#[test]
fn immutable_blocks_what_would_no_longer_be_immutable_but_not_a_release() {
    let data = json!({ "f:data": { "f:old": {} } });
    let ours_frozen = json!([entry("konnect", "Apply", &json!({ "f:immutable": {} }))]);
    let shared_data = json!([entry("konnect", "Apply", &data), entry("argocd", "Apply", &data)]);
    for (managed, expected) in [(ours_frozen, Action::Blocked), (shared_data, Action::Update)] {
        let mut live = live_secret(Verdict::Same, Some("konnect"), &managed);
        live.secret.as_mut().expect("a secret").immutable = true;
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
    let terminating = Live { uid: "n".into(), resource_version: "1".into(), terminating: true, ..Live::default() };
    let desired = Desired { objects: vec![namespace(), secret()] };
    let reads = [(Kind::Namespace, Read::Present(terminating)), (Kind::Secret, Read::Absent)];
    let plan = plan(&desired, &observed(reads), &TakeOver::new());
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
    let mut live = live_secret(Verdict::Different, Some("konnect"), &json!([owns_token("kubectl-client-side-apply", "Update")]));
    assert!(plan_of(secret(), Read::Present(live.clone()), &TakeOver::new()).warnings.is_empty());
    live.last_applied = true;
    assert_eq!(plan_of(secret(), Read::Present(live), &TakeOver::new()).warnings[0].code, "manifest_elsewhere");
}
