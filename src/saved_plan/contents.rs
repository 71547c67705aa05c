//! From what a file holds back to what a plan is made from. Whoever can change the file can make its digest fit, so that nothing in it is
//! taken on trust: each text as strictly as a spec's, and its parts against each other.

mod objects;
mod wanted;
mod whole;

pub(super) use whole::agrees;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;

use super::document::{LeftoverPart, PathPart, SourcePart, SpecPart, TakenPart, TokenPart};
use super::file;
use crate::desired::{Desired, DesiredObject, FieldOfType, TakeOver};
use crate::field_path::FieldPath;
use crate::object::{ObjectKey, ObjectRef, ResourceType, SpecId};
use crate::observed::{Observed, Read};
use crate::outside::{Outside, Part as _, Text};
use crate::pat::{PatSource, shape};
use crate::plan::{Action, ClusterIdentity, DryRun, Plan};
use crate::planner;
use crate::spec;
use crate::text;
use crate::token::SavedFingerprint;

/// What the plan of one spec is made from.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    pub source: PatSource,
    /// Our token's fingerprint; `None` where it is too easily guessed.
    pub fingerprint: Option<SavedFingerprint>,
    pub desired: Desired,
    pub observed: Observed,
    pub take_over: TakeOver,
    pub dry_runs: BTreeMap<ObjectKey, DryRun>,
}

impl Contents {
    /// The plan as it was computed, before the server was asked about it.
    pub(super) fn computed(&self) -> Plan {
        planner::plan(&self.desired, &self.observed, &self.take_over)
    }

    /// The plan.
    pub(super) fn plan(&self) -> Plan {
        let mut plan = self.computed();
        plan.take_dry_runs(&self.dry_runs);
        plan
    }
}

/// What is wrong with a file, in a sentence's tail.
type Wrong = Text;

fn ensure(holds: bool, otherwise: impl Into<Wrong>) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

impl Contents {
    /// Takes the file apart, as far as one of its specs is concerned.
    ///
    /// # Errors
    /// Its parts disagree, or it holds what no spec and no server can have said.
    pub(super) fn of(part: &SpecPart, token: &TokenPart, expires: Timestamp, id: SpecId) -> Result<Self, Wrong> {
        ensure(part.read_at < expires, "it expired before it was made")?;
        ensure(file::is_digest(&part.digest), "its spec has no digest")?;
        ensure(!part.cluster.uid.is_empty(), "its cluster has no uid")?;
        if let Some(kubeconfig) = &part.chosen.kubeconfig {
            ensure(kubeconfig.agrees(), "its kubeconfig's two paths are not the same file")?;
        }
        let fingerprint = read_fingerprint(token.fingerprint.as_ref())?;
        let (source, shown) = source(&token.source)?;
        let desired = Desired { spec: id, ..wanted::desired(&part.objects)? };
        let take_over = part.take_over.iter().map(taken).collect::<Result<TakeOver, Wrong>>()?;
        let in_order = lists(part.take_over.iter().map(|part| &part.field), take_over.iter().map(|of| &of.field));
        ensure(in_order, "it lists what to take over in another way than konnect does")?;
        let (mut objects, mut dry_runs) = (BTreeMap::new(), BTreeMap::new());
        for (object, wanted) in part.objects.iter().zip(&desired.objects) {
            let read = match &object.observed {
                None => Read::Absent,
                Some(observed) => Read::Present(objects::live(observed, wanted, fingerprint.as_ref())?),
            };
            let key = desired.key(&wanted.object);
            if let Some(dry_run) = &object.dry_run {
                dry_runs.insert(key.clone(), objects::dry_run(dry_run, wanted)?);
            }
            objects.insert(key, read);
        }
        let text = |text: &String| Outside::from(text);
        let observed = Observed {
            spec: text(&part.path),
            token_source: shown,
            token_unset: source.unset(),
            token_is_given: true,
            cluster: ClusterIdentity {
                context: text(&part.cluster.context),
                server: text(&part.cluster.server),
                uid: Some(text(&part.cluster.uid)),
                user: part.cluster.user.as_ref().map(Outside::from),
                claimed: true,
            },
            read_at: part.read_at,
            objects,
            leftovers: leftovers(&part.leftovers, &desired)?,
        };
        let contents = Contents { source, fingerprint, desired, observed, take_over, dry_runs };
        asked_what_there_was_to_ask(&contents)?;
        looked_beside_what_is_new(&contents)?;
        Ok(contents)
    }
}

