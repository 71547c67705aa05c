//! GET and LIST, of whole objects, of their metadata only, or as a table.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::RequestContext;
use super::go_format::go_quote;
use super::object::{meta, metadata_of};
use super::request::Shape;
use super::resource::Resource;
use super::selector::Selection;
use super::status::Refusal;
use super::table;

impl RequestContext<'_> {
    /// Reads one object.
    pub(super) fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Result<(u16, Value), Refusal> {
        if let Some(fault) = version_fault(self.request.param("resourceVersion")) {
            return Err(Refusal::internal(fault));
        }
        let found = self.store.get(resource, namespace, name).cloned();
        found.map(|object| (200, object)).ok_or_else(|| Refusal::not_found(resource, name))
    }

    /// Lists a collection. `limit` and `continue` page through it by name.
    pub(super) fn list(&self, resource: &'static Resource, namespace: &str) -> Result<(u16, Value), Refusal> {
        let selection = Selection::of(resource, self.request)?;
        if let Some(fault) = version_fault(self.request.param("resourceVersion")) {
            return Err(Refusal::bad_request(format!("invalid resource version: {fault}")));
        }
        let place = |o: &Value| format!("{}/{}", meta(o, "namespace"), meta(o, "name"));
        let after = self.request.param("continue").unwrap_or_default();
        let found = self.store.list(resource, namespace).filter(|o| selection.has(o));
        let found: Vec<&Value> = found.filter(|o| after.is_empty() || place(o).as_str() > after).collect();
        let limit = self.request.param("limit").and_then(|l| l.parse().ok()).filter(|l| *l > 0).unwrap_or(usize::MAX);
        let (page, rest) = found.split_at(found.len().min(limit));
        let mut list = self.list_of(resource, page.iter().map(|o| (*o).clone()).collect());
        if let (false, Some(last)) = (rest.is_empty(), page.last()) {
            list["metadata"]["continue"] = json!(place(last));
            if selection.is_everything() {
                list["metadata"]["remainingItemCount"] = json!(rest.len());
            }
        }
        Ok((200, list))
    }

    /// A list with the newest resourceVersion. Its items have no `kind` and no `apiVersion`.
    pub(super) fn list_of(&self, resource: &Resource, objects: Vec<Value>) -> Value {
        let bare = |mut object: Value| {
            if let Value::Object(members) = &mut object {
                members.remove("kind");
                members.remove("apiVersion");
            }
            object
        };
        json!({
            "kind": format!("{}List", resource.kind),
            "apiVersion": resource.api_version(),
            "metadata": {"resourceVersion": self.store.revision().to_string()},
            "items": objects.into_iter().map(bare).collect::<Vec<_>>(),
        })
    }
}

/// What is wrong with a resourceVersion.
pub(super) fn version_fault(version: Option<&str>) -> Option<String> {
    let version = version.filter(|v| !v.is_empty())?;
    version.parse::<u64>().is_err().then(|| {
        let quoted = go_quote(version);
        format!("resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax")
    })
}

/// The response in the shape that was asked for. As on a real server, a wrong shape is noticed only now, even after a write.
pub fn shaped(resource: &Resource, shape: Shape, body: Value, now: Timestamp) -> Result<Value, Refusal> {
    if shape == Shape::Whole || body["kind"] == "Status" {
        return Ok(body);
    }
    if let Shape::Table(objects) = shape {
        return Ok(table::of(resource, &body, objects, now));
    }
    let unfit = |what: &str, found: String| {
        let message = format!("you requested {what}, but the requested object is {found}");
        Refusal::new(406, "NotAcceptable", message, None)
    };
    match (shape, body.get("items").and_then(Value::as_array)) {
        (Shape::MetadataList, Some(items)) => Ok(json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": body["metadata"],
            "items": items.iter().map(metadata_of).collect::<Vec<_>>(),
        })),
        (Shape::MetadataList, None) => {
            Err(unfit("PartialObjectMetadataList", format!("not a list (*{}.{})", resource.go_package(), resource.kind)))
        }
        (_, Some(_)) => Err(unfit("PartialObjectMetadata", format!("a list (*{}.{}List)", resource.go_package(), resource.kind))),
        (_, None) => Ok(metadata_of(&body)),
    }
}
