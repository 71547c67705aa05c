//! From a request to its answer: which method on which resource it is, and whether the caller may.

use jiff::Timestamp;

use super::list;
use super::request::{Request, Route};
use super::rights::Caller;
use super::selector::Selection;
use super::status::{Refusal, Response};
use super::store::Store;

/// One request being answered.
pub(crate) struct RequestContext<'a> {
    pub store: &'a mut Store,
    pub request: &'a Request,
    pub caller: &'a Caller,
    pub now: Timestamp,
    pub warnings: Vec<String>,
    /// The body's object has `data: {}`.
    pub hollow_data: bool,
}

/// Answers one request. Nothing but the store changes, and no clock is read: the same calls give the same answers.
#[must_use]
pub fn handle(store: &mut Store, request: &Request, caller: &Caller, now: Timestamp) -> Response {
    let mut call = RequestContext { store, request, caller, now, warnings: Vec::new(), hollow_data: false };
    let mut answer = call.answer().unwrap_or_else(Response::from);
    answer.warnings = call.warnings;
    answer
}

impl RequestContext<'_> {
    fn answer(&mut self) -> Result<Response, Refusal> {
        let (kind, namespace, name) = match self.request.route() {
            Route::Other(path) => return self.other(&path),
            Route::Unknown { resource, namespace, name } => {
                self.authorize_resource(self.verb(name.is_empty()), &resource, &namespace, &name)?;
                return Err(Refusal::no_such_resource());
            }
            Route::Resource { kind, namespace, name } => (kind, namespace, name),
        };
        let collection = name.is_empty();
        let verb = self.verb(collection);
        let asked = if matches!(verb, "list" | "deletecollection") { Selection::name(self.request) } else { &name };
        self.authorize(verb, kind, &namespace, asked)?;
        let everywhere = kind.namespaced() && namespace.is_empty();
        let shape = self.request.shape();
        let (code, body) = match (verb, collection) {
            ("create", true) if !everywhere => shape.clone().and_then(|_| self.post(kind, &namespace)),
            ("list", true) => shape.clone().and_then(|_| self.list(kind, &namespace)),
            ("deletecollection", true) if kind.namespaced() && !everywhere => {
                shape.clone().and_then(|_| self.delete_all(kind, &namespace))
            }
            ("get", false) => shape.clone().and_then(|_| self.get(kind, &namespace, &name)),
            ("update", false) => shape.clone().and_then(|_| self.put(kind, &namespace, &name)),
            ("patch", false) => self.patch(kind, &namespace, &name),
            ("delete", false) => shape.clone().and_then(|_| self.delete(kind, &namespace, &name)),
            _ => Err(Refusal::method_not_allowed()),
        }?;
        Ok(Response::json(code, list::shaped(kind, shape?, body)?))
    }

    /// The verb that rights speak of.
    fn verb(&self, collection: bool) -> &'static str {
        match self.request.method.as_str() {
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