/// What stays behind: objects of types that hold the token, each once, in the namespace of the one that is wanted.
fn leftovers(parts: &[LeftoverPart], desired: &Desired) -> Result<Vec<ObjectRef>, Wrong> {
    let mut found: Vec<ObjectRef> = Vec::new();
    for LeftoverPart { group, resource, name } in parts {
        let of_type = |wanted: &&DesiredObject| {
            wanted.holds_token() && wanted.object.resource.group == group && wanted.object.resource.plural == resource
        };
        let wanted = desired.objects.iter().find(of_type).ok_or("it found an object beside one that it does not want")?;
        let object = ObjectRef { name: name.into(), ..wanted.object.clone() };
        let sound = (object.resource.check_name)(name).is_ok()
            && shape::find(name).is_empty()
            && object != wanted.object
            && !found.contains(&object);
        ensure(sound, "it found an object that there can't be")?;
        found.push(object);
    }
    Ok(found)
}

/// It was looked for leftovers only beside what the plan creates in a namespace that is there.
fn looked_beside_what_is_new(contents: &Contents) -> Result<(), Wrong> {
    let computed = contents.computed();
    let is_new = |object: &ObjectRef| {
        let beside = computed.changes.iter().filter(|change| change.wanted.object.resource == object.resource);
        beside.into_iter().any(|change| change.computed == Action::Create && change.waits_for.is_none())
    };
    ensure(contents.observed.leftovers.iter().all(is_new), "it found an object beside one that is there already")
}

/// The server was asked about each change that would be written, and about nothing else.
fn asked_what_there_was_to_ask(contents: &Contents) -> Result<(), Wrong> {
    let computed = contents.computed();
    let asked: BTreeSet<&ObjectRef> = computed.to_verify().map(|change| &change.wanted.object).collect();
    for DesiredObject { object, .. } in &contents.desired.objects {
        let (has, should) = (contents.dry_runs.contains_key(&contents.desired.key(object)), asked.contains(object));
        ensure(has || !should, text!("it does not say what the server's dry run of {} gave", object.title()))?;
        ensure(should || !has, text!("it speaks of a dry run of {}, on which nothing is to be asked", object.title()))?;
    }
    Ok(())
}

fn read_fingerprint(text: Option<&String>) -> Result<Option<SavedFingerprint>, Wrong> {
    text.map(|text| SavedFingerprint::parse(text).ok_or_else(|| "a fingerprint of a token in it is none".into())).transpose()
}

/// Where the token is, and how that is shown: where a path was given, with the place that it stood for.
fn source(part: &SourcePart) -> Result<(PatSource, Text), Wrong> {
    match part {
        SourcePart::Env(name) => {
            ensure(spec::variable(name), "its token's variable has a name that no spec can give")?;
            let source = PatSource::Env(name.into());
            Ok((source.clone(), source.text()))
        }
        SourcePart::File(place) => {
            ensure(place.agrees(), "its token file's two paths are not the same file")?;
            Ok((PatSource::File(place.given(), PathBuf::from(&place.absolute)), place.words()))
        }
        SourcePart::Stdin => Ok((PatSource::Stdin, PatSource::Stdin.text())),
    }
}

/// Whether the parts of a list name these fields, in their order and once each: there is one way to write a plan.
fn lists<'p, 'f>(parts: impl IntoIterator<Item = &'p PathPart>, fields: impl IntoIterator<Item = &'f FieldPath>) -> bool {
    let names = |path: &'f FieldPath| path.elements().iter().map(Outside::expose).collect::<Vec<_>>();
    parts.into_iter().map(|part| part.iter().map(String::as_str).collect::<Vec<_>>()).eq(fields.into_iter().map(names))
}

fn taken(part: &TakenPart) -> Result<FieldOfType, Wrong> {
    let TakenPart { group, resource, field } = part;
    let resource = ResourceType::find(group, resource);
    let field = field.split_first().map(|(first, rest)| rest.iter().fold(FieldPath::of(&[first]), |path, name| path.child(name)));
    match (resource, field) {
        (Some(resource), Some(field)) if resource.can_take_over(&field) => Ok(FieldOfType { resource, field }),
        _ => Err("it takes over what --take-over can't name".into()),
    }
}
