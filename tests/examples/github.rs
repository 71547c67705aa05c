//! The rules that `examples/github-actions/konnect.yml` keeps.

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub const PATH: &str = "examples/github-actions/konnect.yml";

pub fn jobs() -> serde_json::Map<String, Value> {
    crate::yaml(PATH)["jobs"].as_object().expect("jobs").clone()
}

pub fn steps(job: &Value) -> &Vec<Value> {
    job["steps"].as_array().expect("steps")
}

/// What a text takes of `secrets.`.
fn secrets(value: &Value) -> BTreeSet<String> {
    let text = value.to_string();
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    text.split("secrets.").skip(1).map(name).collect()
}

#[test]
fn no_script_holds_an_expression() {
    for (name, job) in jobs() {
        for step in steps(&job) {
            assert!(!step["run"].to_string().contains("${{"), "{name}: {step:#}");
            assert!(step["run"].is_string() != step["uses"].is_string(), "{name}: a script or an action: {step:#}");
        }
    }
}

#[test]
fn each_job_has_the_rights_and_secrets_it_needs() {
    let workflow = crate::yaml(PATH);
    assert_eq!(workflow["permissions"], json!({}), "none by default");
    assert_eq!(workflow["defaults"]["run"]["shell"], "bash", "with pipefail");
    assert!(!workflow.to_string().contains("pull_request_target"), "that one hands secrets to forks");
    assert!(workflow["env"].to_string().find("secrets").is_none());
    let rows = [
        ("build", json!({}), None, vec![]),
        ("pull-request", json!({"contents": "read", "pull-requests": "write"}), None, vec!["KUBECONFIG_PULL_REQUEST"]),
        ("plan", json!({"contents": "read"}), Some("konnect-plan"), vec!["KONNECT_PAT", "KUBECONFIG_PLAN"]),
        ("drift", json!({"contents": "read"}), Some("konnect-plan"), vec!["KONNECT_PAT", "KUBECONFIG_PLAN"]),
        ("apply", json!({}), Some("konnect-apply"), vec!["KONNECT_PAT", "KUBECONFIG_APPLY"]),
    ];
    assert_eq!(jobs().len(), rows.len());
    for (name, permissions, environment, expected) in rows {
        let job = &jobs()[name];
        assert_eq!(job["permissions"], permissions, "{name}");
        assert_eq!(job["environment"].as_str(), environment, "{name}");
        assert_eq!(secrets(job), expected.into_iter().map(str::to_owned).collect(), "{name}");
        // A step that needs none has none.
        assert_eq!(secrets(&job["env"]), BTreeSet::new(), "{name}");
        for step in steps(job) {
            assert!(secrets(step).len() <= 1, "{name}: {step:#}");
            assert!(secrets(step) == secrets(&step["env"]), "by the environment: {step:#}");
        }
    }
}

#[test]
fn konnect_is_built_once_and_handed_on_with_its_checksum() {
    for (name, job) in jobs() {
        let scripts: Vec<&str> = steps(&job).iter().filter_map(|step| step["run"].as_str()).collect();
        if name == "build" {
            assert!(scripts[0].contains("cargo install --locked") && scripts[0].contains("--rev \"$KONNECT_REVISION\""));
            continue;
        }
        for word in ["cargo", "rustup", "curl", "git clone"] {
            assert!(!scripts.join("\n").contains(word), "{name} calls {word}");
        }
        assert!(scripts[0].starts_with("echo \"$SHA256  $RUNNER_TEMP/bin/konnect\" | sha256sum --check --strict -\n"), "{name}");
        assert!(job["needs"].to_string().contains("build"), "{name}");
        let check = steps(&job).iter().find(|step| step["run"].is_string()).expect("the check");
        assert_eq!(check["env"]["SHA256"], "${{ needs.build.outputs.sha256 }}", "{name}: not out of the artefact");
    }
}

#[test]
fn actions_are_pinned_and_leave_no_credentials() {
    for (name, job) in jobs() {
        for step in steps(&job) {
            let Some(action) = step["uses"].as_str() else { continue };
            let revision = action.split_once('@').map_or("", |(_, revision)| revision);
            assert!(revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit()), "{name}: {action}");
            if action.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}");
                assert!(["pull-request", "plan", "drift"].contains(&name.as_str()), "{name} needs no work tree");
            }
        }
    }
}

#[test]
fn only_the_pull_requests_spec_is_untrusted_and_only_an_approved_plan_is_applied() {
    for (name, job) in jobs() {
        for step in steps(&job) {
            let script = step["run"].as_str().unwrap_or_default();
            let plans = script.contains("konnect plan --");
            assert_eq!(plans && name == "pull-request", script.contains("--untrusted-spec"), "{name}: {script}");
            assert!(
                !script.contains("konnect apply") || (name == "apply" && script.contains("--expect \"$DIGEST\"")),
                "{script}"
            );
            assert!(!script.contains("--auto-approve"), "{script}");
        }
    }
}

/// A rotated token and a changed cluster change no file.
#[test]
fn a_rotation_and_a_schedule_start_it_too() {
    let workflow = crate::yaml(PATH);
    let on = workflow["on"].as_object().expect("triggers");
    let triggers: BTreeSet<&str> = on.keys().map(String::as_str).collect();
    assert_eq!(triggers, BTreeSet::from(["pull_request", "push", "schedule", "workflow_dispatch"]));
    assert!(on["schedule"][0]["cron"].is_string(), "{on:#?}");
    let when = |name: &str| jobs()[name]["if"].as_str().expect("a condition").to_owned();
    assert_eq!(when("drift"), "github.event_name == 'schedule'");
    let plan = "github.ref == 'refs/heads/main' && (github.event_name == 'push' || github.event_name == 'workflow_dispatch')";
    assert_eq!(when("plan"), plan, "on the main branch alone, and not by the schedule");
    assert_eq!(when("apply"), "needs.plan.outputs.code == '2'", "where there was a plan, and it has changes");
    let group = workflow["concurrency"]["group"].as_str().expect("a group");
    assert!(group.contains("'schedule' && 'drift' || github.ref"), "drift takes nobody's place: {group}");
}
