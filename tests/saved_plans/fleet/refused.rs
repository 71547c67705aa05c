//! What makes a saved plan of many specs stale: any one of them does, and then nothing is written. And what is not saved at all.

use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::Served;

use super::super::forged::sealed;
use super::{Fleet, kubeconfig};
use konnect::saved_plan::SavedPlan;

#[test]
fn one_stale_spec_keeps_all_from_being_written_unless_the_others_may_be() {
    let fleet = Fleet::new();
    fleet.planned();
    fleet.forestall("b");
    let before = fleet.token("b");
    let ran = fleet.run(&["apply", "p"]);
    ran.assert_says(4, &["envs/b.toml: the cluster is not what the plan was made from; nothing of it was written"]);
    ran.assert_says(4, &["when planned: does not exist", "nothing was written: 1 of 3 specs can't be applied", "1 stale"]);
    assert_eq!(fleet.written(), ["b"], "nothing but what was there");
    fleet.run(&["apply", "p", "--partial"]).assert_code(5);
    assert_eq!(fleet.written(), ["a", "b", "c"]);
    assert_eq!(fleet.token("b"), before, "what is stale is not written");
    // What is done stays done, and the stale one stale.
    fleet.run(&["apply", "p"]).assert_code(4);
    fleet.run(&["apply", "p", "--partial"]).assert_code(4);
}

#[test]
fn another_token_for_one_of_them() {
    let fleet = Fleet::new();
    fleet.planned();
    let fleet = fleet.env("SECOND", "kpat_savedFleetOtherEEEEFFFF9012");
    fleet.run(&["apply", "p"]).assert_says(4, &["the token in $SECOND is not the one the plan was made with"]);
    assert!(fleet.written().is_empty());
    fleet.run(&["apply", "p", "--partial"]).assert_code(5);
    assert_eq!(fleet.written(), ["a", "b"]);
}

#[test]
fn a_token_that_is_not_there_any_more() {
    let fleet = Fleet::new();
    fleet.planned();
    let fleet = fleet.env("SECOND", "");
    fleet.run(&["apply", "p"]).assert_code(1);
    assert!(fleet.written().is_empty());
}

#[test]
fn another_cluster_under_the_same_name() {
    let fleet = Fleet::new();
    fleet.planned();
    let new = Served::start(testkit::konnect!());
    std::fs::write(fleet.konnect.folder().join("kube-west"), kubeconfig(&new, "west")).expect("written");
    let ran = fleet.run(&["apply", "p"]);
    ran.assert_says(4, &["is not the cluster the plan was made for", "choose the plan's cluster with --kubeconfig"]);
    assert!(fleet.written().is_empty());
    fleet.run(&["apply", "p", "--partial"]).assert_code(5);
    assert_eq!(fleet.written(), ["a", "b"]);
}

#[test]
fn another_sandbox_than_the_one_it_was_made_for() {
    let fleet = Fleet::new();
    fleet.run(&["plan", "-f", "envs", "--sandbox=s", "--out", "p"]).assert_code(0);
    fleet.run(&["show", "p"]).assert_says(0, &["konnect apply p --sandbox=s --expect"]);
    fleet.run(&["apply", "p", "--sandbox=other"]).assert_says(4, &["sandbox other does not exist", "--sandbox=s"]);
    assert!(!fleet.konnect.folder().join("other").exists());
    fleet.run(&["apply", "p", "--sandbox=s"]).assert_code(0);
    fleet.run(&["apply", "p", "--sandbox=s"]).assert_says(0, &["Nothing left to do"]);
}

#[test]
fn its_time_and_its_digest_are_those_of_all() {
    let fleet = Fleet::new();
    let document = fleet.planned();
    let other = format!("sha256:{}", "0".repeat(64));
    fleet.run(&["apply", "p", "--expect", &other]).assert_says(4, &["--expect says", "nothing was written"]);
    let mut late = document.clone();
    for spec in late["specs"].as_array_mut().expect("specs") {
        spec["read_at"] = json!("2020-01-01T00:00:00Z");
    }
    late["expires"] = json!("2020-01-02T00:00:00Z");
    fleet.write(&sealed(late).0);
    fleet.run(&["apply", "p"]).assert_says(4, &["the plan expired at 2020-01-02T00:00:00Z", "nothing was written"]);
    fleet.run(&["show", "p"]).assert_says(0, &["apply would refuse it"]);
    // One of them from the future is enough.
    let mut early = document;
    let time: Timestamp = early["expires"].as_str().expect("a time").parse().expect("a time");
    early["specs"][1]["read_at"] = json!(time.checked_add(jiff::SignedDuration::from_hours(24)).expect("a time").to_string());
    early["expires"] = json!("2199-01-01T00:00:00Z");
    fleet.write(&sealed(early).0);
    fleet.run(&["apply", "p"]).assert_says(4, &["by this machine's clock it is", "nothing was written"]);
    assert!(fleet.written().is_empty());
}

