//! Exit codes tell what happened: also where stdout can't be written, and where a dry run fails for a reason that says nothing of the write.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::fs::File;
use std::process::Stdio;

use konnect::outcome::FailureCode;
use serde_json::{Value, json};
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Server};

const TOKEN: &str = "kpat_Zr8mW3qLx7Tn2Vb6Yd4K";

fn on(server: &Server, namespace: &str) -> Konnect {
    let spec = format!("namespace = \"{namespace}\"\nservice_account = \"sa\"\nsecret = \"pat\"\npat_env = \"PAT\"\n");
    testkit::konnect!().spec(&spec).env("PAT", TOKEN).env("KUBECONFIG", server.kubeconfig())
}

/// An answer that the server gives in place of a dry run's.
fn answer(code: u16, message: &str) -> RelayFault {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}).to_string();
    RelayFault::Respond {
        forward: false,
        code,
        headers: "content-type: application/json\r\n",
        body: Box::leak(body.into_boxed_str()),
    }
}

fn found(server: &Server, args: &[&str]) -> bool {
    server.kubectl(args).status.success()
}

/// A run whose stdout is on a full disk.
fn to_a_full_disk(konnect: &Konnect) -> (i32, String) {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = konnect.command().stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
    (testkit::child::code(output.status), String::from_utf8(output.stderr).expect("text"))
}

/// The table that README links is the enum's.
#[test]
fn every_failure_has_its_entry_in_the_documentation() {
    let row = |code: &FailureCode| {
        let means = code.means();
        format!("| `{}` | {} | {means} | {} |\n", code.word(), code.outcome().code(), code.hint())
    };
    let rows: String = FailureCode::ALL.iter().map(row).collect();
    testkit::golden::section(
        "docs/errors.md",
        "errors",
        &format!("| code | exit | what happened | what to do |\n|---|---|---|---|\n{rows}"),
    );
}

#[test]
fn a_plan_that_can_t_be_shown_is_not_applied() {
    let Some(server) = testkit::server() else { return };
    for flags in [&["--auto-approve"][..], &["--auto-approve", "-q"], &["--auto-approve", "--format", "json"]] {
        let namespace = server.namespace("full");
        let konnect = on(server, &namespace).args([&["apply"], flags].concat());
        let (code, stderr) = to_a_full_disk(&konnect);
        assert_eq!(code, 1, "{flags:?}\n{stderr}");
        assert!(stderr.contains("stdout can't be written"), "{stderr}");
        let there = found(server, &["get", "namespace", &namespace]);
        assert!(!there, "{flags:?}: the namespace was written");
    }
    // What only reads fails too, and what has nothing to do.
    let namespace = server.namespace("full");
    assert_eq!(to_a_full_disk(&on(server, &namespace).args(["plan"])).0, 1);
    on(server, &namespace).args(["apply", "--auto-approve"]).run().assert_code(0);
    assert_eq!(to_a_full_disk(&on(server, &namespace).args(["apply", "--auto-approve"])).0, 1);
}

#[test]
fn where_the_disk_fills_after_the_first_write_the_code_says_that_something_was_written() {
    let Some(server) = testkit::server() else { return };
    // The disk is full once it holds the plan: each limit cuts the report off at another place.
    let whole = {
        let namespace = server.namespace("filling");
        let ran = on(server, &namespace).args(["apply", "--auto-approve"]).run();
        ran.assert_code(0);
        ran.stdout.len()
    };
    let mut codes = std::collections::BTreeSet::new();
    for limit in (0..whole).step_by(whole / 24) {
        let namespace = server.namespace("filling");
        let konnect = on(server, &namespace).args(["apply", "--auto-approve"]);
        let path = konnect.folder().join("out");
        // A file that may have so many bytes, and no signal for the one that is too many.
        let script = format!("trap '' XFSZ; exec prlimit --fsize={limit} \"$@\" > \"{}\"", path.display());
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_konnect"), "apply", "--auto-approve"]);
        command.env_clear().envs(konnect.command().get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.current_dir(konnect.folder()).stdin(Stdio::null()).output().expect("it runs");
        let code = testkit::child::code(output.status);
        let written = found(server, &["get", "secret", "pat", "-n", &namespace]);
        let expected = if written { 6 } else { 1 };
        assert_eq!(code, expected, "limit {limit} of {whole}: {}", String::from_utf8_lossy(&output.stderr));
        codes.insert(code);
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [1, 6], "both were met");
}

#[test]
fn a_dry_run_that_fails_for_a_reason_of_the_server_s_own_blocks_nothing() {
    let Some(server) = testkit::server() else { return };
    let rows: [(RelayFault, i32, &str, &str); 5] = [
        (answer(500, "etcdserver: leader changed"), 0, "update", "computed"),
        (answer(502, "bad gateway"), 0, "update", "computed"),
        (answer(400, "admission webhook \"w.example\" does not support dry run"), 0, "update", "computed"),
        (answer(500, "Internal error occurred: failed calling webhook \"w.example\": timed out"), 0, "blocked", "webhook_failed"),
        (answer(401, "Unauthorized"), 1, "", ""),
    ];
    for (fault, code, action, word) in rows {
        let namespace = server.namespace("dry-run");
        server.kubectl_ok(&["create", "namespace", &namespace], None);
        server.kubectl_ok(&["create", "secret", "generic", "pat", "-n", &namespace], None);
        let konnect = on(server, &namespace);
        let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| {
            if call.what == "PATCH secrets dry" { fault.clone() } else { RelayFault::None }
        });
        let konnect = konnect.args(["plan", "--kubeconfig", "relay.json", "--format", "json"]);
        let ran = konnect.run();
        ran.assert_code(code);
        let document: Value = ran.stdout.parse().expect("JSON");
        let spec = &document["specs"][0];
        if code == 1 {
            assert_eq!(spec["errors"][0]["code"], "unauthorized", "{document:#}");
            continue;
        }
        let change = &spec["changes"][2];
        assert_eq!(change["action"], action, "{document:#}");
        if action == "blocked" {
            assert_eq!(change["reason_code"], word);
            konnect.args(["apply", "--auto-approve", "--kubeconfig", "relay.json"]).run().assert_code(3);
        } else {
            assert_eq!(change["verification"], word);
            assert!(spec["warnings"].as_array().is_some_and(|all| all.iter().any(|one| one["code"] == "not_verified")));
            konnect.args(["apply", "--auto-approve", "--kubeconfig", "relay.json"]).run().assert_code(0);
        }
    }
}
