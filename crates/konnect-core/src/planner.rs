//! Desired and Observed → Plan. Synchronous and pure: no client, path, clock or environment.

use std::collections::BTreeSet;

use crate::desired::{Desired, DesiredObject, FieldOfType, TakeOver, WantedValue};
use crate::field_path::FieldPath;
use crate::object::ObjectRef;
use crate::observed::{LiveObject, LiveValue, Observed, Read};
use crate::outside::Outside;
use crate::ownership::{OwnerClass, strictest};
use crate::plan::{
    Action, Change, ClusterIdentity, ComputedBecause, Field, FieldAction, FieldValue, Manager, ObservedVersion, Plan, Reason,
    Verification, Warning,
};
use crate::text;
use crate::token::Verdict;

/// Decides what to do about every object of the spec.
#[must_use]
pub fn plan(desired: &Desired, observed: &Observed, take_over: &TakeOver) -> Plan {
    let mut warnings = Vec::new();
    let mut changes = Vec::new();
    for wanted in &desired.objects {
        let read = observed.objects.get(&desired.key(&wanted.object)).unwrap_or(&Read::Absent);
        let mut change = change(wanted, read, &of_object(take_over, &wanted.object));
        if let Some(namespace) = wanted.object.needs() {
            in_namespace(&mut change, observed.objects.get(&desired.key(&namespace)), &namespace);
            change.computed = change.action;
        }
        warnings.extend(manifest_elsewhere(&change, read));
        warnings.extend(string_data_elsewhere(&change));
        changes.push(change);
    }
    warnings.extend(unknown_take_overs(&changes, take_over));
    warnings.extend(observed.leftovers.iter().map(|object| leftover(object, &observed.cluster)));
    Plan {
        id: desired.spec,
        spec: observed.spec.clone(),
        token_source: observed.token_source.clone(),
        token_unset: observed.token_unset.clone(),
        token_is_given: observed.token_is_given,
        outdated: None,
        cluster: observed.cluster.clone(),
        read_at: observed.read_at,
        changes,
        warnings,
    }
}

/// The fields of one object that are to be taken over.
fn of_object(take_over: &TakeOver, object: &ObjectRef) -> BTreeSet<FieldPath> {
    take_over.iter().filter(|of| of.resource == object.resource).map(|of| of.field.clone()).collect()
}

/// What the Namespace's own state makes of a change in it.
pub(crate) fn in_namespace(change: &mut Change, namespace: Option<&Read>, name: &ObjectRef) {
    match namespace {
        Some(Read::Present(live)) if live.terminating && change.action != Action::Unknown => {
            change.action = Action::Blocked;
            change.reason = Reason::NamespaceTerminating;
        }
        Some(Read::Absent) => {
            change.waits_for = Some(name.clone());
            change.verification = Verification::Computed(ComputedBecause::NamespaceMissing);
        }
        Some(Read::Present(_) | Read::Unreadable(_)) | None => {}
    }
}

/// Decides what to do about one object alone.
#[must_use]
pub fn change(wanted: &DesiredObject, read: &Read, take_over: &BTreeSet<FieldPath>) -> Change {
    let made = |action, reason, fields, observed| Change {
        wanted: wanted.clone(),
        action,
        reason,
        verification: Verification::Computed(ComputedBecause::NotAsked),
        fields,
        observed,
        computed: action,
        waits_for: None,
        take_over: take_over.clone(),
        unreadable: None,
    };
    match read {
        Read::Unreadable(failure) => {
            Change { unreadable: Some(failure.clone()), ..made(Action::Unknown, Reason::Unreadable, Vec::new(), None) }
        }
        Read::Absent => made(Action::Create, Reason::Absent, fields_of_new(wanted), None),
        Read::Present(live) => {
            let fields = fields_of_live(wanted, live, take_over);
            let (action, reason) = judge(&wanted.object, live, &fields);
            let observed = ObservedVersion {
                uid: live.uid.clone(),
                resource_version: live.resource_version.clone(),
                token: wanted.holds_token().then(|| live.token().cloned()).flatten(),
            };
            made(action, reason, fields, Some(observed))
        }
    }
}

/// What is read of a live object: a plan made from this alone is the same plan.
#[must_use]
pub fn what_is_read(wanted: &DesiredObject, live: &LiveObject) -> LiveObject {
    let resource = wanted.object.resource;
    let LiveObject { uid, resource_version, terminating, values, owners } = live;
    let of_fields = |path: &FieldPath| wanted.fields.contains_key(path) || owners.ours().contains(path);
    // What whole objects are judged by.
    let of_object = |path: &FieldPath| {
        let rule = resource.rule(path);
        rule.only.is_some() || rule.manifest || resource.frozen_by.is_some_and(|frozen_by| path.is_under(frozen_by))
    };
    let kept = |(path, value): &(&FieldPath, &LiveValue)| match value {
        LiveValue::Text(_) | LiveValue::Token(_) => of_fields(path) || of_object(path),
        LiveValue::Present => resource.rule(path).manifest,
    };
    let mut owners = owners.clone();
    owners.others.retain(|path, _| of_fields(path));
    LiveObject {
        uid: uid.clone(),
        resource_version: resource_version.clone(),
        terminating: *terminating,
        values: values.iter().filter(kept).map(|(path, value)| (path.clone(), value.clone())).collect(),
        owners,
    }
}

