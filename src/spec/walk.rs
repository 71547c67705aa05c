//! From the parsed tree to a Spec, noting every fault on the way instead of stopping at the first.

mod objects;
mod tables;

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Spec;
use super::diagnostic::{SpecError, Understood};
use super::files::SpecFile;
use super::keys;
use super::mask::{bare_variable, is_a_word, looks_like_token, mask_tokens, names_a_token};
use crate::object::RESOURCE_TYPES;
use crate::outside::{Outside, Text};
use crate::pat::PatKey;
use crate::text;

/// How much of a spec a document must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What it lacks another file may have.
    Part,
}

/// A walk through one document.
pub(super) struct Walk<'a> {
    /// The spec that was given, whatever file this document is.
    given: &'a SpecFile,
    pat_from_stdin: bool,
    /// Keys that are missing since they are misspelt.
    misspelt: Vec<&'static str>,
    /// A key of the top stands below a table.
    displaced: bool,
    extent: Extent,
    /// Everything that is wrong so far.
    pub(super) faults: Vec<SpecError>,
    /// What was understood beside the objects, whatever else is wrong.
    pub(super) understood: Understood,
}

/// A key and its value, with their places.
type TomlEntry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

impl<'a> Walk<'a> {
    pub(super) fn new(given: &'a SpecFile, pat_from_stdin: bool, extent: Extent) -> Self {
        let understood = Understood::default();
        Self { given, pat_from_stdin, extent, misspelt: Vec::new(), displaced: false, faults: Vec::new(), understood }
    }

    /// The whole document; `None` where something needed is missing or wrong, which has been noted.
    pub(super) fn document(&mut self, table: &DeTable<'_>) -> Option<Spec> {
        let known: Vec<&'static str> = keys::all().collect();
        for (_, value) in table {
            let below = value.get_ref().as_table().into_iter();
            self.misspelt.extend(below.flat_map(|below| keys::all().filter(|key| below.contains_key(*key))));
        }
        self.known_keys(table, &known, None);
        if self.misspelt.contains(&"extends") {
            // What is missing may be in the file that was meant.
            self.extent = Extent::Part;
        }
        self.template(table);
        let mut manage_namespace = true;
        let objects: Vec<_> = RESOURCE_TYPES
            .iter()
            .filter(|of| of.required || table.contains_key(of.spec_key))
            .map(|of| {
                let (object, manage) = self.object(table, of)?;
                manage_namespace &= manage;
                Some((of, object))
            })
            .collect();
        let pat = self.pat(table);
        self.understood.pat.clone_from(&pat);
        let stage = self.stage(table);
        let cluster = self.cluster(table);
        self.understood.cluster.clone_from(&cluster);
        Some(Spec {
            path: self.given.path.clone(),
            folder: self.given.folder.clone(),
            // Of the files themselves, which this walk does not see.
            layers: Vec::new(),
            objects: objects.into_iter().collect::<Option<_>>()?,
            manage_namespace,
            pat,
            cluster,
            stage,
            untrusted: false,
        })
    }

    fn note(&mut self, span: Range<usize>, message: impl Into<Text>) -> &mut SpecError {
        self.faults.push(SpecError::at(span, message));
        let last = self.faults.len() - 1;
        &mut self.faults[last]
    }

    fn missing(&mut self, message: impl Into<Text>, hint: impl Into<Text>) {
        if self.extent != Extent::Whole {
            return;
        }
        let mut fault = SpecError::whole(message, Some(hint.into()));
        fault.of_absence = true;
        self.faults.push(fault);
    }

