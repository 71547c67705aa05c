//! The sandbox in place of a cluster: where its file is, and its errors in konnect's words.

use std::io;
use std::path::{Path, PathBuf};

use kube_sandbox::error::{Damage, Error, FileOperation};
use kube_sandbox::reset::Removed;
use kube_sandbox::{Sandbox, serve};
use tower::BoxError;
use tower::util::MapErr;

use super::{Deadline, Notice, Notices};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::plan::Warning;
use crate::text;

/// The sandbox as a service that fails in konnect's words.
pub type Service = MapErr<Sandbox, fn(BoxError) -> BoxError>;

/// A sandbox that is kept in a file.
pub struct OpenedSandbox {
    /// The file.
    pub file: PathBuf,
    /// What answers requests.
    pub service: Service,
}

/// The sandbox's file where none is named.
///
/// # Errors
/// Neither `XDG_STATE_HOME` nor `HOME` says where that is.
fn file(named: &Outside) -> Result<PathBuf, Failure> {
    if !named.is_empty() {
        return Ok(PathBuf::from(named.expose()));
    }
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local").join("state")));
    let state = state.ok_or_else(|| {
        Failure::new(FailureCode::Sandbox, "HOME is not set: there is no place for the sandbox")
            .hint("name a file: --sandbox=FILE")
    })?;
    Ok(state.join("konnect").join("sandbox.json"))
}

/// Whether there is no such sandbox yet. One that can't be looked at is told of when it is opened.
#[must_use]
pub fn is_missing(named: &Outside) -> bool {
    file(named).is_ok_and(|file| matches!(file.try_exists(), Ok(false)))
}

/// Whether a deleted namespace goes once it is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controllers {
    /// As in a cluster.
    On,
    /// As of a kube-apiserver alone.
    Off,
}

/// Opens the sandbox: the API server of this program's own, kept in a file.
///
/// # Errors
/// A file that can't be used; it is named and kept.
pub fn open(named: &Outside, controllers: Controllers, deadline: &Deadline, notices: &Notices) -> Result<OpenedSandbox, Failure> {
    let file = file(named)?;
    let new = !file.exists();
    let sandbox = Sandbox::open(&file).map_err(failure)?.with_lock_timeout(deadline.remaining());
    let sandbox = if controllers == Controllers::On { sandbox.with_controllers() } else { sandbox };
    if new {
        let message = text!(
            "a new sandbox begins in {}; what is applied to it is kept there, the token included",
            Outside::from(file.as_path())
        );
        notices(Notice::Warning(Warning { code: "sandbox_created".into(), message }));
    }
    Ok(OpenedSandbox { file, service: MapErr::new(sandbox, in_our_words) })
}

/// What became of a reset.
pub struct Reset {
    /// The sandbox's file.
    pub file: PathBuf,
    /// Kind and name of each object that was removed; `None`: there was no sandbox.
    pub removed: Option<Vec<Text>>,
}

/// Empties the sandbox, if there is one.
///
/// # Errors
/// A file that can't be used, or is not a sandbox's; it is named and kept.
pub async fn reset(named: &Outside, deadline: &Deadline) -> Result<Reset, Failure> {
    let file = file(named)?;
    // One that may be there but can't be looked at is refused when it is opened.
    if matches!(file.try_exists(), Ok(false)) {
        return Ok(Reset { file, removed: None });
    }
    let sandbox = Sandbox::open(&file).map_err(failure)?.with_lock_timeout(deadline.remaining());
    let removed = sandbox.reset().await.map_err(failure)?;
    let title = |Removed { kind, namespace, name }| {
        let between = if namespace.is_empty() { "" } else { "/" };
        text!("{} {}{}{}", kind, Outside::new(namespace), between, Outside::new(name))
    };
    Ok(Reset { file, removed: Some(removed.into_iter().map(title).collect()) })
}

/// Listens on a free port of loopback.
///
/// # Errors
/// What the system refused.
pub async fn listen() -> Result<serve::Listening, Failure> {
    serve::listen().await.map_err(failure)
}

