//! How a run ends: the exit code, and what is said when it failed.

mod code;

use std::process::ExitCode;

pub use code::FailureCode;

use crate::outside::{Outside, Text};
use crate::text;

macro_rules! outcomes {
    ($($outcome:ident = $code:literal, $means:literal;)*) => {
        /// How a run ended. The numbers are public: pipelines branch on them, so an existing one never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Outcome {
            $(
                #[doc = $means]
                $outcome,
            )*
        }

        impl Outcome {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$outcome),*];

            /// The process exit code.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$outcome => $code),* }
            }

            /// What it means, for help and documentation.
            #[must_use]
            pub const fn means(self) -> &'static str {
                match self { $(Self::$outcome => $means),* }
            }
        }
    };
}

// 64 and not clap's own 2, which would read as "changes pending".
outcomes! {
    Done = 0, "done, or nothing to do; also changes pending where `--detailed-exitcode` was not given";
    Failed = 1, "failed before anything was changed: spec, token, connection, permission, or something that could not be read";
    ChangesPending = 2, "`--detailed-exitcode`: changes are pending, blocked ones included";
    Refused = 3, "refused: another cluster than pinned, a blocked line, no approval, an untrusted spec that says too much; nothing written";
    Stale = 4, "stale: the cluster or the token is not what the plan was made from, or the saved plan expired or was changed; nothing written";
    Partial = 5, "partial: something was written, or may have been, before the failure; the report lists all of it";
    Unconfirmed = 6, "applied, but not confirmed by reading again";
    Usage = 64, "usage error";
    Internal = 70, "a bug in konnect (a panic): what was written is not known";
    Interrupted = 130, "interrupted; writes under way were finished and reported";
}

impl Outcome {
    /// Of two outcomes that both fit, the one that is reported: the first of 64, 70, 130, 5, 6, 1, 3, 4, 2, 0.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.rank() <= other.rank() { self } else { other }
    }

    /// How a run about many specs ended. `wrote` says whether anything was, or may have been, written: then one spec that failed, was refused
    /// or is stale (1, 3, 4) makes the run partial (5), since those codes say of a whole run that nothing was written. Else it is the first in
    /// the order of [`Self::or`]. It depends on nothing but which outcomes there are: not on their order, nor on how often each is there.
    #[must_use]
    pub fn of_many(outcomes: impl IntoIterator<Item = Self>, wrote: bool) -> Self {
        let (mut first, mut nothing_written) = (Self::Done, false);
        for outcome in outcomes {
            first = first.or(outcome);
            nothing_written |= matches!(outcome, Self::Failed | Self::Refused | Self::Stale);
        }
        if wrote && nothing_written { Self::Partial } else { first }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Usage => 0,
            Self::Internal => 1,
            Self::Interrupted => 2,
            Self::Partial => 3,
            Self::Unconfirmed => 4,
            Self::Failed => 5,
            Self::Refused => 6,
            Self::Stale => 7,
            Self::ChangesPending => 8,
            Self::Done => 9,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// Why a run stopped: what happened and where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code this failure asks for.
    pub outcome: Outcome,
    /// Why, as a stable word for programs; part of the JSON output.
    pub code: FailureCode,
    /// What happened and where: a lowercase fragment fit for "failed to …: {what}".
    pub what: Text,
    /// What to do next.
    pub hint: Option<Text>,
    /// Where in the spec it is, if it is there.
    pub place: Option<Place>,
}

