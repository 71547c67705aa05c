//! A plan as a whole: its counts, the order of its writes, and what the server's dry runs make of it.

mod objects;

use std::collections::BTreeMap;

use konnect_core::desired::{DesiredObject, FieldOfType, TakeOver};
use konnect_core::field_path::FieldPath;
use konnect_core::object::SpecId;
use konnect_core::observed::Read;
use konnect_core::outcome::{Failure, FailureCode};
use konnect_core::outside::Outside;
use konnect_core::plan::{Action, ComputedBecause, DryRun, Plan, Reason, Remark, Summary, Verification};
use konnect_core::planner::plan;
use konnect_core::token::Verdict;
use objects::{LABEL, account, bare, desired, label, live_secret, namespace, observed, of, owns_token, secret, token};
use serde_json::json;

fn made(reads: [Read; 3]) -> Plan {
    let wanted = [namespace(), account(), secret()];
    let objects = wanted.iter().map(|wanted| wanted.object.clone()).zip(reads);
    plan(&desired(wanted.to_vec()), &observed(objects), &TakeOver::new())
}

fn present(verdict: Verdict) -> Read {
    Read::Present(live_secret(verdict, Some("konnect"), &json!([])))
}

fn unreadable() -> Read {
    Read::Unreadable(Failure::new(FailureCode::Forbidden, "no"))
}

#[test]
fn counts() {
    let there = || Read::Present(bare());
    let blocked = || Read::Present(live_secret(Verdict::Different, Some("konnect"), &json!([owns_token("argocd", "Apply")])));
    let zero = Summary::default();
    let rows = [
        ([Read::Absent, Read::Absent, Read::Absent], Summary { add: 3, ..zero }, true),
        ([there(), Read::Absent, present(Verdict::Different)], Summary { add: 1, change: 1, unchanged: 1, ..zero }, true),
        ([there(), there(), present(Verdict::Different)], Summary { change: 1, unchanged: 2, ..zero }, true),
        ([there(), there(), present(Verdict::Same)], Summary { unchanged: 3, ..zero }, false),
        ([there(), there(), blocked()], Summary { unchanged: 2, blocked: 1, ..zero }, true),
        ([there(), there(), unreadable()], Summary { unchanged: 2, unknown: 1, ..zero }, false),
    ];
    for (reads, expected, pending) in rows {
        let plan = made(reads);
        assert_eq!((plan.summary(), plan.is_pending()), (expected, pending));
    }
}

#[test]
fn a_token_that_was_not_compared_is_told() {
    let there = || Read::Present(bare());
    assert!(made([there(), there(), present(Verdict::NotCompared)]).token_not_compared());
    assert!(!made([there(), there(), present(Verdict::Same)]).token_not_compared());
    assert!(!made([Read::Absent, Read::Absent, Read::Absent]).token_not_compared());
}

#[test]
fn each_object_is_written_after_its_namespace_and_else_in_the_plan_s_order() {
    let order = |wanted: Vec<DesiredObject>| -> Vec<&'static str> {
        let plan = plan(&desired(wanted), &observed([]), &TakeOver::new());
        plan.write_waves().into_iter().flatten().map(|change| change.wanted.object.resource.kind).collect()
    };
    assert_eq!(order(vec![secret(), account(), namespace()]), ["Namespace", "Secret", "ServiceAccount"]);
    assert_eq!(order(vec![namespace(), account(), secret()]), ["Namespace", "ServiceAccount", "Secret"]);
    assert_eq!(order(vec![secret(), account()]), ["Secret", "ServiceAccount"]);
}

#[test]
fn a_change_is_found_by_its_object() {
    let plan = made([Read::Absent, Read::Absent, Read::Absent]);
    assert_eq!(plan.change(&secret().object).map(|change| &change.wanted), Some(&secret()));
    assert_eq!(plan.change(&objects::object("secret", Some("kong"), "other")), None);
    assert_eq!(plan.key(&secret().object), (SpecId::default(), secret().object));
}

