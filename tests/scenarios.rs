//! A folder each: what was there, what the spec wants, and every byte of what konnect says and leaves behind. One test for each folder
//! and server, the sandbox and the real one: both must give the same bytes. `cargo test --test scenarios -- workshop` runs one.
//!
//! `before.json` is loaded by POST, then by PUT with its managedFields, which the server keeps. `scenario.toml` says why the scenario is
//! there and how each run ends. `KONNECT_BLESS=1` writes the expected files of those that ended so on the sandbox, and then the real
//! server must confirm them: read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial, run};
use serde_json::{Value, json};
use testkit::scenario::{self, Scenario, normal};
use testkit::{Ran, Served, golden, request, skipped};

/// The token the specs' `$PAT` holds, unless the scenario says otherwise.
const TOKEN: &str = "kpat_scenarioWantedToken00001";

/// The scenarios shall not get fewer unnoticed.
const AT_LEAST: usize = 15;

const PLAN: &[&str] = &["plan", "--detailed-exitcode"];
const APPLY: &[&str] = &["apply", "--auto-approve"];

/// The sandbox of this process, for all scenarios: each has a namespace of its own. Nothing in it happens by itself, as on the real
/// server, so that a deleted namespace stays to be looked at.
type SharedSandbox = Arc<LazyLock<Served>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folders = scenario::folders();
    assert!(folders.len() >= AT_LEAST, "the scenarios are found");
    let sandbox: SharedSandbox = Arc::new(LazyLock::new(|| Served::without_controllers(testkit::konnect!())));
    let on_sandbox = folders.iter().map(|folder| on_the_sandbox(folder.clone(), Arc::clone(&sandbox)));
    let on_real = folders.iter().map(|folder| on_the_real_server(folder.clone()));
    if golden::blessing() {
        // First what writes, then what confirms.
        let written = run(&arguments, on_sandbox.collect());
        if written.has_failed() {
            return written.exit_code();
        }
        return run(&arguments, on_real.collect()).exit_code();
    }
    run(&arguments, on_sandbox.chain(on_real).collect()).exit_code()
}

fn on_the_sandbox(folder: PathBuf, sandbox: SharedSandbox) -> Trial {
    Trial::test(format!("sandbox::{}", scenario::name(&folder)), move || {
        let api = Api { kubeconfig: sandbox.kubeconfig(), url: sandbox.url.clone() };
        Ok(api.check(folder, golden::blessing())?)
    })
}

fn on_the_real_server(folder: PathBuf) -> Trial {
    let name = format!("real_server::{}", scenario::name(&folder));
    Trial::ignorable_test(name.clone(), move || {
        let Some(server) = testkit::server_for(&name) else { return Ok(Completion::ignored_with(skipped::no_real_server())) };
        let api = Api { kubeconfig: server.kubeconfig(), url: server.url().to_owned() };
        api.check(folder, false)?;
        Ok::<_, Failed>(Completion::Completed)
    })
}

/// How `plan --out` ends: what apply would refuse is not saved.
fn out_code(scenario: &Scenario, document: &Value) -> i32 {
    let blocked = document["specs"][0]["summary"]["blocked"] != 0;
    match (scenario.pat(), blocked) {
        (false, _) => 1,
        (true, true) => 3,
        (true, false) => 0,
    }
}

/// What the plan promises and what apply then does or says are the same.
fn agree(document: &Value, plan: &Ran, applied: &Ran) -> Result<(), String> {
    let spec = &document["specs"][0];
    let applyable = spec["applyable"] == true;
    let completed = applied.code == 0 && applied.stdout.contains("Apply complete!");
    let promised = plan.stdout.contains("konnect will perform the following actions:");
    let refused = plan.stdout.contains("apply will refuse: ");
    if applyable != completed || applyable != promised || applyable && refused {
        return Err(format!(
            "applyable: {applyable}, but the plan says\n{}\nand apply\n{}{}",
            plan.stdout, applied.stdout, applied.stderr
        ));
    }
    let blocked: Vec<&Value> = spec["changes"].as_array().into_iter().flatten().filter(|of| of["action"] == "blocked").collect();
    if blocked.is_empty() {
        return Ok(());
    }
    for change in blocked {
        let object = &change["object"];
        let name = object["name"].as_str().unwrap_or_default();
        let place = object["namespace"].as_str().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
        let title = format!("{} {place}", object["kind"].as_str().unwrap_or_default());
        let reason = change["reason"].as_str().unwrap_or_default();
        let hint = change["hint"].as_str().ok_or_else(|| format!("{title} is blocked without a hint"))?;
        for words in [title.as_str(), reason, hint] {
            if !applied.stderr.contains(words) {
                return Err(format!("apply does not say {words:?}\n{}", applied.stderr));
            }
        }
    }
    if refused { Ok(()) } else { Err(format!("the plan does not say that apply will refuse it:\n{}", plan.stdout)) }
}

