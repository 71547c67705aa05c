//! The two streams of a run: the process's own, or memory in a test. Nothing else writes to stdout.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use terminal_size::{Width, terminal_size_of};

use super::Cleared;

/// The narrowest that lines are broken for.
const NARROWEST: usize = 40;

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// stdout.
    Out,
    /// stderr.
    Err,
}

/// Where a run writes.
#[derive(Clone, Debug, Default)]
pub enum Streams {
    /// To the process's own stdout and stderr.
    #[default]
    Process,
    /// Into memory.
    Captured(CapturedOutput),
}

/// What a run wrote into memory.
#[derive(Clone, Debug, Default)]
pub struct CapturedOutput {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl CapturedOutput {
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

    fn append(&self, stream: Stream, bytes: &[u8]) {
        let buffer = if stream == Stream::Out { &self.out } else { &self.err };
        buffer.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

fn text(stream: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&stream.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

impl Streams {
    /// Whether colour is wanted where the user did not say.
    #[must_use]
    pub fn want_color(&self, stream: Stream) -> bool {
        let choice = match (self, stream) {
            (Self::Captured(_), _) => ColorChoice::Never,
            (Self::Process, Stream::Out) => AutoStream::choice(&std::io::stdout()),
            (Self::Process, Stream::Err) => AutoStream::choice(&std::io::stderr()),
        };
        choice != ColorChoice::Never
    }

    /// How wide the terminal is, by its own word; where it has none, by `$COLUMNS`. `None` where nothing is to be broken: in files and
    /// pipes, and where nobody knows.
    #[must_use]
    pub fn width(&self, stream: Stream) -> Option<usize> {
        let (is_terminal, size) = match (self, stream) {
            (Self::Captured(_), _) => return None,
            (Self::Process, Stream::Out) => (std::io::stdout().is_terminal(), terminal_size_of(std::io::stdout())),
            (Self::Process, Stream::Err) => (std::io::stderr().is_terminal(), terminal_size_of(std::io::stderr())),
        };
        let said = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
        let columns = size.map(|(Width(columns), _)| usize::from(columns)).or_else(said)?;
        is_terminal.then_some(columns.max(NARROWEST))
    }

    /// Writes all of it, now. A reader who went away is no failure of ours.
    ///
    /// # Errors
    /// The stream can't be written.
    pub fn write(&self, stream: Stream, text: &Cleared) -> std::io::Result<()> {
        let bytes = text.as_str().as_bytes();
        let written = match (self, stream) {
            (Self::Captured(captured), stream) => {
                captured.append(stream, bytes);
                Ok(())
            }
            (Self::Process, Stream::Out) => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            (Self::Process, Stream::Err) => std::io::stderr().lock().write_all(bytes),
        };
        written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
    }
}
