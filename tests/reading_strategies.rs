//! However many objects are read, by a GET each or by lists of the whole cluster, and whichever of these we may do, the outcome is the same: for
//! generated fleets in every state, field by field, on the real server and on the sandbox.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "reading_strategies/fleet.rs"]
mod fleet;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::BodyExt as _;
use konnect::cluster::{Cluster, Notice};
use konnect::deadline::Deadline;
use konnect::observed::{LiveValue, Read};
use konnect::outcome::FailureCode;
use konnect::read::{Strategy, Wanted, read_many_by};
use konnect::session::Session;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_sandbox::Sandbox;
use kube_sandbox::rights::Rule;
use serde_json::{Value, json};
use testkit::extent::{Extent, extent};

const RESOURCES: [&str; 3] = ["namespaces", "serviceaccounts", "secrets"];

/// Sends one request as it is written.
async fn send(client: &kube::Client, method: &str, path: &str, content_type: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let mut request = http::Request::builder().method(method).uri(path);
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    let answer = client.send(request.body(Body::from(body)).expect("a request")).await.expect("an answer");
    let code = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
    (code, serde_json::from_slice(&bytes).expect("JSON"))
}

/// What one way of reading gave, and what was sent.
async fn read(client: &kube::Client, fleet: &[Session], strategy: Strategy) -> (Vec<Vec<Read>>, Vec<String>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let notices = Arc::new(move |notice| heard.lock().expect("no panic").push(notice));
    let cluster = Cluster::over(client.clone(), "c", "s", Deadline::after(Duration::from_secs(120)), notices);
    let wanted: Vec<Wanted<'_>> = fleet.iter().map(Session::wanted).collect();
    let reads = read_many_by(&cluster, &wanted, strategy).await;
    let told = told.lock().expect("no panic");
    let traces = told.iter().filter_map(|notice| match notice {
        Notice::Trace(text) => Some(konnect::view::Door::default().line(text.clone())),
        _ => None,
    });
    (reads, traces.collect())
}

/// Which verbs a user has on each of the resources.
type Rights = [&'static [&'static str]; 3];

const GET: &[&str] = &["get"];
const BOTH: &[&str] = &["get", "list"];
const RIGHTS: [Rights; 7] = [
    [BOTH, BOTH, BOTH],
    [GET, GET, GET],
    [BOTH, GET, BOTH],
    [GET, BOTH, GET],
    [GET, GET, BOTH],
    [BOTH, &[], BOTH],
    [BOTH, BOTH, &[]],
];

/// What each read came to, in a word: a proof that never met one proves nothing about it.
fn met(reads: &[Vec<Read>], words: &mut BTreeMap<&'static str, usize>) {
    for read in reads.iter().flatten() {
        let mut add = |word| *words.entry(word).or_default() += 1;
        match read {
            Read::Absent => add("absent"),
            Read::Unreadable(failure) if failure.code == FailureCode::Forbidden => add("forbidden"),
            Read::Unreadable(_) => add("unreadable"),
            Read::Present(live) => {
                add("present");
                if live.terminating {
                    add("terminating");
                }
                if live.token().is_some() {
                    add("token");
                }
                if live.values.values().any(|value| matches!(value, LiveValue::Present)) {
                    add("kept as there alone");
                }
                if !live.owners.others.is_empty() {
                    add("owned by others");
                }
                if !live.owners.ours().is_empty() {
                    add("ours");
                }
            }
        }
    }
}

