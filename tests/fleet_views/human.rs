//! For people: what they see of many specs, byte for byte.

use konnect::fleet::{Fleet, Row, SpecResult};
use konnect::outcome::{Failure, FailureCode, Outcome};
use konnect::outside::Outside;
use konnect::plan::Summary;
use konnect::view::terminal::{self, Line};
use konnect::view::{CheckError, CheckedSpec, Door, Event, Format, Output, Paint, Style};
use testkit::golden;

use crate::made::{self, State, fleet, spec};
use crate::run::{Shown, applied};

/// Both streams, held against a file.
#[track_caller]
fn expect(name: &str, (stdout, stderr): &(String, String)) {
    let path = testkit::root().join(format!("tests/fleet_views/{name}.txt"));
    let compare = if golden::blessing() { golden::bless } else { golden::file };
    compare(&path, &format!("{stdout}--- stderr ---\n{stderr}")).unwrap_or_else(|why| panic!("{why}"));
}

fn planned(fleet: &std::sync::Arc<Fleet>, style: Style) -> (String, String) {
    let shown = Shown::with(Format::Human, Output::Plan, style);
    shown.emit(Event::Fleet(fleet));
    shown.end(Outcome::Done)
}

#[test]
fn one_of_each_kind() {
    expect("plan", &planned(&made::of_each_kind(), Style::default()));
    expect("plan-quiet", &planned(&made::of_each_kind(), Style { quiet: true, ..Style::default() }));
}

#[test]
fn what_closes_a_plan() {
    let closing = |states: &[State]| {
        let specs = states.iter().enumerate().map(|(i, state)| spec(&format!("e{i}.toml"), "c", *state));
        let (stdout, _) = planned(&fleet(specs.collect()), Style::default());
        stdout.lines().last().expect("a line").to_owned()
    };
    use State::*;
    let rows: [(&[State], &str); 9] = [
        (&[Same], "No changes. 1 environment matches its spec."),
        (&[Same; 3], "No changes. 3 environments match their specs."),
        (&[Same, NotCompared], "No changes in 2 of 2 environments, but 1 token was not compared."),
        (&[Same, Dead, Wrong], "No changes in 1 of 3 environments. 2 failed."),
        (&[Dead], "No environment could be planned. 1 failed."),
        (&[Same, Helm], "No changes in 1 of 2 environments. 1 blocked."),
        (&[New, Same], "Plan: 3 to add, 0 to change, 0 to destroy, in 1 of 2 environments."),
        (&[New, Differs, Helm, Dead], "Plan: 3 to add, 1 to change, 0 to destroy, in 2 of 4 environments. 1 failed, 1 blocked."),
        (&[Forbidden, NoToken], "Plan: 3 to add, 0 to change, 0 to destroy, in 1 of 2 environments. 1 unknown, 1 refused."),
    ];
    for (states, expected) in rows {
        assert_eq!(closing(states), expected, "{states:?}");
    }
}

/// What two specs want alike is one object.
#[test]
fn what_is_shared_counts_once() {
    let specs = ["a.toml", "b.toml"].map(|path| made::spec_of(path, "c", "kong", State::New));
    let (stdout, _) = planned(&fleet(specs.into()), Style::default());
    let last = stdout.lines().last().expect("a line");
    assert_eq!(last, "Plan: 3 to add, 0 to change, 0 to destroy, in 2 of 2 environments.");
}

#[test]
fn an_apply() {
    let (fleet, endings) = made::of_each_ending();
    let orders: [&[usize]; 3] = [&[0, 1, 2, 3, 4, 5, 6, 7, 8], &[8, 7, 6, 5, 4, 3, 2, 1, 0], &[3, 1, 4, 2]];
    let told = orders.map(|order| applied(Shown::new(Format::Human, Output::Apply), &fleet, &endings, order));
    assert!(told.iter().all(|one| *one == told[0]), "whatever ends first, what is said is the same");
    expect("apply", &told[0]);
    let style = Style { quiet: true, ..Style::default() };
    let quiet = applied(Shown::with(Format::Human, Output::Apply, style), &fleet, &endings, orders[0]);
    expect("apply-quiet", &quiet);
}

