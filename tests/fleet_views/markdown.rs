//! One comment for many specs: never longer than it may be, and true about what it leaves out.

use std::sync::Arc;

use konnect::cluster::Notice;
use konnect::fleet::{Fleet, FleetSpec, SpecResult, SpecState};
use konnect::outcome::{Failure, FailureCode, Outcome};
use konnect::outside::Outside;
use konnect::text;
use konnect::view::{Event, Format, Limit, Output, Style};
use testkit::{Rng, golden};

use crate::made::{self, State, fleet, spec};
use crate::run::Shown;

fn comment(fleet: &Arc<Fleet>, bytes: usize) -> String {
    let limit = Limit::of(bytes).expect("a limit");
    let shown = Shown::with(Format::Markdown, Output::Plan, Style { limit, ..Style::default() });
    shown.emit(Event::Fleet(fleet));
    shown.end(Outcome::Done).0
}

#[test]
fn one_of_each_kind() {
    let path = testkit::root().join("tests/fleet_views/plan.md");
    let compare = if golden::blessing() { golden::bless } else { golden::file };
    compare(&path, &comment(&made::of_each_kind(), 65_536)).unwrap_or_else(|why| panic!("{why}"));
}

/// Which of their contexts are known depends on what is broken: a bot must find its comment all the same.
#[test]
fn the_marker_is_of_no_context() {
    let marker = |contexts: &[&str]| {
        let shown = Shown::new(Format::Markdown, Output::Plan);
        contexts.iter().for_each(|context| shown.emit(Event::Notice(Notice::Context((*context).into()))));
        shown.emit(Event::Fleet(&made::of_each_kind()));
        shown.end(Outcome::Done).0.lines().next().map(str::to_owned)
    };
    for contexts in [&[][..], &["dev-eks"], &["dev-eks", "prod-eks"], &["prod-eks", "dev-eks"]] {
        assert_eq!(marker(contexts).as_deref(), Some("<!-- konnect plan envs -->"), "{contexts:?}");
    }
}

/// Of how many environments the table and the line below it tell, and how many plans are there and said to be missing.
fn told(comment: &str) -> (usize, usize) {
    let number = |line: &str| line.split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap_or_default();
    let rows = comment.lines().filter(|line| line.starts_with("| `") || line.starts_with("| ``")).count();
    let more = comment.lines().find(|line| line.starts_with("| … ")).map_or(0, number);
    let folds = comment.matches("<details><summary>").count();
    let missing = comment.lines().find(|line| line.starts_with("… the plans of ")).map_or(0, number);
    (rows + more, folds + missing)
}

#[test]
fn every_limit_holds_whatever_the_fleet_says() {
    let mut rng = Rng::new(11);
    let pieces = ["`", "|", "</summary>", "<!--", "@kong", "\n", "](x)", "é", "字", "a", "/", "-->"];
    let states =
        [State::Same, State::New, State::Differs, State::Helm, State::Dead, State::Wrong, State::Forbidden, State::NoToken];
    for (round, (_, limit)) in Limit::NAMED.iter().chain(&[("least", Limit::LEAST)]).enumerate() {
        for specs in [1, 7, 120, 2_500] {
            let mut made: Vec<FleetSpec> = (0..specs.min(400))
                .map(|i| {
                    let name: String = (0..rng.below(6)).map(|_| rng.choose(&pieces)).collect();
                    let state = states[rng.index(states.len())];
                    spec(&format!("envs/{round}-{i}{name}.toml"), &format!("c{name}"), state)
                })
                .collect();
            made.extend((400..specs).map(|i| failed(&format!("envs/{i}.toml"), &pieces.concat().repeat(9))));
            let fleet = fleet(made);
            let comment = comment(&fleet, *limit);
            assert!(comment.len() <= *limit, "{} of {limit} for {specs}", comment.len());
            let changed =
                fleet.specs.iter().filter(|spec| spec.plan().is_some() && spec.result() != SpecResult::NoChanges).count();
            assert_eq!(
                told(&comment),
                (specs, changed),
                "{specs} in {limit}:\n{}",
                &comment[..comment.floor_char_boundary(3000)]
            );
            assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
        }
    }
}

fn failed(path: &str, said: &str) -> FleetSpec {
    let failure = Failure::new(FailureCode::Connection, text!("it said {}", Outside::new(said)));
    FleetSpec { path: path.into(), context: None, stage: None, warnings: Vec::new(), state: SpecState::Failed(failure) }
}
