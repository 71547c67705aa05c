//! A plan ends with the command that carries it out, as it has to be typed, and only where apply would not refuse it.

use std::process::Command;

use testkit::Konnect;

const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";
const TOKEN: &str = "kpat_nextCommandToken000000001";

fn konnect(token: &str) -> Konnect {
    testkit::konnect!().spec(SPEC).file("it's prod.toml", SPEC).env("PAT", token)
}

/// The command that stdout ends with, if it ends with one. stderr follows it.
fn next(konnect: &Konnect, args: &[&str], code: i32) -> Option<String> {
    let (ended, said) = konnect.command_with(args);
    assert_eq!(ended, code, "{said}");
    let (_, command) = said.split_once("\nApply it with:\n")?;
    Some(command.lines().next()?.trim().to_owned())
}

#[test]
fn what_was_typed_for_the_plan_is_typed_for_apply() {
    let konnect = konnect("another-kind-of-token");
    let args = ["plan", "-f", "it's prod.toml", "--accept-any-token", "--take-over", "secret.data.token", "--sandbox=a b"];
    let command = next(&konnect, &[&args[..], &["--timeout", "90s", "--detailed-exitcode"]].concat(), 2).expect("a command");
    let expected =
        r"konnect apply -f 'it'\''s prod.toml' --accept-any-token --take-over secret.data.token --sandbox='a b' --timeout 90s";
    assert_eq!(command, expected);
    // A shell gives these words to the program.
    let words = Command::new("sh").args(["-c", &command.replacen("konnect", "printf '%s\\n'", 1)]).output().expect("a shell");
    let mut typed = args.to_vec();
    typed[0] = "apply";
    typed.extend(["--timeout", "90s"]);
    assert_eq!(String::from_utf8(words.stdout).expect("text").lines().collect::<Vec<_>>(), typed);
    let (code, said) = konnect.command_with(&[&typed[..], &["--auto-approve"]].concat());
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_saved_plan_needs_its_sandbox_and_its_digest() {
    let konnect = konnect(TOKEN);
    let command = next(&konnect, &["plan", "--sandbox=s", "--out", "p"], 0).expect("a command");
    assert!(command.starts_with("konnect apply p --sandbox=s --expect sha256:"), "{command}");
    assert_eq!(next(&konnect, &["show", "p"], 0).expect("a command"), command);
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(konnect.command_with(&words).0, 0);
    assert_eq!(next(&konnect, &["plan", "--sandbox=s"], 0), None, "there is nothing left to do");
}

/// A file whose name begins with a dash is a file all the same.
#[test]
fn a_path_is_no_flag() {
    let konnect = testkit::konnect!().spec(SPEC).file("-prod.toml", SPEC).env("PAT", TOKEN);
    let command = next(&konnect, &["plan", "-f=-prod.toml", "--sandbox=s"], 0).expect("a command");
    assert_eq!(command, "konnect apply -f ./-prod.toml --sandbox=s");
    let command = next(&konnect, &["plan", "--sandbox=s", "--out=-p.plan"], 0).expect("a command");
    assert!(command.starts_with("konnect apply ./-p.plan "), "{command}");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(konnect.command_with(&words).0, 0);
}

/// Where the token is on standard input nobody can be asked, so that only a saved plan can be applied.
#[test]
fn a_token_on_standard_input_leaves_nobody_to_ask() {
    let plan = |more: &[&str]| {
        let args = ["plan", "--sandbox=s", "--pat-stdin"].iter().chain(more).copied();
        let ran = testkit::konnect!().spec(SPEC).args(args).stdin(TOKEN).run();
        ran.assert_code(0);
        ran.stdout
    };
    assert!(!plan(&[]).contains("Apply it with"));
    assert!(plan(&["--out", "p"]).contains("\nApply it with:\n  konnect apply p --sandbox=s"));
}

#[test]
fn what_apply_would_refuse_is_not_suggested() {
    let with_token = konnect(TOKEN);
    let quiet = next(&with_token, &["plan", "--sandbox=s", "-q"], 0);
    let markdown = next(&with_token, &["plan", "--sandbox=s", "--format", "markdown"], 0);
    let untrusted = next(&with_token, &["plan", "--sandbox=s", "--untrusted-spec", "--allow-pat-env", "PAT"], 0);
    let without_token = next(&testkit::konnect!().spec(SPEC), &["plan", "--sandbox=s"], 0);
    assert_eq!([quiet, markdown, untrusted, without_token], [None, None, None, None]);
}
