//! The fixed list's format: one request a line.
//!
//! `VERB PATH [@header=value …] [BODY]`. Verbs: GET, POST, PUT, DELETE, MERGE, STRATEGIC, APPLY, or `VERB:content/type`. A path
//! without a leading `/` is in the group's namespace; `NS` is that namespace, `{ns}` its name. A body that starts with `~` is completed
//! with apiVersion, kind and name. `@mark=rv` is no header: `${mark}` is the version of this answer from here on. `?` before the verb: only the status code is compared. `#` starts a comment.

use serde_json::{Value, json};

use super::pair::PairedRequest;

/// Reads a group: line numbers and requests. A request that makes the namespace comes first.
pub fn read(text: &str, namespace: &str) -> Vec<(usize, PairedRequest)> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(|(i, line)| (i, parse(line, namespace))).collect()
}

fn parse(line: &str, namespace: &str) -> PairedRequest {
    let (code_only, line) = line.strip_prefix('?').map_or((false, line), |rest| (true, rest));
    let mut words = line.splitn(3, ' ');
    let verb = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    let mut rest = words.next().unwrap_or_default();
    let mut headers = vec![("user-agent".to_owned(), "conformance/1".to_owned())];
    while let Some(header) = rest.strip_prefix('@') {
        let (header, after) = header.split_once(' ').unwrap_or((header, ""));
        let (key, value) = header.split_once('=').expect("a header has a value");
        headers.retain(|(k, _)| k != key);
        headers.push((key.to_owned(), value.replace('_', " ")));
        rest = after;
    }
    let all = headers.len();
    headers.retain(|(key, _)| key != "mark");
    let mark = headers.len() < all;
    let (verb, content_type) = verb.split_once(':').map_or((verb, None), |(verb, of)| (verb, Some(of)));
    let (method, usual) = match verb {
        "MERGE" => ("PATCH", "application/merge-patch+json"),
        "STRATEGIC" => ("PATCH", "application/strategic-merge-patch+json"),
        "APPLY" => ("PATCH", "application/apply-patch+yaml"),
        "POST" | "PUT" => (verb, "application/json"),
        "DELETE" if !rest.is_empty() => (verb, "application/json"),
        _ => (verb, ""),
    };
    let body = match rest.strip_prefix('~') {
        Some(body) => completed(path, serde_json::from_str(body).unwrap_or_else(|e| panic!("{line}: {e}"))),
        None => expand(rest),
    };
    let path = match path {
        path if path.starts_with('/') => path.to_owned(),
        path if path.starts_with("NS") => path.replacen("NS", &format!("/api/v1/namespaces/{namespace}"), 1),
        path => format!("/api/v1/namespaces/{namespace}/{path}"),
    };
    PairedRequest {
        method: method.to_owned(),
        path: path.replace("{ns}", namespace),
        content_type: content_type.unwrap_or(usual).to_owned(),
        headers,
        body: body.replace("{ns}", namespace),
        mark,
        code_only,
    }
}

/// `<<x*300>>` in a body stands for 300 times x, `<<85>>` for U+0085.
fn expand(body: &str) -> String {
    match body.split_once("<<") {
        Some((before, rest)) => {
            let (spec, after) = rest.split_once(">>").expect("<< ends with >>");
            let what = match spec.split_once('*') {
                Some((what, times)) => what.repeat(times.parse().expect("a number")),
                None => u32::from_str_radix(spec, 16).ok().and_then(char::from_u32).expect("a code point").into(),
            };
            format!("{before}{what}{}", expand(after))
        }
        None => body.to_owned(),
    }
}

/// The body with apiVersion, kind and name of its path, where it has none.
pub fn completed(path: &str, mut body: Value) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.rsplit('/').collect();
    let (kind, name) = match parts.as_slice() {
        ["NS"] => ("Namespace", "{ns}"),
        [name, "secrets", ..] => ("Secret", *name),
        [name, "serviceaccounts", ..] => ("ServiceAccount", *name),
        [name, "namespaces", ..] => ("Namespace", *name),
        ["secrets", ..] => ("Secret", ""),
        ["serviceaccounts", ..] => ("ServiceAccount", ""),
        _ => ("Namespace", ""),
    };
    for (key, value) in [("apiVersion", "v1"), ("kind", kind)] {
        if body.get(key).is_none() {
            body[key] = json!(value);
        }
    }
    if !name.is_empty() && body["metadata"].get("name").is_none() {
        body["metadata"]["name"] = json!(name);
    }
    body.to_string()
}

/// The rights of the user with few rights, as the sandbox's rules have them.
pub fn role(namespace: &str) -> String {
    let rule =
        |verbs: Value, names: Value| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": verbs, "resourceNames": names});
    let rules =
        [rule(json!(["get", "list"]), json!([])), rule(json!(["patch"]), json!([])), rule(json!(["create"]), json!(["mine"]))];
    let meta = json!({"name": "limited", "namespace": namespace});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": rules});
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "limited"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "limited"}],
    });
    format!("{role}\n---\n{binding}\n")
}
