//! Whether a plan still holds: everything that can move between planning and writing, and what it means for one change.

mod objects;

use std::collections::BTreeSet;

use konnect_core::desired::{DesiredObject, WantedValue};
use konnect_core::field_path::FieldPath;
use konnect_core::observed::{LiveObject, LiveValue, Read};
use konnect_core::ownership::Owners;
use konnect_core::plan::{Action, Change, Reason};
use konnect_core::planner::change;
use konnect_core::revalidate::{Validity, revalidate};
use konnect_core::token::{LiveToken, SavedFingerprint, TokenFingerprint, TokenMove, Verdict};
use objects::{label, object, of, token};
use serde_json::json;

fn team() -> FieldPath {
    label("team")
}

fn wanted() -> DesiredObject {
    let fields = [(team(), WantedValue::Plain("a".into())), (token(), WantedValue::Token)];
    DesiredObject { object: object("secret", Some("kong"), "pat"), fields: fields.into() }
}

/// A live Secret: its version, its label, who owns that, and the fingerprint of its token.
fn live(version: &str, labelled: &str, owner: &str, held: &str) -> LiveObject {
    let verdict = if held == "wanted" { Verdict::Same } else { Verdict::Different };
    let live_token = LiveToken { verdict, fingerprint: Some(TokenFingerprint(held.into())), saved: None };
    let live = LiveObject {
        uid: "u".into(),
        resource_version: version.into(),
        values: [
            (FieldPath::of(&["type"]), LiveValue::Text("Opaque".into())),
            (team(), LiveValue::Text(labelled.into())),
            (token(), LiveValue::Token(live_token)),
        ]
        .into(),
        ..LiveObject::default()
    };
    let fields = json!({"f:metadata": {"f:labels": {"f:team": {}}}});
    let managed = json!([{"manager": owner, "operation": "Update", "fieldsV1": fields}]);
    live.with_owners(of("secret"), Owners::parse(&managed, of("secret")))
}

fn planned(read: &Read) -> Change {
    change(&wanted(), read, &BTreeSet::new())
}

/// An update that takes a label and the token over.
fn update() -> Change {
    planned(&Read::Present(live("1", "b", "kubectl-label", "old")))
}

/// Without a word of its namespace.
fn alone(planned: &Change, now: Option<&LiveObject>) -> Validity {
    revalidate(planned, now, None)
}

fn sentence(validity: Validity) -> String {
    match validity {
        Validity::Stale(difference) => difference.sentence().plain(),
        other => format!("{other:?}"),
    }
}

#[test]
fn an_update_against_what_became_of_its_object() {
    let update = update();
    assert_eq!(update.action, Action::Update);
    assert_eq!(alone(&update, Some(&live("1", "b", "kubectl-label", "old"))), Validity::Unchanged);
    let moved = live("2", "b", "kubectl-label", "old");
    let Validity::Irrelevant(version) = alone(&update, Some(&moved)) else { panic!("only the version moved") };
    assert!(version.resource_version == "2" && version.token.is_some());
    assert_eq!(alone(&update, Some(&live("2", "a", "kubectl-label", "wanted"))), Validity::AlreadyDone);
    let rows = [
        (None, "was deleted since"),
        (Some(LiveObject { uid: "v".into(), ..live("2", "b", "kubectl-label", "old") }), "was deleted and recreated since"),
        (Some(live("2", "c", "kubectl-label", "old")), "changed since the plan was made: metadata.labels.team"),
        (Some(live("2", "b", "kubectl-edit", "old")), "changed since the plan was made: metadata.labels.team"),
        (Some(live("2", "b", "kubectl-label", "other")), "changed since the plan was made: data.token"),
        // A token that moves without a new version is another token all the same.
        (Some(live("1", "b", "kubectl-label", "other")), "changed since the plan was made: data.token"),
        (Some(live("2", "b", "argocd", "old")), "changed since the plan was made: metadata.labels.team"),
        // Another token, and the label's owner: both are named, the token once.
        (Some(live("2", "b", "argocd", "other")), "changed since the plan was made: data.token, metadata.labels.team"),
        (Some(LiveObject { terminating: true, ..live("2", "b", "kubectl-label", "old") }), "changed since the plan was made"),
    ];
    for (now, expected) in rows {
        let found = sentence(alone(&update, now.as_ref()));
        assert!(found.starts_with("Secret kong/pat ") && found.contains(expected), "{found}, not {expected}");
    }
}

#[test]
fn a_creation_against_what_appeared() {
    let creation = planned(&Read::Absent);
    assert_eq!(alone(&creation, None), Validity::Unchanged);
    assert_eq!(alone(&creation, Some(&live("9", "a", "kubectl-label", "wanted"))), Validity::AlreadyDone);
    let found = sentence(alone(&creation, Some(&live("9", "b", "kubectl-label", "wanted"))));
    assert!(found.contains("appeared since the plan was made"), "{found}");
}

