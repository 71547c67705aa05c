//! Dispatch: which method on which resource a request is, whether the caller may, and who answers it.

use jiff::Timestamp;

use super::context::RequestContext;
use super::list;
use super::request::{Request, Route};
use super::response::Response;
use super::rights::Caller;
use super::selector::Selection;
use super::status::Refusal;
use super::store::Store;

/// Answers one request. Deterministic: it reads no clock and changes nothing but the store.
#[must_use]
pub fn handle(store: &mut Store, request: &Request, caller: &Caller, now: Timestamp) -> Response {
    let mut call = RequestContext { store, request, caller, now, warnings: Vec::new(), hollow: Vec::new() };
    let mut answer = call.answer().unwrap_or_else(Response::from);
    answer.warnings = call.warnings;
    answer
}

impl RequestContext<'_> {
    fn answer(&mut self) -> Result<Response, Refusal> {
        let (resource, namespace, name) = match self.request.route() {
            Route::Other(path) => return self.other(&path),
            Route::Unknown { group, resource, namespace, name } => {
                self.authorize_path(self.verb(name.is_empty()), (&group, &resource), &namespace, &name)?;
                return Err(Refusal::no_such_resource());
            }
            Route::Resource { resource, namespace, name } => (resource, namespace, name),
        };
        let collection = name.is_empty();
        let verb = self.verb(collection);
        let asked = if matches!(verb, "list" | "watch" | "deletecollection") { Selection::name(self.request) } else { &name };
        self.authorize(verb, resource, &namespace, asked)?;
        if verb == "watch" {
            return self.watch(resource, &namespace).map(Response::watch);
        }
        let everywhere = resource.namespaced() && namespace.is_empty();
        let shape = self.request.shape();
        let (code, body) = match (verb, collection) {
            ("create", true) if !everywhere => shape.clone().and_then(|_| self.post(resource, &namespace)),
            ("list", true) => shape.clone().and_then(|_| self.list(resource, &namespace)),
            ("deletecollection", true) if resource.namespaced() && !everywhere => {
                shape.clone().and_then(|_| self.delete_all(resource, &namespace))
            }
            ("get", false) => shape.clone().and_then(|_| self.get(resource, &namespace, &name)),
            ("update", false) => shape.clone().and_then(|_| self.put(resource, &namespace, &name)),
            ("patch", false) => self.patch(resource, &namespace, &name),
            ("delete", false) => shape.clone().and_then(|_| self.delete(resource, &namespace, &name)),
            _ => Err(Refusal::method_not_allowed()),
        }?;
        Ok(Response::json(code, list::shaped(resource, shape?, body, self.now)?))
    }

    /// The verb as RBAC names it.
    fn verb(&self, collection: bool) -> &'static str {
        match self.request.method.as_str() {
            "GET" if collection && self.request.wants_watch() => "watch",
            "GET" if collection => "list",
            "GET" => "get",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" if collection => "deletecollection",
            "DELETE" => "delete",
            _ => "",
        }
    }
}
