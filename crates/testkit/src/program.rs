//! The built `konnect`, run in a folder of its own with nothing of the user's environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Pid;

use crate::child::{code, run_and_tell};
use crate::terminal::Terminal;

/// How to run it. May be run more than once: the folder stays until this is dropped.
pub struct Konnect {
    program: PathBuf,
    folder: tempfile::TempDir,
    env: BTreeMap<OsString, OsString>,
    args: Vec<OsString>,
    stdin: Option<Vec<u8>>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code, or the negative number of the signal that ended it.
    pub code: i32,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

impl Konnect {
    /// Runs this binary: [`crate::konnect!`] names it. No arguments, an empty folder, and in the environment `PATH` and `HOME` alone.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new().prefix("konnect-run-").tempdir().expect("no folder to run in");
        let env = [
            ("PATH".into(), std::env::var_os("PATH").unwrap_or_default()),
            ("HOME".into(), folder.path().as_os_str().to_owned()),
        ];
        Self { program: program.into(), folder, env: env.into(), args: Vec::new(), stdin: None }
    }

    /// The working folder, which is also the home folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `konnect.toml`.
    pub fn spec(self, text: &str) -> Self {
        self.file("konnect.toml", text)
    }

    /// Writes any file of the working folder.
    pub fn file(self, name: &str, text: &str) -> Self {
        let path: PathBuf = self.folder().join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all).unwrap_or_else(|e| panic!("failed to create {name}'s folder: {e}"));
        std::fs::write(&path, text).unwrap_or_else(|e| panic!("failed to write {}: {e}", path.display()));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// The arguments, instead of those given before.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        self
    }

    /// What its stdin, a pipe then, holds. Without this it is `/dev/null`.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Runs it to its end. Panics when that does not come.
    pub fn run(&self) -> Ran {
        self.run_and_tell(|_| {})
    }

    /// The same, and tells the process's number as soon as there is one.
    pub fn run_and_tell(&self, tell: impl FnOnce(Pid)) -> Ran {
        let output = run_and_tell(self.command(), self.stdin.as_deref(), tell);
        Ran {
            code: code(output.status),
            stdout: String::from_utf8(output.stdout).expect("stdout is not UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is not UTF-8"),
        }
    }

    /// Starts it with stdin, stdout and stderr on a pseudo-terminal.
    pub fn spawn_pty(&self) -> Terminal {
        assert!(self.stdin.is_none(), "a terminal's input is typed: send_line");
        Terminal::spawn(self.command())
    }

    /// The same on one that says how wide it is.
    pub fn spawn_wide_pty(&self, columns: u16) -> Terminal {
        assert!(self.stdin.is_none(), "a terminal's input is typed: send_line");
        Terminal::spawn_wide(self.command(), columns)
    }

    /// A run with other arguments, in the same folder.
    pub fn run_with(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(&self.program);
        command.args(args).env_clear().envs(&self.env).current_dir(self.folder());
        let output = run_and_tell(command, self.stdin.as_deref(), |_| {});
        let text = |bytes| String::from_utf8(bytes).expect("not UTF-8");
        Ran { code: code(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// A run with other arguments, in the same folder: its exit code and all that it wrote.
    pub fn command_with(&self, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(&self.program);
        command.args(args).env_clear().envs(&self.env).current_dir(self.folder());
        let output = run_and_tell(command, None, |_| {});
        (code(output.status), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    }

    /// The command itself, for a test that needs its streams otherwise. Bound to this value's folder.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).env_clear().envs(&self.env).current_dir(self.folder());
        command
    }
}

impl Ran {
    /// Panics, with both streams, unless the exit code is this one.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        self.expect_code(code).unwrap_or_else(|why| panic!("{why}"));
        self
    }

    /// The same, and panics unless each of these words stands in one of the streams.
    #[track_caller]
    pub fn assert_says(&self, code: i32, words: &[&str]) -> &Self {
        self.assert_code(code);
        for word in words {
            assert!(self.stdout.contains(word) || self.stderr.contains(word), "{word:?} is not in\n{}", self.streams());
        }
        self
    }

    /// The same of stderr alone, where diagnostics belong.
    #[track_caller]
    pub fn assert_stderr(&self, code: i32, words: &[&str]) -> &Self {
        self.assert_code(code);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not on stderr\n{}", self.streams());
        }
        self
    }

    /// An error, with both streams, unless the exit code is this one.
    pub fn expect_code(&self, code: i32) -> Result<(), String> {
        if self.code == code { Ok(()) } else { Err(format!("exit code {}, not {code}\n{}", self.code, self.streams())) }
    }

    fn streams(&self) -> String {
        format!("--- stdout:\n{}\n--- stderr:\n{}", self.stdout, self.stderr)
    }
}
