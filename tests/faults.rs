//! Every fault at every call of an apply, against the real server through a loopback relay. Each time: the exit code, that the report is
//! true, that no token is shown, and that the next apply without the fault converges.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use support::relay::{Call, Fault, Relay};
use support::{Konnect, Ran, Server};

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

struct Case<'a> {
    server: &'a Server,
    namespace: String,
    konnect: Konnect,
}

impl<'a> Case<'a> {
    fn new(server: &'a Server, before: Before) -> Self {
        let namespace = server.namespace("fault");
        let spec =
            format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n");
        let konnect = Konnect::new().spec(&spec).env("PAT", NEW);
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

    fn apply_through(self, decide: impl Fn(&Call) -> Fault + Send + Sync + 'static, timeout: &str) -> (Self, Ran, Vec<Call>) {
        let relay = Relay::start(&self.server.kubeconfig(), self.konnect.folder(), decide);
        let konnect = self.konnect.args(["apply", "--auto-approve", "--timeout", timeout, "--kubeconfig", "relay.json"]);
        let ran = konnect.run();
        (Self { konnect, ..self }, ran, relay.calls())
    }
}

/// The faults, by name.
fn faults() -> Vec<(&'static str, Fault)> {
    let answer = |forward, code, headers, body| Fault::Answer { forward, code, headers, body };
    const JSON: &str = "content-type: application/json\r\n";
    const STATUS_409: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"the object has been modified","reason":"Conflict","details":{"kind":"x","name":"y"},"code":409}"#;
    const STATUS_422: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"is invalid","reason":"Invalid","details":{"causes":[{"reason":"FieldValueInvalid","message":"no","field":"metadata.labels"}]},"code":422}"#;
    const STATUS_403: &str =
        r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"forbidden","reason":"Forbidden","code":403}"#;
    const WEBHOOK: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Internal error occurred: failed calling webhook \"secrets.validations.kong.konghq.com\": connection refused","reason":"InternalError","code":500}"#;
    vec![
        ("closed before", Fault::CloseBefore),
        ("closed after", Fault::CloseAfter),
        ("closed inside the answer", Fault::CloseInside),
        ("401", answer(false, 401, JSON, r#"{"kind":"Status","reason":"Unauthorized","code":401}"#)),
        ("403", answer(false, 403, JSON, STATUS_403)),
        ("404", answer(false, 404, "content-type: text/plain\r\n", "404 page not found")),
        ("409", answer(false, 409, JSON, STATUS_409)),
        ("422", answer(false, 422, JSON, STATUS_422)),
        ("429", answer(false, 429, "content-type: text/plain\r\n", "Too many requests")),
        ("429 with Retry-After", answer(false, 429, "retry-after: 0\r\n", "Too many requests")),
        ("500", answer(true, 500, JSON, WEBHOOK)),
        ("500 of a webhook", answer(false, 500, JSON, WEBHOOK)),
        ("502 in HTML", answer(true, 502, "content-type: text/html\r\n", "<html><h1>Bad Gateway</h1></html>")),
        ("503", answer(false, 503, "", "")),
        ("504 after the write", answer(true, 504, "", "")),
        ("truncated JSON", answer(true, 200, JSON, "{\"kind\":\"Secret\",\"data\":{\"tok")),
        ("wrong content type", answer(true, 200, "content-type: text/html\r\n", "<html>hello</html>")),
        ("another object", Fault::OtherObject),
    ]
}

/// Whether what konnect said is what is there.
fn check(case: &Case<'_>, before: &BTreeMap<String, (String, bool)>, ran: &Ran, name: &str) {
    let context = || format!("{name}\n--- stdout:\n{}\n--- stderr:\n{}", ran.stdout, ran.stderr);
    let live = case.live();
    let all_wanted = live.len() == 3 && live.values().all(|(_, wanted)| *wanted);
    match ran.code {
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
fn converges(case: Case<'_>, name: &str) {
    let konnect = case.konnect.env("KUBECONFIG", case.server.kubeconfig()).args(["apply", "--auto-approve", "-q"]);
    let ran = konnect.run();
    assert_eq!(ran.code, 0, "{name}: the next apply\n{}\n{}", ran.stdout, ran.stderr);
    let ran = konnect.args(["plan", "--detailed-exitcode", "-q"]).run();
    assert_eq!(ran.code, 0, "{name}: the next plan\n{}", ran.stdout);
}

fn every_fault_at_every_call(before: Before) {
    let Some(server) = support::server() else { return };
    let (_, ran, calls) = Case::new(server, before).apply_through(|_| Fault::None, "30s");
    ran.assert_code(0);
    let faults = faults();
    let todo: Vec<(&str, &Fault, &Call)> =
        calls.iter().flat_map(|call| faults.iter().map(move |(name, fault)| (*name, fault, call))).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((name, fault, at)) = todo.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let name = format!("{before:?}: {name} at {} {}", at.what, at.nth);
                    let case = Case::new(server, before);
                    let was = case.live();
                    let (at, fault) = ((*at).clone(), (*fault).clone());
                    let (case, ran, _) =
                        case.apply_through(move |call| if *call == at { fault.clone() } else { Fault::None }, "30s");
                    check(&case, &was, &ran, &name);
                    converges(case, &name);
                }
            });
        }
    });
    support::skipped::say(&format!("{before:?}: {} faults at {} calls, {} runs", faults.len(), calls.len(), todo.len()));
}