#[test]
fn an_apply_that_went_well_and_one_of_nothing() {
    let specs = vec![spec("a.toml", "c", State::New), spec("b.toml", "c", State::Differs)];
    let fleet = fleet(specs);
    let end = |spec| konnect::fleet::Ending::Applied { report: made::report(spec, made::done), confirmed: Some(Ok(())) };
    let endings: Vec<_> = fleet.specs.iter().map(end).collect();
    let (stdout, stderr) = applied(Shown::new(Format::Human, Output::Apply), &fleet, &endings, &[0, 1]);
    assert_eq!(stderr, "");
    assert!(stdout.contains("\nApply to 2 environments in 1 cluster? Only 'yes' will be accepted: "), "{stdout}");
    let last = stdout.lines().last().expect("a line");
    assert_eq!(last, "Apply complete! Resources: 3 added, 1 changed, 0 destroyed, in 2 environments.");

    let same = made::fleet(vec![spec("a.toml", "c", State::Same)]);
    let shown = Shown::new(Format::Human, Output::Apply);
    shown.emit(Event::Fleet(&same));
    shown.emit(Event::SpecEnded { spec: &same.specs[0], ending: &konnect::fleet::Ending::Nothing });
    shown.emit(Event::FleetEnded { fleet: &same, endings: &[konnect::fleet::Ending::Nothing] });
    let (stdout, _) = shown.end(Outcome::Done);
    assert_eq!(stdout, planned(&same, Style::default()).0, "the plan has said it all");
}

#[test]
fn a_validation() {
    let wrong = || match spec("envs/wrong.toml", "c", State::Wrong).state {
        konnect::fleet::SpecState::Wrong(errors) => errors,
        _ => panic!("it is wrong"),
    };
    let token = Failure::new(FailureCode::TokenInTheOpen, "the token stands in the spec").hint("remove it");
    let checked = [
        CheckedSpec { path: "base.toml".into(), result: Ok(true) },
        CheckedSpec { path: "envs/dev.toml".into(), result: Ok(false) },
        CheckedSpec { path: "envs/open.toml".into(), result: Err(CheckError::Failed(token)) },
        CheckedSpec { path: "envs/wrong.toml".into(), result: Err(CheckError::Spec(wrong())) },
    ];
    let shown = Shown::new(Format::Human, Output::Validation);
    shown.emit(Event::ValidFleet { checked: &checked });
    expect("validate", &shown.end(Outcome::Failed));
}

fn row<'a>(path: &'a Outside, context: &'a Outside, add: usize, result: SpecResult) -> Row<'a> {
    Row { path, context: Some(context), summary: Some(Summary { add, ..Summary::default() }), result }
}

fn drawn(lines: &[Line], door: &Door) -> Vec<String> {
    lines.iter().map(|line| door.line(&line.text)).collect()
}

/// However narrow the terminal is, and whatever the names hold: numbers stand under their headings, or beside their names.
#[test]
fn a_table_fits_its_terminal() {
    let names =
        ["a.toml", "envs/字字字字.toml", "envs/\u{202e}turned.toml", "envs/emea/production/gateways/a-rather-long-name.toml"];
    let names = names.map(Outside::new);
    let rows: Vec<Row<'_>> = names
        .iter()
        .enumerate()
        .map(|(i, name)| row(name, name, 10_usize.pow(u32::try_from(i * 3).expect("few")), SpecResult::Pending))
        .collect();
    let (door, paint) = (Door::default(), Paint { color: false });
    let shown = |width: Option<usize>| drawn(&terminal::fleet::table(&rows, &door, width, paint), &door);
    let ends = |line: &String, with: &str| line.ends_with(with);
    for width in [None, Some(200)] {
        let lines = shown(width);
        assert_eq!(lines.len(), 1 + rows.len(), "{lines:#?}");
        let result = textwrap::core::display_width(lines[0].strip_suffix("Result").expect("the last column"));
        for line in &lines[1..] {
            let before = line.strip_suffix("to apply").expect("the result");
            assert_eq!(textwrap::core::display_width(before), result, "{lines:#?}");
        }
    }
    for width in [80, 100] {
        let lines = shown(Some(width));
        assert_eq!(lines.len(), 2 * (1 + rows.len()), "a row of names and one of numbers: {lines:#?}");
        assert!(lines.iter().skip(1).step_by(2).all(|line| line.len() <= width), "{lines:#?}");
        assert!(ends(&lines[9], "1000000000       0        0        0        0  to apply"), "{lines:#?}");
    }
    let lines = shown(Some(40));
    assert_eq!(lines[1], "  Add 1, Change 0, Destroy 0, Blocked 0, Unknown 0, to apply");
    let coloured = drawn(&terminal::fleet::table(&rows, &door, Some(200), Paint { color: true }), &door);
    let widths = |lines: &[String]| lines.iter().map(|line| textwrap::core::display_width(line)).collect::<Vec<_>>();
    assert_eq!(widths(&coloured), widths(&shown(Some(200))), "colours take no columns");
}
