//! A real server and a sandbox that get the same requests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kube_sandbox::handle;
use kube_sandbox::request::Request;
use kube_sandbox::response::Payload;
use kube_sandbox::rights::{Caller, Rule};
use kube_sandbox::store::Store;
use serde_json::{Value, json};

use super::watched;
use testkit::{Server, request};

/// One request for both, with `${uid}` and `${rv}` standing for what the same side last answered, and `${mark}` for the version of the
/// answer that was marked.
#[derive(Clone, Debug)]
pub struct PairedRequest {
    pub method: String,
    pub path: String,
    pub content_type: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The version of its answer is what `${mark}` stands for from here on.
    pub mark: bool,
    /// Only the status code is compared: what is answered is about the server itself.
    pub code_only: bool,
}

/// Both servers, and what is remembered of each side.
pub struct ServerPair<'a> {
    server: &'a Server,
    store: Store,
    user: PathBuf,
    caller: Caller,
    sides: [Side; 2],
}

#[derive(Default)]
struct Side {
    uid: String,
    version: String,
    mark: String,
    /// The resourceVersions seen, numbered in the order of their appearance.
    versions: BTreeMap<String, usize>,
}

impl<'a> ServerPair<'a> {
    pub fn new(server: &'a Server) -> Self {
        let caller = Caller { user: "test-admin".to_owned(), ..Caller::default() };
        let store = Store::new(7, Timestamp::now());
        Self { server, store, user: server.kubeconfig(), caller, sides: Default::default() }
    }

    /// Begins to number resourceVersions anew: a sequence must not depend on what was seen before it.
    pub fn forget(&mut self) {
        self.sides = Default::default();
    }

    /// The same two as another user.
    pub fn for_user(self, kubeconfig: &Path, user: &str, groups: &[&str], rules: Vec<Rule>) -> Self {
        let groups = groups.iter().map(|g| (*g).to_owned()).collect();
        Self { user: kubeconfig.to_owned(), caller: Caller { user: user.to_owned(), groups, rules: Some(rules) }, ..self }
    }

    /// Makes a namespace on both sides, where it is missing.
    pub fn compare_namespace(&mut self, name: &str) {
        let body = json!({"metadata": {"name": name}}).to_string();
        let mut ask = Request::new("POST", "/api/v1/namespaces", body.clone());
        ask.content_type = Some("application/json".to_owned());
        let answer = handle(&mut self.store, &ask, &Caller::default(), Timestamp::now());
        assert_eq!(answer.code, 201);
        let (code, _) = self.server.raw("POST", "/api/v1/namespaces", "application/json", body);
        assert!(code == 201 || code == 409, "{code}");
    }

    /// Sends a request to both. The error shows both answers.
    pub fn compare(&mut self, ask: &PairedRequest) -> Result<(), String> {
        let filled = |side: &Side, text: &str| {
            text.replace("${uid}", &side.uid).replace("${rv}", &side.version).replace("${mark}", &side.mark)
        };
        let headers: Vec<(&str, &str)> = [("content-type", ask.content_type.as_str())]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .chain(ask.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())))
            .collect();
        let start = Timestamp::now();
        let body = filled(&self.sides[0], &ask.body);
        let (code, real) = request::send(&self.user, &ask.method, &filled(&self.sides[0], &ask.path), &headers, body)
            .expect("the real server did not answer");
        // The sandbox is told the time at which the real one worked, so that even times can be compared.
        let now = newest_time(&real).filter(|time| *time >= Timestamp::from_second(start.as_second()).expect("a time"));

        let mut twin = Request::new(&ask.method, &filled(&self.sides[1], &ask.path), filled(&self.sides[1], &ask.body));
        for (key, value) in headers {
            let field = match key {
                "content-type" => &mut twin.content_type,
                "accept" => &mut twin.accept,
                _ => &mut twin.user_agent,
            };
            *field = Some(value.to_owned());
        }
        let answer = handle(&mut self.store, &twin, &self.caller, now.unwrap_or(start));
        let ours = match answer.body {
            Payload::Json(body) => body,
            Payload::Text(body) => json!(body),
            Payload::Watch(mut watch) => watched::events(&mut watch, &self.store, start),
        };
        let real = if code == 200 && ours.is_array() { watched::lines(real) } else { real };
        let real = (code, self.sides[0].normal(real));
        let ours = (answer.code, self.sides[1].normal(ours));
        if ask.mark {
            self.sides.iter_mut().for_each(|side| side.mark = side.version.clone());
        }
        let same = if ask.code_only { real.0 == ours.0 } else { real == ours };
        if same {
            return Ok(());
        }
        let show = |(code, body): &(u16, Value)| format!("{code} {body}");
        let body: String = ask.body.chars().take(300).collect();
        Err(format!(
            "{} {} {} {body}\n  real:    {}\n  sandbox: {}",
            ask.method,
            ask.path,
            ask.content_type,
            show(&real),
            show(&ours)
        ))
    }
}

