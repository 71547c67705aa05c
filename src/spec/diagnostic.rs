//! The spec's errors, drawn as rustc draws them: path, line, column, the line underlined, and no byte of a token in any of it.

mod excerpt;

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::PatKey;
use crate::outcome::{FailureCode, Outcome};
use crate::outside::{Outside, Text};
use crate::text;
use crate::view::{Cleared, Door};
use excerpt::Excerpt;

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
    /// It says that something is not there: of no worth where not all of the file could be parsed.
    pub(super) of_absence: bool,
}

impl SpecError {
    pub(super) fn at(span: Range<usize>, message: impl Into<Text>) -> Self {
        Self { span: Some(span), message: message.into(), hint: None, hidden: None, of_absence: false }
    }

    pub(super) fn whole(message: impl Into<Text>, hint: Option<Text>) -> Self {
        Self { span: None, message: message.into(), hint, hidden: None, of_absence: false }
    }

    /// Something that looks like a token. Its place is never shown as it is.
    pub(super) fn token(span: Range<usize>) -> Self {
        let mut fault =
            Self::at(span.clone(), "a token stands in this file: this is a checked-in file, and the token never belongs in it");
        fault.hint = Some(
            "take it out, and revoke it if the file was ever shared; write pat_env = \"PAT\" and put the token into $PAT".into(),
        );
        fault.hidden = Some(span);
        fault
    }

    /// What the TOML parser says, without what it quotes of the text.
    pub(super) fn syntax(error: &toml::de::Error) -> Self {
        Self {
            span: error.span(),
            message: text!("TOML: {}", Outside::new(unquoted(error.message()))),
            hint: None,
            hidden: None,
            of_absence: false,
        }
    }

    pub(super) fn hide(&mut self, span: Range<usize>) {
        self.hidden = Some(span);
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

/// Everything that is wrong with one spec.
#[derive(Debug)]
pub struct SpecErrors {
    path: Outside,
    text: Box<str>,
    faults: Vec<SpecError>,
    /// Where the token is, if the spec says so: it is to be hidden in what is shown of the spec.
    pub pat: Option<PatKey>,
    refused: bool,
}

impl SpecErrors {
    pub(super) fn new(path: &Outside, text: &str, mut faults: Vec<SpecError>, pat: Option<PatKey>) -> Self {
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
        Self { path: path.clone(), text: text.into(), faults, pat, refused: false }
    }

    /// The same as a refusal: not wrong, but not allowed to whoever wrote it.
    pub(super) fn refused(self) -> Self {
        Self { refused: true, ..self }
    }

    /// The exit code they ask for.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        if self.refused { Outcome::Refused } else { Outcome::Failed }
    }

    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        if self.refused { FailureCode::UntrustedSpec } else { FailureCode::Spec }
    }

    /// How many errors there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.faults.len()
    }

    /// One message an error: `path:line:column: message`.
    #[must_use]
    pub fn messages(&self) -> Vec<Text> {
        let hidden = self.hidden(None);
        let line = |fault: &SpecError| {
            let hint = fault.hint.as_ref().map_or_else(Text::default, |hint| text!(" ({})", hint));
            match &fault.span {
                None => text!("{}: {}{}", self.path, fault.message, hint),
                Some(span) => {
                    let Excerpt { line, column, .. } = Excerpt::of(&self.text, span, &hidden);
                    text!("{}:{}:{}: {}{}", self.path, line, column, fault.message, hint)
                }
            }
        };
        let mut lines: Vec<Text> = self.faults.iter().take(MAX_SHOWN).map(line).collect();
        lines.extend(self.rest());
        lines
    }

    /// For people: each error with the line it stands in.
    #[must_use]
    pub fn render(&self, color: bool, door: &Door) -> Cleared {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let path = door.line(&self.path);
        let hidden = self.hidden(Some(door));
        let mut text = String::new();
        for fault in self.faults.iter().take(MAX_SHOWN) {
            let title = door.line(&fault.message);
            let mut group = Level::ERROR.primary_title(title.as_str()).elements(Vec::<Origin<'_>>::new());
            let excerpt = fault.span.as_ref().map(|span| Excerpt::of(&self.text, span, &hidden));
            group = match &excerpt {
                None => group.element(Origin::path(path.as_str())),
                Some(excerpt) => {
                    let mark = AnnotationKind::Primary.span(excerpt.mark.clone());
                    let snippet = Snippet::source(excerpt.text.as_str()).line_start(excerpt.line).annotation(mark);
                    // A line that was cut or masked has another column than the file's: that one is named on its own.
                    let as_it_is = excerpt.text[..excerpt.mark.start].chars().count() + 1 == excerpt.column;
                    if as_it_is {
                        group.element(snippet.path(path.as_str()))
                    } else {
                        let origin = Origin::path(path.as_str()).line(excerpt.line).char_column(excerpt.column);
                        group.element(origin).element(snippet)
                    }
                }
            };
            let hint = fault.hint.as_ref().map(|hint| door.line(hint));
            if let Some(hint) = &hint {
                group = group.element(Level::HELP.message(hint.as_str()));
            }
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
        let count = self.faults.len();
        let noun = if count == 1 { "error" } else { "errors" };
        text.extend(self.rest().map(|rest| format!("{}\n", door.line(rest))));
        text.push_str(&format!("{path}: {count} {noun}\n"));
        Cleared::of_spec_errors(text)
    }

    fn rest(&self) -> Option<Text> {
        let more = self.faults.len().saturating_sub(MAX_SHOWN);
        (more > 0).then(|| text!("… and {} more errors", more))
    }

    /// What must not be shown of the file, beside what looks like a token.
    fn hidden(&self, door: Option<&Door>) -> Vec<Range<usize>> {
        let mut hidden: Vec<Range<usize>> = self.faults.iter().filter_map(|fault| fault.hidden.clone()).collect();
        hidden.extend(door.into_iter().flat_map(|door| door.secrets().find(&self.text)));
        hidden
    }
}
