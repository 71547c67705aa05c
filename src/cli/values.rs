//! Values of flags, read from what was typed. No message of these repeats it: clap does, through the door.

use std::time::Duration;

use super::Subject;
use crate::desired::FieldOfType;
use crate::object::ResourceType;

pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    let hint = "write it as 30s, 2m or 1h";
    let parsed = text.parse::<jiff::SignedDuration>().map_err(|_| format!("not a valid duration: {hint}"))?;
    let time = Duration::try_from(parsed).map_err(|_| "must not be negative".to_owned())?;
    if time.is_zero() || time > Duration::from_secs(24 * 3600) {
        return Err("must be more than 0 and at most 24h".to_owned());
    }
    Ok(time)
}

pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().map_err(|_| "not a valid duration: write it as 90m or 24h".to_owned())?;
    let time = Duration::try_from(parsed).map_err(|_| "must not be negative".to_owned())?;
    if time.is_zero() || time > Duration::from_secs(90 * 24 * 3600) {
        return Err("must be more than 0 and at most 2160h (90 days)".to_owned());
    }
    Ok(time)
}

pub(super) fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let hex = hex.ok_or("must be sha256: and 64 hexadecimal digits, as `plan --out` prints it")?;
    Ok(format!("sha256:{}", hex.to_ascii_lowercase()))
}

pub(super) fn subject(text: &str) -> Result<Subject, String> {
    let fault = || "write User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME".to_owned();
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

pub(super) fn take_over(text: &str) -> Result<FieldOfType, String> {
    let fault = || {
        "write KIND.PATH, such as secret.data.token, secret.metadata.labels.konghq.com/secret or namespace.metadata.labels.team"
            .to_owned()
    };
    let (key, path) = text.split_once('.').ok_or_else(fault)?;
    let resource = ResourceType::of_spec_key(key).ok_or_else(fault)?;
    let field = resource.field_to_take_over(path).ok_or_else(fault)?;
    Ok(FieldOfType { resource, field })
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
    }

    #[test]
    fn fields_to_take_over() {
        let label = take_over("secret.metadata.labels.konghq.com/secret").expect("a field");
        assert_eq!((label.resource.kind, label.field.json_pointer().as_str()), ("Secret", "/metadata/labels/konghq.com~1secret"));
        assert!(take_over("secret.data.token").is_ok());
        for bad in
            ["", "secret", "secret.", "pod.data.token", "namespace.data.token", "secret.data.other", "secret.metadata.labels."]
        {
            assert!(take_over(bad).is_err(), "{bad}");
        }
    }
}
