//! A kubeconfig's exec credential plugin: run within the run's time, without the token, and heard: what it says to people
//! is told as it comes, through the door. What it prints for us is never shown.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{Deadline, Notice, Notices};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::pat::Scrubber;
use crate::text;

/// The most bytes that are read of what it prints for us.
const MAX_PRINTED_BYTES: u64 = 1024 * 1024;
/// The most bytes that are told of what it says to people.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// A line this long is told before its end comes.
const LONG_LINE: usize = 4096;
/// A line that is not ended after this time is a prompt: somebody is asked for something.
const PROMPT: Duration = Duration::from_millis(100);

/// What a plugin runs with.
pub struct Surroundings<'a> {
    /// Whether it must not see a variable of our environment or of the kubeconfig's: it is the token's, or holds the token.
    pub withheld: &'a dyn Fn(&OsStr, &OsStr) -> bool,
    /// Whether it may ask on our standard input: not where the token comes from there, nor where nobody sits.
    pub may_ask: bool,
    /// Bounds it; the time a person needs to answer a prompt does not count.
    pub deadline: &'a Deadline,
    /// Where what it says goes.
    pub notices: &'a Notices,
    /// Learns the credentials it prints.
    pub secrets: &'a Scrubber,
}

/// What a plugin printed: credentials, which are wiped.
pub struct Printed(Zeroizing<Vec<u8>>);

/// All that a plugin runs with: of two that have the same, one run serves both.
///
/// # Errors
/// As `run`.
pub fn key(exec: &ExecConfig, surroundings: &Surroundings<'_>) -> Result<String, Failure> {
    let info = exec_info(exec, interactive(exec, surroundings)?)?;
    Ok(json!([exec.command, exec.args, exec.env, info]).to_string())
}

/// Whether it may ask a person: on one terminal one at a time can.
///
/// # Errors
/// It must, and nobody is there.
pub fn interactive(exec: &ExecConfig, surroundings: &Surroundings<'_>) -> Result<bool, Failure> {
    match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => Ok(false),
        Some(ExecInteractiveMode::Always) if !may_ask(surroundings) => {
            Err(failed(exec, "needs a terminal (interactiveMode: Always), and there is none for it")
                .hint("run konnect on a terminal and without --pat-stdin, log in with the plugin first, or use another context"))
        }
        Some(ExecInteractiveMode::Always | ExecInteractiveMode::IfAvailable) | None => Ok(may_ask(surroundings)),
    }
}

/// The command with its arguments, as it would be typed.
fn name(exec: &ExecConfig) -> Text {
    let words = exec.command.iter().chain(exec.args.iter().flatten());
    let words = Text::join(words.map(|word| Outside::from(word).into()), " ");
    text!("the credential plugin `{}` of the kubeconfig", words)
}

fn failed(exec: &ExecConfig, what: impl Into<Text>) -> Failure {
    Failure::new(FailureCode::ExecPlugin, text!("{} {}", name(exec), what.into()))
}

/// Runs it: kube itself would run it up to three times.
///
/// # Errors
/// The plugin is missing, fails or takes too long. No message quotes what it printed for us.
pub async fn run(exec: &ExecConfig, surroundings: &Surroundings<'_>) -> Result<Printed, Failure> {
    let interactive = interactive(exec, surroundings)?;
    let mut command = tokio::process::Command::new(exec.command.as_deref().unwrap_or_default());
    command.args(exec.args.iter().flatten());
    for (name, value) in std::env::vars_os() {
        if (surroundings.withheld)(&name, &value) {
            command.env_remove(name);
        }
    }
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value"))
            && !(surroundings.withheld)(OsStr::new(name), OsStr::new(value))
        {
            command.env(name, value);
        }
    }
    command.env("KUBERNETES_EXEC_INFO", exec_info(exec, interactive)?);
    command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().map_err(|error| {
        let failure = failed(exec, text!("can't be started: {}", error.kind()));
        match &exec.install_hint {
            Some(hint) => failure.hint(Outside::from(hint.trim())),
            None => failure.hint("install it, or put it on the PATH"),
        }
    })?;
    match Running::new(child, interactive, surroundings).until_it_ends().await {
        Ended::OutOfTime => Err(failed(exec, text!("did not finish within {}", surroundings.deadline.in_words(Duration::ZERO)))
            .hint("what it said, if anything, stands above; --timeout sets how long konnect waits")),
        Ended::Unreadable(kind) => Err(failed(exec, text!("can't be read: {}", kind))),
        Ended::With(status, _) if !status.success() => Err(failed(exec, text!("failed ({})", status))
            .hint("what it said, if anything, stands above; run it by hand to see more")),
        Ended::With(_, printed) => Ok(Printed(printed)),
    }
}