/// One change, and a word of the refusal.
type Row = (&'static str, fn(&mut Value));

/// What the parts of a file must have in common.
const ROWS: &[Row] = &[
    ("it is the plan of nothing", |d| d["specs"] = json!([])),
    ("lists its tokens in another way", |d| d["specs"].as_array_mut().expect("a list").reverse()),
    ("lists its tokens in another way", |d| d["specs"][2]["token"] = json!(0)),
    ("lists its tokens in another way", |d| d["specs"][2]["token"] = json!(7)),
    ("lists its tokens in another way", |d| drop(d["tokens"].as_array_mut().expect("a list").pop())),
    ("one place of a token twice", |d| d["tokens"][1] = d["tokens"][0].clone()),
    ("several specs the token from standard input", |d| d["tokens"][0]["source"] = json!("stdin")),
    ("some of its specs have a stage", |d| d["specs"][1]["stage"] = json!(1)),
    ("a stage before the first", |d| (0..3).for_each(|at| d["specs"][at]["stage"] = json!(0))),
    ("has other parts", |d| d["specs"][1]["stage"] = json!(-1)),
    ("of envs/b.toml: its cluster has no uid", |d| d["specs"][1]["cluster"]["uid"] = json!("")),
    ("of envs/b.toml: it expired before it was made", |d| d["specs"][1]["read_at"] = d["expires"].clone()),
];

#[test]
fn a_file_whose_specs_disagree_is_refused_whatever_its_digest_says() {
    let fleet = Fleet::new();
    let good = fleet.planned();
    for (i, (words, change)) in ROWS.iter().enumerate() {
        let mut forged = good.clone();
        change(&mut forged);
        assert_ne!(forged, good, "row {i} ({words}) changes nothing");
        fleet.write(&sealed(forged).0);
        fleet.run(&["apply", "p"]).assert_says(4, &[words, "is not what konnect would have saved"]);
        fleet.run(&["show", "p"]).assert_says(4, &[words]);
    }
    assert!(fleet.written().is_empty());
}

/// Without the digest made to fit, no bit of it can be another.
#[test]
fn no_bit_of_it_can_be_another() {
    let fleet = Fleet::new();
    fleet.planned();
    let path = fleet.konnect.folder().join("p");
    let good = std::fs::read(&path).expect("the plan");
    let named = konnect::outside::Outside::from(path.as_path());
    assert!(SavedPlan::open(&named).is_ok());
    let bits = testkit::extent::extent().slice((0..good.len() * 8).step_by(29).collect(), 17);
    for bit in bits {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &bytes).expect("written");
        assert!(SavedPlan::open(&named).is_err(), "bit {bit} of\n{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_can_t_be_applied_is_not_saved_and_nothing_else_is() {
    let fleet = Fleet::new();
    fleet.forestall("b");
    let path = "/api/v1/namespaces/b/serviceaccounts?fieldManager=argocd";
    fleet.post("b", path, &json!({"metadata": {"name": "podid", "labels": {"team": "x"}}}));
    let spec = fleet.konnect.folder().join("envs/b.toml");
    let with_label = std::fs::read_to_string(&spec)
        .expect("the spec")
        .replace("service_account = \"podid\"", "service_account = { name = \"podid\", labels = { team = \"y\" } }");
    std::fs::write(&spec, with_label).expect("written");
    let plan = ["plan", "-f", "envs", "--out", "p"];
    let says = |code: i32, fleet: &Fleet, words: &[&str]| {
        fleet.run(&plan).assert_says(code, words);
        assert!(!fleet.konnect.folder().join("p").exists());
    };
    says(3, &fleet, &["the plan was not saved: 1 of 3 specs can't be applied: envs/b.toml (blocked)", "--except"]);
    let fleet = fleet.env("SECOND", "not a token");
    says(1, &fleet, &["2 of 3 specs can't be applied: envs/b.toml (blocked), envs/c.toml (failed)"]);
    fleet.run(&["plan", "-f", "envs", "--only", "a.toml", "--only", "c.toml", "--out", "p"]).assert_code(1);
    fleet.run(&["plan", "-f", "envs", "--only", "a.toml", "--out", "p"]).assert_code(0);
}

#[test]
fn a_token_of_another_spec_in_a_text_is_not_saved() {
    let part = &super::SECOND[5..17];
    let fleet = Fleet::new();
    let spec = fleet.konnect.folder().join("envs/a.toml");
    let noted = std::fs::read_to_string(&spec).expect("the spec").replace(
        "service_account = \"podid\"",
        &format!("service_account = {{ name = \"podid\", annotations = {{ note = \"{part}\" }} }}"),
    );
    std::fs::write(&spec, noted).expect("written");
    let ran = fleet.run(&["plan", "-f", "envs", "--out", "p"]);
    ran.assert_says(1, &["envs/a.toml: the plan was not saved: a text that it must contain includes a token"]);
    assert!(!fleet.konnect.folder().join("p").exists() && !format!("{}{}", ran.stdout, ran.stderr).contains(part));
}

#[test]
fn one_flag_for_all_is_a_usage_error() {
    let fleet = Fleet::new();
    fleet.planned();
    for flag in ["--context=east", "--pat-stdin"] {
        let name = flag.split('=').next().expect("a name");
        fleet.run(&["apply", "p", flag]).assert_says(64, &[&format!("{name} can't be used with 3 specs")]);
    }
    assert!(fleet.written().is_empty());
}
