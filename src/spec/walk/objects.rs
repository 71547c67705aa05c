//! The objects: a name alone, or a table with the maps that the type's rules let a spec set.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::{Object, mask::mask_tokens};
use super::{TomlEntry, Walk, type_name};
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
                let span = entry.0.span();
                let fault = self.note(span, text!("missing key `name` in [{}]", key));
                (fault.of_absence, fault.hint) = (true, Some("write name = \"…\" in it".into()));
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

    fn name(&mut self, entry: TomlEntry<'_, '_>, resource: &ResourceType) -> Option<String> {
        let name = self.text(entry, "a name")?;
        match (resource.check_name)(&name) {
            Ok(()) => Some(name),
            Err(what) => {
                let close = name.to_ascii_lowercase().replace(['_', '.', ' '], "-");
                let sound = (resource.check_name)(&close).is_ok();
                let fault = self.note(entry.1.span(), text!("`{}` {}", resource.spec_key, what));
                fault.hint = Some(match name.as_str() {
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
            if matches!(value.get_ref(), DeValue::Table(_)) && key.get_ref().find('.').is_none() {
                self.note(key.span(), text!("`{}` in {} is a table", Outside::new(mask_tokens(key.get_ref())), map)).hint =
                    Some("a key with dots or slashes needs quotes: \"konghq.com/secret\" = \"true\"".into());
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
        for (key, value) in each_string(table, map) {
            let text = value.get_ref().as_str().unwrap_or_default();
            bytes += key.len() + text.len();
            if of_kubectl == Some(key) {
                let fault =
                    self.note(value.span(), text!("the {} {} is kubectl's own, and holds a Secret's data", entry, LAST_APPLIED));
                fault.hint = Some("remove it: kubectl writes it by itself".into());
                fault.hide(value.span());
            }
            if let Err(what) = check_value(text) {
                self.note(value.span(), text!("the {}'s value {}", entry, what)).hint =
                    Some("shorten or change it; an annotation may hold any text".into());
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

/// Every string of a map.
fn each_string<'t, 'i>(table: &'t DeTable<'i>, map: &str) -> impl Iterator<Item = (&'t str, &'t Spanned<DeValue<'i>>)> {
    let entries = table.get(map).and_then(|value| value.get_ref().as_table());
    let strings = entries.into_iter().flatten().filter(|(_, value)| value.get_ref().as_str().is_some());
    strings.map(|(key, value)| (key.get_ref().as_ref(), value))
}
