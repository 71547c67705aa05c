//! Server-side apply.

use serde_json::{Value, json};

use super::context::RequestContext;
use super::json::Doc;
use super::managed_fields::{Conflict, Managed};
use super::object::{self, meta, set_meta};
use super::request::{FieldValidation, OptionsOf};
use super::resource::Resource;
use super::status::Refusal;
use super::write::{WriteTarget, match_name, match_namespace, parsed_version};
use super::yaml;
use super::{type_check, typed};

/// The annotation of `kubectl apply` without `--server-side`.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl RequestContext<'_> {
    /// Applies the body to the object, or creates the object if there is none.
    pub(super) fn apply(&mut self, resource: &'static Resource, namespace: &str, name: &str) -> Result<(u16, Value), Refusal> {
        let body = self.request.checked_body()?.to_vec();
        let options = self.request.options(OptionsOf::Apply)?;
        let target = WriteTarget { resource, namespace: namespace.to_owned(), name: name.to_owned(), options };
        let live = self.store.get(resource, namespace, name).cloned();
        let mut new = self.applied(&target, &body, live.as_ref().unwrap_or(&object::empty(resource)))?;
        if live.is_none() && !meta(&new, "uid").is_empty() {
            let sent = meta(&new, "uid");
            let why = format!("uid mismatch: the provided object specified uid {sent}, and no existing object was found");
            return Err(Refusal::conflict(resource, name, &why));
        }
        match_namespace(resource, namespace, &mut new)?;
        match_name(&new, name)?;
        match live {
            Some(live) => Ok((200, self.update(&target, &live, new)?)),
            None => {
                self.admit_creation(resource, namespace, name)?;
                parsed_version(meta(&new, "resourceVersion"))?;
                Ok((201, self.create(&target, new, true)?))
            }
        }
    }

    /// The object after the apply.
    fn applied(&mut self, target: &WriteTarget, body: &[u8], live: &Value) -> Result<Value, Refusal> {
        let WriteTarget { resource, options, .. } = target;
        let doc = parsed(body)?;
        let config = match doc.value() {
            Value::Null => json!({}),
            config => config,
        };
        let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
        let (version, named) = (text("apiVersion"), text("kind"));
        if version != resource.api_version() || named != resource.kind {
            let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
            return Err(Refusal::bad_request(format!("invalid object type: {version}, Kind={named}")));
        }
        if config["metadata"].get("managedFields").is_some_and(|m| !m.is_null()) {
            return Err(Refusal::bad_request("metadata.managedFields must be nil"));
        }
        let group_version_kind = resource.group_version_kind();
        let shown = format!("({}/{}; {group_version_kind})", meta(&config, "namespace"), meta(&config, "name"));
        type_check::validate(&resource.schema(), &config)
            .map_err(|why| Refusal::internal(format!("failed to create typed patch object {shown}: {why}")))?;

        let mut bare = live.clone();
        set_meta(&mut bare, "managedFields", None);
        let managed = Managed::decode(live["metadata"].get("managedFields")).unwrap_or_default();
        let mut after = managed.clone();
        let merged = match after.apply(resource, &bare, &config, &options.manager, options.force, self.now) {
            Ok(merged) => merged,
            Err(conflicts) => {
                let left = beyond_last_applied(resource, &bare, &options.manager, conflicts);
                if !left.is_empty() {
                    return Err(conflict(left));
                }
                after = managed;
                after.apply(resource, &bare, &config, &options.manager, true, self.now).unwrap_or_default()
            }
        };
        let mut new = match merged {
            None => bare,
            Some(merged) => {
                let wrong = |why: String| {
                    let what = format!("failed to convert new object {shown} to proper version");
                    let how = format!("unable to convert unstructured object to {group_version_kind}");
                    let by = if why.starts_with("parsing time") { "" } else { "error decoding from json: " };
                    Refusal::internal(format!("{what}: {how}: {by}{why}"))
                };
                let decoded = object::decode(resource, &Doc::from(&merged)).map_err(wrong)?;
                self.hollow = decoded.hollow;
                decoded.object
            }
        };
        if options.manager == "kubectl" && last_applied(&new).is_some() {
            new["metadata"]["annotations"][LAST_APPLIED] = json!(as_last_applied(config));
        }
        set_meta(&mut new, "managedFields", after.encode());
        self.duplicates(&doc, options.validation)?;
        Ok(new)
    }

    fn duplicates(&mut self, doc: &Doc, validation: FieldValidation) -> Result<(), Refusal> {
        let lines: Vec<String> = doc
            .duplicates()
            .iter()
            .filter_map(|text| text.strip_prefix("duplicate field \"")?.strip_suffix('"'))
            .map(|path| format!("line 1: key {:?} already set in map", path.rsplit('.').next().unwrap_or_default()))
            .collect();
        match validation {
            FieldValidation::Strict if !lines.is_empty() => Err(Refusal::bad_request(format!(
                "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {}",
                lines.join("\n  ")
            ))),
            FieldValidation::Warn => {
                self.warnings.extend(lines);
                Ok(())
            }
            FieldValidation::Strict | FieldValidation::Ignore => Ok(()),
        }
    }
}

