//! What a run stands on: where it writes, and in a test the API server it meets.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};

use crate::view::Cleared;

/// Where a run writes, and which API server it meets in place of the kubeconfig's.
#[derive(Clone, Default)]
pub struct Stage {
    streams: Option<Written>,
    client: Option<kube::Client>,
    /// The command line, to be searched for the token.
    arguments: Vec<OsString>,
}

/// What a run wrote, where it was to write into memory.
#[derive(Clone, Debug, Default)]
pub struct Written {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl Written {
    /// All of stdout.
    #[must_use]
    pub fn stdout(&self) -> String {
        text(&self.out)
    }

    /// All of stderr.
    #[must_use]
    pub fn stderr(&self) -> String {
        text(&self.err)
    }
}

fn text(stream: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&stream.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

impl Stage {
    /// The process's own streams, and the cluster that flags, spec and kubeconfig name.
    #[must_use]
    pub fn process() -> Self {
        Self::default()
    }

    /// The same with this command line.
    pub(super) fn with_arguments(&self, arguments: &[OsString]) -> Self {
        Self { arguments: arguments.to_vec(), ..self.clone() }
    }

    pub(super) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// Everything in memory: this API server whatever the kubeconfig says, and the two streams kept in `written`. For tests that need
    /// thousands of runs; it must not stand for the process in a test of signals, terminals or pipes.
    #[must_use]
    pub fn in_memory(client: kube::Client, written: &Written) -> Self {
        Self { streams: Some(written.clone()), client: Some(client), arguments: Vec::new() }
    }

    /// Whether signals to the process are meant for this run.
    pub(super) const fn is_process(&self) -> bool {
        self.streams.is_none()
    }

    pub(super) fn client(&self) -> Option<&kube::Client> {
        self.client.as_ref()
    }

    /// Whether colour is wanted where the user did not say.
    pub(super) fn color(&self, stream: Stream) -> bool {
        let choice = match (&self.streams, stream) {
            (Some(_), _) => ColorChoice::Never,
            (None, Stream::Out) => AutoStream::choice(&std::io::stdout()),
            (None, Stream::Err) => AutoStream::choice(&std::io::stderr()),
        };
        choice != ColorChoice::Never
    }

    /// Writes all of it, now. A reader who went away is no failure of ours.
    pub(super) fn write(&self, stream: Stream, text: &Cleared) -> std::io::Result<()> {
        let text = text.as_str();
        let written = match (&self.streams, stream) {
            (Some(Written { out, err }), stream) => {
                let buffer = if stream == Stream::Out { out } else { err };
                buffer.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text.as_bytes());
                Ok(())
            }
            (None, Stream::Out) => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
            }
            (None, Stream::Err) => std::io::stderr().lock().write_all(text.as_bytes()),
        };
        written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
    }
}
