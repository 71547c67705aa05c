//! The value of `--take-over`: the key of the spec that names the object, and the field as a plan shows it.

use super::values::wrong;
use crate::desired::FieldOfType;
use crate::object::{RESOURCE_TYPES, ResourceType};

/// What is written where it is not known what was meant.
const FORMS: &str = "write the key of the object and the field, as the plan shows it: secret.data.token, secret.labels.\"konghq.com/secret\", namespace.annotations.\"team\"";

/// Reads a field. No message repeats what was typed: clap does, through the door.
pub(super) fn take_over(text: &str) -> Result<FieldOfType, String> {
    let text = text.trim();
    let of_kind = |resource: &'static ResourceType| {
        let field = resource.field_to_take_over(text.strip_prefix(resource.spec_key)?.strip_prefix('.')?)?;
        Some(FieldOfType { resource, field })
    };
    if let Some(found) = RESOURCE_TYPES.iter().find_map(of_kind) {
        return Ok(found);
    }
    // A plan shows the field below the object's title. Where only one type has such a field it is clear which is meant.
    let mut bare = RESOURCE_TYPES.iter().filter_map(|resource| Some((resource, resource.field_to_take_over(text)?)));
    match (bare.next(), bare.next()) {
        (Some((resource, field)), None) => Ok(FieldOfType { resource, field }),
        (Some(_), Some(_)) => {
            let hint = format!("put the key of the object in front: {}", keys());
            Err(wrong("more than one object can have this field", &hint))
        }
        (None, _) => {
            let hint = nearest(text).map_or_else(|| FORMS.to_owned(), |known| format!("did you mean {known}?"));
            Err(wrong("not a field that can be taken over", &hint))
        }
    }
}

/// The keys of the spec that name objects, as they begin a field.
fn keys() -> String {
    RESOURCE_TYPES.iter().map(|of| format!("{}.", of.spec_key)).collect::<Vec<_>>().join(" or ")
}

/// The field that is most like what was typed, of those that every spec has.
fn nearest(text: &str) -> Option<String> {
    let of_type = |of: &'static ResourceType| {
        let token = of.token.map(|path| format!("{}.{}", of.spec_key, path.join(".")));
        let labels = of.default_labels.iter().map(|(key, _)| format!("{}.labels.\"{key}\"", of.spec_key));
        token.into_iter().chain(labels)
    };
    let known: Vec<String> = RESOURCE_TYPES.iter().flat_map(of_type).collect();
    let candidates: Vec<&str> = known.iter().map(String::as_str).collect();
    similar::get_close_matches(text.to_lowercase().as_str(), &candidates, 1, 0.8).first().map(|known| (*known).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_plan_shows_is_read() {
        let rows = [
            ("secret.data.token", "Secret", "/data/token"),
            ("data.token", "Secret", "/data/token"),
            ("secret.metadata.labels.konghq.com/secret", "Secret", "/metadata/labels/konghq.com~1secret"),
            ("secret.metadata.labels.\"konghq.com/secret\"", "Secret", "/metadata/labels/konghq.com~1secret"),
            ("secret.labels.\"konghq.com/secret\"", "Secret", "/metadata/labels/konghq.com~1secret"),
            ("secret.labels.konghq.com/secret", "Secret", "/metadata/labels/konghq.com~1secret"),
            ("namespace.annotations.\"a.b/c\"", "Namespace", "/metadata/annotations/a.b~1c"),
            ("service_account.labels.team", "ServiceAccount", "/metadata/labels/team"),
        ];
        for (text, kind, pointer) in rows {
            let field = take_over(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((field.resource.kind, field.field.json_pointer().as_str()), (kind, pointer), "{text}");
        }
    }

    /// Whatever konnect plans for a field that every spec has, and for those that a spec can add.
    #[test]
    fn every_field_of_a_plan_is_read_as_it_is_shown() {
        let door = crate::view::Door::default();
        for of in RESOURCE_TYPES {
            let added = of.spec_maps().map(|(_, rule)| crate::field_path::FieldPath::of(rule.path).child("example.com/a.b_c-D"));
            for field in of.token_path().into_iter().chain(of.default_fields().map(|(field, _)| field)).chain(added) {
                for shown in [door.line(field.short()), door.line(field.dotted())] {
                    let read = take_over(&format!("{}.{shown}", of.spec_key)).unwrap_or_else(|why| panic!("{shown}: {why}"));
                    assert_eq!((read.resource, &read.field), (of, &field), "{shown}");
                }
            }
        }
    }

    #[test]
    fn what_names_no_field_is_answered_with_one_that_does() {
        let rows = [
            ("labels.\"konghq.com/secret\"", "put the key of the object in front: namespace. or service_account. or secret."),
            ("secret.data.tokn", "did you mean secret.data.token?"),
            ("secret.token", "did you mean secret.data.token?"),
            ("Secret.data.token", "did you mean secret.data.token?"),
            ("secret.labels.\"konghq.com/secret", "did you mean secret.labels.\"konghq.com/secret\"?"),
            ("namespace.metadata.labels.", "write the key of the object and the field"),
            ("", "write the key of the object and the field"),
            ("secret", "write the key of the object and the field"),
        ];
        for (text, expected) in rows {
            let why = take_over(text).expect_err(text);
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}
