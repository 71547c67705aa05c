//! Nothing blocks deafly, and nothing is read without bound: every file that konnect reads may be a pipe that nobody writes to, or a device
//! that never ends.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use testkit::child::{self, run_to_end};
use testkit::{Konnect, Ran};

const TOKEN: &str = "kpat_blockingAAAABBBBCCCC1234";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";

/// What to type to have `source` read, and what is then said not to have ended.
struct ReadPlace {
    name: &'static str,
    args: Vec<&'static str>,
    /// Whether the command takes `--timeout`.
    timed: bool,
    reading: &'static str,
}

/// Every place where a file can be named, that file being `source` in the working folder.
fn places() -> Vec<ReadPlace> {
    let place = |name, args: &[&'static str], timed, reading| ReadPlace { name, args: args.to_vec(), timed, reading };
    vec![
        place("pat_file", &["plan", "--sandbox=s", "-f", "with-pat-file.toml"], true, "reading the spec and the token"),
        place("the spec of plan", &["plan", "--sandbox=s", "-f", "source"], true, "reading the spec"),
        place("the spec of apply", &["apply", "--sandbox=s", "--auto-approve", "-f", "source"], true, "reading the spec"),
        place("the spec of validate", &["validate", "-f", "source"], true, "reading the spec"),
        place("the spec of rbac", &["rbac", "-f", "source"], false, "reading the spec"),
        place("the kubeconfig", &["plan", "--kubeconfig", "source"], true, "reading the kubeconfig"),
        place("a tokenFile", &["plan", "--kubeconfig", "tokenFile"], true, "reading the kubeconfig"),
        place("a certificate-authority", &["plan", "--kubeconfig", "certificate-authority"], true, "reading the kubeconfig"),
        place("a client-certificate", &["plan", "--kubeconfig", "client-certificate"], true, "reading the kubeconfig"),
        place("a client-key", &["plan", "--kubeconfig", "client-key"], true, "reading the kubeconfig"),
        place("the plan of apply", &["apply", "source", "--sandbox=s"], true, "reading the plan"),
        place("the plan of show", &["show", "source"], false, "reading the plan"),
    ]
}

/// A folder with all that the places need, but for `source` itself.
fn konnect() -> Konnect {
    let kubeconfig = |cluster: Value, user: Value| {
        let mut cluster = cluster;
        cluster["server"] = json!("https://127.0.0.1:1");
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
            "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "c", "user": user}],
        })
        .to_string()
    };
    let (with_pat_file, none) = (SPEC.replace("pat_env = \"PAT\"", "pat_file = \"source\""), || json!({}));
    testkit::konnect!()
        .spec(SPEC)
        .env("PAT", TOKEN)
        .file("with-pat-file.toml", &with_pat_file)
        .file("tokenFile", &kubeconfig(none(), json!({"tokenFile": "source"})))
        .file("certificate-authority", &kubeconfig(json!({"certificate-authority": "source"}), none()))
        .file("client-certificate", &kubeconfig(none(), json!({"client-certificate": "source", "client-key": "other"})))
        .file("client-key", &kubeconfig(none(), json!({"client-certificate": "other", "client-key": "source"})))
        .file("other", "no certificate")
}

