//! What a run is run with: where it writes, and in a test the API server it meets.

use std::ffi::OsString;

use crate::view::{CapturedOutput, Streams};

/// Where a run writes, and which API server it meets in place of the kubeconfig's.
#[derive(Clone, Default)]
pub struct RunContext {
    streams: Streams,
    client: Option<kube::Client>,
    /// The command line, to be searched for the token.
    arguments: Vec<OsString>,
}

impl RunContext {
    /// The process's own streams, and the cluster that flags, spec and kubeconfig name.
    #[must_use]
    pub fn process() -> Self {
        Self::default()
    }

    /// The same with the command line that it came from.
    pub(super) fn with_arguments(&self, arguments: &[OsString]) -> Self {
        Self { arguments: arguments.to_vec(), ..self.clone() }
    }

    /// This API server, always, and the two streams kept in `output`. For tests that need thousands of runs; it must not stand for the
    /// process in a test of signals, terminals or pipes.
    #[must_use]
    pub fn in_memory(client: kube::Client, output: &CapturedOutput) -> Self {
        Self { streams: Streams::Captured(output.clone()), client: Some(client), arguments: Vec::new() }
    }

    /// Whether signals to the process are meant for this run.
    pub(super) const fn is_process(&self) -> bool {
        matches!(self.streams, Streams::Process)
    }

    /// Where the run writes.
    pub(super) const fn streams(&self) -> &Streams {
        &self.streams
    }

    /// The API server that stands in place of the kubeconfig's.
    pub(super) const fn client(&self) -> Option<&kube::Client> {
        self.client.as_ref()
    }

    /// The command line.
    pub(super) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }
}
