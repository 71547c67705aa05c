//! A saved plan of many specs: three of them, for two clusters, with two tokens.
//!
//! * [`every_part`]: each part of the file changed.
//! * [`refused`]: what makes the whole of it stale, or keeps it from being saved.
//! * [`stages`]: what is rolled out first.

#[path = "fleet/every_part.rs"]
mod every_part;
#[path = "fleet/refused.rs"]
mod refused;
#[path = "fleet/stages.rs"]
mod stages;

use std::fs;

use serde_json::{Value, json};
use testkit::{Konnect, Ran, Served, request};

const FIRST: &str = "kpat_savedFleetFirstAAAABBBB1234";
const SECOND: &str = "kpat_savedFleetSecondCCCCDDDD5678";
/// `kpat_savedFleetLiveGGGGHHHH3456` as a Secret holds it.
const LIVE: &str = "a3BhdF9zYXZlZEZsZWV0TGl2ZUdHR0dISEhIMzQ1Ng==";
/// The specs: the first two for one cluster, with one token.
const SPECS: [(&str, &str, &str); 3] = [("a", "east", "FIRST"), ("b", "east", "FIRST"), ("c", "west", "SECOND")];

/// The folder with the specs, and the clusters.
struct Fleet {
    konnect: Konnect,
    east: Served,
    west: Served,
}

/// The kubeconfig of a served sandbox, with another name for its context.
fn kubeconfig(served: &Served, context: &str) -> String {
    let text = fs::read_to_string(served.kubeconfig()).expect("readable");
    text.replace("\"konnect-sandbox\"", &format!("\"{context}\"")).replace("konnect-sandbox", context)
}

impl Fleet {
    fn new() -> Self {
        let (east, west) = (Served::start(testkit::konnect!()), Served::start(testkit::konnect!()));
        let konnect = testkit::konnect!()
            .file("kube-east", &kubeconfig(&east, "east"))
            .file("kube-west", &kubeconfig(&west, "west"))
            .env("KUBECONFIG", "kube-east:kube-west")
            .env("FIRST", FIRST)
            .env("SECOND", SECOND);
        fs::create_dir(konnect.folder().join("envs")).expect("made");
        let konnect = SPECS.into_iter().fold(konnect, |konnect, (name, context, token)| {
            let spec = format!(
                "namespace = \"{name}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"{token}\"\ncluster = {{ context = \"{context}\" }}\n");
            konnect.file(&format!("envs/{name}.toml"), &spec)
        });
        Self { konnect, east, west }
    }

    /// The same with another variable.
    fn env(mut self, name: &str, value: &str) -> Self {
        self.konnect = self.konnect.env(name, value);
        self
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.konnect.run_with(args)
    }

    /// The plan of all of them, saved.
    fn planned(&self) -> Value {
        self.run(&["plan", "-f", "envs", "--out", "p"]).assert_code(0);
        self.text().parse().expect("JSON")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.konnect.folder().join("p")).expect("the plan")
    }

    fn write(&self, text: &str) {
        fs::write(self.konnect.folder().join("p"), text).expect("written");
    }

    /// The cluster of a spec.
    fn cluster(&self, spec: &str) -> &Served {
        if spec == "c" { &self.west } else { &self.east }
    }

    /// The token in the Secret of a spec, in base64; `None`: there is none.
    fn token(&self, spec: &str) -> Option<String> {
        let path = format!("/api/v1/namespaces/{spec}/secrets/konnect-pat");
        let (code, body) = request::send(&self.cluster(spec).kubeconfig(), "GET", &path, &[], b"").expect("an answer");
        (code == 200).then(|| body["data"]["token"].as_str().expect("a token").to_owned())
    }

    /// Of which specs there is a Secret.
    fn written(&self) -> Vec<&'static str> {
        SPECS.iter().map(|(name, ..)| *name).filter(|name| self.token(name).is_some()).collect()
    }

    /// Somebody else makes an object.
    fn post(&self, spec: &str, path: &str, object: &Value) {
        let headers = [("content-type", "application/json")];
        let body = object.to_string();
        let kubeconfig = self.cluster(spec).kubeconfig();
        let (code, answer) = request::send(&kubeconfig, "POST", path, &headers, body.as_bytes()).expect("an answer");
        assert_eq!(code, 201, "{answer}");
    }

    /// Somebody else puts a token of their own where the spec's is planned.
    fn forestall(&self, spec: &str) {
        let name = |name: &str| json!({"metadata": {"name": name}, "data": {"token": "b3RoZXI="}});
        self.post(spec, "/api/v1/namespaces", &json!({"metadata": {"name": spec}}));
        self.post(spec, &format!("/api/v1/namespaces/{spec}/secrets"), &name("konnect-pat"));
    }
}

