//! The live objects of a file, and what the server said of changing them.

use std::collections::BTreeSet;

use super::super::document::{
    DryRunPart, EmptyMapPart, LiveFieldPart, LiveTokenPart, LiveValuePart, ManagerPart, ObservedPart, OwnedPart, RemarkPart,
    VerdictPart,
};
use super::{Wrong, ensure, lists, read_fingerprint};
use crate::desired::DesiredObject;
use crate::field_path::FieldPath;
use crate::names;
use crate::object::{Kept, ResourceType, alias};
use crate::observed::{LiveObject, LiveValue};
use crate::outside::Outside;
use crate::ownership::Owners;
use crate::plan::{ComputedBecause, DryRun, Manager, Reason, Remark};
use crate::planner::what_is_read;
use crate::text;
use crate::token::{LiveToken, SavedFingerprint, Verdict};

/// One live object. `ours` is our token's fingerprint.
///
/// # Errors
/// No server can have said it, or the planner reads nothing of it.
pub(super) fn live(part: &ObservedPart, wanted: &DesiredObject, ours: Option<&SavedFingerprint>) -> Result<LiveObject, Wrong> {
    let wrong = |what: &'static str| wrong(wanted, what);
    let ObservedPart { uid, resource_version, terminating, values, owned, empty_maps } = part;
    ensure(!uid.is_empty(), wrong("has no uid"))?;
    ensure(!resource_version.is_empty(), wrong("has no resourceVersion"))?;
    let mut live = LiveObject {
        uid: uid.into(),
        resource_version: resource_version.into(),
        terminating: *terminating,
        ..LiveObject::default()
    };
    for LiveFieldPart { field, value } in values {
        let (path, value) = live_value(field, value, wanted, ours).map_err(wrong)?;
        ensure(live.values.insert(path, value).is_none(), wrong("has a field twice"))?;
    }
    live.owners = owners(owned, empty_maps, wanted)?;
    let settled = live.clone().with_owners(wanted.object.resource, live.owners.clone());
    ensure(settled.owners.maps == live.owners.maps, wrong("has a field in a map that is empty"))?;
    ensure(settled == live, wrong("has an owner of a field that is not there"))?;
    ensure(what_is_read(wanted, &live) == live, wrong("holds more than a plan reads"))?;
    let fields: BTreeSet<&FieldPath> = live.owners.others.keys().chain(live.owners.ours()).collect();
    let in_order = lists(values.iter().map(|part| &part.field), live.values.keys())
        && lists(owned.iter().map(|part| &part.field), fields)
        && lists(empty_maps.iter().map(|part| &part.field), live.owners.maps.keys());
    ensure(in_order, wrong("is listed in another way than konnect does"))?;
    Ok(live)
}

fn wrong(wanted: &DesiredObject, what: &'static str) -> Wrong {
    text!("what it says was read of {} {}", wanted.object.title(), what)
}

/// A live value, of the sort that is kept of such a field.
fn live_value(
    field: &[String],
    value: &LiveValuePart,
    wanted: &DesiredObject,
    ours: Option<&SavedFingerprint>,
) -> Result<(FieldPath, LiveValue), &'static str> {
    let resource = wanted.object.resource;
    let path = field_path(field, resource).ok_or("has a field that there can't be")?;
    let rule = resource.rule(&path);
    let in_place = path.elements().len() == rule.path.len() + usize::from(rule.map.is_some());
    let value = match value {
        LiveValuePart::Text(text) if rule.kept == Kept::Text || rule.kept == Kept::Flag && is_flag(text) => {
            LiveValue::Text(text.into())
        }
        LiveValuePart::Present if rule.kept == Kept::Presence => LiveValue::Present,
        LiveValuePart::Token(part) if resource.token_path().as_ref() == Some(&path) => LiveValue::Token(token(part, ours)?),
        LiveValuePart::Text(_) | LiveValuePart::Present | LiveValuePart::Token(_) => return Err("has a value of another sort"),
    };
    if in_place { Ok((path, value)) } else { Err("has a field that there can't be") }
}

/// Whether it is a flag, as it is kept.
fn is_flag(text: &str) -> bool {
    matches!(text, "true" | "false")
}

fn token(part: &LiveTokenPart, ours: Option<&SavedFingerprint>) -> Result<LiveToken, &'static str> {
    let LiveTokenPart { verdict, fingerprint } = part;
    let Ok(saved) = read_fingerprint(fingerprint.as_ref()) else { return Err("has a fingerprint that is none") };
    let (verdict, fits) = match verdict {
        VerdictPart::Same => (Verdict::Same, saved.as_ref() == ours),
        VerdictPart::Empty => (Verdict::Empty, saved.is_none()),
        VerdictPart::Different => (Verdict::Different, saved.is_none() || saved.as_ref() != ours),
    };
    if fits {
        Ok(LiveToken { verdict, fingerprint: None, saved })
    } else {
        Err("compares the token otherwise than its fingerprints do")
    }
}

