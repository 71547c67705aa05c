//! Where a field is: the path of `managedFields`, at any depth, with one definition of each form it is written in.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::maps;
use crate::outside::{Outside, Text};
use crate::text;

/// The path of a field, without list items: those belong to their list's path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath(Vec<Outside>);

impl FieldPath {
    /// A path of known names.
    #[must_use]
    pub fn of(elements: &[&str]) -> Self {
        Self(elements.iter().map(|element| Outside::from(*element)).collect())
    }

    /// The path of a field below this one.
    #[must_use]
    pub fn child(&self, name: impl Into<Outside>) -> Self {
        let mut elements = self.0.clone();
        elements.push(name.into());
        Self(elements)
    }

    /// The names along the path.
    #[must_use]
    pub fn elements(&self) -> &[Outside] {
        &self.0
    }

    /// Whether it is this field, or one below it.
    #[must_use]
    pub fn is_under(&self, prefix: &[&str]) -> bool {
        self.0.len() >= prefix.len() && self.0.iter().zip(prefix).all(|(element, wanted)| *element == *wanted)
    }

    /// Whether it is below another field.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }

    /// The path of the field that it stands in.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, parent) = self.0.split_last()?;
        (!parent.is_empty()).then(|| Self(parent.to_vec()))
    }

    /// Dotted, with each name verbatim, as `--take-over` and the JSON output spell it.
    #[must_use]
    pub fn dotted(&self) -> Text {
        match self.in_map() {
            Some((map, key)) => text!("{}.{}", own(map, "."), key),
            None => joined(&self.0, ".").into(),
        }
    }

    /// The names along the path, each by itself. Of a secret that stands across several of them, none shows its part.
    #[must_use]
    pub fn segments(&self) -> Vec<Text> {
        let (map, rest) = self.in_map().unwrap_or_else(|| (&[], joined(&self.0, ".")));
        let rest: Arc<str> = Arc::from(rest.expose());
        let mut start = 0;
        let part = |element: &Outside| {
            let range = start..start + element.expose().len();
            start = range.end + 1;
            Text::part(&rest, range)
        };
        let parts: Vec<Text> = self.0[map.len()..].iter().map(part).collect();
        map.iter().map(|name| Text::from(*name)).chain(parts).collect()
    }

    /// As the plan for people spells it: `labels."konghq.com/secret"`, in quotes since the key may hold dots.
    #[must_use]
    pub fn short(&self) -> Text {
        match self.in_map() {
            Some((["metadata", map], key)) => text!("{}.\"{}\"", own(&[map], "."), key),
            Some((map, key)) => text!("{}.{}", own(map, "."), key),
            None => joined(&self.0, ".").into(),
        }
    }

    /// The JSON pointer (RFC 6901) of it in an object.
    #[must_use]
    pub fn json_pointer(&self) -> String {
        self.0.iter().fold(String::new(), |mut pointer, element| {
            let _ = write!(pointer, "/{}", element.expose().replace('~', "~0").replace('/', "~1"));
            pointer
        })
    }

    /// The keys along the path in an entry of `managedFields`: `f:metadata`, `f:labels`, …
    pub fn managed_fields_keys(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|element| format!("f:{}", element.expose()))
    }

    /// The name that a key of `managedFields` gives a field; `None` for a list's item or the map itself.
    #[must_use]
    pub fn managed_fields_name(key: &str) -> Option<&str> {
        key.strip_prefix("f:")
    }

    /// Entries of the known maps first, map by map.
    fn rank(&self) -> usize {
        let is_entry = |map: &&[&str]| self.0.len() == map.len() + 1 && self.is_under(map);
        maps::ALL.iter().position(is_entry).unwrap_or(maps::ALL.len())
    }

    /// The known map that it is in, and the rest as one text: a secret may stand across the dots of it.
    fn in_map(&self) -> Option<(&'static [&'static str], Outside)> {
        let map = maps::ALL.get(self.rank())?;
        Some((map, joined(&self.0[map.len()..], ".")))
    }
}

fn joined(elements: &[Outside], between: &str) -> Outside {
    Outside::new(elements.iter().map(Outside::expose).collect::<Vec<_>>().join(between))
}

/// konnect's own words.
fn own(words: &[&'static str], between: &'static str) -> Text {
    Text::join(words.iter().map(|word| Text::from(*word)), between)
}

/// As a plan shows them: data, labels, annotations, then the rest.
impl Ord for FieldPath {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |path: &Self| (path.rank(), joined(&path.0, "."), path.0.clone());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for FieldPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &Text) -> String {
        text.plain()
    }

    #[test]
    fn each_form_of_a_path() {
        let rows = [
            (FieldPath::of(&["data", "token"]), "data.token", "data.token", "/data/token", "f:data f:token"),
            (
                FieldPath::of(&["metadata", "labels", "konghq.com/a~b"]),
                "metadata.labels.konghq.com/a~b",
                "labels.\"konghq.com/a~b\"",
                "/metadata/labels/konghq.com~1a~0b",
                "f:metadata f:labels f:konghq.com/a~b",
            ),
            (
                FieldPath::of(&["metadata", "annotations", "x"]),
                "metadata.annotations.x",
                "annotations.\"x\"",
                "/metadata/annotations/x",
                "f:metadata f:annotations f:x",
            ),
            (
                FieldPath::of(&["spec", "secretRef", "name"]),
                "spec.secretRef.name",
                "spec.secretRef.name",
                "/spec/secretRef/name",
                "f:spec f:secretRef f:name",
            ),
        ];
        for (path, dotted, short, pointer, managed) in rows {
            assert_eq!(plain(&path.dotted()), dotted);
            assert_eq!(plain(&path.short()), short);
            assert_eq!(path.json_pointer(), pointer);
            let elements: Vec<String> = path.elements().iter().map(|element| element.expose().to_owned()).collect();
            assert_eq!(path.segments().iter().map(plain).collect::<Vec<_>>(), elements);
            assert_eq!(path.managed_fields_keys().collect::<Vec<_>>().join(" "), managed);
        }
    }

    #[test]
    fn what_somebody_chose_is_one_text_from_outside() {
        assert_eq!(FieldPath::of(&["metadata", "labels", "a.b"]).dotted().own_words(), "metadata.labels.…");
        assert_eq!(FieldPath::of(&["metadata", "labels", "a", "b"]).dotted().own_words(), "…");
        assert_eq!(FieldPath::of(&["spec", "a"]).dotted().own_words(), "…");
    }

    #[test]
    fn in_the_order_of_a_plan() {
        let sorted = [
            FieldPath::of(&["data", "z"]),
            FieldPath::of(&["metadata", "labels", "b"]),
            FieldPath::of(&["metadata", "annotations", "a"]),
            FieldPath::of(&["data", "a", "b"]),
            FieldPath::of(&["immutable"]),
            FieldPath::of(&["metadata-x"]),
            FieldPath::of(&["metadata", "finalizers"]),
            FieldPath::of(&["spec", "a-b"]),
            FieldPath::of(&["spec", "a", "b"]),
        ];
        assert!(sorted.is_sorted(), "{sorted:?}");
    }

    #[test]
    fn above_and_below() {
        let token = FieldPath::of(&["data", "token"]);
        assert!(token.is_under(&["data"]) && token.is_under(&["data", "token"]) && !token.is_under(&["data", "token", "x"]));
        assert!(token.parent().is_some_and(|data| token.is_below(&data) && !data.is_below(&token) && data.parent().is_none()));
        assert!(!token.is_below(&token) && !token.is_under(&["dat"]));
    }
}
