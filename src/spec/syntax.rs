//! What the TOML parser trips over, in the words of somebody who looks at the line: most often a habit of another language.

use std::ops::Range;

use super::diagnostic::SpecError;
use super::mask::{find, hidden_in_line};
use crate::outside::{Outside, Text};
use crate::text;

/// Of so many lines it is said what the habit is: the rest is not shown.
const MOST_EXPLAINED: usize = 20;

/// Every syntax error of a text, one for each line: what follows the first of a line is its consequence.
pub(super) fn errors(text: &str, found: &[toml::de::Error]) -> Vec<SpecError> {
    if let Some(conflict) = conflict(text) {
        return vec![conflict];
    }
    let mut last = None;
    let mut errors = Vec::new();
    for error in found {
        let line = error.span().map(|span| Line::at(text, span.start));
        let start = line.as_ref().map(|line| line.range.start);
        if start.is_some() && start == last {
            continue;
        }
        last = start;
        let told = errors.len() < MOST_EXPLAINED;
        let said = line.filter(|_| told).zip(error.span()).and_then(|(line, span)| line.explain(text, &span, error.message()));
        errors.push(said.unwrap_or_else(|| SpecError::syntax(error)));
    }
    errors
}

/// Whether two places are in one line.
pub(super) fn share_a_line(text: &str, one: usize, other: usize) -> bool {
    let (from, to) = (text.floor_char_boundary(one.min(other)), text.floor_char_boundary(one.max(other)));
    !text[from..to].contains('\n')
}

/// The first line of a merge that was not finished.
fn conflict(text: &str) -> Option<SpecError> {
    let at = |marker: &str| text.starts_with(marker).then_some(0).or_else(|| text.find(&format!("\n{marker}")).map(|at| at + 1));
    let begin = at("<<<<<<< ")?;
    at(">>>>>>> ")?;
    let end = begin + text[begin..].find('\n').unwrap_or(text.len() - begin);
    let mut error = SpecError::at(begin..end, "here begins a merge conflict that was not resolved");
    error.hint = Some("keep one of the two sides, and remove the lines with <<<<<<<, ======= and >>>>>>>".into());
    Some(error)
}

