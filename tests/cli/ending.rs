//! How a run ends that somebody, or something, breaks off: a pipe, a signal, a lost answer.

use std::process::Stdio;

use testkit::relay::{Relay, RelayFault};

use super::on;

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

    // What is in the namespace is written at once, so that nothing is left that could be broken off: the apply is done, and says so.
    let namespace = server.namespace("signal-both");
    let konnect = on(server, &namespace);
    let (decide, told, go_on) = at("PATCH serviceaccounts", false);
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), decide);
    let konnect = konnect.args(["apply", "--auto-approve", "--kubeconfig", "relay.json"]);
    let child = konnect.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    told.recv().expect("under way");
    signal(&child);
    go_on.send(()).expect("told");
    let output = child.wait_with_output().expect("ended");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    for object in ["ServiceAccount", "Secret"] {
        assert!(stdout.lines().any(|line| line.starts_with(object) && line.contains("Creation complete")), "{object}: {stdout}");
    }
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
    ran.assert_stderr(6, &["did not confirm it"]);
    assert!(ran.stdout.contains("the answer was lost; confirmed by reading"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Resources: 2 added, 0 changed, 0 destroyed. 1 confirmed by reading."), "{}", ran.stdout);
}
