//! A spec's errors for people, drawn as rustc draws them: path, line, column, the line underlined.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::wrap::{columns, wrap};
use super::{Cleared, Door, Paint};
use crate::spec::{Excerpt, SpecErrors};

/// Each error with the line it stands in, and how many there are; for a terminal of this width, if it is one.
#[must_use]
pub fn render(errors: &SpecErrors, color: bool, width: Option<usize>, door: &Door) -> Cleared {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    // Beside the rows of a message stands what their first one begins with.
    let fitting = |said: String, beginning: usize| match width {
        Some(width) => wrap(&said, 0, width.saturating_sub(beginning)),
        None => said,
    };
    let mut text = String::new();
    let paint = Paint { color };
    for error in errors.shown(|text| door.secrets().find(text)) {
        let path = door.line(error.path);
        let Some((line, column)) = error.place else {
            // What concerns the whole file is said as every tool says it: `konnect.toml: no such file`.
            let said = fitting(format!("{path}: {}", door.line(error.message)), "error: ".len());
            text.push_str(&format!("{} {said}\n", door.line(paint.red("error:"))));
            if let Some(hint) = error.hint {
                let said = fitting(door.line(hint), "  hint: ".len()).replace('\n', "\n        ");
                text.push_str(&format!("  {} {said}\n", door.line(paint.bold("hint:"))));
            }
            text.push('\n');
            continue;
        };
        let title = fitting(door.line(error.message), "error: ".len());
        let mut group = Level::ERROR.primary_title(title.as_str()).elements(Vec::<Origin<'_>>::new());
        let excerpt = error.excerpt.map(|excerpt| match width {
            Some(width) => narrowed(excerpt, width),
            None => excerpt,
        });
        let origin = Origin::path(path.as_str()).line(line).char_column(column);
        group = match &excerpt {
            // The line itself is not to be shown.
            None => group.element(origin),
            Some(excerpt) => {
                let mark = AnnotationKind::Primary.span(excerpt.mark.clone());
                let snippet = Snippet::source(excerpt.text.as_str()).line_start(line).annotation(mark);
                // A line that was cut or masked has another column than the file's: that one is named on its own.
                let as_it_is = excerpt.text[..excerpt.mark.start].chars().count() + 1 == column;
                if as_it_is { group.element(snippet.path(path.as_str())) } else { group.element(origin).element(snippet) }
            }
        };
        let hint = error.hint.map(|hint| fitting(door.line(hint), "     = hint: ".len()));
        if let Some(hint) = &hint {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        text.push_str(&renderer.render(&[group]));
        text.push_str("\n\n");
    }
    let count = errors.count();
    let noun = if count == 1 { "error" } else { "errors" };
    text.extend(errors.rest().map(|rest| format!("{}\n", door.line(rest))));
    text.push_str(&format!("{}: {count} {noun}\n", door.line(errors.path())));
    Cleared::new(text)
}

/// The line with no more of it than stands beside its number on a terminal of this width, round the place.
fn narrowed(excerpt: Excerpt, width: usize) -> Excerpt {
    let Excerpt { line, column, text, mark } = excerpt;
    let room = width.saturating_sub(format!("{line} | ").len());
    if columns(&text) <= room {
        return Excerpt { line, column, text, mark };
    }
    let back = text[..mark.start].char_indices().rev().map(|(at, _)| at);
    let from = back.take_while(|at| columns(&text[*at..mark.start]) <= room / 3).last().unwrap_or(mark.start);
    let before = if from > 0 { "…" } else { "" };
    let ends = text[from..].char_indices().map(|(at, c)| from + at + c.len_utf8());
    let to = ends.take_while(|at| columns(&text[from..*at]) + 2 <= room).last().unwrap_or(from);
    let after = if to < text.len() { "…" } else { "" };
    let moved = |at: usize| at.clamp(from, to) - from + before.len();
    Excerpt { line, column, mark: moved(mark.start)..moved(mark.end), text: format!("{before}{}{after}", &text[from..to]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_narrowed_round_its_place() {
        let narrow = |text: &str, mark: std::ops::Range<usize>| {
            let Excerpt { text, mark, .. } = narrowed(Excerpt { line: 3, column: 1, text: text.to_owned(), mark }, 24);
            assert!(columns(&text) <= 20, "{text}");
            (text.clone(), text[mark].to_owned())
        };
        let is = |shown: (String, String), text: &str, mark: &str| assert_eq!(shown, (text.to_owned(), mark.to_owned()));
        is(narrow("a short line", 2..7), "a short line", "short");
        is(narrow("the place at the beginning of it", 4..9), "the place at the b…", "place");
        is(narrow("something before the place and after it", 21..26), "…e the place and af…", "place");
        is(narrow(&"字".repeat(30), 30..60), "…字字字字字字字字字…", "字字字字字字");
        is(narrow("a mark that goes on and on and on", 7..33), "… mark that goes on…", "that goes on");
    }
}
