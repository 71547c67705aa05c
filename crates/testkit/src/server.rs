//! A kube-apiserver with etcd, in a private folder, for as long as the test process lives.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt};
use serde_json::Value;

use crate::binaries::{self, Binaries};
use crate::child::{code, run_to_end};
use crate::request;
use crate::users::{Authority, Credential, new_key, new_token, write_kubeconfig, write_private};

/// The watchdog: starts the two, waits for the end of its stdin, ends the two and removes the folder. Nobody writes to
/// that pipe and the test process alone holds its other end, so it ends with that process, a SIGKILL included. What
/// starts the two must also be what ends them: there is no moment in which they could be left alone, and a child that
/// is not yet waited for keeps its number, so that the kill cannot hit a stranger.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
folder=$1 etcd=$2 apiserver=$3 port=$4
cd "$folder" || exit 1
"$etcd" --name=test --data-dir="$folder/etcd" --unsafe-no-fsync --log-level=warn \
    --listen-client-urls="unix://$folder/etcd.sock" --advertise-client-urls=http://127.0.0.1:0 \
    --listen-peer-urls=http://127.0.0.1:0 </dev/null >etcd.log 2>&1 &
etcd=$!
"$apiserver" --etcd-servers="unix://$folder/etcd.sock" \
    --bind-address=127.0.0.1 --secure-port="$port" --permit-port-sharing \
    --advertise-address=127.0.0.1 --endpoint-reconciler-type=none --service-cluster-ip-range=10.0.0.0/24 \
    --cert-dir="$folder/certificates" --tls-cert-file=serving.pem --tls-private-key-file=serving.key \
    --client-ca-file=authority.pem --token-auth-file=tokens.csv --authorization-mode=RBAC \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=service-account.pub --service-account-signing-key-file=service-account.key \
    --disable-admission-plugins=ServiceAccount </dev/null >kube-apiserver.log 2>&1 &
apiserver=$!
echo "$etcd $apiserver"
read -r _
kill -9 "$etcd" "$apiserver"
wait
cd / && rm -rf -- "$folder"
"#;

/// A running server. Dropped, it is gone with its folder; else it goes when the process does.
pub struct Server {
    folder: PathBuf,
    url: String,
    authority: Authority,
    kubectl: PathBuf,
    admin: PathBuf,
    admin_by_token: PathBuf,
    watchdog: Child,
    pids: [u32; 2],
    /// Bound, never listening: keeps the port from others until the server shares it, and after.
    _port: OwnedFd,
    names: AtomicUsize,
}

impl Server {
    /// Starts one more server, apart from that of [`crate::server()`]. Panics where none can be had: ask that one first.
    pub fn start() -> Self {
        let binaries = binaries::find().and_then(|found| found.ok_or_else(|| crate::skipped::no_real_server().into()));
        binaries.and_then(|binaries| Self::try_start(&binaries)).unwrap_or_else(|why| panic!("no test server: {why}"))
    }

