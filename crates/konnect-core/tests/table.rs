//! The table of resource types and the rules of their fields, spelled out once more: a row or a rule that changes is a decision.

mod objects;

use konnect_core::field_path::FieldPath;
use konnect_core::names::{LAST_APPLIED, NAME_LABEL};
use konnect_core::object::{Kept, MapRule, RESOURCE_TYPES, Scope};
use objects::of;

#[test]
fn the_types() {
    type Row = (&'static str, &'static str, &'static str, &'static str, Scope, &'static str, bool);
    let rows: Vec<Row> =
        RESOURCE_TYPES.iter().map(|of| (of.group, of.version, of.kind, of.plural, of.scope, of.spec_key, of.required)).collect();
    let expected = [
        ("", "v1", "Namespace", "namespaces", Scope::Cluster, "namespace", true),
        ("", "v1", "ServiceAccount", "serviceaccounts", Scope::Namespaced, "service_account", true),
        ("", "v1", "Secret", "secrets", Scope::Namespaced, "secret", true),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn names_of_objects() {
    for (spec_key, dots) in [("namespace", false), ("service_account", true), ("secret", true)] {
        let check = of(spec_key).check_name;
        assert_eq!((check("kong"), check("a.b").is_ok(), check("A").is_err()), (Ok(()), dots, true), "{spec_key}");
    }
}

#[test]
fn what_only_a_secret_has() {
    for spec_key in ["namespace", "service_account"] {
        let of = of(spec_key);
        assert!(of.default_fields().next().is_none() && of.token.is_none() && of.frozen_by.is_none());
    }
    let secret = of("secret");
    let defaults: Vec<(String, &str)> = secret.default_fields().map(|(path, value)| (path.json_pointer(), value)).collect();
    let expected = [("/metadata/labels/konghq.com~1credential", "konnect"), ("/metadata/labels/konghq.com~1secret", "true")];
    assert_eq!(defaults, expected.map(|(pointer, value)| (pointer.to_owned(), value)));
    assert_eq!((secret.token, secret.frozen_by), (Some(&["data", "token"][..]), Some(&["immutable"][..])));
}

#[test]
fn the_rules_of_fields() {
    // Path, shown, what is kept, in a map, a manifest, frozen, the only value.
    type Row = (&'static [&'static str], bool, Kept, bool, bool, bool, Option<&'static str>);
    let rows: [Row; 9] = [
        (&["metadata", "labels", "a"], true, Kept::Text, true, false, false, None),
        (&["metadata", "annotations", "a"], true, Kept::Text, true, false, false, None),
        (&["metadata", "annotations", LAST_APPLIED], true, Kept::Presence, false, true, false, None),
        (&["data", "token"], false, Kept::Secret, true, false, true, None),
        (&["data", "other"], false, Kept::Secret, true, false, true, None),
        (&["immutable"], false, Kept::Flag, false, false, true, None),
        (&["type"], false, Kept::Text, false, false, false, Some("Opaque")),
        (&["metadata", "finalizers"], false, Kept::Nothing, false, false, false, None),
        (&["metadata"], false, Kept::Nothing, false, false, false, None),
    ];
    for (path, shown, kept, map, manifest, frozen, only) in rows {
        let rule = of("secret").rule(&FieldPath::of(path));
        let found = (rule.shown, rule.kept, rule.map.is_some(), rule.manifest, rule.frozen, rule.only);
        assert_eq!(found, (shown, kept, map, manifest, frozen, only), "{path:?}");
    }
    let data = of("service_account").rule(&FieldPath::of(&["data", "token"]));
    assert!(data.map.is_some_and(|map| (map.check_key)("token").is_err()), "no field of a ServiceAccount");
    for path in [&["data", "token"][..], &["type"], &["immutable"]] {
        assert_eq!(of("service_account").rule(&FieldPath::of(path)).kept, Kept::Nothing, "{path:?}");
    }
}

#[test]
fn the_maps_that_a_spec_sets() {
    let keys = |spec_key: &str| of(spec_key).spec_maps().map(|(key, rule)| (key, rule.path)).collect::<Vec<_>>();
    let common = [("labels", &["metadata", "labels"][..]), ("annotations", &["metadata", "annotations"][..])];
    for spec_key in ["namespace", "service_account", "secret"] {
        assert_eq!(keys(spec_key), common);
    }
    let map = |key: &str| of("secret").rule(&FieldPath::of(&["metadata", key, "a"])).map;
    let Some(MapRule { check_key, check_value, entry, max_bytes, of_kubectl, of_server, .. }) = map("labels") else {
        panic!("a map")
    };
    assert!(
        check_key("A.com/x").is_err() && check_key("a.com/x").is_ok() && check_value("a b").is_err() && check_value("a").is_ok()
    );
    assert_eq!((entry, max_bytes, of_kubectl, of_server), ("label", None, None, Some(NAME_LABEL)));
    let Some(MapRule { check_key, check_value, entry, max_bytes, of_kubectl, of_server, .. }) = map("annotations") else {
        panic!("a map")
    };
    assert!(check_key("A.com/x").is_ok() && check_key("a b").is_err() && check_value("any\nthing").is_ok());
    assert_eq!((entry, max_bytes, of_kubectl, of_server), ("annotation", Some(256 * 1024), Some(LAST_APPLIED), None));
    let data = of("secret").rule(&FieldPath::of(&["data", "a"])).map;
    assert!(
        data.is_some_and(|map| (map.check_key)("tls.crt").is_ok() && (map.check_key)("a b").is_err() && map.spec_key.is_none())
    );
}
