//! Saved plans without a cluster: what the file holds, what it refuses and in which order, on the sandbox.
//!
//! * [`forged`]: files that somebody changed, with a digest that fits.
//! * [`every_part`]: each part of a file changed, in several ways.
//! * [`every_scenario`]: the plan of each scenario, read back and applied.
//! * [`elsewhere`]: plans that are applied in another folder, with another kubeconfig, or with a token from standard input.
//! * [`fleet`]: plans of many specs.
//! * [`meanwhile`]: what happened to the cluster between a plan and its apply.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "saved_plans/elsewhere.rs"]
mod elsewhere;
#[path = "saved_plans/every_part.rs"]
mod every_part;
#[path = "saved_plans/every_scenario.rs"]
mod every_scenario;
#[path = "saved_plans/fleet.rs"]
mod fleet;
#[path = "saved_plans/forged.rs"]
mod forged;
#[path = "saved_plans/meanwhile.rs"]
mod meanwhile;
#[path = "faults/world.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod world;

use jiff::{SignedDuration, Timestamp};
use testkit::{Konnect, Ran};

const TOKEN: &str = "kpat_savedPlanTokenAAAABBBB1234";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";

struct Desk(Konnect);

impl Desk {
    fn new() -> Self {
        Self(testkit::konnect!().spec(SPEC).env("PAT", TOKEN))
    }

    /// The same with another line for the ServiceAccount.
    fn with(service_account: &str) -> Self {
        Self(testkit::konnect!().spec(&SPEC.replace("service_account = \"podid\"", service_account)).env("PAT", TOKEN))
    }

    fn run(&mut self, args: &[&str]) -> Ran {
        let konnect = std::mem::replace(&mut self.0, testkit::konnect!());
        self.0 = konnect.args(args);
        self.0.run()
    }

    fn path(&self) -> String {
        self.0.folder().join("p").display().to_string()
    }

    /// A saved plan, and its digest.
    fn planned(&mut self) -> String {
        let ran = self.run(&["plan", "--sandbox=s", "--out", "p"]);
        ran.assert_code(0);
        let digest = ran.stdout.split("sha256:").nth(1).expect("a digest").split(')').next().expect("its end");
        format!("sha256:{digest}")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("the plan")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).expect("written");
    }

    #[track_caller]
    fn refused(&mut self, args: &[&str], code: i32, words: &[&str]) {
        let args: Vec<&str> = ["apply", "p", "--sandbox=s"].into_iter().chain(args.iter().copied()).collect();
        let ran = self.run(&args);
        ran.assert_code(code);
        for word in words {
            assert!(ran.stderr.contains(word), "{word:?} in\n{}", ran.stderr);
        }
    }
}

#[test]
fn a_plan_is_private_canonical_and_holds_no_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut desk = Desk::new();
    let digest = desk.planned();
    let mode = std::fs::metadata(desk.path()).expect("the plan").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let (first, other) = (desk.text(), desk.planned());
    assert_ne!(digest, other, "another time, another salt");
    let plain = |text: &str| -> Vec<String> {
        let moving = ["read_at", "expires", "salt", "fingerprint", "digest"];
        let kept = text.lines().filter(|line| !moving.iter().any(|key| line.trim_start().starts_with(&format!("\"{key}\""))));
        kept.map(str::to_owned).collect()
    };
    assert_eq!(plain(&first), plain(&desk.text()), "the same but for time and salt");
    let value: serde_json::Value = first.parse().expect("JSON");
    assert_eq!(format!("{value:#}\n"), first, "sorted keys");
    let shown = desk.run(&["show", "p"]);
    shown.assert_code(0);
    assert!(shown.stdout.contains("Plan: 3 to add") && shown.stdout.contains(&other), "{}", shown.stdout);
    desk.run(&["show", "p", "--detailed-exitcode"]).assert_code(2);
    assert_eq!(desk.run(&["show", "p", "--format", "json"]).stdout.lines().next(), Some("{"));
    let left: Vec<_> =
        std::fs::read_dir(desk.0.folder()).expect("the folder").map(|e| e.expect("an entry").file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".konnect")), "nothing is left aside: {left:?}");
}

