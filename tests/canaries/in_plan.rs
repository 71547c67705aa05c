//! Canaries in the file of a saved plan, with the digest made right again and without; and in what would get into one.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::case::{CanaryCase, flavour_of};
use super::commands::COMMANDS;
use super::findings::long;
use super::form::Form;
use super::met::Planted;
use super::positions::{self, planted};
use super::response::ScriptedResponse;
use super::secret::{Canary, Flavour, KINDS, Whose};
use super::server::{ApiRequest, Script, ScriptedObject, ScriptedServer};
use super::state::{ClusterState, script};
use testkit::Rng;

const USES: [&[&str]; 7] = [
    &["show", "a.plan"],
    &["apply", "a.plan"],
    &["show", "a.plan", "--format", "json"],
    &["apply", "a.plan", "--format", "json", "-v"],
    &["show", "a.plan", "--format", "markdown"],
    &["apply", "a.plan", "-vv"],
    &["show", "a.plan", "-vv", "--color", "always"],
];

/// A plan that konnect itself saved.
fn saved(flavour: Flavour) -> Value {
    let server = ScriptedServer::start();
    let case = CanaryCase::new(
        String::new(),
        &["plan", "--out", "a.plan"],
        script(ClusterState::Differs, flavour),
        Planted { canary: Canary::new(flavour), form: Form::Whole },
    );
    let konnect = case.prepared(&server);
    konnect.run().assert_code(0);
    let text = std::fs::read_to_string(konnect.folder().join("a.plan")).expect("the plan");
    text.parse().expect("JSON")
}

/// Every position of the file.
pub fn positions() -> Vec<CanaryCase> {
    let (mut cases, mut rng, mut turn) = (Vec::new(), Rng::new(60), 0);
    let plans = [Flavour::Prefixed, Flavour::Bare, Flavour::Odd].map(saved);
    for (i, position) in positions::all(&plans[0]).into_iter().enumerate() {
        let kinds = if position.is_key { 3 } else { KINDS.len() };
        for n in 0..if long() { KINDS.len() * USES.len() } else { kinds } {
            let canary = KINDS[(n + n / KINDS.len() + if position.is_key { i * 3 } else { 0 }) % KINDS.len()];
            let form = Form::any(&mut rng);
            let text = form.write(canary.text(), &mut rng);
            let original = &plans[flavour_of(canary) as usize];
            // A token that is easily guessed leaves no fingerprint.
            let found = position.path.iter().try_fold(original, |tree, step| at(tree, step));
            if found.is_none_or(|value| !position.is_key && !value.is_string()) {
                continue;
            }
            let mut plan = planted(original, &position, &text, rng.one_in(4));
            let resealed = position.path[0] != "digest" && !rng.one_in(5);
            if resealed {
                seal(&mut plan);
            }
            let place = format!("plan file {}", position.name());
            let mut case = CanaryCase::new(
                place,
                USES[turn % USES.len()],
                script(ClusterState::Differs, flavour_of(canary)),
                Planted { canary, form },
            );
            if plan.pointer("/tokens/0/source") != original.pointer("/tokens/0/source") {
                case.facts.wanted = None;
            }
            case.inputs.remove("konnect.toml");
            case.inputs.insert("a.plan".to_owned(), canonical(&plan));
            cases.push(case);
            turn += 1;
        }
        turn += 1;
    }
    cases
}

fn at<'t>(tree: &'t Value, step: &str) -> Option<&'t Value> {
    tree.get(step).or_else(|| tree.get(step.parse::<usize>().ok()?))
}

fn seal(plan: &mut Value) {
    plan.as_object_mut().expect("an object").remove("digest");
    let digest: String = Sha256::digest(canonical(plan)).iter().map(|byte| format!("{byte:02x}")).collect();
    plan["digest"] = json!(format!("sha256:{digest}"));
}

fn canonical(document: &Value) -> String {
    format!("{:#}\n", sorted(document))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}

/// The plan's own name, where it is one.
pub fn names() -> Vec<CanaryCase> {
    let (mut cases, mut rng) = (Vec::new(), Rng::new(61));
    for canary in KINDS {
        let plan = canonical(&saved(flavour_of(canary)));
        for words in USES {
            let form = Form::any(&mut rng);
            let name = form.write(canary.text(), &mut rng);
            let args: Vec<&str> = words.iter().map(|word| if *word == "a.plan" { name.as_str() } else { word }).collect();
            let mut case = CanaryCase::new(
                "the name of a plan file".to_owned(),
                &args,
                script(ClusterState::Differs, flavour_of(canary)),
                Planted { canary, form },
            );
            case.inputs.insert(name.clone(), plan.clone());
            cases.push(case);
        }
    }
    cases
}

/// What a plan file would have to hold, so that none is written.
pub fn what_would_be_saved() -> Vec<CanaryCase> {
    let places = [
        (ApiRequest::Get(ScriptedObject::Secret), "/metadata/annotations/example.com~1owner"),
        (ApiRequest::Get(ScriptedObject::Secret), "/metadata/labels/environment"),
        (ApiRequest::Get(ScriptedObject::ServiceAccount), "/metadata/annotations/eks.amazonaws.com~1role-arn"),
        (ApiRequest::Get(ScriptedObject::Namespace), "/metadata/labels/team"),
        (ApiRequest::Get(ScriptedObject::Secret), "/metadata/managedFields/0/manager"),
        (ApiRequest::WhoAmI, "/status/userInfo/username"),
        (ApiRequest::Uid, "/metadata/uid"),
    ];
    let (mut cases, mut rng) = (Vec::new(), Rng::new(62));
    for (call, pointer) in places {
        for canary in KINDS {
            for command in COMMANDS.iter().filter(|command| command.contains(&"--out")) {
                let form = if canary.whose == Whose::New { Form::Whole } else { Form::any(&mut rng) };
                let base = script(ClusterState::Differs, flavour_of(canary));
                let mut answer: ScriptedResponse = base.table[&call].clone();
                *answer.body.pointer_mut(pointer).expect("it is there") = form.write(canary.text(), &mut rng).into();
                let script = Script { instead: [(call, answer)].into(), ..base };
                let mut case =
                    CanaryCase::new(format!("to be saved: {call:?} {pointer}"), command, script, Planted { canary, form });
                case.no_plan = true;
                cases.push(case);
            }
        }
    }
    cases
}