/// A place in the text of a spec, or of a file that it extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, where it is not the spec itself.
    pub file: Option<Outside>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Failure {
    /// A failure with the exit code that its code asks for.
    #[must_use]
    pub fn new(code: FailureCode, what: impl Into<Text>) -> Self {
        Self { outcome: code.outcome(), code, what: what.into(), hint: None, place: None }
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure at a place in the spec.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// What happened, and in parentheses what to do: for where there is one text for both.
    #[must_use]
    pub fn with_hint(&self) -> Text {
        match &self.hint {
            None => self.what.clone(),
            Some(hint) => text!("{} ({})", self.what, hint),
        }
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// Our own words alone, for the error chain of the client stack: what came from outside is shown by the door, not here.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what.own_words())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::Outcome::{self, *};

    #[test]
    fn codes_are_the_documented_ones() {
        let rows = [
            (Done, 0),
            (Failed, 1),
            (ChangesPending, 2),
            (Refused, 3),
            (Stale, 4),
            (Partial, 5),
            (Unconfirmed, 6),
            (Usage, 64),
            (Internal, 70),
            (Interrupted, 130),
        ];
        for (outcome, code) in rows {
            assert_eq!(outcome.code(), code);
        }
        assert_eq!(rows.map(|(outcome, _)| outcome), *Outcome::ALL, "by number, all of them");
    }

    #[test]
    fn the_graver_of_two_outcomes_wins() {
        let order: [Outcome; 10] =
            [Usage, Internal, Interrupted, Partial, Unconfirmed, Failed, Refused, Stale, ChangesPending, Done];
        for (i, a) in order.iter().enumerate() {
            for b in &order[i..] {
                assert_eq!(a.or(*b), *a);
                assert_eq!(b.or(*a), *a);
            }
        }
    }

    /// All sequences of up to three outcomes, in every order and with each retried.
    #[test]
    fn many_specs_end_as_one_whatever_their_order() {
        let literal = |outcomes: &[Outcome], wrote: bool| {
            if wrote && outcomes.iter().any(|one| [Failed, Refused, Stale].contains(one)) {
                return Partial;
            }
            let order = [Usage, Internal, Interrupted, Partial, Unconfirmed, Failed, Refused, Stale, ChangesPending, Done];
            order.into_iter().find(|one| outcomes.contains(one)).unwrap_or(Done)
        };
        assert_eq!(Outcome::of_many([], true), Done);
        for a in Outcome::ALL {
            for b in Outcome::ALL {
                for c in Outcome::ALL {
                    for wrote in [false, true] {
                        let expected = literal(&[*a, *b, *c], wrote);
                        for order in [[*a, *b, *c], [*a, *c, *b], [*b, *a, *c], [*b, *c, *a], [*c, *a, *b], [*c, *b, *a]] {
                            assert_eq!(Outcome::of_many(order, wrote), expected, "{order:?} {wrote}");
                            let twice = order.into_iter().chain(order);
                            assert_eq!(Outcome::of_many(twice, wrote), expected, "{order:?} {wrote}, each twice");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_failure_says_only_our_own_words_where_there_is_no_door() {
        use super::{Failure, FailureCode};
        use crate::outside::Outside;
        let failure = Failure::new(FailureCode::Spec, crate::text!("{} is wrong", Outside::new("hunter2")));
        assert_eq!(failure.to_string(), "… is wrong");
        assert_eq!(failure.outcome, Outcome::Failed);
        assert_eq!(failure.outcome(Outcome::Stale).outcome, Outcome::Stale);
    }

    #[test]
    fn one_text_for_what_happened_and_what_to_do() {
        use super::{Failure, FailureCode, Place};
        let place = Place { file: Some("base.toml".into()), line: 3, column: 7 };
        let failure = Failure::new(FailureCode::Spec, "it is wrong").at(place.clone());
        assert_eq!(failure.with_hint().plain(), "it is wrong");
        assert_eq!(failure.place, Some(place));
        assert_eq!(failure.hint("correct it").with_hint().plain(), "it is wrong (correct it)");
    }

    #[test]
    fn the_exit_code_is_the_code() {
        use std::process::ExitCode;
        for outcome in [Done, Partial, Interrupted] {
            assert_eq!(format!("{:?}", ExitCode::from(outcome)), format!("{:?}", ExitCode::from(outcome.code())));
        }
    }
}
