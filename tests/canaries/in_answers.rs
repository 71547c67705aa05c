//! Canaries in what the server says: every field of every object, Status and review, every header, in every order of the answers.

use super::case::{CanaryCase, flavour_of, whole};
use super::commands::COMMANDS;
use super::findings::long;
use super::form::Form;
use super::met::Planted;
use super::order;
use super::positions::{self, planted};
use super::response::ScriptedResponse;
use super::secret::{Canary, Flavour, KINDS};
use super::server::{ApiRequest, FIRST_ROUND, OBJECTS, Script, ScriptedObject};
use super::state::{ClusterState, script};
use super::statuses;
use testkit::Rng;

/// An answer, and how many of the kinds of canaries each of its positions gets in the short run.
struct PlantingGround {
    state: ClusterState,
    call: ApiRequest,
    kinds: usize,
}

fn targets() -> Vec<PlantingGround> {
    let of = |state, call, kinds| PlantingGround { state, call, kinds };
    let mut targets: Vec<PlantingGround> =
        OBJECTS.iter().map(|object| of(ClusterState::Differs, ApiRequest::Get(*object), KINDS.len())).collect();
    targets
        .extend([ApiRequest::Uid, ApiRequest::WhoAmI, ApiRequest::MayI].map(|call| of(ClusterState::Differs, call, KINDS.len())));
    for object in OBJECTS {
        targets.push(of(ClusterState::Blocked, ApiRequest::Get(object), 1));
        targets.push(of(ClusterState::Same, ApiRequest::Get(object), 1));
        targets.push(of(ClusterState::Differs, ApiRequest::Dry(object), 2));
        targets.push(of(ClusterState::Nothing, ApiRequest::Write(object), 1));
        targets.push(of(ClusterState::Differs, ApiRequest::Again(object), 1));
    }
    targets.push(of(ClusterState::Fixed, ApiRequest::Get(ScriptedObject::Secret), 2));
    targets.push(of(ClusterState::Nothing, ApiRequest::Get(ScriptedObject::Secret), KINDS.len()));
    targets
}

/// Less where the same stands in every object and is never shown, and for the keys of a map: those of its neighbours get the other kinds.
fn kinds_at(position: &positions::Position, most: usize) -> usize {
    let dull = ["ownerReferences", "finalizers", "generateName", "selfLink", "creationTimestamp"];
    match position.path.get(1) {
        Some(step) if dull.contains(&step.as_str()) => most.min(3),
        _ if position.is_key => most.min(4),
        _ => most,
    }
}

/// The command of the `turn`-th run about a call: one that makes it.
fn command_for(call: ApiRequest, turn: usize) -> &'static [&'static str] {
    let writes = matches!(call, ApiRequest::Write(_) | ApiRequest::Again(_) | ApiRequest::MayI);
    let able: Vec<_> = COMMANDS.iter().filter(|command| !writes || command.contains(&"--auto-approve")).collect();
    able[turn % able.len()]
}

/// Every position of every object and review.
pub fn objects() -> Vec<CanaryCase> {
    let orders = order::all(&[
        ApiRequest::Get(ScriptedObject::Namespace),
        ApiRequest::Get(ScriptedObject::ServiceAccount),
        ApiRequest::Get(ScriptedObject::Secret),
    ]);
    let (mut cases, mut rng, mut turn) = (Vec::new(), Rng::new(10), 0);
    for target in targets() {
        let tree = script(target.state, Flavour::Bare).table[&target.call].body.clone();
        for (i, position) in positions::all(&tree).into_iter().enumerate() {
            let kinds = kinds_at(&position, target.kinds);
            let count = if long() { KINDS.len() * COMMANDS.len() } else { kinds };
            for n in 0..count {
                // Another choice of the kinds at the next position.
                let canary = KINDS[(n + if kinds < KINDS.len() { i * kinds } else { 0 }) % KINDS.len()];
                let base = script(target.state, flavour_of(canary));
                let answer = &base.table[&target.call];
                let form = Form::any(&mut rng);
                let text = form.write(canary.text(), &mut rng);
                let body = planted(&answer.body, &position, &text, rng.one_in(4));
                let answer = ScriptedResponse { body, ..answer.clone() };
                let order = orders[(i + n) % orders.len()].clone();
                let script = Script { instead: [(target.call, answer)].into(), order, ..base };
                let place = format!("{:?} of {:?} {}", target.call, target.state, position.name());
                let command = command_for(target.call, turn);
                cases.push(CanaryCase::new(place, command, script, Planted { canary, form }));
                turn += 1;
            }
            turn += 1;
        }
    }
    cases
}

