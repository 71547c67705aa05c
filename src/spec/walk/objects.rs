//! The objects: a name alone, or a table with the maps that the type's rules let a spec set.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::{
    Object,
    mask::{looks_like_token, mask_tokens},
};
use super::{Extent, TomlEntry, Walk, type_name};
use crate::field_path::FieldPath;
use crate::names::{LAST_APPLIED, NAME_LABEL};
use crate::object::{FieldRule, MapRule, ResourceType};
use crate::outside::Outside;
use crate::text;

impl Walk<'_> {
    /// One object, and whether it is ours to manage.
    pub(super) fn object(&mut self, document: &DeTable<'_>, resource: &'static ResourceType) -> Option<(Object, bool)> {
        let key = resource.spec_key;
        let Some(entry) = document.get_key_value(key) else {
            // One mistake is one error.
            if self.misspelt.contains(&key) {
                return None;
            }
            self.missing(text!("missing key `{}`", key), text!("write {} = \"name\"", key));
            return None;
        };
        let table = match entry.1.get_ref() {
            DeValue::String(_) => {
                let name = self.name(entry, resource)?;
                return Some((Object { name: name.into(), ..Object::default() }, true));
            }
            DeValue::Table(table) => table,
            other => {
                let what = text!("`{}` must be a name or a table, and is {}", key, type_name(other));
                self.note(entry.1.span(), what).hint = Some(text!("write {} = \"name\", the name in quotes", key));
                return None;
            }
        };
        let maps: Vec<(&'static str, &'static FieldRule)> = resource.spec_maps().collect();
        let manage_key = resource.is_namespace().then_some("manage");
        let known: Vec<&'static str> = ["name"].into_iter().chain(maps.iter().map(|(map, _)| *map)).chain(manage_key).collect();
        self.known_keys(table, &known, Some(key));
        let name = match table.get_key_value("name") {
            Some(entry) => self.name(entry, resource),
            None => {
                self.missing_name(entry.0.span(), key);
                None
            }
        };
        let mut fields = BTreeMap::new();
        for (map, rule) in &maps {
            self.strings(table, map, rule, key, &mut fields);
        }
        for (map, rule) in &maps {
            self.check_values(table, map, rule, resource, name.as_deref());
        }
        let manage = if resource.is_namespace() { self.manage(table, &maps) } else { true };
        Some((Object { name: name?.into(), fields }, manage))
    }

    fn missing_name(&mut self, span: Range<usize>, key: &'static str) {
        let message = text!("missing key `name` in [{}]", key);
        if span.start >= self.given.end() {
            // The table is a base's, which need not have the name.
            self.missing(message, text!("write {} = \"name\"", key));
        } else if self.extent == Extent::Whole {
            let fault = self.note(span, message);
            (fault.of_absence, fault.hint) = (true, Some("write name = \"…\" in it".into()));
        }
    }

    fn name(&mut self, entry: TomlEntry<'_, '_>, resource: &ResourceType) -> Option<String> {
        let name = self.text(entry, "a name")?;
        match (resource.check_name)(&name) {
            Ok(()) => Some(name),
            Err(what) => {
                let close = name.to_ascii_lowercase().replace(['_', '.', ' '], "-");
                let sound = (resource.check_name)(&close).is_ok();
                let fault = match foreign(&name) {
                    Some(foreign) => {
                        let dot = if (resource.check_name)("a.b").is_ok() { "digits, - and ." } else { "digits and -" };
                        let what = text!(
                            "`{}` has \"{}\" in it: only lowercase letters, {} are allowed",
                            resource.spec_key,
                            foreign,
                            dot
                        );
                        self.note(entry.1.span(), what)
                    }
                    None => self.note(entry.1.span(), text!("`{}` {}", resource.spec_key, what)),
                };
                fault.hint = Some(match name.as_str() {
                    name if !resource.is_namespace()
                        && name.split_once('/').is_some_and(|(_, name)| (resource.check_name)(name).is_ok()) =>
                    {
                        let name = name.rsplit('/').next().unwrap_or_default();
                        text!("the namespace is a key of its own: write {} = \"{}\"", resource.spec_key, Outside::from(name))
                    }
                    _ if sound => text!("did you mean \"{}\"?", Outside::new(close)),
                    name if name.contains(['$', '{', '<', '%']) => {
                        "konnect replaces no variables: write the name itself; each environment is a spec of its own".into()
                    }
                    _ => "choose another name: Kubernetes would refuse this one".into(),
                });
                None
            }
        }
    }

    fn manage(&mut self, table: &DeTable<'_>, maps: &[(&'static str, &'static FieldRule)]) -> bool {
        let Some((key, value)) = table.get_key_value("manage") else { return true };
        let DeValue::Boolean(manage) = value.get_ref() else {
            self.note(value.span(), text!("`manage` must be true or false, and is {}", type_name(value.get_ref()))).hint =
                Some("write it without quotes: manage = false".into());
            return true;
        };
        let given = maps.iter().map(|(map, _)| *map).find(|map| table.contains_key(*map));
        if let (false, Some(map)) = (*manage, given) {
            self.note(
                key.span(),
                text!("a namespace with `manage = false` is managed elsewhere: its `{}` would never be set", map),
            )
            .hint = Some(text!("remove `{}`, or let konnect manage the namespace", map));
        }
        *manage
    }

    /// A map of strings.
    fn strings(
        &mut self,
        table: &DeTable<'_>,
        map: &'static str,
        rule: &FieldRule,
        object: &'static str,
        fields: &mut BTreeMap<FieldPath, Outside>,
    ) {
        let (Some((_, value)), Some(MapRule { check_key, .. })) = (table.get_key_value(map), rule.map) else { return };
        let DeValue::Table(entries) = value.get_ref() else {
            let what = text!("`{}` in [{}] must be a table, and is {}", map, object, type_name(value.get_ref()));
            self.note(value.span(), what).hint = Some(text!("write {} = { team = \"edge\" }", map));
            return;
        };
        for (key, value) in entries {
            if self.hide_tokens(key.span(), key.get_ref()) {
                continue;
            }
            if let Err(what) = check_key(key.get_ref()) {
                self.note(key.span(), text!("a key of `{}` {}", map, what)).hint =
                    Some("write it as \"team\" or \"example.com/team\"".into());
            }
            if let DeValue::Table(_) = value.get_ref() {
                let (dotted, last) = undotted(key.get_ref(), value.get_ref());
                let shown = Outside::new(mask_tokens(&dotted));
                let what = text!("the key {} in `{}` needs quotes: TOML reads a dot as the beginning of a table", shown, map);
                self.note(key.span(), what).hint = Some(match last.filter(|value| !looks_like_token(value)) {
                    Some(value) => text!("write \"{}\" = \"{}\"", shown, Outside::from(value)),
                    None => text!("write \"{}\" = \"…\"", shown),
                });
            } else if let Some(text) = self.text((key, value), "a string") {
                fields.insert(FieldPath::of(rule.path).child(key.get_ref().as_ref()), text.into());
            }
        }
    }

    fn check_values(
        &mut self,
        table: &DeTable<'_>,
        map: &'static str,
        rule: &FieldRule,
        resource: &ResourceType,
        name: Option<&str>,
    ) {
        let Some(MapRule { check_value, entry, max_bytes, of_kubectl, of_server, .. }) = rule.map else { return };
        let mut bytes = 0;
        for (key_at, value) in each_string(table, map) {
            let key: &str = key_at.get_ref();
            let text = value.get_ref().as_str().unwrap_or_default();
            bytes += key.len() + text.len();
            if of_kubectl == Some(key) {
                let fault =
                    self.note(key_at.span(), text!("the {} {} is kubectl's own, and holds a Secret's data", entry, LAST_APPLIED));
                fault.hint = Some("remove this line: kubectl keeps a copy of the object in it, secret values included".into());
                fault.hide(value.span());
            }
            if let Err(what) = check_value(text) {
                self.note(value.span(), text!("the {}'s value {}", entry, what)).hint =
                    Some("change it, or make it an annotation, which may hold any text".into());
            }
            if resource.is_namespace() && of_server == Some(key) && name.is_some_and(|name| name != text) {
                self.note(value.span(), text!("the {} {} is set by the server to the namespace's name", entry, NAME_LABEL))
                    .hint = Some("remove it: the server sets it by itself".into());
            }
        }
        if let (Some(max_bytes), Some((key, _))) = (max_bytes.filter(|max| bytes > *max), table.get_key_value(map)) {
            self.note(
                key.span(),
                text!("the {} of [{}] have {} bytes; Kubernetes allows {}", map, resource.spec_key, bytes, max_bytes),
            )
            .hint = Some("shorten them".into());
        }
    }
}

/// The first sign that no name may hold; a dot is told of in its own words.
fn foreign(name: &str) -> Option<Outside> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.chars().find(|c| !sound(*c)).map(|c| Outside::new(c.to_string()))
}

/// The whole of a key with dots, which TOML reads as tables in tables, and its value if it is a text.
fn undotted<'t>(key: &str, value: &'t DeValue<'_>) -> (String, Option<&'t str>) {
    match value {
        DeValue::Table(table) if table.len() == 1 => match table.iter().next() {
            Some((below, value)) => undotted(&format!("{key}.{}", below.get_ref()), value.get_ref()),
            None => (key.to_owned(), None),
        },
        other => (key.to_owned(), other.as_str()),
    }
}

/// Every string of a map, with its key.
fn each_string<'t, 'i>(table: &'t DeTable<'i>, map: &str) -> impl Iterator<Item = TomlEntry<'t, 'i>> {
    let entries = table.get(map).and_then(|value| value.get_ref().as_table());
    entries.into_iter().flatten().filter(|(_, value)| value.get_ref().as_str().is_some())
}
