//! The wanted objects of a file: exactly those that a spec can make.

use std::collections::BTreeMap;

use super::super::document::{ObjectPart, WantedPart};
use super::{Wrong, kind, sure};
use crate::desired::{Desired, DesiredObject, SECRET_LABELS};
use crate::names;
use crate::outside::Outside;
use crate::pat::shape;
use crate::plan::Kind;
use crate::text;

/// The wanted objects.
///
/// # Errors
/// No spec can have made them.
pub(super) fn desired(parts: &[ObjectPart]) -> Result<Desired, Wrong> {
    let objects = parts.iter().map(|part| object(&part.wanted)).collect::<Result<Vec<_>, Wrong>>()?;
    let kinds: Vec<Kind> = objects.iter().map(|object| object.kind).collect();
    let made =
        matches!(kinds.as_slice(), [Kind::Namespace, Kind::ServiceAccount, Kind::Secret] | [Kind::ServiceAccount, Kind::Secret]);
    sure(made, "its objects are not those that a spec makes")?;
    let mut namespaces = objects.iter().map(|object| match object.kind {
        Kind::Namespace => Some(&object.name),
        Kind::ServiceAccount | Kind::Secret => object.namespace.as_ref(),
    });
    let first = namespaces.next().flatten();
    sure(first.is_some() && namespaces.all(|namespace| namespace == first), "its objects are not all in the one namespace")?;
    Ok(Desired { objects })
}

fn object(part: &WantedPart) -> Result<DesiredObject, Wrong> {
    let WantedPart { kind: of, namespace, name, labels, annotations } = part;
    let kind = kind(*of);
    let wrong = |what: &'static str| text!("its {} {}", kind.name(), what);
    let named = if kind == Kind::Namespace { names::dns_label(name) } else { names::dns_subdomain(name) };
    named.map_err(|what| text!("the name of its {} {}", kind.name(), what))?;
    match namespace {
        None => sure(kind == Kind::Namespace, wrong("has no namespace"))?,
        Some(namespace) => {
            sure(kind != Kind::Namespace, wrong("has a namespace"))?;
            names::dns_label(namespace).map_err(|what| text!("the namespace of its {} {}", kind.name(), what))?;
        }
    }
    for (key, value) in labels {
        names::qualified_key(key).map_err(|what| text!("a label's key of its {} {}", kind.name(), what))?;
        names::label_value(value).map_err(|what| text!("a label's value of its {} {}", kind.name(), what))?;
        let of_server = kind == Kind::Namespace && key == names::NAME_LABEL;
        sure(!of_server || value == name, wrong("has another name in the label that the server sets to it"))?;
    }
    let mut bytes = 0;
    for (key, value) in annotations {
        names::annotation_key(key).map_err(|what| text!("an annotation's key of its {} {}", kind.name(), what))?;
        sure(key != names::LAST_APPLIED, wrong("has kubectl's own annotation"))?;
        bytes += key.len() + value.len();
    }
    sure(bytes <= names::MOST_ANNOTATION_BYTES, wrong("has longer annotations than Kubernetes allows"))?;
    if kind == Kind::Secret {
        let ours = SECRET_LABELS.iter().all(|(key, _)| labels.contains_key(*key));
        sure(ours, wrong("lacks a label that Kong's operator looks for"))?;
    }
    let texts = labels.iter().chain(annotations).flat_map(|(key, value)| [key, value]).chain([name]);
    let token = texts.into_iter().any(|text| !shape::find(text).is_empty());
    sure(!token, wrong("holds what looks like a token"))?;
    let strings = |map: &BTreeMap<String, String>| -> BTreeMap<Outside, Outside> {
        map.iter().map(|(key, value)| (key.into(), value.into())).collect()
    };
    Ok(DesiredObject {
        kind,
        namespace: namespace.as_ref().map(Outside::from),
        name: name.into(),
        labels: strings(labels),
        annotations: strings(annotations),
    })
}
