//! konnect against kubectl: the same server, the same objects, the same run. `cargo bench`. Prints medians; asserts what is promised.

#![expect(clippy::expect_used, reason = "a benchmark that can't go on has failed")]

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::json;
use testkit::{Konnect, Server};

const ROUNDS: usize = 15;
const TOKEN: &str = "kpat_benchAAAABBBBCCCCDDDD";

fn main() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("bench");
    let spec = format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n");
    let konnect = testkit::konnect!()
        .spec(&spec)
        .env("PAT", TOKEN)
        .env("KUBECONFIG", server.kubeconfig())
        .args(["apply", "--auto-approve"]);
    konnect.run().assert_code(0);
    let konnect = konnect.args(["plan", "--detailed-exitcode"]);
    manifest(konnect.folder(), &namespace);

    println!("{:<40}{:>12}{:>16}{:>8}", "", "konnect", "kubectl diff", "ratio");
    let loopback = compare(server, &konnect, &server.kubeconfig(), "no change, loopback");
    let slow = delayed(server, konnect.folder(), Duration::from_millis(10));
    let far = compare(server, &konnect, &slow, "no change, 20 ms round trip");

    let verbose = konnect.args(["plan", "-v"]);
    let requests = verbose.run().stderr.lines().filter(|line| line.starts_with("GET ") || line.starts_with("POST ")).count();
    let rss = peak_rss(&verbose);
    let help = median(|| timed(Command::new(env!("CARGO_BIN_EXE_konnect")).arg("--help")));
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_konnect")).expect("the binary").len();
    println!("requests of a plan without changes      {requests}");
    println!("peak resident memory of it              {:.1} MiB", rss as f64 / 1024.0);
    println!("konnect --help                          {:.2} ms", help.as_secs_f64() * 1e3);
    println!("the binary                              {:.1} MB", size as f64 / 1e6);
    assert!(requests <= 5, "at most 5 requests");
    assert!(loopback >= 6.0, "at least 6 times faster on loopback");
    assert!(far >= 3.0, "at least 3 times faster at 20 ms");
    assert!(rss < 12 * 1024, "under 12 MiB");
    assert!(help < Duration::from_millis(3), "help under 3 ms");
    assert!(size < 10_000_000, "under 10 MB");
}

/// The same three objects as kubectl knows them, owned by nobody it would conflict with.
fn manifest(folder: &Path, namespace: &str) {
    let token = base64::engine::general_purpose::STANDARD.encode(TOKEN);
    let labels = json!({"konghq.com/credential": "konnect", "konghq.com/secret": "true"});
    let objects = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "podid", "namespace": namespace}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "konnect-pat", "namespace": namespace, "labels": labels}, "data": {"token": token}}),
    ];
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(folder.join("manifest.json"), list.to_string()).expect("written");
}

/// Both in turn, so that a busy moment of the machine meets both. Returns how many times faster konnect is.
fn compare(server: &Server, konnect: &Konnect, kubeconfig: &Path, what: &str) -> f64 {
    let ours = || {
        let mut command = konnect.command();
        command.env("KUBECONFIG", kubeconfig);
        timed(&mut command)
    };
    let theirs = || {
        let started = Instant::now();
        let manifest = konnect.folder().join("manifest.json");
        let output = server.kubectl(&[
            "--kubeconfig",
            &kubeconfig.display().to_string(),
            "diff",
            "--server-side",
            "-f",
            &manifest.display().to_string(),
        ]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        started.elapsed()
    };
    // Once unmeasured: kubectl fills its discovery cache.
    ours();
    theirs();
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_times.push(ours());
        their_times.push(theirs());
    }
    let middle = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    let (ours, theirs) = (middle(our_times), middle(their_times));
    println!("{what:<40}{ours:>9.1} ms{theirs:>13.1} ms{:>7.1}x", theirs / ours);
    theirs / ours
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    let output = command.output().expect("ran");
    let elapsed = started.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    elapsed
}

fn median(run: impl Fn() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| run()).collect();
    times.sort();
    times[ROUNDS / 2]
}

/// Kilobytes: the kernel's high-water mark of a plan that has all its answers, held at its first word by a pipe that is full.
fn peak_rss(verbose: &Konnect) -> u64 {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(&[b' '; 64 * 1024]).expect("a pipe holds 64 KiB");
    let mut child = verbose.command().stdout(writer).stderr(std::process::Stdio::piped()).spawn().expect("started");
    let stderr = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let answers = stderr.lines().map_while(Result::ok).filter(|line| line.contains(" ms")).take(5).count();
    assert_eq!(answers, 5);
    std::thread::sleep(Duration::from_millis(200));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it is held");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux");
    let kilobytes = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    drop(reader);
    let _ = child.wait();
    kilobytes
}

/// A kubeconfig that leads to the server through a relay of bytes that holds each for `one_way` before it passes it on.
fn delayed(server: &Server, folder: &Path, one_way: Duration) -> std::path::PathBuf {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let target = server.url().trim_start_matches("https://").to_owned();
    std::thread::spawn(move || {
        for inward in listener.incoming().flatten() {
            let target = target.clone();
            std::thread::spawn(move || {
                // The handshake of TCP itself takes a round trip too; a relay's own accept does not.
                std::thread::sleep(one_way * 2);
                let outward = TcpStream::connect(&target).expect("the server");
                let pairs = [(inward.try_clone().expect("a handle"), outward.try_clone().expect("a handle")), (outward, inward)];
                for (from, to) in pairs {
                    let _ = (from.set_nodelay(true), to.set_nodelay(true));
                    carry(from, to, one_way);
                }
            });
        }
    });
    let text = std::fs::read_to_string(server.kubeconfig())
        .expect("the kubeconfig")
        .replace(server.url(), &format!("https://{address}"));
    let path = folder.join("slow.json");
    std::fs::write(&path, text).expect("written");
    path
}

fn carry(mut from: TcpStream, mut to: TcpStream, one_way: Duration) {
    let (send, receive) = std::sync::mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read) = from.read(&mut buffer) {
            if read == 0 || send.send((Instant::now() + one_way, buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        for (due, bytes) in receive {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
