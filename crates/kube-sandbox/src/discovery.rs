//! What there is: version, health, and the lists of groups and resources that kubectl asks for. Only what the sandbox has is listed.

use serde_json::{Value, json};

use super::RequestContext;
use super::kind::Kind;
use super::status::{Refusal, Response};

const AUTHENTICATION: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const AUTHORIZATION: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

impl RequestContext<'_> {
    /// Every path that isn't a resource of group "".
    pub(super) fn other(&self, path: &str) -> Result<Response, Refusal> {
        if !self.caller.may_path(path) {
            let verb = self.request.method.to_lowercase();
            let user = super::status::go_quote(&self.caller.user);
            let message = format!("forbidden: User {user} cannot {verb} path {}", super::status::go_quote(path));
            return Err(Refusal::new(403, "Forbidden", message, Some(json!({}))));
        }
        let post = self.request.method == "POST";
        let body = match path {
            "/readyz" | "/healthz" | "/livez" => return Ok(Response::text(200, "ok")),
            "/version" => version(),
            "/api" => json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}),
            "/api/v1" => json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": core()}),
            "/apis" => {
                json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group("authentication.k8s.io"), group("authorization.k8s.io")]})
            }
            "/apis/authentication.k8s.io" | "/apis/authorization.k8s.io" => {
                let mut body = group(path.trim_start_matches("/apis/"));
                body["kind"] = json!("APIGroup");
                body["apiVersion"] = json!("v1");
                body
            }
            "/apis/authentication.k8s.io/v1" => reviews("authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview"),
            "/apis/authorization.k8s.io/v1" => {
                reviews("authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
            }
            AUTHENTICATION | AUTHORIZATION if !post => return Err(Refusal::method_not_allowed()),
            AUTHENTICATION => return self.who_am_i().map(|(code, body)| Response::json(code, body)),
            AUTHORIZATION => return self.may_i().map(|(code, body)| Response::json(code, body)),
            path if path.starts_with("/api/") || path.starts_with("/apis/auth") => return Err(Refusal::no_such_resource()),
            _ => return Ok(Response::text(404, "404 page not found\n")),
        };
        Ok(Response::json(200, body))
    }
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.3", "gitCommit": "", "gitTreeState": "", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "", "compiler": "gc", "platform": "sandbox",
    })
}

fn core() -> Vec<Value> {
    let entry = |kind: Kind| {
        let mut verbs = vec!["create", "delete", "get", "list", "patch", "update"];
        if kind.namespaced() {
            verbs.insert(2, "deletecollection");
        }
        let mut out = json!({
            "name": kind.resource(),
            "singularName": kind.name().to_lowercase(),
            "namespaced": kind.namespaced(),
            "kind": kind.name(),
            "verbs": verbs,
        });
        match kind {
            Kind::Namespace => out["shortNames"] = json!(["ns"]),
            Kind::ServiceAccount => out["shortNames"] = json!(["sa"]),
            Kind::Secret => {}
        }
        out
    };
    Kind::ALL.into_iter().map(entry).collect()
}

fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn reviews(group_version: &str, name: &str, kind: &str) -> Value {
    let resource =
        json!({"name": name, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"]});
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": [resource]})
}