#[test]
fn without_a_token_nothing_is_saved() {
    let ran = testkit::konnect!().spec(SPEC).args(["plan", "--sandbox=s", "--out", "p"]).run();
    ran.assert_code(1);
    assert!(ran.stderr.contains("bound to the token"), "{}", ran.stderr);
    let desk = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).args(["plan", "--sandbox=s", "--out", "none/p"]);
    let ran = desk.run();
    ran.assert_code(1);
    let there = ["can't save the plan to none/p", "make the folder first"].iter().all(|words| ran.stderr.contains(words));
    assert!(there, "{}", ran.stderr);
    // stdout as an ordinary file, as behind `>`: the link to it must not be replaced either.
    let konnect =
        testkit::konnect!().spec(SPEC).env("PAT", TOKEN).file("ordinary", "").args(["plan", "--sandbox=s", "--out", "out"]);
    std::os::unix::fs::symlink("ordinary", konnect.folder().join("out")).expect("a link");
    konnect.run().assert_code(1);
    assert!(konnect.folder().join("out").is_symlink(), "the link was replaced");
    // Nor is a file that is something else, such as the spec, replaced; an empty one and another plan are.
    let konnect = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).file("empty", "");
    for (place, code) in [("konnect.toml", 1), ("empty", 0), ("empty", 0)] {
        let (ended, said) = konnect.command_with(&["plan", "--sandbox=s", "--out", place]);
        assert_eq!(ended, code, "{place}: {said}");
    }
    assert_eq!(std::fs::read_to_string(konnect.folder().join("konnect.toml")).expect("the spec"), SPEC);
    for place in [".", "/dev/stdout", "/dev/null"] {
        let ran = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).args(["plan", "--sandbox=s", "--out", place]).run();
        ran.assert_code(1);
        assert!(ran.stderr.contains("is not a file"), "{}", ran.stderr);
    }
}

#[test]
fn applied_once_then_nothing_is_left() {
    let mut desk = Desk::new();
    let digest = desk.planned();
    let ran = desk.run(&["apply", "p", "--sandbox=s", "--expect", &digest]);
    ran.assert_code(0);
    assert!(ran.stdout.contains("Resources: 3 added"), "{}", ran.stdout);
    for _ in 0..2 {
        let ran = desk.run(&["apply", "p", "--sandbox=s"]);
        ran.assert_code(0);
        assert!(ran.stdout.contains("Nothing left to do"), "{}", ran.stdout);
    }
    std::fs::remove_file(desk.0.folder().join("konnect.toml")).expect("the spec is not needed");
    desk.run(&["apply", "p", "--sandbox=s"]).assert_code(0);
}

#[test]
fn what_was_changed_or_is_no_plan_is_refused() {
    let mut desk = Desk::new();
    let digest = desk.planned();
    let good = desk.text();
    let other = format!("sha256:{}", "0".repeat(64));
    desk.refused(&["--expect", &other], 4, &["--expect says", &digest]);
    for (from, to) in [("\"podid\"", "\"other\""), ("\"kong\"", "\"evil\""), ("  \"format\"", "   \"format\""), ("}\n", "}\n\n")]
    {
        desk.write(&good.replacen(from, to, 1));
        desk.refused(&[], 4, &["was changed after it was saved"]);
        desk.run(&["show", "p"]).assert_code(4);
    }
    desk.write(&good.replace("\"format\": 5", "\"format\": 0"));
    desk.refused(&[], 4, &["has format 0"]);
    let version = format!("\"konnect_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    desk.write(&good.replace(&version, "\"konnect_version\": \"0.0.1\""));
    desk.refused(&[], 4, &["made by konnect 0.0.1"]);
    for none in ["", "{}", "not JSON", SPEC, "[1]"] {
        desk.write(none);
        desk.refused(&[], 1, &["is not a saved plan"]);
    }
    desk.write(&good[..good.len() / 2]);
    desk.refused(&[], 1, &["is a saved plan that ends in the middle"]);
    std::fs::remove_file(desk.path()).expect("there");
    desk.refused(&[], 1, &["can't be read"]);
    let sandbox = desk.run(&["plan", "--sandbox=s", "--detailed-exitcode"]);
    sandbox.assert_code(2);
}

/// The file with its times moved, saved anew: as a machine with another clock would have made it.
fn moved(desk: &Desk, by: SignedDuration) {
    forged::forge(desk, |document| {
        for time in ["/expires", "/specs/0/read_at"] {
            let time = document.pointer_mut(time).expect("a time");
            let was: Timestamp = time.as_str().expect("a time").parse().expect("a time");
            *time = was.checked_add(by).expect("in range").to_string().into();
        }
    });
}

