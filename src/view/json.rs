//! For programs: one document, or for apply one event a line. Public, with a schema each.

mod document;
mod events;
mod many;

use document::Document;
use events::Lines;

use super::{Output, View};

/// Why nobody is asked.
const NOBODY_TO_ASK: &str = "--format json never prompts";

/// The view for a command with this output.
pub(super) fn view(output: Output) -> Box<dyn View> {
    match output {
        Output::Apply => Box::new(Lines::default()),
        Output::Plan | Output::Validation | Output::Text => Box::new(Document::default()),
    }
}
