//! `docs/jq.md`: each line is run on what konnect prints, and must print what stands under it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "jq/filter.rs"]
mod filter;
#[path = "faults/world.rs"]
#[expect(dead_code, reason = "shared with the tests of faults")]
mod world;

use kube_sandbox::faults::{Canned, Injection, RequestKey};
use testkit::scenario::{self, Scenario};
use testkit::{Konnect, golden};
use world::{PLAN_FILE, World};

/// The questions shall not get fewer unnoticed.
const AT_LEAST: usize = 20;

const WRONG: &str = "namespace = \"kong\"\nservice_acount = \"podid\"\nsecret = \"konnect-pat\"\n";

/// Where a line of the page is run.
enum Setting {
    /// A scenario's state.
    Scenario(Box<World>),
    /// The same, where the server fails at such a write.
    Failing(Box<World>, &'static str),
    /// A spec with errors.
    Wrong(Konnect),
}

impl Setting {
    fn named(name: &str) -> Self {
        let scenario = |name: &str| -> Scenario {
            scenario::all().into_iter().find(|of| of.name() == name).unwrap_or_else(|| panic!("there is no world {name}"))
        };
        match name {
            "the first write fails" => Self::Failing(Box::new(World::new(&scenario("from-nothing"))), "PATCH namespaces"),
            "a later write fails" => Self::Failing(Box::new(World::new(&scenario("from-nothing"))), "PATCH serviceaccounts"),
            "a wrong spec" => Self::Wrong(testkit::konnect!().spec(WRONG)),
            name => Self::Scenario(Box::new(World::new(&scenario(name)))),
        }
    }

    /// What konnect prints there.
    fn stdout(&self, command: &str) -> String {
        let words = command.split(' ').map(|word| if word == "prod.plan" { PLAN_FILE } else { word });
        let words: Vec<&str> = words.collect();
        match self {
            Self::Scenario(world) => world.plain(&words).stdout,
            Self::Failing(world, at) => {
                let at = *at;
                let refused = Canned { code: 500, content_type: "text/plain", retry_after: None, body: "no".to_owned() };
                let decide = move |call: &RequestKey| {
                    if call.what == at { Injection::Instead(refused.clone()) } else { Injection::None }
                };
                world.run(&words, decide).stdout
            }
            Self::Wrong(konnect) => konnect.run_with(&words).stdout,
        }
    }
}

/// What differs from run to run.
fn steady(printed: &str) -> String {
    let steady = |line: &str| -> String {
        let words = line.split(' ').map(|word| match word {
            digest if digest.starts_with("sha256:") && digest.len() == 71 => "sha256:…",
            time if time.parse::<jiff::Timestamp>().is_ok() => "2026-11-25T05:17:00Z",
            word => word,
        });
        words.collect::<Vec<_>>().join(" ").replace("in memory", "prod-eks")
    };
    printed.lines().map(|line| steady(line) + "\n").collect()
}

/// `konnect … | jq [-er] '…'`, taken apart.
fn taken_apart(line: &str) -> (&str, bool, &str) {
    let (konnect, jq) = line.split_once(" | jq ").unwrap_or_else(|| panic!("no pipe into jq: {line}"));
    let command = konnect.strip_prefix("konnect ").expect("a konnect command");
    let (flags, filter) = jq.strip_prefix('-').map_or(("", jq), |rest| rest.split_once(' ').expect("a filter"));
    assert!(flags.chars().all(|flag| matches!(flag, 'r' | 'e')), "unknown flags -{flags}");
    let filter = filter.strip_prefix('\'').and_then(|filter| filter.strip_suffix('\'')).expect("a filter in quotes");
    assert!(!filter.contains('\''), "the shell would end it there: {filter}");
    (command, flags.contains('r'), filter)
}

#[test]
fn each_line_prints_what_stands_under_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/jq.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (mut found, mut questions, mut setting) = (String::new(), 0, None);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        found.push_str(line);
        found.push('\n');
        if let Some(name) = line.strip_prefix("<!-- world: ").and_then(|rest| rest.strip_suffix(" -->")) {
            setting = Some(Setting::named(name));
        }
        if line == "```sh" {
            let typed = lines.next().expect("a line to type");
            let (command, raw, filter) = taken_apart(typed);
            assert_eq!((lines.next(), lines.next()), (Some("```"), Some("```text")), "what it prints follows: {typed}");
            let printed = steady(&filter::run(filter, &setting.as_ref().expect("a world").stdout(command), raw));
            assert!(!printed.trim().is_empty(), "nothing comes of {typed}");
            found.push_str(&format!("{typed}\n```\n```text\n{printed}```\n"));
            questions += 1;
            while lines.next().expect("the end of what it prints") != "```" {}
        }
    }
    assert!(questions >= AT_LEAST, "{questions} questions");
    let compare = if golden::blessing() { golden::bless } else { golden::file };
    compare(&path, &found).unwrap_or_else(|why| panic!("{why}"));
}

/// The README and the page on pipelines lead here.
#[test]
fn the_page_is_found() {
    for document in ["README.md", "docs/ci.md"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(document));
        assert!(text.expect("a document").contains("jq.md"), "{document}");
    }
}
