//! The table of many specs: one row each where the terminal has room, else two, else words. No number is ever broken.

use super::super::super::wrap::columns;
use super::super::super::{Door, Paint};
use super::super::Line;
use crate::fleet::{Row, SpecResult};
use crate::outside::{Outside, Text};
use crate::plan::Summary;
use crate::text;

/// The headings of names, numbers and the result.
const NAMES: [&str; 2] = ["Environment", "Cluster"];
const NUMBERS: [&str; 5] = ["Add", "Change", "Destroy", "Blocked", "Unknown"];
const RESULT: &str = "Result";
/// Between two columns.
const GAP: &str = "  ";
/// Pads names up to here where nothing limits a line, so that one very long path does not push every number off the screen.
const WIDEST: usize = 60;

/// How wide each column is.
struct Widths {
    names: [usize; 2],
    numbers: [usize; 5],
    result: usize,
}

/// The table, for a terminal of this width, or for a file or a pipe.
#[must_use]
pub fn table(rows: &[Row<'_>], door: &Door, width: Option<usize>, paint: Paint) -> Vec<Line> {
    let widths = Widths::of(rows, door);
    match width {
        Some(width) if widths.of_numbers() > width => rows.iter().flat_map(|row| in_words(row, paint)).collect(),
        Some(width) if widths.of_names() + GAP.len() + widths.of_numbers() > width => widths.on_two_lines(rows, paint),
        _ => widths.on_one_line(rows, door, paint),
    }
}

impl Widths {
    fn of(rows: &[Row<'_>], door: &Door) -> Self {
        let mut widths = Self { names: NAMES.map(str::len), numbers: NUMBERS.map(str::len), result: RESULT.len() };
        for row in rows {
            for (widest, name) in widths.names.iter_mut().zip(names(row)) {
                *widest = (*widest).max(shown(&name, door));
            }
            for (widest, number) in widths.numbers.iter_mut().zip(numbers(row)) {
                *widest = (*widest).max(digits(number));
            }
            widths.result = widths.result.max(row.result.words().len());
        }
        widths
    }

    fn of_names(&self) -> usize {
        self.names.iter().sum::<usize>() + GAP.len()
    }

    fn of_numbers(&self) -> usize {
        self.numbers.iter().sum::<usize>() + NUMBERS.len() * GAP.len() + self.result
    }

    fn on_one_line(&self, rows: &[Row<'_>], door: &Door, paint: Paint) -> Vec<Line> {
        let padded = |name: &Text, width: usize| {
            text!("{}{}", name, Text::repeat(" ", width.min(WIDEST).saturating_sub(shown(name, door))))
        };
        let line = |names: [Text; 2], rest: Text| {
            let [environment, cluster] = names;
            Line::plain(text!("{}  {}  {}", padded(&environment, self.names[0]), padded(&cluster, self.names[1]), rest))
        };
        let head = line(NAMES.map(Text::from), self.heads());
        std::iter::once(bold(head, paint)).chain(rows.iter().map(|row| line(names(row), self.numbers_of(row, paint)))).collect()
    }

    fn on_two_lines(&self, rows: &[Row<'_>], paint: Paint) -> Vec<Line> {
        let lines = |names: [Text; 2], rest: Text| {
            let [environment, cluster] = names;
            [Line::plain(text!("{}  {}", environment, cluster)).under(GAP), Line::plain(rest)]
        };
        let head = lines(NAMES.map(Text::from), self.heads()).map(|line| bold(line, paint));
        let rows = rows.iter().flat_map(|row| lines(names(row), self.numbers_of(row, paint)));
        head.into_iter().chain(rows).collect()
    }

    fn heads(&self) -> Text {
        let heads = NUMBERS.iter().zip(self.numbers).map(|(head, width)| right(head, head.len(), width));
        text!("{}  {}", Text::join(heads, GAP), RESULT)
    }

    fn numbers_of(&self, row: &Row<'_>, paint: Paint) -> Text {
        let number = |(number, width)| match number {
            Some(count) => right(count, digits(number), width),
            None => right("-", 1, width),
        };
        text!("{}  {}", Text::join(numbers(row).into_iter().zip(self.numbers).map(number), GAP), result(row.result, paint))
    }
}

/// Where there is no room for columns.
fn in_words(row: &Row<'_>, paint: Paint) -> [Line; 2] {
    let [environment, cluster] = names(row);
    let number = |(number, head): (Option<usize>, &'static str)| number.map(|number| text!("{} {}", head, number));
    let numbers = numbers(row).into_iter().zip(NUMBERS).filter_map(number);
    let said = Text::join(numbers.chain(std::iter::once(result(row.result, paint))), ", ");
    [Line::plain(text!("{}  {}", environment, cluster)).under(GAP), Line::plain(text!("  {}", said)).under("    ")]
}

fn names(row: &Row<'_>) -> [Text; 2] {
    [row.path.into(), row.context.map_or_else(|| "-".into(), |context: &Outside| context.into())]
}

fn numbers(row: &Row<'_>) -> [Option<usize>; 5] {
    match row.summary {
        None => [None; 5],
        Some(Summary { add, change, destroy, unchanged: _, blocked, unknown }) => {
            [add, change, destroy, blocked, unknown].map(Some)
        }
    }
}

fn result(result: SpecResult, paint: Paint) -> Text {
    let words = result.words();
    match result {
        SpecResult::NoChanges => words.into(),
        SpecResult::Applied => paint.green(words),
        SpecResult::Pending | SpecResult::NotBegun | SpecResult::Interrupted | SpecResult::NotConfirmed => paint.yellow(words),
        SpecResult::Failed
        | SpecResult::Unknown
        | SpecResult::Blocked
        | SpecResult::Refused
        | SpecResult::Stale
        | SpecResult::Partial => paint.red(words),
    }
}

fn bold(line: Line, paint: Paint) -> Line {
    Line { text: paint.bold(&line.text), ..line }
}

/// How many columns it takes once it is masked and escaped.
fn shown(text: &Text, door: &Door) -> usize {
    columns(&door.line(text))
}

fn digits(number: Option<usize>) -> usize {
    number.map_or(1, |number| number.checked_ilog10().unwrap_or_default() as usize + 1)
}

/// At the right of its column.
fn right(what: impl crate::outside::Part, takes: usize, width: usize) -> Text {
    text!("{}{}", Text::repeat(" ", width.saturating_sub(takes)), what)
}