/// Object-level reasons come before field-level ones.
fn judge(object: &ObjectRef, live: &LiveObject, fields: &[Field]) -> (Action, Reason) {
    let resource = object.resource;
    if live.terminating {
        return (Action::Blocked, Reason::Terminating);
    }
    for rule in resource.rules {
        if let Some(only) = rule.only {
            let found = live.text(&FieldPath::of(rule.path)).cloned().unwrap_or_default();
            if found != only {
                return (Action::Blocked, Reason::Fixed { path: rule.path, live: found, only });
            }
        }
    }
    let is_frozen = resource.frozen_by.is_some_and(|path| live.text(&FieldPath::of(path)).is_some_and(|text| *text == "true"));
    let changes_frozen =
        |field: &Field| resource.rule(&field.path).frozen && !matches!(field.action, FieldAction::None | FieldAction::Release);
    if is_frozen && fields.iter().any(changes_frozen) {
        return (Action::Blocked, Reason::Immutable);
    }
    if fields.iter().any(|field| field.action == FieldAction::Blocked) {
        return (Action::Blocked, Reason::OwnedByOthers);
    }
    if fields.iter().any(|field| field.action != FieldAction::None) {
        return (Action::Update, Reason::Differs);
    }
    let uncompared = fields.iter().any(|field| field.value == FieldValue::Token(Verdict::NotCompared));
    (Action::None, if uncompared { Reason::TokenNotCompared } else { Reason::UpToDate })
}

fn fields_of_new(wanted: &DesiredObject) -> Vec<Field> {
    let field = |(path, value): (&FieldPath, &WantedValue)| Field {
        path: path.clone(),
        action: FieldAction::Add,
        sensitive: !wanted.object.resource.rule(path).shown,
        value: match value {
            WantedValue::Plain(after) => FieldValue::Plain { before: None, after: Some(after.clone()) },
            WantedValue::Token => FieldValue::Token(Verdict::Missing),
        },
        managers: Vec::new(),
    };
    wanted.fields.iter().map(field).collect()
}

fn fields_of_live(wanted: &DesiredObject, live: &LiveObject, take_over: &BTreeSet<FieldPath>) -> Vec<Field> {
    let field = |(path, value): (&FieldPath, &WantedValue)| {
        let (state, value) = match value {
            WantedValue::Plain(after) => {
                let before = live.text(path).cloned();
                let state = match (live.values.get(path), &before) {
                    (None, _) => State::Absent,
                    (Some(_), Some(before)) if before == after => State::AsWanted,
                    (Some(_), _) => State::Other,
                };
                (state, FieldValue::Plain { before, after: Some(after.clone()) })
            }
            WantedValue::Token => {
                let verdict = match live.values.get(path) {
                    None => Verdict::Missing,
                    Some(LiveValue::Token(token)) => token.verdict,
                    Some(LiveValue::Text(_) | LiveValue::Present) => Verdict::Different,
                };
                let state = match verdict {
                    Verdict::Missing => State::Absent,
                    // Without a token there is nothing to write, so nothing can be pending but what was found to differ.
                    Verdict::Same | Verdict::NotCompared => State::AsWanted,
                    Verdict::Different | Verdict::Empty => State::Other,
                };
                (state, FieldValue::Token(verdict))
            }
        };
        let action = match state {
            State::Absent => action_on_add(live, path, take_over),
            State::AsWanted => FieldAction::None,
            State::Other => action_on_other_value(live, path, take_over),
        };
        let sensitive = !wanted.object.resource.rule(path).shown;
        Field { path: path.clone(), action, sensitive, value, managers: owners_of(live, path, action, state == State::Absent) }
    };
    let mut fields: Vec<Field> = wanted.fields.iter().map(field).collect();
    fields.extend(pruned_fields(wanted, live));
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}

/// How a live value stands to the wanted one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    AsWanted,
    Other,
}

/// A map that is empty, and owned as a whole, is taken over with its first key.
fn action_on_add(live: &LiveObject, path: &FieldPath, take_over: &BTreeSet<FieldPath>) -> FieldAction {
    match strictest(live.owners.of_map(path)) {
        OwnerClass::Unowned => FieldAction::Add,
        OwnerClass::Interactive => FieldAction::TakeOver,
        OwnerClass::Controller if take_over.contains(path) => FieldAction::TakeOver,
        OwnerClass::Controller => FieldAction::Blocked,
    }
}

