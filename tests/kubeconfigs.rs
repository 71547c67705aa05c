//! Kubeconfigs as kubectl reads them: every case of `tests/kubeconfigs`, given to the real kubectl and to konnect on the same real server.
//! Both get in as the same user, or neither does, or the case stands in the list of deliberate differences.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "kubeconfigs/cases.rs"]
mod cases;
#[path = "kubeconfigs/links.rs"]
mod links;
#[path = "kubeconfigs/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::{Given, KubeconfigCase};
use konnect::cluster::ClusterSelector;
use konnect::cluster::kubeconfig::{self, Secrets};
use serde_json::Value;
use testkit::child::run_to_end;
use testkit::{Konnect, Server, skipped};
use world::KubeconfigWorld;

/// Where konnect means to differ: the case, what konnect makes of it, and the reason.
const DIFFERENCES: [(&str, &str, &str); 16] = [
    ("auth-provider-oidc", "error", OIDC),
    ("base64-folded", ADMIN, SPACES),
    ("base64-plain-lines", ADMIN, SPACES),
    ("base64-trailing-space", ADMIN, SPACES),
    ("context-named-by-a-number", ADMIN, UNRELATED),
    ("list-broken-user-in-the-second", ADMIN, UNRELATED),
    ("proxy-url", "error", "konnect can't use proxies yet, and says so"),
    ("server-plain-http-by-another-name", "error", "http beyond loopback would show the Konnect token to whoever listens"),
    ("server-with-user-information", "error", "an address is shown in many places, and a password in it with it"),
    ("unrelated-base64", ADMIN, UNRELATED),
    ("unrelated-duplicates", ADMIN, UNRELATED),
    ("unrelated-extensions", ADMIN, UNRELATED),
    ("unrelated-namespace", ADMIN, UNRELATED),
    ("unrelated-not-a-map", ADMIN, UNRELATED),
    ("unrelated-preferences", ADMIN, UNRELATED),
    ("unrelated-wrong-type", ADMIN, UNRELATED),
];
const ADMIN: &str = "test-token-admin";
const OIDC: &str = "konnect refreshes no tokens; of all auth-providers kubectl kept this one alone";
const SPACES: &str = "line ends are not part of base64 to kubectl; neither are spaces to us: they can mean nothing else";
const UNRELATED: &str = "only what the chosen context leads to is looked at; kubectl types the whole file";

const SPEC: &str = "namespace = \"kong\"\nservice_account = \"kong\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";

/// Who got in, or `error`; and what was said.
struct Login {
    user: String,
    said: String,
}

fn kubectl(server: &Server, given: &Given, folder: &Path) -> Login {
    let mut command = Command::new(server.kubectl_program());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder).current_dir(folder);
    command.args(["auth", "whoami", "--output", "json", "--request-timeout", "20s"]);
    match given {
        Given::Flag(file) => command.arg("--kubeconfig").arg(file),
        Given::List(list) => command.env("KUBECONFIG", list),
    };
    let output = run_to_end(command, None);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let user = answer["status"]["userInfo"]["username"].as_str().filter(|_| output.status.success());
    Login { user: user.unwrap_or("error").to_owned(), said }
}

