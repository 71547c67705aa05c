//! From a plan to what its file holds. Every text from outside goes through the door, which refuses it if it gives a secret of the run away.

use std::collections::BTreeMap;
use std::path::Path;

use super::document::{
    EmptyMapPart, FieldPart, KindPart, ManagerPart, MapPart, ObjectPart, ObservedPart, OwnedPart, RemarkPart, SecretPart,
    SourcePart, TakenPart, VerdictPart, WantedPart, WordPart,
};
use super::place::Place;
use crate::desired::DesiredObject;
use crate::observed::{Live, LiveSecret, Read};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::ownership::{FieldMap, Owners};
use crate::pat::PatSource;
use crate::plan::{ComputedBecause, DryRun, FieldPath, Kind, Manager, Reason, Remark, Verdict};
use crate::planner::{TakeOver, what_is_read};
use crate::text;
use crate::view::Door;

/// Puts values into the file, through a door.
pub(super) struct Keeper<'a>(pub(super) &'a Door);

impl Keeper<'_> {
    pub(super) fn text(&self, text: impl Into<Text>) -> Result<String, Failure> {
        self.0.keep(text).ok_or_else(|| {
            Failure::new(
                FailureCode::SecretInPlan,
                "the plan was not saved: a text that it must hold contains a token or a password that was met in this run",
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
        let taken = |(kind, path): &(Kind, FieldPath)| Ok(TakenPart { kind: kind_part(*kind), field: self.field(path)? });
        take_over.iter().map(taken).collect()
    }

    /// One object, with what was read of it and the server's word.
    pub(super) fn object(&self, wanted: &DesiredObject, read: &Read, word: Option<&DryRun>) -> Result<ObjectPart, Failure> {
        let observed = match read {
            Read::Present(live) => Some(self.live(&what_is_read(wanted, live))?),
            Read::Absent | Read::Unreadable(_) => None,
        };
        let DesiredObject { kind, namespace, name, labels, annotations } = wanted;
        let wanted = WantedPart {
            kind: kind_part(*kind),
            namespace: self.optional(namespace.as_ref())?,
            name: self.text(name)?,
            labels: self.strings(labels)?,
            annotations: self.strings(annotations)?,
        };
        Ok(ObjectPart { wanted, observed, dry_run: word.map(|word| self.word(word)).transpose()? })
    }

    fn live(&self, live: &Live) -> Result<ObservedPart, Failure> {
        let Live { uid, resource_version, terminating, labels, annotations, last_applied, owners, secret } = live;
        Ok(ObservedPart {
            uid: self.text(uid)?,
            resource_version: self.text(resource_version)?,
            terminating: *terminating,
            labels: self.strings(labels)?,
            annotations: self.strings(annotations)?,
            last_applied: *last_applied,
            owned: self.owned(owners)?,
            empty_maps: self.empty_maps(owners)?,
            secret: secret.as_ref().map(|secret| self.secret(secret)).transpose()?,
        })
    }

    fn secret(&self, secret: &LiveSecret) -> Result<SecretPart, Failure> {
        // The mark is worth nothing in another run, and whether there is any data is seen from the empty maps.
        let LiveSecret { r#type, immutable, empty: _, token, token_mark: _, fingerprint } = secret;
        let token = match token {
            Verdict::Missing => VerdictPart::Missing,
            Verdict::Same => VerdictPart::Same,
            Verdict::Different | Verdict::NotCompared => VerdictPart::Different,
        };
        let fingerprint = fingerprint.as_ref().map(|fingerprint| fingerprint.as_str().to_owned());
        Ok(SecretPart { r#type: self.text(r#type)?, immutable: *immutable, token, fingerprint })
    }

    fn owned(&self, owners: &Owners) -> Result<Vec<OwnedPart>, Failure> {
        let mut fields: Vec<&FieldPath> = owners.others.keys().chain(&owners.ours).collect();
        fields.sort_unstable();
        fields.dedup();
        let owned = |path: &FieldPath| {
            Ok(OwnedPart {
                field: self.field(path)?,
                ours: owners.ours.contains(path),
                others: self.managers(owners.others(path))?,
            })
        };
        fields.into_iter().map(owned).collect()
    }

    fn empty_maps(&self, owners: &Owners) -> Result<Vec<EmptyMapPart>, Failure> {
        let part = |(map, of): (&FieldMap, &Vec<Manager>)| {
            let map = match map {
                FieldMap::Data => MapPart::Data,
                FieldMap::Labels => MapPart::Labels,
                FieldMap::Annotations => MapPart::Annotations,
            };
            Ok(EmptyMapPart { map, owners: self.managers(of)? })
        };
        owners.maps.iter().map(part).collect()
    }

    fn managers(&self, managers: &[Manager]) -> Result<Vec<ManagerPart>, Failure> {
        let part = |Manager { name, operation, time }: &Manager| {
            Ok(ManagerPart { name: self.text(name)?, operation: self.text(operation)?, time: *time })
        };
        managers.iter().map(part).collect()
    }

    fn field(&self, path: &FieldPath) -> Result<FieldPart, Failure> {
        Ok(match path {
            FieldPath::Data(key) => FieldPart::Data(self.text(key)?),
            FieldPath::Label(key) => FieldPart::Label(self.text(key)?),
            FieldPath::Annotation(key) => FieldPart::Annotation(self.text(key)?),
            FieldPath::Other(path) => FieldPart::Other(self.text(path)?),
        })
    }

    fn strings(&self, map: &BTreeMap<Outside, Outside>) -> Result<BTreeMap<String, String>, Failure> {
        map.iter().map(|(key, value)| Ok((self.text(key)?, self.text(value)?))).collect()
    }

    fn word(&self, word: &DryRun) -> Result<WordPart, Failure> {
        Ok(match word {
            DryRun::Accepted(remarks) => WordPart::Accepted(remarks.iter().map(|of| self.remark(of)).collect::<Result<_, _>>()?),
            DryRun::NotAsked(ComputedBecause::NoPermission) => WordPart::NoPermission,
            // The other reasons not to ask are none of a plan that is saved: there is a token, and what needs a namespace first has no word.
            DryRun::NotAsked(_) => WordPart::Failed("it was not asked".to_owned()),
            DryRun::Failed(what) => WordPart::Failed(self.text(what)?),
            DryRun::Refused(Reason::NamespaceMissing(name)) => WordPart::NamespaceMissing(self.text(name)?),
            DryRun::Refused(Reason::Rejected(words)) => WordPart::Refused(self.text(words)?),
            DryRun::Refused(Reason::WebhookFailed(words)) => WordPart::WebhookFailed(self.text(words)?),
            DryRun::Refused(Reason::NamespaceTerminating) => WordPart::NamespaceTerminating,
            DryRun::Refused(_) => WordPart::Refused(String::new()),
            DryRun::Moved => WordPart::Moved,
        })
    }

    fn remark(&self, remark: &Remark) -> Result<RemarkPart, Failure> {
        Ok(match remark {
            Remark::Warned(words) => RemarkPart::Warned(self.text(words)?),
            Remark::Overwritten(path) => RemarkPart::Overwritten(self.field(path)?),
        })
    }
}

const fn kind_part(kind: Kind) -> KindPart {
    match kind {
        Kind::Namespace => KindPart::Namespace,
        Kind::ServiceAccount => KindPart::ServiceAccount,
        Kind::Secret => KindPart::Secret,
    }
}
