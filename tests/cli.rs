//! The built binary: exit codes, pipes, signals, kubeconfigs, and servers that don't answer as they should.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::{Value, json};
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Ran, Server};

const TOKEN: &str = "kpat_cliAAAABBBBCCCCDDDD1111";

fn spec(namespace: &str) -> String {
    format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n")
}

/// No cluster needed, or none there.
fn alone(args: &[&str]) -> Ran {
    testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN).args(args).run()
}

fn on(server: &Server, namespace: &str) -> Konnect {
    testkit::konnect!().spec(&spec(namespace)).env("PAT", TOKEN).env("KUBECONFIG", server.kubeconfig())
}

/// A kubeconfig that leads to this address.
fn kubeconfig(server: &str, cluster: &Value, user: &Value) -> String {
    let mut entry = cluster.clone();
    entry["server"] = json!(server);
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}, {"name": "there", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": entry}], "users": [{"name": "u", "user": user}],
    })
    .to_string()
}

fn says(ran: &Ran, code: i32, words: &[&str]) {
    ran.assert_code(code);
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} in:\n{}", ran.stderr);
    }
}

#[test]
fn help_version_and_usage() {
    alone(&["--help"]).assert_code(0);
    assert_eq!(alone(&["--version"]).stdout, format!("konnect {}\n", env!("CARGO_PKG_VERSION")));
    let usage: [&[&str]; 17] = [
        &[],
        &["frobnicate"],
        &["plan", "--nope"],
        &["plan", "-f", "a", "-f", "b"],
        &["plan", "--timeout", "0s"],
        &["plan", "--take-over", "pod.data.token"],
        &["validate", "--format", "markdown"],
        &["apply", "--format", "markdown"],
        &["plan", "--expires", "1h"],
        &["plan", "--out", "p", "--expires", "0s"],
        &["apply", "p.plan", "-f", "konnect.toml"],
        &["apply", "p.plan", "--take-over", "secret.data.token"],
        &["apply", "--expect", "sha256:00"],
        &["rbac", "--subject", "Robot:x"],
        &["show"],
        &["plan", "-q", "-v"],
        &["apply", "--format", "yaml"],
    ];
    for args in usage {
        let ran = alone(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{args:?}\n{}", ran.stderr);
    }
    let ran = alone(&["plan", TOKEN]);
    assert!(!ran.stderr.contains(TOKEN) && ran.stderr.contains("(sensitive)"), "{}", ran.stderr);
}

#[test]
fn specs_and_tokens_fail_before_any_request() {
    says(&alone(&["validate"]), 0, &[]);
    says(&testkit::konnect!().args(["plan"]).run(), 1, &["no such file", "konnect.toml"]);
    says(&testkit::konnect!().spec("").args(["validate"]).run(), 1, &["the file is empty", "namespace ", "pat_env "]);
    let rows = [
        ("", "is empty"),
        ("kpat_in ner1234", "contains white space"),
        ("PASTE_YOUR_TOKEN", "placeholder"),
        ("\"kpat_quoted1234\"", "quotes"),
    ];
    for (token, expected) in rows {
        for command in ["plan", "apply"] {
            let ran = testkit::konnect!().spec(&spec("kong")).env("PAT", token).args([command]).run();
            says(&ran, 1, &["$PAT", expected]);
        }
    }
    says(&testkit::konnect!().spec(&spec("kong")).args(["apply", "--auto-approve"]).run(), 1, &["$PAT is not set"]);
}

#[test]
fn tokens_from_a_file_and_from_stdin() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("sources");
    let from_file = spec(&namespace).replace("pat_env = \"PAT\"", "pat_file = \"token.txt\"");
    let konnect =
        testkit::konnect!().spec(&from_file).file("token.txt", &format!("{TOKEN}\r\n")).env("KUBECONFIG", server.kubeconfig());
    let konnect = konnect.args(["apply", "--auto-approve"]);
    let mode = |mode| {
        std::fs::set_permissions(konnect.folder().join("token.txt"), std::fs::Permissions::from_mode(mode)).expect("chmod")
    };
    mode(0o644);
    says(&konnect.run(), 0, &["trailing white space", "others can read it"]);
    mode(0o600);
    assert!(!konnect.run().stderr.contains("others"));
    let from_stdin = on(server, &namespace)
        .env("PAT", "kpat_thisOneIsNotUsed")
        .args(["plan", "--pat-stdin", "--detailed-exitcode"])
        .stdin(TOKEN);
    from_stdin.run().assert_code(0);
    let other = on(server, &namespace).args(["plan", "--pat-stdin", "--detailed-exitcode"]).stdin("kpat_anotherOne1234");
    other.run().assert_code(2);
}

