//! `unset = ["secret.labels.team"]`: takes keys out of what a file inherits.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::SpecError;
use super::mask::{looks_like_token, mask_tokens};
use crate::outside::Outside;
use crate::text;

/// What is said of a key that can't be read.
const SPELLED: &str =
    "write a key as TOML does, such as \"secret.labels.team\", or with quotes: 'secret.labels.\"konghq.com/secret\"'";

/// Removes what the list names from what is inherited, and notes what can't be removed. `own`: what the file itself says.
pub(super) fn unset(list: &Spanned<DeValue<'_>>, inherited: &mut DeTable<'_>, own: &DeTable<'_>, faults: &mut Vec<SpecError>) {
    let wrong = |span, message: &'static str| {
        let mut fault = SpecError::at(span, message);
        fault.hint = Some("write unset = [\"secret.labels.team\"]".into());
        fault
    };
    let DeValue::Array(items) = list.get_ref() else {
        faults.push(wrong(list.span(), "`unset` must be a list of keys"));
        return;
    };
    let before = inherited.clone();
    for item in items {
        let DeValue::String(text) = item.get_ref() else {
            faults.push(wrong(item.span(), "`unset` must be a list of keys, each in quotes"));
            continue;
        };
        if looks_like_token(text) {
            faults.push(SpecError::token(item.span()));
            continue;
        }
        let Some(path) = key_path(text) else {
            let mut fault = SpecError::at(item.span(), "this is not the name of a key");
            fault.hint = Some(SPELLED.into());
            faults.push(fault);
            continue;
        };
        if !remove(inherited, &path) {
            let mut fault =
                SpecError::at(item.span(), text!("there is no inherited `{}` to remove", Outside::new(mask_tokens(text))));
            fault.of_absence = true;
            fault.hint = Some(if is_in(&before, &path) {
                "the same list has removed it already".into()
            } else if is_in(own, &path) {
                "this file sets it itself: remove it there".into()
            } else if before.is_empty() {
                "this file inherits nothing: it extends no other".into()
            } else {
                "`konnect validate --show-effective` shows what is inherited, and from where; a key with dots or slashes needs quotes: 'secret.labels.\"konghq.com/secret\"'".into()
            });
            faults.push(fault);
        }
    }
}

fn remove(table: &mut DeTable<'_>, path: &[String]) -> bool {
    match path {
        [] => false,
        [last] => table.remove(last.as_str()).is_some(),
        [first, rest @ ..] => match table.get_mut(first.as_str()).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => remove(inner, rest),
            _ => false,
        },
    }
}

fn is_in(table: &DeTable<'_>, path: &[String]) -> bool {
    match path {
        [] => false,
        [last] => table.contains_key(last.as_str()),
        [first, rest @ ..] => match table.get(first.as_str()).map(Spanned::get_ref) {
            Some(DeValue::Table(inner)) => is_in(inner, rest),
            _ => false,
        },
    }
}

/// The parts of a dotted key. No key that a spec may have needs an escape, so there are none.
fn key_path(text: &str) -> Option<Vec<String>> {
    let mut path = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split_once(quote).filter(|(part, _)| !part.contains(['\\', '\n']))?,
            _ => {
                let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                let end = rest.find(|c| !bare(c)).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                rest.split_at(end)
            }
        };
        path.push(part.to_owned());
        match after.trim_start() {
            "" => return Some(path),
            more => rest = more.strip_prefix('.')?.trim_start(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_toml_spells_them() {
        let path = |text: &str| key_path(text).map(|path| path.join("|"));
        assert_eq!(path("secret").as_deref(), Some("secret"));
        assert_eq!(path(" secret . labels.team ").as_deref(), Some("secret|labels|team"));
        assert_eq!(path("secret.labels.\"konghq.com/secret\"").as_deref(), Some("secret|labels|konghq.com/secret"));
        assert_eq!(path("secret.'labels'.'a.b'").as_deref(), Some("secret|labels|a.b"));
        for wrong in ["", ".", "a.", ".a", "a..b", "a b", "a/b", "a.\"b", "a.\"b\\u0063\"", "a = 1\nb", "a.\"b\"c", "é"] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