/// Every position of every Status, and its headers, at every kind of call.
pub fn refusals() -> Vec<CanaryCase> {
    let calls = [
        ApiRequest::Get(ScriptedObject::Secret),
        ApiRequest::Get(ScriptedObject::ServiceAccount),
        ApiRequest::Dry(ScriptedObject::Secret),
        ApiRequest::Write(ScriptedObject::Secret),
        ApiRequest::Get(ScriptedObject::Namespace),
        ApiRequest::Dry(ScriptedObject::Namespace),
        ApiRequest::Write(ScriptedObject::ServiceAccount),
        ApiRequest::Uid,
        ApiRequest::WhoAmI,
        ApiRequest::MayI,
    ];
    let (mut cases, mut rng, mut turn) = (Vec::new(), Rng::new(11), 0);
    for (name, refusal) in statuses::all() {
        for (i, place) in places(&refusal).into_iter().enumerate() {
            let all = calls.len() * KINDS.len();
            let several = match &place {
                _ if long() => all,
                // What is shown of it most.
                ResponsePart::Body(position) if position.path == ["message"] && !position.is_key => all / 2,
                ResponsePart::Body(position) if position.is_key => 2,
                ResponsePart::Header(name) if *name != "warning" => 2,
                _ => KINDS.len(),
            };
            for n in 0..several {
                // Forty turns meet every second pair of the two; the next forty meet the others.
                let call = calls[(i * 3 + n + n / 40) % calls.len()];
                let canary = KINDS[(i + n) % KINDS.len()];
                let form = Form::any(&mut rng);
                let answer = place.plant(&refusal, &form.write(canary.text(), &mut rng));
                let state = if turn % 4 == 0 { ClusterState::Nothing } else { ClusterState::Differs };
                let script = Script { instead: [(call, answer)].into(), ..script(state, flavour_of(canary)) };
                let place = format!("{name} {}", place.name());
                let mut case = CanaryCase::new(place, command_for(call, turn), script, Planted { canary, form });
                if refusal.code >= 502 {
                    // It is asked again, until the time is out.
                    case.args.extend(["--timeout".to_owned(), "300ms".to_owned()]);
                }
                cases.push(case);
                turn += 1;
            }
        }
    }
    cases
}

/// Where something can be planted in an answer.
enum ResponsePart {
    Body(positions::Position),
    Text,
    Header(&'static str),
    Phrase,
}

fn places(answer: &ScriptedResponse) -> Vec<ResponsePart> {
    let mut places = vec![ResponsePart::Phrase];
    places.extend(HEADERS.map(ResponsePart::Header));
    match &answer.body {
        serde_json::Value::String(_) => places.push(ResponsePart::Text),
        body => places.extend(positions::all(body).into_iter().map(ResponsePart::Body)),
    }
    places
}

const HEADERS: [&str; 8] = [
    "warning",
    "content-type",
    "retry-after",
    "location",
    "audit-id",
    "www-authenticate",
    "server",
    "x-kubernetes-pf-flowschema-uid",
];

impl ResponsePart {
    fn name(&self) -> String {
        match self {
            Self::Body(position) => position.name(),
            Self::Text => "the text".to_owned(),
            Self::Header(name) => format!("the header {name}"),
            Self::Phrase => "the status line".to_owned(),
        }
    }

