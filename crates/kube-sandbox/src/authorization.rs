//! Authorization: refuses what the caller has no right to.

use super::context::RequestContext;
use super::go_format::go_quote;
use super::resource::Resource;
use super::status::Refusal;

impl RequestContext<'_> {
    /// Refuses what the caller may not do.
    pub(super) fn authorize(&self, verb: &str, resource: &Resource, namespace: &str, name: &str) -> Result<(), Refusal> {
        let namespace = resource.namespace_in_rights(namespace, name);
        self.authorize_path(verb, (resource.group, resource.plural), namespace, name)
    }

    /// The same for any path: whether there is such a resource is asked only after authorization.
    pub(super) fn authorize_path(
        &self,
        verb: &str,
        (group, resource): (&str, &str),
        namespace: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        if self.caller.may(verb, resource, namespace, name) {
            return Ok(());
        }
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {}", go_quote(namespace))
        };
        let why = format!(
            "User {} cannot {verb} resource {} in API group {} {place}",
            go_quote(&self.caller.user),
            go_quote(resource),
            go_quote(group)
        );
        Err(Refusal::forbidden_path(group, resource, name, &why, None))
    }
}
