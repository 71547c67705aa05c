//! Desired and Observed → Plan. Synchronous and pure: no client, path, clock or environment.

use crate::text;
use std::collections::{BTreeMap, BTreeSet};

use crate::desired::{Desired, DesiredObject};
use crate::observed::{Live, LiveSecret, Observed, Read};
use crate::outside::Outside;
use crate::ownership::{FieldMap, Owners, Standing, strictest};
use crate::plan::{
    Action, Change, ComputedBecause, Field, FieldAction, FieldPath, FieldValue, Kind, Manager, Plan, Reason, Seen, Verdict,
    Verification, Warning,
};

/// What the user said beside the spec: the fields to take from whoever owns them.
pub type TakeOver = BTreeSet<(Kind, FieldPath)>;

/// Decides what to do about every object of the spec.
#[must_use]
pub fn plan(desired: &Desired, observed: &Observed, take_over: &TakeOver) -> Plan {
    let namespace = observed.read(Kind::Namespace);
    let namespace_terminates = matches!(namespace, Some(Read::Present(live)) if live.terminating);
    let namespace_missing = matches!(namespace, Some(Read::Absent));
    let mut warnings = Vec::new();
    let mut changes = Vec::new();
    for wanted in &desired.objects {
        let read = observed.read(wanted.kind).unwrap_or(&Read::Absent);
        let mut change = change(wanted, read, observed.token_given, take_over);
        if namespace_terminates && wanted.kind != Kind::Namespace && change.action != Action::Unknown {
            change.action = Action::Blocked;
            change.reason = Reason::NamespaceTerminating;
        }
        if namespace_missing && wanted.kind != Kind::Namespace {
            change.verification = Verification::Computed(ComputedBecause::NamespaceMissing);
        }
        warnings.extend(manifest_elsewhere(&change, read));
        changes.push(change);
    }
    warnings.extend(unknown_take_overs(&changes, take_over));
    Plan {
        spec: observed.spec.clone(),
        token_source: observed.token_source.clone(),
        token_unset: observed.token_unset.clone(),
        cluster: observed.cluster.clone(),
        read_at: observed.read_at,
        changes,
        warnings,
    }
}

/// Decides what to do about one object. Also used to look again when an object moved under a plan.
#[must_use]
pub fn change(wanted: &DesiredObject, read: &Read, token_given: bool, take_over: &TakeOver) -> Change {
    let made = |action, reason, fields, seen| {
        let verification = Verification::Computed(ComputedBecause::NotAsked);
        Change { wanted: wanted.clone(), action, reason, verification, fields, seen, unreadable: None }
    };
    match read {
        Read::Unreadable(failure) => {
            Change { unreadable: Some(failure.clone()), ..made(Action::Unknown, Reason::Unreadable, Vec::new(), None) }
        }
        Read::Absent => made(Action::Create, Reason::Absent, fields_of_new(wanted), None),
        Read::Present(live) => {
            let fields = fields_of_live(wanted, live, token_given, take_over);
            let (action, reason) = judge(live, &fields);
            let token_mark = live.secret.as_ref().and_then(|secret| secret.token_mark.clone());
            let seen = Seen { uid: live.uid.clone(), resource_version: live.resource_version.clone(), token_mark };
            made(action, reason, fields, Some(seen))
        }
    }
}

