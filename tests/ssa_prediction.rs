//! Is what we compute from `managedFields` what a server-side apply would do? For generated states and specs the computed plan is held
//! against the server's own dry runs: without force, the conflicts; with force, every value that changes, and that no other does. A few
//! hundred states on the real server, and more on the sandbox, which is proved to be the same.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "ssa_prediction/prediction.rs"]
mod prediction;
#[path = "ssa_prediction/state.rs"]
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use konnect::cluster::Cluster;
use konnect::deadline::Deadline;
use konnect::desired::{FieldOfType, TakeOver};
use konnect::pat::Accept;
use konnect::session::Session;
use konnect::spec;
use konnect::view::Door;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube_sandbox::Sandbox;
use serde_json::Value;
use state::State;
use testkit::Rng;
use testkit::extent::{Extent, extent};

/// Sends one request as it is written.
async fn send(client: &kube::Client, method: &str, path: &str, content_type: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = http::Request::builder().method(method).uri(path).header("content-type", content_type);
    let answer = client.send(request.body(Body::from(body)).expect("a request")).await.expect("an answer");
    let code = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
    (code, serde_json::from_slice(&bytes).expect("JSON"))
}

/// How often each word of a plan was met: a proof that never met one proves nothing about it.
type Met = BTreeMap<String, usize>;

async fn prove(client: &kube::Client, namespace: &str, seeds: std::ops::Range<u64>) -> Met {
    let folder = tempfile::tempdir().expect("a folder");
    let made = serde_json::json!({"metadata": {"name": namespace}});
    assert_eq!(send(client, "POST", "/api/v1/namespaces", "application/json", &made).await.0, 201);
    let mut met = Met::new();
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let state = State::make(client, namespace, seed, &mut rng).await;
        let text = state::spec(namespace, seed, &mut rng);
        let token = rng.choose(&state::TOKENS);
        std::fs::write(folder.path().join("pat"), token).expect("written");
        let context = |what: &str| format!("seed {seed}: {what}\n{text}\n{state:#}");
        let spec = spec::parse("konnect.toml", folder.path(), &text, false).unwrap_or_else(|_| panic!("{}", context("no spec")));
        let cluster = Cluster::over(client.clone(), "proof", "proof", Deadline::after(Duration::from_secs(60)), Arc::new(|_| {}));
        let wanted = Session::new(spec.clone(), false, Accept::Anything, TakeOver::new(), &Door::default(), &mut Vec::new())
            .expect("a token");
        // `read` computes; it is `plan` that would ask the server.
        let strict = wanted.read(&cluster).await.expect("a plan");
        let everything = strict.changes.iter().flat_map(|change| {
            let resource = change.wanted.object.resource;
            change.fields.iter().map(move |field| FieldOfType { resource, field: field.path.clone() })
        });
        let wanted = Session::new(spec, false, Accept::Anything, everything.collect(), &Door::default(), &mut Vec::new())
            .expect("a token");
        let lenient = wanted.read(&cluster).await.expect("a plan");
        for (strict, lenient) in strict.changes.iter().zip(&lenient.changes) {
            let live = state.of(strict.wanted.object.resource);
            let found = prediction::check(client, strict, lenient, live, token).await;
            let words = found.unwrap_or_else(|what| panic!("{}", context(&what)));
            words.into_iter().for_each(|word| *met.entry(word).or_default() += 1);
        }
    }
    met
}

fn all_were_met(met: &Met) {
    let words = ["add", "change", "take_over", "blocked", "remove", "release", "none"];
    let objects = ["object update", "object none", "object blocked", "object immutable", "conflict"];
    for word in words.iter().chain(&objects) {
        assert!(met.get(*word).is_some_and(|count| *count >= 5), "too few of {word}: {met:?}");
    }
}

fn on(client: impl Future<Output = kube::Client>, namespace: &str, seeds: std::ops::Range<u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let count = seeds.end - seeds.start;
        let met = prove(&client.await, namespace, seeds).await;
        testkit::skipped::say(&format!(
            "{count} generated states ({namespace}), computed plans against dry runs; fields and objects met: {met:?}"
        ));
        all_were_met(&met);
    });
}

#[test]
fn computed_plans_are_what_the_real_server_would_do() {
    let Some(server) = testkit::server() else { return };
    let path = server.kubeconfig();
    let client = async {
        let config = Kubeconfig::read_from(path).expect("a kubeconfig");
        let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.expect("a config");
        kube::Client::try_from(config).expect("a client")
    };
    on(client, "proof-real", 0..if extent() == Extent::Long { 3000 } else { 400 });
}

#[test]
fn computed_plans_are_what_the_sandbox_would_do() {
    let client = async { kube::Client::new(Sandbox::in_memory(), "default") };
    let states = match extent() {
        Extent::Quick => 400,
        Extent::Usual => 1500,
        Extent::Long => 20_000,
    };
    on(client, "proof-sandbox", 0..states);
}
