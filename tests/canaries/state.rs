//! What is live: objects as a real server shows them, every field of theirs, in states that make konnect say as much as it can.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::response::{ScriptedResponse, echo};
use super::secret::{Canary, Flavour, encoded};
use super::server::{ApiRequest, OBJECTS, Script, ScriptedObject};

/// The spec that goes with the states.
pub const SPEC: &str = r#"pat_env = "PAT"
[namespace]
name = "kong"
labels = { team = "gateway" }
annotations = { "example.com/about" = "the gateway" }
[service_account]
name = "podid"
labels = { app = "kaigateway" }
annotations = { "eks.amazonaws.com/role-arn" = "arn:aws:iam::111122223333:role/new" }
[secret]
name = "konnect-pat"
labels = { environment = "production" }
annotations = { "example.com/owner" = "gateway-team" }
"#;

/// The uid of everything, so also of `kube-system`.
pub const UID: &str = "3f0c2c9e-0000-4000-8000-000000000001";

/// A state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterState {
    /// Everything differs, and may be taken over.
    Differs,
    /// The same, but other tools own it.
    Blocked,
    /// As wanted.
    Same,
    /// What can't be changed: of another type, immutable, being deleted.
    Fixed,
    /// Nothing is there.
    Nothing,
}

/// Everything the server answers in a state.
pub fn script(state: ClusterState, flavour: Flavour) -> Script {
    let mut table = BTreeMap::from([
        (ApiRequest::Uid, ScriptedResponse::new(200, live("kube-system", "Namespace", json!({}), json!({}), json!([])))),
        (ApiRequest::WhoAmI, ScriptedResponse::new(201, who_i_am())),
        (ApiRequest::MayI, ScriptedResponse::new(201, may())),
    ]);
    for object in OBJECTS {
        let wanted = object_in(object, ClusterState::Same, flavour);
        let found = match state {
            ClusterState::Nothing => echo(
                ["namespaces", "serviceaccounts", "secrets"][object as usize],
                ["kong", "podid", "konnect-pat"][object as usize],
            ),
            state => ScriptedResponse::new(200, object_in(object, state, flavour)),
        };
        let metadata = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": wanted["metadata"]});
        let written = ScriptedResponse::new(if state == ClusterState::Nothing { 201 } else { 200 }, metadata);
        table.insert(ApiRequest::Get(object), found);
        table.insert(ApiRequest::Again(object), ScriptedResponse::new(200, wanted));
        table.insert(ApiRequest::Dry(object), written.clone().header("warning", "299 - \"the dry run is fine\""));
        table.insert(ApiRequest::Write(object), written);
    }
    Script { table: Arc::new(table), ..Script::default() }
}

fn object_in(object: ScriptedObject, state: ClusterState, flavour: Flavour) -> Value {
    let same = state == ClusterState::Same;
    let pick = |wanted: &'static str, other: &'static str| if same { wanted } else { other };
    // The owner of each part: kubectl's may be taken over, another tool's not.
    let owner = |kubectl: &'static str| match state {
        ClusterState::Same => ("konnect", "Apply"),
        ClusterState::Blocked => ("argocd-controller", "Apply"),
        _ => (kubectl, "Update"),
    };
    match object {
        ScriptedObject::Namespace => {
            let fields = json!([
                entry(owner("kubectl-label"), &json!({"f:metadata": {"f:labels": {".": {}, "f:team": {}}}})),
                entry(owner("kubectl-annotate"), &json!({"f:metadata": {"f:annotations": {"f:example.com/about": {}}}})),
            ]);
            let labels = json!({"team": pick("gateway", "old-team"), "kubernetes.io/metadata.name": "kong"});
            live("kong", "Namespace", labels, json!({"example.com/about": pick("the gateway", "the old one")}), fields)
        }
        ScriptedObject::ServiceAccount => {
            let fields = json!([
                entry(owner("kubectl-create"), &json!({"f:metadata": {"f:labels": {"f:app": {}}}})),
                entry(owner("kubectl-edit"), &json!({"f:metadata": {"f:annotations": {"f:eks.amazonaws.com/role-arn": {}}}})),
            ]);
            let role = pick("arn:aws:iam::111122223333:role/new", "arn:aws:iam::111122223333:role/old");
            let annotations = json!({"eks.amazonaws.com/role-arn": role, "example.com/foreign": "left alone"});
            live("podid", "ServiceAccount", json!({"app": pick("kaigateway", "old-app")}), annotations, fields)
        }
        ScriptedObject::Secret => secret(state, flavour, owner),
    }
}

