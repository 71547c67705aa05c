//! What to do about a wrong command line: its kind, and the habit behind it.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::super::habits::{COMMANDS, FLAGS, Habit, NO_TOKEN_HERE, VALUES};
use crate::cli::Cli;
use crate::spec::looks_like_token;

const FLAGS_LAST: &str = "flags go after the command, as in `konnect plan -f SPEC`";
const SPEC_BY_FLAG: &str = "a spec is named with -f SPEC";
const ONE_PLAN: &str = "apply takes one saved plan; a spec is named with -f SPEC";
const ONE_ARGUMENT: &str = "leave it out; `konnect help COMMAND` shows what the command takes";
const SANDBOX_FILE: &str = "the sandbox's file goes after an equals sign: --sandbox=FILE";
const STDIN_TOKEN: &str = "it takes no value: `konnect plan --pat-stdin < token.txt`";
const STDIN_TOKEN_OF_APPLY: &str = "it takes no value: `konnect apply --pat-stdin --auto-approve < token.txt`";
const REVOKE: &str = "that looks like a token: it is in the shell's history now; revoke it";
const NO_LEVEL: &str = "-v takes no level: give it alone";
const SANDBOX_COMMANDS: &str = "its commands are `konnect sandbox serve` and `konnect sandbox reset`";
const NO_VALUE: &str = "this flag takes no value: give it to turn it on, leave it out to turn it off";
const PLAN_ALONE: &str = "a saved plan holds its spec and what it takes over: name the plan alone, or the spec alone";
const SANDBOX_ALONE: &str = "the sandbox stands in for a cluster: leave out --sandbox, or --context and --kubeconfig";
const PLAN_TAKES_OVER: &str =
    "a take-over is part of the plan: `konnect plan --out PLAN --take-over FIELD`, then `konnect apply PLAN`";
const QUIET_OR_VERBOSE: &str = "-q and -v exclude each other: leave one of them out";
const ONE_OF_TWO: &str = "leave one of the two out";
const NOT_SAVED: &str =
    "a plan of an untrusted spec is only shown: make the plan that is applied after the merge, without --untrusted-spec";
const MAKE_A_PLAN: &str = "`konnect plan --out PLAN` makes a saved plan";
const WITH_A_PLAN: &str = "--expect goes with a saved plan: `konnect apply PLAN --expect DIGEST`";
const WITH_OUT: &str = "--expires needs --out, since only a saved plan expires: `konnect plan --out PLAN --expires 8h`";
const WITH_UNTRUSTED: &str = "--allow-context and --allow-pat-env go with --untrusted-spec; a trusted spec may choose anything";
const NEEDS_A_VALUE: &str = "write a value after the flag; is a shell variable unset?";
const UNSET: &str = "is a shell variable unset? set it: there is no default";
const UNSET_CONTEXT: &str = "is a shell variable unset? set it; without --context the spec's cluster.context counts, else the kubeconfig's current context";
const UNSET_KUBECONFIG: &str = "is a shell variable unset? set it; without --kubeconfig the spec's cluster.kubeconfig counts, else $KUBECONFIG or ~/.kube/config";
const UNSET_FILE: &str = "is a shell variable unset? set it; without -f the spec is konnect.toml";
const LOWER_CASE: &str = "write it in lower case";
const NAME_THE_SPEC: &str = "write -f SPEC, such as -f envs/prod.toml";

/// Adds the hint. clap's own quotes what was typed in a form that the door does not see, so it goes.
pub(super) fn add(error: &mut clap::Error, arguments: &[OsString]) {
    error.remove(ContextKind::Suggested);
    let words: Vec<&str> = arguments.iter().skip(1).map_while(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let mut hints: Vec<Cow<'static, str>> = hint(error, &words).into_iter().collect();
    if words.iter().any(|word| looks_like_token(word)) && !hints.iter().any(|hint| hint == NO_TOKEN_HERE) {
        hints.push(REVOKE.into());
    }
    if !hints.is_empty() {
        for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue, ContextKind::Usage]
        {
            error.remove(kind);
        }
        let hints = hints.into_iter().map(|hint| StyledStr::from(hint.into_owned())).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(hints));
    }
}

/// The command that was typed, and its name: of ours alone.
fn command(words: &[&str]) -> (Command, String) {
    let (mut command, mut path) = (Cli::command(), String::from("konnect"));
    for word in words {
        match command.find_subcommand(word).cloned() {
            Some(below) => {
                path = format!("{path} {}", below.get_name());
                command = below;
            }
            None => break,
        }
    }
    (command, path)
}

