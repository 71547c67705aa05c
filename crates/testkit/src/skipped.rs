//! Tests that could not run are said at once and counted at the end, past the test harness's capture of output.

use std::collections::BTreeSet;
use std::io::{PipeWriter, Write as _};
use std::os::unix::process::CommandExt as _;
use std::panic::Location;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::extent::{Extent, extent};

/// Why what only Go builds is not there.
pub const NO_GO: &str = "no Go and no assets";

/// Why tests without a real server are skipped, in the words of the summary.
#[must_use]
pub fn no_real_server() -> &'static str {
    if extent() == Extent::Quick { "KONNECT_QUICK leaves out the real server" } else { NO_GO }
}

/// Counts each line of its input and says the sum when that ends. A Rust test binary has no place for "after the last test".
const SUMMARY: &str = r#"
trap '' INT TERM HUP
n=0
while read -r _; do n=$((n + 1)); done
[ "$n" -eq 0 ] || echo "SKIPPED $n real-server tests of $1: $2" >&2
"#;

/// Says on stderr that a test is skipped, and why, and counts it once however often it asks.
pub fn count(test: &str, reason: &str) {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.insert(test.to_owned()) {
        say(&format!("SKIPPED {test}: {reason}"));
        let mut summary = summary(reason);
        writeln!(summary, "{test}").expect("the summary process is gone");
    }
}

/// The test that runs on this thread. With one test thread the harness runs every test on the main thread: then the place tells them
/// apart.
#[must_use]
pub fn running_test(place: &Location<'_>) -> String {
    match std::thread::current().name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => place.to_string(),
    }
}

/// One line on the real stderr: the harness hides what `eprintln!` writes in a test that passes.
pub fn say(line: &str) {
    let mut stderr = std::io::stderr().lock();
    // Nothing is left to do where stderr is closed.
    let _ = writeln!(stderr, "{line}");
}

#[expect(clippy::zombie_processes, reason = "it ends after us: nobody is left to wait for it")]
fn summary(reason: &str) -> &'static PipeWriter {
    static PIPE: OnceLock<PipeWriter> = OnceLock::new();
    PIPE.get_or_init(|| {
        let (read, write) = std::io::pipe().expect("no pipe for the summary");
        let mut command = Command::new("sh");
        command.args(["-c", SUMMARY, "sh", &test_binary(), reason]);
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
