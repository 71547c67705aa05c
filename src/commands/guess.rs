//! What a command line asks for, as far as that can be told without parsing it: where parsing failed, or is not to be trusted.

use std::ffi::OsString;

use clap::ValueEnum as _;

use crate::view::{Format, Output};

/// The format that is asked for, and what the command puts out.
pub(super) fn format_and_output(arguments: &[OsString]) -> (Format, Output) {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let after = words.windows(2).filter(|pair| pair[0] == "--format").map(|pair| pair[1]);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--format="));
    let format = after.chain(joined).find_map(|word| Format::from_str(word, false).ok()).unwrap_or(Format::Human);
    let output = if words.get(1) == Some(&"apply") { Output::Apply } else { Output::Plan };
    (format, output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_however_it_is_written() {
        let rows = [
            ("konnect", Format::Human, Output::Plan),
            ("konnect apply --format json", Format::Json, Output::Apply),
            ("konnect plan --nope --format=markdown", Format::Markdown, Output::Plan),
            ("konnect plan --format", Format::Human, Output::Plan),
            ("konnect plan --format yaml", Format::Human, Output::Plan),
        ];
        for (line, format, output) in rows {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(format_and_output(&arguments), (format, output), "{line}");
        }
    }
}