/// A Kubernetes API to run against.
struct Api {
    kubeconfig: PathBuf,
    url: String,
}

impl Api {
    fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let headers = [("content-type", "application/json")];
        request::send(&self.kubeconfig, method, path, &headers, body).expect("an answer")
    }

    /// Runs the scenario; what went wrong, all of it. Expected files are written only where nothing else did.
    fn check(&self, folder: PathBuf, bless: bool) -> Result<(), String> {
        let scenario = Scenario::read(folder)?;
        scenario.load(|method, path, body| self.send(method, path, body));
        let found = self.found(&scenario)?;
        let compare = if bless { golden::bless } else { golden::file };
        let stale: Vec<String> =
            found.iter().filter_map(|(name, text)| compare(&scenario.folder.join(name), text).err()).collect();
        if stale.is_empty() { Ok(()) } else { Err(stale.join("\n")) }
    }

    /// Plans, applies, and does both again: the files to be compared, of a run in which every exit code is the expected one.
    fn found(&self, scenario: &Scenario) -> Result<[(&'static str, String); 4], String> {
        let plan = self.run(scenario, PLAN, scenario.plan_code())?;
        // Without the flag pending changes are no matter.
        let code = if scenario.plan_code() == 2 { 0 } else { scenario.plan_code() };
        let document = self.run(scenario, &["plan", "--format", "json"], code)?;
        let mut document: Value = document.stdout.parse().map_err(|e| format!("no JSON alone: {e}\n{}", document.stdout))?;
        let raw = document.clone();
        normal::document(&mut document);
        let comment = self.run(scenario, &["plan", "--format", "markdown"], code)?;

        let before = self.live(&scenario.namespace());
        self.run(scenario, &["plan", "--out", "plan"], out_code(scenario, &document))?;
        let applied = self.run(scenario, APPLY, scenario.apply_code())?;
        agree(&raw, &plan, &applied)?;
        let after = self.live(&scenario.namespace());
        if scenario.apply_code() != 0 && after != before {
            return Err(format!("refused, but something was written:\n{before}\n→ {after}"));
        }
        self.run(scenario, PLAN, scenario.plan_again_code())?;
        self.run(scenario, APPLY, scenario.apply_code())?;
        let again = self.live(&scenario.namespace());
        if again != after {
            return Err(format!("a second apply changed something:\n{after}\n→ {again}"));
        }
        Ok([
            ("plan.txt", normal::text(&format!("{}{}", plan.stdout, plan.stderr), &self.url)),
            ("plan.json", format!("{document:#}\n")),
            ("plan.md", normal::markdown(&comment.stdout)),
            ("after.json", after),
        ])
    }

    /// One run; an error where it doesn't end with this exit code.
    fn run(&self, scenario: &Scenario, args: &[&str], code: i32) -> Result<Ran, String> {
        let mut konnect = testkit::konnect!().spec(&scenario.spec()).env("KUBECONFIG", &self.kubeconfig);
        if scenario.pat() {
            konnect = konnect.env("PAT", TOKEN);
        }
        let ran = konnect.args(args.iter().map(|arg| (*arg).to_owned()).chain(scenario.args())).run();
        ran.expect_code(code).map_err(|why| format!("konnect {}: {why}", args.join(" ")))?;
        Ok(ran)
    }

    /// Everything of the spec's namespace, and that itself.
    fn live(&self, namespace: &str) -> String {
        let mut found = Vec::new();
        let (code, object) = self.send("GET", &format!("/api/v1/namespaces/{namespace}"), "");
        if code == 200 {
            found.push(object);
        }
        for resource in ["serviceaccounts", "secrets"] {
            let (code, list) = self.send("GET", &format!("/api/v1/namespaces/{namespace}/{resource}"), "");
            assert_eq!(code, 200);
            found.extend(list["items"].as_array().expect("items").iter().cloned());
        }
        let mut found = json!(found);
        normal::document(&mut found);
        format!("{found:#}\n")
    }
}