#[test]
fn what_needs_a_namespace_first_is_not_asked_about() {
    let asked = |plan: &Plan| plan.to_verify().map(|change| change.wanted.object.resource.kind).collect::<Vec<_>>();
    assert_eq!(asked(&made([Read::Absent, Read::Absent, Read::Absent])), ["Namespace"]);
    let there = || Read::Present(bare());
    assert_eq!(asked(&made([there(), Read::Absent, present(Verdict::Different)])), ["ServiceAccount", "Secret"]);
    assert_eq!(asked(&made([there(), there(), unreadable()])), Vec::<&str>::new());
}

#[test]
fn what_the_dry_runs_gave() {
    let told = |dry_run: DryRun| {
        let mut plan = made([Read::Present(bare()), Read::Present(bare()), present(Verdict::Different)]);
        let key = plan.key(&secret().object);
        plan.take_dry_runs(&BTreeMap::from([(key, dry_run)]));
        let change = plan.changes[2].clone();
        (change.action, change.reason, change.verification, plan.warnings)
    };
    let not_asked = || Verification::Computed(ComputedBecause::NotAsked);
    let (action, _, verification, warnings) =
        told(DryRun::Accepted(vec![Remark::Warned("careful".into()), Remark::Overwritten(label(LABEL))]));
    assert_eq!((action, verification), (Action::Update, Verification::Server));
    let codes: Vec<&str> = warnings.iter().map(|warning| warning.code.as_ref()).collect();
    assert_eq!(codes, ["server_warning", "changed_by_admission"]);
    assert!(warnings[0].message.plain().ends_with("the server warns: careful"));
    assert!(warnings[1].message.plain().contains(&format!("changes metadata.labels.{LABEL} after")));

    let (action, _, verification, warnings) = told(DryRun::NotAsked(ComputedBecause::NoPermission));
    assert_eq!(
        (action, verification, warnings.len()),
        (Action::Update, Verification::Computed(ComputedBecause::NoPermission), 0)
    );
    let (action, _, verification, warnings) = told(DryRun::Failed("500".into()));
    assert_eq!((action, verification), (Action::Update, Verification::Computed(ComputedBecause::AskingFailed)));
    assert_eq!((warnings.len(), warnings[0].code.as_ref()), (1, "not_verified"));
    let (action, reason, verification, warnings) = told(DryRun::Refused(Reason::Rejected("policy".into())));
    assert_eq!(
        (action, reason, verification, warnings.len()),
        (Action::Blocked, Reason::Rejected("policy".into()), not_asked(), 0)
    );
    let (_, reason, _, warnings) = told(DryRun::Refused(Reason::NamespaceTerminating));
    assert_eq!((reason, warnings[0].code.as_ref()), (Reason::NamespaceTerminating, "namespace_terminating"));
    let (action, _, verification, warnings) = told(DryRun::Moved);
    assert_eq!((action, verification, warnings[0].code.as_ref()), (Action::Update, not_asked(), "keeps_changing"));
}

#[test]
fn two_objects_of_one_namespace_say_the_same_once() {
    let mut plan = made([Read::Present(bare()), Read::Absent, Read::Absent]);
    let refused = || DryRun::Refused(Reason::NamespaceTerminating);
    let keys = [account().object, secret().object].map(|object| plan.key(&object));
    plan.take_dry_runs(&keys.into_iter().map(|key| (key, refused())).collect());
    assert_eq!(plan.warnings.len(), 1);
}

#[test]
fn reasons_say_why() {
    let change = |reason: Reason, object: DesiredObject| {
        let mut plan = plan(&desired(vec![object]), &observed([]), &TakeOver::new());
        plan.changes[0].reason = reason;
        plan.changes[0].reason().plain()
    };
    assert!(change(Reason::Terminating, namespace()).starts_with("the namespace is being deleted"));
    assert!(change(Reason::Terminating, secret()).starts_with("it is being deleted"));
    let fixed = Reason::Fixed { path: &["type"], live: "x".into(), only: "Opaque" };
    assert_eq!(change(fixed, secret()), "its type is x, not Opaque, and a type can't be changed");
    assert_eq!(change(Reason::Rejected("a\nb".into()), secret()), "the server refuses it: a b");
    let plan = made([unreadable(), Read::Absent, Read::Absent]);
    assert_eq!(plan.changes[0].reason().plain(), "no");
}