#[test]
fn no_token_is_a_warning_for_plan() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("unset");
    on(server, &namespace).args(["apply", "--auto-approve"]).run().assert_code(0);
    let konnect =
        testkit::konnect!().spec(&spec(&namespace)).env("KUBECONFIG", server.kubeconfig()).args(["plan", "--detailed-exitcode"]);
    let ran = konnect.run();
    says(&ran, 0, &["warning: $PAT is not set"]);
    assert!(ran.stdout.ends_with("No changes, but the token was not compared: $PAT is not set.\n"), "{}", ran.stdout);
}

#[test]
fn kubeconfigs() {
    says(&alone(&["plan"]), 1, &["no kubeconfig", "~/.kube/config"]);
    let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN);
    let konnect = konnect.file("broken", "{ token: \"kpat_brokenAAAA1111\n").env("KUBECONFIG", "nowhere:alsonot").args(["plan"]);
    says(&konnect.run(), 1, &["none of the files in KUBECONFIG is there", "nowhere, alsonot"]);
    let ran = konnect.args(["plan", "--kubeconfig", "broken"]).run();
    says(&ran, 1, &["broken", "not the YAML of a kubeconfig"]);
    assert!(!ran.stderr.contains("brokenAAAA"), "{}", ran.stderr);
    let plain = kubeconfig("http://10.0.0.1:8080", &json!({}), &json!({}));
    says(
        &testkit::konnect!().spec(&spec("kong")).file("c", &plain).args(["plan", "--kubeconfig", "c"]).run(),
        1,
        &["is not https"],
    );
    let good = kubeconfig("https://api.example.invalid:6443", &json!({}), &json!({}));
    let konnect = testkit::konnect!().spec(&spec("kong")).file("c", &good);
    let konnect = konnect.args(["plan", "--kubeconfig", "c", "--context", "her"]);
    says(&konnect.run(), 1, &["there is no context her", "did you mean here?", "here, there"]);
    let konnect = konnect.args(["plan", "--kubeconfig", "c"]).env("HTTPS_PROXY", "http://user:secretpw@proxy:3128");
    let ran = konnect.run();
    says(&ran, 1, &["HTTPS_PROXY", "NO_PROXY"]);
    assert!(!ran.stderr.contains("secretpw"), "{}", ran.stderr);
}

#[test]
fn several_files_contexts_and_the_spec_s_own_cluster() {
    let Some(server) = testkit::server() else { return };
    let text = format!("{}[cluster]\nkubeconfig = \"deep/config\"\ncontext = \"test\"\n", spec("kong"));
    let konnect = testkit::konnect!().spec(&text).env("PAT", TOKEN);
    std::fs::create_dir(konnect.folder().join("deep")).expect("a folder");
    std::fs::copy(server.kubeconfig_token(), konnect.folder().join("deep/config")).expect("copied");
    let konnect = konnect.args(["plan"]);
    konnect.run().assert_code(0);
    let list = format!("missing:{}", server.kubeconfig().display());
    on(server, "kong").env("KUBECONFIG", list).args(["plan"]).run().assert_code(0);
    let ran = konnect.args(["plan", "--context", "nope"]).run();
    says(&ran, 1, &["there is no context nope", "test"]);
}

