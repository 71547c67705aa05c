//! The real server, through a loopback relay: connections that break at every call of an apply, a server that hangs, another manager in
//! between, and the process ended or interrupted at every call. Each time: the exit code, that the report is true, that no token is
//! shown, and that the next apply converges. All other faults, and every scenario: `faults.rs`, over the sandbox.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube_sandbox::faults::RequestKey;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Ran, Server};

const OLD: &str = "kpat_faultOldAAAABBBBCCCC1111";
const NEW: &str = "kpat_faultNewXXXXYYYYZZZZ2222";

/// What is there before.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    Namespace,
    OtherToken,
    AsWanted,
}

struct RelayCase<'a> {
    server: &'a Server,
    namespace: String,
    konnect: Konnect,
}

impl<'a> RelayCase<'a> {
    fn new(server: &'a Server, before: Before) -> Self {
        let namespace = server.namespace("fault");
        let spec =
            format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n");
        let konnect = testkit::konnect!().spec(&spec).env("PAT", NEW);
        let case = Self { server, namespace, konnect };
        let token = match before {
            Before::Nothing => return case,
            Before::Namespace => None,
            Before::OtherToken => Some(OLD),
            Before::AsWanted => Some(NEW),
        };
        case.post("/api/v1/namespaces", &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}}));
        if let Some(token) = token {
            let folder = format!("/api/v1/namespaces/{}", case.namespace);
            let labels = json!({"konghq.com/credential": "konnect", "konghq.com/secret": "true"});
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "podid"}});
            case.post(&format!("{folder}/serviceaccounts"), &account);
            let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "konnect-pat", "labels": labels}, "data": {"token": BASE64.encode(token)}});
            case.post(&format!("{folder}/secrets?fieldManager=kubectl-create"), &secret);
        }
        case
    }

    fn post(&self, path: &str, object: &Value) {
        let (code, body) = self.server.raw("POST", path, "application/json", object.to_string());
        assert_eq!(code, 201, "{body}");
    }

    /// The three objects by title: resourceVersion, and whether it is as wanted.
    fn live(&self) -> BTreeMap<String, (String, bool)> {
        let folder = format!("/api/v1/namespaces/{}", self.namespace);
        let titles = [
            (format!("Namespace {}", self.namespace), folder.clone()),
            (format!("ServiceAccount {}/podid", self.namespace), format!("{folder}/serviceaccounts/podid")),
            (format!("Secret {}/konnect-pat", self.namespace), format!("{folder}/secrets/konnect-pat")),
        ];
        let mut live = BTreeMap::new();
        for (title, path) in titles {
            let (code, object) = self.server.raw("GET", &path, "", "");
            if code == 200 {
                let version = object["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
                let secret = object["kind"] == "Secret";
                let labels = &object["metadata"]["labels"];
                let wanted = !secret
                    || object["data"]["token"] == BASE64.encode(NEW)
                        && labels["konghq.com/secret"] == "true"
                        && labels["konghq.com/credential"] == "konnect";
                live.insert(title, (version, wanted));
            } else {
                assert_eq!(code, 404, "{object}");
            }
        }
        live
    }

    /// Applies through a relay; `decide` also gets the process's number, once there is one.
    fn apply_through(
        self,
        decide: impl Fn(&RequestKey, &Arc<OnceLock<Pid>>) -> RelayFault + Send + Sync + 'static,
        timeout: &str,
    ) -> (Self, Ran, Vec<RequestKey>) {
        let child = Arc::new(OnceLock::new());
        let of_relay = Arc::clone(&child);
        let relay = Relay::start(&self.server.kubeconfig(), self.konnect.folder(), move |call| decide(call, &of_relay));
        let konnect = self.konnect.args(["apply", "--auto-approve", "--timeout", timeout, "--kubeconfig", "relay.json"]);
        let ran = konnect.run_and_tell(|pid| child.set(pid).expect("one process"));
        (Self { konnect, ..self }, ran, relay.calls())
    }
}

/// Whether what konnect said is what is there.
fn check(case: &RelayCase<'_>, before: &BTreeMap<String, (String, bool)>, ran: &Ran, name: &str) {
    let context = || format!("{name}\n--- stdout:\n{}\n--- stderr:\n{}", ran.stdout, ran.stderr);
    let live = case.live();
    let all_wanted = live.len() == 3 && live.values().all(|(_, wanted)| *wanted);
    match ran.code {
        // Killed: nothing is said, and what it did so far is whole.
        -9 => {
            let whole = live.iter().all(|(title, found)| found.1 || before.get(title) == Some(found));
            assert!(whole, "half written: {before:?} → {live:?}\n{}", context());
        }
        130 => {}
        0 => assert!(all_wanted, "0, but not as wanted: {live:?}\n{}", context()),
        1 | 3 | 4 => assert_eq!(*before, live, "{}: nothing was written\n{}", ran.code, context()),
        5 => {}
        6 => assert!(all_wanted, "6, but not as wanted\n{}", context()),
        other => panic!("exit code {other}\n{}", context()),
    }
    for line in ran.stdout.lines() {
        let (word, title) = match (line.strip_prefix("  written      "), line.strip_prefix("  not written  ")) {
            (Some(title), _) => ("written", title),
            (_, Some(title)) => ("not written", title),
            _ => match line.strip_prefix("  not begun    ") {
                Some(rest) => ("not begun", rest.split(": ").next().expect("a title")),
                None => continue,
            },
        };
        if word == "written" {
            assert!(live.get(title).is_some_and(|(_, wanted)| *wanted), "{title} is said to be written\n{}", context());
        } else {
            assert_eq!(before.get(title), live.get(title), "{title} is said not to be written\n{}", context());
        }
    }
    for token in [OLD, NEW] {
        for secret in [token.to_owned(), BASE64.encode(token)] {
            for slice in secret.as_bytes().windows(8) {
                let slice = std::str::from_utf8(slice).expect("ASCII");
                assert!(!ran.stdout.contains(slice) && !ran.stderr.contains(slice), "a token shows\n{}", context());
            }
        }
    }
}