/// A long flag with one dash that clap reads as -f and its value: `-force` as the spec `orce`.
pub(in super::super) fn short_for_long(arguments: &[OsString]) -> Option<clap::Error> {
    let words = arguments.iter().skip(1).map_while(|word| word.to_str()).take_while(|word| *word != "--");
    let meant = words.map(name).find(|name| name.starts_with("-f") && FLAGS.iter().any(|of| of.typed.contains(name)))?;
    let mut error = clap::Error::new(ErrorKind::UnknownArgument).with_cmd(&Cli::command());
    error.insert(ContextKind::InvalidArg, ContextValue::String(meant.to_owned()));
    Some(error)
}

/// In words of ours alone: what was typed may hold a token.
fn hint(error: &mut clap::Error, words: &[&str]) -> Option<Cow<'static, str>> {
    let said = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(" "),
        _ => String::new(),
    };
    let argument = said(error, ContextKind::InvalidArg);
    let value = said(error, ContextKind::InvalidValue);
    let hint = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = said(error, ContextKind::InvalidSubcommand);
            if words.first() == Some(&"sandbox") {
                return Some(SANDBOX_COMMANDS.into());
            }
            let known = of(COMMANDS, "", &typed).filter(|_| words.first() == Some(&typed.as_str()));
            return known.map(Cow::from).or_else(|| similar_command(&typed)).or(Some("`konnect -h` lists the commands".into()));
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let blamed = blamed(&argument, words);
            // clap names its first sign.
            if blamed.len() == 2 && blamed != "-v" && words.iter().any(|word| is_level(word)) {
                error.insert(ContextKind::InvalidArg, ContextValue::String("-v".to_owned()));
                return Some(NO_LEVEL.into());
            }
            // Of ours, or the whole word of which clap names a letter.
            error.insert(ContextKind::InvalidArg, ContextValue::String(blamed.to_owned()));
            return of_flag(blamed, words);
        }
        ErrorKind::UnknownArgument => of_positional(&argument, words),
        ErrorKind::TooManyValues if argument.starts_with("--pat-stdin") => of_pat_stdin(words),
        ErrorKind::TooManyValues if argument.starts_with("--verbose") => NO_LEVEL,
        ErrorKind::TooManyValues => NO_VALUE,
        ErrorKind::ValueValidation if argument.contains("PLAN") && looks_like_token(&value) => NO_TOKEN_HERE,
        ErrorKind::ValueValidation if value.is_empty() => match argument.split([' ', '=']).next().unwrap_or_default() {
            "--context" => UNSET_CONTEXT,
            "--kubeconfig" => UNSET_KUBECONFIG,
            "--file" => UNSET_FILE,
            _ => UNSET,
        },
        ErrorKind::InvalidValue if value.is_empty() && argument.starts_with("--file") => NAME_THE_SPEC,
        ErrorKind::InvalidValue if value.is_empty() => NEEDS_A_VALUE,
        ErrorKind::InvalidValue if said(error, ContextKind::ValidValue).split(' ').any(|valid| valid == value.to_lowercase()) => {
            LOWER_CASE
        }
        ErrorKind::InvalidValue => of(VALUES, argument.split([' ', '[']).next().unwrap_or_default(), &value.to_lowercase())?,
        ErrorKind::ArgumentConflict => of_conflict(&format!("{argument} {}", said(error, ContextKind::PriorArg))),
        ErrorKind::MissingRequiredArgument if argument.contains("PLAN") && words.contains(&"show") => MAKE_A_PLAN,
        ErrorKind::MissingRequiredArgument if argument.contains("--out") => WITH_OUT,
        ErrorKind::MissingRequiredArgument if argument.contains("--untrusted-spec") => WITH_UNTRUSTED,
        ErrorKind::MissingRequiredArgument if argument.contains("PLAN") => WITH_A_PLAN,
        _ => return None,
    };
    Some(hint.into())
}

/// The command that is most like what was typed; clap says it too, but not of `konnect help`.
fn similar_command(typed: &str) -> Option<Cow<'static, str>> {
    let cli = Cli::command();
    let names: Vec<&str> = cli.get_subcommands().map(Command::get_name).collect();
    let close = similar::get_close_matches(typed, &names, 1, 0.6);
    close.first().map(|name| format!("did you mean `konnect {name}`?").into())
}