#[test]
fn a_server_that_is_not_there_hangs_or_is_another() {
    let Some(server) = testkit::server() else { return };
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN);
    let konnect =
        konnect.file("c", &kubeconfig(&format!("https://{gone}"), &json!({}), &json!({}))).args(["plan", "--kubeconfig", "c"]);
    says(&konnect.run(), 1, &[&gone.to_string(), "connection refused", "trying again in 200 ms"]);

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("https://{}", silent.local_addr().expect("an address"));
    let konnect = konnect.file("c", &kubeconfig(&address, &json!({}), &json!({})));
    let konnect = konnect.args(["plan", "--kubeconfig", "c", "--timeout", "700ms"]);
    says(&konnect.run(), 1, &[&address, "700ms (--timeout)"]);

    let other_ca = json!({"certificate-authority-data": ""});
    let konnect = konnect.file("c", &kubeconfig(server.url(), &other_ca, &json!({}))).args(["plan", "--kubeconfig", "c"]);
    says(&konnect.run(), 1, &[server.url(), "certificate"]);
    let skip = json!({"insecure-skip-tls-verify": true});
    let konnect = konnect.file("c", &kubeconfig(server.url(), &skip, &json!({"token": "expired"})));
    says(&konnect.run(), 1, &["insecure-skip-tls-verify", "401", "expired"]);

    let pinned = format!("{}[cluster]\nuid = \"another\"\n", spec("kong"));
    let ran = on(server, "kong").spec(&pinned).args(["plan"]).run();
    says(&ran, 3, &["is not the cluster the spec pins", "another"]);
    let nobody = server.user("nobody-at-all", &[]);
    let ran = on(server, "kong").spec(&pinned).env("KUBECONFIG", nobody).args(["plan"]).run();
    says(&ran, 1, &["`get` namespaces `kube-system`"]);
}

#[test]
fn an_exec_plugin_runs_once_without_the_token() {
    let Some(server) = testkit::server() else { return };
    let admin: Value = {
        let text = std::fs::read_to_string(server.kubeconfig_token()).expect("the kubeconfig");
        text.parse().expect("JSON")
    };
    let token = admin["users"][0]["user"]["token"].as_str().expect("a token");
    let script = format!(
        "#!/bin/sh\necho run >> \"$HOME/runs\"\nenv > \"$HOME/environment\"\necho noise-on-stderr >&2\n[ -z \"$FAIL\" ] || {{ echo half-a-secret; exit 7; }}\n\
         printf '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"{token}\"}}}}'\n"
    );
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "interactiveMode": "Never",
                               "installHint": "install \u{1b}[2Jit"}});
    let cluster = admin["clusters"][0]["cluster"].clone();
    let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN).file("c", &kubeconfig(server.url(), &cluster, &exec));
    let konnect = konnect.args(["plan", "--kubeconfig", "c", "-vv"]);
    let ran = konnect.run();
    says(&ran, 1, &["can't be started", "install \\u{1b}[2Jit"]);
    let konnect = konnect.file("plugin", &script);
    std::fs::set_permissions(konnect.folder().join("plugin"), std::fs::Permissions::from_mode(0o755)).expect("chmod");
    let ran = konnect.run();
    ran.assert_code(0);
    assert!(ran.stderr.contains("noise-on-stderr\n"), "{}", ran.stderr);
    let read = |name: &str| std::fs::read_to_string(konnect.folder().join(name)).expect("written by the plugin");
    assert_eq!(read("runs"), "run\n");
    assert!(!read("environment").contains(TOKEN) && read("environment").contains("KUBERNETES_EXEC_INFO"));
    let ran = konnect.env("FAIL", "1").run();
    says(&ran, 1, &["exit status: 7", "by hand"]);
    assert!(!ran.stderr.contains("half-a-secret"));
}

#[test]
fn retries_are_told_and_retry_after_is_obeyed() {
    let Some(server) = testkit::server() else { return };
    let konnect = on(server, "kong");
    let busy = RelayFault::Respond { forward: false, code: 429, headers: "retry-after: 1\r\n", body: "Too many requests" };
    let relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| {
        if call.what == "GET secrets" && call.nth == 1 { busy.clone() } else { RelayFault::None }
    });
    let konnect = konnect.args(["plan", "--kubeconfig", "relay.json"]);
    says(&konnect.run(), 0, &["answered 429", "trying again in 1000 ms"]);
    assert_eq!(relay.calls().iter().filter(|call| call.what == "GET secrets").count(), 2);
    let down = RelayFault::Respond { forward: false, code: 503, headers: "", body: "" };
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |_| down.clone());
    says(&konnect.run(), 1, &["answered 503"]);
}

#[test]
fn json_is_alone_on_stdout_whatever_fails() {
    let document = |ran: &Ran| -> Value { ran.stdout.parse().unwrap_or_else(|error| panic!("{error}: {}", ran.stdout)) };
    let failing: [(Konnect, i32); 3] = [
        (testkit::konnect!().spec("nonsense"), 1),
        (testkit::konnect!().spec(&spec("kong")).env("PAT", ""), 1),
        (testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN), 1),
    ];
    for (konnect, code) in failing {
        let ran = konnect.args(["plan", "--format", "json"]).run();
        ran.assert_code(code);
        let document = document(&ran);
        assert_eq!(document["format_version"], "1.1");
        assert_ne!(document["specs"][0]["errors"], json!([]));
    }
    let Some(server) = testkit::server() else { return };
    let ran = on(server, "json-only").args(["plan", "--format", "json", "--detailed-exitcode", "-v"]).run();
    ran.assert_code(2);
    assert_eq!(document(&ran)["specs"][0]["summary"]["add"], 3);
}

