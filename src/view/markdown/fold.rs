//! The plan as people see it on a terminal, in a block that has to be unfolded, coloured as a difference.

use std::fmt::Write as _;

use super::super::terminal::{self, Line, Sign};
use super::super::{Door, Paint};
use crate::plan::Plan;

/// The longest line.
const MAX_LINE: usize = 1_000;

/// The plan's lines below this title, which is HTML: as many as fit into so many bytes. `None` where not even a line of it would.
pub(super) fn fold(plan: &Plan, title: &str, most: usize, door: &Door) -> Option<String> {
    let lines = terminal::lines(plan, Paint { color: false });
    let lines: Vec<String> = lines.iter().map(|line| diff_line(line, door)).collect();
    // A fence longer than any run of backticks inside can't be closed from inside.
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let mut text = format!("<details><summary>{title}</summary>\n\n{fence}diff\n");
    let end = format!("{fence}\n\n</details>\n\n");
    let room = most.checked_sub(text.len() + end.len() + "… 1000000 more lines not shown\n".len())?;
    let mut used = 0;
    let shown = lines.iter().take_while(|line| {
        used += line.len() + 1;
        used <= room
    });
    let shown: Vec<&str> = shown.map(String::as_str).collect();
    for line in &shown {
        let _ = writeln!(text, "{line}");
    }
    if shown.len() < lines.len() {
        let _ = writeln!(text, "… {} more lines not shown", lines.len() - shown.len());
    }
    text.push_str(&end);
    Some(text)
}

/// The line with what it means in its first column, where GitHub's colours look for it: `+`, `-`, and `!` for all else that changes.
fn diff_line(line: &Line, door: &Door) -> String {
    let first = match line.sign {
        Sign::Add => '+',
        Sign::Remove => '-',
        Sign::Change => '!',
        Sign::None => ' ',
    };
    cut(&format!("{first}{}", door.line(&line.text)), MAX_LINE)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_counted() {
        assert_eq!(cut("abcdef", 4), "abcd… (2 more characters)");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
