//! A file over what it inherits. Every value keeps its place, and so the file and the line that set it.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Inheritance, KEYS, PATHS};
use crate::object::RESOURCE_TYPES;

/// The same table with every place moved by so many bytes.
pub(super) fn shifted(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    table
        .into_iter()
        .map(|(key, value)| (Spanned::new(moved(key.span(), by), key.into_inner()), shifted_value(value, by)))
        .collect()
}

fn shifted_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = moved(value.span(), by);
    let inner = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(mut items) => {
            for item in items.iter_mut() {
                let taken = std::mem::replace(item, Spanned::new(0..0, DeValue::Boolean(false)));
                *item = shifted_value(taken, by);
            }
            DeValue::Array(items)
        }
        plain => plain,
    };
    Spanned::new(span, inner)
}

const fn moved(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

/// What a file says, in the form in which it is merged: an object's name alone is a table with that name.
pub(super) fn normalised(mut table: DeTable<'_>) -> DeTable<'_> {
    for of in RESOURCE_TYPES {
        if let Some(value) = table.get_mut(of.spec_key)
            && value.get_ref().is_str()
        {
            let span = value.span();
            let name = std::mem::replace(value.get_mut(), DeValue::Boolean(false));
            let entry = (Spanned::new(span.clone(), Cow::Borrowed("name")), Spanned::new(span, name));
            *value.get_mut() = DeValue::Table([entry].into_iter().collect());
        }
    }
    table
}

/// What a file passes on to one that extends it: its relative paths start at its own folder, to which `way` leads.
pub(super) fn passed_on<'t>(mut table: DeTable<'t>, way: &Path) -> DeTable<'t> {
    for (key, _) in KEYS.iter().filter(|(_, inheritance)| *inheritance == Inheritance::Own) {
        table.remove(*key);
    }
    for (key, inner) in PATHS {
        let value = match inner {
            None => table.get_mut(key),
            Some(inner) => table.get_mut(key).and_then(|outer| match outer.get_mut() {
                DeValue::Table(table) => table.get_mut(inner),
                _ => None,
            }),
        };
        if let Some(DeValue::String(path)) = value.map(Spanned::get_mut)
            && !path.starts_with("~/")
        {
            *path = Cow::Owned(way.join(path.as_ref()).to_string_lossy().into_owned());
        }
    }
    table
}

/// The nearer file's table over what it inherits.
pub(super) fn merged<'t>(mut inherited: DeTable<'t>, nearer: DeTable<'t>) -> DeTable<'t> {
    for (key, becomes) in KEYS {
        if let Inheritance::Or(other) = becomes
            && nearer.contains_key(key)
        {
            inherited.remove(other);
        }
    }
    over(inherited, nearer)
}

fn over<'t>(mut below: DeTable<'t>, above: DeTable<'t>) -> DeTable<'t> {
    for (key, value) in above {
        let span = value.span();
        // The nearer key stands in the place of the other, and not only its value.
        let value = match (below.remove(&key).map(Spanned::into_inner), value.into_inner()) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => DeValue::Table(over(below, above)),
            (_, value) => value,
        };
        below.insert(key, Spanned::new(span, value));
    }
    below
}
