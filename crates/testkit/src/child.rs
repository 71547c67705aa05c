//! Runs a program to its end, within a deadline: a test that hangs says nothing.

use std::io::{ErrorKind, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// What no program of these tests needs.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// Starts the command with `stdin` (nothing: `/dev/null`) and collects what it writes. Panics when it does not end in time.
pub fn run_to_end(command: Command, stdin: Option<&[u8]>) -> Output {
    run_and_tell(command, stdin, |_| {})
}

/// The same, and tells the process's number as soon as there is one.
pub fn run_and_tell(mut command: Command, stdin: Option<&[u8]>, tell: impl FnOnce(Pid)) -> Output {
    command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("failed to start {command:?}: {e}"));
    let pid = pid(&child);
    tell(pid);
    let input = child.stdin.take();
    let (done, result) = mpsc::channel();
    std::thread::scope(|scope| {
        if let (Some(mut pipe), Some(bytes)) = (input, stdin) {
            scope.spawn(move || match pipe.write_all(bytes) {
                // The program may end, or close its stdin, before it has read everything.
                Err(e) if e.kind() != ErrorKind::BrokenPipe => panic!("failed to write to a child's stdin: {e}"),
                _ => {}
            });
        }
        scope.spawn(move || done.send(child.wait_with_output()));
        match result.recv_timeout(DEADLINE) {
            Ok(output) => output.unwrap_or_else(|e| panic!("failed to wait for {command:?}: {e}")),
            Err(RecvTimeoutError::Timeout) => {
                let _ = kill_process(pid, Signal::KILL);
                let output = result.recv().ok().and_then(Result::ok);
                panic!("{command:?} did not end within {DEADLINE:?}; it wrote {output:?}")
            }
            Err(RecvTimeoutError::Disconnected) => panic!("the thread that waits for {command:?} died"),
        }
    })
}

/// The child's process id, for signals.
pub fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// The exit code, or the negative number of the signal that ended the process.
pub fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| -signal)).expect("neither an exit code nor a signal")
}

/// Is there a process of this number, one that ended but was not waited for included?
pub fn is_there(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("not a process id");
    match test_kill_process(pid) {
        Ok(()) => true,
        Err(Errno::SRCH) => false,
        Err(e) => panic!("cannot tell whether {pid:?} lives: {e}"),
    }
}
