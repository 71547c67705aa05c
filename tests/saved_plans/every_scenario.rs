//! The plan of each scenario, saved: read back it is the plan that was made, and its apply does all of it.

use serde_json::{Value, json};
use testkit::scenario;

use super::forged::sealed;
use super::world::{PLAN_FILE, Run, World};

const SAVE: &[&str] = &["plan", "--out", PLAN_FILE, "--format", "json"];
const SHOW: &[&str] = &["show", PLAN_FILE, "--format", "json"];
const APPLY: &[&str] = &["apply", PLAN_FILE, "--format", "json"];

fn of_spec(run: &Run) -> Value {
    let mut document: Value = run.stdout.parse().expect("JSON");
    document["specs"][0].take()
}

/// What the document of `plan` and that of `show` have in common.
fn told(run: &Run) -> Value {
    let document = of_spec(run);
    json!([document["changes"], document["warnings"], document["summary"]])
}

#[test]
fn what_is_read_back_is_what_was_made() {
    let mut saved = 0;
    for scenario in scenario::all() {
        let (world, name) = (World::new(&scenario), scenario.name());
        let made = world.plain(SAVE);
        let is_blocked = of_spec(&made)["summary"]["blocked"] != 0;
        let code = if is_blocked { 3 } else { i32::from(!world.token) };
        assert_eq!(made.code, code, "{name}: {}{}", made.stdout, made.stderr);
        assert_eq!(world.plan_file().exists(), code == 0, "{name}");
        if code != 0 {
            continue;
        }
        saved += 1;
        let shown = world.plain(SHOW);
        assert_eq!(shown.code, 0, "{name}: {}", shown.stderr);
        assert_eq!(told(&shown), told(&made), "{name}");
        let summary = &of_spec(&made)["summary"];
        let pending = summary["add"] != 0 || summary["change"] != 0;
        for written in [pending, false] {
            let run = world.plain(APPLY);
            assert_eq!((run.code, !run.written.is_empty()), (0, written), "{name}: {}{}", run.stdout, run.stderr);
        }
    }
    assert!(saved > 10, "only {saved} plans were saved");
}

/// A saved plan whose document somebody changes, and what `show` makes of that.
struct Forger {
    world: World,
    good: Value,
}

impl Forger {
    fn new(scenario: &str) -> Self {
        let world = World::new(&scenario::all().into_iter().find(|of| of.name() == scenario).expect("the scenario"));
        assert_eq!(world.plain(SAVE).code, 0);
        let text = std::fs::read_to_string(world.plan_file()).expect("the plan");
        Self { world, good: text.parse().expect("JSON") }
    }

    fn shown(&self, change: impl FnOnce(&mut Value)) -> Run {
        let mut document = self.good.clone();
        change(&mut document);
        assert_ne!(document, self.good, "it changes nothing");
        std::fs::write(self.world.plan_file(), sealed(document).0).expect("written");
        self.world.plain(SHOW)
    }
}

#[test]
fn an_object_that_stays_behind_is_told_once_and_by_its_name() {
    let forger = Forger::new("renamed-secret");
    assert_eq!(forger.good["specs"][0]["leftovers"], json!([{"group": "", "resource": "secrets", "name": "old-pat"}]));
    let named = |name: &str| json!({"group": "", "resource": "secrets", "name": name});
    let shown = forger.shown(|document| document["specs"][0]["leftovers"] = json!([named("older-pat")]));
    assert!(shown.code == 0 && shown.stdout.contains("renamed-secret/older-pat was written by konnect"), "{}", shown.stdout);
    let twice = forger.shown(|document| document["specs"][0]["leftovers"] = json!([named("old-pat"), named("old-pat")]));
    assert!(twice.code == 4 && twice.stdout.contains("an object that there can't be"), "{}", twice.stdout);
}

#[test]
fn an_object_that_is_being_deleted_is_blocked() {
    let forger = Forger::new("workshop");
    let shown = forger.shown(|document| {
        document["specs"][0]["objects"][2]["observed"]["terminating"] = json!(true);
        // Nothing is asked of the server about what is blocked.
        document["specs"][0]["objects"][2]["dry_run"] = json!(null);
    });
    let blocked = &of_spec(&shown)["changes"][2];
    assert_eq!((shown.code, &blocked["action"]), (0, &json!("blocked")), "{}{}", shown.stdout, shown.stderr);
}
