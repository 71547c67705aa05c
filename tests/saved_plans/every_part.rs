//! Each part of a saved plan's file changed in several ways, its digest made to fit, in several states: it is refused, or apply does exactly
//! what show shows, or nothing.

use serde_json::{Value, json};

use super::forged::sealed;
use super::world::{PLAN_FILE, Run, World};
use testkit::extent::extent;
use testkit::{scenario, skipped};

/// Every so-many-th place is in the slice of the quick run.
const SLICE: usize = 11;

const STATES: [&str; 5] =
    ["labels-and-annotations", "no-longer-wanted", "token-taken-from-a-controller", "workshop", "namespace-not-ours"];
const SAVE: &[&str] = &["plan", "--out", PLAN_FILE];
const SHOW: &[&str] = &["show", PLAN_FILE, "--format", "json"];
const APPLY: &[&str] = &["apply", PLAN_FILE, "--format", "json"];

/// Where something stands in a document.
pub(super) type Place = Vec<String>;

/// Every place of it, and of everything in it.
pub(super) fn places(value: &Value, at: &mut Place, found: &mut Vec<Place>) {
    found.push(at.clone());
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in parts {
        at.push(key);
        places(value, at, found);
        at.pop();
    }
}

pub(super) fn part<'a>(document: &'a mut Value, place: &[String]) -> &'a mut Value {
    place.iter().fold(document, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().expect("an index")],
        other => &mut other[key.as_str()],
    })
}

/// What may stand in a part's place.
pub(super) fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![json!("x"), json!({})],
        Value::Bool(is) => vec![json!(!is)],
        Value::Number(_) => vec![json!(0), json!(1)],
        Value::String(text) => {
            let words = ["same", "different", "missing", "no_permission", "moved", "konnect", "Apply", "Update"];
            let mut others: Vec<Value> = words.iter().filter(|word| *word != text).map(|word| json!(word)).collect();
            others.extend([json!(""), json!(format!("{text}x")), json!(null)]);
            others
        }
        Value::Array(list) => {
            let doubled: Vec<Value> = list.iter().chain(list.last()).cloned().collect();
            [json!([]), json!(doubled), json!(null)].into_iter().filter(|other| other != value).collect()
        }
        Value::Object(map) => {
            let fewer = map.keys().map(|key| {
                let mut map = map.clone();
                map.remove(key);
                Value::Object(map)
            });
            let mut more = map.clone();
            more.insert("example.com/more".to_owned(), json!("more"));
            fewer.chain([Value::Object(more), json!(null)]).collect()
        }
    }
}

/// What is to be done to an object, as a document has it, without whose its fields are.
fn effects(document: &Value) -> Vec<Value> {
    let changes = document["specs"][0]["changes"].as_array().expect("changes");
    let effect = |change: &Value| {
        let mut change = change.clone();
        for field in change["fields"].as_array_mut().expect("fields") {
            field["managers"] = json!(null);
        }
        json!([change["object"], change["action"], change["fields"]])
    };
    changes.iter().filter(|change| change["action"] != "none").map(effect).collect()
}

/// What apply says that it is going to do.
fn announced(run: &Run) -> Vec<Value> {
    let events = run.stdout.lines().map(|line| line.parse::<Value>().expect("JSON"));
    let plan = events.into_iter().find(|event| event["type"] == "plan").expect("a plan");
    effects(&plan["plan"])
}

fn begin(name: &str) -> World {
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name() == name).expect("the scenario");
    let world = World::new(&scenario);
    let saved = world.plain(SAVE);
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    world
}

#[test]
fn whatever_is_changed_show_tells_the_truth() {
    let (mut refused, mut applied, mut stopped) = (0, 0, 0);
    for name in STATES {
        let mut world = begin(name);
        let text = std::fs::read_to_string(world.plan_file()).expect("the plan");
        let document: Value = text.parse().expect("JSON");
        let mut all = Vec::new();
        places(&document, &mut Vec::new(), &mut all);
        all.retain(|place| place.first().is_none_or(|first| first != "digest"));
        for place in &extent().slice(all, SLICE) {
            let mut document = document.clone();
            for other in others(part(&mut document, place)) {
                // Fresh ones differ in their times, salts and uids.
                let text = std::fs::read_to_string(world.plan_file()).expect("the plan");
                let mut forged: Value = text.parse().expect("JSON");
                *part(&mut forged, place) = other.clone();
                if !forged.is_object() {
                    continue;
                }
                std::fs::write(world.plan_file(), sealed(forged).0).expect("written");
                let (shown, before) = (world.plain(SHOW), world.state());
                let run = world.plain(APPLY);
                let what = || format!("{name}: {} = {other}\n{}\n{}\n{}", place.join("/"), shown.stdout, run.stdout, run.stderr);
                if shown.code == 0 {
                    assert!(matches!(run.code, 0 | 1 | 3 | 4), "{}: {}", run.code, what());
                } else {
                    assert!(matches!((shown.code, run.code), (4, 4) | (1, 1)), "{} {}: {}", shown.code, run.code, what());
                }
                if run.written.is_empty() {
                    assert_eq!(world.state(), before, "{}", what());
                    if shown.code == 0 {
                        stopped += 1
                    } else {
                        refused += 1
                    }
                    std::fs::write(world.plan_file(), &text).expect("written");
                } else {
                    applied += 1;
                    let document: Value = shown.stdout.parse().expect("JSON");
                    let (announced, shown) = (announced(&run), effects(&document));
                    // What is as wanted already is left out.
                    assert!(announced.iter().all(|effect| shown.contains(effect)), "{}", what());
                    assert!(shown.iter().all(|effect| effect[1] != "blocked"), "{}", what());
                    assert_eq!(run.written.len(), announced.len(), "{}", what());
                    world = begin(name);
                }
            }
        }
    }
    skipped::say(&format!("{refused} forged plans refused, {stopped} stopped by what they are held against, {applied} true"));
}
