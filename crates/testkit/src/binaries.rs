//! Where etcd, kube-apiserver and kubectl come from: `KUBEBUILDER_ASSETS`, a cache folder of ours, or Go.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::extent::{Extent, extent, in_ci};
use crate::root;
use crate::skipped::say;

/// The version that `tests/apiserver/go.mod` names.
pub const VERSION: &str = "v1.36.3";

const NAMES: [&str; 3] = ["etcd", "kube-apiserver", "kubectl"];

/// The three programs.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The store.
    pub etcd: PathBuf,
    /// The server.
    pub kube_apiserver: PathBuf,
    /// The client.
    pub kubectl: PathBuf,
}

impl Binaries {
    fn of(folder: &Path) -> Self {
        Self { etcd: folder.join("etcd"), kube_apiserver: folder.join("kube-apiserver"), kubectl: folder.join("kubectl") }
    }
}

/// The programs, built on first use. `None`: there are neither assets nor a Go to build them with, or `KONNECT_QUICK` leaves the
/// server out. Errors: an incomplete `KUBEBUILDER_ASSETS`, a build that failed, and `None` under `CI=true`, where a skipped test would
/// look like a passed one.
pub fn find() -> Result<Option<Binaries>, String> {
    if extent() == Extent::Quick {
        return Ok(None);
    }
    if let Some(assets) = folder_from("KUBEBUILDER_ASSETS") {
        // What is started from it has another working folder.
        let assets = std::path::absolute(assets).map_err(|e| format!("KUBEBUILDER_ASSETS: {e}"))?;
        return match missing(&assets).as_slice() {
            [] => Ok(Some(Binaries::of(&assets))),
            missing => Err(format!(
                "KUBEBUILDER_ASSETS is {}, which lacks {}; it must hold {}",
                assets.display(),
                missing.join(", "),
                NAMES.join(", ")
            )),
        };
    }
    let Some(cache) = cache() else {
        return Err("neither XDG_CACHE_HOME nor HOME is set: no place to keep the test server's programs".into());
    };
    let folder = cache.join("konnect").join(format!("kube-apiserver-{VERSION}"));
    if missing(&folder).is_empty() {
        return Ok(Some(Binaries::of(&folder)));
    }
    if !go_is_there()? {
        if in_ci() {
            return Err(format!(
                "no Go and no assets, and CI=true: set KUBEBUILDER_ASSETS to a folder with {}, or install Go",
                NAMES.join(", ")
            ));
        }
        return Ok(None);
    }
    build_once(&folder).map_err(|e| format!("failed to build {}: {e}", folder.display()))?;
    Ok(Some(Binaries::of(&folder)))
}

/// The names of what is not a file in `folder`.
fn missing(folder: &Path) -> Vec<&'static str> {
    NAMES.into_iter().filter(|name| !folder.join(name).is_file()).collect()
}

/// A folder named by the environment; one that is empty counts as unset, as the XDG specification has it.
fn folder_from(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn cache() -> Option<PathBuf> {
    // A relative XDG_CACHE_HOME is to be ignored, says the same specification.
    let xdg = folder_from("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
    xdg.or_else(|| folder_from("HOME").map(|home| home.join(".cache")))
}

/// Whether there is a Go for what only Go builds. An error under `CI=true` where there is none.
pub fn go() -> Result<bool, String> {
    let there = go_is_there()?;
    if !there && in_ci() {
        return Err("no Go, and CI=true: install Go 1.26 or later".into());
    }
    Ok(there)
}

fn go_is_there() -> Result<bool, String> {
    match Command::new("go").arg("version").stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(true),
        Ok(output) => Err(format!("`go version` failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(format!("`go version` did not run: {e}")),
    }
}

/// Builds `folder` unless another process has done so by the time the lock is ours.
fn build_once(folder: &Path) -> Result<(), String> {
    let text = |e: std::io::Error| e.to_string();
    fs::create_dir_all(folder.parent().unwrap_or(folder)).map_err(text)?;
    let lock = File::options().create(true).append(true).open(beside(folder, "lock")).map_err(text)?;
    if lock.try_lock().is_err() {
        say("konnect tests: waiting for another process that builds the test server");
        lock.lock().map_err(text)?;
    }
    if missing(folder).is_empty() {
        return Ok(());
    }
    let aside = beside(folder, "building");
    for left_over in [&aside, folder] {
        remove(left_over).map_err(text)?;
    }
    fs::create_dir(&aside).map_err(text)?;
    go_build(&aside, &lock)?;
    fs::rename(aside.join("server"), aside.join("etcd")).map_err(text)?;
    match missing(&aside).as_slice() {
        [] => fs::rename(&aside, folder).map_err(text),
        missing => Err(format!("go made no {}", missing.join(", "))),
    }
}

/// `FOLDER.SUFFIX`.
fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn go_build(into: &Path, lock: &File) -> Result<(), String> {
    let module = root().join("tests").join("apiserver");
    let flags = format!("-s -w -X k8s.io/component-base/version.gitVersion={VERSION}");
    // go takes a folder for one only with the slash at its end.
    let output = into.join("");
    let started = Instant::now();
    let mut go = Command::new("go")
        .args(["build", "-trimpath", "-mod=readonly", "-ldflags", &flags, "-o"])
        .arg(&output)
        .arg("tool")
        .current_dir(&module)
        .envs([("CGO_ENABLED", "0"), ("GOWORK", "off")])
        // The lock is held until every copy of its descriptor is closed: a go that outlives us still keeps others out.
        .stdin(lock.try_clone().map_err(|e| e.to_string())?)
        .spawn()
        .map_err(|e| e.to_string())?;
    say(&format!("konnect tests: building etcd, kube-apiserver and kubectl {VERSION}, once; about 5 minutes on two cores"));
    let mut said = started;
    loop {
        if let Some(status) = go.try_wait().map_err(|e| e.to_string())? {
            say(&format!("konnect tests: go build ended after {} s, {status}", started.elapsed().as_secs()));
            return if status.success() { Ok(()) } else { Err(format!("go build: {status}; its messages are above")) };
        }
        if said.elapsed() >= Duration::from_secs(20) {
            said = Instant::now();
            say(&format!("konnect tests: still building, {} s", started.elapsed().as_secs()));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
