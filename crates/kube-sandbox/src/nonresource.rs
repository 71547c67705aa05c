//! Paths that are not of a stored resource: health, version, reviews, and whatever does not exist.

use serde_json::{Value, json};

use super::context::RequestContext;
use super::go_format::go_quote;
use super::response::Response;
use super::status::Refusal;

const AUTHENTICATION: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const AUTHORIZATION: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

impl RequestContext<'_> {
    /// Answers any method on such a path.
    pub(super) fn other(&self, path: &str) -> Result<Response, Refusal> {
        if !self.caller.may_path(path) {
            let verb = self.request.method.to_lowercase();
            let user = go_quote(&self.caller.user);
            let message = format!("forbidden: User {user} cannot {verb} path {}", go_quote(path));
            return Err(Refusal::new(403, "Forbidden", message, Some(json!({}))));
        }
        let post = self.request.method == "POST";
        #[cfg(feature = "kubectl")]
        if let Some(document) = super::discovery::document(path) {
            return Ok(Response::json(200, document));
        }
        match path {
            "/readyz" | "/healthz" | "/livez" => Ok(Response::text(200, "ok")),
            "/version" => Ok(Response::json(200, version())),
            AUTHENTICATION | AUTHORIZATION if !post => Err(Refusal::method_not_allowed()),
            AUTHENTICATION => self.who_am_i().map(|(code, body)| Response::json(code, body)),
            AUTHORIZATION => self.may_i().map(|(code, body)| Response::json(code, body)),
            path if path.starts_with("/api/") || path.starts_with("/apis/auth") => Err(Refusal::no_such_resource()),
            _ => Ok(Response::text(404, "404 page not found\n")),
        }
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
