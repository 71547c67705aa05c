//! What Kubernetes accepts as names, labels and annotations: checked here, before any URL is built.

/// kubectl keeps the whole manifest in this annotation, a Secret's data included.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The server sets this label of a Namespace to its name.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// The most bytes of one object's annotations, keys and values together.
pub const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

/// A Namespace's name: a DNS-1123 label.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn dns_label(name: &str) -> Result<(), &'static str> {
    if name.len() > 63 {
        return Err("must be at most 63 characters long");
    }
    if name.contains('.') {
        return Err("must not contain a dot: a namespace's name is a single DNS label");
    }
    part(name)
}

/// A ServiceAccount's or Secret's name: a DNS-1123 subdomain.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn dns_subdomain(name: &str) -> Result<(), &'static str> {
    if name.len() > 253 {
        return Err("must be at most 253 characters long");
    }
    name.split('.').try_for_each(part)
}

fn part(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("must not be empty, or have an empty part between dots");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.') {
        return Err("may contain only lowercase letters, digits and -");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err("must begin and end with a letter or digit");
    }
    Ok(())
}

/// An annotation's key: as a label's, but its prefix may be written in capitals. Kubernetes lowers the key before it checks it; it even takes
/// the few letters of other alphabets that become ASCII by that, which could only be meant to deceive.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn annotation_key(key: &str) -> Result<(), &'static str> {
    qualified_key(&key.to_ascii_lowercase())
}

/// A label's key: an optional DNS prefix, a slash, and a name.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn qualified_key(key: &str) -> Result<(), &'static str> {
    let name = match key.split_once('/') {
        Some((prefix, name)) => {
            dns_subdomain(prefix).map_err(|_| "must have a lowercase DNS name before the slash")?;
            name
        }
        None => key,
    };
    if name.is_empty() {
        return Err("must have a name");
    }
    word(name)
        .map_err(|_| "must have a name of 1 to 63 letters, digits, `-`, `_` or `.` that begins and ends with a letter or digit")
}

/// Whether it is a key of a Secret's data.
pub fn data_key(key: &str) -> bool {
    (1..=253).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether it is the path of another field than data, labels and annotations, as the server's own field names make it.
pub fn other_field(dotted: &str) -> bool {
    let under = |map: &str| dotted.strip_prefix(map).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let of_a_map = ["data", "stringData", "metadata.labels", "metadata.annotations"].into_iter().any(under);
    dotted.split('.').all(part) && !of_a_map
}

/// A label's value.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn label_value(value: &str) -> Result<(), &'static str> {
    if value.is_empty() { Ok(()) } else { word(value) }
}

fn word(text: &str) -> Result<(), &'static str> {
    if text.len() > 63 {
        return Err("must be at most 63 characters long");
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Err("may hold only letters, digits, `-`, `_` and `.`");
    }
    let ends = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.ends_with(|c: char| c.is_ascii_alphanumeric());
    if ends { Ok(()) } else { Err("must begin and end with a letter or digit") }
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
        assert_eq!(dns_subdomain(&"a".repeat(253)), Ok(()));
        assert_eq!(MAX_ANNOTATION_BYTES, 262_144);
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
        for good in ["A.com/x", "Example.COM/X_y", "team"] {
            assert_eq!(annotation_key(good), Ok(()), "{good}");
        }
        for bad in ["A_b.com/x", "-A/x", "A/", "/A", "\u{212a}.com/x", "x/\u{212a}", "\u{130}/x"] {
            assert!(annotation_key(bad).is_err(), "{bad}");
        }
        assert_eq!(label_value(""), Ok(()));
        assert!(label_value("a b").is_err() && label_value(&"a".repeat(64)).is_err() && label_value("é").is_err());
    }

    #[test]
    fn fields() {
        for good in ["metadata.finalizers", "immutable", "imagePullSecrets", "spec.finalizers"] {
            assert!(other_field(good), "{good}");
        }
        for bad in ["", ".", "a..b", "data", "data.token", "metadata.labels.a", "metadata.annotations", "a b", "a\n", "\u{202e}"]
        {
            assert!(!other_field(bad), "{bad}");
        }
        assert!(data_key("tls.crt") && !data_key("") && !data_key("a b") && !data_key(&"a".repeat(254)));
    }
}
