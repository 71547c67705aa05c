//! What happened → bytes. Commands emit events; one view, chosen once for a run, shows them. None of the views decides anything.
//!
//! A new format is a file with its view, its module below, and its line in `formats!`.

pub mod door;
mod effective;
mod event;
mod gathered;
mod human;
mod json;
mod markdown;
mod paint;
mod printer;
mod reporter;
mod spec_errors;
mod streams;
pub mod terminal;
mod usage;
mod wrap;

use clap::ValueEnum;

pub use door::{Cleared, Door};
pub use effective::render as effective;
pub use event::{CheckError, CheckedSpec, Doing, Event};
pub use paint::Paint;
pub use printer::{Color, Limit, Printer, Style};
pub use reporter::Reporter;
pub use spec_errors::render as render_spec_errors;
pub use streams::{CapturedOutput, Streams};

/// Shows what happens in a run.
pub trait View: Send {
    /// Whether the format has a form for this output.
    fn fits(&self, output: Output) -> bool {
        output == Output::Plan
    }

    /// Why nobody can be asked anything, if so.
    fn nobody_to_ask(&self) -> Option<&'static str> {
        Some("this --format never prompts")
    }

    /// Whether it names the chosen context, and none was told yet: a run that ends before it opens the cluster then finds it out.
    fn lacks_context(&self) -> bool {
        false
    }

    /// Shows an event.
    fn show(&mut self, event: Event<'_>, printer: &Printer);
}

/// What a command puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A plan: plan and show.
    Plan,
    /// What is being done: apply.
    Apply,
    /// Whether a spec is valid: validate.
    Validation,
    /// Text for people or for another tool, in one format only: all other commands.
    Text,
}

macro_rules! formats {
    ($($format:ident = $help:tt, $view:path;)*) => {
        /// `--format`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub enum Format {
            $(
                #[doc = $help]
                $format,
            )*
        }

        /// The view of a format, for one run of a command with this output. Nothing else looks at which format it is.
        #[must_use]
        pub fn choose(format: Format, output: Output) -> Box<dyn View> {
            match format {
                $(Format::$format => $view(output),)*
            }
        }
    };
}

formats! {
    Human = "For people", human::view;
    Json = "For programs", json::view;
    Markdown = "One comment for a pull request", markdown::view;
}
