//! Every document against its schema: the plans of all scenarios, apply's events with and without faults, specs, and failures.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "faults/catalogue.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod catalogue;
#[path = "faults/world.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod world;

use jsonschema::Validator;
use kube_sandbox::faults::Injection;
use serde_json::{Value, json};
use testkit::closed_schema::closed;
use testkit::extent::extent;
use testkit::scenario;
use world::World;

/// Every so-many-th call and fault is in the slice of the quick run.
const SLICE: usize = 13;

fn schema(of: &str) -> Validator {
    let printed = testkit::konnect!().args(["schema", of]).run();
    printed.assert_code(0);
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{of}.json"));
    assert_eq!(printed.stdout, std::fs::read_to_string(file).expect("the schema"));
    let schema: Value = printed.stdout.parse().expect("JSON");
    jsonschema::meta::validate(&schema).expect("a schema");
    jsonschema::validator_for(&closed(&schema)).expect("a schema")
}

#[test]
fn a_minor_version_may_add_to_the_public_schemas() {
    for of in ["plan", "events"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{of}.json")));
        assert!(!text.expect("the schema").contains("\"additionalProperties\": false"), "{of}");
    }
}

/// Every reason that the schema lists is one, and none is missing.
#[test]
fn the_schemas_list_every_reason() {
    let listed = konnect::plan::Reason::CODES.join(", ");
    for of in ["plan", "events"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{of}.json")));
        assert!(text.expect("the schema").contains(&format!("for programs: {listed}. ")), "{of}: {listed}");
    }
}

#[track_caller]
fn fits(schema: &Validator, value: &Value, what: &str) {
    let errors: Vec<String> = schema.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{value:#}");
}

fn events(schema: &Validator, stdout: &str, what: &str) -> Vec<String> {
    let lines: Vec<Value> = stdout.lines().map(|line| line.parse().unwrap_or_else(|_| panic!("{what}: {line}"))).collect();
    lines.iter().for_each(|line| fits(schema, line, what));
    let types: Vec<String> = lines.iter().map(|line| line["type"].as_str().expect("a type").to_owned()).collect();
    assert_eq!(types.first().map(String::as_str), Some("version"), "{what}");
    assert_eq!(types.last().map(String::as_str), Some("summary"), "{what}");
    types
}

#[test]
fn plans_and_events_of_every_scenario_with_and_without_faults() {
    let (plan, event) = (schema("plan"), schema("events"));
    let (mut documents, mut seen) = (0, std::collections::BTreeSet::new());
    for scenario in scenario::all() {
        let name = scenario.name();
        for command in [&["plan", "--format", "json"][..], &["apply", "--auto-approve", "--format", "json"]] {
            let calls = World::new(&scenario).plain(command).calls;
            let faults = catalogue::all();
            let spoiled = calls.iter().flat_map(|call| faults.iter().step_by(3).map(move |fault| Some((call.clone(), fault))));
            for spoiled in std::iter::once(None).chain(extent().slice(spoiled.collect(), SLICE)) {
                let world = World::new(&scenario);
                let run = match &spoiled {
                    None => world.plain(command),
                    Some((at, fault)) => {
                        let (at, fault) = (at.clone(), fault.make(&world));
                        world.run(command, move |call| if *call == at { fault.clone() } else { Injection::None })
                    }
                };
                let what = format!("{name} {command:?} {:?}", spoiled.map(|(call, fault)| (call, fault.name)));
                documents += 1;
                if command[0] == "plan" {
                    fits(&plan, &run.stdout.parse().expect("JSON alone"), &what);
                } else {
                    seen.extend(events(&event, &run.stdout, &what));
                    let summary: Value = run.stdout.lines().last().expect("a line").parse().expect("JSON");
                    assert_eq!(summary["exit_code"], run.code, "{what}");
                }
            }
        }
    }
    let all = ["apply_complete", "apply_errored", "apply_start", "diagnostic", "plan", "summary", "version"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), all, "every event was met");
    testkit::skipped::say(&format!("{documents} documents held against their schemas"));
}

#[test]
fn what_fails_before_a_cluster_is_met_fits_too() {
    let (plan, event) = (schema("plan"), schema("events"));
    for spec in ["", "namespace = 1\n", "namespace = \"a\"\nservice_account = \"b\"\nsecret = \"c\"\npat_env = \"PAT\"\n"] {
        let ran = testkit::konnect!().spec(spec).args(["plan", "--format", "json"]).run();
        fits(&plan, &ran.stdout.parse().expect("JSON"), spec);
        let ran = testkit::konnect!().spec(spec).args(["apply", "--format", "json", "--auto-approve"]).run();
        events(&event, &ran.stdout, spec);
        let ran = testkit::konnect!().spec(spec).args(["validate", "--format", "json"]).run();
        fits(&plan, &ran.stdout.parse().expect("JSON"), spec);
    }
    let ran = testkit::konnect!().args(["show", "none", "--format", "json"]).run();
    ran.assert_code(1);
    fits(&plan, &ran.stdout.parse().expect("JSON"), "show");
}

/// TOML as the JSON that editors check.
fn json_of(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().expect("TOML")).expect("JSON")
}

#[test]
fn specs_fit_theirs_and_others_do_not() {
    let schema = schema("spec");
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("konnect.example.toml");
    let example = std::fs::read_to_string(example).expect("the example");
    assert!(example.contains("#:schema schema/spec.json"), "editors find the schema");
    fits(&schema, &json_of(&example), "the example");
    for scenario in scenario::all() {
        fits(&schema, &json_of(&scenario.spec()), &scenario.name());
    }
    let good = json!({"namespace": "a", "service_account": "b", "secret": {"name": "c"}, "pat_env": "PAT"});
    fits(&schema, &good, "four keys");
    fits(&schema, &json!({"extends": "../base.toml", "unset": ["secret.labels.a"], "secret": {"labels": {}}}), "over a base");
    fits(&schema, &json!({"template": true, "cluster": {"context": "a"}}), "a template");
    let with = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        bad[pointer] = value;
        bad
    };
    let bad = [
        with("namespace", json!("A")),
        with("namespace", json!("a.b")),
        with("namespce", json!("a")),
        with("secret", json!({"labels": {}})),
        with("secret", json!({"name": "c", "labels": {"a b": "c"}})),
        with("secret", json!({"name": "c", "labels": {"a": "-"}})),
        with("pat_file", json!("x")),
        with("cluster", json!({"user": "x"})),
        with("extends", json!(["a"])),
        with("unset", json!("a")),
        with("template", json!("yes")),
        json!({"template": false, "secret": "c"}),
        json!({"extends": "a", "secret": {"labels": {"a b": "c"}}}),
        json!({}),
    ];
    for bad in bad {
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}