    fn plant(&self, answer: &ScriptedResponse, text: &str) -> ScriptedResponse {
        let mut answer = answer.clone();
        match self {
            Self::Body(position) => answer.body = planted(&answer.body, position, text, false),
            Self::Text => answer.body = format!("{}: {text}", answer.body.as_str().unwrap_or_default()).into(),
            Self::Header("warning") => answer = answer.header("warning", &format!("299 - \"{}\"", text.replace('"', "\\\""))),
            Self::Header(name) => answer = answer.header(name, text),
            Self::Phrase => answer.phrase = text.chars().filter(|c| !c.is_control()).collect(),
        }
        answer
    }
}

/// The headers of what succeeds.
pub fn headers() -> Vec<CanaryCase> {
    let calls = [
        ApiRequest::Dry(ScriptedObject::Secret),
        ApiRequest::Get(ScriptedObject::Secret),
        ApiRequest::Write(ScriptedObject::Secret),
        ApiRequest::Dry(ScriptedObject::ServiceAccount),
        ApiRequest::Get(ScriptedObject::Namespace),
        ApiRequest::Write(ScriptedObject::Namespace),
        ApiRequest::Uid,
        ApiRequest::WhoAmI,
    ];
    let (mut cases, mut rng) = (Vec::new(), Rng::new(12));
    for (i, header) in HEADERS.into_iter().enumerate() {
        for (n, canary) in KINDS.into_iter().enumerate() {
            let several = if header == "warning" || long() { calls.len() } else { 2 };
            for k in 0..several {
                let call = calls[(k + n) % calls.len()];
                let base = script(ClusterState::Differs, flavour_of(canary));
                let form = Form::any(&mut rng);
                let answer = ResponsePart::Header(header).plant(&base.table[&call], &form.write(canary.text(), &mut rng));
                let script = Script { instead: [(call, answer)].into(), ..base };
                cases.push(CanaryCase::new(
                    format!("{call:?}, the header {header}"),
                    command_for(call, i + n + k),
                    script,
                    Planted { canary, form },
                ));
            }
        }
    }
    cases
}

/// The live and the wanted token at many places at once, in all 120 orders of the first round.
pub fn orders() -> Vec<CanaryCase> {
    let mut cases = Vec::new();
    for (i, order) in order::all(&FIRST_ROUND).into_iter().enumerate() {
        for (n, flavour) in [Flavour::Bare, Flavour::Odd].into_iter().enumerate() {
            for k in 0..if long() { COMMANDS.len() } else { 1 } {
                let (old, new) = (Canary::old(flavour), Canary::new(flavour));
                let state = if (i + n) % 2 == 0 { ClusterState::Differs } else { ClusterState::Blocked };
                let base = script(state, flavour);
                let mut instead = std::collections::BTreeMap::new();
                for call in FIRST_ROUND {
                    let mut answer = base.table[&call].clone();
                    for pointer in EVERYWHERE {
                        if let Some(value) = answer.body.pointer_mut(pointer) {
                            *value = format!("{} {}", old.text(), new.text()).into();
                        }
                    }
                    instead.insert(call, answer);
                }
                let script = Script { instead, order: order.clone(), ..base };
                let mut case = CanaryCase::new(
                    format!("everywhere, the tokens {flavour:?}"),
                    COMMANDS[(i + k) % COMMANDS.len()],
                    script,
                    whole(old),
                );
                case.planted.push(whole(new));
                cases.push(case);
            }
        }
    }
    cases
}

const EVERYWHERE: [&str; 10] = [
    "/metadata/labels/team",
    "/metadata/labels/app",
    "/metadata/labels/environment",
    "/metadata/annotations/example.com~1about",
    "/metadata/annotations/eks.amazonaws.com~1role-arn",
    "/metadata/annotations/example.com~1owner",
    "/metadata/managedFields/0/manager",
    "/metadata/managedFields/1/manager",
    "/metadata/uid",
    "/status/userInfo/username",
];
