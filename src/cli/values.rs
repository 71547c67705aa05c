//! Values of flags, read from what was typed. No message of these repeats it: clap does, through the door.

use std::time::Duration;

use super::Subject;
use crate::outside::Outside;
use crate::selection::{Malformed, Order, Partition, Pattern};
use crate::spec::looks_like_token;
use crate::view::Limit;

/// How long a run may take.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    let form = "write it as 30s, 2m or 1h";
    let time = duration(text, form)?;
    let fits = !time.is_zero() && time <= Duration::from_secs(24 * 3600);
    if fits { Ok(time) } else { Err(wrong("must be more than 0 and at most 24h", form)) }
}

/// How long a saved plan may be applied.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let form = "write it as 90m or 24h";
    let time = duration(text, form)?;
    let fits = !time.is_zero() && time <= Duration::from_secs(90 * 24 * 3600);
    if fits { Ok(time) } else { Err(wrong("must be more than 0 and at most 2160h (90 days)", form)) }
}

fn duration(text: &str, form: &str) -> Result<Duration, String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("the unit is missing", form));
    }
    let parsed = text.parse::<jiff::SignedDuration>().map_err(|_| wrong("not a valid duration", form))?;
    Duration::try_from(parsed).map_err(|_| wrong("must not be negative", form))
}

/// A name or a path. An empty one comes of a variable of the shell that is not set, and must not mean "the default".
pub(super) fn not_empty(text: &str) -> Result<Outside, String> {
    if text.is_empty() {
        return Err("must not be empty".into());
    }
    Ok(text.into())
}

/// A saved plan's path. A token that was typed instead is not looked for among files.
pub(super) fn plan(text: &str) -> Result<Outside, String> {
    if looks_like_token(text) {
        return Err("a token, not a saved plan".into());
    }
    not_empty(text)
}

/// How long a comment may be.
pub(super) fn limit(text: &str) -> Result<Limit, String> {
    let named = Limit::NAMED.iter().find(|(name, _)| *name == text).map(|(_, bytes)| *bytes);
    let hint = "write github, gitlab, bitbucket, azure, github-summary, or a number of bytes from 32768";
    let bytes = named.or_else(|| text.parse().ok()).ok_or_else(|| wrong("not a limit", hint))?;
    Limit::of(bytes).ok_or_else(|| wrong("too short for what no cut may leave out", hint))
}

/// Where a plan is saved.
pub(super) fn new_file(text: &str) -> Result<Outside, String> {
    if text == "-" {
        return Err(wrong("a plan is saved to a file", "name one, as in --out konnect.plan; `konnect show PLAN` prints it"));
    }
    not_empty(text)
}

/// A plan's digest. Where it was copied without the word in front it is clear all the same what was meant.
pub(super) fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        let hint = "`konnect plan --out PLAN` printed the digest, and `konnect show PLAN` prints it again";
        return Err(wrong("must be sha256: and 64 hexadecimal digits", hint));
    }
    Ok(format!("sha256:{}", hex.to_ascii_lowercase()))
}

/// Who rights are bound to.
pub(super) fn subject(text: &str) -> Result<Subject, String> {
    let fault = || wrong("not a subject", "write User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME");
    let (kind, name) = text.split_once(':').filter(|(_, name)| !name.is_empty()).ok_or_else(fault)?;
    match kind {
        "User" => Ok(Subject::User(name.into())),
        "Group" => Ok(Subject::Group(name.into())),
        "ServiceAccount" => match name.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Subject::ServiceAccount(namespace.into(), name.into()))
            }
            _ => Err(fault()),
        },
        _ => Err(fault()),
    }
}

/// A pattern for the paths of specs.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::parse(text).map_err(malformed)
}

/// A part of many specs.
pub(super) fn partition(text: &str) -> Result<Partition, String> {
    Partition::parse(text).map_err(malformed)
}

/// The order of stages.
pub(super) fn order(text: &str) -> Result<Order, String> {
    Order::parse(text).map_err(malformed)
}

fn malformed(Malformed { what, hint }: Malformed) -> String {
    wrong(&what, hint)
}

/// What is wrong with a value, and what to do, as clap shows an error and its advice.
pub(super) fn wrong(what: &str, hint: &str) -> String {
    format!("{what}\n\n  hint: {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(timeout("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(timeout("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "0s", "-3s", "soon", "25h", "99999999999999999999s"] {
            assert!(timeout(bad).is_err(), "{bad}");
        }
        assert!(timeout("30").is_err_and(|why| why.starts_with("the unit is missing")));
        assert!(lifetime("8").is_err_and(|why| why.starts_with("the unit is missing")));
    }

    #[test]
    fn digests() {
        let hex = "0123456789abcdef".repeat(4);
        for typed in [hex.clone(), format!("sha256:{hex}"), format!("sha256:{}", hex.to_uppercase())] {
            assert_eq!(digest(&typed), Ok(format!("sha256:{hex}")), "{typed}");
        }
        for bad in ["", "sha256:", "sha256:00", &hex[1..], &format!("sha512:{hex}"), &"g".repeat(64)] {
            assert!(digest(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_name_is_no_default() {
        assert!(not_empty("").is_err() && not_empty("a") == Ok("a".into()));
    }
}