fn may_ask(surroundings: &Surroundings<'_>) -> bool {
    surroundings.may_ask && std::io::stdin().is_terminal()
}

/// A plugin that runs.
struct Running<'a> {
    child: Child,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    printed: Zeroizing<Vec<u8>>,
    /// What it said of a line that has not ended.
    line: Vec<u8>,
    /// How much of that line was told already, as a prompt.
    told_of_line: usize,
    /// How much was told.
    told: usize,
    /// Since when a person is asked for something.
    asked: Option<Instant>,
    interactive: bool,
    surroundings: &'a Surroundings<'a>,
}

enum Ended {
    With(ExitStatus, Zeroizing<Vec<u8>>),
    Unreadable(std::io::ErrorKind),
    OutOfTime,
}

impl<'a> Running<'a> {
    fn new(mut child: Child, interactive: bool, surroundings: &'a Surroundings<'a>) -> Self {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let printed = Zeroizing::new(Vec::with_capacity(16 * 1024));
        Self {
            child,
            stdout,
            stderr,
            printed,
            line: Vec::new(),
            told_of_line: 0,
            told: 0,
            asked: None,
            interactive,
            surroundings,
        }
    }

    /// Until it has ended and what it printed is read. What it still says then is not waited for: a process that it left behind may keep
    /// its stderr open.
    async fn until_it_ends(mut self) -> Ended {
        let (mut out, mut err) = ([0; 4096], [0; 4096]);
        let mut status = None;
        loop {
            if let (Some(status), None) = (status, &self.stdout) {
                self.tell_the_rest(&mut err).await;
                return Ended::With(status, std::mem::take(&mut self.printed));
            }
            let limit = match (self.asked, self.line.len() == self.told_of_line) {
                // However long a person thinks.
                (Some(_), _) => Duration::MAX,
                (None, true) => self.surroundings.deadline.remaining(),
                (None, false) => PROMPT.min(self.surroundings.deadline.remaining()),
            };
            let happened = tokio::select! {
                ended = self.child.wait(), if status.is_none() => Happened::Ended(ended),
                read = read(&mut self.stdout, &mut out), if self.stdout.is_some() => Happened::Printed(read),
                read = read(&mut self.stderr, &mut err), if self.stderr.is_some() => Happened::Said(read),
                () = tokio::time::sleep(limit) => Happened::Nothing,
            };
            if let (Some(asked), false) = (self.asked, matches!(happened, Happened::Nothing)) {
                self.surroundings.deadline.extend(asked.elapsed());
                self.asked = None;
            }
            match happened {
                Happened::Ended(Ok(ended)) => status = Some(ended),
                Happened::Ended(Err(error)) | Happened::Printed(Err(error)) => return Ended::Unreadable(error.kind()),
                Happened::Printed(Ok(0)) => self.stdout = None,
                Happened::Printed(Ok(length)) => {
                    if (self.printed.len() + length) as u64 > MAX_PRINTED_BYTES {
                        return Ended::Unreadable(std::io::ErrorKind::FileTooLarge);
                    }
                    self.printed.extend_from_slice(&out[..length]);
                    zeroize::Zeroize::zeroize(&mut out);
                    // At once: it may say it to people too.
                    learn(&self.printed, self.surroundings.secrets);
                }
                Happened::Said(Ok(length @ 1..)) => self.hear(&err[..length]),
                Happened::Said(_) => self.stderr = None,
                Happened::Nothing if self.surroundings.deadline.remaining().is_zero() => {
                    self.tell();
                    return Ended::OutOfTime;
                }
                Happened::Nothing => {
                    self.tell();
                    self.asked = self.interactive.then(Instant::now);
                }
            }
        }
    }

    async fn tell_the_rest(&mut self, buffer: &mut [u8]) {
        while let Ok(Ok(length @ 1..)) = tokio::time::timeout(PROMPT, read(&mut self.stderr, buffer)).await {
            self.hear(&buffer[..length]);
        }
        self.tell();
    }

    fn hear(&mut self, said: &[u8]) {
        for byte in said {
            let room = self.told + self.line.len() - self.told_of_line < MAX_MESSAGE_BYTES;
            if room || *byte == b'\n' {
                self.line.push(*byte);
            }
            if *byte == b'\n' || self.line.len() - self.told_of_line >= LONG_LINE {
                self.tell();
            }
        }
    }

