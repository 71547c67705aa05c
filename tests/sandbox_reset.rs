//! `konnect sandbox reset`: it says what it removed, leaves nothing of it, and touches no file that is not a sandbox's.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::fs::{self, File};
use std::path::Path;

use testkit::{Konnect, Served, request};

const TOKEN: &str = "kpat_sandboxResetAAAABBBBCCCC";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";
const RESET: [&str; 3] = ["sandbox", "reset", "--sandbox=s.json"];

fn konnect() -> Konnect {
    testkit::konnect!().spec(SPEC).env("PAT", TOKEN)
}

fn applied() -> Konnect {
    let konnect = konnect().args(["apply", "--sandbox=s.json", "--auto-approve"]);
    konnect.run().assert_code(0);
    konnect
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn it_says_what_it_removed_and_a_new_cluster_begins() {
    let konnect = applied();
    let file = konnect.folder().join("s.json");
    let konnect = konnect.args(["plan", "--sandbox=s.json", "--out", "made.plan"]);
    konnect.run().assert_code(0);
    let konnect = konnect.args(RESET);
    let ran = konnect.run();
    ran.assert_code(0);
    let expected = "  - Namespace kong\n  - ServiceAccount kong/podid\n  - Secret kong/konnect-pat\n\n\
                    Reset complete! The sandbox s.json is empty. Resources: 3 destroyed.\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (expected, ""));
    // Not even in passing: neither the token nor its base64 is left.
    let left = fs::read_to_string(&file).expect("kept");
    assert!(!left.contains(TOKEN) && !left.contains("konnect-pat") && !left.contains("a3BhdF9"), "{left}");
    let ran = konnect.run();
    assert_eq!(ran.stdout, "Reset complete! The sandbox s.json is empty. Resources: 0 destroyed.\n");
    // It is another cluster now, as a plan that was made for the old one sees.
    let konnect = konnect.args(["apply", "made.plan", "--sandbox=s.json"]);
    konnect.run().assert_code(4);
    let konnect = konnect.args(["plan", "--sandbox=s.json"]);
    konnect.run().assert_says(0, &["3 to add"]);
}

#[test]
fn where_there_is_none_there_is_nothing_to_do() {
    let konnect = konnect().args(RESET);
    let before = files(konnect.folder());
    let ran = konnect.run();
    ran.assert_code(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("Nothing to reset: there is no sandbox at s.json.\n", ""));
    let konnect = konnect.args(["sandbox", "reset"]);
    konnect.run().assert_says(0, &["Nothing to reset", ".local/state/konnect/sandbox.json"]);
    assert_eq!(files(konnect.folder()), before, "nothing was made");
    let konnect = konnect.args(["apply", "--sandbox", "--auto-approve"]);
    konnect.run().assert_code(0);
    let konnect = konnect.args(["sandbox", "reset", "-q"]);
    let ran = konnect.run();
    assert!(ran.code == 0 && ran.stdout.starts_with("Reset complete!"), "{ran:?}");
}

#[test]
fn what_is_no_sandbox_is_left_as_it_is() {
    for text in ["", "{", "{}", "{\"format\": \"konnect sandbox\", \"version\": 99}", SPEC] {
        let konnect = konnect().file("s.json", text).args(RESET);
        konnect.run().assert_says(1, &["s.json"]);
        assert_eq!(fs::read_to_string(konnect.folder().join("s.json")).expect("kept"), text);
    }
    let konnect = konnect().args(["sandbox", "reset", "--sandbox=konnect.toml"]);
    konnect.run().assert_says(1, &["konnect.toml"]);
    assert_eq!(fs::read_to_string(konnect.folder().join("konnect.toml")).expect("kept"), SPEC);
    fs::create_dir(konnect.folder().join("folder")).expect("made");
    let konnect = konnect.args(["sandbox", "reset", "--sandbox=folder"]);
    konnect.run().assert_says(1, &["folder", "not a regular file"]);
}

#[test]
fn it_waits_for_whoever_uses_it_and_then_gives_up() {
    let konnect = applied();
    let before = fs::read(konnect.folder().join("s.json")).expect("there");
    let lock = File::options().append(true).open(konnect.folder().join("s.json.lock")).expect("there");
    lock.lock().expect("locked");
    let konnect = konnect.args(RESET.iter().chain(&["--timeout", "1s"]));
    konnect.run().assert_says(1, &["s.json", "in use by another process"]);
    assert_eq!(fs::read(konnect.folder().join("s.json")).expect("kept"), before);
    drop(lock);
    konnect.run().assert_says(0, &["3 destroyed"]);
}

#[test]
fn a_served_one_goes_on_with_the_new_cluster() {
    let served = Served::start(testkit::konnect!());
    let send = |method: &str, path: &str, body: &str| {
        let answer = request::send(&served.kubeconfig(), method, path, &[("content-type", "application/json")], body);
        answer.expect("an answer")
    };
    let uid = || send("GET", "/api/v1/namespaces/kube-system", "").1["metadata"]["uid"].clone();
    let before = uid();
    let secrets = "/api/v1/namespaces/default/secrets";
    assert_eq!(send("POST", secrets, "{\"metadata\":{\"name\":\"a\"}}").0, 201);
    let reset = testkit::konnect!().args(["sandbox", "reset", &format!("--sandbox={}", served.file().display())]);
    reset.run().assert_says(0, &["Secret default/a", "1 destroyed"]);
    assert_eq!(send("GET", &format!("{secrets}/a"), "").0, 404);
    assert_ne!(uid(), before);
    assert_eq!(send("POST", secrets, "{\"metadata\":{\"name\":\"a\"}}").0, 201);
}
