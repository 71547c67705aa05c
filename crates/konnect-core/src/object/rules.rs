//! A field's own rules: what is kept of it, whether it may be shown, whether it can be changed.

use crate::field_path::FieldPath;
use crate::{maps, names};

/// What a plan keeps of a live value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its text; what is no text counts as not there.
    Text,
    /// Whether it is true.
    Flag,
    /// Only that it is there.
    Presence,
    /// Only that it is there, and of the token how it compares. Base64, as in a Secret.
    Secret,
    /// Nothing.
    Nothing,
}

/// What a map's keys and values may be, where people choose the keys.
#[derive(Clone, Copy, Debug)]
pub struct MapRule {
    /// The key of the spec's table that sets it.
    pub spec_key: Option<&'static str>,
    /// Whether a key is one.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub check_key: fn(&str) -> Result<(), &'static str>,
    /// Whether a value is one.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub check_value: fn(&str) -> Result<(), &'static str>,
    /// What one entry is called: "label".
    pub entry: &'static str,
    /// The most bytes of all keys and values together.
    pub max_bytes: Option<usize>,
    /// A key that belongs to kubectl, and whose value may hold a Secret's data.
    pub of_kubectl: Option<&'static str>,
    /// The key that the server sets to a Namespace's name.
    pub of_server: Option<&'static str>,
}

impl MapRule {
    /// A map in which anything may stand.
    const ANY: Self = Self {
        spec_key: None,
        check_key: any,
        check_value: any,
        entry: "key",
        max_bytes: None,
        of_kubectl: None,
        of_server: None,
    };
}

/// What holds for one field or, of a map, for the map and each of its entries. Not for what stands below those.
#[derive(Clone, Copy, Debug)]
pub struct FieldRule {
    /// Where it is.
    pub path: &'static [&'static str],
    /// Whether its values may be shown. What no rule speaks of may not.
    pub shown: bool,
    /// What is kept of a live value.
    pub kept: Kept,
    /// It is a map whose keys people choose. Owning the map is not owning what is in it.
    pub map: Option<MapRule>,
    /// kubectl keeps the manifest here that it applied.
    pub manifest: bool,
    /// The server refuses to change it once the type's `frozen_by` is true.
    pub frozen: bool,
    /// The server falls back to a value of its own where it is left out: leaving it out is no loss.
    pub has_default: bool,
    /// The only value that konnect works with. The server changes it only by replacing the object.
    pub only: Option<&'static str>,
}

/// What holds where no rule says otherwise.
pub(super) const UNKNOWN: FieldRule = FieldRule {
    path: &[],
    shown: false,
    kept: Kept::Nothing,
    map: None,
    manifest: false,
    frozen: false,
    has_default: false,
    only: None,
};

fn any(_: &str) -> Result<(), &'static str> {
    Ok(())
}

fn never(_: &str) -> Result<(), &'static str> {
    Err("must be a field of this type")
}

/// A Secret's data key.
fn data_key(key: &str) -> Result<(), &'static str> {
    if names::data_key(key) { Ok(()) } else { Err("must be a valid data key") }
}

/// A Secret's `data`: nothing of it is kept or shown.
pub(super) const SECRET_DATA: FieldRule = FieldRule {
    path: maps::DATA,
    kept: Kept::Secret,
    map: Some(MapRule { check_key: data_key, ..MapRule::ANY }),
    frozen: true,
    ..UNKNOWN
};

/// Fields that the server stores as an entry of another map.
pub(crate) const ALIASES: &[(&[&str], &[&str])] = &[(&["stringData"], maps::DATA)];

/// The other name of that spelling under which a field can be written.
#[must_use]
pub fn alias(name: &str, field: &FieldPath) -> Option<&'static str> {
    let of_field = |(_, stored): &&(&[&str], &[&str])| field.is_under(stored) && field.elements().len() == stored.len() + 1;
    let names = ALIASES.iter().filter(of_field).filter_map(|(alias, _)| alias.last().copied());
    names.into_iter().find(|alias| *alias == name)
}

/// What all types have. A type's own rule for the same field comes before it.
pub(super) const COMMON: &[FieldRule] = &[
    FieldRule {
        path: maps::LABELS,
        shown: true,
        kept: Kept::Text,
        map: Some(MapRule {
            spec_key: Some("labels"),
            check_key: names::qualified_key,
            check_value: names::label_value,
            entry: "label",
            of_server: Some(names::NAME_LABEL),
            ..MapRule::ANY
        }),
        ..UNKNOWN
    },
    FieldRule {
        path: maps::ANNOTATIONS,
        shown: true,
        kept: Kept::Text,
        map: Some(MapRule {
            spec_key: Some("annotations"),
            check_key: names::annotation_key,
            entry: "annotation",
            max_bytes: Some(names::MAX_ANNOTATION_BYTES),
            of_kubectl: Some(names::LAST_APPLIED),
            ..MapRule::ANY
        }),
        ..UNKNOWN
    },
    // The whole manifest, a Secret's data included.
    FieldRule {
        path: &["metadata", "annotations", names::LAST_APPLIED],
        shown: true,
        kept: Kept::Presence,
        manifest: true,
        ..UNKNOWN
    },
    // Only some types have these, but whoever writes managedFields can name them on any.
    FieldRule { path: maps::DATA, map: Some(MapRule { check_key: never, ..MapRule::ANY }), ..UNKNOWN },
    FieldRule { path: &["type"], has_default: true, ..UNKNOWN },
];
