//! What programs can rely on in the JSON documents, beside their schemas: what counts as a change, how a field and a place are named, and
//! what is told of a saved plan.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "faults/world.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod world;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::scenario;
use world::World;

const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";
const TOKEN: &str = "kpat_documentsQwErTyUiOp1234567890";

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn title(object: &Value) -> String {
    let name = object["name"].as_str().expect("a name");
    let name = object["namespace"].as_str().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    format!("{} {name}", object["kind"].as_str().expect("a kind"))
}

/// A field of a live object: its value, and whether konnect has applied it.
fn field(state: &BTreeMap<String, Value>, title: &str, segments: &[String]) -> (Value, bool) {
    let Some(object) = state.get(title) else { return (Value::Null, false) };
    let below = |of: &Value, prefix: &str| {
        segments.iter().try_fold(of.clone(), |value, segment| value.get(format!("{prefix}{segment}")).cloned())
    };
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let ours = entries
        .into_iter()
        .flatten()
        .any(|entry| entry["manager"] == "konnect" && entry["operation"] == "Apply" && below(&entry["fieldsV1"], "f:").is_some());
    (below(object, "").unwrap_or_default(), ours)
}

/// Whoever counts `changes` counts what is different afterwards, neither more nor less.
#[test]
fn what_changes_is_different_afterwards_and_nothing_else() {
    let mut seen = BTreeMap::<String, usize>::new();
    for scenario in scenario::all() {
        let world = World::new(&scenario);
        let plan: Value = world.plain(&["plan", "--format", "json"]).stdout.parse().expect("JSON");
        let before = world.state();
        world.plain(&["apply", "--auto-approve"]);
        let after = world.state();
        for change in list(&plan["specs"][0]["changes"]) {
            let what = format!("{}: {}", scenario.name(), title(&change["object"]));
            let written = change["action"] == "create" || change["action"] == "update";
            let changing = list(&change["fields"]).iter().filter(|field| field["changes"] == true).count();
            assert!(written || changing == 0, "{what}: nothing of what is not written changes");
            assert!(change["action"] != "update" || changing > 0, "{what}: an update has a reason");
            for planned in list(&change["fields"]) {
                let segments: Vec<String> = serde_json::from_value(planned["path_segments"].clone()).expect("names");
                assert_eq!(segments.join("."), planned["path"].as_str().expect("a path"), "{what}");
                let title = title(&change["object"]);
                let (was, is) = (field(&before, &title, &segments), field(&after, &title, &segments));
                let given_up = was.1 && !is.1;
                // A plan of which something is blocked changes nothing at all; else each of its fields does what it says.
                if planned["changes"] == true && world.code == 0 {
                    assert!(was.0 != is.0 || given_up, "{what}: {planned:#}\n{was:?} → {is:?}");
                    *seen.entry(planned["action"].as_str().expect("a word").to_owned()).or_default() += 1;
                } else {
                    assert!(was.0 == is.0 && !given_up, "{what}: {planned:#}\n{was:?} → {is:?}");
                }
            }
        }
    }
    let met: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(met, ["add", "change", "release", "remove", "take_over"], "each was met");
}

#[test]
fn a_key_with_dots_is_one_segment() {
    let spec = SPEC.replace("\"konnect-pat\"", "{ name = \"konnect-pat\", labels = { \"a.b/c.d\" = \"x\" } }");
    let ran = testkit::konnect!().spec(&spec).env("PAT", TOKEN).args(["plan", "--sandbox=s", "--format", "json"]).run();
    let plan: Value = ran.stdout.parse().expect("JSON");
    let secret = list(&plan["specs"][0]["changes"]).last().expect("the Secret");
    let label = list(&secret["fields"]).iter().find(|field| field["path"] == "metadata.labels.a.b/c.d").expect("the label");
    assert_eq!(label["path_segments"], json!(["metadata", "labels", "a.b/c.d"]));
}

#[test]
fn a_saved_plan_says_its_digest_and_when_it_expires() {
    let konnect = testkit::konnect!().spec(SPEC).env("PAT", TOKEN);
    let plan = |args: &[&str]| {
        let args = [&["plan", "--sandbox=s", "--format", "json"], args].concat();
        konnect.run_with(&args)
    };
    let unsaved: Value = plan(&[]).stdout.parse().expect("JSON");
    assert_eq!((unsaved.get("digest"), unsaved.get("expires")), (None, None));
    let saved = plan(&["--out", "prod.plan"]);
    saved.assert_code(0);
    let document: Value = saved.stdout.parse().expect("JSON alone");
    let digest = document["digest"].as_str().expect("a digest");
    assert!(saved.stderr.contains(digest), "as people are told: {}", saved.stderr);
    let shown = konnect.run_with(&["show", "prod.plan", "--format", "json"]);
    let shown: Value = shown.stdout.parse().expect("JSON");
    assert_eq!((&shown["digest"], &shown["expires"]), (&document["digest"], &document["expires"]));
    let file: Value = std::fs::read_to_string(konnect.folder().join("prod.plan")).expect("the plan").parse().expect("JSON");
    assert_eq!((&file["digest"], &file["expires"]), (&document["digest"], &document["expires"]));
    konnect.run_with(&["apply", "prod.plan", "--sandbox=s", "--expect", digest]).assert_code(0);
    // One that could not be saved has none.
    let refused = plan(&["--out", "no/such/folder/prod.plan"]);
    refused.assert_code(1);
    let refused: Value = refused.stdout.parse().expect("JSON");
    assert_eq!((refused.get("digest"), refused.get("expires")), (None, None));
}

#[test]
fn an_error_of_a_spec_has_its_place_and_its_hint_as_fields() {
    let spec = "namespace = \"kong\"\nservice_acount = \"podid\"\nsecret = \"Ä\"\n";
    let konnect = testkit::konnect!().spec(spec);
    let ran = konnect.run_with(&["validate", "--format", "json"]);
    ran.assert_code(1);
    let document: Value = ran.stdout.parse().expect("JSON");
    let errors = list(&document["specs"][0]["errors"]);
    let unknown = errors.iter().find(|error| error["line"] == 2).expect("the unknown key");
    assert_eq!(unknown["column"], 1);
    let hint = unknown["hint"].as_str().expect("a hint");
    assert_eq!(hint, "did you mean `service_account`?");
    // As format 1.0 had it.
    assert_eq!(unknown["message"], format!("konnect.toml:2:1: unknown key `service_acount` ({hint})"));
    let missing = errors.iter().find(|error| error.get("line").is_none()).expect("the missing key");
    assert!(missing["hint"].is_string() && missing.get("column").is_none(), "of the whole file: {missing:#}");
    // apply's events say the same.
    let ran = konnect.run_with(&["apply", "--auto-approve", "--format", "json"]);
    let events: Vec<Value> = ran.stdout.lines().map(|line| line.parse().expect("JSON")).collect();
    for error in errors {
        let mut event = error.clone();
        event["type"] = json!("diagnostic");
        event["severity"] = json!("error");
        assert!(events.contains(&event), "{event:#} is not in {events:#?}");
    }
}

#[test]
fn an_apply_that_was_confirmed_says_so_by_both_names() {
    let konnect = testkit::konnect!().spec(SPEC).env("PAT", TOKEN);
    let ran = konnect.args(["apply", "--auto-approve", "--sandbox=s", "--format", "json"]).run();
    ran.assert_code(0);
    let summary: Value = ran.stdout.lines().last().expect("a line").parse().expect("JSON");
    assert_eq!((&summary["confirmed"], &summary["read_again"]), (&json!(true), &json!(true)));
}