    /// Notes every key that is not one of these.
    fn known_keys(&mut self, table: &DeTable<'_>, known: &[&'static str], inside: Option<&'static str>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            self.hide_tokens(key.span(), name);
            if known.contains(&name) {
                continue;
            }
            let place = inside.map_or_else(Text::default, |table| text!(" in [{}]", table));
            if names_a_token(name) {
                // Whoever meant that one is told of it once.
                self.misspelt.extend(inside.is_none().then_some("pat_env"));
                // Of a token that stands there it is told already, and what to write in its place.
                if value.get_ref().as_str().is_some_and(looks_like_token) {
                    continue;
                }
                let fault = self.note(
                    key.span(),
                    text!(
                        "unknown key `{}`{}: the token itself never belongs in this file",
                        Outside::new(mask_tokens(name)),
                        place
                    ),
                );
                fault.hide(value.span());
                fault.hint =
                    Some("write pat_env = \"PAT\", the NAME of the variable that holds it, or pat_file = \"path\"".into());
                continue;
            }
            if let Some(table) = inside.filter(|_| keys::all().any(|key| key == name)) {
                // What follows it is there by the same mistake.
                if !std::mem::replace(&mut self.displaced, true) {
                    self.note(key.span(), text!("`{}` stands below [{}], and so belongs to it", Outside::from(name), table))
                        .hint = Some(text!("move it above [{}], with the keys that follow it", table));
                }
                continue;
            }
            let close = similar::get_close_matches(name, known, 1, 0.6);
            let close = close.first().and_then(|close| known.iter().find(|key| *key == close));
            self.misspelt.extend(close.filter(|_| inside.is_none()));
            let fault = self.note(key.span(), text!("unknown key `{}`{}", Outside::new(mask_tokens(name)), place));
            fault.hint = Some(close.map_or_else(
                || match name {
                    "labels" | "annotations" if inside.is_none() => {
                        text!(
                            "each object has its own: [secret], and below it name = \"name\" and {} = { team = \"edge\" }",
                            Outside::from(name)
                        )
                    }
                    _ => text!("known keys here: {}", Text::join(known.iter().map(|key| Text::from(*key)), ", ")),
                },
                |close| text!("did you mean `{}`?", close),
            ));
        }
    }

    /// Notes a token that only shows once escapes are resolved; the text itself has been searched already.
    fn hide_tokens(&mut self, span: Range<usize>, decoded: &str) -> bool {
        let found = looks_like_token(decoded);
        if found {
            self.faults.push(SpecError::token(span));
        }
        found
    }

    /// The text of a value that must be a string.
    fn text(&mut self, (key, value): TomlEntry<'_, '_>, what: &'static str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => (!self.hide_tokens(value.span(), text)).then(|| text.to_string()),
            other => {
                let found = type_name(other);
                let fault = self.note(
                    value.span(),
                    text!("`{}` must be {}, and is {}", Outside::new(mask_tokens(key.get_ref())), what, found),
                );
                if matches!(other, DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_)) {
                    fault.hint = Some("put it in quotes".into());
                }
                None
            }
        }
    }

    fn template(&mut self, table: &DeTable<'_>) {
        if let Some(value) = table.get("template").filter(|value| value.get_ref().as_bool().is_none()) {
            let found = type_name(value.get_ref());
            self.note(value.span(), text!("`template` must be true or false, and is {}", found)).hint =
                Some("write template = true, or leave the key out".into());
        }
    }

    fn pat(&mut self, table: &DeTable<'_>) -> Option<PatKey> {
        let (env, file) = (table.get_key_value("pat_env"), table.get_key_value("pat_file"));
        if let (Some(_), Some((key, _))) = (env, file) {
            self.note(key.span(), "both `pat_env` and `pat_file` are given").hint = Some("keep one of them".into());
        }
        match (env, file) {
            (Some(entry), _) => self.pat_env(entry),
            (None, Some(entry)) => {
                let shown = self.text(entry, "a path")?;
                if shown.trim().is_empty() {
                    self.note(entry.1.span(), "`pat_file` is empty").hint = Some("write pat_file = \"path\"".into());
                    return None;
                }
                let path = self.resolve(&shown);
                Some(PatKey::File(shown.into(), path))
            }
            (None, None) if self.pat_from_stdin => None,
            (None, None) => {
                let misspelt = ["pat_env", "pat_file"].iter().any(|key| self.misspelt.contains(key));
                if misspelt {
                    return None;
                }
                self.missing(
                    "missing key `pat_env` (or `pat_file`)",
                    "write pat_env = \"PAT\", the NAME of the variable that holds the token",
                );
                None
            }
        }
    }

    fn pat_env(&mut self, entry: TomlEntry<'_, '_>) -> Option<PatKey> {
        let span = entry.1.span();
        let DeValue::String(text) = entry.1.get_ref() else {
            let found = type_name(entry.1.get_ref());
            let fault = self.note(span.clone(), text!("`pat_env` must be the name of a variable, and is {}", found));
            fault.hint = Some("write pat_env = \"PAT\"".into());
            fault.hide(span);
            return None;
        };
        if self.hide_tokens(span.clone(), text) {
            return None;
        }
        match bare_variable(text) {
            Some(name) if name == text => Some(PatKey::Env(name.into())),
            Some(name) => {
                self.note(span, "`pat_env` is the variable's name, without `$`").hint =
                    Some(text!("write pat_env = \"{}\"", Outside::from(name)));
                None
            }
            None if is_a_word(text) => {
                let name = text.to_ascii_uppercase().replace('-', "_");
                self.note(span, "`pat_env` must be the NAME of a variable: letters, digits and _").hint =
                    Some(text!("write pat_env = \"{}\", if that is its name", Outside::new(name)));
                None
            }
            None => {
                let fault = self.note(span.clone(), "`pat_env` must be the NAME of a variable: letters, digits and _");
                fault.hint = Some("if this is the token itself: it never belongs in this file; write pat_env = \"PAT\"".into());
                fault.hide(span);
                None
            }
        }
    }

    /// A path of the spec: relative ones start at its folder, `~/` at home.
    fn resolve(&self, shown: &str) -> PathBuf {
        match (shown.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => self.given.folder.join(shown),
        }
    }
}

/// What a value is, in words; never the value.
const fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
