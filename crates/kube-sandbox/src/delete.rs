//! DELETE: preconditions, finalizers, and resources that only start to terminate.

use serde_json::{Value, json};

use super::context::RequestContext;
use super::delete_options::{self, DeleteOptions};
use super::finalizers::{FOREGROUND, ORPHAN};
use super::go_format::go_quote;
use super::object::{self, meta, set_meta};
use super::resource::{Deletion, Resource};
use super::selector::Selection;
use super::status::{self, Refusal};
use super::write::not_an_object;
use super::{clock, json::Doc, lifecycle};

impl RequestContext<'_> {
    /// Deletes one object.
    pub(super) fn delete(&mut self, resource: &Resource, namespace: &str, name: &str) -> Result<(u16, Value), Refusal> {
        let options = self.delete_options()?;
        let Some(live) = self.store.get(resource, namespace, name).cloned() else {
            return Err(Refusal::not_found(resource, name));
        };
        if resource.deletion == Deletion::Terminates {
            return self.terminate(resource, name, live, &options);
        }
        let (object, gone) = self.delete_one(resource, live, &options)?;
        let code = if !gone && options.orphan_dependents == Some(false) { 202 } else { 200 };
        if gone && resource.deletion == Deletion::AnswersStatus && !meta(&object, "uid").is_empty() {
            let mut details = status::details(resource, name);
            details["uid"] = json!(meta(&object, "uid"));
            let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
            return Ok((code, body));
        }
        Ok((code, object))
    }

    /// Deletes all selected objects and answers with the list of them.
    pub(super) fn delete_all(&mut self, resource: &'static Resource, namespace: &str) -> Result<(u16, Value), Refusal> {
        let options = self.delete_options()?;
        let selection = Selection::of(resource, self.request)?;
        let found: Vec<Value> = self.store.list(resource, namespace).filter(|o| selection.has(o)).cloned().collect();
        let list = self.list_of(resource, found.clone());
        for object in found {
            self.delete_one(resource, object, &options)?;
        }
        Ok((200, list))
    }

    /// Reads the options from the body, or from the query if there is no body.
    fn delete_options(&self) -> Result<DeleteOptions, Refusal> {
        let body = self.request.checked_body()?;
        let options = if body.is_empty() {
            let param = |key: &str| self.request.param(key).filter(|v| !v.is_empty());
            let mut out = json!({});
            if let Some(policy) = param("propagationPolicy") {
                out["propagationPolicy"] = json!(policy);
            }
            if let Some(orphan) = param("orphanDependents") {
                out["orphanDependents"] = json!(orphan != "false" && orphan != "0");
            }
            let dry: Vec<&str> = self.request.query.iter().filter(|(k, _)| k == "dryRun").map(|(_, v)| v.as_str()).collect();
            out["dryRun"] = json!(dry);
            out
        } else {
            let body = self.typed_body()?;
            let no_kind = |why: String| Refusal::bad_request(format!("couldn't get version/kind; json parse error: {why}"));
            let doc = Doc::parse(&body).map_err(no_kind)?;
            if !matches!(doc, Doc::Object(_) | Doc::Leaf(Value::Null)) {
                return Err(no_kind(not_an_object(&doc)));
            }
            let sent = doc.value();
            let named = sent.get("kind").and_then(Value::as_str).unwrap_or("DeleteOptions");
            if named != "DeleteOptions" {
                let version = sent.get("apiVersion").and_then(Value::as_str).unwrap_or("meta.k8s.io/v1");
                let (named, version) = (go_quote(named), go_quote(version));
                let message =
                    format!("no kind {named} is registered for version {version} in scheme \"pkg/runtime/scheme.go:111\"");
                return Err(Refusal::bad_request(message));
            }
            object::decode_struct(&delete_options::SCHEMA, &doc).map_err(Refusal::bad_request)?
        };
        DeleteOptions::checked(&options)
    }

    /// Deletes an object, or marks it for deletion if it has finalizers. The flag says whether it is gone.
    pub(super) fn delete_one(
        &mut self,
        resource: &Resource,
        live: Value,
        options: &DeleteOptions,
    ) -> Result<(Value, bool), Refusal> {
        let (namespace, name) = (meta(&live, "namespace").to_owned(), meta(&live, "name").to_owned());
        for (wanted, key, what) in [(&options.uid, "uid", "UID"), (&options.version, "resourceVersion", "ResourceVersion")] {
            let there = meta(&live, key);
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != there) {
                let after = if key == "uid" { "been deleted and then recreated" } else { "been modified" };
                let why = format!(
                    "the {what} in the precondition ({wanted}) does not match the {what} in record ({there}). The object might have {after}"
                );
                return Err(Refusal::precondition(resource, &name, &why));
            }
        }
        let mut object = live.clone();
        set_finalizers(resource, &mut object, options);
        if object["metadata"].get("finalizers").is_some() {
            if object["metadata"].get("deletionTimestamp").is_none() {
                set_meta(&mut object, "deletionTimestamp", Some(json!(clock::written(self.now))));
                if let Some(generation) = object["metadata"].get("generation").and_then(Value::as_i64).filter(|n| *n > 0) {
                    set_meta(&mut object, "generation", Some(json!(generation + 1)));
                }
            }
            set_meta(&mut object, "deletionGracePeriodSeconds", Some(json!(0)));
            if !options.dry_run && object != live {
                object = self.store.put(resource, &namespace, &name, object);
            }
            return Ok((object, false));
        }
        if options.dry_run && live["metadata"].get("finalizers").is_some() {
            // Strange but true: a dry run that removes the last finalizer answers with an empty object.
            return Ok((object::empty(resource), true));
        }
        // The answer is the object as it was stored, including its finalizers.
        let mut object = live;
        if !options.dry_run {
            self.store.remove(resource, &namespace, &name);
            set_meta(&mut object, "resourceVersion", Some(json!(self.store.revision().to_string())));
        }
        Ok((object, true))
    }

    /// Marks the object as terminating. A controller empties and removes it: `controllers`, where they run.
    fn terminate(
        &mut self,
        resource: &Resource,
        name: &str,
        live: Value,
        options: &DeleteOptions,
    ) -> Result<(u16, Value), Refusal> {
        for (wanted, key, what) in [(&options.uid, "uid", "UID"), (&options.version, "resourceVersion", "ResourceVersion")] {
            let there = meta(&live, key);
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != there) {
                let why = format!("Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {there}");
                return Err(Refusal::conflict(resource, name, &why));
            }
        }
        let code = if options.orphan_dependents == Some(false) { 202 } else { 200 };
        if live["metadata"].get("deletionTimestamp").is_some() {
            return Ok((code, live));
        }
        lifecycle::admit_deletion(name)?;
        let mut object = live;
        set_meta(&mut object, "deletionTimestamp", Some(json!(clock::written(self.now))));
        object["status"]["phase"] = json!("Terminating");
        set_finalizers(resource, &mut object, options);
        if !options.dry_run {
            object = self.store.put(resource, "", name, object);
        }
        Ok((code, object))
    }
}

/// Adds and removes the two finalizers that say what happens to dependents.
fn set_finalizers(resource: &Resource, object: &mut Value, options: &DeleteOptions) {
    let list = object["metadata"].get("finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut kept: Vec<Value> = list.iter().filter(|f| *f != ORPHAN && *f != FOREGROUND).cloned().collect();
    for finalizer in [ORPHAN, FOREGROUND] {
        if options.wants(resource, finalizer, list.contains(&json!(finalizer))) {
            kept.push(json!(finalizer));
        }
    }
    set_meta(object, "finalizers", (!kept.is_empty()).then_some(Value::Array(kept)));
}
