//! The live objects of a file, and what the server said of changing them.

use std::collections::BTreeMap;

use super::super::document::{
    EmptyMapPart, FieldPart, ManagerPart, MapPart, ObservedPart, OwnedPart, RemarkPart, SecretPart, VerdictPart, WordPart,
};
use super::{Wrong, read_fingerprint, sure};
use crate::desired::DesiredObject;
use crate::names;
use crate::names::LAST_APPLIED;
use crate::observed::{Live, LiveSecret};
use crate::outside::Outside;
use crate::ownership::{FieldMap, Owners};
use crate::plan::{ComputedBecause, DryRun, FieldPath, Kind, Manager, Reason, Remark, Verdict};
use crate::planner::{wanted_values, what_is_read};
use crate::text;
use crate::token::SavedFingerprint;

/// One live object. `ours` is our token's fingerprint.
///
/// # Errors
/// No server can have said it, or the planner reads nothing of it.
pub(super) fn live(part: &ObservedPart, wanted: &DesiredObject, ours: Option<&SavedFingerprint>) -> Result<Live, Wrong> {
    let wrong = |what: &'static str| text!("what it says was read of {} {}", wanted.title(), what);
    let ObservedPart { uid, resource_version, terminating, labels, annotations, last_applied, owned, empty_maps, secret } = part;
    sure(!uid.is_empty(), wrong("has no uid"))?;
    sure(!resource_version.is_empty(), wrong("has no resourceVersion"))?;
    sure(secret.is_some() == (wanted.kind == Kind::Secret), wrong("is of another kind"))?;
    let owners = owners(owned, empty_maps, wanted)?;
    let secret = secret.as_ref().map(|secret| {
        let empty = owners.maps.contains_key(&FieldMap::Data);
        live_secret(secret, empty, ours).map_err(wrong)
    });
    let strings = |map: &BTreeMap<String, String>| -> BTreeMap<Outside, Outside> {
        map.iter().map(|(key, value)| (key.into(), value.into())).collect()
    };
    let live = Live {
        uid: uid.into(),
        resource_version: resource_version.into(),
        terminating: *terminating,
        labels: strings(labels),
        annotations: strings(annotations),
        last_applied: *last_applied,
        owners,
        secret: secret.transpose()?,
    };
    let there = |path: &FieldPath| match path {
        FieldPath::Annotation(key) if *key == LAST_APPLIED => live.last_applied,
        FieldPath::Label(_) | FieldPath::Annotation(_) => live.value(path).is_some(),
        FieldPath::Data(_) | FieldPath::Other(_) => true,
    };
    let all_there = live.owners.others.keys().chain(&live.owners.ours).all(there);
    sure(all_there, wrong("has an owner of a field that is not there"))?;
    sure(what_is_read(wanted, &live) == live, wrong("holds more than a plan reads"))?;
    Ok(live)
}

