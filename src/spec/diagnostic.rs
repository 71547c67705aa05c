//! The spec's errors: path, line, column, the line they stand in, and no byte of a token in any of it.

mod excerpt;

use std::ops::Range;

use super::ClusterKeys;
use super::files::{SpecFile, SpecFiles};
use super::syntax::share_a_line;
use crate::outcome::{Failure, FailureCode, Outcome, Place};
use crate::outside::{Outside, Text};
use crate::pat::PatKey;
use crate::text;
pub use excerpt::Excerpt;

/// The most errors that are shown.
const MAX_SHOWN: usize = 20;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpecError {
    /// Where in the text; `None` where it concerns the whole file.
    span: Option<Range<usize>>,
    message: Text,
    pub(super) hint: Option<Text>,
    /// What must not be shown, beside what looks like a token.
    hidden: Option<Range<usize>>,
    /// It says that something is not there: of no worth where not all of the files could be parsed.
    pub(super) of_absence: bool,
    /// It says what an untrusted spec may not say.
    pub(super) refusal: bool,
}

impl SpecError {
    pub(super) fn at(span: Range<usize>, message: impl Into<Text>) -> Self {
        Self { span: Some(span), message: message.into(), hint: None, hidden: None, of_absence: false, refusal: false }
    }

    pub(super) fn whole(message: impl Into<Text>, hint: Option<Text>) -> Self {
        Self { span: None, message: message.into(), hint, hidden: None, of_absence: false, refusal: false }
    }

    /// Something that looks like a token. Its place is never shown as it is.
    pub(super) fn token(span: Range<usize>) -> Self {
        let mut fault =
            Self::at(span.clone(), "this file contains a token, and a token must never be in a file that is checked in");
        fault.hint = Some(
            "remove it, and revoke it if the file was ever shared; write pat_env = \"PAT\" and put the token in $PAT".into(),
        );
        fault.hidden = Some(span);
        fault
    }

    /// What the TOML parser says, without what it quotes of the text.
    pub(super) fn syntax(error: &toml::de::Error) -> Self {
        Self {
            span: error.span(),
            message: text!("TOML: {}", Outside::new(unquoted(error.message()))),
            hint: Some(advice(error.message()).into()),
            hidden: None,
            of_absence: false,
            refusal: false,
        }
    }

    /// Whether it is about a token in the file.
    pub(super) fn is_of_token(&self) -> bool {
        self.hidden.is_some()
    }

    /// Whether it is about a part of this.
    pub(super) fn overlaps(&self, other: &Range<usize>) -> bool {
        self.span.as_ref().is_some_and(|span| span.start < other.end && other.start < span.end)
    }

    /// Whether it begins in the line of this file in which this does.
    pub(super) fn is_in_line_of(&self, file: &SpecFile, other: &Range<usize>) -> bool {
        let own = self.span.as_ref().filter(|span| (file.start..file.end()).contains(&span.start));
        own.is_some_and(|span| share_a_line(&file.text, file.own(span).start, file.own(other).start))
    }

    pub(super) fn hide(&mut self, span: Range<usize>) {
        self.hidden = Some(span);
    }

    /// Where it is; `None` where it concerns the whole.
    pub(super) const fn span(&self) -> Option<&Range<usize>> {
        self.span.as_ref()
    }

    /// The same for a file that does not begin where the whole does.
    pub(super) fn in_file(mut self, file: &SpecFile) -> Self {
        self.span = self.span.map(|span| file.shifted(span));
        self.hidden = self.hidden.map(|span| file.shifted(span));
        self
    }
}

/// What to do about what the TOML parser says.
fn advice(message: &str) -> &'static str {
    let says = |words: &str| message.contains(words);
    if says("must be quoted") {
        "put the value in straight double quotes, as in namespace = \"kong\""
    } else if says("duplicate key") {
        "give each key once: remove one of the two"
    } else if says("invalid basic string") || says("invalid literal string") {
        "close the quotes, and write \\\\ for a backslash"
    } else if says("unquoted key") {
        "a key with dots or slashes needs quotes: \"konghq.com/secret\" = \"true\""
    } else {
        "a spec is TOML: one key = \"value\" a line, and tables as [secret]"
    }
}

/// The parser's message may quote keys and values: only what it quotes of TOML's own signs stays.
fn unquoted(message: &str) -> String {
    let mut shown = String::new();
    for (i, piece) in message.split('`').enumerate() {
        let sign = piece.len() <= 3 && !piece.chars().any(char::is_alphanumeric);
        match i % 2 {
            1 if sign => shown.push_str(&format!("`{piece}`")),
            1 => shown.push('…'),
            _ => shown.push_str(piece.split('"').next().unwrap_or_default()),
        }
    }
    shown.lines().next().unwrap_or_default().trim().to_owned()
}

/// One error, fit to be shown.
#[derive(Debug)]
pub struct ShownError<'a> {
    /// What is wrong.
    pub message: &'a Text,
    /// What to do.
    pub hint: Option<&'a Text>,
    /// The file it stands in.
    pub path: &'a Outside,
    /// The line and the column; `None` where it concerns the whole file.
    pub place: Option<(usize, usize)>,
    /// The line itself; `None` where it is not shown.
    pub excerpt: Option<Excerpt>,
}

/// What a spec says beside its objects, as far as that was understood, whatever else is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Understood {
    /// Where the token is: it is to be hidden in what is shown of the spec.
    pub pat: Option<PatKey>,
    /// Which cluster is meant.
    pub cluster: ClusterKeys,
}

