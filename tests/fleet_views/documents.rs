//! For programs: each document and each line holds to its schema, and says of every spec what became of it.

use konnect::outcome::Outcome;
use konnect::view::{CheckError, CheckedSpec, Event, Format, Output};
use serde_json::Value;
use testkit::closed_schema::closed;

use crate::made;
use crate::run::{Shown, applied};

#[track_caller]
fn holds(document: &Value, of: &str) {
    let text = std::fs::read_to_string(testkit::root().join(format!("schema/{of}.json"))).expect("the schema");
    let schema = jsonschema::validator_for(&closed(&text.parse().expect("JSON"))).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

fn words(document: &Value, key: &str) -> Vec<String> {
    let specs = document["specs"].as_array().expect("specs");
    specs.iter().map(|spec| spec[key].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_plan_has_an_entry_for_each_spec_in_their_order() {
    let fleet = made::of_each_kind();
    let shown = Shown::new(Format::Json, Output::Plan);
    shown.emit(Event::Fleet(&fleet));
    let (stdout, stderr) = shown.end(Outcome::Failed);
    assert_eq!(stderr, "");
    let document: Value = stdout.parse().expect("JSON");
    holds(&document, "plan");
    let paths: Vec<String> = fleet.specs.iter().map(|spec| spec.path.expose().to_owned()).collect();
    assert_eq!(words(&document, "spec"), paths);
    let results: Vec<String> = fleet.specs.iter().map(|spec| spec.result().word().to_owned()).collect();
    assert_eq!(words(&document, "result"), results);
    for (entry, spec) in document["specs"].as_array().expect("specs").iter().zip(&fleet.specs) {
        assert_eq!(entry["errors"].as_array().expect("errors").len(), spec.failures().len(), "{entry:#}");
        assert_eq!(entry["cluster"].is_null(), spec.plan().is_none(), "{entry:#}");
        assert_eq!(entry["summary"]["add"], spec.summary().add, "{entry:#}");
    }
}

/// Events come as they happen, each with its spec; the last line tells of every spec, whatever order they ended in.
#[test]
fn an_apply_tells_of_which_spec_each_event_is() {
    let (fleet, endings) = made::of_each_ending();
    let forwards: Vec<usize> = (0..endings.len()).collect();
    let backwards: Vec<usize> = forwards.iter().rev().copied().collect();
    let mut last = Vec::new();
    for order in [forwards, backwards] {
        let (stdout, _) = applied(Shown::new(Format::Json, Output::Apply), &fleet, &endings, &order);
        let lines: Vec<Value> = stdout.lines().map(|line| line.parse().expect("JSON")).collect();
        lines.iter().for_each(|line| holds(line, "events"));
        let of_writes = lines.iter().filter(|line| line["type"].as_str().is_some_and(|of| of.starts_with("apply_")));
        let paths: Vec<&str> = fleet.specs.iter().map(|spec| spec.path.expose()).collect();
        for event in of_writes {
            assert!(paths.contains(&event["spec"].as_str().unwrap_or_default()), "{event}");
        }
        let summary = lines.last().expect("a last line").clone();
        assert_eq!(
            (&summary["type"], words(&summary, "spec")),
            (&"summary".into(), paths.iter().map(ToString::to_string).collect())
        );
        let results = fleet.specs.iter().zip(&endings).map(|(spec, ending)| ending.result(spec.result()).word().to_owned());
        assert_eq!(words(&summary, "result"), results.collect::<Vec<_>>());
        last.push(summary);
    }
    assert_eq!(last[0], last[1]);
}

#[test]
fn validate_has_an_entry_for_each_file() {
    let fleet = made::of_each_kind();
    let wrong = fleet.specs.iter().find_map(|spec| match &spec.state {
        konnect::fleet::SpecState::Wrong(errors) => Some(errors),
        _ => None,
    });
    let failures = wrong.expect("one is wrong").failures();
    let failed = CheckError::Failed(failures.first().expect("an error").clone());
    let checked = [
        CheckedSpec { path: "envs/base.toml".into(), result: Ok(true) },
        CheckedSpec { path: "envs/bad.toml".into(), result: Err(failed) },
    ];
    let shown = Shown::new(Format::Json, Output::Validation);
    shown.emit(Event::ValidFleet { checked: &checked });
    let (stdout, _) = shown.end(Outcome::Failed);
    let document: Value = stdout.parse().expect("JSON");
    holds(&document, "plan");
    assert_eq!(words(&document, "result"), ["valid", "failed"]);
    assert_eq!(document["specs"][1]["errors"].as_array().map(Vec::len), Some(1));
}
