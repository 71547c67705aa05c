//! Watches of the served sandbox while things happen: as they are told on the real server, by kubectl too, and whoever it was that did
//! something. What a watch tells of the past is compared in `tests/sandbox_conformance/watch.txt`.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use testkit::{Served, Watching, request};

const JSON: &str = "application/json";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

fn send(kubeconfig: &Path, method: &str, path: &str, content_type: &str, body: Value) -> u16 {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers: &[(&str, &str)] = if body.is_empty() { &[] } else { &[("content-type", content_type)] };
    request::send(kubeconfig, method, path, headers, body).expect("an answer").0
}

fn post(kubeconfig: &Path, path: &str, body: Value) {
    assert_eq!(send(kubeconfig, "POST", path, JSON, body), 201);
}

/// The next event that is of something: when a server says how far it is is its own affair, unless that ends what is there.
fn next_but_bookmarks(watch: &mut Watching) -> Value {
    loop {
        let event = watch.next().expect("the watch goes on");
        if event["type"] != "BOOKMARK" || event.to_string().contains("k8s.io/initial-events-end") {
            return event;
        }
    }
}

/// What happened to what.
fn told(watch: &mut Watching) -> (String, String) {
    let event = watch.next().expect("the watch goes on");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
}

fn event(what: &str, name: &str) -> (String, String) {
    (what.to_owned(), name.to_owned())
}

/// Each write, and what the watches are told of it before the next one.
fn live(kubeconfig: &Path, namespace: &str) -> Vec<Vec<(String, String, String)>> {
    post(kubeconfig, "/api/v1/namespaces", json!({"metadata": {"name": namespace}}));
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    post(kubeconfig, &secrets, json!({"metadata": {"name": "there", "labels": {"l": "1"}}}));
    let begin = |query: &str, accept: &str| Watching::begin(kubeconfig, &format!("{secrets}?watch=true&{query}"), accept);
    let mut watches = [
        begin("allowWatchBookmarks=true", JSON),
        begin("labelSelector=l%3D1", JSON),
        begin("fieldSelector=metadata.name%3Dnew", JSON),
        begin("", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"),
        begin("", TABLE),
    ];
    let merge = "application/merge-patch+json";
    let steps = [
        ("POST", secrets.clone(), JSON, json!({"metadata": {"name": "new", "finalizers": ["a.b/c"]}}), [1, 0, 1, 1, 1]),
        ("PATCH", format!("{secrets}/new"), merge, json!({"metadata": {"labels": {"l": "1"}}}), [1, 1, 1, 1, 1]),
        ("PATCH", format!("{secrets}/there"), merge, json!({"metadata": {"labels": {"l": "2"}}}), [1, 1, 0, 1, 1]),
        ("DELETE", format!("{secrets}/new"), JSON, Value::Null, [1, 1, 1, 1, 1]),
        ("PATCH", format!("{secrets}/new"), merge, json!({"metadata": {"finalizers": null}}), [1, 1, 1, 1, 1]),
        ("DELETE", secrets.clone(), JSON, Value::Null, [1, 0, 0, 1, 1]),
    ];
    let mut read = |counts: [usize; 5]| {
        let mut events = Vec::new();
        for (watch, count) in watches.iter_mut().zip(counts) {
            for _ in 0..count {
                let event = next_but_bookmarks(watch);
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let object = &event["object"];
                let named = object.pointer("/rows/0/object").unwrap_or(object);
                let labels =
                    format!("{} {} {}", object["kind"], named["metadata"]["labels"], object["columnDefinitions"].is_null());
                events.push((text(&event["type"]), text(&named["metadata"]["name"]), labels));
            }
        }
        events
    };
    // What is there, and the bookmark after it.
    let mut all = vec![read([2, 1, 0, 1, 1])];
    for (method, path, content_type, body, counts) in steps {
        assert!((200..300).contains(&send(kubeconfig, method, &path, content_type, body)), "{method} {path}");
        all.push(read(counts));
    }
    all
}

#[test]
fn what_is_told_while_it_happens_is_what_the_real_server_tells() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("watched");
    let served = Served::without_controllers(testkit::konnect!());
    assert_eq!(live(&served.kubeconfig(), &namespace), live(&server.kubeconfig(), &namespace));
}

