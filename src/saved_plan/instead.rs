//! What a file is that is no saved plan, where one was expected, and what its owner may have meant.

use serde_json::Value;

use super::file::MAGIC;
use crate::outside::{Outside, Text};
use crate::text;

/// What is wrong with the file, and what to do if it is clear what it is.
pub(super) fn of(text: &str, shown: &Outside) -> (Text, Option<Text>) {
    let parsed = serde_json::from_str::<Value>(text);
    if text.contains(MAGIC) {
        let ends = parsed.is_err_and(|error| error.is_eof());
        let what = if ends { "is a saved plan that ends in the middle" } else { "is a saved plan that is damaged" };
        return (text!("{} {}", shown, what), Some("fetch it again, or make another with `konnect plan --out PLAN`".into()));
    }
    let hint = match parsed {
        Ok(document) if document.get("format_version").is_some() => {
            Some("it is what `konnect plan --format json` prints, for programs; `konnect plan --out PLAN` saves a plan".into())
        }
        Ok(_) => None,
        Err(_) if text.parse::<toml::Table>().is_ok_and(|table| !table.is_empty()) => Some(text!(
            "it looks like a spec: `konnect plan -f {}` shows what it would change, `konnect apply -f {}` applies it",
            Text::shell_path(shown),
            Text::shell_path(shown)
        )),
        Err(_) if is_printed(text) => {
            Some("it is what `konnect plan` prints, for people; `konnect plan --out PLAN` saves a plan".into())
        }
        Err(_) => None,
    };
    (text!("{} is not a saved plan", shown), hint)
}

/// Whether it is a plan as people see it: `konnect plan > FILE`.
fn is_printed(text: &str) -> bool {
    let begins = |word: &str| text.lines().any(|line| line.starts_with(word));
    begins("  Cluster  ") && (begins("Plan: ") || begins("No changes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hint for a file that holds this.
    fn hint(text: &str) -> Option<Text> {
        of(text, &Outside::from("FILE")).1
    }

    #[test]
    fn it_is_said_what_a_file_is_only_where_that_is_clear() {
        for (text, word) in [
            ("{\"format_version\": \"1.0\"}", "--format json"),
            ("namespace = \"kong\"", "it looks like a spec"),
            ("  Cluster  prod\n\nPlan: 1 to add", "for people"),
            ("  Cluster  prod\n\nNo changes.", "for people"),
            ("{\"magic\": \"konnect saved plan\"", "fetch it again"),
        ] {
            assert!(hint(text).is_some_and(|hint| hint.says(word)), "{text}: {:?}", hint(text));
        }
        for text in ["", "{}", "[1]", "# nothing", "some text", "  Cluster  prod\n", "Plan: B\n", "No changes.\n"] {
            assert_eq!(hint(text), None, "{text}");
        }
    }
}
