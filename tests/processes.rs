//! The processes around us: what a credential plugin gets and says, what a bug of ours leaves behind, and that our memory is nobody's.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use konnect::commands::report_panics;
use rustix::process::Signal;
use serde_json::{Value, json};
use testkit::{Konnect, Server};

const TOKEN: &str = "kpat_Zr8mW3qLx7Tn2Vb6Yd4K";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"sa\"\nsecret = \"pat\"\npat_env = \"PAT\"\n";

/// A run with a plugin of this script, which ends by printing the admin's token if it gets that far.
fn with_plugin(server: &Server, script: &str, mode: &str) -> Konnect {
    let admin: Value = std::fs::read_to_string(server.kubeconfig_token()).expect("readable").parse().expect("JSON");
    let token = admin["users"][0]["user"]["token"].as_str().expect("a token");
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token},
    });
    let exec = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "args": ["get-token", "--region", "here"],
        "interactiveMode": mode, "env": [{"name": "EXTRA", "value": "from the kubeconfig"}, {"name": "SPOILED", "value": TOKEN}],
    }});
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": admin["clusters"][0]["cluster"]}],
        "users": [{"name": "u", "user": exec}],
    });
    let konnect = testkit::konnect!()
        .spec(SPEC)
        .file("config", &config.to_string())
        .file("plugin", &format!("#!/bin/sh\n{script}\ncat <<'END'\n{credential}\nEND\n"));
    std::fs::set_permissions(konnect.folder().join("plugin"), std::fs::Permissions::from_mode(0o755)).expect("chmod");
    konnect.env("PAT", TOKEN).args(["plan", "--kubeconfig", "config"])
}

