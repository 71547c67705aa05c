//! Canary tokens, old and new, through every command, format, verbosity and failure: no eight bytes of either in anything konnect writes,
//! raw or in base64 at any alignment.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Ran, Server, skipped};

const OLD: &str = "kpat_canaryOldQwErTyUiOpAsDf";
const NEW: &str = "spat_canaryNewZxCvBnMlKjHgFd";

fn spec(namespace: &str) -> String {
    format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n")
}

/// Every slice that must not show.
fn slices() -> Vec<String> {
    let mut secrets = Vec::new();
    for token in [OLD, NEW] {
        // What every token begins with says nothing of it: the canary begins behind the prefix.
        secrets.push(token[5..].to_owned());
        for skipped in 0..3 {
            let mut shifted = vec![b'x'; skipped];
            shifted.extend_from_slice(token.as_bytes());
            let encoded = BASE64.encode(&shifted);
            // Four characters hold three bytes: those that hold a neighbour's bits, or the prefix alone, are left out.
            secrets.push(encoded.trim_end_matches('=')[8..encoded.trim_end_matches('=').len() - 2].to_owned());
        }
    }
    secrets
        .iter()
        .flat_map(|secret| secret.as_bytes().windows(8).map(|slice| String::from_utf8_lossy(slice).into_owned()))
        .collect()
}

struct Watch {
    slices: Vec<String>,
    runs: usize,
}

impl Watch {
    fn check(&mut self, konnect: &Konnect, ran: &Ran, what: &str) {
        self.runs += 1;
        let written: Vec<(String, String)> = std::fs::read_dir(konnect.folder())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.is_file() && path.file_name().is_some_and(|name| name != "input.txt"))
            .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap_or_default()))
            .collect();
        for slice in &self.slices {
            for (name, text) in [("stdout".to_owned(), &ran.stdout), ("stderr".to_owned(), &ran.stderr)] {
                assert!(!text.contains(slice), "{what}: {name} shows {slice}:\n{text}");
            }
            for (name, text) in &written {
                assert!(!text.contains(slice), "{what}: the file {name} holds {slice}");
            }
        }
    }
}

fn with_live_secret(server: &Server, namespace: &str) {
    server.kubectl_ok(&["create", "namespace", namespace], None);
    // Client-side apply leaves the whole manifest, the token in it, in an annotation.
    let manifest = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "konnect-pat", "namespace": namespace, "labels": {"konghq.com/secret": "false"}},
        "data": {"token": BASE64.encode(OLD)},
    });
    server.kubectl_ok(&["apply", "-f", "-"], Some(&manifest.to_string()));
}

#[test]
fn nothing_shows_a_token() {
    let Some(server) = testkit::server() else { return };
    let mut watch = Watch { slices: slices(), runs: 0 };
    let commands: [&[&str]; 14] = [
        &["validate"],
        &["validate", "--format", "json"],
        &["plan"],
        &["plan", "--format", "json"],
        &["plan", "--detailed-exitcode", "--color", "always"],
        &["apply"],
        &["apply", "--auto-approve"],
        &["plan", NEW],
        &["plan", "--format", "markdown"],
        &["plan", "--out", "saved.plan"],
        &["show", "saved.plan", "--format", "markdown"],
        &["apply", "saved.plan", "--format", "json"],
        &["apply", "--auto-approve", "--format", "json"],
        &["apply", NEW],
    ];
    // What a server might say: what was sent, what is live, and both in base64, broken into other words.
    let echo: &'static str = Box::leak(
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 500, "reason": "x",
               "message": format!("got {NEW} and x{}y, live xx{OLD}z: {}", BASE64.encode(NEW), BASE64.encode(format!("a:{OLD}")))})
        .to_string()
        .into_boxed_str(),
    );
    let warning: &'static str = Box::leak(format!("warning: 299 - \"{NEW} {OLD}\"\r\n").into_boxed_str());
    let faults: [(&str, RelayFault); 6] = [
        ("none", RelayFault::None),
        (
            "echo 500",
            RelayFault::Respond { forward: false, code: 500, headers: "content-type: application/json\r\n", body: echo },
        ),
        (
            "echo 403",
            RelayFault::Respond { forward: false, code: 403, headers: "content-type: application/json\r\n", body: echo },
        ),
        ("echo as plain text", RelayFault::Respond { forward: true, code: 200, headers: warning, body: echo }),
        ("cut off", RelayFault::CloseInside),
        ("closed", RelayFault::CloseAfter),
    ];
    let targets = ["GET secrets", "PATCH secrets dry", "PATCH secrets", "PATCH serviceaccounts", "GET namespaces"];
    let spoiled = faults.iter().skip(1).flat_map(|fault| targets.iter().map(move |target| (fault, *target)));
    let todo: Vec<(&(&str, RelayFault), &'static str)> = std::iter::once((&faults[0], "nothing")).chain(spoiled).collect();
    let (watch, next) = (std::sync::Mutex::new(&mut watch), std::sync::atomic::AtomicUsize::new(0));
    let one = |(fault_name, fault): &(&str, RelayFault), target: &'static str| {
        let namespace = server.namespace("canary");
        with_live_secret(server, &namespace);
        let mut konnect =
            testkit::konnect!().spec(&spec(&namespace)).env("PAT", NEW).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        let fault = fault.clone();
        let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| {
            if call.what == target { fault.clone() } else { RelayFault::None }
        });
        for command in commands {
            // What apply and plan say to people, at each verbosity; the other documents at the highest.
            let for_people = !["markdown", "saved.plan", NEW].iter().any(|word| command.contains(word));
            let all = [Some("-vv"), None, Some("-q")];
            for verbosity in if for_people { &all[..] } else { &all[..1] } {
                let mut args: Vec<&str> = command.to_vec();
                args.extend(*verbosity);
                if !["validate", "show"].contains(&command[0]) {
                    args.extend(["--kubeconfig", "relay.json", "--timeout", "2s"]);
                }
                konnect = konnect.args(args);
                let ran = konnect.run();
                let what = format!("{command:?} {verbosity:?} with {fault_name} at {target}");
                watch.lock().expect("no check failed").check(&konnect, &ran, &what);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((fault, target)) = todo.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    one(fault, target);
                }
            });
        }
    });
    let watch = watch.into_inner().expect("no check failed");
    skipped::say(&format!("{} runs searched for {} slices", watch.runs, watch.slices.len()));
}

