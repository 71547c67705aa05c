//! Tests that could not run are said at once and counted at the end, past the test harness's capture of output.

use std::collections::BTreeSet;
use std::io::{PipeWriter, Write as _};
use std::os::unix::process::CommandExt as _;
use std::panic::Location;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Why a test is skipped, in the words of the summary.
pub const REASON: &str = "no Go and no assets";

/// Counts each line of its input and says the sum when that ends. A Rust test binary has no place for "after the last test".
const SUMMARY: &str = r#"
trap '' INT TERM HUP
n=0
while read -r _; do n=$((n + 1)); done
[ "$n" -eq 0 ] || echo "SKIPPED $n real-server tests of $1: $2" >&2
"#;

/// Says on stderr that the running test is skipped, and counts it once however often it asks.
pub fn count(place: &Location<'_>) {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    // With one test thread the harness runs every test on the main thread: then the place tells them apart.
    let test = match std::thread::current().name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => place.to_string(),
    };
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.insert(test.clone()) {
        say(&format!("SKIPPED {test}: {REASON}"));
        let mut summary = summary();
        writeln!(summary, "{test}").expect("the summary process is gone");
    }
}

/// One line on the real stderr: the harness hides what `eprintln!` writes in a test that passes.
pub fn say(line: &str) {
    let mut stderr = std::io::stderr().lock();
    // Nothing is left to do where stderr is closed.
    let _ = writeln!(stderr, "{line}");
}

#[expect(clippy::zombie_processes, reason = "it ends after us: nobody is left to wait for it")]
fn summary() -> &'static PipeWriter {
    static PIPE: OnceLock<PipeWriter> = OnceLock::new();
    PIPE.get_or_init(|| {
        let (read, write) = std::io::pipe().expect("no pipe for the summary");
        let mut command = Command::new("sh");
        command.args(["-c", SUMMARY, "sh", &test_binary(), REASON]);
        // Its own process group: it must outlive an interrupt that ends the tests.
        command.process_group(0).stdin(read).stdout(Stdio::null()).spawn().expect("failed to start sh for the summary");
        write
    })
}

/// `real_server` of `target/debug/deps/real_server-0123456789abcdef`.
fn test_binary() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.rsplit_once('-').map_or(name.clone(), |(name, _)| name.to_owned())
}
