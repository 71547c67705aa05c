//! Files that somebody changed, with a digest that fits: whoever can change the file can compute that too.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Desk;

const ROLE: &str = "eks.amazonaws.com/role-arn";

fn digest(document: &Value) -> String {
    let hex: String = Sha256::digest(format!("{document:#}\n").as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The text of a file with this in it, and its digest.
pub(super) fn sealed(mut document: Value) -> (String, String) {
    document.as_object_mut().expect("an object").remove("digest");
    let digest = digest(&document);
    document["digest"] = json!(digest);
    (format!("{document:#}\n"), digest)
}

/// Changes the file, and makes its digest fit.
pub(super) fn forge(desk: &Desk, change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = desk.text().parse().expect("JSON");
    change(&mut document);
    let (text, digest) = sealed(document);
    desk.write(&text);
    digest
}

/// Whoever looks at a plan on a machine that has its token does not see the token, wherever a forger put it.
#[test]
fn the_token_at_hand_is_hidden_in_what_is_shown() {
    let token = "hunter2-hunter2-hunter2";
    let konnect = testkit::konnect!().spec(super::SPEC).env("PAT", token);
    let konnect = konnect.args(["plan", "--sandbox=s", "--out", "p", "--accept-any-token"]);
    konnect.run().assert_code(0);
    let mut desk = Desk(konnect);
    forge(&desk, |document| want(document, 2, &["metadata", "labels", "team"], token));
    let ran = desk.run(&["show", "p"]);
    ran.assert_code(0);
    assert!(ran.stdout.contains("labels.\"team\"") && !ran.stdout.contains("hunter2"), "{}", ran.stdout);
}

#[test]
fn what_show_shows_is_what_apply_does() {
    let mut desk =
        Desk::with("service_account = { name = \"podid\", annotations = { \"eks.amazonaws.com/role-arn\" = \"good\" } }");
    desk.planned();
    let digest = forge(&desk, |document| want(document, 1, &["metadata", "annotations", ROLE], "evil"));
    let shown = desk.run(&["show", "p"]);
    let applied = desk.run(&["apply", "p", "--sandbox=s", "--expect", &digest]);
    let stored = std::fs::read_to_string(desk.0.folder().join("s")).unwrap_or_default();
    assert!(
        !stored.contains("evil") || shown.stdout.contains("evil"),
        "apply ({}) did what show ({}) did not show:\n{}\n{}",
        applied.code,
        shown.code,
        shown.stdout,
        applied.stdout
    );
}

/// Has an object want a field, or want something else of it.
fn want(document: &mut Value, object: usize, field: &[&str], text: &str) {
    let fields = document["specs"][0]["objects"][object]["wanted"]["fields"].as_array_mut().expect("a list");
    fields.retain(|of| of["field"] != json!(field));
    fields.push(json!({"field": field, "value": {"plain": text}}));
}

/// Takes a wanted field away.
fn unwant(document: &mut Value, object: usize, field: &[&str]) {
    let fields = document["specs"][0]["objects"][object]["wanted"]["fields"].as_array_mut().expect("a list");
    fields.retain(|of| of["field"] != json!(field));
}

fn push(document: &mut Value, object: usize, list: &str, item: Value) {
    document["specs"][0]["objects"][object]["observed"][list].as_array_mut().expect("a list").push(item);
}

/// What the live Secret's token is known by.
fn live_token(document: &mut Value) -> &mut Value {
    let values = document["specs"][0]["objects"][2]["observed"]["values"].as_array_mut().expect("a list");
    values.iter_mut().find_map(|of| of["value"].get_mut("token")).expect("a token")
}

fn controller() -> Value {
    json!([{"name": "argocd", "operation": "Apply", "time": null, "through": null}])
}

/// One change, and a word of the refusal.
type Row = (&'static str, fn(&mut Value));

/// Of the plan of a Secret that was made by another token.
const ROWS: &[Row] = &[
    ("has other parts", |d| d["more"] = json!(1)),
    ("a type that konnect does not manage", |d| d["specs"][0]["objects"][0]["wanted"]["resource"] = json!("pods")),
    ("a type that konnect does not manage", |d| d["specs"][0]["objects"][0]["wanted"]["group"] = json!("apps")),
    ("has other parts", |d| drop(d["tokens"][0].as_object_mut().expect("an object").remove("fingerprint"))),
    ("has other parts", |d| {
        d["specs"][0]["read_at"] = json!(d["specs"][0]["read_at"].as_str().expect("a time").replace('Z', "+00:00"))
    }),
    ("it expired before it was made", |d| d["expires"] = d["specs"][0]["read_at"].clone()),
    ("its spec has no digest", |d| d["specs"][0]["digest"] = json!("sha256:0")),
    ("its cluster has no uid", |d| d["specs"][0]["cluster"]["uid"] = json!("")),
    ("other parameters", |d| d["argon2id"]["memory_kib"] = json!(8)),
    ("other parameters", |d| d["argon2id"]["passes"] = json!(1)),
    ("other parameters", |d| d["argon2id"]["lanes"] = json!(2)),
    ("other parameters", |d| d["argon2id"]["salt"] = json!("00")),
    ("a fingerprint of a token in it is none", |d| d["tokens"][0]["fingerprint"] = json!("")),
    ("a name that no spec can give", |d| d["tokens"][0]["source"] = json!({"env": "A B"})),
    ("a name that no spec can give", |d| d["tokens"][0]["source"] = json!({"env": "kpat_abcdefgh12345678"})),
    ("two paths are not the same file", |d| {
        d["tokens"][0]["source"] = json!({"file": {"given": "pat", "absolute": "/etc/other"}})
    }),
    ("two paths are not the same file", |d| d["specs"][0]["chosen"]["kubeconfig"] = json!({"given": "kube", "absolute": "kube"})),
    ("what --take-over can't name", |d| {
        d["specs"][0]["take_over"] = json!([{"group": "", "resource": "secrets", "field": ["data", "other"]}])
    }),
    ("what --take-over can't name", |d| {
        d["specs"][0]["take_over"] = json!([{"group": "", "resource": "namespaces", "field": ["data", "token"]}])
    }),
    ("beside one that is there already", |d| {
        d["specs"][0]["leftovers"] = json!([{"group": "", "resource": "secrets", "name": "old"}])
    }),
    ("beside one that it does not want", |d| {
        d["specs"][0]["leftovers"] = json!([{"group": "", "resource": "namespaces", "name": "old"}])
    }),
    ("an object that there can't be", |d| {
        d["specs"][0]["leftovers"] = json!([{"group": "", "resource": "secrets", "name": "a b"}])
    }),
    ("an object that there can't be", |d| {
        d["specs"][0]["leftovers"] = json!([{"group": "", "resource": "secrets", "name": "konnect-pat"}])
    }),
    ("an owner through a field that there can't be", |d| {
        let owner = json!({"name": "helm", "operation": "Update", "time": null, "through": "x"});
        push(d, 2, "owned", json!({"field": ["metadata", "labels", "team"], "ours": false, "others": [owner]}));
    }),
    ("not those that a spec makes", |d| drop(d["specs"][0]["objects"].as_array_mut().expect("a list").pop())),
    ("not those that a spec makes", |d| d["specs"][0]["objects"].as_array_mut().expect("a list").swap(1, 2)),
    ("not those that a spec makes", |d| {
        let account = d["specs"][0]["objects"][1].clone();
        d["specs"][0]["objects"].as_array_mut().expect("a list").insert(1, account);
    }),
    ("not all in the one namespace", |d| d["specs"][0]["objects"][2]["wanted"]["namespace"] = json!("kube-system")),
    ("not all in the one namespace", |d| d["specs"][0]["objects"][0]["wanted"]["name"] = json!("kube-system")),
    ("has a namespace", |d| d["specs"][0]["objects"][0]["wanted"]["namespace"] = json!("kong")),
    ("has no namespace", |d| d["specs"][0]["objects"][1]["wanted"]["namespace"] = json!(null)),
    ("the name of its ServiceAccount", |d| d["specs"][0]["objects"][1]["wanted"]["name"] = json!("../../secrets/x")),
    ("the name of its Secret", |d| d["specs"][0]["objects"][2]["wanted"]["name"] = json!("a?force=true")),
    ("the name of its Namespace", |d| d["specs"][0]["objects"][0]["wanted"]["name"] = json!("\u{1b}[2J")),
    ("a label's key of its Secret", |d| want(d, 2, &["metadata", "labels", "a b"], "x")),
    ("a label's value of its Secret", |d| want(d, 2, &["metadata", "labels", "a"], "x y")),
    ("an annotation's key", |d| want(d, 1, &["metadata", "annotations", "a/b/c"], "x")),
    ("kubectl's own annotation", |d| {
        want(d, 1, &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"], "{}");
    }),
    ("longer annotations than Kubernetes allows", |d| {
        want(d, 1, &["metadata", "annotations", "a"], &"x".repeat(256 * 1024));
    }),
    ("in the label that the server sets", |d| {
        want(d, 0, &["metadata", "labels", "kubernetes.io/metadata.name"], "other");
    }),
    ("lacks a label that Kong's operator looks for", |d| {
        unwant(d, 2, &["metadata", "labels", "konghq.com/secret"]);
    }),
    ("lacks the token", |d| unwant(d, 2, &["data", "token"])),
    ("wants a field that no spec can set", |d| want(d, 2, &["type"], "x")),
    ("wants a field that no spec can set", |d| want(d, 1, &["secrets"], "x")),
    ("wants a field that no spec can set", |d| want(d, 2, &["data", "other"], "x")),
    ("wants a field that no spec can set", |d| want(d, 2, &["metadata", "labels"], "x")),
    ("has the token in a field that does not hold it", |d| {
        let token = json!({"field": ["data", "token"], "value": "token"});
        d["specs"][0]["objects"][1]["wanted"]["fields"].as_array_mut().expect("a list").push(token);
    }),
    ("lists its fields in another way", |d| {
        d["specs"][0]["objects"][2]["wanted"]["fields"].as_array_mut().expect("a list").reverse()
    }),
    ("is listed in another way", |d| d["specs"][0]["objects"][2]["observed"]["values"].as_array_mut().expect("a list").reverse()),
    ("is listed in another way", |d| d["specs"][0]["objects"][2]["observed"]["owned"].as_array_mut().expect("a list").reverse()),
    ("what to take over in another way", |d| {
        let taken = json!({"group": "", "resource": "secrets", "field": ["data", "token"]});
        d["specs"][0]["take_over"] = json!([taken, taken]);
    }),
    ("wants a field twice", |d| {
        let fields = d["specs"][0]["objects"][2]["wanted"]["fields"].as_array_mut().expect("a list");
        let first = fields[0].clone();
        fields.push(first);
    }),
    ("what looks like a token", |d| want(d, 1, &["metadata", "annotations", "a"], "kpat_abcdefgh12345678")),
    ("has no uid", |d| d["specs"][0]["objects"][2]["observed"]["uid"] = json!("")),
    ("has no resourceVersion", |d| d["specs"][0]["objects"][2]["observed"]["resource_version"] = json!("")),
    ("has a field that there can't be", |d| {
        let token = json!({"field": ["data", "token"], "value": {"token": live_token(d).clone()}});
        push(d, 1, "values", token);
    }),
    ("has a value of another sort", |d| push(d, 2, "values", json!({"field": ["immutable"], "value": "present"}))),
    ("has a value of another sort", |d| {
        let token = json!({"field": ["metadata", "labels", "team"], "value": {"token": live_token(d).clone()}});
        push(d, 2, "values", token);
    }),
    ("has a value of another sort", |d| push(d, 2, "values", json!({"field": ["data", "a"], "value": {"text": "x"}}))),
    ("has a field that there can't be", |d| push(d, 2, "values", json!({"field": [], "value": {"text": "x"}}))),
    ("has a field that there can't be", |d| {
        push(d, 2, "values", json!({"field": ["metadata", "labels", "a b"], "value": {"text": "x"}}));
    }),
    ("has a value of another sort", |d| push(d, 2, "values", json!({"field": ["type", "x"], "value": {"text": "x"}}))),
    ("has a value of another sort", |d| push(d, 2, "values", json!({"field": ["immutable"], "value": {"text": "x"}}))),
    ("has a field twice", |d| {
        let first = d["specs"][0]["objects"][2]["observed"]["values"][0].clone();
        push(d, 2, "values", first);
    }),
    ("holds more than a plan reads", |d| {
        push(d, 2, "values", json!({"field": ["metadata", "labels", "team"], "value": {"text": "x"}}));
    }),
    ("an owner of a field that is not there", |d| {
        push(d, 2, "owned", json!({"field": ["metadata", "labels", "team"], "ours": true, "others": []}));
    }),
    ("a field that there can't be", |d| {
        push(d, 2, "owned", json!({"field": ["metadata", "labels", "team", "x"], "ours": true, "others": []}));
    }),
    ("a field that there can't be", |d| {
        push(d, 1, "owned", json!({"field": ["data", "token"], "ours": true, "others": []}));
    }),
    ("names a field twice", |d| {
        let owned = d["specs"][0]["objects"][2]["observed"]["owned"][0].clone();
        push(d, 2, "owned", owned);
    }),
    ("nobody owns among the owned", |d| d["specs"][0]["objects"][2]["observed"]["owned"][0]["ours"] = json!(false)),
    ("an empty map that there can't be", |d| {
        d["specs"][0]["objects"][2]["observed"]["empty_maps"] = json!([{"field": ["metadata", "labels"], "owners": []}])
    }),
    ("an empty map that there can't be", |d| {
        d["specs"][0]["objects"][1]["observed"]["empty_maps"] = json!([{"field": ["data"], "owners": controller()}]);
    }),
    ("has a field in a map that is empty", |d| {
        d["specs"][0]["objects"][2]["observed"]["empty_maps"] =
            json!([{"field": ["metadata", "labels"], "owners": controller()}]);
    }),
    ("has a field in a map that is empty", |d| {
        d["specs"][0]["objects"][2]["observed"]["empty_maps"] = json!([{"field": ["data"], "owners": controller()}]);
    }),
    ("otherwise than its fingerprints", |d| live_token(d)["verdict"] = json!("same")),
    ("otherwise than its fingerprints", |d| {
        let ours = d["tokens"][0]["fingerprint"].clone();
        live_token(d)["fingerprint"] = ours;
    }),
    ("a fingerprint that is none", |d| live_token(d)["fingerprint"] = json!("0a")),
    ("has other parts", |d| live_token(d)["verdict"] = json!("not_compared")),
    ("has other parts", |d| live_token(d)["verdict"] = json!("missing")),
    ("on which nothing is to be asked", |d| d["specs"][0]["objects"][0]["dry_run"] = json!({"accepted": []})),
    ("does not say what the server's dry run", |d| d["specs"][0]["objects"][2]["dry_run"] = json!(null)),
    ("names another namespace", |d| d["specs"][0]["objects"][2]["dry_run"] = json!({"namespace_missing": "kube-system"})),
    ("a field that is not wanted", |d| {
        d["specs"][0]["objects"][2]["dry_run"] = json!({"accepted": [{"overwritten": ["metadata", "labels", "team"]}]})
    }),
];

#[test]
fn a_file_whose_parts_disagree_is_refused_whatever_its_digest_says() {
    let mut desk = Desk::new();
    desk.planned();
    desk.run(&["apply", "p", "--sandbox=s"]).assert_code(0);
    let konnect = std::mem::replace(&mut desk.0, testkit::konnect!());
    desk.0 = konnect.env("PAT", "kpat_anotherTokenCCCCDDDDeeee5678");
    desk.planned();
    let good = desk.text();
    for (i, (words, change)) in ROWS.iter().enumerate() {
        desk.write(&good);
        let digest = forge(&desk, change);
        assert!(good != desk.text(), "row {i} ({words}) changes nothing");
        desk.refused(&["--expect", &digest], 4, &[words, "is not what konnect would have saved"]);
        let shown = desk.run(&["show", "p"]);
        shown.assert_code(4);
        assert!(shown.stdout.is_empty() && shown.stderr.contains(words), "{}", shown.stderr);
    }
    desk.write(&good);
    let ran = desk.run(&["apply", "p", "--sandbox=s"]);
    ran.assert_code(0);
    assert!(ran.stdout.contains("0 added, 1 changed"), "{}", ran.stdout);
}

#[test]
fn what_the_planner_says_of_itself_is_shown_as_that() {
    let mut desk = Desk::new();
    desk.planned();
    forge(&desk, |document| document["specs"][0]["cluster"]["user"] = json!("system:admin"));
    let shown = desk.run(&["show", "p"]);
    assert!(shown.stdout.contains("User     system:admin, says the plan"), "{}", shown.stdout);
    let applied = desk.run(&["apply", "p", "--sandbox=s"]);
    assert!(!applied.stdout.contains("system:admin"), "{}", applied.stdout);
    applied.assert_code(0);
}
