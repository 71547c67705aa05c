//! A spec's errors for people, drawn as rustc draws them: path, line, column, the line underlined.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::wrap::wrap;
use super::{Cleared, Door};
use crate::spec::SpecErrors;

/// Each error with the line it stands in, and how many there are; for a terminal of this width, if it is one.
#[must_use]
pub fn render(errors: &SpecErrors, color: bool, width: Option<usize>, door: &Door) -> Cleared {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = width.map_or(renderer.clone(), |width| renderer.term_width(width));
    // Beside the rows of a message stands what their first one begins with.
    let fitting = |said: String, beginning: usize| match width {
        Some(width) => wrap(&said, 0, width.saturating_sub(beginning)),
        None => said,
    };
    let path = door.line(errors.path());
    let mut text = String::new();
    for error in errors.shown(door.secrets().find(errors.text())) {
        let title = fitting(door.line(error.message), "error: ".len());
        let mut group = Level::ERROR.primary_title(title.as_str()).elements(Vec::<Origin<'_>>::new());
        group = match &error.excerpt {
            None => group.element(Origin::path(path.as_str())),
            Some(excerpt) => {
                let mark = AnnotationKind::Primary.span(excerpt.mark.clone());
                let snippet = Snippet::source(excerpt.text.as_str()).line_start(excerpt.line).annotation(mark);
                // A line that was cut or masked has another column than the file's: that one is named on its own.
                let as_it_is = excerpt.text[..excerpt.mark.start].chars().count() + 1 == excerpt.column;
                if as_it_is {
                    group.element(snippet.path(path.as_str()))
                } else {
                    let origin = Origin::path(path.as_str()).line(excerpt.line).char_column(excerpt.column);
                    group.element(origin).element(snippet)
                }
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
    text.push_str(&format!("{path}: {count} {noun}\n"));
    Cleared::new(text)
}