#[test]
fn all_of_it_is_one_file_and_applied_as_it_was_saved() {
    let fleet = Fleet::new();
    let document = fleet.planned();
    let sources: Vec<&Value> = document["tokens"].as_array().expect("tokens").iter().map(|of| &of["source"]).collect();
    assert_eq!(sources, [&json!({"env": "FIRST"}), &json!({"env": "SECOND"})]);
    let specs = document["specs"].as_array().expect("specs");
    let of = |pointer: &str| specs.iter().map(|spec| spec.pointer(pointer).expect("there").clone()).collect::<Vec<_>>();
    assert_eq!(of("/path"), ["envs/a.toml", "envs/b.toml", "envs/c.toml"]);
    assert_eq!((of("/token"), of("/stage")), (vec![json!(0), json!(0), json!(1)], vec![Value::Null; 3]));
    let uids = of("/cluster/uid");
    assert!(uids[0] == uids[1] && uids[1] != uids[2], "{uids:?}");
    for token in [FIRST, SECOND] {
        assert!(!fleet.text().contains(&token[5..17]), "a token in the plan");
    }
    let digest = document["digest"].as_str().expect("a digest");
    let shown = fleet.run(&["show", "p"]);
    shown.assert_says(0, &["envs/a.toml", "envs/c.toml", "in 3 of 3 environments", digest, "konnect apply p --expect"]);
    assert!(!shown.stderr.contains("too easily guessed"), "{}", shown.stderr);
    fleet.run(&["show", "p", "--detailed-exitcode"]).assert_code(2);
    assert!(fleet.written().is_empty());
    // It needs no spec.
    fs::remove_dir_all(fleet.konnect.folder().join("envs")).expect("removed");
    fleet.run(&["apply", "p", "--expect", digest]).assert_code(0);
    assert_eq!(fleet.written(), ["a", "b", "c"]);
    assert_ne!(fleet.token("a"), fleet.token("c"));
    fleet.run(&["apply", "p"]).assert_says(0, &["Nothing left to do: the clusters match the plan."]);
}

#[test]
fn plans_without_changes_are_saved_too() {
    let fleet = Fleet::new();
    fleet.run(&["apply", "-f", "envs", "--auto-approve"]).assert_code(0);
    fleet.planned();
    fleet.run(&["show", "p", "--detailed-exitcode"]).assert_code(0);
    fleet.run(&["apply", "p"]).assert_says(0, &["Nothing left to do"]);
}

/// A folder with one spec in it is no fleet.
#[test]
fn of_one_spec_it_is_as_ever() {
    let fleet = Fleet::new();
    fleet.run(&["plan", "-f", "envs", "--only", "c.toml", "--out", "p"]).assert_code(0);
    fleet.run(&["show", "p"]).assert_says(0, &["Spec     envs/c.toml", "Plan: 3 to add"]);
    fleet.run(&["apply", "p", "--context", "west"]).assert_says(0, &["Resources: 3 added"]);
    assert_eq!(fleet.written(), ["c"]);
}

/// What others did meanwhile is told as it is of one spec.
#[test]
fn what_others_did_is_left_to_them_and_told() {
    let fleet = Fleet::new();
    let (secret, by_hand) = ("/api/v1/namespaces/b/secrets", "?fieldManager=kubectl-create");
    fleet.post("b", "/api/v1/namespaces", &json!({"metadata": {"name": "b"}}));
    fleet.post("b", &format!("{secret}{by_hand}"), &json!({"metadata": {"name": "konnect-pat"}, "data": {"token": LIVE}}));
    fleet.planned();
    let label = [("content-type", "application/merge-patch+json")];
    let (patch, path) = (br#"{"metadata":{"labels":{"team":"x"}}}"#, format!("{secret}/konnect-pat"));
    let (code, _) = request::send(&fleet.east.kubeconfig(), "PATCH", &path, &label, patch).expect("an answer");
    assert_eq!(code, 200);
    fleet.post("c", "/api/v1/namespaces", &json!({"metadata": {"name": "c"}}));
    let ran = fleet.run(&["apply", "p"]);
    ran.assert_says(0, &["envs/b.toml: Secret b/konnect-pat changed since the plan was made, but nothing that"]);
    assert_eq!(fleet.written(), ["a", "b", "c"]);
    assert_eq!(fleet.token("a"), fleet.token("b"));
}

#[test]
fn one_cluster_for_all_is_no_sandbox() {
    let fleet = Fleet::new();
    fleet.run(&["plan", "-f", "envs", "--only", "a.toml", "--only", "b.toml", "--out", "p"]).assert_code(0);
    fleet.run(&["show", "p"]).assert_says(0, &["konnect apply p --expect"]);
}

#[test]
fn a_token_that_can_be_guessed_is_told_once() {
    let fleet = Fleet::new().env("FIRST", "kpat_staging-password-1234");
    fleet.planned();
    let shown = fleet.run(&["show", "p"]);
    assert_eq!(shown.stderr.matches("$FIRST is too easily guessed").count(), 1, "{}", shown.stderr);
}
