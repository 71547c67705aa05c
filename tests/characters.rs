//! Annotations arrive as they were written, whatever stands in them: on the real server, which reads JSON as YAML, and in the sandbox.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use testkit::{Served, request};

const TOKEN: &str = "kpat_charactersAAAABBBBCCCC12";

/// What YAML, JSON, TOML or Kubernetes could take otherwise than the next; and every code point of the basic plane.
fn values() -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> = [
        ("blanks", " \t a \u{85} b \u{2028} c\u{2029}\u{2029}d \n\n e \r\n f \r g "),
        ("breaks", "\u{85}"),
        ("yaml", "\\/ {\"a\": [b, 'c']} # d: e - f\n---\n...\n%TAG !x\n? !!binary &a *a | > @ `"),
        ("words", "null"),
        ("json", "\\u0041\\ud83d\\ude00 \"\\"),
        ("controls", "\u{0}\u{1}\u{8}\u{b}\u{c}\u{1f}\u{7f}\u{80}\u{84}\u{85}\u{86}\u{9f}\u{a0}\u{ad}"),
        ("marks", "\u{feff}a\u{feff}\u{fffe}\u{ffff}\u{fdd0}\u{d7ff}\u{e000}"),
        ("above", "😀\u{10000}\u{1fffe}\u{1ffff}\u{2ffff}\u{e0001}\u{f0000}\u{10fffd}\u{10ffff}"),
        ("Example.COM/Mixed", "a prefix in capitals"),
        ("empty", ""),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    for first in (0..0x1_0000_u32).step_by(0x1000) {
        let all = (first..first + 0x1000).filter_map(char::from_u32).collect();
        values.insert(format!("from-{first:04x}"), all);
    }
    values
}

fn spec(namespace: &str, values: &BTreeMap<String, String>) -> String {
    let mut spec = format!(
        "namespace = \"{namespace}\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n[service_account]\nname = \"podid\"\n[service_account.annotations]\n"
    );
    for (key, value) in values {
        let spelled: String = value.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect();
        spec.push_str(&format!("\"{key}\" = \"{spelled}\"\n"));
    }
    spec
}

fn arrives(kubeconfig: &Path, namespace: &str) {
    let values = values();
    let konnect = testkit::konnect!().spec(&spec(namespace, &values)).env("PAT", TOKEN).env("KUBECONFIG", kubeconfig);
    let konnect = konnect.args(["apply", "--auto-approve", "-q"]);
    konnect.run().assert_code(0);
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/podid");
    let (code, live) = request::send(kubeconfig, "GET", &path, &[], "").expect("an answer");
    assert_eq!(code, 200);
    let live = live["metadata"]["annotations"].as_object().expect("annotations");
    assert_eq!(live.len(), values.len());
    for (key, value) in &values {
        assert!(live[key] == value.as_str(), "{key}: {:?} became {:?}", first_other(value, live[key].as_str()), live[key]);
    }
    let ran = konnect.args(["plan", "--detailed-exitcode"]).run();
    ran.assert_code(0);
    assert!(ran.stdout.contains("No changes."), "{}", ran.stdout);
}

/// From where on the two differ.
fn first_other<'a>(value: &'a str, live: Option<&str>) -> &'a str {
    let live = live.unwrap_or_default();
    let same = value.chars().zip(live.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    &value[same..]
}

#[test]
fn every_character_arrives_on_the_real_server() {
    let Some(server) = testkit::server() else { return };
    arrives(&server.kubeconfig(), &server.namespace("characters"));
}

#[test]
fn every_character_arrives_in_the_sandbox() {
    let served = Served::start(testkit::konnect!());
    arrives(&served.kubeconfig(), "characters");
}
