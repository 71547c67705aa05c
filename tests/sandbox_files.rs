//! The sandbox's files beside its own: nothing that is not the sandbox's is overwritten, opened through a link, or removed.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::process::{Child, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use testkit::{Konnect, Ran, child};

const TOKEN: &str = "kpat_sandboxFilesAAAABBBBCCCC1";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";

fn konnect() -> Konnect {
    testkit::konnect!().spec(SPEC).env("PAT", TOKEN).args(["sandbox", "serve", "--sandbox=state.json"])
}

/// Serves until it says so.
fn serving(konnect: &Konnect) -> Child {
    let mut child = konnect.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
    let first = BufReader::new(child.stdout.take().expect("piped")).lines().next();
    first.expect("it listens").expect("text");
    child
}

fn end(mut child: Child, signal: Signal) {
    kill_process(child::pid(&child), signal).expect("sent");
    child.wait().expect("ended");
}

fn refused(ran: &Ran, name: &str) {
    ran.assert_code(1);
    assert!(ran.stderr.contains(name) && ran.stderr.contains("no sandbox wrote it"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--kubeconfig-out"), "{}", ran.stderr);
}

#[test]
fn a_kubeconfig_that_is_not_a_sandbox_s_is_left_alone() {
    let konnect = konnect();
    let path = konnect.folder().join("kubeconfig");
    end(serving(&konnect), Signal::KILL);
    let left: Value = std::fs::read_to_string(&path).expect("left by the kill").parse().expect("JSON");
    let with = |pointer: &str, value: Value| {
        let mut changed = left.clone();
        *changed.pointer_mut(pointer).expect("there") = value;
        changed.to_string()
    };
    let mut more = left.clone();
    more["users"].as_array_mut().expect("users").push(json!({"name": "mine", "user": {"token": "mine"}}));
    let mut preferences = left.clone();
    preferences["preferences"] = json!({"colors": true});
    let foreign = [
        String::new(),
        "apiVersion: v1\nkind: Config\nclusters: []\n".to_owned(),
        "not a kubeconfig".to_owned(),
        more.to_string(),
        preferences.to_string(),
        with("/clusters/0/cluster/server", json!("https://prod.example:6443")),
        with("/users/0/user/token", json!("mine")),
        with("/current-context", json!("prod")),
        format!("{left}{}", " ".repeat(70_000)),
    ];
    for text in foreign {
        std::fs::write(&path, &text).expect("written");
        // Beside the sandbox's file by default; and where it is named.
        refused(&konnect.run(), "kubeconfig");
        assert_eq!(std::fs::read_to_string(&path).expect("kept"), text);
        let named = self::konnect().file("mine", &text).args(["sandbox", "serve", "--sandbox=s", "--kubeconfig-out", "mine"]);
        refused(&named.run(), "mine");
        assert_eq!(std::fs::read_to_string(named.folder().join("mine")).expect("kept"), text);
    }
    std::fs::write(&path, left.to_string()).expect("written");
    end(serving(&konnect), Signal::TERM);
    assert!(!path.exists(), "it leads nowhere any more");
}

#[test]
fn nor_is_what_is_no_file() {
    let konnect = konnect();
    let folder = konnect.folder().to_owned();
    let path = folder.join("kubeconfig");
    end(serving(&konnect), Signal::KILL);
    // Even a link to what a sandbox left: the link is somebody's.
    std::fs::rename(&path, folder.join("elsewhere")).expect("renamed");
    symlink("elsewhere", &path).expect("a link");
    refused(&konnect.run(), "kubeconfig");
    assert!(path.symlink_metadata().expect("kept").is_symlink());
    std::fs::remove_file(&path).expect("removed");
    symlink("nowhere", &path).expect("a link");
    refused(&konnect.run(), "kubeconfig");
    assert!(!folder.join("nowhere").exists());
    std::fs::remove_file(&path).expect("removed");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a pipe");
    refused(&konnect.run(), "kubeconfig");
    assert!(path.symlink_metadata().expect("kept").file_type().is_fifo());
    std::fs::remove_file(&path).expect("removed");
    std::fs::create_dir(&path).expect("a folder");
    refused(&konnect.run(), "kubeconfig");
    assert!(path.is_dir());
}

#[test]
fn only_what_it_wrote_is_removed_and_a_crash_blocks_nothing() {
    let konnect = konnect();
    let path = konnect.folder().join("kubeconfig");
    for signal in [Signal::KILL, Signal::KILL, Signal::TERM] {
        end(serving(&konnect), signal);
    }
    assert!(!path.exists());
    let child = serving(&konnect);
    std::fs::write(&path, "somebody else's meanwhile").expect("written");
    end(child, Signal::TERM);
    assert_eq!(std::fs::read_to_string(&path).expect("kept"), "somebody else's meanwhile");
    std::fs::remove_file(&path).expect("removed");
    // Who comes while another is served does not take that one's kubeconfig away.
    let first = serving(&konnect);
    let text = std::fs::read_to_string(&path).expect("written");
    konnect.run().assert_says(1, &["leads to a sandbox server that is running", "--kubeconfig-out"]);
    assert_eq!(std::fs::read_to_string(&path).expect("kept"), text);
    end(first, Signal::TERM);
    assert!(!path.exists());
    let left: Vec<_> = std::fs::read_dir(konnect.folder()).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("kubeconfig")), "{left:?}");
}

#[test]
fn the_lock_and_the_new_file_follow_no_link() {
    let konnect = konnect().args(["apply", "--sandbox=s.json", "--auto-approve"]);
    let folder = konnect.folder().to_owned();
    for victim in ["victim", "absent"] {
        if victim == "victim" {
            std::fs::write(folder.join(victim), "untouched").expect("written");
        }
        symlink(victim, folder.join("s.json.lock")).expect("a link");
        let ran = konnect.run();
        ran.assert_code(1);
        assert!(ran.stderr.contains("s.json") && ran.stderr.contains("symbolic link"), "{}", ran.stderr);
        std::fs::remove_file(folder.join("s.json.lock")).expect("removed");
        symlink(victim, folder.join("s.json.new")).expect("a link");
        konnect.run().assert_code(0);
        assert!(folder.join("s.json").symlink_metadata().expect("written").is_file());
        for name in ["s.json", "s.json.lock"] {
            std::fs::remove_file(folder.join(name)).expect("removed");
        }
    }
    assert_eq!(std::fs::read_to_string(folder.join("victim")).expect("kept"), "untouched");
    assert!(!folder.join("absent").exists());
}