fn owners(owned: &[OwnedPart], empty_maps: &[EmptyMapPart], wanted: &DesiredObject) -> Result<Owners, Wrong> {
    let wrong = |what: &'static str| wrong(wanted, what);
    let resource = wanted.object.resource;
    let mut owners = Owners::default();
    for OwnedPart { field, ours, others } in owned {
        let path = field_path(field, resource).ok_or_else(|| wrong("names a field that there can't be"))?;
        ensure(*ours || !others.is_empty(), wrong("has a field that nobody owns among the owned ones"))?;
        let twice = owners.ours.contains(&path) || owners.others.contains_key(&path);
        ensure(!twice, wrong("names a field twice"))?;
        if *ours {
            owners.ours.insert(path.clone());
        }
        if !others.is_empty() {
            let others = managers(others, &path).ok_or_else(|| wrong("has an owner through a field that there can't be"))?;
            owners.others.insert(path, others);
        }
    }
    for EmptyMapPart { field, owners: of } in empty_maps {
        let map = FieldPath::of(&field.iter().map(String::as_str).collect::<Vec<_>>());
        let rule = resource.rule(&map);
        let is_map = rule.map.is_some() && rule.path.len() == field.len() && rule.kept != Kept::Nothing;
        ensure(is_map && !of.is_empty(), wrong("has an empty map that there can't be"))?;
        let of = managers(of, &map).ok_or_else(|| wrong("has an owner through a field that there can't be"))?;
        ensure(owners.maps.insert(map, of).is_none(), wrong("has an empty map that there can't be"))?;
    }
    Ok(owners)
}

/// The managers; `None` where one wrote under a name that is none.
fn managers(parts: &[ManagerPart], field: &FieldPath) -> Option<Vec<Manager>> {
    let manager = |ManagerPart { name, operation, time, through }: &ManagerPart| {
        let through = through.as_ref().map_or(Some(None), |name| alias(name, field).map(Some))?;
        Some(Manager { name: name.into(), operation: operation.into(), time: *time, through })
    };
    parts.iter().map(manager).collect()
}

/// A field's path, as the server spells paths; `None` if it can't.
fn field_path(part: &[String], resource: &ResourceType) -> Option<FieldPath> {
    let (first, rest) = part.split_first()?;
    let path = rest.iter().fold(FieldPath::of(&[first]), |path, name| path.child(name));
    let rule = resource.rule(&path);
    let own_rule = rule.path.len() == part.len();
    let sound = match (rule.map, part.last()) {
        (Some(map), Some(key)) => !own_rule && (map.check_key)(key).is_ok(),
        (None, _) => own_rule || names::other_field(&part.join(".")) && part.iter().all(|name| !name.contains('.')),
        (Some(_), None) => false,
    };
    sound.then_some(path)
}

/// The server's word on changing an object.
///
/// # Errors
/// It can't have said it of this one.
pub(super) fn dry_run(part: &DryRunPart, wanted: &DesiredObject) -> Result<DryRun, Wrong> {
    let wrong = |what: &'static str| text!("the dry run that it tells of {} {}", wanted.object.title(), what);
    Ok(match part {
        DryRunPart::Accepted(remarks) => {
            let remark = |part: &RemarkPart| match part {
                RemarkPart::Warned(words) => Ok(Remark::Warned(Outside::from(words).into())),
                RemarkPart::Overwritten(field) => {
                    let path = field_path(field, wanted.object.resource);
                    let path = path.filter(|path| wanted.texts().any(|(wanted, _)| wanted == path));
                    path.map(Remark::Overwritten).ok_or_else(|| wrong("speaks of a field that is not wanted"))
                }
            };
            DryRun::Accepted(remarks.iter().map(remark).collect::<Result<_, Wrong>>()?)
        }
        DryRunPart::NoPermission => DryRun::NotAsked(ComputedBecause::NoPermission),
        DryRunPart::Failed(what) => DryRun::Failed(Outside::from(what).into()),
        DryRunPart::Refused(words) => DryRun::Refused(Reason::refused(Outside::from(words).into())),
        DryRunPart::WebhookFailed(words) => DryRun::Refused(Reason::WebhookFailed(Outside::from(words).into())),
        DryRunPart::NamespaceMissing(name) => {
            ensure(
                wanted.object.namespace.as_ref().is_some_and(|namespace| namespace == name.as_str()),
                wrong("names another namespace"),
            )?;
            DryRun::Refused(Reason::NamespaceMissing(name.into()))
        }
        DryRunPart::NamespaceTerminating => {
            ensure(wanted.object.namespace.is_some(), wrong("speaks of a namespace that it has not"))?;
            DryRun::Refused(Reason::NamespaceTerminating)
        }
        DryRunPart::Moved => DryRun::Moved,
    })
}