#[test]
fn a_token_in_the_spec_or_that_is_none_does_not_show_either() {
    let mut watch = Watch { slices: slices(), runs: 0 };
    let pasted = [
        spec("kong").replace("\"PAT\"", &format!("\"{NEW}\"")),
        format!("{}pat = \"{NEW}\"\n# {OLD}\n", spec("kong")),
        format!("{}x = \"{NEW}\n", spec("kong")),
        spec(NEW),
    ];
    for text in pasted {
        for command in [["validate", "-v"], ["plan", "-v"], ["apply", "-v"]] {
            let konnect = testkit::konnect!().file("input.txt", &text).args(command.into_iter().chain(["-f", "input.txt"]));
            let ran = konnect.run();
            ran.assert_code(1);
            watch.check(&konnect, &ran, "a pasted token");
        }
    }
    for spoiled in [format!("{NEW} {NEW}"), format!("\"{NEW}\""), format!("{NEW}\u{1b}"), format!("<{NEW}>")] {
        let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", &spoiled).args(["plan", "-vv"]);
        let ran = konnect.run();
        ran.assert_code(1);
        watch.check(&konnect, &ran, "a spoiled token");
    }
}

/// What other processes can see: our command line, and what a credential plugin inherits.
#[test]
fn other_processes_see_no_token() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("canary-plugin");
    with_live_secret(server, &namespace);
    let kubeconfig: serde_json::Value =
        std::fs::read_to_string(server.kubeconfig_token()).expect("readable").parse().expect("JSON");
    let token = kubeconfig["users"][0]["user"]["token"].as_str().expect("a token");
    let plugin = format!(
        "env >plugin-env.txt; cat /proc/self/cmdline /proc/$PPID/cmdline >plugin-cmdline.txt; cat >plugin-stdin.txt
         echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"{token}\"}}}}'"
    );
    let mut with_plugin = kubeconfig.clone();
    with_plugin["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", plugin], "interactiveMode": "Never",
    }});
    let mut watch = Watch { slices: slices(), runs: 0 };
    let from_file = spec(&namespace).replace("pat_env = \"PAT\"", "pat_file = \"input.txt\"");
    let ways: [(&str, Konnect, &[&str]); 3] = [
        ("the variable", testkit::konnect!().spec(&spec(&namespace)).env("PAT", NEW), &[]),
        ("a file", testkit::konnect!().spec(&from_file).file("input.txt", NEW), &[]),
        ("standard input", testkit::konnect!().spec(&spec(&namespace)).stdin(NEW), &["--pat-stdin"]),
    ];
    for (way, mut konnect, flags) in ways {
        for command in [&["plan", "-vv"][..], &["apply", "--auto-approve", "-vv"], &["plan", "--format", "json"]] {
            konnect = konnect.file("kubeconfig.json", &with_plugin.to_string());
            konnect = konnect.args([command, flags, &["--kubeconfig", "kubeconfig.json"]].concat());
            let ran = konnect.run();
            ran.assert_code(0);
            for seen in ["plugin-env.txt", "plugin-cmdline.txt"] {
                let text = std::fs::read(konnect.folder().join(seen)).expect("the plugin ran");
                assert!(!text.is_empty(), "{seen} says nothing");
            }
            watch.check(&konnect, &ran, &format!("a plugin, the token from {way}"));
        }
    }
    skipped::say(&format!("{} runs with a credential plugin that looked round", watch.runs));
}

/// The sandbox's own file may hold the token; nothing else may, and that file is for its owner alone.
#[test]
fn the_sandbox_shows_no_token_either() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut watch = Watch { slices: slices(), runs: 0 };
    for verbosity in ["-vv", "-q"] {
        for commands in [&["plan"][..], &["apply", "--auto-approve"], &["plan", "--format", "json"]] {
            let args = [commands, &[verbosity, "--sandbox=input.txt"]].concat();
            let konnect = testkit::konnect!().spec(&spec("kong")).env("PAT", NEW).args(&args);
            for _ in 0..2 {
                let ran = konnect.run();
                ran.assert_code(0);
                watch.check(&konnect, &ran, &format!("{args:?}"));
            }
            for entry in std::fs::read_dir(konnect.folder()).expect("the folder") {
                let path = entry.expect("an entry").path();
                let mode = path.metadata().expect("its mode").permissions().mode() & 0o777;
                let own = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("input.txt"));
                assert!(!own || mode == 0o600, "{} has mode {mode:o}", path.display());
            }
        }
    }
}
