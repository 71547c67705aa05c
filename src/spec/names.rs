//! What Kubernetes accepts as names, labels and annotations: checked here, before any URL is built.

/// The most bytes of one object's annotations, keys and values together.
pub(super) const MOST_ANNOTATION_BYTES: usize = 256 * 1024;

/// A Namespace's name: a DNS-1123 label.
pub(super) fn dns_label(name: &str) -> Result<(), &'static str> {
    if name.len() > 63 {
        return Err("has more than 63 characters");
    }
    if name.contains('.') {
        return Err("has a dot: a namespace's name is one DNS label");
    }
    part(name)
}

/// A ServiceAccount's or Secret's name: a DNS-1123 subdomain.
pub(super) fn dns_subdomain(name: &str) -> Result<(), &'static str> {
    if name.len() > 253 {
        return Err("has more than 253 characters");
    }
    name.split('.').try_for_each(part)
}

fn part(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("is empty, or has an empty part between dots");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.') {
        return Err("has other characters than lowercase letters, digits and -");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err("begins or ends with -");
    }
    Ok(())
}

/// A label's key, or an annotation's: an optional DNS prefix, a slash, and a name.
pub(super) fn qualified_key(key: &str) -> Result<(), &'static str> {
    let name = match key.split_once('/') {
        Some((prefix, name)) => {
            dns_subdomain(prefix).map_err(|_| "has a prefix that is no DNS name in lowercase")?;
            name
        }
        None => key,
    };
    if name.is_empty() {
        return Err("has no name");
    }
    word(name)
        .map_err(|_| "has a name that is not 1 to 63 letters, digits, - _ or ., beginning and ending with a letter or digit")
}

/// A label's value.
pub(super) fn label_value(value: &str) -> Result<(), &'static str> {
    if value.is_empty() { Ok(()) } else { word(value) }
}

fn word(text: &str) -> Result<(), &'static str> {
    let sound = text.len() <= 63
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric());
    if sound { Ok(()) } else { Err("is not at most 63 letters, digits, - _ or ., beginning and ending with a letter or digit") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["kong", "a", "0-9", &"a".repeat(63)] {
            assert_eq!(dns_label(good), Ok(()), "{good}");
        }
        for bad in ["", "Kong", "-a", "a-", "a.b", "a_b", "a/../b", "é", &"a".repeat(64)] {
            assert!(dns_label(bad).is_err(), "{bad}");
        }
        assert_eq!(dns_subdomain("a.b-c.d"), Ok(()));
        for bad in ["a..b", ".a", "a.", "a.-b", &"a".repeat(254)] {
            assert!(dns_subdomain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_and_values() {
        for good in ["team", "konghq.com/secret", "A_b.c-1"] {
            assert_eq!(qualified_key(good), Ok(()), "{good}");
        }
        for bad in ["", "/a", "a/", "a/b/c", "A.com/x", "-a", "a b", &"a".repeat(64)] {
            assert!(qualified_key(bad).is_err(), "{bad}");
        }
        assert_eq!(label_value(""), Ok(()));
        assert!(label_value("a b").is_err() && label_value(&"a".repeat(64)).is_err() && label_value("é").is_err());
    }
}