fn secret(state: ClusterState, flavour: Flavour, owner: impl Fn(&'static str) -> (&'static str, &'static str)) -> Value {
    let same = state == ClusterState::Same;
    let ours = json!({"f:metadata": {"f:labels": {"f:retired": {}, "f:konghq.com/credential": {}, "f:environment": {}}, "f:annotations": {"f:shared": {}}}});
    let data = if same {
        json!({"f:data": {"f:token": {}}})
    } else {
        json!({"f:data": {".": {}, "f:token": {}, "f:other": {}}, "f:type": {}})
    };
    let mut fields = json!([
        entry(owner("kubectl-create"), &data),
        entry(owner("kubectl-label"), &json!({"f:metadata": {"f:labels": {"f:konghq.com/secret": {}}}})),
        entry(owner("kubectl-client-side-apply"), &json!({"f:metadata": {"f:annotations": {"f:example.com/owner": {}}}})),
        entry(("helm", "Update"), &json!({"f:metadata": {"f:annotations": {"f:shared": {}}}})),
    ]);
    let mut labels = json!({"konghq.com/credential": "konnect", "konghq.com/secret": "true", "environment": "production"});
    let mut annotations = json!({"example.com/owner": "gateway-team", "shared": "kept"});
    if !same {
        fields.as_array_mut().expect("a list").push(entry(("konnect", "Apply"), &ours));
        labels["konghq.com/secret"] = json!("false");
        labels["environment"] = json!("staging");
        labels["retired"] = json!("no longer wanted");
        annotations["example.com/owner"] = json!("nobody");
        let applied = "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"konnect-pat\"}}";
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = json!(applied);
    }
    let mut secret = live("konnect-pat", "Secret", labels, annotations, fields);
    let token = if same { Canary::new(flavour) } else { Canary::old(flavour) };
    secret["data"] = json!({"token": encoded(token.text()), "other": encoded("of no concern")});
    secret["type"] = json!("Opaque");
    if state == ClusterState::Fixed {
        secret["type"] = json!("kubernetes.io/tls");
        secret["immutable"] = json!(true);
        secret["metadata"]["deletionTimestamp"] = json!("2026-11-24T01:00:00Z");
    }
    secret
}

fn entry((manager, operation): (&str, &str), fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-11-20T00:14:07Z",
        "fieldsType": "FieldsV1", "fieldsV1": fields})
}

/// An object with everything around what konnect is interested in.
fn live(name: &str, kind: &str, labels: Value, annotations: Value, fields: Value) -> Value {
    let owner =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "gateway", "uid": "8d1c0a3e-0000-4000-8000-00000000000a"});
    let mut object = json!({
        "kind": kind, "apiVersion": "v1",
        "metadata": {
            "name": name, "generateName": "gen-", "selfLink": "/api/v1/x", "uid": UID,
            "resourceVersion": "4711", "creationTimestamp": "2026-11-01T00:00:00Z", "labels": labels, "annotations": annotations,
            "finalizers": ["example.com/guard"], "ownerReferences": [owner], "managedFields": fields,
        },
    });
    match kind {
        "Namespace" => {
            let condition = json!({"type": "NamespaceContentRemaining", "status": "True", "reason": "Some", "message": "still there", "lastTransitionTime": "2026-11-01T00:00:00Z"});
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active", "conditions": [condition]});
        }
        "ServiceAccount" => {
            object["metadata"]["namespace"] = json!("kong");
            object["secrets"] = json!([{"name": "podid-token"}]);
            object["imagePullSecrets"] = json!([{"name": "registry"}]);
        }
        _ => object["metadata"]["namespace"] = json!("kong"),
    }
    object
}

fn who_i_am() -> Value {
    let user = json!({"username": "ci-deployer", "uid": "u-1", "groups": ["system:authenticated"], "extra": {"example.com/scope": ["all"]}});
    json!({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {"creationTimestamp": "2026-11-24T00:00:00Z"},
        "status": {"userInfo": user}})
}

fn may() -> Value {
    let attributes = json!({"namespace": "kong", "verb": "patch", "resource": "secrets", "name": "konnect-pat"});
    json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {"name": "review"},
        "spec": {"resourceAttributes": attributes},
        "status": {"allowed": true, "reason": "RBAC: allowed by RoleBinding \"r/kong\" of Role \"r\" to User \"ci-deployer\"", "evaluationError": "none"}})
}
