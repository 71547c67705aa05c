//! Spec → Desired: the objects that a spec wants.

use super::{Object, Spec};
use crate::desired::{Desired, DesiredObject, WantedValue};
use crate::object::{ObjectRef, ResourceType, Scope, SpecId};
use crate::outside::Outside;

impl Spec {
    /// The wanted objects.
    #[must_use]
    pub fn desired(&self, spec: SpecId) -> Desired {
        let managed = self.objects.iter().filter(|(resource, _)| self.manage_namespace || !resource.is_namespace());
        Desired { spec, objects: managed.map(|(resource, object)| desired(resource, object, self.namespace())).collect() }
    }
}

fn desired(resource: &'static ResourceType, from: &Object, namespace: &Outside) -> DesiredObject {
    let Object { name, fields } = from;
    let plain = |value: &Outside| WantedValue::Plain(value.clone());
    let defaults = resource.default_fields().map(|(path, value)| (path, WantedValue::Plain(value.into())));
    let token = resource.token_path().map(|path| (path, WantedValue::Token));
    let own = fields.iter().map(|(path, value)| (path.clone(), plain(value)));
    DesiredObject {
        object: ObjectRef {
            resource,
            namespace: (resource.scope == Scope::Namespaced).then(|| namespace.clone()),
            name: name.clone(),
        },
        // The spec's own come last: they may override.
        fields: defaults.chain(token).chain(own).collect(),
    }
}