/// Every cause of a block has a reason code and a hint of its own; what is not blocked has none.
#[test]
fn each_cause_of_a_block_has_its_own_code_and_hint() {
    let policy = "secrets \"konnect-pat\" is forbidden: ValidatingAdmissionPolicy 'no-secrets' with binding 'all' denied request: not here";
    let webhook = "admission webhook \"validate.kyverno.svc\" denied the request: not here";
    let causes = [
        Reason::Terminating,
        Reason::NamespaceTerminating,
        Reason::Immutable,
        Reason::Fixed { path: &["type"], live: "x".into(), only: "Opaque" },
        Reason::OwnedByOthers,
        Reason::NamespaceMissing("kong".into()),
        Reason::refused(policy.into()),
        Reason::refused("exceeded quota: secrets".into()),
        Reason::WebhookFailed("timeout".into()),
    ];
    let mut codes = std::collections::BTreeSet::new();
    let cluster = observed([]).cluster;
    for reason in causes {
        let mut plan = plan(&desired(vec![secret()]), &observed([]), &TakeOver::new());
        let change = &mut plan.changes[0];
        (change.action, change.reason) = (Action::Blocked, reason);
        let hint = change.hint(&cluster).expect("a hint").plain();
        assert!(hint.len() > 10, "{hint}");
        // Whatever kubectl's own context is.
        assert_eq!(hint.contains("kubectl "), hint.contains("kubectl --context c "), "{hint}");
        assert!(codes.insert(change.reason.code()), "{}", change.reason.code());
        assert!(!plan.is_applyable());
        assert_eq!(
            plan.refused_because().expect("refused").plain(),
            format!("{} is blocked", plan.changes[0].wanted.object.title().plain())
        );
    }
    let others =
        [Reason::Absent, Reason::Differs, Reason::UpToDate, Reason::TokenNotCompared, Reason::Unreadable].map(|of| of.code());
    codes.extend(others);
    assert_eq!(codes, Reason::CODES.iter().copied().collect());
    let named = |words: &'static str| match Reason::refused(words.into()) {
        Reason::Policy { name, words: _ } => name.plain(),
        other => format!("{other:?}"),
    };
    assert_eq!(named(policy), "no-secrets");
    assert_eq!(named(webhook), "validate.kyverno.svc");
    for other in ["admission webhook \"x", "ValidatingAdmissionPolicy 'x'", "admission webhook \"x\" says no", ""] {
        assert!(matches!(Reason::refused(other.into()), Reason::Rejected(_)), "{other}");
    }
    let unblocked = made([Read::Absent, Read::Absent, Read::Absent]);
    assert!(unblocked.changes.iter().all(|change| change.hint(&cluster).is_none()) && unblocked.is_applyable());
    assert!(unblocked.refused_because().is_none());
}

#[test]
fn what_apply_would_refuse_is_said_of_all_of_it() {
    let mut plan = made([unreadable(), Read::Absent, Read::Absent]);
    plan.changes[1].action = Action::Blocked;
    plan.changes[2].action = Action::Blocked;
    let [a, b, c] = [0, 1, 2].map(|i| plan.changes[i].wanted.object.title().plain());
    assert_eq!(plan.refused_because().expect("refused").plain(), format!("{a} is unknown; {b} and {c} are blocked"));
    plan.token_is_given = false;
    assert!(plan.refused_because().expect("refused").plain().starts_with("$PAT is not set; "));
    // A plan without changes is not applyable, and nothing would be refused.
    let mut nothing = made([Read::Absent, Read::Absent, Read::Absent]);
    nothing.changes.iter_mut().for_each(|change| change.action = Action::None);
    nothing.token_is_given = false;
    assert!(!nothing.is_applyable() && nothing.refused_because().is_none());
}

