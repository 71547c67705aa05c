//! How a list is narrowed to what konnect wrote, or would write.

use crate::desired::DesiredObject;
use crate::object::{Kept, ResourceType};

/// The labels that all objects of the type get, with the values that the spec wants for them, as the value of `labelSelector`. Empty where the
/// type has none.
#[must_use]
pub fn selector(wanted: &DesiredObject) -> String {
    let labels = wanted.object.resource.default_fields().filter_map(|(path, _)| {
        let value = wanted.texts().find(|(wanted, _)| **wanted == path).map(|(_, value)| value.expose().to_owned())?;
        Some(format!("{}%3D{value}", path.elements().last()?.expose().replace('/', "%2F")))
    });
    labels.collect::<Vec<_>>().join("%2C")
}

/// Whether all that is kept of objects of a type is their metadata.
#[must_use]
pub fn is_known_by_metadata(resource: &ResourceType) -> bool {
    let of_metadata = |path: &[&str]| path.first() == Some(&"metadata");
    resource.all_rules().all(|rule| rule.kept == Kept::Nothing || of_metadata(rule.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    #[test]
    fn what_the_table_says_of_each_type() {
        let text = "namespace = \"a\"\nservice_account = \"b\"\npat_env = \"PAT\"\n[secret]\nname = \"c\"\nlabels = { \"konghq.com/secret\" = \"mine\" }\n";
        let Ok(spec) = spec::parse("konnect.toml", std::path::Path::new("."), text, false) else { panic!("a spec") };
        let desired = spec.desired(crate::object::SpecId::default());
        let selectors: Vec<String> = desired.objects.iter().map(selector).collect();
        assert_eq!(selectors, ["", "", "konghq.com%2Fcredential%3Dkonnect%2Ckonghq.com%2Fsecret%3Dmine"]);
        let by_metadata: Vec<bool> = desired.objects.iter().map(|of| is_known_by_metadata(of.object.resource)).collect();
        assert_eq!(by_metadata, [true, true, false]);
    }
}
