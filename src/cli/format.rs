//! The values of `--format`: each command takes those that have a form for its output.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error, ValueEnum as _};

use crate::view::{Format, Output, choose};

/// Parses the formats that fit an output.
#[derive(Clone, Copy, Debug)]
pub(super) struct FormatParser(pub(super) Output);

impl FormatParser {
    fn values(self) -> impl Iterator<Item = PossibleValue> {
        let fits = move |format: &&Format| choose(**format, self.0).fits(self.0);
        Format::value_variants().iter().filter(fits).filter_map(Format::to_possible_value)
    }
}

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Format, Error> {
        // What is no text is no format either, and is told like any other.
        let value = value.to_string_lossy().into_owned();
        let word = PossibleValuesParser::new(self.values()).parse(command, argument, value.into())?;
        Format::from_str(&word, false).map_err(|_| Error::new(ErrorKind::InvalidValue).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_takes_the_formats_that_fit_its_output() {
        let takes = |output, format: &str| FormatParser(output).values().any(|value| value.get_name() == format);
        for output in [Output::Plan, Output::Apply, Output::Validation] {
            assert!(takes(output, "human") && takes(output, "json"), "{output:?}");
        }
        assert!(takes(Output::Plan, "markdown"));
        assert!(!takes(Output::Apply, "markdown") && !takes(Output::Validation, "markdown"));
    }
}