/// Nothing of the fields moved: then no field is named.
#[test]
fn a_deletion_that_began_names_no_field() {
    let terminating = LiveObject { terminating: true, ..live("2", "b", "kubectl-label", "old") };
    assert_eq!(sentence(alone(&update(), Some(&terminating))), "Secret kong/pat changed since the plan was made");
    // A field of ours that is there no more is named too.
    let mut bare = live("2", "b", "kubectl-label", "old");
    let managed = json!([{"manager": "konnect", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:old": {}}}}}]);
    bare.values.insert(label("old"), LiveValue::Text("1".into()));
    let with_old = bare.with_owners(of("secret"), Owners::parse(&managed, of("secret")));
    let planned = planned(&Read::Present(with_old));
    let found = sentence(alone(&planned, Some(&live("3", "b", "kubectl-label", "old"))));
    assert_eq!(found, "Secret kong/pat changed since the plan was made: metadata.labels.team, metadata.labels.old");
}

/// What is in a namespace goes with it, also where nothing of its own moved.
#[test]
fn a_namespace_that_began_to_be_deleted_is_a_difference_for_all_that_is_in_it() {
    let deleted = Read::Present(LiveObject { terminating: true, uid: "n".into(), ..LiveObject::default() });
    let stays = Read::Present(LiveObject { uid: "n".into(), ..LiveObject::default() });
    let now = live("1", "b", "kubectl-label", "old");
    assert_eq!(revalidate(&update(), Some(&now), Some(&stays)), Validity::Unchanged);
    assert!(matches!(revalidate(&update(), Some(&now), Some(&deleted)), Validity::Stale(_)));
    // As wanted, and as wanted still: yet it is going.
    let wanted = live("1", "a", "kubectl-label", "wanted");
    let nothing = planned(&Read::Present(wanted.clone()));
    assert_eq!(revalidate(&nothing, Some(&wanted), Some(&stays)), Validity::AlreadyDone);
    assert!(matches!(revalidate(&nothing, Some(&wanted), Some(&deleted)), Validity::Stale(_)));
    assert!(matches!(revalidate(&planned(&Read::Absent), None, Some(&deleted)), Validity::Stale(_)));
}

#[test]
fn what_was_as_wanted_and_is_no_longer_is_stale() {
    let nothing = planned(&Read::Present(live("1", "a", "kubectl-label", "wanted")));
    assert_eq!(nothing.action, Action::None);
    assert_eq!(alone(&nothing, Some(&live("2", "a", "argocd", "wanted"))), Validity::AlreadyDone);
    assert!(matches!(alone(&nothing, Some(&live("2", "b", "kubectl-label", "wanted"))), Validity::Stale(_)));
    assert!(matches!(alone(&nothing, None), Validity::Stale(_)));
}

#[test]
fn what_the_server_refused_is_held_against_what_was_computed() {
    let refused = Change { action: Action::Blocked, reason: Reason::Rejected("policy".into()), ..update() };
    assert_eq!(alone(&refused, Some(&live("1", "b", "kubectl-label", "old"))), Validity::Unchanged);
    // Somebody did it: then what the reader was told, that it is refused, is no longer true.
    let done = live("2", "a", "kubectl-label", "wanted");
    assert!(matches!(alone(&refused, Some(&done)), Validity::Stale(_)));
}

#[test]
fn a_saved_change_tells_tokens_apart_by_their_saved_fingerprints() {
    let saved = |digit: Option<&str>| {
        let saved = digit.and_then(|digit| SavedFingerprint::parse(&digit.repeat(64)));
        move |token: LiveToken| LiveToken { fingerprint: None, saved, ..token }
    };
    let with = |version: &str, digit: Option<&str>| live(version, "b", "kubectl-label", "old").with_token(saved(digit));
    let change = planned(&Read::Present(with("1", Some("1"))));
    assert!(matches!(alone(&change, Some(&with("2", Some("1")))), Validity::Irrelevant(_)));
    let Validity::Stale(difference) = alone(&change, Some(&with("2", Some("2")))) else { panic!("another token") };
    assert_eq!(difference.token, TokenMove::Moved);
    let told = difference.told(&"$PAT".into()).plain();
    assert!(told.contains("now: data.token differs from $PAT, another value than when the plan was made"), "{told}");
    // One that is too easily guessed has none.
    let guessable = planned(&Read::Present(with("1", None)));
    assert_eq!(alone(&guessable, Some(&with("1", None))), Validity::Unchanged);
    let Validity::Stale(difference) = alone(&guessable, Some(&with("2", None))) else { panic!("it can't be told") };
    assert_eq!(difference.token, TokenMove::Unknown);
    assert!(difference.told(&"$PAT".into()).plain().contains("too easily guessed"));
}
