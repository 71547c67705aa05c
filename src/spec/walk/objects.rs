//! The three objects: a name alone, or a table with labels and annotations.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::{Object, mask::mask_tokens};
use super::{Entry, Walk, type_name};
use crate::names::{
    LAST_APPLIED, MOST_ANNOTATION_BYTES, NAME_LABEL, annotation_key, dns_label, dns_subdomain, label_value, qualified_key,
};
use crate::outside::Outside;
use crate::text;

impl Walk<'_> {
    /// One object, and whether it is ours to manage.
    pub(super) fn object(&mut self, document: &DeTable<'_>, key: &'static str) -> Option<(Object, bool)> {
        let Some(entry) = document.get_key_value(key) else {
            self.missing(text!("missing key `{}`", key), text!("write {} = \"name\"", key));
            return None;
        };
        let table = match entry.1.get_ref() {
            DeValue::String(_) => {
                let name = self.name(entry, key)?;
                return Some((Object { name: name.into(), ..Object::default() }, true));
            }
            DeValue::Table(table) => table,
            other => {
                self.note(entry.1.span(), text!("`{}` must be a name or a table, and is {}", key, type_name(other)));
                return None;
            }
        };
        let known: &[&str] =
            if key == "namespace" { &["name", "labels", "annotations", "manage"] } else { &["name", "labels", "annotations"] };
        self.known_keys(table, known, Some(key));
        let name = match table.get_key_value("name") {
            Some(entry) => self.name(entry, key),
            None => {
                let span = entry.0.span();
                self.note(span, text!("missing key `name` in [{}]", key)).of_absence = true;
                None
            }
        };
        let labels = self.strings(table, "labels", key);
        let annotations = self.strings(table, "annotations", key);
        self.check_values(table, key, name.as_deref());
        let manage = if key == "namespace" { self.manage(table) } else { true };
        Some((Object { name: name?.into(), labels, annotations }, manage))
    }

    fn name(&mut self, entry: Entry<'_, '_>, key: &'static str) -> Option<String> {
        let name = self.text(entry, "a name")?;
        let checked = if key == "namespace" { dns_label(&name) } else { dns_subdomain(&name) };
        match checked {
            Ok(()) => Some(name),
            Err(what) => {
                let lower = name.to_ascii_lowercase().replace('_', "-");
                let sound = if key == "namespace" { dns_label(&lower) } else { dns_subdomain(&lower) }.is_ok();
                let fault = self.note(entry.1.span(), text!("this name of `{}` {}", key, what));
                if sound {
                    fault.hint = Some(text!("did you mean \"{}\"?", Outside::new(lower)));
                }
                None
            }
        }
    }

    fn manage(&mut self, table: &DeTable<'_>) -> bool {
        let Some((key, value)) = table.get_key_value("manage") else { return true };
        let DeValue::Boolean(manage) = value.get_ref() else {
            self.note(value.span(), text!("`manage` must be true or false, and is {}", type_name(value.get_ref())));
            return true;
        };
        let given = ["labels", "annotations"].into_iter().find(|map| table.contains_key(*map));
        if let (false, Some(map)) = (*manage, given) {
            self.note(
                key.span(),
                text!("a namespace with `manage = false` is somebody else's: its `{}` would never be set", map),
            )
            .hint = Some(text!("remove `{}`, or let konnect manage the namespace", map));
        }
        *manage
    }

    /// A map of strings.
    fn strings(&mut self, table: &DeTable<'_>, map: &'static str, object: &'static str) -> BTreeMap<Outside, Outside> {
        let Some((_, value)) = table.get_key_value(map) else { return BTreeMap::new() };
        let DeValue::Table(entries) = value.get_ref() else {
            self.note(value.span(), text!("`{}` in [{}] must be a table, and is {}", map, object, type_name(value.get_ref())));
            return BTreeMap::new();
        };
        let mut strings = BTreeMap::new();
        for (key, value) in entries {
            if self.hide_tokens(key.span(), key.get_ref()) {
                continue;
            }
            let checked = if map == "labels" { qualified_key } else { annotation_key };
            if let Err(what) = checked(key.get_ref()) {
                self.note(key.span(), text!("this key of {} {}", map, what));
            }
            if matches!(value.get_ref(), DeValue::Table(_)) && key.get_ref().find('.').is_none() {
                self.note(key.span(), text!("`{}` in {} is a table", Outside::new(mask_tokens(key.get_ref())), map)).hint =
                    Some("a key with dots or slashes needs quotes: \"konghq.com/secret\" = \"true\"".into());
            } else if let Some(text) = self.text((key, value), "a string") {
                strings.insert(key.get_ref().as_ref().into(), text.into());
            }
        }
        strings
    }

    fn check_values(&mut self, table: &DeTable<'_>, object: &'static str, name: Option<&str>) {
        let mut annotation_bytes = 0;
        for (map, key, value) in each_string(table) {
            let text = value.get_ref().as_str().unwrap_or_default();
            if map == "annotations" {
                annotation_bytes += key.len() + text.len();
                if key == LAST_APPLIED {
                    self.note(value.span(), text!("the annotation {} is kubectl's own, and holds a Secret's data", LAST_APPLIED))
                        .hide(value.span());
                }
                continue;
            }
            if let Err(what) = label_value(text) {
                self.note(value.span(), text!("this value of the label {}", what));
            }
            if object == "namespace" && key == NAME_LABEL && name.is_some_and(|name| name != text) {
                self.note(value.span(), text!("the label {} is set by the server to the namespace's name", NAME_LABEL));
            }
        }
        if annotation_bytes > MOST_ANNOTATION_BYTES
            && let Some((key, _)) = table.get_key_value("annotations")
        {
            self.note(
                key.span(),
                text!(
                    "the annotations of [{}] have {} bytes; Kubernetes allows {}",
                    object,
                    annotation_bytes,
                    MOST_ANNOTATION_BYTES
                ),
            );
        }
    }
}

/// Every string of the two maps, with the map's name.
fn each_string<'t, 'i>(table: &'t DeTable<'i>) -> impl Iterator<Item = (&'static str, &'t str, &'t Spanned<DeValue<'i>>)> {
    ["labels", "annotations"].into_iter().flat_map(move |map| {
        let entries = table.get(map).and_then(|value| value.get_ref().as_table());
        let strings = entries.into_iter().flatten().filter(|(_, value)| value.get_ref().as_str().is_some());
        strings.map(move |(key, value)| (map, key.get_ref().as_ref(), value))
    })
}
