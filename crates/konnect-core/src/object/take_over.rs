//! Which field `--take-over` names: every form in which a plan shows one is read.

use super::ResourceType;
use crate::field_path::FieldPath;
use crate::outside::Outside;

impl ResourceType {
    /// The field that `--take-over` names: a key of a map that a spec can set, or the token. Written as a plan writes it, for people
    /// (`labels."konghq.com/secret"`) or for programs (`metadata.labels.konghq.com/secret`); the quotes may be missing, since a shell
    /// takes them away.
    #[must_use]
    pub fn field_to_take_over(&self, written: &str) -> Option<FieldPath> {
        let in_map = self.spec_maps().find_map(|(_, rule)| {
            let (last, above) = rule.path.split_last()?;
            let below = written.strip_prefix(&above.join(".")).and_then(|rest| rest.strip_prefix('.')).unwrap_or(written);
            let key = unquoted(below.strip_prefix(last)?.strip_prefix('.')?)?;
            Some(FieldPath::of(rule.path).child(key))
        });
        in_map.or_else(|| self.token.filter(|token| token.join(".") == written).map(FieldPath::of))
    }

    /// Whether `--take-over` can name a field.
    #[must_use]
    pub fn can_take_over(&self, field: &FieldPath) -> bool {
        let joined = field.elements().iter().map(Outside::expose).collect::<Vec<_>>().join(".");
        self.field_to_take_over(&joined).as_ref() == Some(field)
    }
}

/// A key without the quotes round it. `None` where it is empty, or has a quote on one side only.
fn unquoted(key: &str) -> Option<&str> {
    let pairs = ["\"", "'", "\\\"", "\\'"];
    let inner = pairs.iter().find_map(|quote| key.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(key);
    (!inner.is_empty() && !inner.contains(['"', '\'', '\\'])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::super::RESOURCE_TYPES;
    use super::*;

    #[test]
    fn fields_to_take_over() {
        let secret = ResourceType::of_spec_key("secret").expect("in the table");
        let label = secret.field_to_take_over("metadata.labels.konghq.com/secret").expect("a field");
        assert_eq!(label, FieldPath::of(&["metadata", "labels"]).child("konghq.com/secret"));
        assert!(secret.field_to_take_over("data.token").is_some_and(|token| secret.can_take_over(&token)));
        for written in [
            "metadata.labels.\"konghq.com/secret\"",
            "labels.\"konghq.com/secret\"",
            "labels.konghq.com/secret",
            "labels.'konghq.com/secret'",
            "labels.\\\"konghq.com/secret\\\"",
        ] {
            assert_eq!(secret.field_to_take_over(written).as_ref(), Some(&label), "{written}");
        }
        for bad in [
            "",
            "data",
            "data.",
            "data.other",
            "metadata.data.token",
            "data.\"token\"",
            "metadata.labels.",
            "metadata.labels",
            "metadata.metadata.labels.a",
            "labels",
            "labels.",
            "labels.\"\"",
            "labels.\"a",
            "labels.a\"",
            "labelsa",
            "type",
        ] {
            assert!(secret.field_to_take_over(bad).is_none(), "{bad}");
        }
    }

    /// Whatever a plan shows can be pasted into `--take-over`, in either form.
    #[test]
    fn every_shown_path_names_its_field() {
        let parts = ["a", "A", "konghq.com", "x-y", "x_y", "1", "labels", "metadata", "data", "token", "annotations", "a.b.c"];
        let mut tried = 0;
        for of in RESOURCE_TYPES {
            let keys = parts.iter().flat_map(|left| parts.iter().map(move |right| format!("{left}/{right}")));
            let keys: Vec<String> = keys.chain(parts.iter().map(|key| (*key).to_owned())).collect();
            let maps = of.spec_maps().flat_map(|(_, rule)| keys.iter().map(|key| FieldPath::of(rule.path).child(key.as_str())));
            for path in maps.chain(of.token_path()).chain(of.default_fields().map(|(path, _)| path)) {
                for shown in [path.short().plain(), path.dotted().plain(), path.short().plain().replace('"', "")] {
                    assert_eq!(of.field_to_take_over(&shown).as_ref(), Some(&path), "{} {shown}", of.kind);
                    tried += 1;
                }
                assert!(of.can_take_over(&path));
            }
        }
        assert!(tried > 1000, "{tried}");
    }
}
