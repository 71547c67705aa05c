//! The sandbox as its user meets it: the main job without a cluster, its file, two processes at once, and kubectl looking into it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;
use testkit::{Konnect, Served};

const TOKEN: &str = "kpat_sandboxAAAABBBBCCCC1111";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";

fn konnect() -> Konnect {
    testkit::konnect!().spec(SPEC).env("PAT", TOKEN).env("KUBECONFIG", "/nonexistent")
}

#[test]
fn the_main_job_without_a_cluster() {
    let konnect = konnect().args(["plan", "--sandbox"]);
    let ran = konnect.run();
    ran.assert_code(0);
    let file = konnect.folder().join(".local/state/konnect/sandbox.json");
    assert!(ran.stderr.contains(&file.display().to_string()) && ran.stderr.contains("the token included"), "{}", ran.stderr);
    let konnect = konnect.args(["apply", "--sandbox", "--auto-approve"]);
    let ran = konnect.run();
    ran.assert_code(0);
    assert!(ran.stdout.contains("Resources: 3 added") && !ran.stderr.contains("sandbox begins"), "{}{}", ran.stdout, ran.stderr);
    let konnect = konnect.args(["plan", "--sandbox", "--detailed-exitcode"]);
    konnect.run().assert_code(0);
    assert_eq!(std::fs::metadata(file).expect("the file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn its_place_can_be_named() {
    let konnect =
        konnect().env("XDG_STATE_HOME", "/nonexistent-or-not-needed").args(["apply", "--sandbox=here.json", "--auto-approve"]);
    konnect.run().assert_code(0);
    assert!(konnect.folder().join("here.json").exists());
    let konnect = konnect.args(["plan", "--sandbox=here.json", "--context", "x"]);
    konnect.run().assert_code(64);
    let state = konnect.folder().join("state");
    let konnect = konnect.env("XDG_STATE_HOME", &state).args(["plan", "--sandbox", "--detailed-exitcode"]);
    konnect.run().assert_code(2);
}

#[test]
fn a_damaged_file_is_named_and_kept() {
    for damaged in ["", "{", "[]", "{\"format\":99}", "not json at all"] {
        let konnect = konnect().file("sandbox.json", damaged).args(["plan", "--sandbox=sandbox.json"]);
        let ran = konnect.run();
        ran.assert_code(1);
        assert!(ran.stderr.contains("sandbox.json"), "{damaged:?}: {}", ran.stderr);
        assert_eq!(std::fs::read_to_string(konnect.folder().join("sandbox.json")).expect("kept"), damaged);
    }
}

#[test]
fn processes_at_once_lose_nothing() {
    let konnect = konnect().args(["apply", "--sandbox=shared.json", "--auto-approve"]);
    let runs: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| konnect.run())).collect();
        threads.into_iter().map(|thread| thread.join().expect("ran")).collect()
    });
    let mut added = 0;
    for ran in &runs {
        ran.assert_code(0);
        added += ran.stdout.matches("Creation complete").count();
    }
    assert_eq!(added, 3, "{runs:#?}");
    konnect.args(["plan", "--sandbox=shared.json", "--detailed-exitcode"]).run().assert_code(0);
}

