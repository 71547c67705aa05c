//! A sandbox in which a Secret is there already, written by others.

use serde_json::{Value, json};
use testkit::{Served, request};

/// Somebody who wrote fields of the Secret, three days ago.
pub struct Owner {
    pub manager: &'static str,
    pub operation: &'static str,
    /// `data`, `note` (an annotation), or the key of a label.
    pub fields: &'static [&'static str],
}

impl Owner {
    fn entry(&self, time: &str) -> Value {
        let Self { manager, operation, fields } = self;
        let mut owned = json!({});
        for field in *fields {
            match *field {
                "data" => owned["f:data"] = json!({".": {}, "f:token": {}}),
                "note" => owned["f:metadata"]["f:annotations"] = json!({"f:note": {}}),
                label => owned["f:metadata"]["f:labels"][format!("f:{label}")] = json!({}),
            }
        }
        json!({
            "manager": manager, "operation": operation, "time": time,
            "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": owned,
        })
    }
}

/// The sandbox's file with the namespace, and in it the Secret as its owners left it. The token stands in an annotation as well.
pub fn state(token: &str, owners: &[Owner]) -> String {
    use base64::Engine as _;
    let served = Served::start(testkit::konnect!());
    let send = |method: &str, path: &str, body: &Value, code: u16| {
        let headers = [("content-type", "application/json")];
        let (answered, object) =
            request::send(&served.kubeconfig(), method, path, &headers, body.to_string()).expect("an answer");
        assert_eq!(answered, code, "{object}");
    };
    // A little more than three days: however long the test takes, it is three days ago.
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3 * 24 + 1);
    let time = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let entries: Vec<Value> = owners.iter().map(|owner| owner.entry(&time)).collect();
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": "konnect-pat", "namespace": "kong", "managedFields": entries,
            "labels": {"konghq.com/credential": "konect"},
            "annotations": {"note": format!("made by hand from {token}, which is what the portal gave us, {token}, on the first day")},
        },
        "data": {"token": base64::engine::general_purpose::STANDARD.encode(token)},
    });
    send("POST", "/api/v1/namespaces", &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kong"}}), 201);
    send("POST", "/api/v1/namespaces/kong/secrets", &secret, 201);
    send("PUT", "/api/v1/namespaces/kong/secrets/konnect-pat", &secret, 200);
    std::fs::read_to_string(served.kubeconfig().with_file_name("state.json")).expect("the sandbox's file")
}
