//! Is the sandbox what it says? The same requests go to it and to a real kube-apiserver, and every answer must be the same: status
//! code, reason, details, causes, message, the object, its managedFields with their times, and whether its resourceVersion
//! moved. Only uids, creation and deletion times and the numbers of resourceVersions may differ.
//!
//! * `tests/sandbox_conformance/*.txt`: lists of requests, a test each; [`script`] reads them. Those under `few_rights` are sent by a user
//!   who may do little. `cargo test --test sandbox_conformance -- apply_errors` runs one.
//! * [`generator`]: sequences of operations by three managers, from a seed; the first difference is shown as small as it gets.
//! * [`pair`]: sends a request to both and compares.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "sandbox_conformance/generator.rs"]
mod generator;
#[path = "sandbox_conformance/pair.rs"]
mod pair;
#[path = "sandbox_conformance/script.rs"]
mod script;
#[path = "sandbox_conformance/watched.rs"]
mod watched;

use std::process::ExitCode;

use kube_sandbox::rights::Rule;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use pair::ServerPair;
use testkit::extent::{Extent, extent};
use testkit::{Server, skipped};

/// The lists shall not shrink unnoticed.
const AT_LEAST: usize = 780;

/// A file of requests.
struct List {
    name: String,
    text: String,
}

/// All lists of a folder, by name.
fn lists(folder: &str) -> Vec<List> {
    let folder = testkit::root().join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let read = |path: std::path::PathBuf| List {
        name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
        text: std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
    };
    paths.into_iter().map(read).collect()
}

fn main() -> ExitCode {
    let by_admin = lists("tests/sandbox_conformance");
    let by_limited = lists("tests/sandbox_conformance/few_rights");
    let requests = by_admin.iter().map(|list| script::read(&list.text, "any").len()).sum();
    let mut trials = vec![
        Trial::test("the_lists_are_not_shorter", move || enough(requests)),
        with_server("any_sequence".to_owned(), any_sequence),
    ];
    let admin = by_admin.into_iter().map(|list| {
        with_server(format!("list::{}", list.name), move |server| {
            let namespace = server.namespace("conformance");
            compare(ServerPair::new(server), &list, &namespace)
        })
    });
    let limited = by_limited.into_iter().map(|list| {
        with_server(format!("few_rights::{}", list.name), move |server| {
            let namespace = server.namespace("rights");
            compare(with_few_rights(server, &namespace), &list, &namespace)
        })
    });
    trials.extend(admin.chain(limited));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test that needs the real server, or is skipped.
fn with_server(name: String, test: impl FnOnce(&'static Server) -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::ignorable_test(name.clone(), move || match testkit::server_for(&name) {
        Some(server) => test(server).map(|()| Completion::Completed),
        None => Ok(Completion::ignored_with(skipped::no_real_server())),
    })
}

fn enough(requests: usize) -> Result<(), Failed> {
    if requests < AT_LEAST { Err(format!("only {requests} requests").into()) } else { Ok(()) }
}

fn compare(mut pair: ServerPair<'_>, list: &List, namespace: &str) -> Result<(), Failed> {
    let requests = script::read(&list.text, namespace);
    let compared = requests.len();
    let differences: Vec<String> =
        requests.iter().filter_map(|(line, request)| Some(format!("line {line}: {}", pair.compare(request).err()?))).collect();
    skipped::say(&format!("{}: {compared} requests compared with the real server, {} differ", list.name, differences.len()));
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n\n").into()) }
}

/// Both servers as a user sees them who may get and list the secrets of one namespace, patch them, and create one by name.
fn with_few_rights<'a>(server: &'a Server, namespace: &str) -> ServerPair<'a> {
    let user = server.user("limited", &["devs"]);
    server.kubectl_ok(&["create", "namespace", namespace], None);
    server.rbac(&script::role(namespace));
    let rule = |verbs: &[&str], names: &[&str]| Rule {
        verbs: verbs.iter().map(|v| (*v).to_owned()).collect(),
        resources: vec!["secrets".to_owned()],
        namespace: Some(namespace.to_owned()),
        names: names.iter().map(|n| (*n).to_owned()).collect(),
    };
    let rules = vec![rule(&["get", "list"], &[]), rule(&["patch"], &[]), rule(&["create"], &["mine"])];
    let mut pair = ServerPair::new(server);
    pair.compare_namespace(namespace);
    pair.for_user(&user, "limited", &["devs", "system:authenticated"], rules)
}

fn any_sequence(server: &Server) -> Result<(), Failed> {
    let sequences = if extent() == Extent::Long { 2000 } else { 300 };
    let seed = std::env::var("KONNECT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut pair = ServerPair::new(server);
    let namespace = server.namespace("sequences");
    pair.compare_namespace(&namespace);
    let mut compared = 0;
    for number in 0..sequences {
        let steps = generator::sequence(seed + number);
        compared += steps.len();
        if generator::run(&mut pair, &namespace, &steps).is_err() {
            let (steps, difference) = generator::shrink(&mut pair, &namespace, steps);
            let shown: Vec<String> = steps.iter().map(ToString::to_string).collect();
            return Err(format!("sequence of seed {}:\n{}\n{difference}", seed + number, shown.join("\n")).into());
        }
    }
    skipped::say(&format!("{sequences} sequences with {compared} requests compared with the real server"));
    Ok(())
}
