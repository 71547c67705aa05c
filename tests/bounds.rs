//! What a server, or too many clients, can make of us: output is bounded, no write begins after the deadline, and the served sandbox comes
//! to itself again.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use testkit::child::run_to_end;
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Server};

const TOKEN: &str = "kpat_boundsAAAABBBBCCCCDDDD12";
const MOST: usize = 64 * 1024;

fn on(server: &Server, namespace: &str) -> Konnect {
    let spec = format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n");
    testkit::konnect!().spec(&spec).env("PAT", TOKEN).env("KUBECONFIG", server.kubeconfig())
}

/// An answer whose message is 15 MiB long: of one line, of many, and of what is spelled out when it is shown.
fn long_answers(code: u16) -> Vec<RelayFault> {
    let message = |unit: &str| {
        let text = unit.repeat(15 * 1024 * 1024 / unit.len());
        let status = serde_json::json!({"kind": "Status", "apiVersion": "v1", "message": text, "code": code});
        // It lives as long as the test.
        let body: &'static str = Box::leak(status.to_string().into_boxed_str());
        RelayFault::Respond { forward: false, code, headers: "content-type: application/json\r\n", body }
    };
    ["x", "a line of it\n", "\u{1b}[2J\u{202e}"].map(message).into()
}

#[test]
fn a_very_long_message_is_cut() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("long");
    server.kubectl_ok(&["create", "namespace", &namespace], None);
    for (what, code) in [("GET secrets", 403), ("GET secrets", 500), ("PATCH secrets dry", 422), ("PATCH secrets", 422)] {
        for answer in long_answers(code) {
            let konnect = on(server, &namespace);
            let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| {
                if call.what == what { answer.clone() } else { RelayFault::None }
            });
            let mut konnect = konnect;
            let commands: &[&[&str]] = if what == "PATCH secrets" {
                &[&["apply", "--auto-approve"], &["apply", "--auto-approve", "--format", "json"]]
            } else {
                &[&["plan", "-vv"], &["plan", "--format", "json"], &["plan", "--format", "markdown"]]
            };
            for command in commands {
                konnect = konnect.args(command.iter().copied().chain(["--kubeconfig", "relay.json"]));
                let ran = konnect.run();
                let length = ran.stdout.len() + ran.stderr.len();
                assert!(length < MOST, "{command:?}, {what} {code}: {length} bytes");
                assert!(format!("{}{}", ran.stdout, ran.stderr).contains("more"), "{command:?}, {what} {code}: it says so");
            }
        }
    }
}

#[test]
fn after_the_deadline_no_write_begins() {
    let Some(server) = testkit::server() else { return };
    let late = Duration::from_secs(7);
    // The answer of the first write comes too late; the rights that are asked for before it come too late.
    for (at, code) in [("PATCH namespaces", 5), ("POST selfsubjectaccessreviews", 1)] {
        let namespace = server.namespace("late");
        let konnect = on(server, &namespace);
        let relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| {
            if call.what == at {
                RelayFault::Then(std::sync::Arc::new(move || std::thread::sleep(late)))
            } else {
                RelayFault::None
            }
        });
        let ran = konnect.args(["apply", "--auto-approve", "--timeout", "5s", "--kubeconfig", "relay.json"]).run();
        ran.assert_code(code);
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("--timeout"), "{ran:?}");
        if code == 5 {
            for title in [format!("ServiceAccount {namespace}/podid"), format!("Secret {namespace}/konnect-pat")] {
                let line = format!("not begun    {title}: out of time (--timeout)");
                assert!(ran.stdout.contains(&line), "{line}\n{}", ran.stdout);
            }
        }
        std::thread::sleep(late);
        let calls = relay.calls();
        let begun = |what: &str| calls.iter().filter(|call| call.what == what).count();
        assert_eq!((begun("PATCH serviceaccounts"), begun("PATCH secrets")), (0, 0), "{at}: {calls:?}");
        assert_eq!(begun("PATCH namespaces"), usize::from(code == 5), "{at}: {calls:?}");
    }
}

/// A process that doesn't outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The time that a process used, in ticks: a hundred a second.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("only Linux tells");
    let (_, fields) = stat.rsplit_once(") ").expect("a name");
    fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}

#[test]
fn a_served_sandbox_survives_more_clients_than_it_has_file_descriptors() {
    if testkit::server().is_none() {
        return;
    }
    let binaries = testkit::binaries::find().expect("found").expect("there");
    let konnect = testkit::konnect!().args(["sandbox", "serve", "--sandbox=s", "--kubeconfig-out", "kubeconfig"]);
    let inner = konnect.command();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 32; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(konnect.folder()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Killed(command.spawn().expect("started"));
    let mut lines = BufReader::new(child.0.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("it listens").expect("text");
    let address = first.rsplit("https://").next().expect("an address").to_owned();
    let kubectl = || {
        let mut kubectl = Command::new(&binaries.kubectl);
        kubectl.args(["--kubeconfig", "kubeconfig", "get", "namespaces", "-o", "name"]).current_dir(konnect.folder());
        run_to_end(kubectl, None)
    };
    assert!(kubectl().status.success());
    let before = ticks(child.0.id());
    let mut idle: Vec<TcpStream> = (0..120).map(|_| TcpStream::connect(&address).expect("the system takes them")).collect();
    std::thread::sleep(Duration::from_secs(3));
    let used = ticks(child.0.id()) - before;
    assert!(used < 100, "it spins: {used} ticks in 3 s");
    // Those that say nothing are closed in the end, the first of them at least.
    let first = idle.first_mut().expect("120");
    first.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    assert_eq!(first.read(&mut [0; 1]).expect("it is closed"), 0);
    drop(idle);
    let output = kubectl();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("namespace/default"));
}
