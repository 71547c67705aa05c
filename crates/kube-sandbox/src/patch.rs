//! PATCH: choosing the kind of patch.

use serde_json::Value;

use super::context::RequestContext;
use super::request::OptionsOf;
use super::resource::Resource;
use super::status::Refusal;
use super::write::{WriteTarget, match_name, match_namespace};

impl RequestContext<'_> {
    /// Patches one object.
    pub(super) fn patch(&mut self, resource: &'static Resource, namespace: &str, name: &str) -> Result<(u16, Value), Refusal> {
        let merge: fn(&mut Self, &WriteTarget, &[u8], &Value) -> Result<Value, Refusal> = match self.request.media_type() {
            "application/apply-patch+yaml" => return self.apply(resource, namespace, name),
            "application/merge-patch+json" => Self::merged,
            #[cfg(feature = "kubectl")]
            "application/strategic-merge-patch+json" => Self::strategic,
            _ => return Err(Refusal::unsupported_patch()),
        };
        let body = self.request.checked_body()?.to_vec();
        let options = self.request.options(OptionsOf::Patch)?;
        let target = WriteTarget { resource, namespace: namespace.to_owned(), name: name.to_owned(), options };
        let Some(live) = self.store.get(resource, namespace, name).cloned() else {
            return Err(Refusal::not_found(resource, name));
        };
        let mut new = merge(self, &target, &body, &live)?;
        self.track(&target, &live, &mut new);
        match_namespace(resource, namespace, &mut new)?;
        match_name(&new, name)?;
        Ok((200, self.update(&target, &live, new)?))
    }
}