#[test]
fn a_deleted_namespace_goes_when_it_is_empty() {
    let served = Served::start(testkit::konnect!());
    let kubeconfig = served.kubeconfig();
    post(&kubeconfig, "/api/v1/namespaces", json!({"metadata": {"name": "kong"}}));
    let path = "/api/v1/namespaces/kong";
    let secrets = format!("{path}/secrets");
    post(&kubeconfig, &secrets, json!({"metadata": {"name": "free"}}));
    post(&kubeconfig, &secrets, json!({"metadata": {"name": "held", "finalizers": ["a.b/c"]}}));
    let mut of_secrets = Watching::begin(&kubeconfig, &format!("{secrets}?watch=true"), JSON);
    let mut of_it = Watching::begin(&kubeconfig, "/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dkong", JSON);
    assert_eq!([told(&mut of_secrets), told(&mut of_secrets)], [event("ADDED", "free"), event("ADDED", "held")]);
    assert_eq!(told(&mut of_it), event("ADDED", "kong"));
    assert_eq!(send(&kubeconfig, "DELETE", path, "", Value::Null), 200);
    assert_eq!(told(&mut of_it), event("MODIFIED", "kong"));
    assert_eq!([told(&mut of_secrets), told(&mut of_secrets)], [event("DELETED", "free"), event("MODIFIED", "held")]);
    // Its status says what it waits for.
    assert_eq!(told(&mut of_it), event("MODIFIED", "kong"));
    let (_, held) = request::send(&kubeconfig, "GET", path, &[], "").expect("an answer");
    assert_eq!(held["status"]["phase"], "Terminating");
    assert!(held["status"]["conditions"].to_string().contains("a.b/c in 1 resource instances"), "{held}");
    let let_go = json!({"metadata": {"finalizers": null}});
    assert_eq!(send(&kubeconfig, "PATCH", &format!("{secrets}/held"), "application/merge-patch+json", let_go), 200);
    assert_eq!(told(&mut of_secrets), event("DELETED", "held"));
    assert_eq!(told(&mut of_it), event("DELETED", "kong"));
    assert_eq!(send(&kubeconfig, "GET", path, "", Value::Null), 404);
}

#[test]
fn what_another_process_does_is_told_too() {
    let served = Served::start(testkit::konnect!());
    let kubeconfig = served.kubeconfig();
    let file = format!("--sandbox={}", served.file().display());
    let mut namespaces = Watching::begin(&kubeconfig, "/api/v1/namespaces?watch=true&labelSelector=team%3Da", JSON);
    let mut secrets = Watching::begin(&kubeconfig, "/api/v1/secrets?watch=true", JSON);
    let spec = "service_account = \"podid\"\nsecret = \"pat\"\npat_env = \"PAT\"\n[namespace]\nname = \"kong\"\nlabels = { team = \"a\" }\n";
    let konnect = testkit::konnect!().spec(spec).env("PAT", "kpat_watchedAAAABBBBCCCC1111");
    konnect.args(["apply", "--auto-approve", &file]).run().assert_code(0);
    assert_eq!(told(&mut namespaces), event("ADDED", "kong"));
    assert_eq!(told(&mut secrets), event("ADDED", "pat"));
    let konnect = testkit::konnect!().args(["sandbox", "reset", &file]);
    konnect.run().assert_says(0, &["Secret kong/pat", "3 destroyed"]);
    assert_eq!(told(&mut secrets), event("DELETED", "pat"));
    assert_eq!(told(&mut namespaces), event("DELETED", "kong"));
    // The served one goes on with the new cluster.
    assert_eq!(send(&kubeconfig, "GET", "/api/v1/namespaces/kong", "", Value::Null), 404);
    post(&kubeconfig, "/api/v1/namespaces/default/secrets", json!({"metadata": {"name": "later"}}));
    assert_eq!(told(&mut secrets), event("ADDED", "later"));
}

