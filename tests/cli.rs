//! The built binary: exit codes, pipes, signals, kubeconfigs, and servers that don't answer as they should.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Ran, Server};

#[path = "cli/ending.rs"]
mod ending;

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

#[test]
fn help_version_and_usage() {
    alone(&["--help"]).assert_code(0);
    assert_eq!(alone(&["--version"]).stdout, format!("konnect {}\n", env!("CARGO_PKG_VERSION")));
    let usage: [&[&str]; 16] = [
        &[],
        &["frobnicate"],
        &["plan", "--nope"],
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
    alone(&["validate"]).assert_stderr(0, &[]);
    testkit::konnect!().args(["plan"]).run().assert_stderr(1, &["no such file", "konnect.toml"]);
    testkit::konnect!().spec("").args(["validate"]).run().assert_stderr(1, &["the file is empty", "namespace ", "pat_env "]);
    let rows = [
        ("", "is empty"),
        ("kpat_in ner1234", "contains white space"),
        ("PASTE_YOUR_TOKEN", "placeholder"),
        ("\"kpat_quoted1234\"", "quotes"),
    ];
    for (token, expected) in rows {
        for command in ["plan", "apply"] {
            let ran = testkit::konnect!().spec(&spec("kong")).env("PAT", token).args([command]).run();
            ran.assert_stderr(1, &["$PAT", expected]);
        }
    }
    testkit::konnect!().spec(&spec("kong")).args(["apply", "--auto-approve"]).run().assert_stderr(1, &["$PAT is not set"]);
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
    konnect.run().assert_stderr(0, &["trailing white space", "others can read it"]);
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
    ran.assert_stderr(0, &["warning: $PAT is not set"]);
    assert!(ran.stdout.ends_with("No changes, but the token was not compared: $PAT is not set.\n"), "{}", ran.stdout);
}

#[test]
fn kubeconfigs() {
    alone(&["plan"]).assert_stderr(1, &["no kubeconfig", "~/.kube/config"]);
    let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN);
    let konnect = konnect.file("broken", "{ token: \"kpat_brokenAAAA1111\n").env("KUBECONFIG", "nowhere:alsonot").args(["plan"]);
    konnect.run().assert_stderr(1, &["none of the files in KUBECONFIG is there", "nowhere, alsonot"]);
    let ran = konnect.args(["plan", "--kubeconfig", "broken"]).run();
    ran.assert_stderr(1, &["broken", "not the YAML of a kubeconfig"]);
    assert!(!ran.stderr.contains("brokenAAAA"), "{}", ran.stderr);
    let plain = kubeconfig("http://10.0.0.1:8080", &json!({}), &json!({}));
    let konnect = testkit::konnect!().spec(&spec("kong")).file("c", &plain).args(["plan", "--kubeconfig", "c"]);
    konnect.run().assert_stderr(1, &["is not https"]);
    let good = kubeconfig("https://api.example.invalid:6443", &json!({}), &json!({}));
    let konnect = testkit::konnect!().spec(&spec("kong")).file("c", &good);
    let konnect = konnect.args(["plan", "--kubeconfig", "c", "--context", "her"]);
    konnect.run().assert_stderr(1, &["there is no context her", "did you mean here?", "here, there"]);
    let konnect = konnect.args(["plan", "--kubeconfig", "c"]).env("HTTPS_PROXY", "http://user:secretpw@proxy:3128");
    let ran = konnect.run();
    ran.assert_stderr(1, &["HTTPS_PROXY", "NO_PROXY"]);
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
    ran.assert_stderr(1, &["there is no context nope", "test"]);
}

#[test]
fn a_server_that_is_not_there_hangs_or_is_another() {
    let Some(server) = testkit::server() else { return };
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", TOKEN);
    let konnect =
        konnect.file("c", &kubeconfig(&format!("https://{gone}"), &json!({}), &json!({}))).args(["plan", "--kubeconfig", "c"]);
    konnect.run().assert_stderr(1, &[&gone.to_string(), "connection refused", "trying again in 200 ms"]);

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("https://{}", silent.local_addr().expect("an address"));
    let konnect = konnect.file("c", &kubeconfig(&address, &json!({}), &json!({})));
    let konnect = konnect.args(["plan", "--kubeconfig", "c", "--timeout", "700ms"]);
    konnect.run().assert_stderr(1, &[&address, "700ms (--timeout)"]);

    let other_ca = json!({"certificate-authority-data": ""});
    let konnect = konnect.file("c", &kubeconfig(server.url(), &other_ca, &json!({}))).args(["plan", "--kubeconfig", "c"]);
    konnect.run().assert_stderr(1, &[server.url(), "certificate"]);
    let skip = json!({"insecure-skip-tls-verify": true});
    let konnect = konnect.file("c", &kubeconfig(server.url(), &skip, &json!({"token": "expired"})));
    konnect.run().assert_stderr(1, &["insecure-skip-tls-verify", "401", "expired"]);

    let pinned = format!("{}[cluster]\nuid = \"another\"\n", spec("kong"));
    let ran = on(server, "kong").spec(&pinned).args(["plan"]).run();
    ran.assert_stderr(3, &["is not the cluster the spec pins", "another"]);
    let nobody = server.user("nobody-at-all", &[]);
    let ran = on(server, "kong").spec(&pinned).env("KUBECONFIG", nobody).args(["plan"]).run();
    ran.assert_stderr(1, &["`get` namespaces `kube-system`"]);
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
    ran.assert_stderr(1, &["can't be started", "install \\u{1b}[2Jit"]);
    let konnect = konnect.file("plugin", &script);
    std::fs::set_permissions(konnect.folder().join("plugin"), std::fs::Permissions::from_mode(0o755)).expect("chmod");
    let ran = konnect.run();
    ran.assert_code(0);
    assert!(ran.stderr.contains("noise-on-stderr\n"), "{}", ran.stderr);
    let read = |name: &str| std::fs::read_to_string(konnect.folder().join(name)).expect("written by the plugin");
    assert_eq!(read("runs"), "run\n");
    assert!(!read("environment").contains(TOKEN) && read("environment").contains("KUBERNETES_EXEC_INFO"));
    let ran = konnect.env("FAIL", "1").run();
    ran.assert_stderr(1, &["exit status: 7", "by hand"]);
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
    konnect.run().assert_stderr(0, &["answered 429", "trying again in 1000 ms"]);
    assert_eq!(relay.calls().iter().filter(|call| call.what == "GET secrets").count(), 2);
    let down = RelayFault::Respond { forward: false, code: 503, headers: "", body: "" };
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |_| down.clone());
    konnect.run().assert_stderr(1, &["answered 503"]);
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