/// Everything that is wrong with one spec.
#[derive(Debug)]
pub struct SpecErrors {
    files: Box<SpecFiles>,
    faults: Vec<SpecError>,
    /// What was understood of it.
    pub understood: Box<Understood>,
}

impl SpecErrors {
    pub(super) fn new(files: SpecFiles, mut faults: Vec<SpecError>, understood: Understood) -> Self {
        let place = |fault: &SpecError| fault.span.as_ref().map_or((1, 0, 0), |span| (0, span.start, span.end));
        // A token in the text is found in the text and again in the value it stands in: the value's place says more.
        let is_token = |fault: &SpecError| fault.hidden.is_some() && fault.hidden == fault.span;
        let mut tokens: Vec<Range<usize>> =
            faults.iter().filter(|fault| is_token(fault)).filter_map(|fault| fault.span.clone()).collect();
        tokens.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        tokens.dedup();
        // One that ends before another that begins no later does stands inside that one.
        let mut furthest = 0;
        tokens.retain(|span| {
            let outermost = span.end > furthest;
            furthest = furthest.max(span.end);
            outermost
        });
        faults.retain(|fault| match &fault.span {
            Some(span) if is_token(fault) => {
                tokens.binary_search_by_key(&(span.start, span.end), |span| (span.start, span.end)).is_ok()
            }
            _ => true,
        });
        faults.sort_by_key(place);
        faults.dedup();
        Self { files: Box::new(files), faults, understood: Box::new(understood) }
    }

    /// The same, and this is what it says of the cluster.
    pub(super) fn about(self, cluster: ClusterKeys) -> Self {
        Self { understood: Box::new(Understood { pat: self.understood.pat, cluster }), ..self }
    }

    /// One that concerns the whole of a file, of which nothing is shown.
    pub(super) fn of_file(path: &Outside, fault: SpecError) -> Self {
        let given = SpecFile::given(path, std::path::Path::new(""), String::new());
        Self::new(SpecFiles::new(given, Vec::new()), vec![fault], Understood::default())
    }

    /// Whether nothing is wrong, but not allowed to whoever wrote it.
    fn refused(&self) -> bool {
        self.faults.iter().all(|fault| fault.refusal)
    }

    /// The exit code they ask for.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.refused() { Outcome::Refused } else { Outcome::Failed }
    }

    /// The stable word for programs.
    #[must_use]
    pub fn code(&self) -> FailureCode {
        if self.refused() { FailureCode::UntrustedSpec } else { FailureCode::Spec }
    }

    /// How many errors there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.faults.len()
    }

    /// One message an error: `path:line:column: message (hint)`.
    #[must_use]
    pub fn messages(&self) -> Vec<Text> {
        self.failures().iter().map(Failure::with_hint).collect()
    }

    /// One failure an error, `path:line:column: message`, with its place and its hint.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        let failed = |what: Text| Failure::new(self.code(), what).outcome(self.outcome());
        let failure = |ShownError { message, hint, path, place, excerpt: _ }: ShownError<'_>| {
            let failure = match place {
                None => failed(text!("{}: {}", path, message)),
                Some((line, column)) => {
                    let file = (path != self.path()).then(|| path.clone());
                    failed(text!("{}:{}:{}: {}", path, line, column, message)).at(Place { file, line, column })
                }
            };
            Failure { hint: hint.cloned(), ..failure }
        };
        let mut failures: Vec<Failure> = self.shown(|_| Vec::new()).into_iter().map(failure).collect();
        failures.extend(self.rest().map(failed));
        failures
    }

    /// The errors that are shown, each with the line it stands in. `secrets` finds in a text what must not be shown of it, beside what looks
    /// like a token.
    #[must_use]
    pub fn shown(&self, secrets: impl Fn(&str) -> Vec<Range<usize>>) -> Vec<ShownError<'_>> {
        let hidden = |file: &SpecFile| {
            let of_errors = self.faults.iter().filter_map(|error| error.hidden.as_ref());
            let of_errors = of_errors.filter(|span| std::ptr::eq(self.files.at(span.start), file)).map(|span| file.own(span));
            of_errors.chain(secrets(&file.text)).collect::<Vec<_>>()
        };
        let hidden: Vec<(&SpecFile, Vec<Range<usize>>)> = self.files.iter().map(|file| (file, hidden(file))).collect();
        let errors = self.faults.iter().take(MAX_SHOWN);
        errors
            .map(|SpecError { span, message, hint, .. }| {
                let file = span.as_ref().map_or_else(|| self.files.given(), |span| self.files.at(span.start));
                let hidden = hidden.iter().find(|(of, _)| std::ptr::eq(*of, file)).map_or(&[][..], |(_, hidden)| hidden);
                let excerpt = span.as_ref().map(|span| Excerpt::of(&file.text, &file.own(span), hidden));
                let place = excerpt.as_ref().map(|excerpt| (excerpt.line, excerpt.column));
                ShownError { message, hint: hint.as_ref(), path: &file.path, place, excerpt: excerpt.filter(|_| file.quoted) }
            })
            .collect()
    }

    /// The path of the spec that was given, as the user gave it.
    #[must_use]
    pub const fn path(&self) -> &Outside {
        &self.files.given().path
    }

    /// How many errors are not shown, in words.
    #[must_use]
    pub fn rest(&self) -> Option<Text> {
        let more = self.faults.len().saturating_sub(MAX_SHOWN);
        (more > 0).then(|| text!("… and {} more errors", more))
    }
}