async fn prove(admin: &kube::Client, as_user: impl AsyncFn(usize, Rights) -> kube::Client, prefix: &str, seeds: u64) {
    let mut words = BTreeMap::new();
    for seed in 0..seeds {
        let fleet = fleet::make(admin, prefix, 40, seed).await;
        for (number, rights) in RIGHTS.into_iter().enumerate() {
            let client = as_user(number, rights).await;
            let (by_gets, _) = read(&client, &fleet, Strategy::Gets).await;
            let (by_lists, sent) = read(&client, &fleet, Strategy::Lists).await;
            for (spec, (one, other)) in by_gets.iter().zip(&by_lists).enumerate() {
                assert_eq!(one, other, "seed {seed}, spec {spec}, rights {rights:?}");
            }
            assert_eq!(by_gets.len(), by_lists.len());
            met(&by_lists, &mut words);
            no_other_secret_is_asked_for(&sent);
            // What may be listed is not asked for one by one, unless the list can't tell.
            for (resource, rights) in RESOURCES.iter().zip(rights).filter(|(resource, _)| **resource != "secrets") {
                let is_get = |line: &&String| match *resource {
                    "namespaces" => line.contains("GET /api/v1/namespaces/") && line.matches('/').count() == 4,
                    _ => line.contains(&format!("/{resource}/")),
                };
                assert_eq!(sent.iter().any(|line| is_get(&line)), !rights.contains(&"list"), "{resource} {rights:?}: {sent:#?}");
            }
        }
    }
    testkit::skipped::say(&format!(
        "{seeds} generated fleets ({prefix}), read by GETs and by lists with {} rights: {words:?}",
        RIGHTS.len()
    ));
    for word in ["absent", "forbidden", "present", "terminating", "token", "kept as there alone", "owned by others", "ours"] {
        assert!(words.get(word).is_some_and(|count| *count >= 5), "too few of {word}: {words:?}");
    }
    assert_eq!(words.get("unreadable"), None);
}

/// Every list of Secrets is narrowed, and none is of a single namespace.
fn no_other_secret_is_asked_for(sent: &[String]) {
    for line in sent.iter().filter(|line| line.contains("/api/v1/secrets")) {
        assert!(line.contains("?labelSelector=konghq.com%2Fcredential%3Dkonnect%2Ckonghq.com%2Fsecret%3D"), "{line}");
    }
    let of_one_namespace = |line: &&String| {
        RESOURCES.iter().any(|resource| line.contains(&format!("/{resource}:")) && line.contains("/namespaces/"))
    };
    assert_eq!(sent.iter().find(of_one_namespace), None);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn client_of(kubeconfig: &std::path::Path) -> kube::Client {
    let config = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.expect("a config");
    kube::Client::try_from(config).expect("a client")
}

#[test]
fn by_lists_and_by_gets_it_is_the_same_on_the_real_server() {
    let Some(server) = testkit::server() else { return };
    let kubeconfigs: Vec<_> = (0..RIGHTS.len()).map(|number| server.user(&format!("reader-{number}"), &[])).collect();
    for (number, rights) in RIGHTS.into_iter().enumerate() {
        let rules = RESOURCES.iter().zip(rights).filter(|(_, verbs)| !verbs.is_empty());
        let rules: Vec<Value> =
            rules.map(|(resource, verbs)| json!({"apiGroups": [""], "resources": [resource], "verbs": verbs})).collect();
        let (name, api) = (format!("reader-{number}"), "rbac.authorization.k8s.io");
        let version = format!("{api}/v1");
        server
            .rbac(&json!({"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}).to_string());
        let (role, user) = (
            json!({"apiGroup": api, "kind": "ClusterRole", "name": name}),
            json!({"apiGroup": api, "kind": "User", "name": name}),
        );
        server.rbac(
            &json!({"apiVersion": version, "kind": "ClusterRoleBinding", "metadata": {"name": name}, "roleRef": role, "subjects": [user]})
                .to_string(),
        );
    }
    runtime().block_on(async {
        let admin = client_of(&server.kubeconfig()).await;
        let as_user = async |number: usize, _: Rights| client_of(&kubeconfigs[number]).await;
        prove(&admin, as_user, &server.namespace("ways"), if extent() == Extent::Long { 20 } else { 3 }).await;
    });
}

#[test]
fn by_lists_and_by_gets_it_is_the_same_on_the_sandbox() {
    runtime().block_on(async {
        let sandbox = Sandbox::in_memory();
        let admin = kube::Client::new(sandbox.clone(), "default");
        let as_user = async |number: usize, rights: Rights| {
            let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            let rule =
                |(resource, verbs): (&&str, _)| Rule { verbs: words(verbs), resources: words(&[*resource]), ..Rule::default() };
            let rules = RESOURCES.iter().zip(rights).map(rule);
            kube::Client::new(sandbox.with_rights(rules.collect(), &format!("reader-{number}"), &[]), "default")
        };
        prove(&admin, as_user, "ways", if extent() == Extent::Long { 100 } else { 10 }).await;
    });
}