/// A line of the text.
struct Line<'t> {
    range: Range<usize>,
    content: &'t str,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, place: usize) -> Self {
        let place = text.floor_char_boundary(place.min(text.len()));
        let start = text[..place].rfind('\n').map_or(0, |at| at + 1);
        let end = start + text[start..].find('\n').unwrap_or(text.len() - start);
        Self { range: start..end, content: text[start..end].trim_end_matches('\r') }
    }

    /// What is wrong, where it is a mistake that people make.
    fn explain(&self, text: &str, span: &Range<usize>, message: &str) -> Option<SpecError> {
        let says = |words: &str| message.contains(words);
        let trimmed = self.content.trim_start();
        let indent = self.range.start + self.content.len() - trimmed.len();
        let said = |span: Range<usize>, what: Text, hint: Text| {
            let mut error = SpecError::at(span, what);
            error.hint = Some(hint);
            Some(error)
        };
        if trimmed.starts_with("//") || trimmed.starts_with("--") {
            return said(indent..indent + 2, "a comment of TOML begins with #".into(), "write # in its place".into());
        }
        if self.content.contains(['“', '”', '„', '‘', '’']) && (says("quoted") || says("string")) {
            return said(span.clone(), "these are curly quotes".into(), text!("write straight ones: {}", self.example()));
        }
        if says("duplicate key") {
            return self.twice(text, span);
        }
        if says("invalid unquoted key") {
            return self.needs_quotes();
        }
        if says("must be quoted") {
            let is_empty = text.get(span.clone()).is_none_or(|value| value.trim().is_empty());
            let what = if is_empty { "the value is missing" } else { "a name needs quotes" };
            return said(span.clone(), what.into(), text!("write {}", self.example()));
        }
        if says("invalid basic string") || says("invalid literal string") {
            let hint = text!("close it at the end, as in {}", self.example());
            return said(span.clone(), "this string has no closing quote".into(), hint);
        }
        if says("escape") || says("unicode") {
            return said(
                span.clone(),
                "a backslash in double quotes begins an escape".into(),
                "write the text in single quotes, where a backslash is a backslash".into(),
            );
        }
        if says("unexpected key or value") && text.get(span.start..).is_some_and(|rest| rest.starts_with([',', ';'])) {
            return said(span.clone(), "a line of TOML ends without a comma or a semicolon".into(), "remove it".into());
        }
        if says("key with no value") {
            return said(span.clone(), "there is no = between the key and its value".into(), text!("write {}", self.example()));
        }
        None
    }

    /// The line as it should be: the key as it stands there with its value in quotes, or a line that anybody could write.
    fn example(&self) -> Text {
        match self.entry() {
            Some((key, value)) if is_bare(key) => text!("{} = \"{}\"", Outside::from(key), Outside::from(value)),
            None if let Some(key) = self.without_value() => text!("{} = \"…\"", Outside::from(key)),
            _ => "namespace = \"kong\"".into(),
        }
    }

    /// The key and the value of the line without their quotes, unless it is to be hidden.
    fn entry(&self) -> Option<(&'t str, &'t str)> {
        let trimmed = self.content.trim();
        let (key, value) = trimmed.split_once('=').or_else(|| trimmed.split_once(char::is_whitespace))?;
        let is_secret = hidden_in_line(self.content).is_some() || !find(self.content).is_empty();
        // A copy of a whole object may hold anything.
        let is_secret = is_secret || self.content.contains("last-applied-configuration");
        let quotes = |c: char| c.is_whitespace() || "\"'“”„‘’,;".contains(c);
        let value = value.split('#').next().unwrap_or_default().trim_matches(quotes);
        let key = key.trim();
        let is_short = |text: &str| !text.is_empty() && text.len() <= 64 && !text.contains(['"', '\'', '\\', '{', '[']);
        (!is_secret && is_short(key) && is_short(value)).then_some((key, value))
    }

    /// The key of a line that ends before its value.
    fn without_value(&self) -> Option<&'t str> {
        let (key, value) = self.content.split_once('=')?;
        let key = key.trim();
        (value.trim().is_empty() && is_bare(key) && find(key).is_empty()).then_some(key)
    }

    /// A key with a slash, or another sign that only a key in quotes may hold.
    fn needs_quotes(&self) -> Option<SpecError> {
        let (key, value) = self.entry()?;
        let start = self.range.start + self.content.find(key)?;
        let mut error = SpecError::at(start..start + key.len(), text!("the key {} needs quotes", Outside::from(key)));
        error.hint = Some(text!("write \"{}\" = \"{}\"", Outside::from(key), Outside::from(value)));
        Some(error)
    }

    /// A key that is there already, in the same table.
    fn twice(&self, text: &str, span: &Range<usize>) -> Option<SpecError> {
        let key = text.get(span.clone())?.trim_matches(['[', ']', ' ']);
        if !is_bare(key) || !find(key).is_empty() {
            return None;
        }
        let is_header = |line: &str| line.trim_start().starts_with('[');
        let names = |line: &str| {
            let begin = line.trim_start().trim_start_matches('[').trim_start();
            begin.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.', ']']))
        };
        let before: Vec<&str> = text[..self.range.start].lines().collect();
        // A table begins where its header is; a header itself may be anywhere.
        let from =
            if is_header(self.content) { 0 } else { before.iter().rposition(|line| is_header(line)).map_or(0, |at| at + 1) };
        let first = before.iter().enumerate().skip(from).find(|(_, line)| names(line)).map(|(at, _)| at + 1);
        let what = match first {
            Some(first) => text!("`{}` is given twice: first on line {}", Outside::from(key), first),
            None => text!("`{}` is given twice", Outside::from(key)),
        };
        let mut error = SpecError::at(span.clone(), what);
        error.hint = Some("remove one of the two".into());
        Some(error)
    }
}

/// Whether a key needs no quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}
