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
    let pure = ["view.rs"];
    // The streams themselves, and the one who prints to them.
    let prints = ["view/streams.rs", "view/printer.rs"];
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
        if prints.contains(&name.as_str()) || !pure.contains(&name.as_str()) && !name.starts_with("view/") {
            continue;
        }
        seen += 1;
        // What a request met on the way is data.
        let code = code(&text).replace("use crate::cluster::Notice;", "");
        for word in forbidden {
            assert!(!code.contains(word), "{name} is pure, but holds `{word}`");
        }
    }
    assert!(seen >= pure.len(), "the pure files are found");
}

#[test]
fn the_token_is_touched_in_three_files_only() {
    let may = ["pat.rs", "pat/fingerprint.rs", "pat/scrubber.rs", "read/object.rs", "read/live.rs", "write.rs", "write/body.rs"];
    for (path, text) in sources("src") {
        let name = name(&path);
        for word in [".base64()", ".matches(&", "pat.matches", "salt.fingerprint(", "fingerprints.of("] {
            let touches = code(&text).contains(word);
            assert!(!touches || may.contains(&name.as_str()), "{name} calls `{word}`");
        }
    }
    // Whoever reads a secret tells it to the door: nobody else has one to tell.
    let read = ["pat.rs", "pat/scrubber.rs", "read/live.rs", "cluster/kubeconfig.rs", "cluster/exec_plugin.rs"];
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
        let shows = name.starts_with("commands/") || name.starts_with("view/") || name.starts_with("apply");
        // The width of a column, and the lines of a diff, which are marked as coming from outside again.
        let may = ["view/door.rs", "view/terminal/fields.rs"].contains(&name.as_str());
        if !shows || may {
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
        // A request's body is what the API server is to have, as it is.
        let may = [
            "view/json/document/parts.rs",
            "view/door.rs",
            "rbac.rs",
            "saved_plan/document.rs",
            "saved_plan/place.rs",
            "write/body.rs",
        ]
        .contains(&name.as_str());
        assert!(!code(&text).contains("Serialize") || may, "{name} can be serialized");
        let looks = ["view/door.rs"].contains(&name.as_str());
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
        assert!(!code(&text).contains("Cleared(") || name == "view/door.rs", "{name} makes output by itself");
        let raw = code(&text).contains("Cleared::new(");
        assert!(!raw || name.starts_with("view/"), "{name} makes output by itself");
    }
}

#[test]
fn only_the_streams_write_to_stdout() {
    for (path, text) in sources("src") {
        let name = name(&path);
        for word in ["stdout()", "io::stderr", "println!", "print!(", "eprint"] {
            assert!(!code(&text).contains(word) || name == "view/streams.rs", "{name} holds `{word}`");
        }
    }
}

/// A format is a view of its own, chosen in one place. Nothing else looks at which one it is.
#[test]
fn only_the_choice_of_the_view_knows_the_formats() {
    let mut seen = 0;
    for (path, text) in sources("src") {
        let name = name(&path);
        let code = code(&text);
        let matches = code.lines().filter(|line| line.contains("Format::") && line.contains("=>")).count();
        assert!(matches == 0 || name == "view.rs", "{name} branches on the format");
        for word in ["== Format::", "!= Format::", "matches!(format", "is_json"] {
            assert!(!code.contains(word), "{name} branches on the format: `{word}`");
        }
        seen += matches;
    }
    assert_eq!(seen, 1, "the choice is found");
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

/// The modules that a file names, of those that stand directly in its crate: by `crate::` or by `super::` up to there.
fn named_modules(root: &str, path: &Path, code: &str) -> Vec<String> {
    let within = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join(root)).expect("in the crate");
    let up = "super::".repeat(within.components().count());
    let flat = code.replace(&format!("super::{up}"), "").replace(&up, "crate::");
    flat.split("crate::").skip(1).flat_map(first_words).collect()
}

/// The module that a path begins with, or each of them in `{a, b::C, c::{d, E}}`.
fn first_words(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        let word = text.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_');
        word.collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut depth = 1;
    let mut words = vec![word(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => words.push(word(&group[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    words
}

/// A module that needs another is not needed by it: each can be read, and moved, without the whole.
#[test]
fn no_import_circle() {
    for root in ["src", "crates/konnect-core/src", "crates/kube-sandbox/src", "crates/testkit/src"] {
        let mut needs: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> = Default::default();
        for (path, text) in sources(root) {
            let within = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join(root)).expect("in the crate");
            let first = within.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
            let module = first.trim_end_matches(".rs").to_owned();
            needs
                .entry(module.clone())
                .or_default()
                .extend(named_modules(root, &path, &code(&text)).into_iter().filter(|m| *m != module));
        }
        let modules: Vec<String> = needs.keys().cloned().collect();
        for set in needs.values_mut() {
            set.retain(|module| modules.contains(module) && module != "lib" && module != "main");
        }
        // What nothing is needed for goes, until nothing is left, or a circle.
        loop {
            let free: Vec<String> = needs.iter().filter(|(_, set)| set.is_empty()).map(|(module, _)| module.clone()).collect();
            if free.is_empty() {
                break;
            }
            needs.retain(|module, _| !free.contains(module));
            needs.values_mut().for_each(|set| set.retain(|module| !free.contains(module)));
        }
        assert!(needs.is_empty(), "an import circle in {root} is among {needs:#?}");
    }
}