/// What is read of a live object: a plan made from this alone is the same plan.
#[must_use]
pub fn what_is_read(wanted: &DesiredObject, live: &Live) -> Live {
    let Live { uid, resource_version, terminating, labels, annotations, last_applied, owners, secret } = live;
    let token = (wanted.kind == Kind::Secret).then(FieldPath::token);
    let mut read: BTreeSet<FieldPath> = wanted_values(wanted).map(|(path, _)| path).chain(token).collect();
    read.extend(owners.ours().iter().cloned());
    let of = |map: &BTreeMap<Outside, Outside>, path: fn(Outside) -> FieldPath| -> BTreeMap<Outside, Outside> {
        let read = map.iter().filter(|(key, _)| read.contains(&path((*key).clone())));
        read.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let (labels, annotations) = (of(labels, FieldPath::Label), of(annotations, FieldPath::Annotation));
    let Owners { others, ours, maps } = owners;
    let owners = Owners {
        others: others.iter().filter(|(path, _)| read.contains(path)).map(|(path, of)| (path.clone(), of.clone())).collect(),
        ours: ours.clone(),
        maps: maps.iter().filter(|(map, _)| is_empty(live, **map)).map(|(map, of)| (*map, of.clone())).collect(),
    };
    let secret = secret.as_ref().map(|LiveSecret { r#type, immutable, empty, token, token_mark, fingerprint }| LiveSecret {
        r#type: r#type.clone(),
        immutable: *immutable,
        empty: *empty && owners.maps.contains_key(&FieldMap::Data),
        token: *token,
        token_mark: token_mark.clone(),
        fingerprint: fingerprint.clone(),
    });
    Live {
        uid: uid.clone(),
        resource_version: resource_version.clone(),
        terminating: *terminating,
        labels,
        annotations,
        last_applied: *last_applied,
        owners,
        secret,
    }
}

/// Object-level reasons come before field-level ones.
fn judge(live: &Live, fields: &[Field]) -> (Action, Reason) {
    let pending = fields.iter().any(|f| f.action != FieldAction::None);
    // What the server refuses of an immutable Secret: another data, and no longer to be immutable.
    let frozen = |f: &Field| match &f.path {
        FieldPath::Data(_) => !matches!(f.action, FieldAction::None | FieldAction::Release),
        FieldPath::Other(path) => *path == "immutable" && f.action == FieldAction::Remove,
        FieldPath::Label(_) | FieldPath::Annotation(_) => false,
    };
    if live.terminating {
        return (Action::Blocked, Reason::Terminating);
    }
    if let Some(secret) = &live.secret {
        if secret.r#type != "Opaque" {
            return (Action::Blocked, Reason::Type(secret.r#type.clone()));
        }
        if secret.immutable && fields.iter().any(frozen) {
            return (Action::Blocked, Reason::Immutable);
        }
    }
    if fields.iter().any(|f| f.action == FieldAction::Blocked) {
        return (Action::Blocked, Reason::OwnedByOthers);
    }
    if pending {
        return (Action::Update, Reason::Differs);
    }
    let uncompared = fields.iter().any(|f| f.value == FieldValue::Token(Verdict::NotCompared));
    (Action::None, if uncompared { Reason::TokenNotCompared } else { Reason::UpToDate })
}

fn fields_of_new(wanted: &DesiredObject) -> Vec<Field> {
    let mut fields: Vec<Field> = wanted_values(wanted)
        .map(|(path, after)| Field {
            path,
            action: FieldAction::Add,
            value: FieldValue::Plain { before: None, after: Some(after.clone()) },
            managers: Vec::new(),
        })
        .collect();
    if wanted.kind == Kind::Secret {
        let value = FieldValue::Token(Verdict::Missing);
        fields.push(Field { path: FieldPath::token(), action: FieldAction::Add, value, managers: Vec::new() });
    }
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}

/// The labels and annotations that an object should have.
pub fn wanted_values(wanted: &DesiredObject) -> impl Iterator<Item = (FieldPath, &Outside)> {
    let labels = wanted.labels.iter().map(|(key, value)| (FieldPath::Label(key.clone()), value));
    let annotations = wanted.annotations.iter().map(|(key, value)| (FieldPath::Annotation(key.clone()), value));
    labels.chain(annotations)
}

fn fields_of_live(wanted: &DesiredObject, live: &Live, token_given: bool, take_over: &TakeOver) -> Vec<Field> {
    let mut fields = Vec::new();
    for (path, after) in wanted_values(wanted) {
        let before = live.value(&path);
        let action = match before {
            None => action_on_add(wanted.kind, live, &path, take_over),
            Some(before) if before == after => FieldAction::None,
            Some(_) => action_on_other_value(wanted.kind, live, &path, take_over),
        };
        let value = FieldValue::Plain { before: before.cloned(), after: Some(after.clone()) };
        let managers = owners_of(live, &path, action, before.is_none());
        fields.push(Field { path, action, value, managers });
    }
    if let Some(secret) = &live.secret {
        let path = FieldPath::token();
        let action = match secret.token {
            Verdict::Missing => action_on_add(wanted.kind, live, &path, take_over),
            Verdict::Same => FieldAction::None,
            // Without a token there is nothing to write, so nothing can be pending but what was found to differ.
            Verdict::NotCompared => FieldAction::None,
            Verdict::Different => action_on_other_value(wanted.kind, live, &path, take_over),
        };
        debug_assert!(token_given || secret.token != Verdict::Same, "compared without a token");
        let managers = owners_of(live, &path, action, secret.token == Verdict::Missing);
        fields.push(Field { path, action, value: FieldValue::Token(secret.token), managers });
    }
    fields.extend(fields_no_longer_wanted(wanted, live));
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}

/// A map that is empty, and owned as a whole, is taken over with its first key.
fn action_on_add(kind: Kind, live: &Live, path: &FieldPath, take_over: &TakeOver) -> FieldAction {
    let empty = FieldMap::of(path).is_some_and(|map| is_empty(live, map));
    match strictest(live.owners.of_map(path)) {
        Standing::Person if empty => FieldAction::TakeOver,
        Standing::Tool if empty && take_over.contains(&(kind, path.clone())) => FieldAction::TakeOver,
        Standing::Tool if empty => FieldAction::Blocked,
        _ => FieldAction::Add,
    }
}

fn is_empty(live: &Live, map: FieldMap) -> bool {
    match map {
        FieldMap::Data => live.secret.as_ref().is_some_and(|secret| secret.empty),
        FieldMap::Labels => live.labels.is_empty(),
        FieldMap::Annotations => live.annotations.is_empty() && !live.last_applied,
    }
}

/// Whose the field is; of one that is not there, whose the empty map is that it would be added to.
fn owners_of(live: &Live, path: &FieldPath, action: FieldAction, absent: bool) -> Vec<Manager> {
    let overruled = matches!(action, FieldAction::TakeOver | FieldAction::Blocked);
    if absent && overruled { live.owners.of_map(path).to_vec() } else { live.owners.others(path).to_vec() }
}

fn action_on_other_value(kind: Kind, live: &Live, path: &FieldPath, take_over: &TakeOver) -> FieldAction {
    let ours = live.owners.ours().contains(path);
    match live.owners.standing(path) {
        Standing::Free if ours => FieldAction::Change,
        Standing::Free | Standing::Person => FieldAction::TakeOver,
        Standing::Tool if take_over.contains(&(kind, path.clone())) => FieldAction::TakeOver,
        Standing::Tool => FieldAction::Blocked,
    }
}

/// What our manager owns and the spec no longer names: an apply leaves it out, so it goes, unless others own it too.
fn fields_no_longer_wanted(wanted: &DesiredObject, live: &Live) -> Vec<Field> {
    let is_wanted = |path: &FieldPath| match path {
        FieldPath::Label(key) => wanted.labels.contains_key(key),
        FieldPath::Annotation(key) => wanted.annotations.contains_key(key),
        FieldPath::Data(key) => wanted.kind == Kind::Secret && *key == "token",
        FieldPath::Other(_) => false,
    };
    let gone = live.owners.ours().iter().filter(|path| !is_wanted(path));
    gone.map(|path| {
        let managers = live.owners.others(path).to_vec();
        let action = if managers.is_empty() { FieldAction::Remove } else { FieldAction::Release };
        let value = match path {
            FieldPath::Label(_) | FieldPath::Annotation(_) => {
                let before = live.value(path).cloned();
                let after = if action == FieldAction::Release { before.clone() } else { None };
                FieldValue::Plain { before, after }
            }
            FieldPath::Data(_) | FieldPath::Other(_) => FieldValue::Hidden,
        };
        Field { path: path.clone(), action, value, managers }
    })
    .collect()
}

/// A manifest applied by client-side kubectl still holds the values we take over, and will bring them back.
fn manifest_elsewhere(change: &Change, read: &Read) -> Option<Warning> {
    let Read::Present(live) = read else { return None };
    let taken = change.fields.iter().find(|f| {
        f.action == FieldAction::TakeOver && f.managers.iter().any(|m| m.name == "kubectl-client-side-apply") && live.last_applied
    })?;
    let message = text!(
        "{} {} was set by `kubectl apply` from a manifest; the next `kubectl apply` of that manifest will revert konnect: remove the field there",
        change.wanted.title(),
        taken.path.dotted()
    );
    Some(Warning { code: "manifest_elsewhere".into(), message })
}

fn unknown_take_overs(changes: &[Change], take_over: &TakeOver) -> Vec<Warning> {
    let known = |kind, path: &FieldPath| {
        changes.iter().any(|change| {
            change.wanted.kind == kind && (change.fields.is_empty() || change.fields.iter().any(|field| field.path == *path))
        })
    };
    let unknown = take_over.iter().filter(|(kind, path)| !known(*kind, path));
    let warning = |(kind, path): &(Kind, FieldPath)| Warning {
        code: "take_over_unknown".into(),
        message: text!("--take-over {}.{} names no field of the spec, and does nothing", kind.spec_key(), path.dotted()),
    };
    unknown.map(warning).collect()
}
