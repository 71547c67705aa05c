//! What happened to the cluster between a plan and its apply: the namespace went, or others wrote.

use serde_json::json;
use testkit::{Served, request, scenario};

use super::world::{self, PLAN_FILE, World};
use super::{SPEC, TOKEN};

/// Sends one request as another manager would.
fn send(served: &Served, method: &str, path: &str, body: &str) {
    let headers = [("content-type", "application/json")];
    let (code, answer) = request::send(&served.kubeconfig(), method, path, &headers, body.as_bytes()).expect("an answer");
    assert!((200..300).contains(&code), "{code} {answer}");
}

/// What is as wanted in it is so no longer, and what was to be created in it can't be. Where the Namespace itself is blocked, there is no saved
/// plan.
#[test]
fn a_namespace_that_is_being_deleted_makes_the_whole_plan_stale() {
    for (labels, blocked) in [("", false), ("labels = { team = \"a\" }\n", true)] {
        let served = Served::without_controllers(testkit::konnect!());
        let namespace = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kong","labels":{"team":"old"}}}"#;
        send(&served, "POST", "/api/v1/namespaces?fieldManager=argocd", namespace);
        let account = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"podid"}}"#;
        send(&served, "POST", "/api/v1/namespaces/kong/serviceaccounts", account);
        let spec = format!("{}[namespace]\nname = \"kong\"\n{labels}", SPEC.replace("namespace = \"kong\"\n", ""));
        let konnect = testkit::konnect!().spec(&spec).env("PAT", TOKEN).env("KUBECONFIG", served.kubeconfig());
        let konnect = konnect.args(["plan", "--out", "p"]);
        if blocked {
            let ran = konnect.run();
            ran.assert_says(
                3,
                &["the plan was not saved: Namespace kong is blocked", "--take-over namespace.metadata.labels.team"],
            );
            assert!(!konnect.folder().join("p").exists());
            continue;
        }
        konnect.run().assert_code(0);
        send(&served, "DELETE", "/api/v1/namespaces/kong", "");
        let ran = konnect.args(["apply", "p"]).run();
        ran.assert_code(4);
        for object in ["Namespace kong", "ServiceAccount kong/podid", "Secret kong/konnect-pat"] {
            assert!(ran.stderr.contains(&format!("{object}\n")), "{object} in\n{}", ran.stderr);
        }
        assert_eq!(ran.stderr.matches("its namespace is being deleted").count(), 2, "{}", ran.stderr);
    }
}

/// How long ago an owner wrote is told as it is now.
#[test]
fn owners_are_told_as_they_are_now() {
    let served = Served::start(testkit::konnect!());
    send(&served, "POST", "/api/v1/namespaces", r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kong"}}"#);
    let secret = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"konnect-pat"},"data":{"token":"b3RoZXI="}}"#;
    send(&served, "POST", "/api/v1/namespaces/kong/secrets?fieldManager=kubectl-create", secret);
    let konnect = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).env("KUBECONFIG", served.kubeconfig());
    let konnect = konnect.args(["plan", "--out", "p"]);
    konnect.run().assert_code(0);
    // The time in the file, as if the plan were old: the owner wrote since.
    let path = konnect.folder().join("p");
    let mut document: serde_json::Value = std::fs::read_to_string(&path).expect("readable").parse().expect("JSON");
    let owned = document["specs"][0]["objects"][2]["observed"]["owned"].as_array_mut().expect("a list");
    owned[0]["others"][0]["time"] = serde_json::json!("2020-01-01T00:00:00Z");
    std::fs::write(&path, super::forged::sealed(document).0).expect("written");
    let ran = konnect.args(["apply", "p", "--format", "json"]).run();
    ran.assert_code(0);
    assert!(ran.stdout.contains("kubectl-create") && !ran.stdout.contains("2020-01-01"), "{}", ran.stdout);
}

/// The write is bound to the version that apply read, not to the plan's: it goes through at once.
#[test]
fn what_changed_without_concerning_the_plan_costs_no_second_write() {
    let world = World::new(&scenario::all().into_iter().find(|of| of.name() == "workshop").expect("the scenario"));
    assert_eq!(world.plain(&["plan", "--out", PLAN_FILE]).code, 0);
    let path = "/api/v1/namespaces/workshop/secrets/konnect-pat?fieldManager=kubectl-label";
    let label = json!({"metadata": {"labels": {"team": "a"}}}).to_string();
    let sent = world::send(&world.sandbox, "PATCH", path, "application/merge-patch+json", label);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    assert_eq!(runtime.block_on(sent).0, 200);
    let run = world.plain(&["apply", PLAN_FILE]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("nothing that the plan reads or writes: continuing"), "{}", run.stdout);
    assert_eq!(run.calls.iter().filter(|call| call.what == "PATCH secrets").count(), 1, "{:?}", run.calls);
}
