//! A folder each: what was there, what the spec wants, and every byte of what konnect says and leaves behind. On the real server
//! and on the sandbox: both must give the same bytes.
//!
//! `before.json` is loaded by POST, then by PUT with its managedFields, which the server keeps. `KONNECT_BLESS=1` writes the expected
//! files anew: read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

mod support;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::scenario::Scenario;
use support::{Konnect, Ran, Served, request};

/// The token the specs' `$PAT` holds, unless the scenario says otherwise.
const TOKEN: &str = "kpat_scenarioWantedToken00001";

/// A Kubernetes API to run against.
struct Target {
    kubeconfig: PathBuf,
    url: String,
}

impl Target {
    fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let headers = [("content-type", "application/json")];
        request::send(&self.kubeconfig, method, path, &headers, body).expect("an answer")
    }
}

struct Expected {
    scenario: Scenario,
}

impl Expected {
    fn konnect(&self, target: &Target, args: &[&str]) -> Ran {
        let mut konnect = Konnect::new().spec(&self.scenario.spec()).env("KUBECONFIG", &target.kubeconfig);
        if self.scenario.pat() {
            konnect = konnect.env("PAT", TOKEN);
        }
        konnect.args(args.iter().map(|arg| (*arg).to_owned()).chain(self.scenario.args())).run()
    }

    fn expect(&self, file: &str, found: &str) {
        let path = self.scenario.folder.join(file);
        if std::env::var_os("KONNECT_BLESS").is_some() {
            std::fs::write(&path, found).expect("written");
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        let diff = similar::TextDiff::from_lines(wanted.as_str(), found).unified_diff().header(file, "found").to_string();
        assert!(wanted == found, "{}:\n{diff}", self.scenario.folder.display());
    }
}

/// What differs from run to run.
fn normal(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "uid" | "resourceVersion" | "creationTimestamp" | "deletionTimestamp" | "time" | "server"
                    | "konnect_version" | "context" | "user"
                        if value.is_string() =>
                    {
                        *value = json!("[…]");
                    }
                    _ => normal(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(normal),
        _ => {}
    }
}

fn normal_text(text: &str, target: &Target) -> String {
    let mut lines = Vec::new();
    for line in text.replace(target.url.as_str(), "[…]").lines() {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for i in 0..words.len() {
            if words[i] == "uid" && i + 1 < words.len() {
                words[i + 1] = "[…])".to_owned();
            }
            if words[i] == "Cluster" && i + 2 < words.len() {
                words[i + 2] = "[…]".to_owned();
                let last = words.len() - 1;
                words[last] = "[…]".to_owned();
            }
            if words[i].starts_with("ago") && i >= 2 {
                words[i - 2] = "[…]".to_owned();
                words[i - 1] = String::new();
            }
        }
        lines.push(words.join(" ").replace("[…]  ago", "[…] ago"));
    }
    lines.join("\n") + "\n"
}

/// The same for the comment: the context, the cluster's line and ages.
fn normal_markdown(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if line.starts_with("Cluster ") {
            let token = line.split("; token from ").nth(1).expect("the token");
            lines.push(format!("Cluster […]; token from {token}"));
        } else if line.starts_with("### ") {
            let (spec, rest) = line.split_once(" on ").expect("the context");
            lines.push(format!("{spec} on […]:{}", rest.split_once(':').expect("counts").1));
        } else if let Some(ago) = words.iter().position(|word| word.starts_with("ago")).filter(|at| *at >= 2) {
            lines.push([&words[..ago - 2], &["[…]"], &words[ago..]].concat().join(" "));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

fn after(target: &Target, namespace: &str) -> String {
    let mut found = Vec::new();
    let (code, object) = target.send("GET", &format!("/api/v1/namespaces/{namespace}"), "");
    if code == 200 {
        found.push(object);
    }
    for resource in ["serviceaccounts", "secrets"] {
        let (code, list) = target.send("GET", &format!("/api/v1/namespaces/{namespace}/{resource}"), "");
        assert_eq!(code, 200);
        found.extend(list["items"].as_array().expect("items").iter().cloned());
    }
    let mut found = json!(found);
    normal(&mut found);
    format!("{found:#}\n")
}

#[test]
fn every_scenario_on_the_real_server() {
    let Some(server) = support::server() else { return };
    every_scenario(&Target { kubeconfig: server.kubeconfig(), url: server.url().to_owned() });
}

#[test]
fn every_scenario_on_the_sandbox() {
    // Where the expectations are written anew, the real server writes them.
    if std::env::var_os("KONNECT_BLESS").is_none() {
        let served = Served::start();
        every_scenario(&Target { kubeconfig: served.kubeconfig(), url: served.url.clone() });
    }
}

fn every_scenario(target: &Target) {
    let scenarios = support::scenario::all();
    assert!(scenarios.len() >= 15, "the scenarios are found");
    for scenario in scenarios {
        let (namespace, code) = (scenario.namespace(), scenario.code());
        scenario.load(|method, path, body| target.send(method, path, body));
        let scenario = Expected { scenario };
        let plan = scenario.konnect(target, &["plan"]);
        scenario.expect("plan.txt", &normal_text(&format!("{}{}", plan.stdout, plan.stderr), target));
        let document = scenario.konnect(target, &["plan", "--format", "json"]);
        let mut document: Value = document.stdout.parse().expect("JSON alone");
        normal(&mut document);
        scenario.expect("plan.json", &format!("{document:#}\n"));

        let comment = scenario.konnect(target, &["plan", "--format", "markdown"]);
        scenario.expect("plan.md", &normal_markdown(&comment.stdout));

        let before = after(target, &namespace);
        let apply = scenario.konnect(target, &["apply", "--auto-approve"]);
        apply.assert_code(code);
        let found = after(target, &namespace);
        scenario.expect("after.json", &found);
        if code == 0 {
            let again = scenario.konnect(target, &["plan", "--detailed-exitcode"]);
            again.assert_code(0);
            scenario.konnect(target, &["apply", "--auto-approve"]).assert_code(0);
            assert_eq!(after(target, &namespace), found, "{}: a second run changes nothing", scenario.scenario.folder.display());
        } else {
            assert_eq!(before, found, "{}: refused, and nothing was written", scenario.scenario.folder.display());
        }
    }
}