/// Writes the kubeconfig that leads to a listening sandbox.
///
/// # Errors
/// A file is there that is not a sandbox's, or it can't be written.
pub fn write_kubeconfig(listening: &serve::Listening, path: &Path) -> Result<serve::KubeconfigFile, Failure> {
    listening.write_kubeconfig(path).map_err(failure)
}

/// What reaches the client stack, or a client of the served sandbox, is a failure whose text names no path.
fn in_our_words(error: BoxError) -> BoxError {
    match error.downcast::<Error>() {
        Ok(error) => failure(*error).into(),
        Err(other) => other,
    }
}

/// The same in konnect's words, with what to do next.
fn failure(error: Error) -> Failure {
    let file = |path: PathBuf| Outside::from(path.as_path());
    let because = |error: &io::Error| Outside::new(error.to_string());
    let (code, what, hint): (FailureCode, Text, &'static str) = match error {
        Error::NotRegularFile { path } => (
            FailureCode::SandboxFile,
            text!("the sandbox can't be kept in {}: it is not a regular file", file(path)),
            "name a file: --sandbox=FILE",
        ),
        Error::StateFile { operation, path, source } => {
            let what = text!("can't {} the sandbox file {}: {}", words(operation), file(path), because(&source));
            return Failure::new(FailureCode::SandboxFile, what);
        }
        Error::LockIsSymlink { path } => (
            FailureCode::SandboxFile,
            text!("the lock of the sandbox file {} is a symbolic link", file(path)),
            "remove the link, or name another file: --sandbox=FILE",
        ),
        Error::TooLong { path } => (
            FailureCode::SandboxFile,
            text!("the sandbox file {} is longer than 64 MiB", file(path)),
            "is it a sandbox? move it away to start with an empty one",
        ),
        Error::Damaged { path, damage } => (
            FailureCode::SandboxDamaged,
            text!("the sandbox file {} is damaged{}; it was left as it is", file(path), place(damage)),
            "move it away to start with an empty sandbox",
        ),
        Error::UnknownVersion { path } => (
            FailureCode::SandboxVersion,
            text!("the sandbox file {} is of a format version this konnect doesn't know", file(path)),
            "use the konnect that wrote it, or move it away",
        ),
        Error::Locked { path } => (
            FailureCode::SandboxLocked,
            text!("the sandbox file {} is in use by another process", file(path)),
            "wait for the other konnect to end, and try again",
        ),
        Error::Listen { source } => {
            return Failure::new(FailureCode::Serve, text!("the sandbox can't listen: {}", Outside::new(source.to_string())));
        }
        Error::KubeconfigInUse { path } => (
            FailureCode::Serve,
            text!("{} leads to a sandbox server that is running", file(path)),
            "use that one, or name another file for this server's kubeconfig: --kubeconfig-out FILE",
        ),
        Error::KubeconfigTaken { path } => (
            FailureCode::Serve,
            text!("{} is there already, and no sandbox wrote it: it was left as it is", file(path)),
            "name another file for the sandbox's kubeconfig: --kubeconfig-out FILE",
        ),
        Error::KubeconfigWrite { path, source } => (
            FailureCode::Serve,
            text!("the kubeconfig {} can't be written: {}", file(path), source.kind()),
            "name another file: --kubeconfig-out FILE",
        ),
        Error::NoAnswer => return Failure::new(FailureCode::SandboxFile, "the sandbox did not come to an answer"),
    };
    Failure::new(code, what).hint(hint)
}

const fn words(operation: FileOperation) -> &'static str {
    match operation {
        FileOperation::MakeFolder => "make the folder of",
        FileOperation::OpenLock => "open the lock of",
        FileOperation::Lock => "lock",
        FileOperation::Read => "read",
        FileOperation::Write => "write",
    }
}

fn place(damage: Damage) -> Text {
    match damage {
        Damage::Syntax { line, column } => text!(" at line {}, column {}", line, column),
        Damage::NotASandbox => ": it is not a sandbox file".into(),
        Damage::MissingPart => ": a part of it is missing".into(),
        Damage::UnknownObject => ": an object in it is not one of ours".into(),
    }
}
