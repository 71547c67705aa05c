//! The pipelines to copy, `examples/`: parsed, held against the rules that `docs/ci.md` gives, read by actionlint, and their shell run.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "examples/github.rs"]
mod github;
#[path = "examples/github_runs.rs"]
mod github_runs;
#[path = "examples/gitlab.rs"]
mod gitlab;
#[path = "examples/runner.rs"]
mod runner;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use testkit::skipped;

/// A file of the project.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A file of the project, as YAML.
pub fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The folder with actionlint and gojq, built from `tests/actionlint/go.mod`. `None`: there is no Go, and the test is counted as skipped.
#[track_caller]
pub fn tools() -> Option<PathBuf> {
    static BUILT: OnceLock<Result<Option<PathBuf>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        if !testkit::binaries::go()? {
            return Ok(None);
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
        let mut go = Command::new("go");
        // go takes a folder for one only with the slash at its end.
        go.args(["build", "-trimpath", "-mod=readonly", "-o"]).arg(folder.join("")).arg("tool").env("GOWORK", "off");
        let output = go.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actionlint")).output();
        let output = output.map_err(|e| format!("go did not run: {e}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(Some(folder)) } else { Err(format!("go build: {}\n{said}", output.status)) }
    });
    match built {
        Ok(Some(folder)) => Some(folder.clone()),
        Ok(None) => {
            skipped::count(&skipped::running_test(std::panic::Location::caller()), skipped::NO_GO);
            None
        }
        Err(why) => panic!("{why}"),
    }
}

/// Runs actionlint on a workflow; what it found.
fn actionlint(tools: &Path, workflow: &str) -> (bool, String) {
    // Without the linters it would call if they happened to be there.
    let mut lint = Command::new(tools.join("actionlint"));
    lint.args(["-no-color", "-shellcheck=", "-pyflakes=", "-stdin-filename", ".github/workflows/konnect.yml", "-"]);
    let output = testkit::child::run_to_end(lint, Some(workflow.as_bytes()));
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn actionlint_finds_nothing() {
    let Some(tools) = tools() else { return };
    let workflow = text(github::PATH);
    let (clean, said) = actionlint(&tools, &workflow);
    assert!(clean, "{said}");
    // It does look: a title, which anybody chooses, in a script.
    let (clean, said) =
        actionlint(&tools, &workflow.replace("          code=0\n", "          echo ${{ github.event.pull_request.title }}\n"));
    assert!(!clean && said.contains("potentially untrusted"), "{said}");
}

/// A secret whose place nobody wrote down is in the wrong one.
#[test]
fn the_documentation_names_each_secret_and_environment() {
    let docs = text("docs/ci.md");
    for name in [
        "KUBECONFIG_PULL_REQUEST",
        "KUBECONFIG_MERGE_REQUEST",
        "KUBECONFIG_PLAN",
        "KUBECONFIG_APPLY",
        "KONNECT_PAT",
        "NOTES_TOKEN",
        "APPROVED_DIGEST",
        "konnect-plan",
        "konnect-apply",
        "--untrusted-spec",
        "--allow-context",
        "--allow-pat-env",
    ] {
        assert!(docs.contains(name), "docs/ci.md doesn't say {name}");
    }
}