/// Without the fault the next apply converges, and then there is nothing left.
fn converges(case: RelayCase<'_>, name: &str) {
    let konnect = case.konnect.env("KUBECONFIG", case.server.kubeconfig()).args(["apply", "--auto-approve", "-q"]);
    let ran = konnect.run();
    assert_eq!(ran.code, 0, "{name}: the next apply\n{}\n{}", ran.stdout, ran.stderr);
    let ran = konnect.args(["plan", "--detailed-exitcode", "-q"]).run();
    assert_eq!(ran.code, 0, "{name}: the next plan\n{}", ran.stdout);
}

/// What happens to one run at one call.
#[derive(Clone, Copy, Debug)]
enum Disruption {
    ClosedBefore,
    ClosedInside,
    ClosedAfter,
    Killed,
    KilledAfter,
    Interrupted,
    InterruptedAfter,
}

impl Disruption {
    fn fault(self, child: &Arc<OnceLock<Pid>>) -> RelayFault {
        let send = |signal| {
            let child = Arc::clone(child);
            // The run makes its first call before we know its number, or after.
            Arc::new(move || kill_process(*child.wait(), signal).expect("it waits for our answer"))
        };
        match self {
            Self::ClosedBefore => RelayFault::CloseBefore,
            Self::ClosedInside => RelayFault::CloseInside,
            Self::ClosedAfter => RelayFault::CloseAfter,
            Self::Killed => RelayFault::First(send(Signal::KILL)),
            Self::KilledAfter => RelayFault::Then(send(Signal::KILL)),
            Self::Interrupted => RelayFault::First(send(Signal::INT)),
            Self::InterruptedAfter => RelayFault::Then(send(Signal::INT)),
        }
    }
}

impl Disruption {
    /// How the document calls it; exit code -9 stands for a process that was killed.
    const fn words(self) -> &'static str {
        match self {
            Self::ClosedBefore => "closed before the request is read",
            Self::ClosedInside => "closed in the middle of the answer",
            Self::ClosedAfter => "closed before the answer",
            Self::Killed => "SIGKILL (-9) before the server has the request",
            Self::KilledAfter => "SIGKILL (-9) before the answer",
            Self::Interrupted => "SIGINT before the server has the request",
            Self::InterruptedAfter => "SIGINT before the answer",
        }
    }
}

const CLOSED: [Disruption; 3] = [Disruption::ClosedBefore, Disruption::ClosedInside, Disruption::ClosedAfter];
const ENDED: [Disruption; 4] =
    [Disruption::Killed, Disruption::KilledAfter, Disruption::Interrupted, Disruption::InterruptedAfter];

/// The runs, and the exit codes by event.
type Met = (usize, BTreeMap<&'static str, BTreeSet<i32>>);

/// Each event at each call of an apply. A process that was killed says nothing more: what it did must be whole nevertheless.
fn at_every_call(server: &Server, before: Before, events: &[Disruption]) -> Met {
    let (_, ran, calls) = RelayCase::new(server, before).apply_through(|_, _| RelayFault::None, "30s");
    ran.assert_code(0);
    let todo: Vec<(Disruption, &RequestKey)> =
        calls.iter().flat_map(|call| events.iter().map(move |event| (*event, call))).collect();
    let (next, codes) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<_, BTreeSet<i32>>::new()));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some((event, at)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (name, event) = (format!("{before:?}: {event:?} at {} {}", at.what, at.nth), *event);
                    let case = RelayCase::new(server, before);
                    let was = case.live();
                    let at = (*at).clone();
                    let (case, ran, _) = case
                        .apply_through(move |call, child| if *call == at { event.fault(child) } else { RelayFault::None }, "30s");
                    check(&case, &was, &ran, &name);
                    match event {
                        Disruption::Killed | Disruption::KilledAfter => assert_eq!(ran.code, -9, "{name}"),
                        Disruption::Interrupted | Disruption::InterruptedAfter => {
                            assert!(matches!(ran.code, 0 | 130), "{name}: {}", ran.code)
                        }
                        _ => assert!(matches!(ran.code, 0 | 1 | 5 | 6), "{name}: {}", ran.code),
                    }
                    codes.lock().expect("no check failed").entry(event.words()).or_default().insert(ran.code);
                    converges(case, &name);
                }
            });
        }
    });
    (todo.len(), codes.into_inner().expect("no check failed"))
}

