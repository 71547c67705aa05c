//! Fleets made by hand: each spec is parsed and planned as any other, against a state that is written down here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use konnect::desired::{Desired, TakeOver, WantedValue};
use konnect::field_path::FieldPath;
use konnect::fleet::{Ending, Fleet, FleetSpec, NotBegun, SpecState};
use konnect::object::{ObjectRef, ResourceType, SpecId};
use konnect::observed::{LiveObject, LiveValue, Observed, Read};
use konnect::outcome::{Failure, FailureCode};
use konnect::outside::Outside;
use konnect::ownership::Owners;
use konnect::plan::{Change, ClusterIdentity, Plan, Warning};
use konnect::planner;
use konnect::report::{Report, SkipReason, WriteResult};
use konnect::spec;
use konnect::text;
use konnect::token::{LiveToken, TokenFingerprint, Verdict};
use serde_json::{Value, json};

/// What there is in the cluster of a spec, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    New,
    /// Everything as wanted.
    Same,
    /// The same, as far as is known without the token.
    NotCompared,
    /// A label with another value, which is ours.
    Differs,
    /// A label with another value, which Helm owns.
    Helm,
    /// The Secret may not be read.
    Forbidden,
    /// Nothing, and no token either.
    NoToken,
    /// The spec is wrong.
    Wrong,
    /// Its cluster does not answer.
    Dead,
}

/// One spec of a fleet: its namespace is called after it, so that no two want the same.
pub fn spec(path: &str, context: &str, state: State) -> FleetSpec {
    let name: String = path.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    spec_of(path, context, &format!("n{}", name.trim_matches('-')), state)
}

/// The same in this namespace.
pub fn spec_of(path: &str, context: &str, namespace: &str, state: State) -> FleetSpec {
    let text = format!(
        "namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n{}",
        if state == State::Wrong { "secrte = \"x\"\n" } else { "" }
    );
    let state = match spec::parse(path, Path::new(""), &text, false) {
        Err(errors) => SpecState::Wrong(errors),
        Ok(_) if state == State::Dead => SpecState::Failed(
            Failure::new(FailureCode::Connection, text!("can't reach {}: connection refused", Outside::new("https://gone:6443")))
                .hint("check the address and the network"),
        ),
        Ok(spec) => SpecState::Planned(plan(path, context, &spec.desired(SpecId::default()), state)),
    };
    FleetSpec { path: path.into(), context: Some(context.into()), stage: None, warnings: Vec::new(), state }
}

fn plan(path: &str, context: &str, desired: &Desired, state: State) -> Plan {
    let objects: BTreeMap<_, _> = desired
        .objects
        .iter()
        .map(|wanted| (desired.key(&wanted.object), read(&wanted.object, wanted.fields.iter(), state)))
        .collect();
    let observed = Observed {
        spec: path.into(),
        token_source: "$PAT".into(),
        token_unset: "$PAT is not set".into(),
        token_is_given: !matches!(state, State::NotCompared | State::NoToken),
        cluster: ClusterIdentity {
            context: context.into(),
            server: format!("https://{context}.example:6443").into(),
            uid: Some(format!("uid-of-{context}").into()),
            user: Some("ci-deployer".into()),
            claimed: false,
        },
        read_at: jiff::Timestamp::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        objects,
        leftovers: Vec::new(),
    };
    planner::plan(desired, &observed, &TakeOver::new())
}

fn read<'a>(object: &ObjectRef, fields: impl Iterator<Item = (&'a FieldPath, &'a WantedValue)>, state: State) -> Read {
    let is_secret = object.resource.kind == "Secret";
    match state {
        State::New | State::NoToken => return Read::Absent,
        State::Forbidden if is_secret => {
            let failure = Failure::new(FailureCode::Forbidden, "secrets can't be read").hint("ask for the right to get secrets");
            return Read::Unreadable(failure);
        }
        _ => {}
    }
    let verdict = if state == State::NotCompared { Verdict::NotCompared } else { Verdict::Same };
    let label = FieldPath::of(&["metadata", "labels", "konghq.com/credential"]);
    let value = |path: &FieldPath, wanted: &WantedValue| match wanted {
        WantedValue::Token => {
            LiveValue::Token(LiveToken { verdict, fingerprint: Some(TokenFingerprint("1".into())), saved: None })
        }
        WantedValue::Plain(_) if *path == label && matches!(state, State::Differs | State::Helm) => {
            LiveValue::Text("other".into())
        }
        WantedValue::Plain(text) => LiveValue::Text(text.clone()),
    };
    let mut values: BTreeMap<FieldPath, LiveValue> = fields.map(|(path, wanted)| (path.clone(), value(path, wanted))).collect();
    if is_secret {
        values.insert(FieldPath::of(&["type"]), LiveValue::Text("Opaque".into()));
    }
    let live = LiveObject { uid: "u".into(), resource_version: "7".into(), values, ..LiveObject::default() };
    let ours = json!({"f:data": {"f:token": {}}, "f:metadata": {"f:labels": {"f:konghq.com/secret": {}, "f:konghq.com/credential": {}}}});
    let managed = if !is_secret {
        json!([])
    } else if state == State::Helm {
        json!([
            entry("konnect", &json!({"f:data": {"f:token": {}}})),
            entry("helm", &json!({"f:metadata": {"f:labels": {"f:konghq.com/credential": {}}}}))
        ])
    } else {
        json!([entry("konnect", &ours)])
    };
    let resource: &ResourceType = object.resource;
    Read::Present(live.with_owners(resource, Owners::parse(&managed, resource)))
}

