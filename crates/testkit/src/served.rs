//! The sandbox as `konnect sandbox serve` serves it, for tests that speak HTTP.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::Konnect;

/// A served sandbox, new and empty; it ends, and is gone, when this is dropped.
pub struct Served {
    konnect: Konnect,
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Served {
    /// Starts it with the built binary, and returns once it listens.
    #[must_use]
    pub fn start(konnect: Konnect) -> Self {
        Self::with(konnect, &[])
    }

    /// The same as a kube-apiserver alone, without what kube-controller-manager does.
    #[must_use]
    pub fn without_controllers(konnect: Konnect) -> Self {
        Self::with(konnect, &["--no-controllers"])
    }

    fn with(konnect: Konnect, more: &[&str]) -> Self {
        let usual = ["sandbox", "serve", "--sandbox=state.json", "--kubeconfig-out", "kubeconfig"];
        let konnect = konnect.args(usual.iter().chain(more));
        let mut child = konnect.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("text");
        let url = first.rsplit(' ').next().expect("an address").to_owned();
        // It goes on to say how to use it; nobody reads that here, and a closed pipe is no trouble for it.
        Self { konnect, child, url }
    }

    /// Its file.
    pub fn file(&self) -> PathBuf {
        self.konnect.folder().join("state.json")
    }

    /// The kubeconfig that leads to it.
    pub fn kubeconfig(&self) -> PathBuf {
        self.konnect.folder().join("kubeconfig")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