fn live_secret(part: &SecretPart, empty: bool, ours: Option<&SavedFingerprint>) -> Result<LiveSecret, &'static str> {
    let SecretPart { r#type, immutable, token, fingerprint } = part;
    let Ok(fingerprint) = read_fingerprint(fingerprint.as_ref()) else { return Err("has a fingerprint that is none") };
    let token = match token {
        VerdictPart::Missing => Verdict::Missing,
        VerdictPart::Same => Verdict::Same,
        VerdictPart::Different => Verdict::Different,
    };
    let fits = match token {
        Verdict::Missing => fingerprint.is_none(),
        Verdict::Same => fingerprint.as_ref() == ours,
        Verdict::Different | Verdict::NotCompared => fingerprint.is_none() || fingerprint.as_ref() != ours,
    };
    if !fits {
        return Err("compares the token otherwise than its fingerprints do");
    }
    if empty && token != Verdict::Missing {
        return Err("has a token, and no data");
    }
    Ok(LiveSecret { r#type: r#type.into(), immutable: *immutable, empty, token, token_mark: None, fingerprint })
}

fn owners(owned: &[OwnedPart], empty_maps: &[EmptyMapPart], wanted: &DesiredObject) -> Result<Owners, Wrong> {
    let wrong = |what: &'static str| text!("what it says was read of {} {}", wanted.title(), what);
    let mut owners = Owners::default();
    for OwnedPart { field, ours, others } in owned {
        let path = field_path(field, wanted.kind).ok_or_else(|| wrong("names a field that there can't be"))?;
        sure(*ours || !others.is_empty(), wrong("has a field that nobody owns among the owned ones"))?;
        let twice = owners.ours.contains(&path) || owners.others.contains_key(&path);
        sure(!twice, wrong("names a field twice"))?;
        if *ours {
            owners.ours.insert(path.clone());
        }
        if !others.is_empty() {
            owners.others.insert(path, managers(others));
        }
    }
    for EmptyMapPart { map, owners: of } in empty_maps {
        let map = match map {
            MapPart::Data => FieldMap::Data,
            MapPart::Labels => FieldMap::Labels,
            MapPart::Annotations => FieldMap::Annotations,
        };
        let sound = !of.is_empty() && (map != FieldMap::Data || wanted.kind == Kind::Secret);
        let new = owners.maps.insert(map, managers(of)).is_none();
        sure(sound && new, wrong("has an empty map that there can't be"))?;
    }
    Ok(owners)
}

fn managers(parts: &[ManagerPart]) -> Vec<Manager> {
    let manager = |ManagerPart { name, operation, time }: &ManagerPart| Manager {
        name: name.into(),
        operation: operation.into(),
        time: *time,
    };
    parts.iter().map(manager).collect()
}

/// A field's path, as the server spells paths; `None` if it can't.
fn field_path(part: &FieldPart, kind: Kind) -> Option<FieldPath> {
    let (path, sound) = match part {
        FieldPart::Data(key) => (FieldPath::Data(key.into()), kind == Kind::Secret && names::data_key(key)),
        FieldPart::Label(key) => (FieldPath::Label(key.into()), names::qualified_key(key).is_ok()),
        FieldPart::Annotation(key) => (FieldPath::Annotation(key.into()), names::annotation_key(key).is_ok()),
        FieldPart::Other(dotted) => (FieldPath::Other(dotted.into()), names::other_field(dotted)),
    };
    sound.then_some(path)
}

/// The server's word on changing an object.
///
/// # Errors
/// It can't have said it of this one.
pub(super) fn word(part: &WordPart, wanted: &DesiredObject) -> Result<DryRun, Wrong> {
    let wrong = |what: &'static str| text!("the dry run that it tells of {} {}", wanted.title(), what);
    Ok(match part {
        WordPart::Accepted(remarks) => {
            let remark = |part: &RemarkPart| match part {
                RemarkPart::Warned(words) => Ok(Remark::Warned(Outside::from(words).into())),
                RemarkPart::Overwritten(field) => {
                    let path = field_path(field, wanted.kind);
                    let path = path.filter(|path| wanted_values(wanted).any(|(wanted, _)| wanted == *path));
                    path.map(Remark::Overwritten).ok_or_else(|| wrong("speaks of a field that is not wanted"))
                }
            };
            DryRun::Accepted(remarks.iter().map(remark).collect::<Result<_, Wrong>>()?)
        }
        WordPart::NoPermission => DryRun::NotAsked(ComputedBecause::NoPermission),
        WordPart::Failed(what) => DryRun::Failed(Outside::from(what).into()),
        WordPart::Refused(words) => DryRun::Refused(Reason::Rejected(Outside::from(words).into())),
        WordPart::WebhookFailed(words) => DryRun::Refused(Reason::WebhookFailed(Outside::from(words).into())),
        WordPart::NamespaceMissing(name) => {
            sure(
                wanted.namespace.as_ref().is_some_and(|namespace| namespace == name.as_str()),
                wrong("names another namespace"),
            )?;
            DryRun::Refused(Reason::NamespaceMissing(name.into()))
        }
        WordPart::NamespaceTerminating => {
            sure(wanted.namespace.is_some(), wrong("speaks of a namespace that it has not"))?;
            DryRun::Refused(Reason::NamespaceTerminating)
        }
        WordPart::Moved => DryRun::Moved,
    })
}
