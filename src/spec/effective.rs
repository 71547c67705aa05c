//! What a spec says once everything that it extends is merged, each value with the file and the line that set it.

use toml::de::{DeTable, DeValue};

use super::files::SpecFile;
use crate::object::ResourceType;
use crate::outcome::Place;
use crate::outside::Outside;

/// The merged spec, in the order of a TOML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Each file that it is made of, nearest first.
    pub files: Vec<Outside>,
    /// Its lines.
    pub lines: Vec<EffectiveLine>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectiveLine {
    /// A table begins.
    Table(Vec<Outside>),
    /// A key and its value.
    Value {
        /// The key.
        key: Outside,
        /// The value.
        value: EffectiveValue,
        /// The file that set it.
        file: Outside,
        /// The line there.
        line: usize,
    },
}

/// A value of it. There are no others in a valid spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectiveValue {
    /// A string.
    String(Outside),
    /// A boolean.
    Boolean(bool),
    /// A number.
    Integer(Outside),
}

impl Effective {
    /// Where the object of a type is named.
    #[must_use]
    pub fn names(&self, resource: &ResourceType) -> Option<Place> {
        let mut table: &[Outside] = &[];
        for line in &self.lines {
            match line {
                EffectiveLine::Table(path) => table = path,
                EffectiveLine::Value { key, value: _, file, line } => {
                    let in_own_table = matches!(table, [own] if *own == *resource.spec_key) && *key == *"name";
                    if in_own_table || table.is_empty() && *key == *resource.spec_key {
                        return Some(Place {
                            file: (self.files.first() != Some(file)).then(|| file.clone()),
                            line: *line,
                            column: 1,
                        });
                    }
                }
            }
        }
        None
    }

    pub(super) fn of(merged: &DeTable<'_>, files: &[&SpecFile]) -> Self {
        let origins: Vec<Origin<'_>> = files.iter().copied().map(Origin::new).collect();
        let mut lines = Vec::new();
        add(merged, &[], &origins, &mut lines);
        Self { files: files.iter().map(|file| file.path.clone()).collect(), lines }
    }
}

/// A file and where its lines begin. They are counted once: a spec may have thousands of values.
struct Origin<'f> {
    file: &'f SpecFile,
    breaks: Vec<usize>,
}

impl<'f> Origin<'f> {
    fn new(file: &'f SpecFile) -> Self {
        Self { file, breaks: file.text.match_indices('\n').map(|(at, _)| file.start + at).collect() }
    }

    fn line(&self, place: usize) -> usize {
        1 + self.breaks.partition_point(|at| *at < place)
    }
}

fn add(table: &DeTable<'_>, path: &[Outside], origins: &[Origin<'_>], lines: &mut Vec<EffectiveLine>) {
    for (key, inner) in table {
        let at = inner.span().start;
        let value_line = |value| {
            let origin = origins.iter().take_while(|origin| origin.file.start <= at).last();
            let (file, line) = origin.map_or_else(Default::default, |origin| (origin.file.path.clone(), origin.line(at)));
            EffectiveLine::Value { key: key.get_ref().as_ref().into(), value, file, line }
        };
        match inner.get_ref() {
            DeValue::String(text) => lines.push(value_line(EffectiveValue::String(text.as_ref().into()))),
            DeValue::Boolean(value) => lines.push(value_line(EffectiveValue::Boolean(*value))),
            // A valid spec has small ones alone, which are written in ten.
            DeValue::Integer(number) => {
                let number = u64::from_str_radix(number.as_str(), number.radix()).unwrap_or_default();
                lines.push(value_line(EffectiveValue::Integer(Outside::new(number.to_string()))));
            }
            _ => {}
        }
    }
    // In TOML what follows a table's header belongs to it.
    for (key, value) in table {
        if let DeValue::Table(inner) = value.get_ref() {
            let path = [path, &[Outside::new(key.get_ref().as_ref())]].concat();
            lines.push(EffectiveLine::Table(path.clone()));
            add(inner, &path, origins, lines);
        }
    }
}