#[test]
fn a_plugin_gets_no_variable_with_the_token_wherever_it_comes_from() {
    let Some(server) = testkit::server() else { return };
    let plugin = || {
        with_plugin(server, "env > \"$HOME/seen\"", "Never")
            .env("COPY", format!("x{TOKEN}y"))
            .env("OTHER", "spat_another-0123456789")
            .env(format!("NAMED_{TOKEN}"), "x")
            .env("BODY", format!("x{}y", &TOKEN[5..]))
            .env("HEXED", TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
            .env("HARMLESS", "kept")
    };
    let from_file = SPEC.replace("pat_env = \"PAT\"", "pat_file = \"secret-file\"");
    let runs = [
        ("the variable", plugin()),
        ("a file", plugin().spec(&from_file).file("secret-file", TOKEN)),
        (
            "standard input, the variable another one",
            plugin().env("PAT", "kpat_not-the-one-0000").stdin(TOKEN).args(["plan", "--kubeconfig", "config", "--pat-stdin"]),
        ),
    ];
    for (way, konnect) in runs {
        let ran = konnect.run();
        ran.assert_code(0);
        let seen = std::fs::read_to_string(konnect.folder().join("seen")).expect("the plugin ran");
        for secret in [TOKEN, &TOKEN[5..], "spat_another", "kpat_not-the-one", "PAT=", "NAMED_", "HEXED="] {
            assert!(!seen.contains(secret), "{way}: the plugin sees {secret}:\n{seen}");
        }
        assert!(seen.contains("HARMLESS=kept") && seen.contains("EXTRA=from the kubeconfig"), "{way}:\n{seen}");
    }
}

#[test]
fn what_a_plugin_says_is_heard_and_goes_through_the_door() {
    let Some(server) = testkit::server() else { return };
    let script = format!("echo 'run aws sso login' >&2; printf 'token {TOKEN} \\033[2J\\n::add-mask::x\\n' >&2; exit 3");
    let ran = with_plugin(server, &script, "Never").run();
    ran.assert_code(1);
    assert!(ran.stderr.contains("run aws sso login\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("token (sensitive) \\u{1b}[2J\n\\u{3a}:add-mask::x\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`./plugin get-token --region here`") || ran.stderr.contains("/plugin get-token --region here`"));
    assert!(ran.stderr.contains("exit status: 3"), "{}", ran.stderr);
    // Much of it is told up to a bound, and what it printed for us never.
    let ran = with_plugin(server, "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo half-a-secret; exit 1", "Never").run();
    assert!(ran.stderr.len() < 80_000 && ran.stderr.contains("says more"), "{}", ran.stderr.len());
    assert!(!ran.stderr.contains("half-a-secret"));
}

/// A secret that comes in pieces is one, and the plugin's own credential is one as soon as it is printed.
#[test]
fn what_a_plugin_says_in_pieces_or_of_its_own_credential_is_hidden_too() {
    let Some(server) = testkit::server() else { return };
    let pieces: String = TOKEN
        .as_bytes()
        .chunks(6)
        .map(|piece| format!("printf '{}' >&2; sleep 0.15; ", String::from_utf8_lossy(piece)))
        .collect();
    let ran = with_plugin(server, &format!("{pieces}echo >&2"), "Never").run();
    ran.assert_code(0);
    let shown = TOKEN.as_bytes().windows(8).find(|slice| ran.stderr.contains(&*String::from_utf8_lossy(slice)));
    assert!(shown.is_none(), "{}", ran.stderr);
    // The credential, stdout closed, and only then a word about it.
    let konnect = with_plugin(server, "", "Never");
    let script = std::fs::read_to_string(konnect.folder().join("plugin")).expect("the plugin");
    let credential: Value = script[script.find('{').expect("JSON")..script.rfind('}').expect("JSON") + 1].parse().expect("JSON");
    let token = credential["status"]["token"].as_str().expect("a token").to_owned();
    let konnect = konnect.file("plugin", &format!("{script}exec 1>&-; sleep 0.2; echo 'debug: {token}' >&2\n"));
    let ran = konnect.run();
    ran.assert_code(0);
    assert!(ran.stderr.contains("debug: (sensitive)") && !ran.stderr.contains(&token), "{}", ran.stderr);
}

#[test]
fn a_plugin_is_bounded_by_the_run_s_time_and_by_signals() {
    let Some(server) = testkit::server() else { return };
    let konnect = with_plugin(server, "echo waiting >&2; exec sleep 60", "Never");
    let ran = konnect.args(["plan", "--kubeconfig", "config", "--timeout", "1s"]).run();
    ran.assert_code(1);
    assert!(ran.stderr.contains("waiting\n") && ran.stderr.contains("--timeout"), "{}", ran.stderr);
    // One that leaves somebody behind who holds its stderr open is not waited for.
    let ran = with_plugin(server, "sleep 60 2>&2 >/dev/null & echo bye >&2", "Never").run();
    ran.assert_code(0);
    assert!(ran.stderr.contains("bye\n"), "{}", ran.stderr);
}

#[test]
fn a_plugin_asks_on_the_terminal_where_it_may() {
    let Some(server) = testkit::server() else { return };
    let script = "printf 'Enter the code: ' >&2; read code; echo \"$KUBERNETES_EXEC_INFO\" > \"$HOME/info\"; [ \"$code\" = 4711 ] || exit 9";
    for mode in ["IfAvailable", "Always"] {
        let konnect = with_plugin(server, script, mode);
        let mut terminal = konnect.spawn_pty();
        terminal.expect("Enter the code: ").send_line("4711");
        terminal.expect("Plan: ");
        assert_eq!(terminal.wait().0, 0, "{mode}");
        let info = std::fs::read_to_string(konnect.folder().join("info")).expect("written");
        assert!(info.contains("\"interactive\":true"), "{info}");
    }
    // A person may take longer than the run has.
    let konnect = with_plugin(server, script, "IfAvailable").args(["plan", "--kubeconfig", "config", "--timeout", "1s"]);
    let mut terminal = konnect.spawn_pty();
    terminal.expect("Enter the code: ");
    let slower = with_plugin(server, "exec sleep 60", "Never").args(["plan", "--kubeconfig", "config", "--timeout", "2s"]);
    slower.run().assert_code(1);
    terminal.send_line("4711");
    terminal.expect("Plan: ");
    assert_eq!(terminal.wait().0, 0);
    // Without a terminal, or where the token comes from standard input, nobody can be asked.
    let ran = with_plugin(server, script, "Always").run();
    ran.assert_code(1);
    assert!(ran.stderr.contains("interactiveMode: Always"), "{}", ran.stderr);
    let ran = with_plugin(server, "[ -t 0 ] && exit 8; cat > \"$HOME/stdin\"", "IfAvailable").run();
    ran.assert_code(0);
}

/// Runs this test binary's `a_bug` as a process of its own.
fn bug(arguments: &str) -> (i32, String, String) {
    let output = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "a_bug", "--nocapture", "--test-threads=1"])
        .env("KONNECT_TEST_BUG", arguments)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (testkit::child::code(output.status), text(output.stdout), text(output.stderr))
}

/// Does nothing but in a process of its own.
#[test]
fn a_bug() {
    let Some(arguments) = std::env::var_os("KONNECT_TEST_BUG") else { return };
    let arguments: Vec<_> = arguments.to_string_lossy().split(' ').map(std::ffi::OsString::from).collect();
    report_panics(&arguments);
    std::thread::spawn(|| panic!("payload {TOKEN}")).join().expect_err("the process ends before");
}

#[test]
fn a_bug_of_ours_has_its_own_exit_code_and_shows_no_payload() {
    let (code, stdout, stderr) = bug("konnect apply");
    assert_eq!(code, 70, "{stdout}{stderr}");
    assert!(stderr.contains("this is a bug in konnect at tests/processes.rs:"), "{stderr}");
    assert!(stderr.contains("what was written is not known") && stderr.contains("konnect plan"), "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("payload"));
    let (code, stdout, _) = bug("konnect plan --format json");
    assert_eq!(code, 70);
    let document: Value = stdout[stdout.find('{').expect("a document")..].parse().expect("JSON");
    assert_eq!(document["specs"][0]["errors"][0]["code"], "internal");
    let (code, stdout, _) = bug("konnect apply --format=json");
    assert_eq!(code, 70);
    assert!(stdout.contains("{\"type\":\"diagnostic\",\"code\":\"internal\""), "{stdout}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_is_not_left_behind() {
    let Some(server) = testkit::server() else { return };
    let script = "echo ready >&2; cat /proc/$PPID/limits > \"$HOME/limits\"; exec sleep 60";
    let konnect = with_plugin(server, script, "Never").env("PAT", TOKEN);
    let mut child = konnect.command().stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it runs");
    let mut stderr = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut stderr, &mut line).expect("readable") > 0, "it ended");
    }
    // ABRT would leave a core where one is allowed; the limit is what forbids it.
    while !std::fs::read_to_string(konnect.folder().join("limits")).is_ok_and(|limits| limits.contains("Max core file size")) {
        std::thread::yield_now();
    }
    let limits = std::fs::read_to_string(konnect.folder().join("limits")).expect("written");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("there");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    rustix::process::kill_process(testkit::child::pid(&child), Signal::ABORT).expect("sent");
    let _ = child.wait();
    let core = std::fs::read_dir(konnect.folder())
        .expect("the folder")
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("core"));
    assert!(!core, "a core dump was left");
}

#[test]
fn what_is_no_konnect_token_is_sent_nowhere() {
    let konnect = |args: &[&str]| {
        testkit::konnect!()
            .spec(&SPEC.replace("\"PAT\"", "\"AWS_SECRET_ACCESS_KEY\""))
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfi")
            .args(args)
            .run()
    };
    for command in [["plan", "--sandbox=s"], ["apply", "--sandbox=s"]] {
        let ran = konnect(&command);
        ran.assert_code(1);
        assert!(ran.stderr.contains("$AWS_SECRET_ACCESS_KEY") && ran.stderr.contains("--accept-any-token"), "{}", ran.stderr);
    }
    let ran = konnect(&["plan", "--sandbox=s", "--accept-any-token"]);
    ran.assert_code(0);
    assert!(ran.stderr.contains("warning: "), "{}", ran.stderr);
}
