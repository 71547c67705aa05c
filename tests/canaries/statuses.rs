//! Every kind of refusal that konnect meets, with the words of the real server.

use serde_json::{Value, json};

use super::response::ScriptedResponse;

fn status(code: u16, reason: &str, message: &str, details: &Value) -> ScriptedResponse {
    ScriptedResponse::new(
        code,
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {"selfLink": "/x", "resourceVersion": "1", "continue": "c"},
            "status": "Failure", "message": message, "reason": reason, "details": details, "code": code,
        }),
    )
}

/// All of them, by name. What is no Status is a plain text.
pub fn all() -> Vec<(&'static str, ScriptedResponse)> {
    let cause = |reason: &str, message: &str, field: &str| json!({"reason": reason, "message": message, "field": field});
    let of = |name: &str, kind: &str, causes: Value| json!({"name": name, "group": "core", "kind": kind, "uid": "u-7", "causes": causes});
    let conflict = "Apply failed with 1 conflict: conflict with \"kubectl-create\" using v1: .data.token";
    let causes = json!([
        cause("FieldManagerConflict", "conflict with \"kubectl-create\" using v1", ".data.token"),
        cause("FieldManagerConflict", "conflict with \"argocd\"", ".metadata.labels.environment"),
    ]);
    let forbidden = "secrets \"konnect-pat\" is forbidden: denied by the policy of this cluster";
    let usual = "secrets \"konnect-pat\" is forbidden: User \"ci\" cannot get resource \"secrets\" in API group \"\" in the namespace \"kong\"";
    let invalid = json!([cause("FieldValueInvalid", "Invalid value: \"x\": a label must be valid", "metadata.labels")]);
    let uid = json!([cause("FieldValueInvalid", "Invalid value: \"u\": field is immutable", "metadata.uid")]);
    let echo = "failed to create typed patch object (kong/konnect-pat; /v1, Kind=Secret): .data.token: expected string, got &value.valueUnstructured{}";
    let modified =
        "Operation cannot be fulfilled on secrets \"konnect-pat\": the object has been modified; please apply your changes";
    vec![
        ("401", status(401, "Unauthorized", "Unauthorized", &of("", "", json!([])))),
        ("403 by policy", status(403, "Forbidden", forbidden, &of("konnect-pat", "secrets", json!([])))),
        ("403 as usual", status(403, "Forbidden", usual, &of("konnect-pat", "secrets", json!([])))),
        ("404 of a namespace", status(404, "NotFound", "namespaces \"kong\" not found", &of("kong", "namespaces", json!([])))),
        (
            "404",
            status(404, "NotFound", "the server could not find the requested resource", &of("konnect-pat", "pages", json!([]))),
        ),
        ("409 of managers", status(409, "Conflict", conflict, &json!({"causes": causes}))),
        ("409", status(409, "Conflict", modified, &of("konnect-pat", "secrets", json!([])))),
        (
            "422",
            status(
                422,
                "Invalid",
                "Secret \"konnect-pat\" is invalid: metadata.labels: Invalid value",
                &of("konnect-pat", "Secret", invalid),
            ),
        ),
        (
            "422 of the uid",
            status(422, "Invalid", "Secret \"konnect-pat\" is invalid: metadata.uid", &of("konnect-pat", "Secret", uid)),
        ),
        (
            "500",
            status(
                500,
                "InternalError",
                echo,
                &json!({"causes": [{"message": "unknown", "reason": "UnexpectedServerResponse", "field": "f"}], "kind": "Secret"}),
            ),
        ),
        (
            "503 in plain text",
            ScriptedResponse {
                body: json!("the server is currently unable to handle the request"),
                ..ScriptedResponse::new(503, Value::Null)
            }
            .header("content-type", "text/plain"),
        ),
        (
            "502 in HTML",
            ScriptedResponse { body: json!("<html><h1>502 Bad Gateway</h1></html>"), ..ScriptedResponse::new(502, Value::Null) }
                .header("content-type", "text/html"),
        ),
    ]
}
