//! The house rules, checked on the source itself: what is pure stays pure, files stay small, and the token stays where it belongs.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The code of a file: without its tests and its comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn name(path: &Path) -> String {
    path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("in src").display().to_string()
}

#[test]
fn pure_files_know_no_client_path_clock_environment_or_async() {
    let pure = ["desired.rs", "plan.rs", "planner.rs", "ownership.rs", "render.rs"];
    let forbidden = [
        "async ",
        ".await",
        "std::env",
        "std::fs",
        "std::path",
        "SystemTime",
        "Instant::",
        "Timestamp::now",
        "kube::",
        "tokio",
        "crate::cluster",
        "println!",
    ];
    let mut seen = 0;
    for (path, text) in sources("src") {
        let name = name(&path);
        if !pure.contains(&name.as_str()) && !name.starts_with("render/") {
            continue;
        }
        seen += 1;
        for word in forbidden {
            assert!(!code(&text).contains(word), "{name} is pure, but holds `{word}`");
        }
    }
    assert!(seen >= pure.len(), "the pure files are found");
}

#[test]
fn the_token_is_touched_in_three_files_only() {
    let may = ["pat.rs", "pat/fingerprint.rs", "pat/scrubber.rs", "observed.rs", "write.rs"];
    for (path, text) in sources("src") {
        let name = name(&path);
        for word in [".base64()", ".matches(&", "pat.matches", ".mark(", "fingerprints.of("] {
            let touches = code(&text).contains(word);
            assert!(!touches || may.contains(&name.as_str()), "{name} calls `{word}`");
        }
    }
    // Whoever reads a secret tells it to the door: nobody else has one to tell.
    let read = ["pat.rs", "pat/scrubber.rs", "observed.rs", "cluster/kubeconfig.rs", "cluster/exec_plugin.rs"];
    for (path, text) in sources("src") {
        let name = name(&path);
        assert!(!code(&text).contains(".learn(") || read.contains(&name.as_str()), "{name} calls `.learn(`");
    }
    let pat = sources("src").into_iter().find(|(path, _)| name(path) == "pat.rs").expect("pat.rs").1;
    let before = pat.split("pub struct Pat ").next().expect("the struct");
    let attributes = before.lines().rev().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    assert!(!attributes.contains("derive"), "Pat derives nothing");
}

/// Text from outside becomes output in the door alone. What decides, sends or opens something may look at it; what shows something may not.
#[test]
fn what_shows_something_never_looks_at_text_from_outside() {
    let mut seen = 0;
    for (path, text) in sources("src") {
        let name = name(&path);
        let shows = name.starts_with("commands/") || name.starts_with("render/") || name.starts_with("apply");
        // The width of a column, and the lines of a diff, which are marked as coming from outside again.
        let may = ["render/door.rs", "render/terminal/fields.rs"].contains(&name.as_str());
        if !(shows || name == "saved_plan/difference.rs") || may {
            continue;
        }
        seen += 1;
        assert!(!code(&text).contains(".expose()"), "{name} shows something, and looks at text from outside");
    }
    assert!(seen > 10, "the files are found");
}

/// What can be serialized is made of plain texts, and those come out of the door: nothing else of ours has a way into a file or a document.
#[test]
fn only_what_went_through_the_door_can_be_serialized() {
    for (path, text) in sources("src") {
        let name = name(&path);
        // The sandbox is a server: what it writes is its own.
        if name.starts_with("sandbox") {
            continue;
        }
        // A request's body is what the API server is to have, as it is.
        let may = ["render/json.rs", "saved_plan/document.rs", "saved_plan/place.rs", "write/body.rs"].contains(&name.as_str());
        assert!(!code(&text).contains("Serialize") || may, "{name} can be serialized");
        let looks = ["outside.rs", "render/door.rs"].contains(&name.as_str());
        assert!(!code(&text).contains(".plain()") || looks, "{name} takes a text past the door");
        let holds = name == "saved_plan/document.rs" && code(&text).contains("Outside");
        assert!(!holds, "{name} holds text that the door has not seen");
    }
}

/// Output is made by the door, and in the few named ways that `Cleared` has for what a library draws.
#[test]
fn only_the_door_makes_output() {
    for (path, text) in sources("src") {
        let name = name(&path);
        assert!(!code(&text).contains("Cleared(") || name == "render/door.rs", "{name} makes output by itself");
        let raw = code(&text).contains("Cleared::new(");
        assert!(!raw || ["render/json.rs", "render/events.rs", "render/markdown.rs"].contains(&name.as_str()), "{name}");
    }
}

#[test]
fn only_the_commands_write_to_stdout() {
    for (path, text) in sources("src") {
        let name = name(&path);
        for word in ["stdout()", "println!", "print!("] {
            let writes = code(&text).contains(word);
            assert!(
                !writes || name == "main.rs" || name == "commands.rs" || name.starts_with("commands/"),
                "{name} holds `{word}`"
            );
        }
    }
}

#[test]
fn files_are_small_and_named_after_an_idea() {
    for folder in ["src", "crates", "tests", "benches"] {
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).exists() {
            continue;
        }
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= 420, "{} has {lines} lines", path.display());
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            assert!(!["utils", "util", "common", "types", "manager", "helpers"].contains(&stem.as_str()), "{}", path.display());
        }
    }
    let main = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).expect("main.rs");
    assert!(main.lines().count() <= 25, "main.rs is a dozen lines");
}