/// Parses a body. JSON is tried first because its order and duplicate keys are kept; anything else may be YAML.
fn parsed(body: &[u8]) -> Result<Doc, Refusal> {
    let wrong = |why: &str| Refusal::bad_request(format!("error decoding YAML: {why}"));
    let doc = match Doc::parse(body) {
        // The server reads JSON as YAML too, and YAML does not accept all of JSON.
        Ok(doc) => match std::str::from_utf8(body).map_or(Ok(String::new()), yaml::read) {
            Ok(text) if text.as_bytes() == body => doc,
            Ok(text) => Doc::parse(text.as_bytes()).unwrap_or(doc),
            Err(why) => return Err(wrong(&format!("error converting YAML to JSON: yaml: {why}"))),
        },
        Err(_) if body.iter().all(u8::is_ascii_whitespace) => Doc::Leaf(Value::Null),
        Err(_) => serde_saphyr::from_slice::<Doc>(body)
            .map_err(|_| wrong("error converting YAML to JSON: yaml: line 1: did not find expected node content"))?,
    };
    match doc {
        Doc::Object(_) | Doc::Leaf(Value::Null) => Ok(doc),
        other => {
            let target = "map[string]interface {}";
            let why = format!("json: cannot unmarshal {} into Go value of type {target}", other.go_kind());
            Err(wrong(&format!("error unmarshaling JSON: while decoding JSON: {why}")))
        }
    }
}

fn conflict(mut conflicts: Vec<Conflict>) -> Refusal {
    conflicts.sort_by(|a, b| a.owner.cmp(&b.owner));
    let causes: Vec<Value> = conflicts
        .iter()
        .map(|c| json!({"reason": "FieldManagerConflict", "message": format!("conflict with {}", c.owner), "field": c.field}))
        .collect();
    let message = match conflicts.as_slice() {
        [one] => format!("Apply failed with 1 conflict: conflict with {}: {}", one.owner, one.field),
        many => {
            let mut lines: Vec<String> = Vec::new();
            for (i, c) in many.iter().enumerate() {
                if i == 0 || many[i - 1].owner != c.owner {
                    lines.push(format!("conflicts with {}:", c.owner));
                }
                lines.push(format!("- {}", c.field));
            }
            format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
        }
    };
    Refusal::new(409, "Conflict", message, Some(json!({"causes": causes})))
}

fn last_applied(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"].get(LAST_APPLIED)?.as_str().filter(|text| !text.is_empty())
}

/// The conflicts that count. `kubectl apply --server-side` may take over what `kubectl apply` set before.
fn beyond_last_applied(resource: &Resource, live: &Value, manager: &str, conflicts: Vec<Conflict>) -> Vec<Conflict> {
    let allowed = || -> Option<Vec<String>> {
        if manager != "kubectl" {
            return None;
        }
        let applied: Value = serde_json::from_str(last_applied(live)?).ok()?;
        if *applied.get("apiVersion")? != resource.api_version() {
            return None;
        }
        let ty = resource.schema();
        type_check::validate(&ty, &applied).ok()?;
        let changes = typed::FieldDiff::of(ty, &applied, live);
        let set = typed::field_set(&ty, &applied).difference(&changes.modified).difference(&changes.added);
        Some(set.difference(&changes.removed).paths())
    };
    let allowed = allowed().unwrap_or_default();
    conflicts.into_iter().filter(|c| !allowed.contains(&c.field)).collect()
}

fn as_last_applied(mut config: Value) -> String {
    if let Some(Value::Object(annotations)) = config["metadata"].get_mut("annotations") {
        annotations.remove(LAST_APPLIED);
    }
    format!("{config}\n")
}