/// The row for a word, typed there.
fn of(table: &'static [Habit], place: &str, word: &str) -> Option<&'static str> {
    let row = table.iter().find(|row| (row.of.is_empty() || row.of == place) && row.typed.contains(&word));
    row.map(|row| row.hint)
}

/// `-v6` or `-v=6`: kubectl's verbosity has levels.
fn is_level(word: &str) -> bool {
    let level = word.strip_prefix("-v").map(|level| level.trim_start_matches('='));
    level.is_some_and(|level| !level.is_empty() && level.bytes().all(|b| b.is_ascii_digit()))
}

/// A flag without its value.
fn name(word: &str) -> &str {
    word.split('=').next().unwrap_or_default()
}

/// The word that is to blame where clap names one letter of it: `-auto-approve` for `-a`.
fn blamed<'w>(argument: &'w str, words: &[&'w str]) -> &'w str {
    let letter = argument.strip_prefix('-').filter(|rest| rest.chars().count() == 1);
    let Some(letter) = letter else { return name(argument) };
    let is_meant = |name: &&str| {
        let long = name.strip_prefix('-').filter(|long| !long.starts_with('-') && long.contains(letter));
        long.is_some_and(|long| !having(long).is_empty() || FLAGS.iter().any(|of| name.len() > 2 && of.typed.contains(name)))
    };
    words.iter().map(|word| name(word)).find(is_meant).unwrap_or(argument)
}

/// The commands that have this long flag, with the flag as we spell it.
fn having(long: &str) -> Vec<(String, String)> {
    fn collect(command: &Command, path: &str, long: &str, found: &mut Vec<(String, String)>) {
        let flag = command.get_arguments().filter_map(clap::Arg::get_long).find(|known| *known == long);
        found.extend(flag.map(|flag| (path.to_owned(), flag.to_owned())));
        command.get_subcommands().for_each(|of| collect(of, format!("{path} {}", of.get_name()).trim(), long, found));
    }
    let mut found = Vec::new();
    collect(&Cli::command(), "", long, &mut found);
    found
}

/// The flag of this command that is most like what was typed, or where its flags are listed.
fn similar_flag(blamed: &str, words: &[&str]) -> Cow<'static, str> {
    let (command, path) = command(words);
    let flags: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let close = similar::get_close_matches(blamed.trim_start_matches('-'), &flags, 1, 0.6);
    close.first().map_or_else(|| format!("`{path} -h` lists the flags").into(), |flag| format!("did you mean --{flag}?").into())
}

fn of_pat_stdin(words: &[&str]) -> &'static str {
    if words.first() == Some(&"apply") { STDIN_TOKEN_OF_APPLY } else { STDIN_TOKEN }
}

fn of_flag(blamed: &str, words: &[&str]) -> Option<Cow<'static, str>> {
    let first = words.first().copied().unwrap_or_default();
    if let Some(hint) = of(FLAGS, first, blamed) {
        return Some(hint.into());
    }
    if first.starts_with('-') {
        return Some(FLAGS_LAST.into());
    }
    let known = having(blamed.trim_start_matches('-'));
    let Some((_, flag)) = known.first() else { return Some(similar_flag(blamed, words)) };
    let dashes = if blamed.starts_with("--") { "" } else { ", with two dashes" };
    if known.iter().any(|(command, _)| command == first) {
        return Some(format!("it is --{flag}{dashes}").into());
    }
    let commands = known.iter().map(|(command, _)| format!("`konnect {command}`")).collect::<Vec<_>>().join(", ");
    Some(format!("--{flag} is a flag of {commands}").into())
}

/// A word that is no flag, where none is expected.
fn of_positional(argument: &str, words: &[&str]) -> &'static str {
    let before = words.iter().position(|word| *word == argument).and_then(|at| words.get(at.checked_sub(1)?)).copied();
    match (before, words.first().copied()) {
        (Some("--sandbox"), _) => SANDBOX_FILE,
        (Some("--pat-stdin"), _) => of_pat_stdin(words),
        (Some("-v" | "--verbose"), _) => NO_LEVEL,
        _ if looks_like_token(argument) => NO_TOKEN_HERE,
        (_, Some("apply")) => ONE_PLAN,
        (_, Some("plan" | "validate" | "rbac")) => SPEC_BY_FLAG,
        _ => ONE_ARGUMENT,
    }
}

fn of_conflict(both: &str) -> &'static str {
    let named = |flag: &str| both.contains(flag);
    if named("--sandbox") && (named("--context") || named("--kubeconfig")) {
        SANDBOX_ALONE
    } else if named("--untrusted-spec") {
        NOT_SAVED
    } else if named("[PLAN]") && named("--take-over") {
        PLAN_TAKES_OVER
    } else if named("--quiet") {
        QUIET_OR_VERBOSE
    } else if named("[PLAN]") {
        PLAN_ALONE
    } else {
        ONE_OF_TWO
    }
}

#[cfg(test)]
mod tests;
