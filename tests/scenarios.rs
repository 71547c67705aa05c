//! A folder each: what was there, what the spec wants, and every byte of what konnect says and leaves behind. On the real server.
//!
//! `before.json` is loaded by POST, then by PUT with its managedFields, which the server keeps. `KONNECT_BLESS=1` writes the expected
//! files anew: read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Konnect, Ran, Server};

/// The token the specs' `$PAT` holds, unless the scenario says otherwise.
const TOKEN: &str = "kpat_scenarioWantedToken0001";

struct Scenario {
    folder: PathBuf,
    /// From `scenario.toml`: arguments for plan and apply, apply's exit code, and whether `$PAT` is set.
    settings: toml::Table,
}

impl Scenario {
    fn args(&self) -> Vec<String> {
        let args = self.settings.get("args").and_then(toml::Value::as_array);
        args.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned).collect()
    }

    fn code(&self) -> i32 {
        self.settings.get("apply").and_then(toml::Value::as_integer).map_or(0, |code| i32::try_from(code).expect("an exit code"))
    }

    fn konnect(&self, server: &Server, args: &[&str]) -> Ran {
        let spec = std::fs::read_to_string(self.folder.join("konnect.toml")).expect("the spec");
        let mut konnect = Konnect::new().spec(&spec).env("KUBECONFIG", server.kubeconfig());
        if self.settings.get("pat").and_then(toml::Value::as_bool).unwrap_or(true) {
            konnect = konnect.env("PAT", TOKEN);
        }
        konnect.args(args.iter().map(|arg| (*arg).to_owned()).chain(self.args())).run()
    }

    fn expect(&self, file: &str, found: &str) {
        let path = self.folder.join(file);
        if std::env::var_os("KONNECT_BLESS").is_some() {
            std::fs::write(&path, found).expect("written");
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        let diff = similar::TextDiff::from_lines(wanted.as_str(), found).unified_diff().header(file, "found").to_string();
        assert!(wanted == found, "{}:\n{diff}", self.folder.display());
    }
}

fn scenarios() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).expect("the scenarios").map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    folders
        .into_iter()
        .map(|folder| {
            let settings = std::fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default();
            Scenario { settings: settings.parse().expect("scenario.toml"), folder }
        })
        .collect()
}

/// The collection and the object's path.
fn paths(object: &Value) -> (String, String) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let collection = match text("/kind") {
        "Namespace" => "/api/v1/namespaces".to_owned(),
        "ServiceAccount" => format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
        "Secret" => format!("/api/v1/namespaces/{namespace}/secrets"),
        other => panic!("{other} is no kind of ours"),
    };
    let path = format!("{collection}/{name}");
    (collection, path)
}

fn load(server: &Server, before: &Value) {
    for object in before.as_array().expect("a list of objects") {
        let (collection, path) = paths(object);
        let (code, made) = server.raw("POST", &collection, "application/json", object.to_string());
        assert_eq!(code, 201, "{made}");
        if object.pointer("/metadata/managedFields").is_some() {
            let (code, put) = server.raw("PUT", &path, "application/json", object.to_string());
            assert_eq!(code, 200, "{put}");
            assert_eq!(put["metadata"]["managedFields"], object["metadata"]["managedFields"], "the server keeps them");
        }
        if object.pointer("/metadata/deletionTimestamp").is_some() {
            let (code, gone) = server.raw("DELETE", &path, "application/json", "");
            assert_eq!(code, 200, "{gone}");
        }
    }
}

/// What differs from run to run.
fn normal(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "uid" | "resourceVersion" | "creationTimestamp" | "deletionTimestamp" | "time" | "server"
                    | "konnect_version"
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

fn normal_text(text: &str, server: &Server) -> String {
    let mut lines = Vec::new();
    for line in text.replace(server.url(), "[…]").lines() {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for i in 0..words.len() {
            if words[i] == "uid" && i + 1 < words.len() {
                words[i + 1] = "[…])".to_owned();
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

fn after(server: &Server, namespace: &str) -> String {
    let mut found = Vec::new();
    let (code, object) = server.raw("GET", &format!("/api/v1/namespaces/{namespace}"), "application/json", "");
    if code == 200 {
        found.push(object);
    }
    for resource in ["serviceaccounts", "secrets"] {
        let (code, list) = server.raw("GET", &format!("/api/v1/namespaces/{namespace}/{resource}"), "application/json", "");
        assert_eq!(code, 200);
        found.extend(list["items"].as_array().expect("items").iter().cloned());
    }
    let mut found = json!(found);
    normal(&mut found);
    format!("{found:#}\n")
}

#[test]
fn every_scenario() {
    let Some(server) = support::server() else { return };
    let scenarios = scenarios();
    assert!(scenarios.len() >= 15, "the scenarios are found");
    for scenario in &scenarios {
        let spec: toml::Table =
            std::fs::read_to_string(scenario.folder.join("konnect.toml")).expect("the spec").parse().expect("TOML");
        let namespace =
            spec["namespace"].as_str().or_else(|| spec["namespace"].get("name")?.as_str()).expect("the namespace").to_owned();
        if let Ok(before) = std::fs::read_to_string(scenario.folder.join("before.json")) {
            load(server, &before.parse().expect("JSON"));
        }
        let plan = scenario.konnect(server, &["plan"]);
        scenario.expect("plan.txt", &normal_text(&format!("{}{}", plan.stdout, plan.stderr), server));
        let document = scenario.konnect(server, &["plan", "--format", "json"]);
        let mut document: Value = document.stdout.parse().expect("JSON alone");
        normal(&mut document);
        scenario.expect("plan.json", &format!("{document:#}\n"));

        let before = after(server, &namespace);
        let apply = scenario.konnect(server, &["apply", "--auto-approve"]);
        apply.assert_code(scenario.code());
        let found = after(server, &namespace);
        scenario.expect("after.json", &found);
        if scenario.code() == 0 {
            let again = scenario.konnect(server, &["plan", "--detailed-exitcode"]);
            again.assert_code(0);
            scenario.konnect(server, &["apply", "--auto-approve"]).assert_code(0);
            assert_eq!(after(server, &namespace), found, "{}: a second run changes nothing", scenario.folder.display());
        } else {
            assert_eq!(before, found, "{}: refused, and nothing was written", scenario.folder.display());
        }
    }
}
