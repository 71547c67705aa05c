//! The wanted objects of a file: exactly those that a spec can make.

use std::collections::BTreeMap;

use super::super::document::{ObjectPart, WantedFieldPart, WantedPart, WantedValuePart};
use super::{Wrong, ensure, lists};
use crate::desired::{Desired, DesiredObject, WantedValue};
use crate::field_path::FieldPath;
use crate::names;
use crate::object::{FieldRule, MapRule, ObjectRef, RESOURCE_TYPES, ResourceType, Scope, SpecId};
use crate::outside::Outside;
use crate::pat::shape;
use crate::text;

/// The wanted objects.
///
/// # Errors
/// No spec can have made them.
pub(super) fn desired(parts: &[ObjectPart]) -> Result<Desired, Wrong> {
    let objects = parts.iter().map(|part| object(&part.wanted)).collect::<Result<Vec<_>, Wrong>>()?;
    // At most one of each type, in the table's order, and all that a spec must name but a Namespace that is not managed.
    let mut left = objects.iter().map(|wanted| wanted.object.resource).peekable();
    let absent = RESOURCE_TYPES.iter().filter(|row| left.next_if(|of| of == row).is_none());
    let may_be_absent = absent.into_iter().all(|row| !row.required || row.is_namespace());
    ensure(may_be_absent && left.next().is_none(), "its objects are not those that a spec makes")?;
    let mut namespaces = objects.iter().map(|wanted| match &wanted.object {
        ObjectRef { resource, namespace: None, name } if resource.is_namespace() => Some(name),
        ObjectRef { namespace, .. } => namespace.as_ref(),
    });
    let first = namespaces.next().flatten();
    ensure(first.is_some() && namespaces.all(|namespace| namespace == first), "its objects are not all in the one namespace")?;
    Ok(Desired { spec: SpecId::default(), objects })
}

fn object(part: &WantedPart) -> Result<DesiredObject, Wrong> {
    let WantedPart { group, resource, namespace, name, fields } = part;
    let resource = ResourceType::find(group, resource).ok_or("it wants an object of a type that konnect does not manage")?;
    let kind = resource.kind;
    let wrong = |what: &'static str| text!("its {} {}", kind, what);
    (resource.check_name)(name).map_err(|what| text!("the name of its {} {}", kind, what))?;
    match namespace {
        None => ensure(resource.scope == Scope::Cluster, wrong("has no namespace"))?,
        Some(namespace) => {
            ensure(resource.scope == Scope::Namespaced, wrong("has a namespace"))?;
            names::dns_label(namespace).map_err(|what| text!("the namespace of its {} {}", kind, what))?;
        }
    }
    let mut wanted = BTreeMap::new();
    for WantedFieldPart { field, value } in fields {
        let (path, value) = match value {
            WantedValuePart::Plain(text) => (plain(field, text, resource, name)?, WantedValue::Plain(text.into())),
            WantedValuePart::Token => {
                let path = resource.token_path().filter(|token| token.elements().iter().map(Outside::expose).eq(field));
                (path.ok_or_else(|| wrong("has the token in a field that does not hold it"))?, WantedValue::Token)
            }
        };
        ensure(wanted.insert(path, value).is_none(), wrong("wants a field twice"))?;
    }
    for (_, rule) in resource.spec_maps() {
        let entries = wanted.iter().filter(|(path, _)| path.is_under(rule.path));
        let bytes: usize = entries
            .map(|(path, value)| {
                let value = if let WantedValue::Plain(text) = value { text.expose().len() } else { 0 };
                path.elements().last().map_or(0, |key| key.expose().len()) + value
            })
            .sum();
        let max_bytes = rule.map.and_then(|map| map.max_bytes);
        ensure(max_bytes.is_none_or(|max| bytes <= max), wrong("has longer annotations than Kubernetes allows"))?;
    }
    let has_defaults = resource.default_fields().all(|(path, _)| wanted.contains_key(&path));
    ensure(has_defaults, wrong("lacks a label that Kong's operator looks for"))?;
    let holds_token = resource.token_path().is_none_or(|token| wanted.contains_key(&token));
    ensure(holds_token, wrong("lacks the token"))?;
    let texts = fields.iter().flat_map(|WantedFieldPart { field, value }| {
        let value = if let WantedValuePart::Plain(text) = value { Some(text) } else { None };
        field.iter().chain(value)
    });
    let token = texts.chain([name]).any(|text| !shape::find(text).is_empty());
    ensure(!token, wrong("holds what looks like a token"))?;
    let in_order = lists(fields.iter().map(|part| &part.field), wanted.keys());
    ensure(in_order, wrong("lists its fields in another way than konnect does"))?;
    let object = ObjectRef { resource, namespace: namespace.as_ref().map(Outside::from), name: name.into() };
    Ok(DesiredObject { object, fields: wanted })
}

/// The path of a text that a spec can want.
fn plain(field: &[String], text: &str, resource: &ResourceType, name: &str) -> Result<FieldPath, Wrong> {
    let kind = resource.kind;
    let in_map = field.split_last().and_then(|(key, map)| {
        let is_map = |rule: &FieldRule| rule.path.iter().copied().eq(map.iter().map(String::as_str));
        let (_, rule) = resource.spec_maps().find(|(_, rule)| is_map(rule))?;
        Some((key, rule, rule.map?))
    });
    let (key, rule, MapRule { check_key, check_value, entry, of_kubectl, of_server, .. }) =
        in_map.ok_or_else(|| text!("its {} wants a field that no spec can set", kind))?;
    let article = if entry.starts_with('a') { "an" } else { "a" };
    check_key(key).map_err(|what| text!("{} {}'s key of its {} {}", article, entry, kind, what))?;
    check_value(text).map_err(|what| text!("{} {}'s value of its {} {}", article, entry, kind, what))?;
    ensure(of_kubectl != Some(key.as_str()), text!("its {} has kubectl's own annotation", kind))?;
    let is_set_by_server = resource.is_namespace() && of_server == Some(key.as_str());
    ensure(!is_set_by_server || text == name, text!("its {} has another name in the label that the server sets to it", kind))?;
    Ok(FieldPath::of(rule.path).child(key))
}
