//! From a plan to what its file holds. Every text from outside goes through the door, which refuses it if it gives a secret of the run away.

use std::collections::BTreeSet;
use std::path::Path;

use super::document::{
    DryRunPart, EmptyMapPart, LeftoverPart, LiveFieldPart, LiveTokenPart, LiveValuePart, ManagerPart, ObjectPart, ObservedPart,
    OwnedPart, PathPart, RemarkPart, SourcePart, TakenPart, VerdictPart, WantedFieldPart, WantedPart, WantedValuePart,
};
use super::place::Place;
use crate::desired::{DesiredObject, FieldOfType, TakeOver, WantedValue};
use crate::field_path::FieldPath;
use crate::object::ObjectRef;
use crate::observed::{LiveObject, LiveValue, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::ownership::Owners;
use crate::pat::PatSource;
use crate::plan::{ComputedBecause, DryRun, Manager, Reason, Remark};
use crate::planner::what_is_read;
use crate::text;
use crate::token::{LiveToken, Verdict};
use crate::view::Door;

/// Puts values into the file, through a door.
pub(super) struct Keeper<'a>(pub(super) &'a Door);

impl Keeper<'_> {
    pub(super) fn text(&self, text: impl Into<Text>) -> Result<String, Failure> {
        self.0.keep(text).ok_or_else(|| {
            Failure::new(
                FailureCode::SecretInPlan,
                "the plan was not saved: a text that it must contain includes a token or a password met in this run",
            )
            .hint("look for it in the spec, and in the names, labels, annotations and managers of the live objects")
        })
    }

    pub(super) fn optional(&self, text: Option<&Outside>) -> Result<Option<String>, Failure> {
        text.map(|text| self.text(text)).transpose()
    }

    pub(super) fn place(&self, given: &Outside, path: &Path) -> Result<Place, Failure> {
        let whole = std::path::absolute(path).ok();
        let Some(whole) = whole.as_deref().and_then(Path::to_str) else {
            return Err(Failure::new(
                FailureCode::PlanFile,
                text!("the plan was not saved: where {} is can't be written as UTF-8", given),
            ));
        };
        Ok(Place { given: self.text(given)?, absolute: self.text(Outside::from(whole))? })
    }

    pub(super) fn source(&self, source: &PatSource) -> Result<SourcePart, Failure> {
        Ok(match source {
            PatSource::Env(name) => SourcePart::Env(self.text(name)?),
            PatSource::File(given, path) => SourcePart::File(self.place(given, path)?),
            PatSource::Stdin => SourcePart::Stdin,
        })
    }

    pub(super) fn take_over(&self, take_over: &TakeOver) -> Result<Vec<TakenPart>, Failure> {
        let taken = |FieldOfType { resource, field }: &FieldOfType| {
            Ok(TakenPart { group: resource.group.to_owned(), resource: resource.plural.to_owned(), field: self.path(field)? })
        };
        take_over.iter().map(taken).collect()
    }

    pub(super) fn leftover(&self, object: &ObjectRef) -> Result<LeftoverPart, Failure> {
        // Its namespace is that of the object that it is found beside.
        let ObjectRef { resource, namespace: _, name } = object;
        Ok(LeftoverPart { group: resource.group.to_owned(), resource: resource.plural.to_owned(), name: self.text(name)? })
    }

    /// One object, with what was read of it and the server's word.
    pub(super) fn object(&self, wanted: &DesiredObject, read: &Read, dry_run: Option<&DryRun>) -> Result<ObjectPart, Failure> {
        let observed = match read {
            Read::Present(live) => Some(self.live(&what_is_read(wanted, live))?),
            Read::Absent | Read::Unreadable(_) => None,
        };
        let DesiredObject { object: ObjectRef { resource, namespace, name }, fields } = wanted;
        let field = |(path, value): (&FieldPath, &WantedValue)| {
            let value = match value {
                WantedValue::Plain(text) => WantedValuePart::Plain(self.text(text)?),
                WantedValue::Token => WantedValuePart::Token,
            };
            Ok(WantedFieldPart { field: self.path(path)?, value })
        };
        let wanted = WantedPart {
            group: resource.group.to_owned(),
            resource: resource.plural.to_owned(),
            namespace: self.optional(namespace.as_ref())?,
            name: self.text(name)?,
            fields: fields.iter().map(field).collect::<Result<_, Failure>>()?,
        };
        Ok(ObjectPart { wanted, observed, dry_run: dry_run.map(|dry_run| self.dry_run(dry_run)).transpose()? })
    }

    fn live(&self, live: &LiveObject) -> Result<ObservedPart, Failure> {
        let LiveObject { uid, resource_version, terminating, values, owners } = live;
        let value = |(path, value): (&FieldPath, &LiveValue)| {
            let value = match value {
                LiveValue::Text(text) => LiveValuePart::Text(self.text(text)?),
                LiveValue::Present => LiveValuePart::Present,
                LiveValue::Token(token) => LiveValuePart::Token(token_part(token)),
            };
            Ok(LiveFieldPart { field: self.path(path)?, value })
        };
        Ok(ObservedPart {
            uid: self.text(uid)?,
            resource_version: self.text(resource_version)?,
            terminating: *terminating,
            values: values.iter().map(value).collect::<Result<_, Failure>>()?,
            owned: self.owned(owners)?,
            empty_maps: self.empty_maps(owners)?,
        })
    }

    fn owned(&self, owners: &Owners) -> Result<Vec<OwnedPart>, Failure> {
        let fields: BTreeSet<&FieldPath> = owners.others.keys().chain(&owners.ours).collect();
        let owned = |path: &FieldPath| {
            Ok(OwnedPart {
                field: self.path(path)?,
                ours: owners.ours.contains(path),
                others: self.managers(owners.others(path))?,
            })
        };
        fields.into_iter().map(owned).collect()
    }

    fn empty_maps(&self, owners: &Owners) -> Result<Vec<EmptyMapPart>, Failure> {
        let part =
            |(map, of): (&FieldPath, &Vec<Manager>)| Ok(EmptyMapPart { field: self.path(map)?, owners: self.managers(of)? });
        owners.maps.iter().map(part).collect()
    }

    fn managers(&self, managers: &[Manager]) -> Result<Vec<ManagerPart>, Failure> {
        let part = |Manager { name, operation, time, through }: &Manager| {
            let through = through.map(str::to_owned);
            Ok(ManagerPart { name: self.text(name)?, operation: self.text(operation)?, time: *time, through })
        };
        managers.iter().map(part).collect()
    }

    fn path(&self, path: &FieldPath) -> Result<PathPart, Failure> {
        // As a whole too: a secret may stand across its names.
        self.text(path.dotted().as_outside())?;
        path.elements().iter().map(|element| self.text(element)).collect()
    }

    fn dry_run(&self, dry_run: &DryRun) -> Result<DryRunPart, Failure> {
        Ok(match dry_run {
            DryRun::Accepted(remarks) => {
                DryRunPart::Accepted(remarks.iter().map(|of| self.remark(of)).collect::<Result<_, _>>()?)
            }
            DryRun::NotAsked(ComputedBecause::NoPermission) => DryRunPart::NoPermission,
            // The other reasons not to ask are none of a plan that is saved: there is a token, and what needs a namespace first has no word.
            DryRun::NotAsked(_) => DryRunPart::Failed("it was not asked".to_owned()),
            DryRun::Failed(what) => DryRunPart::Failed(self.text(what)?),
            DryRun::Refused(Reason::NamespaceMissing(name)) => DryRunPart::NamespaceMissing(self.text(name)?),
            DryRun::Refused(Reason::Policy { name: _, words } | Reason::Rejected(words)) => {
                DryRunPart::Refused(self.text(words)?)
            }
            DryRun::Refused(Reason::WebhookFailed(words)) => DryRunPart::WebhookFailed(self.text(words)?),
            DryRun::Refused(Reason::NamespaceTerminating) => DryRunPart::NamespaceTerminating,
            DryRun::Refused(_) => DryRunPart::Refused(String::new()),
            DryRun::Moved => DryRunPart::Moved,
        })
    }

    fn remark(&self, remark: &Remark) -> Result<RemarkPart, Failure> {
        Ok(match remark {
            Remark::Warned(words) => RemarkPart::Warned(self.text(words)?),
            Remark::Overwritten(path) => RemarkPart::Overwritten(self.path(path)?),
        })
    }
}

/// The run's own fingerprint is worth nothing in another run.
fn token_part(token: &LiveToken) -> LiveTokenPart {
    let LiveToken { verdict, fingerprint: _, saved } = token;
    let verdict = match verdict {
        Verdict::Same => VerdictPart::Same,
        Verdict::Empty => VerdictPart::Empty,
        Verdict::Missing | Verdict::Different | Verdict::NotCompared => VerdictPart::Different,
    };
    LiveTokenPart { verdict, fingerprint: saved.as_ref().map(|saved| saved.as_str().to_owned()) }
}
