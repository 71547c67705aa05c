//! Many plans as one comment: a title with the counts, a table of all of them, what is in the way, and the changed ones to unfold. The title
//! and the table are there however short the comment must be; what is left out is counted.

use std::fmt::Write as _;

use super::super::Door;
use super::super::gathered::Gathered;
use super::super::terminal::fleet as said;
use super::prose::{Place, code, html, prose};
use super::{errors, first, fold, marker, tail};
use crate::fleet::{Fleet, FleetSpec, Row, SpecResult};
use crate::outcome::Failure;
use crate::plan::{Summary, Warning};
use crate::text;

const TABLE: &str =
    "| environment | cluster | add | change | destroy | blocked | unknown | result |\n|---|---|--:|--:|--:|--:|--:|---|\n";
/// Room for what counts all that is left out below the table.
const COUNTS: usize = 512;
/// Room for the line that counts what is left out.
const MORE: usize = 80;

/// The whole comment, of at most so many bytes.
pub(super) fn comment(about: &Gathered, fleet: &Fleet, most: usize, door: &Door) -> String {
    let mut text = format!("{}\n{}\n\n", marker::marker(about, door), title(about, fleet, door));
    text.push_str(&errors(&about.failures, most / 4, door));
    let tail = tail(about, most / 8, door);
    let room = |text: &str| most.saturating_sub(text.len() + tail.len());
    let rest = room(&text).saturating_sub(COUNTS);
    text.push_str(&table(fleet, rest, door));
    let in_the_way = in_the_way(fleet, room(&text) / 2, door);
    text.push_str(&in_the_way);
    let rest = room(&text);
    text.push_str(&folds(fleet, rest, door));
    text.push_str(&tail);
    text
}

fn title(about: &Gathered, fleet: &Fleet, door: &Door) -> String {
    format!("### konnect plan {}\n\n{}", code(about.spec(), door, Place::Line), prose(said::closing(fleet), door, Place::Line))
}

/// A row for each, what is to be looked at first; as many as fit.
fn table(fleet: &Fleet, most: usize, door: &Door) -> String {
    let mut rows = fleet.rows();
    // What is as wanted comes last; else they stay in their order.
    rows.sort_by_key(|row| row.result == SpecResult::NoChanges);
    let rows: Vec<String> = rows.iter().map(|row| drawn(row, door)).collect();
    let whole: usize = rows.iter().map(String::len).sum();
    let room = most.saturating_sub(TABLE.len() + 1);
    let room = if whole <= room { room } else { room.saturating_sub(MORE) };
    let mut text = String::from(TABLE);
    let mut used = 0;
    let shown = rows.iter().take_while(|row| {
        used += row.len();
        used <= room
    });
    let shown: Vec<&str> = shown.map(String::as_str).collect();
    text.push_str(&shown.concat());
    if shown.len() < rows.len() {
        let _ = writeln!(text, "| … {} more not shown | | | | | | | |", rows.len() - shown.len());
    }
    text.push('\n');
    text
}

fn drawn(row: &Row<'_>, door: &Door) -> String {
    let Row { path, context, summary, result } = row;
    let cell = |text| code(text, door, Place::Cell);
    let context = context.map_or_else(|| "–".to_owned(), cell);
    let counts = match summary {
        None => "– | – | – | – | –".to_owned(),
        Some(Summary { add, change, destroy, unchanged: _, blocked, unknown }) => {
            format!("{add} | {change} | {destroy} | {blocked} | {unknown}")
        }
    };
    format!("| {} | {context} | {counts} | {}{} |\n", cell(path), sign(*result), result.words())
}

const fn sign(result: SpecResult) -> &'static str {
    match result {
        SpecResult::NoChanges | SpecResult::Applied => "",
        SpecResult::Pending => "✏️ ",
        SpecResult::Blocked | SpecResult::Refused => "⛔ ",
        SpecResult::Unknown | SpecResult::NotConfirmed => "❔ ",
        _ => "❌ ",
    }
}

/// What failed and what is blocked, and the warnings, each with its environment; the first of them.
fn in_the_way(fleet: &Fleet, most: usize, door: &Door) -> String {
    let of_spec = |spec: &FleetSpec, text: String| format!("{}: {text}", code(&spec.path, door, Place::Line));
    let failure = |Failure { what, hint, .. }: Failure| {
        let hint = hint.map(|hint| format!("\n>\n> Hint: {}", prose(hint, door, Place::Line))).unwrap_or_default();
        format!("{}{hint}", prose(what, door, Place::Line))
    };
    let failures = fleet.specs.iter().flat_map(|spec| spec.failures().into_iter().map(move |of| (spec, of)));
    let failures = failures.map(|(spec, of)| format!("> **Error:** {}\n\n", of_spec(spec, failure(of))));
    let refused = fleet.specs.iter().filter_map(|spec| Some((spec, spec.plan()?.refused_because()?)));
    let refused =
        refused.map(|(spec, why)| format!("> **Apply will refuse** {}\n\n", of_spec(spec, prose(why, door, Place::Line))));
    let warnings = fleet.specs.iter().flat_map(|spec| {
        let of_plan = spec.plan().into_iter().flat_map(|plan| &plan.warnings);
        spec.warnings.iter().chain(of_plan).map(move |warning| (spec, warning))
    });
    let warning = |(spec, Warning { code: _, message }): (&FleetSpec, &Warning)| {
        format!("> **Warning:** {}\n\n", of_spec(spec, prose(message, door, Place::Line)))
    };
    let of_run = fleet.warnings.iter().map(|of| format!("> **Warning:** {}\n\n", prose(&of.message, door, Place::Line)));
    let warnings = of_run.chain(warnings.map(warning));
    let each = (most / 3).saturating_sub(MORE);
    first(failures, each, "errors") + &first(refused, each, "refused") + &first(warnings, each, "warnings")
}

/// The plans of those that are not as wanted, each to be unfolded; as many as fit, and how many do not.
fn folds(fleet: &Fleet, most: usize, door: &Door) -> String {
    let plans: Vec<(&FleetSpec, String)> = fleet
        .specs
        .iter()
        .filter(|spec| spec.plan().is_some() && spec.result() != SpecResult::NoChanges)
        .map(|spec| (spec, fold_title(spec, door)))
        .collect();
    let mut text = String::new();
    for (at, (spec, title)) in plans.iter().enumerate() {
        let Some(plan) = spec.plan() else { continue };
        let room = most.saturating_sub(text.len() + MORE);
        match fold::fold(plan, title, room, door) {
            Some(fold) => text.push_str(&fold),
            None => {
                if most.saturating_sub(text.len()) >= MORE {
                    let _ = writeln!(text, "… the plans of {} more environments not shown\n", plans.len() - at);
                }
                break;
            }
        }
    }
    text
}

fn fold_title(spec: &FleetSpec, door: &Door) -> String {
    html(text!("{}: {}", said::name(&spec.path, spec.context.as_ref()), said::phrase(spec)), door)
}
