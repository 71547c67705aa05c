//! Each part of a file of many specs changed in several ways, its digest made to fit: it is refused, or apply writes exactly what the file
//! says, with the tokens that it names, or nothing. What an object consists of is changed in files of one spec.

use std::collections::BTreeMap;

use konnect::outside::Outside;
use konnect::saved_plan::SavedPlan;
use serde_json::{Value, json};
use testkit::extent::extent;
use testkit::skipped;
use testkit::users::write_private;

use super::super::every_part::{others, part, places};
use super::super::forged::sealed;
use super::super::world::{PLAN_FILE, World};

/// Every so-many-th place is in the slice of the quick run.
const SLICE: usize = 5;
/// How far down a document's parts are changed.
const DEPTH: usize = 5;

/// The tokens, and how a Secret holds them.
const TOKENS: [(&str, &str, &str); 2] = [
    ("one", "kpat_everyPartOneAAAABBBB1234", "a3BhdF9ldmVyeVBhcnRPbmVBQUFBQkJCQjEyMzQ="),
    ("two", "kpat_everyPartTwoCCCCDDDD5678", "a3BhdF9ldmVyeVBhcnRUd29DQ0NDRERERDU2Nzg="),
];
const SPECS: [(&str, &str); 3] = [("a", "one"), ("b", "one"), ("c", "two")];

/// Three specs, and in the cluster a Secret of the second that holds another token.
fn begin() -> World {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, token) in SPECS {
        let names = format!("namespace = \"{name}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\n");
        std::fs::write(folder.path().join(format!("{name}.toml")), format!("{names}pat_file = \"pat-{token}\"\n"))
            .expect("written");
    }
    for (name, token, _) in TOKENS {
        write_private(&folder.path().join(format!("pat-{name}")), token);
    }
    let specs = folder.path().to_owned();
    let world = World::empty(folder, specs);
    let secret = json!({"metadata": {"name": "konnect-pat"}, "data": {"token": "a3BhdF9ldmVyeVBhcnRMaXZlR0dHR0hISEgzNDU2"}});
    for (path, object) in [("", json!({"metadata": {"name": "b"}})), ("/b/secrets", secret)] {
        let (code, answer) =
            world.send("POST", &format!("/api/v1/namespaces{path}?fieldManager=kubectl-create"), object.to_string());
        assert_eq!(code, 201, "{answer}");
    }
    let saved = world.plain(&["plan", "--out", PLAN_FILE]);
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    world
}

/// All that is there.
fn state(world: &World) -> BTreeMap<String, Value> {
    SPECS.into_iter().flat_map(|(name, _)| world.state_of(name)).collect()
}

/// What the file says: the objects that are written, and of the Secrets among them which token.
fn announced(world: &World) -> BTreeMap<String, Option<&'static str>> {
    let (saved, _) = SavedPlan::open(&Outside::from(world.plan_file().as_path())).expect("a plan");
    let of_spec = |spec: &konnect::saved_plan::SavedSpec| {
        let source = spec.plan.token_source.plain();
        let token = TOKENS.iter().find(|(name, ..)| source.contains(&format!("pat-{name}"))).map(|(.., kept)| *kept);
        let written = spec.plan.changes.iter().filter(|change| change.is_written());
        let of = written.map(|change| (change.wanted.object.title().plain(), token.filter(|_| change.wanted.holds_token())));
        of.collect::<Vec<_>>()
    };
    saved.specs.iter().flat_map(of_spec).collect()
}

#[test]
fn whatever_is_changed_all_of_it_is_written_as_the_file_says_or_nothing() {
    let mut world = begin();
    let document: Value = std::fs::read_to_string(world.plan_file()).expect("the plan").parse().expect("JSON");
    let mut all = Vec::new();
    places(&document, &mut Vec::new(), &mut all);
    all.retain(|place| place.first().is_none_or(|first| first != "digest") && place.len() <= DEPTH);
    let (mut refused, mut stopped, mut applied) = (0, 0, 0);
    for place in &extent().slice(all, SLICE) {
        for other in others(part(&mut document.clone(), place)) {
            // Fresh ones differ in their times, salts and uids.
            let text = std::fs::read_to_string(world.plan_file()).expect("the plan");
            let mut forged: Value = text.parse().expect("JSON");
            *part(&mut forged, place) = other.clone();
            if !forged.is_object() {
                continue;
            }
            std::fs::write(world.plan_file(), sealed(forged).0).expect("written");
            let (shown, before) = (world.plain(&["show", PLAN_FILE]), state(&world));
            let run = world.plain(&["apply", PLAN_FILE]);
            let what = || format!("{} = {other}\n{} {}\n{} {}", place.join("/"), shown.code, shown.stderr, run.code, run.stderr);
            match shown.code {
                0 => assert!(matches!(run.code, 0 | 1 | 3 | 4), "{}", what()),
                code => assert!(matches!((code, run.code), (4, 4) | (1, 1)), "{}", what()),
            }
            let after = state(&world);
            if run.written.is_empty() {
                assert_eq!(after, before, "{}", what());
                *(if shown.code == 0 { &mut stopped } else { &mut refused }) += 1;
                std::fs::write(world.plan_file(), &text).expect("written");
                continue;
            }
            applied += 1;
            let announced = announced(&world);
            let mut written = run.written.clone();
            written.sort();
            assert_eq!(written, announced.keys().cloned().collect::<Vec<_>>(), "{}", what());
            for (title, token) in announced.into_iter().filter_map(|(title, token)| Some((title, token?))) {
                assert_eq!(after[&title]["data"]["token"], token, "{title}: {}", what());
            }
            world = begin();
        }
    }
    assert!(refused > 0 && stopped > 0 && applied > 0, "{refused} {stopped} {applied}");
    skipped::say(&format!("{refused} forged fleets refused, {stopped} stopped by what they are held against, {applied} true"));
}
