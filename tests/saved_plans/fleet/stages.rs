//! A saved plan of specs that have stages: it is rolled out stage by stage, as the specs themselves are.

use serde_json::{Value, json};

use super::super::forged::sealed;
use super::Fleet;

/// The first two in the first stage.
fn staged() -> Fleet {
    let fleet = Fleet::new();
    let mut document = fleet.planned();
    for (at, stage) in [1, 1, 2].into_iter().enumerate() {
        document["specs"][at]["stage"] = json!(stage);
    }
    fleet.write(&sealed(document).0);
    fleet
}

#[test]
fn a_stage_of_it_can_be_applied_by_itself() {
    let fleet = staged();
    fleet.run(&["apply", "p", "--stage", "2"]).assert_says(3, &["before stage 2 comes"]);
    fleet.run(&["apply", "p", "--stage", "3"]).assert_says(1, &["no spec is in stage 3"]);
    assert!(fleet.written().is_empty());
    fleet.run(&["apply", "p", "--stage", "1"]).assert_code(0);
    assert_eq!(fleet.written(), ["a", "b"]);
    fleet.run(&["apply", "p", "--stage", "2"]).assert_code(0);
    assert_eq!(fleet.written(), ["a", "b", "c"]);
}

#[test]
fn a_stage_waits_for_the_one_before() {
    let fleet = staged();
    fleet.forestall("b");
    // What can be applied of the first stage is, but the second does not begin.
    fleet.run(&["apply", "p", "--partial"]).assert_code(5);
    assert_eq!(fleet.written(), ["a", "b"]);
}

#[test]
fn without_stages_there_is_none_to_be_applied() {
    let fleet = Fleet::new();
    fleet.planned();
    fleet.run(&["apply", "p", "--stage", "1"]).assert_says(1, &["no spec is in stage 1"]);
    assert!(fleet.written().is_empty());
}

/// Alone in its file it is one of many all the same: those of the other stages stand in other files.
#[test]
fn one_spec_of_a_stage_is_not_the_whole() {
    let fleet = Fleet::new();
    fleet.run(&["plan", "-f", "envs", "--only", "c.toml", "--out", "p"]).assert_code(0);
    let mut document: Value = fleet.text().parse().expect("JSON");
    document["specs"][0]["stage"] = json!(2);
    fleet.write(&sealed(document).0);
    fleet.run(&["apply", "p", "--stage", "1"]).assert_says(1, &["no spec is in stage 1"]);
    assert!(fleet.written().is_empty());
    fleet.run(&["apply", "p", "--stage", "2"]).assert_code(0);
    assert_eq!(fleet.written(), ["c"]);
}
