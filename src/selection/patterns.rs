//! `--only` and `--except` together: which of the specs they choose.

use super::candidates::Candidate;
use super::pattern::Pattern;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::text;

/// The patterns of a run. Those of `--only` together say which specs are meant, all if there are none; those of `--except` then leave some
/// of these out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns {
    only: Vec<Pattern>,
    except: Vec<Pattern>,
}

/// What patterns choose.
pub(super) struct Chosen {
    /// Whether each candidate is meant.
    pub(super) each: Vec<bool>,
    /// Patterns that match nothing, or that leave nothing.
    pub(super) problems: Vec<Failure>,
}

impl Patterns {
    /// What was given as `--only`, and as `--except`.
    #[must_use]
    pub const fn new(only: Vec<Pattern>, except: Vec<Pattern>) -> Self {
        Self { only, except }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Whether all that lies below a folder is left out.
    pub(super) fn leave_out(&self, folder: &str) -> bool {
        self.except.iter().any(|pattern| pattern.covers(folder))
    }

    /// Which of these are meant. `left_out` are folders that were not looked into.
    pub(super) fn choose(&self, candidates: &[Candidate], left_out: &[String]) -> Chosen {
        let matches = |pattern: &Pattern, candidate: &Candidate| candidate.ways.iter().any(|way| pattern.fits(way));
        let any = |patterns: &[Pattern], candidate: &Candidate| patterns.iter().any(|pattern| matches(pattern, candidate));
        let meant = |candidate| (self.only.is_empty() || any(&self.only, candidate)) && !any(&self.except, candidate);
        let each: Vec<bool> = candidates.iter().map(meant).collect();

        let idle = |pattern: &&Pattern| {
            !candidates.iter().any(|candidate| matches(pattern, candidate))
                && !left_out.iter().any(|folder| pattern.covers(folder))
        };
        let example = candidates.iter().find_map(|candidate| candidate.ways.first());
        let of = |flag: &'static str, patterns: &[Pattern]| -> Vec<Failure> {
            patterns.iter().filter(idle).map(|pattern| matches_nothing(flag, pattern.typed(), example)).collect()
        };
        let mut problems = of("--only", &self.only);
        problems.extend(of("--except", &self.except));
        if problems.is_empty() && !self.is_empty() && !each.contains(&true) {
            problems.push(nothing_left(self.only.is_empty(), candidates.len()));
        }
        Chosen { each, problems }
    }
}

fn matches_nothing(flag: &'static str, typed: &Outside, example: Option<&String>) -> Failure {
    let what = text!("{} {} matches none of the specs that -f names", flag, typed.as_name());
    let example = example.map_or_else(Text::default, |path| text!(", as in {}", Outside::from(path)));
    let hint = if typed.expose().starts_with('!') {
        text!("what is to be left out is named with --except, without the !")
    } else {
        text!(
            "a pattern without / is matched with a file's name, one with / with its path or the end of it{}; all in a folder is FOLDER/",
            example
        )
    };
    Failure::new(FailureCode::Spec, what).hint(hint)
}

fn nothing_left(only_except: bool, of: usize) -> Failure {
    let what = match (only_except, of) {
        (true, 0 | 1) => "--except leaves no spec".into(),
        (true, _) => text!("--except leaves none of the {} specs", of),
        (false, _) => "no spec that --only matches is left by --except".into(),
    };
    Failure::new(FailureCode::Spec, what).hint("take a pattern away, or make one narrower")
}
