//! What differs from run to run, and from server to server, stands as `[…]` in the expected files.

use serde_json::{Value, json};

/// Of a document or a list of live objects: uids, versions, times, and which cluster it is.
pub fn document(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "uid" | "resourceVersion" | "creationTimestamp" | "deletionTimestamp" | "time" | "server"
                    | "konnect_version" | "context" | "user"
                        if value.is_string() =>
                    {
                        *value = json!("[…]");
                    }
                    _ => document(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(document),
        Value::String(text) => *text = without_context(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Of a command that somebody pastes: the context that it is for.
fn without_context(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        words.push(if words.last() == Some(&"--context") { "[…]" } else { word });
    }
    words.join(" ")
}

/// Of the plan for people: which cluster and who, its address anywhere, and ages.
#[must_use]
pub fn text(text: &str, url: &str) -> String {
    let mut lines = Vec::new();
    for line in text.replace(url, "[…]").lines() {
        if let Some(label) = ["  Cluster  ", "  UID      ", "  User     "].into_iter().find(|label| line.starts_with(label)) {
            lines.push(format!("{label}[…]"));
            continue;
        }
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for i in 0..words.len() {
            if words[i].starts_with("ago") && i >= 2 {
                words[i - 2] = "[…]".to_owned();
                words[i - 1] = String::new();
            }
        }
        lines.push(without_context(&words.join(" ")).replace("[…]  ago", "[…] ago"));
    }
    lines.join("\n") + "\n"
}

/// Of the comment: the context in marker and title, the cluster's line and ages.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if line.starts_with("Cluster ") {
            let token = line.split("; token from ").nth(1).expect("the token");
            lines.push(format!("Cluster […]; token from {token}"));
        } else if line.starts_with("<!-- ") {
            let (spec, _) = line.split_once(" on ").expect("the context");
            lines.push(format!("{spec} on […] -->"));
        } else if line.starts_with("### ") {
            let (spec, rest) = line.split_once(" on ").expect("the context");
            lines.push(format!("{spec} on […]:{}", rest.split_once(':').expect("counts").1));
        } else if let Some(ago) = words.iter().position(|word| word.starts_with("ago")).filter(|at| *at >= 2) {
            lines.push([&words[..ago - 2], &["[…]"], &words[ago..]].concat().join(" "));
        } else {
            lines.push(without_context(line));
        }
    }
    lines.join("\n") + "\n"
}
