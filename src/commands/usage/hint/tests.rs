//! Each habit, and each kind of error, gets its hint; none repeats what was typed.

use clap::Parser as _;

use super::*;

/// What is printed for a command line that is wrong.
fn answer(words: &[&str]) -> String {
    let arguments: Vec<OsString> = ["konnect"].iter().chain(words).map(OsString::from).collect();
    let mut error = match Cli::try_parse_from(&arguments) {
        Ok(_) => short_for_long(&arguments).unwrap_or_else(|| panic!("{words:?} is sound")),
        Err(error) => error,
    };
    add(&mut error, &arguments);
    error.render().to_string()
}

fn place<'p>(row: &Habit, or: &'p str) -> &'p str {
    if row.of.is_empty() { or } else { row.of }
}

#[test]
fn every_habit_gets_its_hint() {
    for row in FLAGS {
        for (typed, value) in row.typed.iter().flat_map(|typed| [(typed, ""), (typed, "=x")]) {
            let said = answer(&[place(row, "apply"), &format!("{typed}{value}")]);
            assert!(said.contains(row.hint) && said.contains(&format!("'{typed}'")), "{typed}{value}: {said}");
        }
    }
    for row in COMMANDS {
        for typed in row.typed {
            assert!(answer(&[typed, "x"]).contains(row.hint), "{typed}");
        }
    }
    for row in VALUES {
        for typed in row.typed {
            let of_apply = row.of == "--auto-approve" || row.hint.contains("markdown is for plan and show");
            let command = if of_apply { "apply" } else { "plan" };
            assert!(answer(&[command, &format!("{}={typed}", row.of)]).contains(row.hint), "{typed}");
            assert!(answer(&[command, &format!("{}={}", row.of, typed.to_uppercase())]).contains(row.hint), "{typed}");
        }
    }
}

#[test]
fn no_word_is_in_two_rows_of_one_place() {
    for table in [COMMANDS, FLAGS, VALUES] {
        let mut seen = std::collections::BTreeSet::new();
        let words = table.iter().flat_map(|row| row.typed.iter().map(move |typed| (row.of, *typed)));
        words.for_each(|word| assert!(seen.insert(word), "{word:?}"));
    }
}

#[test]
fn each_kind_of_error_gets_its_hint() {
    let digest = "0".repeat(64);
    let rows: &[(&[&str], &str)] = &[
        (&["apply", "-auto-approve"], "it is --auto-approve, with two dashes"),
        (&["show", "p", "--auto-approve"], "--auto-approve is a flag of `konnect apply`"),
        (&["validate", "-out=x"], "--out is a flag of `konnect plan`"),
        (&["plan", "prod.toml"], SPEC_BY_FLAG),
        (&["apply", "a", "b"], ONE_PLAN),
        (&["show", "a", "b"], ONE_ARGUMENT),
        (&["plan", "--sandbox", "x"], SANDBOX_FILE),
        (&["plan", "--pat-stdin", "x"], STDIN_TOKEN),
        (&["apply", "--pat-stdin=x"], STDIN_TOKEN_OF_APPLY),
        (&["plan", "-v", "6"], NO_LEVEL),
        (&["plan", "-v=6"], NO_LEVEL),
        (&["plan", "-v6"], NO_LEVEL),
        (&["plan", "--context="], UNSET_CONTEXT),
        (&["plan", "--out="], UNSET),
        (&["plan", "--contxet", "x"], "did you mean --context?"),
        (&["plan", "--xyzzy"], "`konnect plan -h` lists the flags"),
        (&["xyzzy"], "`konnect -h` lists the commands"),
        (&["sandbox", "start"], SANDBOX_COMMANDS),
        (&["apply", "p", "--take-over", "secret.data.token"], PLAN_TAKES_OVER),
        (&["plan", "--timeout", "kpat_12345678"], REVOKE),
        (&["plan", "--pat-stdin=x"], STDIN_TOKEN),
        (&["apply", "--auto-approve=true"], "create-only"),
        (&["plan", "--detailed-exitcode=true"], NO_VALUE),
        (&["plan", "-f"], NAME_THE_SPEC),
        (&["plan", "--timeout"], NEEDS_A_VALUE),
        (&["plan", "--format", "JSON"], LOWER_CASE),
        (&["apply", "p", "-f", "x"], PLAN_ALONE),
        (&["plan", "--out", "p", "--untrusted-spec"], NOT_SAVED),
        (&["plan", "--sandbox", "--context", "x"], SANDBOX_ALONE),
        (&["plan", "-q", "-v"], QUIET_OR_VERBOSE),
        (&["show"], MAKE_A_PLAN),
        (&["apply", "--expect", &digest], WITH_A_PLAN),
        (&["plan", "--expires", "8h"], WITH_OUT),
        (&["plan", "--allow-context", "x"], WITH_UNTRUSTED),
        (&["-f", "x", "plan"], FLAGS_LAST),
        (&["plna"], "did you mean `konnect plan`?"),
        (&["help", "aply"], "did you mean `konnect apply`?"),
    ];
    for (words, expected) in rows {
        let said = answer(words);
        assert!(said.contains(expected), "{words:?}: {said}");
    }
}

#[test]
fn what_was_typed_is_in_no_hint() {
    for words in [["apply", "--kpat_secret"], ["show", "--kpat_secret"], ["plan", "kpat_secret"], ["kpat_secret", "x"]] {
        // Where clap names it, the door masks it; a hint does not pass the door.
        let said = answer(&words);
        assert!(said.matches("kpat_secret").count() <= 1, "{words:?}: {said}");
    }
}