#[test]
fn a_file_that_is_replaced_by_another_cluster_ends_the_watches() {
    let served = Served::start(testkit::konnect!());
    let kubeconfig = served.kubeconfig();
    let mut secrets = Watching::begin(&kubeconfig, "/api/v1/secrets?watch=true", JSON);
    post(&kubeconfig, "/api/v1/namespaces/default/secrets", json!({"metadata": {"name": "before"}}));
    assert_eq!(told(&mut secrets), event("ADDED", "before"));
    std::fs::remove_file(served.file()).expect("removed");
    assert_eq!(send(&kubeconfig, "GET", "/api/v1/namespaces/default/secrets/before", "", Value::Null), 404);
    let last = secrets.next().expect("a last event");
    assert_eq!((&last["type"], &last["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(secrets.next(), None);
}

/// A kubectl that runs until it is told to stop.
struct Kubectl {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Kubectl {
    fn start(kubectl: &Path, kubeconfig: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(kubectl);
        command.args(args).arg("--kubeconfig").arg(kubeconfig).env("HOME", "/nonexistent").stdout(Stdio::piped());
        let mut child = command.spawn().expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    /// The words of the next line but the last, which is an age.
    fn next(&mut self) -> Vec<String> {
        let line = self.lines.next().expect("a line").expect("text");
        let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        words.pop();
        words
    }
}

impl Drop for Kubectl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kubectl(program: &Path, kubeconfig: &Path, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args).arg("--kubeconfig").arg(kubeconfig).env("HOME", "/nonexistent");
    let output = testkit::child::run_to_end(command, None);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {said}");
    said
}

/// What `kubectl get -w` shows of some writes.
fn shown(program: &Path, kubeconfig: &Path, namespace: &str) -> Vec<Vec<String>> {
    let run = |args: &[&str]| kubectl(program, kubeconfig, args);
    run(&["create", "namespace", namespace]);
    run(&["create", "secret", "generic", "a", "-n", namespace, "--from-literal=x=1"]);
    let mut watch = Kubectl::start(program, kubeconfig, &["get", "secrets", "-n", namespace, "-w", "--output-watch-events"]);
    let mut lines = vec![watch.next(), watch.next()];
    for args in [
        &["create", "secret", "generic", "b", "-n", namespace, "--from-literal=x=1", "--from-literal=y=1"][..],
        &["label", "secret", "a", "-n", namespace, "l=1"],
        &["delete", "secret", "b", "-n", namespace],
    ] {
        run(args);
        lines.push(watch.next());
    }
    lines
}

#[test]
fn kubectl_waits_and_watches() {
    let Some(server) = testkit::server() else { return };
    let program = server.kubectl_program();
    let served = Served::start(testkit::konnect!());
    let kubeconfig = served.kubeconfig();
    let namespace = server.namespace("get-w");
    assert_eq!(shown(program, &kubeconfig, &namespace), shown(program, &server.kubeconfig(), &namespace));

    let run = |args: &[&str]| kubectl(program, &kubeconfig, args);
    run(&["patch", "secret", "a", "-n", &namespace, "--type=merge", "-p", "{\"metadata\":{\"finalizers\":[\"a.b/c\"]}}"]);
    // It waits for a namespace that is held, until somebody lets it go.
    let mut deletes = Kubectl::start(program, &kubeconfig, &["delete", "namespace", &namespace]);
    let waiting =
        Kubectl::start(program, &kubeconfig, &["wait", "--for=delete", &format!("namespace/{namespace}"), "--timeout=60s"]);
    let phase = "jsonpath={.status.phase}=Terminating";
    run(&["wait", &format!("--for={phase}"), &format!("namespace/{namespace}"), "--timeout=60s"]);
    assert!(deletes.child.try_wait().expect("asked").is_none(), "it waits");
    run(&["patch", "secret", "a", "-n", &namespace, "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}"]);
    for mut ended in [deletes, waiting] {
        assert!(ended.child.wait().expect("ended").success());
    }
    assert!(!run(&["get", "namespaces", "-o", "name"]).contains(&namespace));
    // And for nothing that goes at once.
    run(&["create", "namespace", "kong"]);
    run(&["create", "secret", "generic", "a", "-n", "kong"]);
    run(&["delete", "secret", "a", "-n", "kong"]);
    run(&["create", "secret", "generic", "a", "-n", "kong"]);
    run(&["delete", "namespace", "kong"]);
}