fn konnect(konnect: Konnect, given: &Given) -> Login {
    let args = ["plan", "--format", "json", "--timeout", "20s"].map(std::ffi::OsString::from);
    let konnect = match given {
        Given::Flag(file) => konnect.args(args.into_iter().chain(["--kubeconfig".into(), file.into()])),
        Given::List(list) => konnect.args(args).env("KUBECONFIG", list),
    };
    let ran = konnect.spec(SPEC).env("PAT", "kpat_8fQw2Zr6Lk3Vb9Xn").run();
    let said = format!("exit code {}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
    let document: Value = ran.stdout.parse().unwrap_or_default();
    let spec = &document["specs"][0];
    let user = spec["cluster"]["user"].as_str();
    let failed = ran.code == 1 && spec["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    Login { user: user.unwrap_or(if failed { "error" } else { "neither a user nor an error" }).to_owned(), said }
}

/// What is wrong with a case; empty if nothing is.
fn compare(server: &Server, world: &KubeconfigWorld, case: &KubeconfigCase) -> String {
    let place = testkit::konnect!();
    let folder = place.folder().join("case");
    let given = case.write(world, &folder);
    let theirs = kubectl(server, &given, place.folder());
    let ours = konnect(place, &given);
    let mut wrong = String::new();
    if theirs.user != case.expected {
        wrong += &format!("kubectl got in as {}, not {}:\n{}\n", theirs.user, case.expected, theirs.said);
    }
    match DIFFERENCES.iter().find(|(name, ..)| *name == case.name) {
        None if ours.user != theirs.user => {
            wrong += &format!("kubectl: {}; konnect: {}\n{}\n{}\n", theirs.user, ours.user, theirs.said, ours.said);
        }
        Some(_) if ours.user == theirs.user => wrong += "the list of differences names it, but there is none\n",
        Some((_, expected, _)) if ours.user != *expected => {
            wrong += &format!("konnect should say {expected}: {}\n{}\n", ours.user, ours.said);
        }
        _ => {}
    }
    if world.secrets.iter().any(|secret| ours.said.contains(secret.as_str())) {
        wrong += "konnect shows a secret of it\n";
    }
    if folder.join("touched").exists() {
        wrong += "a command of an auth-provider was run\n";
    }
    wrong
}

#[test]
fn kubectl_and_konnect_get_in_as_the_same_user() {
    let Some(server) = testkit::server() else { return };
    let world = KubeconfigWorld::new(server);
    let cases = cases::all();
    assert!(cases.len() >= 80, "{} cases", cases.len());
    let (next, compared) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong = compare(server, &world, case);
                    compared.lock().expect("no thread panicked").insert(case.name.as_str(), wrong);
                }
            });
        }
    });
    let compared = compared.into_inner().expect("no thread panicked");
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(compared.keys().copied().collect::<Vec<_>>(), names, "every case was compared, and no two have one name");
    for (name, _, reason) in DIFFERENCES {
        assert!(compared.contains_key(name) && !reason.is_empty(), "the list of differences names {name}");
    }
    let users = cases.iter().filter(|case| case.expected != "error").count();
    let differences = DIFFERENCES.len();
    skipped::say(&format!(
        "{} kubeconfigs compared with kubectl, {users} of which let it in; {differences} deliberate differences",
        names.len()
    ));
    let wrong: Vec<String> =
        compared.iter().filter(|(_, wrong)| !wrong.is_empty()).map(|(name, wrong)| format!("--- {name}: {wrong}")).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
}

/// A kubeconfig of one context, read in this process; and the secrets that were met.
fn read(server: &str, user: &str) -> (Result<kubeconfig::Selected, konnect::outcome::Failure>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("token"), "from-a-file\n").expect("written");
    let text = format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: other, user: {{token: of-another}}}}, {{name: u, user: {user}}}]\n"
    );
    let file = folder.path().join("config");
    std::fs::write(&file, text).expect("written");
    let choice = ClusterSelector { kubeconfig_flag: Some(file.as_path().into()), ..ClusterSelector::default() };
    let mut secrets = Secrets::new();
    let read = kubeconfig::read(&choice, &mut secrets);
    (read, secrets.iter().map(|secret| String::from_utf8(secret.to_vec()).expect("text")).collect())
}

#[test]
fn every_secret_is_known_even_where_the_kubeconfig_is_refused() {
    let rows = [
        ("https://a", "{token: inline}", true, vec!["of-another", "inline"]),
        ("https://a", "{token: inline, tokenFile: token}", true, vec!["of-another", "inline", "from-a-file"]),
        ("https://a", "{username: jane, password: pass}", true, vec!["of-another", "pass"]),
        ("https://a", "{token: inline, password: pass}", false, vec!["of-another", "inline", "pass"]),
        ("https://a:99999", "{token: inline}", false, vec!["of-another", "inline"]),
        ("https://a", "{tokenFile: token, exec: {}}", false, vec!["of-another"]),
    ];
    for (server, user, is_usable, expected) in rows {
        let (read, secrets) = read(server, user);
        assert_eq!(read.is_ok(), is_usable, "{user}");
        assert_eq!(secrets, expected, "{user}");
    }
}

#[test]
fn no_credential_is_sent_in_clear_and_none_but_one() {
    let all = "{token: t, as: jane, as-groups: [a, b], as-user-extra: {a/b: [c]}}";
    let headers =
        [("impersonate-user", "jane"), ("impersonate-group", "a"), ("impersonate-group", "b"), ("impersonate-extra-a%2fb", "c")];
    for (server, is_sent) in [("https://127.0.0.1:1", true), ("http://127.0.0.1:1", false), ("localhost:1", false)] {
        let config = read(server, all).0.expect("usable").config;
        assert_eq!(config.auth_info.token.is_some(), is_sent, "{server}");
        let found: Vec<_> = config.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII"))).collect();
        assert_eq!(found, headers, "{server}");
    }
    let (read, _) =
        read("https://a", "{username: jane, password: p, exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1}}");
    let auth = read.expect("usable").config.auth_info;
    assert!(auth.username.is_some() && auth.exec.is_none());
}