#[test]
fn all_that_may_not_be_read_is_one_failure() {
    let forbidden = |what: konnect_core::outside::Text| Read::Unreadable(Failure::new(FailureCode::Forbidden, what));
    let mut plan = made([forbidden("no permission to get it".into()), forbidden("no permission to get it".into()), Read::Absent]);
    plan.cluster.user = Some("it's".into());
    plan.spec = "my spec.toml".into();
    let failures = plan.unreadable();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].what.plain(), "user \"it's\" cannot get 2 objects in kong");
    let hint = failures[0].hint.as_ref().expect("a hint").plain();
    assert!(hint.ends_with("konnect rbac --for plan -f 'my spec.toml' --subject 'User:it'\\''s' | kubectl apply -f -"), "{hint}");
    let plan = made([Read::Absent, Read::Absent, forbidden("no permission to get it".into())]);
    assert!(plan.unreadable()[0].what.plain().starts_with("this user cannot get Secret kong/"));
    let more = konnect_core::text!("no permission to get it: {}", Outside::from("ask Bob"));
    let plan = made([forbidden(more.clone()), Read::Absent, forbidden(more)]);
    assert_eq!(plan.unreadable()[0].what.plain(), "this user cannot get 2 objects in kong; no permission to get it: ask Bob");
}

#[test]
fn fields_of_a_type_are_in_the_table_s_order() {
    let field = |spec_key: &str, path: FieldPath| FieldOfType { resource: of(spec_key), field: path };
    let sorted = [
        field("namespace", label("b")),
        field("service_account", label("a")),
        field("secret", token()),
        field("secret", label("a")),
    ];
    assert!(sorted.is_sorted());
    assert_eq!(sorted.iter().cloned().collect::<TakeOver>().into_iter().collect::<Vec<_>>(), sorted);
}

#[test]
fn which_objects_hold_the_token() {
    assert!(secret().holds_token() && !account().holds_token());
    let labelled =
        DesiredObject { fields: [(label("a"), konnect_core::desired::WantedValue::Plain("1".into()))].into(), ..account() };
    assert!(!labelled.holds_token());
    assert_eq!(
        labelled.texts().map(|(path, text)| (path.clone(), text.expose().to_owned())).collect::<Vec<_>>(),
        [(label("a"), "1".to_owned())]
    );
    assert_eq!(secret().texts().count(), 1);
}

#[test]
fn what_is_written_and_what_is_forced() {
    let there = || Read::Present(bare());
    let taken =
        || Read::Present(live_secret(Verdict::Different, Some("konnect"), &json!([owns_token("kubectl-create", "Update")])));
    let ours = || Read::Present(live_secret(Verdict::Different, Some("konnect"), &json!([owns_token("konnect", "Apply")])));
    for (read, written, forced) in [
        (Read::Absent, true, false),
        (taken(), true, true),
        (ours(), true, false),
        (present(Verdict::Same), false, false),
        (unreadable(), false, false),
    ] {
        let plan = made([there(), there(), read]);
        assert_eq!(
            (plan.changes[2].is_written(), plan.changes[2].takes_over()),
            (written, forced),
            "{:?}",
            plan.changes[2].action
        );
    }
}

#[test]
fn a_change_can_be_bound_to_another_version() {
    let plan = made([Read::Present(bare()), Read::Present(bare()), present(Verdict::Different)]);
    let change = &plan.changes[2];
    let version = konnect_core::plan::ObservedVersion { uid: "u".into(), resource_version: "8".into(), token: None };
    let bound = change.bound_to(version.clone());
    assert_eq!(bound.observed, Some(version));
    assert_eq!((bound.action, &bound.fields), (change.action, &change.fields));
    let saved = change.without_run_fingerprint();
    let fingerprint = |change: &konnect_core::plan::Change| {
        change.observed.as_ref().and_then(|of| of.token.as_ref()).map(|token| token.fingerprint.is_some())
    };
    assert_eq!((fingerprint(change), fingerprint(&saved)), (Some(true), Some(false)));
}

#[test]
fn words_of_fields_and_codes() {
    use konnect_core::outside::Part as _;
    use konnect_core::plan::FieldAction::{Add, Blocked, Change, None as Same, Release, Remove, TakeOver as Take};
    let words = [Add, Change, Take, Remove, Release, Same, Blocked].map(konnect_core::plan::FieldAction::word);
    assert_eq!(words, ["add", "change", "take_over", "remove", "release", "none", "blocked"]);
    let actions = [Action::Create, Action::Update, Action::None, Action::Blocked, Action::Unknown].map(Action::word);
    assert_eq!(actions, ["create", "update", "none", "blocked", "unknown"]);
    assert_eq!(FailureCode::Spec.text().plain(), "spec");
}
