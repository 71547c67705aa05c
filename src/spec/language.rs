//! What a file is that is not TOML, or of which nothing is left without its comments.

use super::diagnostic::SpecError;
use crate::text;

/// Whether there is nothing in it but blanks and comments.
pub(super) fn says_nothing(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().all(|line| matches!(line.trim().chars().next(), None | Some('#')))
}

/// What is said of a file that is not TOML at all: nobody wants an error for each of its lines.
pub(super) fn other_language(text: &str) -> Option<SpecError> {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line.trim_end())
    });
    let (start, line) = lines.find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let key = line.split(':').next().unwrap_or_default();
    let is_word =
        !key.is_empty() && key.len() < line.len() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let language = match line {
        _ if line.starts_with('{') => "JSON",
        _ if line.starts_with("---") || line.starts_with("%YAML") || is_word => "YAML",
        _ => return None,
    };
    let mut error = SpecError::at(start..start + line.len(), text!("this is {}, and a spec is TOML", language));
    error.hint = Some("write namespace = \"kong\"; `konnect --help` shows the four lines of a spec".into());
    Some(error)
}