#[test]
fn connections_break_and_the_process_ends_at_every_call() {
    let Some(server) = testkit::server() else { return };
    let all = [&CLOSED[..], &ENDED[..]].concat();
    let befores: [(&str, Before, &[Disruption]); 4] = [
        ("from nothing", Before::Nothing, &all),
        ("into a namespace", Before::Namespace, &CLOSED),
        ("over another token", Before::OtherToken, &all),
        ("nothing to do", Before::AsWanted, &CLOSED),
    ];
    let met: Vec<Met> = befores.iter().map(|(_, before, events)| at_every_call(server, *before, events)).collect();
    let runs: usize = met.iter().map(|(runs, _)| runs).sum();
    let titles: Vec<&str> = befores.iter().map(|(title, ..)| *title).collect();
    let mut table = format!("{runs} runs.\n\n| at a call of an apply | {} |\n|---|---|---|---|---|\n", titles.join(" | "));
    for event in all {
        let cell = |(_, codes): &Met| {
            let codes = codes.get(event.words()).map(|codes| codes.iter().map(i32::to_string).collect::<Vec<_>>().join(", "));
            codes.unwrap_or_else(|| "–".to_owned())
        };
        table.push_str(&format!("| {} | {} |\n", event.words(), met.iter().map(cell).collect::<Vec<_>>().join(" | ")));
    }
    testkit::skipped::say(&format!("{runs} runs with broken connections and ended processes on the real server"));
    testkit::golden::section("docs/reliability.md", "real", &table);
}

/// The server hangs at one call after the other: the run ends within its time, and says so.
#[test]
fn a_server_that_hangs() {
    let Some(server) = testkit::server() else { return };
    let (_, ran, calls) = RelayCase::new(server, Before::OtherToken).apply_through(|_, _| RelayFault::None, "30s");
    ran.assert_code(0);
    std::thread::scope(|scope| {
        for at in calls {
            scope.spawn(move || {
                let name = format!("hang at {} {}", at.what, at.nth);
                let case = RelayCase::new(server, Before::OtherToken);
                let was = case.live();
                let (case, ran, _) =
                    case.apply_through(move |call, _| if *call == at { RelayFault::Hang } else { RelayFault::None }, "4s");
                // Who we are and which cluster it is are told where they can be: without them the run goes on.
                let optional = at_is_optional(&name);
                assert!(optional || ran.code != 0, "{name}\n{}", ran.stdout);
                check(&case, &was, &ran, &name);
                converges(case, &name);
            });
        }
    });
}

fn at_is_optional(name: &str) -> bool {
    name.contains("kube-system") || name.contains("selfsubjectreviews")
}

/// Another manager writes between our reads and our writes, and between our own writes.
#[test]
fn another_manager_in_between() {
    let Some(server) = testkit::server() else { return };
    for (what, code) in [("PATCH secrets", 4), ("PATCH secrets dry", 0)] {
        let case = RelayCase::new(server, Before::OtherToken);
        let path = format!("/api/v1/namespaces/{}/secrets/konnect-pat?fieldManager=kubectl-edit", case.namespace);
        let kubeconfig = server.kubeconfig();
        let rotate = Arc::new(move || {
            let body = json!({"data": {"token": BASE64.encode("kpat_somebodyElse1234")}}).to_string();
            let headers = [("content-type", "application/merge-patch+json")];
            testkit::request::send(&kubeconfig, "PATCH", &path, &headers, body).expect("written");
        });
        let decide = move |call: &RequestKey, _: &Arc<OnceLock<Pid>>| {
            if call.what == what && call.nth == 1 { RelayFault::First(rotate.clone()) } else { RelayFault::None }
        };
        let (case, ran, _) = case.apply_through(decide, "30s");
        assert_eq!(ran.code, code, "{what}\n{}\n{}", ran.stdout, ran.stderr);
        if code == 4 {
            assert!(ran.stderr.contains("data.token"), "says what moved: {}", ran.stderr);
        }
        converges(case, what);
    }
    // What moves without concerning us does not stop us.
    let case = RelayCase::new(server, Before::OtherToken);
    let path = format!("/api/v1/namespaces/{}/secrets/konnect-pat?fieldManager=kubectl-label", case.namespace);
    let kubeconfig = server.kubeconfig();
    let label = Arc::new(move || {
        let headers = [("content-type", "application/merge-patch+json")];
        testkit::request::send(&kubeconfig, "PATCH", &path, &headers, r#"{"metadata":{"labels":{"team":"x"}}}"#)
            .expect("written");
    });
    let (case, ran, _) = case.apply_through(
        move |call, _| if call.what == "PATCH secrets" { RelayFault::First(label.clone()) } else { RelayFault::None },
        "30s",
    );
    // The label moves the object before each attempt but the same again moves nothing.
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    converges(case, "a label in between");
}
