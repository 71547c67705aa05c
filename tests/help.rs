//! Help is short where it is asked for with -h, complete where it is asked for with --help, and true: every example is run.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::path::Path;

use clap::{Command, CommandFactory as _, Parser as _};
use konnect::cli::{Cli, CommandHelp, OF_COMMANDS};
use konnect::outcome::Outcome;
use testkit::{Konnect, Served, konnect};

/// The smallest terminal there is, and a usual one's height.
const COLUMNS: usize = 80;
const ROWS: usize = 24;
const TALL: usize = 40;

const TOKEN: &str = "kpat_helpExamples0000000001";

/// Every command there is, as it is typed.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for of in command.get_subcommands().filter(|of| of.get_name() != "help") {
            below(of, &[path, &[of.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    below(&Cli::command(), &[], &mut found);
    assert!(found.len() > 8, "{found:?}");
    found
}

fn printed(args: &[&str]) -> String {
    let ran = konnect!().env("COLUMNS", COLUMNS.to_string()).args(args).run();
    ran.assert_code(0);
    assert_eq!(ran.stderr, "", "{args:?}");
    ran.stdout
}

fn with<'w>(command: &'w [String], more: &[&'w str]) -> Vec<&'w str> {
    command.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[test]
fn short_help_is_a_screen() {
    for command in commands() {
        let help = printed(&with(&command, &["-h"]));
        let rows = if command.is_empty() { ROWS } else { TALL };
        assert!(help.lines().count() < rows, "{command:?}: {} lines\n{help}", help.lines().count());
        for line in help.lines() {
            assert!(line.chars().count() <= COLUMNS, "{command:?}: {line}");
        }
    }
}

/// A flag's description takes one line: what is said in more is said by --help.
#[test]
fn each_flag_takes_one_line_of_short_help() {
    for command in commands() {
        let help = printed(&with(&command, &["-h"]));
        let flags: Vec<&str> =
            help.lines().skip_while(|line| !line.ends_with(':')).filter(|line| line.starts_with("   ")).collect();
        let continued = flags.iter().filter(|line| line.starts_with("               ")).count();
        assert!(continued == 0 || command.first().is_some_and(|of| of == "completions"), "{help}");
    }
}

#[test]
fn flags_stand_in_their_groups() {
    for (command, groups) in [
        ("plan", &["Spec:", "Cluster:", "Output:", "Saved plans:"][..]),
        ("apply", &["Arguments:", "Spec:", "Cluster:", "Output:", "Many specs:", "Saved plans:"]),
        ("validate", &["Spec:", "Cluster:", "Output:"]),
        ("show", &["Arguments:", "Output:"]),
        ("rbac", &["Spec:", "Rights:", "Output:"]),
        ("sandbox serve", &["Sandbox:", "Output:"]),
        ("sandbox reset", &["Sandbox:", "Output:"]),
    ] {
        let help = printed(&command.split(' ').chain(["-h"]).collect::<Vec<_>>());
        let found: Vec<&str> = help.lines().filter(|line| line.ends_with(':')).collect();
        assert_eq!(found, groups, "{command}");
    }
}

/// Where clap does not list the values of a flag, its description does.
#[test]
fn every_value_is_named() {
    fn look(command: &Command) {
        for arg in command.get_arguments().filter(|arg| arg.is_hide_possible_values_set()) {
            let help = arg.get_help().expect("a description").to_string();
            for value in arg.get_possible_values() {
                let word = |c: char| !c.is_alphanumeric() && c != '-';
                assert!(help.split(word).any(|word| word == value.get_name()), "{} {}: {help}", command.get_name(), arg.get_id());
            }
        }
        command.get_subcommands().for_each(look);
    }
    look(&Cli::command());
}

#[test]
fn help_and_version_are_commands_and_flags() {
    for command in commands() {
        let long = printed(&with(&command, &["--help"]));
        assert_eq!(printed(&[&["help"], &with(&command, &[])[..]].concat()), long, "{command:?}");
    }
    for asked in [&["help", "-h"][..], &["help", "--help"]] {
        assert_eq!(printed(asked), printed(&["--help"]));
    }
    let version = format!("konnect {}\n", env!("CARGO_PKG_VERSION"));
    for asked in ["version", "--version", "-V"] {
        assert_eq!(printed(&[asked]), version);
    }
}

#[test]
fn long_help_has_examples_variables_and_exit_codes() {
    for CommandHelp { command, examples, variables, outcomes } in OF_COMMANDS {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        // In one line, as it was before it was broken to fit.
        let help = printed(&words).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!((2..=4).contains(&examples.len()), "{command}");
        for example in *examples {
            assert!(help.contains(&format!("# {} {}", example.what, example.line)), "{command}: {}", example.line);
        }
        for variable in *variables {
            assert!(help.contains(&format!("{} {}", variable.name, variable.what)), "{command}: {}", variable.name);
        }
        for outcome in *outcomes {
            assert!(help.contains(&format!("{} {}", outcome.code(), outcome.means())), "{command}: {outcome:?}");
        }
    }
}

/// README has the words of the one table there is.
#[test]
fn readme_has_the_exit_codes() {
    let readme = include_str!("../README.md");
    for outcome in Outcome::ALL {
        let row = format!("| {} | {} |", outcome.code(), outcome.means());
        assert!(readme.contains(&row), "{row}");
    }
}

/// The command line of konnect within a line of shell.
fn words(line: &str) -> Vec<String> {
    let own = line.split(" | ").next().expect("a command").split(" > ").next().expect("a command");
    own.split(' ').map(|word| word.trim_matches('"').replace("$DIGEST", &format!("sha256:{}", "0".repeat(64)))).collect()
}

#[test]
fn every_example_parses() {
    for example in OF_COMMANDS.iter().flat_map(|of| of.examples).filter(|example| example.line.starts_with("konnect ")) {
        Cli::try_parse_from(words(example.line)).unwrap_or_else(|e| panic!("{}: {e}", example.line));
    }
}

/// A line of shell, with konnect in the path, and a kubectl that takes what it is given.
fn shell(konnect: &Konnect, line: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_konnect")).parent().expect("a folder");
    let path = format!("{}:{}:{}", konnect.folder().display(), program.display(), std::env::var("PATH").expect("a path"));
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &format!("set -o pipefail; {line}")]).env_clear().current_dir(konnect.folder());
    command.envs(konnect.command().get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let output = testkit::child::run_to_end(command, None);
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (testkit::child::code(output.status), said)
}

/// In the order in which help shows them, in one folder, on a sandbox that is served: what needs a cluster has one. The server of the
/// example itself would never end: it is only parsed.
#[test]
fn every_example_runs() {
    let served = Served::start(konnect!());
    let konnect = konnect!().spec(konnect::spec::FOUR_LINES).env("PAT", TOKEN).env("KUBECONFIG", served.kubeconfig());
    let konnect = konnect.file("kubectl", "#!/bin/sh\nexec cat >/dev/null\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(konnect.folder().join("kubectl"), executable).expect("chmod");
    let mut digest = String::new();
    let examples = OF_COMMANDS.iter().filter(|of| of.command != "sandbox serve").flat_map(|of| of.examples);
    for line in examples.map(|example| example.line) {
        let (code, said) = shell(&konnect, &line.replace("$DIGEST", &digest));
        let pending = line.contains("--detailed-exitcode");
        assert_eq!(code, if pending { 2 } else { 0 }, "{line}\n{said}");
        if let Some(at) = said.find("sha256:") {
            said[at..at + "sha256:".len() + 64].clone_into(&mut digest);
        }
    }
    assert!(digest.starts_with("sha256:"), "a plan was saved");
}

#[test]
fn the_first_steps_of_help_are_steps() {
    let konnect = konnect!().spec(konnect::spec::FOUR_LINES);
    let (code, said) = shell(&konnect, "PAT=kpat_only_for_the_sandbox konnect plan --sandbox");
    assert!(code == 0 && said.contains("3 to add"), "{said}");
}

#[test]
fn completions_say_how_to_install_them_in_each_shell() {
    for asked in [&["completions", "-h"][..], &["completions", "--help"], &["completions", "bash", "--help"]] {
        let help = printed(asked);
        for shell in <clap_complete::Shell as clap::ValueEnum>::value_variants() {
            let command = format!("konnect completions {shell}");
            assert!(help.contains(&command), "{command}: {help}");
            assert!(!printed(&["completions", &shell.to_string()]).is_empty());
        }
    }
    let (code, said) = shell(&konnect!(), "source <(konnect completions bash) && complete -p konnect");
    assert!(code == 0 && said.contains("konnect"), "{said}");
}
