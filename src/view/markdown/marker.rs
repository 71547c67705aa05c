//! The comment's first line. It tells the comments of one pull request apart, so that a bot finds and replaces its own: the same for each
//! run of a spec in a context, whatever came of it, and another for any other spec or context.

use sha2::{Digest as _, Sha256};

use super::super::Door;
use super::super::gathered::Gathered;
use crate::outside::Outside;

/// The longest that a name is written out.
const MAX_NAME: usize = 200;
/// How much of a longer one is.
const SHOWN: usize = 160;

/// The line. The context is the chosen one, which is known before a cluster is asked; where none could be chosen, there is none in it.
pub(super) fn marker(about: &Gathered, door: &Door) -> String {
    let context = about.context().map(|context| format!(" on {}", name(context, door))).unwrap_or_default();
    format!("<!-- konnect plan {}{context} -->", name(about.spec(), door))
}

/// A name as a comment of HTML can hold it: nothing in it ends the comment, and two names are never written alike.
fn name(name: &Outside, door: &Door) -> String {
    let shown = door.value(name);
    let mut text = String::new();
    for byte in shown.bytes() {
        // Two hyphens end a comment, or may.
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_' | b':') || byte == b'-' && !text.ends_with('-');
        if plain {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    if text.len() > MAX_NAME {
        let digest = hex::encode(Sha256::digest(shown.as_bytes()));
        text = format!("{}~{}", &text[..SHOWN], &digest[..16]);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn shown(text: &str) -> String {
        name(&Outside::new(text), &Door::default())
    }

    #[test]
    fn usual_names_stay_readable() {
        for usual in ["konnect.toml", "envs/prod-1.toml", "prod-eks", "arn:aws:eks:eu-central-1:1234:cluster/prod"] {
            assert_eq!(shown(usual), usual);
        }
    }

    #[test]
    fn nothing_ends_the_comment_and_no_two_are_alike() {
        let long = |end: &str| format!("{}{end}", "x".repeat(300));
        let names = ["a b", "a_b", "a--b", "a-b", "a%20b", "a -->", "a --!>", ">", "->", "@a", "", "é", &long("a"), &long("b")];
        let written: BTreeSet<String> = names.iter().map(|name| shown(name)).collect();
        assert_eq!(written.len(), names.len(), "{written:?}");
        for name in written {
            assert!(name.len() <= MAX_NAME && !name.contains("--") && !name.contains('>'), "{name}");
            assert!(name.is_ascii() && !name.contains([' ', '@', '<', '\n']), "{name}");
        }
    }
}