#[test]
fn from_nothing() {
    every_fault_at_every_call(Before::Nothing);
}

#[test]
fn into_a_namespace() {
    every_fault_at_every_call(Before::Namespace);
}

#[test]
fn over_another_token() {
    every_fault_at_every_call(Before::OtherToken);
}

#[test]
fn where_all_is_as_wanted() {
    every_fault_at_every_call(Before::AsWanted);
}

/// The server hangs at one call after the other: the run ends within its time, and says so.
#[test]
fn a_server_that_hangs() {
    let Some(server) = support::server() else { return };
    let (_, ran, calls) = Case::new(server, Before::OtherToken).apply_through(|_| Fault::None, "30s");
    ran.assert_code(0);
    std::thread::scope(|scope| {
        for at in calls {
            scope.spawn(move || {
                let name = format!("hang at {} {}", at.what, at.nth);
                let case = Case::new(server, Before::OtherToken);
                let was = case.live();
                let (case, ran, _) = case.apply_through(move |call| if *call == at { Fault::Hang } else { Fault::None }, "4s");
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
    let Some(server) = support::server() else { return };
    for (what, code) in [("PATCH secrets", 4), ("PATCH secrets dry", 0), ("POST selfsubjectaccessreviews", 4)] {
        let case = Case::new(server, Before::OtherToken);
        let path = format!("/api/v1/namespaces/{}/secrets/konnect-pat?fieldManager=kubectl-edit", case.namespace);
        let kubeconfig = server.kubeconfig();
        let rotate = Arc::new(move || {
            let body = json!({"data": {"token": BASE64.encode("kpat_somebodyElse1234")}}).to_string();
            let headers = [("content-type", "application/merge-patch+json")];
            support::request::send(&kubeconfig, "PATCH", &path, &headers, body).expect("written");
        });
        let decide =
            move |call: &Call| if call.what == what && call.nth == 1 { Fault::First(rotate.clone()) } else { Fault::None };
        let (case, ran, _) = case.apply_through(decide, "30s");
        assert_eq!(ran.code, code, "{what}\n{}\n{}", ran.stdout, ran.stderr);
        if code == 4 {
            assert!(ran.stderr.contains("data.token"), "says what moved: {}", ran.stderr);
        }
        converges(case, what);
    }
    // What moves without concerning us does not stop us.
    let case = Case::new(server, Before::OtherToken);
    let path = format!("/api/v1/namespaces/{}/secrets/konnect-pat?fieldManager=kubectl-label", case.namespace);
    let kubeconfig = server.kubeconfig();
    let label = Arc::new(move || {
        let headers = [("content-type", "application/merge-patch+json")];
        support::request::send(&kubeconfig, "PATCH", &path, &headers, r#"{"metadata":{"labels":{"team":"x"}}}"#)
            .expect("written");
    });
    let (case, ran, _) = case
        .apply_through(move |call| if call.what == "PATCH secrets" { Fault::First(label.clone()) } else { Fault::None }, "30s");
    // The label moves the object before each attempt but the same again moves nothing.
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    converges(case, "a label in between");
}