#[test]
fn color_is_for_those_who_want_it() {
    let Some(server) = testkit::server() else { return };
    let plain = on(server, "colourless").args(["plan"]).run();
    assert!(!plain.stdout.contains('\x1b'));
    assert!(on(server, "colourless").args(["plan", "--color", "always"]).run().stdout.contains("\x1b[32m+"));
    let konnect = on(server, "colourless").env("TERM", "xterm").args(["plan"]);
    let mut terminal = konnect.spawn_pty();
    terminal.expect("3 to add");
    assert!(terminal.wait().1.contains("\x1b[32m+"));
    let konnect = konnect.env("NO_COLOR", "1");
    let mut terminal = konnect.spawn_pty();
    terminal.expect("3 to add");
    assert!(!terminal.wait().1.contains("\x1b[32m"));
}

#[test]
fn a_closed_stdout_ends_quietly() {
    let Some(server) = testkit::server() else { return };
    let konnect = on(server, "closed-pipe").args(["plan", "--detailed-exitcode"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = konnect.command().stdout(writer).stderr(Stdio::piped()).output().expect("ran");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), (Some(2), String::new()));
}

#[test]
fn a_signal_ends_a_plan_at_once_and_lets_a_write_finish() {
    let Some(server) = testkit::server() else { return };
    let signal = |child: &std::process::Child| {
        rustix::process::kill_process(testkit::child::pid(child), rustix::process::Signal::TERM).expect("sent")
    };
    // Told by the relay when the call is under way; it then waits for the signal to be sent.
    let at = |what: &'static str, hang: bool| {
        let (under_way, told) = std::sync::mpsc::channel::<()>();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let (under_way, wait) = (std::sync::Mutex::new(under_way), std::sync::Mutex::new(wait));
        let decide = move |call: &kube_sandbox::faults::RequestKey| {
            if call.what == what && call.nth == 1 {
                under_way.lock().expect("locked").send(()).expect("heard");
                wait.lock().expect("locked").recv().expect("told");
                if hang { RelayFault::Hang } else { RelayFault::None }
            } else {
                RelayFault::None
            }
        };
        (decide, told, go_on)
    };
    let konnect = on(server, "signal-plan");
    let (decide, told, go_on) = at("GET secrets", true);
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), decide);
    let konnect = konnect.args(["plan", "--kubeconfig", "relay.json"]);
    let child = konnect.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    told.recv().expect("under way");
    signal(&child);
    let output = child.wait_with_output().expect("ended");
    drop(go_on);
    assert_eq!(output.status.code(), Some(130));

    let namespace = server.namespace("signal-apply");
    let konnect = on(server, &namespace);
    let (decide, told, go_on) = at("PATCH namespaces", false);
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), decide);
    let konnect = konnect.args(["apply", "--auto-approve", "--kubeconfig", "relay.json"]);
    let child = konnect.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    told.recv().expect("under way");
    signal(&child);
    go_on.send(()).expect("told");
    let output = child.wait_with_output().expect("ended");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert!(
        stdout.contains(&format!("written      Namespace {namespace}")) && stdout.contains("not begun    ServiceAccount"),
        "{stdout}"
    );
}

#[test]
fn confirmed_by_reading_and_not_confirmed() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("unconfirmed");
    let konnect = on(server, &namespace);
    let broken = RelayFault::Respond { forward: false, code: 500, headers: "", body: "" };
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| match call.what.as_str() {
        "PATCH secrets" => RelayFault::CloseAfter,
        "GET serviceaccounts" if call.nth == 2 => broken.clone(),
        _ => RelayFault::None,
    });
    let ran = konnect.args(["apply", "--auto-approve", "--kubeconfig", "relay.json"]).run();
    says(&ran, 6, &["did not confirm it"]);
    assert!(ran.stdout.contains("the answer was lost; confirmed by reading"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Resources: 2 added, 0 changed, 0 destroyed. 1 confirmed by reading."), "{}", ran.stdout);
}
