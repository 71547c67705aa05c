//! A scenario's state in a sandbox of its own, its spec and token, and one run of konnect in it.

use std::collections::BTreeMap;

use clap::Parser as _;
use konnect::cli::Cli;
use konnect::commands::{CapturedOutput, RunContext, execute};
use kube_sandbox::Sandbox;
use kube_sandbox::faults::{Faulty, Injection, RequestKey};
use kube_sandbox::request::Request;
use kube_sandbox::response::Payload;
use serde_json::Value;

use testkit::scenario::Scenario;

/// The token that the specs name.
pub const WANTED: &str = "kpat_scenarioWantedToken00001";
/// The other token that is live in some scenarios.
pub const LIVE: &str = "kpat_scenarioLiveTokenOld9999";

/// Stands for a saved plan's path in a command.
pub const PLAN_FILE: &str = "PLAN";

/// What one run of konnect did and said.
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
    /// Its calls, in order.
    pub calls: Vec<RequestKey>,
    /// The titles of the objects whose writes the sandbox carried out.
    pub written: Vec<String>,
}

/// One scenario, begun.
pub struct World {
    /// The cluster.
    pub sandbox: Sandbox,
    /// The namespace of the spec.
    pub namespace: String,
    /// What an apply without a fault ends with.
    pub code: i32,
    /// Whether there is a token.
    pub token: bool,
    args: Vec<String>,
    /// What is named with `-f`.
    specs: std::path::PathBuf,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

fn runtime() -> tokio::runtime::Runtime {
    // Its clock goes on at once where everybody waits: hanging and waiting take no time.
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

impl World {
    /// The state the scenario begins with.
    pub fn new(scenario: &Scenario) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let token = if scenario.pat() { "pat_file = \"pat\"" } else { "pat_env = \"KONNECT_TEST_IS_NOT_SET\"" };
        testkit::users::write_private(&folder.path().join("pat"), WANTED);
        let specs = folder.path().join("konnect.toml");
        std::fs::write(&specs, scenario.spec().replace("pat_env = \"PAT\"", token)).expect("written");
        let (namespace, code, args) = (scenario.namespace(), scenario.apply_code(), scenario.args());
        let world = Self { namespace, code, token: scenario.pat(), args, ..Self::empty(folder, specs) };
        scenario.load(|method, path, body| world.send(method, path, body));
        world
    }

    /// An empty cluster, for the specs that are named.
    pub fn empty(folder: tempfile::TempDir, specs: std::path::PathBuf) -> Self {
        let (sandbox, runtime, namespace) = (Sandbox::in_memory(), runtime(), String::new());
        Self { sandbox, namespace, code: 0, token: true, args: Vec::new(), specs, folder, runtime }
    }

    /// Sends one request, past any fault.
    pub fn send(&self, method: &str, path: &str, body: String) -> (u16, Value) {
        self.runtime.block_on(send(&self.sandbox, method, path, "application/json", body))
    }

    /// Runs a command; `decide` says what happens to each of its calls.
    pub fn run(&self, command: &[&str], decide: impl Fn(&RequestKey) -> Injection + Send + Sync + 'static) -> Run {
        let path = |path: std::path::PathBuf| path.display().to_string();
        let mut typed = vec!["konnect".to_owned()];
        typed.extend(command.iter().map(|word| if *word == PLAN_FILE { path(self.plan_file()) } else { (*word).to_owned() }));
        // A saved plan has its spec, and what was said beside it, in itself.
        if command.first() == Some(&"plan") || !command.contains(&PLAN_FILE) {
            typed.extend(["-f".to_owned(), path(self.specs.clone())]);
            typed.extend(self.args.iter().cloned());
        }
        let cli = Cli::try_parse_from(typed).expect("a command line");
        let faulty = Faulty::new(self.sandbox.clone(), decide);
        let written = CapturedOutput::default();
        let code = self.runtime.block_on(async {
            let context = RunContext::in_memory(kube::Client::new(faulty.clone(), "default"), &written);
            execute(cli, &context).await.code()
        });
        let titles = faulty.written().iter().map(|path| title(path)).collect();
        Run { code: i32::from(code), stdout: written.stdout(), stderr: written.stderr(), calls: faulty.calls(), written: titles }
    }

    /// Where a saved plan is.
    pub fn plan_file(&self) -> std::path::PathBuf {
        self.folder.path().join("saved.plan")
    }

    /// A run without any fault.
    pub fn plain(&self, command: &[&str]) -> Run {
        self.run(command, |_| Injection::None)
    }

    /// Every object of the spec's namespace, and that namespace, by title.
    pub fn state(&self) -> BTreeMap<String, Value> {
        self.state_of(&self.namespace)
    }

    /// Every object of a namespace, and that namespace, by title.
    pub fn state_of(&self, namespace: &str) -> BTreeMap<String, Value> {
        let get = |path: &str| self.runtime.block_on(send(&self.sandbox, "GET", path, "", String::new()));
        let path = format!("/api/v1/namespaces/{namespace}");
        let mut found = Vec::new();
        if let (200, namespace) = get(&path) {
            found.push((title(&path), namespace));
        }
        for resource in ["serviceaccounts", "secrets"] {
            let (code, list) = get(&format!("{path}/{resource}"));
            assert_eq!(code, 200, "{list}");
            for object in list["items"].as_array().expect("items") {
                let name = object["metadata"]["name"].as_str().expect("a name");
                found.push((title(&format!("{path}/{resource}/{name}")), object.clone()));
            }
        }
        found.into_iter().collect()
    }
}

/// What reports call the object at this path.
fn title(path: &str) -> String {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [.., "namespaces", namespace] => format!("Namespace {namespace}"),
        [.., "namespaces", namespace, "serviceaccounts", name] => format!("ServiceAccount {namespace}/{name}"),
        [.., "namespaces", namespace, "secrets", name] => format!("Secret {namespace}/{name}"),
        _ => panic!("{path} is no object of ours"),
    }
}

/// One request to the sandbox, past any fault.
pub async fn send(sandbox: &Sandbox, method: &str, target: &str, content_type: &str, body: String) -> (u16, Value) {
    let mut request = Request::new(method, target, body.into_bytes());
    request.content_type = (!content_type.is_empty()).then(|| content_type.to_owned());
    let answer = sandbox.send(&request).await.expect("an answer");
    let body = match answer.body {
        Payload::Json(body) => body,
        Payload::Text(text) => text.into(),
        Payload::Watch(_) => panic!("no test of faults watches"),
    };
    (answer.code, body)
}
