//! One file of a spec, parsed: what it says by itself.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::SpecError;
use super::files::SpecFile;
use super::language::other_language;
use super::{keys, merge, syntax};
use crate::outside::Outside;

/// A file with more syntax errors than this is none of TOML; the rest need not be counted.
const MAX_SYNTAX_ERRORS: usize = 1000;

/// A file and what is in it.
pub(super) struct ParsedFile<'t> {
    pub(super) file: &'t SpecFile,
    /// What it says. Places are those of the whole.
    pub(super) table: DeTable<'t>,
    /// What could not be parsed of it.
    pub(super) unread: Vec<SpecError>,
    /// The places of all that: not of each is something said.
    pub(super) gaps: Vec<Range<usize>>,
    /// It is somebody else's file, of which no line is shown.
    pub(super) foreign: bool,
}

impl<'t> ParsedFile<'t> {
    /// Parses the spec that was given.
    pub(super) fn given(file: &'t SpecFile) -> Self {
        let (document, found) = DeTable::parse_recoverable(&file.text);
        let found = &found[..found.len().min(MAX_SYNTAX_ERRORS)];
        let gaps = found.iter().filter_map(toml::de::Error::span).collect();
        match other_language(&file.text).filter(|_| !found.is_empty()) {
            Some(error) => Self { file, table: DeTable::new(), unread: vec![error], gaps, foreign: false },
            None => {
                let unread = syntax::errors(&file.text, found);
                Self { file, table: document.into_inner(), unread, gaps, foreign: false }
            }
        }
    }

    /// Parses a file that is extended. Of one that is no spec's base, whatever it is, nothing is shown but that.
    pub(super) fn base(file: &'t SpecFile) -> Self {
        let (document, syntax) = DeTable::parse_recoverable(&file.text);
        let table = document.into_inner();
        let known = keys::all().filter(|key| table.contains_key(*key)).count();
        // One with a few keys that are misspelt is a base all the same.
        let is_spec = known * 2 >= table.len();
        let fault = match syntax.first() {
            Some(error) => Some(SpecError::syntax(error)),
            None if !is_spec => Some(SpecError::at(0..0, "this is no base of a spec: most of its keys are none of a spec's")),
            None => None,
        };
        let Some(mut fault) = fault else {
            let table = merge::shifted(table, file.start);
            return Self { file, table, unread: Vec::new(), gaps: Vec::new(), foreign: false };
        };
        fault.hint = Some("`extends` names a TOML file of konnect's own; nothing of any other file is shown".into());
        // Nothing of it is walked through, so that nothing more can be wrong with it.
        Self { file, table: DeTable::new(), unread: vec![fault.in_file(file)], gaps: Vec::new(), foreign: true }
    }

    /// The file that it extends, and the place where it says so.
    pub(super) fn extends(&self) -> Option<&Spanned<DeValue<'t>>> {
        self.table.get("extends")
    }

    /// Every text in it, its escapes undone.
    pub(super) fn values(&self) -> Vec<Outside> {
        let mut values = Vec::new();
        self.table.iter().for_each(|(key, value)| collect(key, value.get_ref(), &mut values));
        values
    }
}

fn collect(key: &Spanned<std::borrow::Cow<'_, str>>, value: &DeValue<'_>, values: &mut Vec<Outside>) {
    values.push(Outside::new(key.get_ref().as_ref()));
    collect_value(value, values);
}

fn collect_value(value: &DeValue<'_>, values: &mut Vec<Outside>) {
    match value {
        DeValue::String(text) => values.push(Outside::new(text.as_ref())),
        DeValue::Array(items) => items.iter().for_each(|item| collect_value(item.get_ref(), values)),
        DeValue::Table(table) => table.iter().for_each(|(key, value)| collect(key, value.get_ref(), values)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}
