//! What stands below the flags in help: drawn from `examples.rs`, from the table of exit codes, and in lines that fit a screen.

use std::fmt::Write as _;

use super::examples::{COLOR, CommandHelp, KUBECONFIG, OF_COMMANDS, PROXY, STATE, TOKEN, Variable};
use crate::outcome::Outcome;
use crate::spec::FOUR_LINES;

/// The widest line: what every terminal has.
const WIDTH: usize = 80;

/// How to begin.
pub(super) const BEGIN: &str = "Try it without a cluster: PAT=kpat_only_for_the_sandbox konnect plan --sandbox\n`konnect help COMMAND` has examples, environment variables and exit codes.";

/// How to install completions.
pub(super) const COMPLETIONS: &str = "\
Install them once, then start a new shell:

  bash        echo 'source <(konnect completions bash)' >> ~/.bashrc
  zsh         mkdir -p ~/.zfunc && konnect completions zsh > ~/.zfunc/_konnect
              # and in ~/.zshrc, before compinit: fpath+=~/.zfunc
  fish        konnect completions fish > ~/.config/fish/completions/konnect.fish
  powershell  konnect completions powershell >> $PROFILE
  elvish      konnect completions elvish >> ~/.config/elvish/rc.elv";

/// What stands below the flags of a command.
pub(super) fn of(command: &str) -> String {
    let Some(CommandHelp { examples, variables, outcomes, .. }) = OF_COMMANDS.iter().find(|of| of.command == command) else {
        return String::new();
    };
    let mut text = String::from("Examples:\n");
    let examples = examples.iter().map(|of| format!("  # {}\n  {}\n", of.what, of.line));
    text.push_str(&examples.collect::<Vec<_>>().join("\n"));
    environment(&mut text, variables);
    exit_codes(&mut text, outcomes.iter().chain(&[Outcome::Usage, Outcome::Internal, Outcome::Interrupted]));
    text.trim_end().to_owned()
}

/// What stands below the list of commands.
pub(super) fn of_all() -> String {
    let mut text = String::from("Four lines are a whole spec, konnect.toml:\n");
    for line in FOUR_LINES.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("\nFirst steps, on a sandbox instead of a cluster:\n");
    for line in ["export PAT=kpat_only_for_the_sandbox", "konnect plan --sandbox", "konnect apply --sandbox"] {
        let _ = writeln!(text, "  {line}");
    }
    environment(&mut text, &[TOKEN, KUBECONFIG, PROXY, STATE, COLOR]);
    exit_codes(&mut text, Outcome::ALL);
    text.push_str("\n`konnect help COMMAND` has examples of each command.");
    text
}

fn environment(text: &mut String, variables: &[Variable]) {
    if variables.is_empty() {
        return;
    }
    text.push_str("\nEnvironment:\n");
    rows(text, variables.iter().map(|of| (of.name.to_owned(), of.what)));
}

fn exit_codes<'o>(text: &mut String, outcomes: impl IntoIterator<Item = &'o Outcome>) {
    text.push_str("\nExit codes:\n");
    rows(text, outcomes.into_iter().map(|outcome| (outcome.code().to_string(), outcome.means())));
}

/// Two columns, the second one broken between words.
fn rows<'w>(text: &mut String, rows: impl Iterator<Item = (String, &'w str)>) {
    let rows: Vec<_> = rows.collect();
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, what) in rows {
        let _ = write!(text, "  {name:first$}  ");
        let mut column = first + 4;
        for (i, word) in what.split(' ').enumerate() {
            if i > 0 && column + 1 + word.len() > WIDTH {
                let _ = write!(text, "\n{:1$}", "", first + 4);
                column = first + 4;
            } else if i > 0 {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += word.len();
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let all = OF_COMMANDS.iter().map(|of| super::of(of.command)).chain([of_all(), BEGIN.to_owned()]);
        for line in all.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
            // A command line is to be copied, and is not broken.
            assert!(line.len() <= WIDTH || line.starts_with("  konnect ") || line.starts_with("  KUBECONFIG="), "{line}");
        }
        assert_eq!(super::of("frobnicate"), "");
    }
}