/// Whose the field is; of one that is not there, whose the empty map is that it would be added to.
fn owners_of(live: &LiveObject, path: &FieldPath, action: FieldAction, absent: bool) -> Vec<Manager> {
    let overruled = matches!(action, FieldAction::TakeOver | FieldAction::Blocked);
    if absent && overruled { live.owners.of_map(path).to_vec() } else { live.owners.others(path).to_vec() }
}

fn action_on_other_value(live: &LiveObject, path: &FieldPath, take_over: &BTreeSet<FieldPath>) -> FieldAction {
    let ours = live.owners.ours().contains(path);
    match live.owners.class_of(path) {
        OwnerClass::Unowned if ours => FieldAction::Change,
        OwnerClass::Unowned | OwnerClass::Interactive => FieldAction::TakeOver,
        OwnerClass::Controller if take_over.contains(path) => FieldAction::TakeOver,
        OwnerClass::Controller => FieldAction::Blocked,
    }
}

/// What our manager owns and the spec no longer names: an apply leaves it out, so it goes, unless others own it too.
fn pruned_fields(wanted: &DesiredObject, live: &LiveObject) -> Vec<Field> {
    let gone = live.owners.ours().iter().filter(|path| !wanted.fields.contains_key(path));
    gone.map(|path| {
        let managers = live.owners.others(path).to_vec();
        let action = if managers.is_empty() { FieldAction::Remove } else { FieldAction::Release };
        let sensitive = !wanted.object.resource.rule(path).shown;
        let value = if sensitive {
            FieldValue::Hidden
        } else {
            let before = live.text(path).cloned();
            let after = if action == FieldAction::Release { before.clone() } else { None };
            FieldValue::Plain { before, after }
        };
        Field { path: path.clone(), action, sensitive, value, managers }
    })
    .collect()
}

/// A manifest applied by client-side kubectl still holds the values we take over, and will bring them back.
fn manifest_elsewhere(change: &Change, read: &Read) -> Option<Warning> {
    let Read::Present(live) = read else { return None };
    if !live.values.keys().any(|path| change.wanted.object.resource.rule(path).manifest) {
        return None;
    }
    let taken = change.fields.iter().find(|field| {
        field.action == FieldAction::TakeOver && field.managers.iter().any(|owner| owner.name == "kubectl-client-side-apply")
    })?;
    let message = text!(
        "{} {} was set by `kubectl apply` from a manifest; the next `kubectl apply` of that manifest will revert konnect: remove the field there",
        change.wanted.object.title(),
        taken.path.dotted()
    );
    Some(Warning { code: "manifest_elsewhere".into(), message })
}

/// Who wrote a field under another name still claims it after we took it over: the server knows only that name (measured). So the next
/// change is blocked again.
fn string_data_elsewhere(change: &Change) -> Vec<Warning> {
    let taken = change.fields.iter().filter(|field| matches!(field.action, FieldAction::TakeOver | FieldAction::Blocked));
    let claims = taken.flat_map(|field| {
        field.managers.iter().filter_map(move |owner| Some((field, owner, owner.through?, field.path.elements().last()?)))
    });
    let warning = |(field, owner, through, key): (&Field, &Manager, &'static str, &Outside)| {
        let message = text!(
            "{} {} was written by {} through {}: taking it over does not end that claim, so the next change of it is blocked again: remove {}.{} from the manifest of {}",
            change.wanted.object.title(),
            field.path.dotted(),
            &owner.name,
            through,
            through,
            key,
            &owner.name
        );
        Warning { code: "string_data_elsewhere".into(), message }
    };
    claims.map(warning).collect()
}

/// What stays behind where the spec gives an object another name.
#[must_use]
pub fn leftover(object: &ObjectRef, cluster: &ClusterIdentity) -> Warning {
    let message = text!(
        "{} was written by konnect and is not in this spec: if the spec renames it, the old one stays, with its token; konnect deletes nothing: {}",
        object.title(),
        object.delete_command(cluster)
    );
    Warning { code: "leftover".into(), message }
}

fn unknown_take_overs(changes: &[Change], take_over: &TakeOver) -> Vec<Warning> {
    let is_known = |of: &&FieldOfType| {
        changes.iter().any(|change| {
            let names_it = change.fields.is_empty() || change.fields.iter().any(|field| field.path == of.field);
            change.wanted.object.resource == of.resource && names_it
        })
    };
    let unknown = take_over.iter().filter(|of| !is_known(of));
    let warning = |of: &FieldOfType| Warning {
        code: "take_over_unknown".into(),
        message: text!("--take-over {}.{} names no field of the spec, and does nothing", of.resource.spec_key, of.field.dotted()),
    };
    unknown.map(warning).collect()
}