fn pipe(folder: &Path, name: &str) {
    mknodat(CWD, folder.join(name), FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a pipe");
}

/// The same command, under limits that a shell sets.
fn limited(konnect: &Konnect, limit: &str) -> Command {
    let inner = konnect.command();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(konnect.folder());
    command
}

fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: child::code(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Started, and listening for signals: before that the system's default ends it, which is as good, and another code.
fn started(mut command: Command, stdin: Stdio) -> Child {
    let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    until_it_listens(child.id());
    child
}

fn until_it_listens(pid: u32) {
    let term = 1_u64 << (Signal::TERM.as_raw() - 1);
    let began = Instant::now();
    loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("only Linux tells");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).map(str::trim);
        if caught.and_then(|bits| u64::from_str_radix(bits, 16).ok()).is_some_and(|bits| bits & term != 0) {
            // Time to come to where it blocks.
            std::thread::sleep(Duration::from_millis(150));
            return;
        }
        assert!(began.elapsed() < child::DEADLINE, "it never listens for signals");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends the signals, and waits for the end.
fn ended_by(child: Child, name: &str, signals: &[Signal]) {
    let pid = child::pid(&child);
    let (send, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    for signal in signals {
        // The first may have ended it already.
        let _ = kill_process(pid, *signal);
    }
    match ended.recv_timeout(Duration::from_secs(30)) {
        Ok(output) => {
            let ran = ran(output.expect("waited for"));
            assert_eq!(ran.code, 130, "{name}, {signals:?}: {ran:?}");
        }
        Err(_) => {
            let _ = kill_process(pid, Signal::KILL);
            panic!("{name}: deaf to {signals:?}");
        }
    }
}

#[test]
fn the_time_limit_ends_every_read() {
    for ReadPlace { name, args, reading, .. } in places().into_iter().filter(|place| place.timed) {
        let konnect = konnect();
        pipe(konnect.folder(), "source");
        let ran = konnect.args(args.iter().copied().chain(["--timeout", "1s"])).run();
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(ran.stderr.contains(reading) && ran.stderr.contains("did not end within"), "{name}: {ran:?}");
        assert!(ran.stderr.contains("--timeout"), "{name}: {ran:?}");
    }
}

#[test]
fn a_signal_ends_every_read() {
    for signals in [&[Signal::TERM][..], &[Signal::INT], &[Signal::TERM, Signal::TERM], &[Signal::INT, Signal::TERM]] {
        std::thread::scope(|scope| {
            for ReadPlace { name, args, .. } in places() {
                scope.spawn(move || {
                    let konnect = konnect().args(&args);
                    pipe(konnect.folder(), "source");
                    ended_by(started(konnect.command(), Stdio::null()), name, signals);
                });
            }
        });
    }
}

#[test]
fn standard_input_that_stays_open_blocks_nothing() {
    for command in [&["plan", "--pat-stdin", "--sandbox=s"][..], &["apply", "--auto-approve", "--pat-stdin", "--sandbox=s"]] {
        let konnect = konnect().args(command.iter().copied().chain(["--timeout", "1s"]));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let child = started(konnect.command(), reader.into());
        let ran = ran(child.wait_with_output().expect("ended"));
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("the token did not end within"), "{ran:?}");
        drop(writer);
        let konnect = konnect.args(command);
        for signals in [&[Signal::TERM][..], &[Signal::INT, Signal::INT]] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            ended_by(started(konnect.command(), reader.into()), "standard input", signals);
            drop(writer);
        }
    }
}

#[test]
fn what_never_ends_is_read_up_to_a_bound() {
    for ReadPlace { name, args, timed, .. } in places() {
        let konnect = konnect();
        std::os::unix::fs::symlink("/dev/zero", konnect.folder().join("source")).expect("a link");
        let konnect =
            konnect.args(args.iter().copied().chain(if timed { &["--timeout", "60s"][..] } else { &[] }.iter().copied()));
        let ran = ran(run_to_end(limited(&konnect, "ulimit -v 1000000"), None));
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(ran.stderr.contains("error") && !ran.stderr.contains("did not end within"), "{name}: {ran:?}");
        assert!(ran.stdout.len() + ran.stderr.len() < 8 * 1024, "{name}: {} bytes", ran.stdout.len() + ran.stderr.len());
    }
    let konnect = konnect().args(["plan", "--pat-stdin", "--sandbox=s", "--timeout", "60s"]);
    let zero = std::fs::File::open("/dev/zero").expect("opened");
    let child = limited(&konnect, "ulimit -v 1000000").stdin(zero).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let ran = ran(child.expect("started").wait_with_output().expect("ended"));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.stderr.contains("did not end within"), "{ran:?}");
}

#[test]
fn the_sandbox_is_a_file_and_nothing_else() {
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["sandbox", "serve"]] {
        let konnect = konnect();
        pipe(konnect.folder(), "pipe");
        pipe(konnect.folder(), "s.lock");
        std::os::unix::fs::symlink("/dev/zero", konnect.folder().join("zero")).expect("a link");
        let mut konnect = konnect;
        // A server takes the lock, a pipe here, when it is asked something.
        let locked = if command[0] == "sandbox" { None } else { Some("--sandbox=s") };
        for sandbox in ["--sandbox=pipe", "--sandbox=zero", "--sandbox=/dev/zero"].into_iter().chain(locked) {
            konnect = konnect.args(command.iter().copied().chain([sandbox]));
            let began = Instant::now();
            let ran = ran(run_to_end(limited(&konnect, "ulimit -v 1000000"), None));
            assert_eq!(ran.code, 1, "{command:?} {sandbox}: {ran:?}");
            assert!(ran.stderr.contains(&sandbox["--sandbox=".len()..]), "{command:?} {sandbox}: {ran:?}");
            assert!(began.elapsed() < Duration::from_secs(60), "{command:?} {sandbox}: it waited for its end");
        }
    }
}