#[test]
fn times_and_clocks() {
    let mut desk = Desk::new();
    desk.planned();
    moved(&desk, SignedDuration::from_hours(-24));
    let document: serde_json::Value = desk.text().parse().expect("JSON");
    let expired: Timestamp = document["expires"].as_str().expect("a time").parse().expect("a time");
    desk.refused(&[], 4, &[&format!("the plan expired at {}; by", expired.strftime("%Y-%m-%dT%H:%M:%SZ"))]);
    let shown = desk.run(&["show", "p"]);
    shown.assert_code(0);
    assert!(shown.stderr.contains("apply would refuse it"), "{}", shown.stderr);
    assert!(shown.stdout.contains("apply will refuse: the plan expired at"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("konnect will perform") && !shown.stdout.contains("konnect apply"), "{}", shown.stdout);
    let document: serde_json::Value = desk.run(&["show", "p", "--format", "json"]).stdout.parse().expect("JSON");
    assert_eq!(document["specs"][0]["applyable"], false);
    desk.planned();
    moved(&desk, SignedDuration::from_hours(48));
    desk.refused(&[], 4, &["by this machine's clock it is", "correct this machine's clock"]);
    desk.planned();
    moved(&desk, SignedDuration::from_hours(1));
    let ran = desk.run(&["apply", "p", "--sandbox=s"]);
    ran.assert_code(0);
    assert!(ran.stderr.contains("the clocks differ"), "{}", ran.stderr);
}

#[test]
fn another_cluster_comes_before_another_token() {
    let mut desk = Desk::new();
    desk.planned();
    let konnect = std::mem::replace(&mut desk.0, testkit::konnect!());
    desk.0 = konnect.env("PAT", "kpat_anotherTokenCCCCDDDD5678");
    let ran = desk.run(&["apply", "p", "--sandbox=other"]);
    ran.assert_code(4);
    assert!(ran.stderr.contains("is not the cluster the plan was made for"), "{}", ran.stderr);
    desk.refused(&[], 4, &["is not the one the plan was made with"]);
    let ran = desk.run(&["apply", "p", "--sandbox=s", "--format", "json"]);
    ran.assert_code(4);
    assert!(ran.stdout.contains("\"code\":\"other_token\"") && ran.stdout.contains("\"exit_code\":4"), "{}", ran.stdout);
}

#[test]
fn a_text_that_gives_the_token_away_is_not_saved() {
    let part = &TOKEN[5..17];
    let mut desk = Desk::with(&format!("service_account = {{ name = \"podid\", annotations = {{ note = \"{part}\" }} }}"));
    let ran = desk.run(&["plan", "--sandbox=s", "--out", "p", "--format", "json"]);
    ran.assert_code(1);
    let document: serde_json::Value = ran.stdout.parse().expect("JSON");
    assert_eq!(document["specs"][0]["errors"][0]["code"], "secret_in_plan", "{}", ran.stdout);
    assert!(!std::path::Path::new(&desk.path()).exists() && !ran.stdout.contains(part), "{}", ran.stdout);
}

#[test]
fn a_token_that_can_be_guessed_leaves_no_fingerprint() {
    let weak = "kpat_staging-password-1234";
    let mut desk = Desk(testkit::konnect!().spec(SPEC).env("PAT", weak));
    let ran = desk.run(&["plan", "--sandbox=s", "--out", "p"]);
    ran.assert_code(0);
    assert!(ran.stderr.contains("too easily guessed"), "{}", ran.stderr);
    assert!(desk.text().contains("\"fingerprint\": null"));
    // Another one that can't be guessed would have left one: it is another.
    let konnect = std::mem::replace(&mut desk.0, testkit::konnect!());
    desk.0 = konnect.env("PAT", TOKEN);
    desk.refused(&[], 4, &["is not the one the plan was made with"]);
    let konnect = std::mem::replace(&mut desk.0, testkit::konnect!());
    desk.0 = konnect.env("PAT", weak);
    desk.run(&["apply", "p", "--sandbox=s"]).assert_code(0);
    // Nor does the live token: then only an unmoved resourceVersion says that it is the same.
    let konnect = std::mem::replace(&mut desk.0, testkit::konnect!());
    desk.0 = konnect.env("PAT", TOKEN);
    desk.planned();
    let text = desk.text();
    assert!(text.contains("\"verdict\": \"different\"") && text.matches("\"fingerprint\": null").count() == 1, "{text}");
}