    /// Tells what was heard, a whole line or a prompt. The line is known as a whole, so that a secret that comes in pieces is one.
    fn tell(&mut self) {
        let text = String::from_utf8_lossy(&self.line).into_owned();
        let ended = text.ends_with('\n');
        let words = text.trim_end_matches(['\n', '\r']);
        let from = words.floor_char_boundary(String::from_utf8_lossy(&self.line[..self.told_of_line]).len());
        if self.told < MAX_MESSAGE_BYTES && self.line.len() > self.told_of_line {
            let (whole, end) = (Arc::from(words), if ended { "\n" } else { "" });
            (self.surroundings.notices)(Notice::Plugin(text!("{}{}", Text::part(&whole, from..words.len()), end)));
            self.told += self.line.len() - self.told_of_line;
            if self.told >= MAX_MESSAGE_BYTES {
                (self.surroundings.notices)(Notice::Plugin("\n… the plugin says more, which is not shown\n".into()));
            }
        }
        self.told_of_line = self.line.len();
        if ended {
            self.line.clear();
            self.told_of_line = 0;
        }
    }
}

enum Happened {
    Ended(std::io::Result<ExitStatus>),
    Printed(std::io::Result<usize>),
    Said(std::io::Result<usize>),
    Nothing,
}

async fn read<R: tokio::io::AsyncRead + Unpin>(from: &mut Option<R>, buffer: &mut [u8]) -> std::io::Result<usize> {
    match from {
        Some(from) => from.read(buffer).await,
        None => Ok(0),
    }
}

/// What the plugin is told about its task.
fn exec_info(exec: &ExecConfig, interactive: bool) -> Result<String, Failure> {
    let mut spec = json!({ "interactive": interactive });
    if let Some(cluster) = &exec.cluster {
        spec["cluster"] = serde_json::to_value(cluster).map_err(|_| failed(exec, "can't be given the cluster's details"))?;
    }
    Ok(json!({ "apiVersion": version(exec), "kind": "ExecCredential", "spec": spec }).to_string())
}

fn version(exec: &ExecConfig) -> &str {
    exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1")
}

/// Learns the credentials, as soon as all of them are printed.
fn learn(printed: &[u8], secrets: &Scrubber) {
    let Ok(credential) = serde_json::from_slice::<Value>(printed) else { return };
    for key in ["token", "clientKeyData"] {
        let text = credential.pointer("/status").and_then(|status| status.get(key)).and_then(Value::as_str);
        secrets.learn(text.unwrap_or_default().as_bytes());
    }
}

/// Puts the credentials in the plugin's place.
///
/// # Errors
/// It printed none.
pub fn accept(auth: &mut AuthInfo, exec: &ExecConfig, Printed(printed): &Printed, secrets: &Scrubber) -> Result<(), Failure> {
    let no_credential = || failed(exec, "did not print an ExecCredential");
    let credential: Value = serde_json::from_slice(printed).map_err(|_| no_credential())?;
    let text = |key: &str| {
        credential.pointer("/status").and_then(|status| status.get(key)).and_then(Value::as_str).filter(|text| !text.is_empty())
    };
    // Before anything is said of it.
    learn(printed, secrets);
    if credential.get("kind").and_then(Value::as_str) != Some("ExecCredential") {
        return Err(no_credential());
    }
    if credential.get("apiVersion").and_then(Value::as_str) != Some(version(exec)) {
        return Err(failed(exec, text!("printed another apiVersion than {}", Outside::from(version(exec)))));
    }
    // As kubectl: a time that is none makes the whole of it none.
    if text("expirationTimestamp").is_some_and(|time| time.parse::<jiff::Timestamp>().is_err()) {
        return Err(failed(exec, "printed an expirationTimestamp that is not a time"));
    }
    let pem = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    // What can't be sent must not reach kube, which panics on it.
    if let Some(why) = text("token").and_then(super::kubeconfig::unsendable) {
        return Err(failed(exec, text!("printed a token that can't be sent: {}", why)));
    }
    match (text("token"), text("clientCertificateData"), text("clientKeyData")) {
        (None, None, None) => return Err(failed(exec, "printed no credentials (status is empty)")),
        (token, Some(certificate), Some(key)) => {
            auth.client_certificate_data = Some(pem(certificate));
            auth.client_key_data = Some(pem(key).into());
            auth.token = token.map(|token| token.to_owned().into());
        }
        (Some(token), None, None) => auth.token = Some(token.to_owned().into()),
        _ => return Err(failed(exec, "printed a client certificate without its key, or a key without its certificate")),
    }
    Ok(())
}
