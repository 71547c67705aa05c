//! Is the sandbox what it says? The same requests go to it and to a real kube-apiserver, and every answer must be the same: status
//! code, reason, details, causes, message, the object, its managedFields with their times, and whether its resourceVersion
//! moved. Only uids, creation and deletion times and the numbers of resourceVersions may differ.
//!
//! * `tests/faithful/*.txt`: the fixed list, in groups; [`script`] reads it.
//! * [`generator`]: sequences of operations by three managers, from a seed; the first difference is shown as small as it gets.
//! * [`pair`]: sends a request to both and compares.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "faithful/generator.rs"]
mod generator;
#[path = "faithful/pair.rs"]
mod pair;
#[path = "faithful/script.rs"]
mod script;

use konnect::sandbox::rights::Rule;
use pair::Pair;

/// Every group of the list. A new file must be named here.
const GROUPS: [(&str, &str); 12] = [
    ("apply", include_str!("faithful/apply.txt")),
    ("apply errors", include_str!("faithful/apply_errors.txt")),
    ("characters", include_str!("faithful/characters.txt")),
    ("create", include_str!("faithful/create.txt")),
    ("delete", include_str!("faithful/delete.txt")),
    ("lists", include_str!("faithful/lists.txt")),
    ("merge", include_str!("faithful/merge.txt")),
    ("namespaces", include_str!("faithful/namespaces.txt")),
    ("ownership", include_str!("faithful/ownership.txt")),
    ("paths", include_str!("faithful/paths.txt")),
    ("put", include_str!("faithful/put.txt")),
    ("strategic", include_str!("faithful/strategic.txt")),
];

/// The list shall not shrink unnoticed.
const AT_LEAST: usize = 300;

#[test]
fn the_sandbox_answers_the_list_as_the_real_server_does() {
    let Some(server) = testkit::server() else { return };
    let mut compared = 0;
    let mut differences = Vec::new();
    for (group, text) in GROUPS {
        let mut pair = Pair::new(server);
        let namespace = server.namespace("faithful");
        for (line, request) in script::read(text, &namespace) {
            if let Err(difference) = pair.compare(&request) {
                differences.push(format!("{group}, line {line}: {difference}"));
            }
            compared += 1;
        }
    }
    testkit::skipped::say(&format!("{compared} requests compared with the real server, {} differ", differences.len()));
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(compared >= AT_LEAST, "only {compared} requests");
}

#[test]
fn the_sandbox_refuses_what_rbac_refuses() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("rights");
    let user = server.user("limited", &["devs"]);
    server.kubectl_ok(&["create", "namespace", &namespace], None);
    server.rbac(&script::role(&namespace));
    let rule = |verbs: &[&str], names: &[&str]| Rule {
        verbs: verbs.iter().map(|v| (*v).to_owned()).collect(),
        resources: vec!["secrets".to_owned()],
        namespace: Some(namespace.clone()),
        names: names.iter().map(|n| (*n).to_owned()).collect(),
    };
    let rules = vec![rule(&["get", "list"], &[]), rule(&["patch"], &[]), rule(&["create"], &["mine"])];
    let mut pair = Pair::new(server);
    pair.compare_namespace(&namespace);
    let mut pair = pair.for_user(&user, "limited", &["devs", "system:authenticated"], rules);
    let requests = script::read(include_str!("faithful/rights.txt"), &namespace);
    let mut differences = Vec::new();
    let compared = requests.len();
    for (line, request) in requests {
        if let Err(difference) = pair.compare(&request) {
            differences.push(format!("rights, line {line}: {difference}"));
        }
    }
    testkit::skipped::say(&format!("{compared} requests of a user with few rights compared, {} differ", differences.len()));
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

#[test]
fn the_sandbox_follows_any_sequence_as_the_real_server_does() {
    let Some(server) = testkit::server() else { return };
    let sequences = if std::env::var_os("KONNECT_LONG").is_some() { 2000 } else { 300 };
    let seed = std::env::var("KONNECT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut pair = Pair::new(server);
    let namespace = server.namespace("sequences");
    pair.compare_namespace(&namespace);
    let mut compared = 0;
    for number in 0..sequences {
        let steps = generator::sequence(seed + number);
        compared += steps.len();
        if generator::run(&mut pair, &namespace, &steps).is_err() {
            let (steps, difference) = generator::shrink(&mut pair, &namespace, steps);
            let shown: Vec<String> = steps.iter().map(ToString::to_string).collect();
            panic!("sequence of seed {}:\n{}\n{difference}", seed + number, shown.join("\n"));
        }
    }
    testkit::skipped::say(&format!("{sequences} sequences with {compared} requests compared with the real server"));
}