fn entry(manager: &str, fields: &Value) -> Value {
    json!({"manager": manager, "operation": "Apply", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields})
}

/// A fleet of these.
pub fn fleet(specs: Vec<FleetSpec>) -> Arc<Fleet> {
    Arc::new(Fleet { specs, warnings: Vec::new() })
}

/// One of each kind.
pub fn of_each_kind() -> Arc<Fleet> {
    let mut specs = vec![
        spec("envs/dev.toml", "dev-eks", State::Same),
        spec("envs/test.toml", "dev-eks", State::NotCompared),
        spec("envs/prod.toml", "prod-eks", State::New),
        spec("envs/stage.toml", "stage", State::Differs),
        spec("envs/helm.toml", "stage", State::Helm),
        spec("envs/forbidden.toml", "prod-eks", State::Forbidden),
        spec("envs/no-token.toml", "prod-eks", State::NoToken),
        spec("envs/wrong.toml", "prod-eks", State::Wrong),
        spec("envs/gone.toml", "gone", State::Dead),
        spec("envs/last.toml", "字字字", State::Same),
    ];
    specs[0].warnings.push(Warning { code: "pat_file_readable".into(), message: "others can read the token's file".into() });
    specs[7].context = None;
    let warnings = vec![Warning { code: "same_token".into(), message: "$A and $B hold the same token".into() }];
    Arc::new(Fleet { specs, warnings })
}

/// The changes that are written.
pub fn written(spec: &FleetSpec) -> Vec<&Change> {
    spec.plan().into_iter().flat_map(|plan| &plan.changes).filter(|change| change.is_written()).collect()
}

/// A report in which each write of this spec ended so.
pub fn report(spec: &FleetSpec, end: impl Fn(usize, &Change) -> WriteResult) -> Report {
    let results = written(spec).into_iter().enumerate().map(|(i, change)| (change.clone(), end(i, change)));
    Report { results: results.collect() }
}

/// Everything was written.
pub fn done(_: usize, change: &Change) -> WriteResult {
    if change.observed.is_some() { WriteResult::Updated } else { WriteResult::Created }
}

/// One spec for each way in which one can end, with how it ended.
pub fn of_each_ending() -> (Arc<Fleet>, Vec<Ending>) {
    let fleet = fleet(vec![
        spec("envs/dev.toml", "dev-eks", State::Same),
        spec("envs/prod.toml", "prod-eks", State::New),
        spec("envs/stage.toml", "stage", State::Differs),
        spec("envs/partial.toml", "stage", State::New),
        spec("envs/stale.toml", "stage", State::New),
        spec("envs/helm.toml", "stage", State::Helm),
        spec("envs/gone.toml", "gone", State::Dead),
        spec("envs/later.toml", "stage", State::New),
        spec("envs/late.toml", "stage", State::New),
    ]);
    let unconfirmed = Failure::new(FailureCode::Unconfirmed, "it differs again").hint("plan again");
    let partial = |i: usize, change: &Change| match i {
        0 => WriteResult::WrittenForAnother { spec: "envs/prod.toml".into() },
        1 => done(i, change),
        _ => WriteResult::Unknown(Failure::new(FailureCode::Connection, "the answer was lost").hint("plan again")),
    };
    let stale = |i: usize, _: &Change| match i {
        0 => WriteResult::Stale(Failure::new(FailureCode::Stale, "it moved")),
        _ => WriteResult::Skipped(SkipReason::Interrupted),
    };
    let gone = fleet.specs[6].failures().remove(0);
    let applied = |report, confirmed| Ending::Applied { report, confirmed };
    let endings = vec![
        Ending::Nothing,
        applied(report(&fleet.specs[1], done), Some(Ok(()))),
        applied(report(&fleet.specs[2], done), Some(Err(unconfirmed))),
        applied(report(&fleet.specs[3], partial), None),
        applied(report(&fleet.specs[4], stale), None),
        Ending::Refused(Failure::new(FailureCode::Blocked, "it is blocked")),
        Ending::Refused(gone),
        Ending::NotBegun(NotBegun::StageBefore(2)),
        Ending::NotBegun(NotBegun::Interrupted),
    ];
    (fleet, endings)
}