/// The newest time in managedFields.
fn newest_time(body: &Value) -> Option<Timestamp> {
    let entries = body["metadata"]["managedFields"].as_array()?;
    entries.iter().filter_map(|e| e["time"].as_str()?.parse().ok()).max()
}

impl Side {
    /// A body without what must differ between two servers.
    fn normal(&mut self, mut body: Value) -> Value {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if body["kind"] != "Status" && body["metadata"].get("uid").is_some() {
            self.uid = text(&body["metadata"]["uid"]);
            self.version = text(&body["metadata"]["resourceVersion"]);
        }
        if body.get("items").is_some() || body["kind"] == "Table" {
            body["metadata"]["resourceVersion"] = json!("[list]");
            if body["metadata"].get("continue").is_some() {
                body["metadata"]["continue"] = json!("[continue]");
            }
        }
        for event in body.as_array_mut().into_iter().flatten().filter(|event| event["type"] == "BOOKMARK") {
            // It counts the writes of everybody.
            event["object"]["metadata"]["resourceVersion"] = json!("[bookmark]");
            for row in event["object"]["rows"].as_array_mut().into_iter().flatten() {
                row["object"]["metadata"]["resourceVersion"] = json!("[bookmark]");
            }
        }
        self.walk(&mut body);
        body
    }

    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                // How somebody proved who they are is no matter of the sandbox.
                map.remove("extra");
                // The first namespaces were made when each of the two servers began.
                if map.get("manager").is_some_and(|m| m == "kube-apiserver") {
                    map.insert("time".to_owned(), json!("[time]"));
                }
                for (key, below) in map.iter_mut() {
                    match (key.as_str(), &*below) {
                        ("uid", Value::String(uid)) if uid.len() == 36 => *below = json!("[uid]"),
                        ("creationTimestamp" | "deletionTimestamp", Value::String(_)) => *below = json!("[time]"),
                        ("resourceVersion", Value::String(version)) if !version.starts_with('[') => {
                            let next = self.versions.len();
                            let number = *self.versions.entry(version.clone()).or_insert(next);
                            *below = json!(format!("[{number}]"));
                        }
                        ("cells", Value::Array(cells)) => {
                            let age = |cell: &Value| cell.as_str().is_some_and(|text| text.ends_with('s') && text.len() < 4);
                            let cells = cells.iter().map(|cell| if age(cell) { json!("[age]") } else { cell.clone() });
                            *below = cells.collect();
                        }
                        ("message", Value::String(message)) => *below = json!(normal_message(message)),
                        // Where a deletion adds its own, the real server keeps them in a Go set: any order.
                        ("finalizers", Value::Array(_)) => {
                            if let Value::Array(finalizers) = below {
                                finalizers.sort_by_key(Value::to_string);
                            }
                        }
                        ("causes", Value::Array(_)) => {
                            self.walk(below);
                            if let Value::Array(causes) = below {
                                causes.sort_by_key(Value::to_string);
                            }
                        }
                        _ => self.walk(below),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}

/// Without uids, times and resourceVersions; several faults in a fixed order, where the real server's is that of a Go map.
fn normal_message(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(c) = rest.chars().next() {
        if let Some(len) = uid_or_time(rest) {
            out.push_str("[…]");
            rest = &rest[len..];
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
        if uid_or_time(rest).is_some() {
            continue;
        }
        let before_version =
            ["esourceVersion\":\"", "esourceVersion\\\":\\\"", "in record (", "in object meta: ", "too old resource version: "];
        if before_version.iter().any(|needle| out.ends_with(needle)) {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            out.push_str("[rv]");
        }
    }
    if let Some((head, list)) = out.split_once(" is invalid: [") {
        let mut parts: Vec<&str> = list.trim_end_matches(']').split(", ").collect();
        parts.sort_unstable();
        return format!("{head} is invalid: [{}]", parts.join(", "));
    }
    out
}

fn uid_or_time(text: &str) -> Option<usize> {
    let shaped = |shape: &str| {
        let fits = |(want, have): (u8, u8)| match want {
            b'x' => have.is_ascii_hexdigit(),
            b'0' => have.is_ascii_digit(),
            other => have == other,
        };
        (text.len() >= shape.len() && shape.bytes().zip(text.bytes()).all(fits)).then_some(shape.len())
    };
    shaped("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx").or_else(|| shaped("0000-00-00T00:00:00Z"))
}