    /// Starts a server and waits until it is ready.
    pub fn try_start(binaries: &Binaries) -> Result<Self, String> {
        let (socket, port) = reserve_port().map_err(|e| format!("no free port: {e}"))?;
        let url = format!("https://127.0.0.1:{port}");
        let private = tempfile::Builder::new().prefix("konnect-test-").tempdir().map_err(|e| format!("no folder: {e}"))?;
        let folder = private.path();
        let authority = Authority::generate();
        let token = new_token();
        write_server_files(folder, &authority, &token);
        let admin = authority.user("test-admin", &["system:masters"]);
        let admin = write_kubeconfig(folder, &url, &authority.certificate, "test-admin", &admin);
        let by_token = write_kubeconfig(folder, &url, &authority.certificate, "test-token-admin", &Credential::Token(token));

        let mut watchdog = clean_command("sh", folder);
        watchdog.args(["-c", WATCHDOG, "sh"]).arg(folder).args([&binaries.etcd, &binaries.kube_apiserver]).arg(port.to_string());
        // Its own process group: an interrupt from the keyboard ends the tests, and it must still clean up.
        watchdog.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watchdog = watchdog.spawn().map_err(|e| format!("failed to start sh: {e}"))?;
        let pids = read_pids(&mut watchdog);
        let server = Self {
            // From here on the watchdog removes it.
            folder: private.keep(),
            url,
            authority,
            kubectl: binaries.kubectl.clone(),
            admin,
            admin_by_token: by_token,
            watchdog,
            pids: pids?,
            _port: socket,
            names: AtomicUsize::new(1),
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let answer = request::send(&self.admin, "GET", "/readyz", &[], "");
            if let Ok((200, _)) = answer {
                return Ok(());
            }
            let late = started.elapsed() > Duration::from_secs(60);
            if late || self.pids.iter().any(|pid| is_zombie(*pid)) {
                let state = if late { "not ready within 60 s" } else { "ended before it was ready" };
                let logs = ["etcd.log", "kube-apiserver.log"].map(|log| tail(&self.folder.join(log)));
                return Err(format!("the server {state}; /readyz: {answer:?}\n{}", logs.join("\n")));
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate that vouches for the server's.
    pub fn ca_pem(&self) -> &str {
        &self.authority.certificate
    }

    /// The server's own folder: logs, keys, kubeconfigs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process ids of etcd and kube-apiserver.
    pub fn pids(&self) -> [u32; 2] {
        self.pids
    }

    /// A kubeconfig of `test-admin`, who may do everything, by client certificate.
    pub fn kubeconfig(&self) -> PathBuf {
        self.admin.clone()
    }

    /// A kubeconfig of `test-token-admin`, who may do everything, by bearer token.
    pub fn kubeconfig_token(&self) -> PathBuf {
        self.admin_by_token.clone()
    }

    /// A new kubeconfig, readable by its owner alone, of any user in at most two groups, by a fresh client certificate.
    pub fn user(&self, name: &str, groups: &[&str]) -> PathBuf {
        write_kubeconfig(&self.folder, &self.url, self.ca_pem(), name, &self.authority.user(name, groups))
    }

    /// `PREFIX-N`, a name this server has not given out before. The namespace is not created.
    pub fn namespace(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// kubectl itself, for a test that gives it an environment of its own.
    pub fn kubectl_program(&self) -> &Path {
        &self.kubectl
    }

    /// kubectl as admin.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.kubectl_with(args, None)
    }

    /// kubectl as admin: its stdout. Panics with its stderr when it fails.
    pub fn kubectl_ok(&self, args: &[&str], stdin: Option<&str>) -> String {
        let output = self.kubectl_with(args, stdin);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {args:?} ended with {}:\n{stderr}", code(output.status));
        String::from_utf8(output.stdout).expect("kubectl wrote no UTF-8")
    }

    fn kubectl_with(&self, args: &[&str], stdin: Option<&str>) -> Output {
        let mut kubectl = clean_command(&self.kubectl, &self.folder);
        kubectl.arg("--kubeconfig").arg(&self.admin).args(args);
        run_to_end(kubectl, stdin.map(str::as_bytes))
    }

    /// `kubectl apply -f -` as admin, for Roles, their bindings, policies and the like.
    pub fn rbac(&self, yaml: &str) {
        self.kubectl_ok(&["apply", "-f", "-"], Some(yaml));
    }

    /// One request as admin: status and body. An empty content type sends none.
    pub fn raw(&self, method: &str, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let header = ("content-type", content_type);
        let headers = if content_type.is_empty() { &[][..] } else { std::slice::from_ref(&header) };
        self.raw_as(&self.admin, method, path, headers, body)
    }

    /// One request as the user of a kubeconfig, with any headers.
    pub fn raw_as(
        &self,
        kubeconfig: &Path,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> (u16, Value) {
        request::send(kubeconfig, method, path, headers, body).unwrap_or_else(|e| panic!("{e}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // A panic here would hide the one that may be under way.
        let _ = self.watchdog.wait();
    }
}

/// A program that sees nothing of the user's environment but the PATH, and takes `folder` for the home folder.
fn clean_command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder).current_dir(folder);
    command
}

/// A port on loopback that nobody else is given: the server joins us on it (`--permit-port-sharing`).
fn reserve_port() -> std::io::Result<(OwnedFd, u16)> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    let address = SocketAddr::try_from(getsockname(&socket)?)?;
    Ok((socket, address.port()))
}

fn write_server_files(folder: &Path, authority: &Authority, token: &str) {
    let (certificate, key) = authority.serving();
    let service_account = new_key();
    let files = [
        ("authority.pem", authority.certificate.clone()),
        ("serving.pem", certificate),
        ("serving.key", key),
        ("service-account.pub", service_account.public_key_pem()),
        ("service-account.key", service_account.serialize_pem()),
        ("tokens.csv", format!("{token},test-token-admin,test-token-admin,\"system:masters\"\n")),
    ];
    for (name, text) in files {
        write_private(&folder.join(name), &text);
    }
}

/// The line the watchdog writes once both have been started.
fn read_pids(watchdog: &mut Child) -> Result<[u32; 2], String> {
    let stdout = watchdog.stdout.take().ok_or("the watchdog has no stdout")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(|e| format!("the watchdog said nothing: {e}"))?;
    let pids: Result<Vec<u32>, _> = line.split_whitespace().map(str::parse).collect();
    pids.ok().and_then(|pids| pids.try_into().ok()).ok_or_else(|| format!("the watchdog said {line:?}, not two process ids"))
}

/// Has the process ended, not yet waited for? Only Linux tells; elsewhere the deadline has to.
fn is_zombie(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let name = log.file_name().unwrap_or_default().display();
    format!("--- {name}:\n{}", lines[lines.len().saturating_sub(25)..].join("\n"))
}
