//! The kubeconfig of a served sandbox. Only its owner may read it, and no other file is overwritten for it.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use serde_json::{Value, json};

use super::error::Error;

/// A longer file is no kubeconfig of a sandbox.
const MAX_BYTES: u64 = 64 * 1024;
/// How long a server on this machine takes at most to be reached.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// The kubeconfig of a running server.
#[derive(Debug)]
pub struct KubeconfigFile {
    path: PathBuf,
    text: String,
}

fn document(server: &str, authority: &str, token: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "konnect-sandbox",
        "contexts": [{"name": "konnect-sandbox", "context": {"cluster": "konnect-sandbox", "user": "konnect-sandbox"}}],
        "clusters": [{"name": "konnect-sandbox", "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": "konnect-sandbox", "user": {"token": token}}],
    })
}

/// Whether a sandbox wrote this (one that was killed, perhaps), and nobody has changed it since.
fn is_from_a_sandbox(bytes: &[u8]) -> bool {
    let Ok(found) = serde_json::from_slice::<Value>(bytes) else { return false };
    let text = |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let server = text("/clusters/0/cluster/server");
    let token = text("/users/0/user/token");
    server.starts_with("https://127.0.0.1:")
        && token.len() == 48
        && found == document(server, text("/clusters/0/cluster/certificate-authority-data"), token)
}

/// Whether somebody still listens at the address in it, on this machine.
fn is_served(bytes: &[u8]) -> bool {
    let found = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let server = found.pointer("/clusters/0/cluster/server").and_then(Value::as_str).unwrap_or_default();
    let address = server.strip_prefix("https://").and_then(|address| address.parse::<SocketAddr>().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, MAX_WAIT).is_ok())
}

/// Writes the file completely or not at all. It may replace what another sandbox left behind, and nothing else.
///
/// # Errors
/// Another file is there, or this one can't be written.
pub fn write(path: &Path, server: &str, authority: &str, token: &str) -> Result<KubeconfigFile, Error> {
    let taken = || Error::KubeconfigTaken { path: path.to_owned() };
    let replaces = match content(path) {
        Ok(bytes) if is_from_a_sandbox(&bytes) && is_served(&bytes) => {
            return Err(Error::KubeconfigInUse { path: path.to_owned() });
        }
        Ok(bytes) if is_from_a_sandbox(&bytes) => true,
        Ok(_) => return Err(taken()),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        // A symbolic link, a folder, a pipe, a long file, or one that can't be read.
        Err(_) => return Err(taken()),
    };
    let text = format!("{:#}\n", document(server, authority, token));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        let mut aside = tempfile::Builder::new().prefix(".konnect-kubeconfig-").tempfile_in(folder)?;
        aside.write_all(text.as_bytes())?;
        aside.as_file().sync_all()?;
        // A file that has appeared in the meantime is not overwritten either.
        let kept = if replaces { aside.persist(path) } else { aside.persist_noclobber(path) };
        kept.map(drop).map_err(|error| error.error)
    };
    match written() {
        Ok(()) => Ok(KubeconfigFile { path: path.to_owned(), text }),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken()),
        Err(source) => Err(Error::KubeconfigWrite { path: path.to_owned(), source }),
    }
}

impl KubeconfigFile {
    /// Removes the file once the server has ended, since it holds a token. If somebody has changed it, it stays.
    pub fn remove(self) {
        if content(&self.path).is_ok_and(|bytes| bytes == self.text.as_bytes()) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads a small regular file. Follows no symbolic link and does not wait for a pipe.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = std::fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::from(ErrorKind::InvalidInput));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(io::Error::from(ErrorKind::FileTooLarge)) } else { Ok(bytes) }
}
