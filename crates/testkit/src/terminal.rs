//! A program on a real pseudo-terminal: what asks `is this a terminal?` gets a yes, and typed lines go in.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::child::{code, pid};

const DEADLINE: Duration = Duration::from_secs(30);

/// The running program and the user's side of its terminal. Killed when dropped.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// Up to where `expect` has looked.
    matched: usize,
}

impl Terminal {
    /// Starts the command with stdin, stdout and stderr on a new pseudo-terminal, which does not say how large it is.
    pub fn spawn(command: Command) -> Self {
        Self::spawn_with(command, None)
    }

    /// The same on one that says how wide it is.
    pub fn spawn_wide(command: Command, columns: u16) -> Self {
        Self::spawn_with(command, Some(columns))
    }

    fn spawn_with(mut command: Command, columns: Option<u16>) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("no pseudo-terminal");
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).expect("no close-on-exec");
        grantpt(&master).expect("grantpt failed");
        unlockpt(&master).expect("unlockpt failed");
        let name = ptsname(&master, Vec::new()).expect("the pseudo-terminal has no name");
        let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
        let slave = File::from(slave.expect("failed to open the pseudo-terminal"));
        if let Some(columns) = columns {
            let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
            tcsetwinsize(&slave, size).expect("the pseudo-terminal has no size");
        }
        let copy = || slave.try_clone().expect("failed to copy the terminal");
        command.stdin(copy()).stdout(copy()).stderr(copy());
        let child = command.spawn().unwrap_or_else(|e| panic!("failed to start {command:?}: {e}"));

        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().expect("failed to copy the terminal");
        let (send, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux answers EIO, others an empty read, once the program's side is closed: our copies of it in `command`
            // and `slave` go when `spawn` returns.
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, screen, seen: Vec::new(), matched: 0 }
    }

    /// Reads until the text appears, after what was expected before. Panics with all that was read when it does not.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> &mut Self {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(at) = find(&self.seen[self.matched..], text.as_bytes()) {
                self.matched += at + text.len();
                return self;
            }
            if let Err(why) = self.read_until(deadline) {
                panic!("{text:?} did not appear: {why}; read:\n{}", self.everything());
            }
        }
    }

    /// Types a line and the return key.
    pub fn send_line(&mut self, line: &str) -> &mut Self {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("failed to type");
        self
    }

    /// Sends a signal, as `kill` would.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        kill_process(pid(&self.child), signal).expect("failed to send a signal");
        self
    }

    /// Waits for the end: the exit code (or the negative signal number) and everything that was on the screen, with what
    /// was typed, and with lines ended by `\r\n`, as a terminal has it.
    pub fn wait(mut self) -> (i32, String) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.read_until(deadline) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("no end within {DEADLINE:?}; read:\n{}", self.everything()),
            }
        }
        // The terminal is closed; what lingers with it closed is hanging all the same.
        let status = self.status_by(deadline);
        (code(status), self.everything())
    }

    fn status_by(&mut self, deadline: Instant) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().expect("failed to wait") {
                return status;
            }
            assert!(Instant::now() < deadline, "closed its terminal but did not end; read:\n{}", self.everything());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn read_until(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        let bytes = self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now()))?;
        self.seen.extend(bytes);
        Ok(())
    }

    fn everything(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail harmlessly once it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