/// What kubectl says and leaves, without what differs from run to run.
fn by_kubectl(kubeconfig: &std::path::Path, namespace: &str) -> String {
    let binaries = testkit::binaries::find().expect("found").expect("there");
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("manifest.yaml");
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {namespace}, labels: {{q: w}}}}\ndata: {{other: eA==}}\n"
    );
    std::fs::write(&manifest, text).expect("written");
    let manifest = manifest.display().to_string();
    let commands: [&[&str]; 16] = [
        &["create", "namespace", namespace],
        &["create", "namespace", namespace],
        &["create", "sa", "podid", "-n", namespace],
        &["create", "secret", "generic", "s", "-n", namespace, "--from-literal=token=abc"],
        &["label", "secret", "s", "-n", namespace, "a=b"],
        &["label", "secret", "s", "-n", namespace, "a=c"],
        &["annotate", "secret", "s", "-n", namespace, "x=y"],
        &["get", "secret", "s", "-n", namespace, "-o", "json", "--show-managed-fields"],
        &["apply", "--server-side", "--validate=false", "-f", &manifest],
        &["apply", "--server-side", "--validate=false", "--field-manager=other", "-f", &manifest],
        &["diff", "--server-side", "-f", &manifest],
        &["get", "secret", "s", "-n", namespace, "-o", "json", "--show-managed-fields"],
        &["get", "sa,secret", "-n", namespace, "-o", "name"],
        &["delete", "secret", "s", "-n", namespace],
        &["delete", "sa", "podid", "nobody", "-n", namespace],
        &["delete", "namespace", namespace, "--wait=false"],
    ];
    let mut said = String::new();
    for command in commands {
        let mut kubectl = Command::new(&binaries.kubectl);
        kubectl.args(command).arg("--kubeconfig").arg(kubeconfig).env("HOME", folder.path());
        let output = kubectl.output().expect("ran");
        let mut stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if let Ok(mut object) = stdout.parse::<Value>() {
            // The server sorts them by time first: which second a command fell into must not matter.
            if let Some(entries) = object["metadata"]["managedFields"].as_array_mut() {
                entries.sort_by_key(|entry| entry["manager"].to_string());
            }
            stdout = format!("{object:#}\n");
        }
        let text = format!("$ {}\n{stdout}{}", command.join(" "), String::from_utf8_lossy(&output.stderr));
        for line in text.replace(&manifest, "[manifest]").lines() {
            let stem = line.trim_start().split(':').next().unwrap_or_default().trim_matches('"');
            let varies = ["uid", "resourceVersion", "creationTimestamp", "time"].contains(&stem);
            said.push_str(if varies { stem } else { line });
            said.push('\n');
        }
        said.push_str(&format!("exit {:?}\n", output.status.code()));
    }
    said
}

#[test]
fn kubectl_sees_the_same_as_on_the_real_server() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("by-kubectl");
    let served = Served::start(testkit::konnect!());
    let config: Value = std::fs::read_to_string(served.kubeconfig()).expect("a kubeconfig").parse().expect("JSON");
    assert!(
        served.url.starts_with("https://127.0.0.1:")
            && config["users"][0]["user"]["token"].as_str().expect("a token").len() >= 32
    );
    assert_eq!(std::fs::metadata(served.kubeconfig()).expect("the file").permissions().mode() & 0o777, 0o600);
    let (real, sandbox) = (by_kubectl(&server.kubeconfig(), &namespace), by_kubectl(&served.kubeconfig(), &namespace));
    let diff =
        similar::TextDiff::from_lines(real.as_str(), sandbox.as_str()).unified_diff().header("real", "sandbox").to_string();
    assert!(real == sandbox, "{diff}");
}

/// A hint's command reaches the sandbox through the kubeconfig with which it is served.
#[test]
fn hints_name_the_context_of_the_served_sandbox() {
    let served = Served::start(testkit::konnect!());
    let text = std::fs::read_to_string(served.kubeconfig()).expect("the kubeconfig");
    let kubeconfig: serde_json::Value = text.parse().expect("JSON");
    let context = kubeconfig["current-context"].as_str().expect("a context");
    let konnect = testkit::konnect!().spec(SPEC).env("PAT", TOKEN);
    assert_eq!(konnect.command_with(&["apply", "--sandbox=s", "--auto-approve"]).0, 0);
    let renamed = SPEC.replace("konnect-pat", "another-pat");
    let (code, said) = konnect.file("renamed.toml", &renamed).command_with(&["plan", "--sandbox=s", "-f", "renamed.toml"]);
    let command = format!("kubectl --context {context} delete secret konnect-pat -n kong");
    assert!(code == 0 && said.contains(&command), "{command}\n{said}");
}
