//! A generated fleet: specs, and the objects they want in every state that there is.

use konnect::desired::TakeOver;
use konnect::object::SpecId;
use konnect::pat::Accept;
use konnect::session::Session;
use konnect::spec;
use konnect::view::Door;
use serde_json::{Value, json};
use testkit::Rng;

use super::send;

/// The tokens that specs and Secrets hold, and each in base64.
const TOKENS: [(&str, &str); 3] = [
    ("kpat_waysAAAA11112222", "a3BhdF93YXlzQUFBQTExMTEyMjIy"),
    ("kpat_waysBBBB33334444", "a3BhdF93YXlzQkJCQjMzMzM0NDQ0"),
    ("", ""),
];
const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";

/// One spec of the fleet, opened.
fn session(folder: &std::path::Path, number: u32, namespace: &str, rng: &mut Rng) -> Session {
    let token = TOKENS[rng.index(2)].0;
    std::fs::write(folder.join("pat"), token).expect("written");
    let label = rng.choose(&["", "", "", "labels = { \"konghq.com/secret\" = \"mine\" }\n", "labels = { team = \"x\" }\n"]);
    let of_namespace = rng.choose(&["", "", "manage = false\n", "labels = { team = \"x\" }\n"]);
    let text = format!(
        "service_account = \"podid\"\npat_file = \"pat\"\n[secret]\nname = \"konnect-pat\"\n{label}[namespace]\nname = \"{namespace}\"\n{of_namespace}"
    );
    let spec = spec::parse("konnect.toml", folder, &text, false).unwrap_or_else(|_| panic!("{text}"));
    let session = Session::new(spec, false, Accept::Anything, TakeOver::new(), &Door::default(), &mut Vec::new());
    session.expect("a token").numbered(SpecId(number))
}

/// That many specs, each with its objects made; now and then two want the same ones.
pub async fn make(client: &kube::Client, prefix: &str, specs: u32, seed: u64) -> Vec<Session> {
    let (folder, mut rng) = (tempfile::tempdir().expect("a folder"), Rng::new(seed));
    let mut sessions = Vec::new();
    for number in 0..specs {
        let shared = number > 0 && rng.one_in(8);
        let of = if shared { number - 1 } else { number };
        let namespace = format!("{prefix}-{seed}-{of}");
        if !shared {
            objects(client, &namespace, &mut rng).await;
        }
        sessions.push(session(folder.path(), number, &namespace, &mut rng));
    }
    sessions
}

async fn objects(client: &kube::Client, namespace: &str, rng: &mut Rng) {
    let path = format!("/api/v1/namespaces/{namespace}");
    if rng.one_in(6) {
        return;
    }
    // A namespace in use has more in it.
    write(client, "", &path, &json!({}), rng).await;
    for (collection, names) in [("serviceaccounts", ["podid", "default"]), ("secrets", ["konnect-pat", "another"])] {
        for name in names {
            if rng.one_in(4) {
                continue;
            }
            let body = if collection == "secrets" { secret(rng) } else { json!({}) };
            write(client, &format!("{path}/{collection}"), &format!("{path}/{collection}/{name}"), &body, rng).await;
        }
    }
    if rng.one_in(8) {
        assert_eq!(send(client, "DELETE", &path, "", &Value::Null).await.0, 200);
    }
}

fn secret(rng: &mut Rng) -> Value {
    let mut body = json!({});
    if !rng.one_in(6) {
        body["data"]["token"] = json!(TOKENS[rng.index(3)].1);
    }
    if rng.one_in(4) {
        body["data"]["other"] = json!("bW9yZSBvZiBpdCwgbm8gdG9rZW4=");
    }
    if rng.one_in(8) {
        body["stringData"] = json!({"token": TOKENS[0].0});
    }
    if rng.one_in(8) {
        body["immutable"] = json!(true);
    }
    if rng.one_in(8) {
        body["type"] = json!("kong.example/credential");
    }
    let labels = [
        json!({"konghq.com/credential": "konnect", "konghq.com/secret": "true"}),
        json!({"konghq.com/credential": "konnect", "konghq.com/secret": "mine"}),
        json!({"konghq.com/credential": "konnect"}),
        json!({}),
    ];
    body["metadata"] = json!({"labels": labels[rng.index(5).saturating_sub(1)]});
    body
}

/// Creates an object by one manager, then lets others write to it.
async fn write(client: &kube::Client, collection: &str, path: &str, body: &Value, rng: &mut Rng) {
    let collection = if collection.is_empty() { "/api/v1/namespaces" } else { collection };
    let kind = match collection.rsplit('/').next() {
        Some("secrets") => "Secret",
        Some("serviceaccounts") => "ServiceAccount",
        _ => "Namespace",
    };
    let mut body = body.clone();
    body["metadata"]["name"] = json!(path.rsplit('/').next());
    (body["apiVersion"], body["kind"]) = (json!("v1"), json!(kind));
    if rng.one_in(8) {
        body["metadata"]["finalizers"] = json!(["kong.example/f"]);
    }
    let finalized = body["metadata"].get("finalizers").is_some();
    let manager = rng.choose(&["konnect", "konnect", "kubectl-create", "vault-sync"]);
    let code = if manager == "konnect" {
        send(client, "PATCH", &format!("{path}?fieldManager=konnect"), APPLY, &body).await.0
    } else {
        send(client, "POST", &format!("{collection}?fieldManager={manager}"), "application/json", &body).await.0
    };
    assert_eq!(code, 201, "{body}");
    if rng.one_in(4) {
        let manager = rng.choose(&["kubectl-label", "argocd-controller"]);
        let more =
            json!({"metadata": {"labels": {"team": "y"}, "annotations": {"note": "two\nlines, }]{[\\\" and \u{202e}text"}}});
        assert_eq!(send(client, "PATCH", &format!("{path}?fieldManager={manager}"), MERGE, &more).await.0, 200);
    }
    if rng.one_in(8) {
        let manifest =
            json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{}}"}}});
        let by = format!("{path}?fieldManager=kubectl-client-side-apply");
        assert_eq!(send(client, "PATCH", &by, MERGE, &manifest).await.0, 200);
    }
    // Nothing more could be made in a namespace that goes.
    if finalized && kind != "Namespace" && rng.one_in(2) {
        assert_eq!(send(client, "DELETE", path, "", &Value::Null).await.0, 200);
    }
}
