//! POST and PUT, and the one place where objects are created and updated.

use serde_json::{Value, json};

use super::context::RequestContext;
use super::go_format::go_quote;
use super::json::Doc;
use super::managed_fields::Managed;
use super::object::{self, meta, set_meta};
#[cfg(feature = "kubectl")]
use super::protobuf;
use super::request::{FieldValidation, Options, OptionsOf};
use super::resource::{Change, Deletion, Resource, is_core_kind};
use super::status::Refusal;
use super::{clock, validation};

/// The object to write, and the options of the write.
#[derive(Clone, Debug)]
pub(super) struct WriteTarget {
    pub resource: &'static Resource,
    pub namespace: String,
    pub name: String,
    pub options: Options,
}

impl RequestContext<'_> {
    /// Creates an object by POST.
    pub(super) fn post(&mut self, resource: &'static Resource, namespace: &str) -> Result<(u16, Value), Refusal> {
        let body = self.typed_body()?;
        let options = self.request.options(OptionsOf::Create)?;
        let mut new = self.decoded(resource, body, &options)?;
        match_namespace(resource, namespace, &mut new)?;
        for system in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            set_meta(&mut new, system, None);
        }
        if meta(&new, "name").is_empty() && !meta(&new, "generateName").is_empty() {
            let name = format!("{}{}", meta(&new, "generateName"), self.store.mint_suffix());
            set_meta(&mut new, "name", Some(json!(name)));
        }
        let target = WriteTarget { resource, namespace: namespace.to_owned(), name: meta(&new, "name").to_owned(), options };
        self.track(&target, &object::empty(resource), &mut new);
        self.admit_creation(resource, namespace, &target.name)?;
        Ok((201, self.create(&target, new, false)?))
    }

    /// Replaces an object by PUT.
    pub(super) fn put(&mut self, resource: &'static Resource, namespace: &str, name: &str) -> Result<(u16, Value), Refusal> {
        let body = self.typed_body()?;
        let options = self.request.options(OptionsOf::Update)?;
        let mut new = self.decoded(resource, body, &options)?;
        match_namespace(resource, namespace, &mut new)?;
        match_name(&new, name)?;
        let target = WriteTarget { resource, namespace: namespace.to_owned(), name: name.to_owned(), options };
        let Some(live) = self.store.get(resource, namespace, name).cloned() else {
            return Err(Refusal::not_found(resource, name));
        };
        let wanted = meta(&new, "uid");
        if !wanted.is_empty() && wanted != meta(&live, "uid") {
            let place = if resource.namespaced() { format!("{namespace}/{name}") } else { name.to_owned() };
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /registry/{}/{place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {}",
                resource.plural,
                meta(&live, "uid")
            );
            return Err(Refusal::conflict(resource, name, &why));
        }
        self.track(&target, &live, &mut new);
        Ok((200, self.update(&target, &live, new)?))
    }

    /// The body as JSON, if its media type is supported.
    pub(super) fn typed_body(&self) -> Result<Vec<u8>, Refusal> {
        match self.request.media_type() {
            "" | "application/json" => Ok(self.request.checked_body()?.to_vec()),
            "application/yaml" => {
                let body = self.request.checked_body()?;
                let value: Value = serde_saphyr::from_slice(body)
                    .map_err(|_| Refusal::bad_request("error converting YAML to JSON: yaml: not understood"))?;
                Ok(value.to_string().into_bytes())
            }
            #[cfg(feature = "kubectl")]
            protobuf::MEDIA_TYPE => match protobuf::decode(self.request.checked_body()?) {
                Some(value) => Ok(value.to_string().into_bytes()),
                None => Err(Refusal::new(
                    415,
                    "UnsupportedMediaType",
                    "this protobuf holds fields that the sandbox does not know",
                    None,
                )),
            },
            _ => {
                let message = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
                Err(Refusal::new(415, "UnsupportedMediaType", message, None))
            }
        }
    }

    /// Decodes the body of a POST or PUT.
    fn decoded(&mut self, resource: &Resource, body: Vec<u8>, options: &Options) -> Result<Value, Refusal> {
        let unrecognized = |why: String| {
            let what = format!("the object provided is unrecognized (must be of type {})", resource.kind);
            let message = format!("{what}: couldn't get version/kind; json parse error: {why} ({})", summary(&body));
            Refusal::bad_request(message)
        };
        let doc = Doc::parse(&body).map_err(unrecognized)?;
        if !matches!(doc, Doc::Object(_) | Doc::Leaf(Value::Null)) {
            return Err(unrecognized(not_an_object(&doc)));
        }
        let (named, version) = type_of(&doc, resource);
        let short = version.rsplit('/').next().unwrap_or_default();
        let unfit = |why: String| {
            let what = format!("{named} in version {} cannot be handled as a {}", go_quote(short), resource.kind);
            Refusal::bad_request(format!("{what}: {why}"))
        };
        wrong_type(resource, &named, &version).map_err(unfit)?;
        let decoded = object::decode(resource, &doc).map_err(unfit)?;
        self.hollow = decoded.hollow;
        self.complain(options, decoded.complaints, |all| unfit(format!("strict decoding error: {all}")))?;
        Ok(decoded.object)
    }

    /// Ignores, warns of, or refuses unknown and duplicate fields.
    pub(super) fn complain(
        &mut self,
        options: &Options,
        complaints: Vec<String>,
        refusal: impl Fn(String) -> Refusal,
    ) -> Result<(), Refusal> {
        match options.validation {
            FieldValidation::Strict if !complaints.is_empty() => return Err(refusal(complaints.join(", "))),
            FieldValidation::Warn => self.warnings.extend(complaints),
            FieldValidation::Strict | FieldValidation::Ignore => {}
        }
        Ok(())
    }

    /// Updates managedFields after a POST, PUT or merge patch.
    pub(super) fn track(&self, target: &WriteTarget, live: &Value, new: &mut Value) {
        let sent = new["metadata"].get("managedFields").cloned();
        let mut managed = Managed::of_live_or_new(live["metadata"].get("managedFields"), sent.as_ref());
        set_meta(new, "managedFields", None);
        managed.update(target.resource, live, new, &target.options.manager, self.now);
        set_meta(new, "managedFields", managed.encode());
    }

    /// Creates an object. For an apply, authorization to create is checked here, after validation, as a real server does; and a
    /// resourceVersion in the body is ignored, whereas POST refuses it.
    pub(super) fn create(&mut self, target: &WriteTarget, mut new: Value, by_apply: bool) -> Result<Value, Refusal> {
        let WriteTarget { resource, namespace, name, options } = target;
        let uid = self.store.mint_uid();
        set_meta(&mut new, "uid", Some(json!(uid)));
        set_meta(&mut new, "creationTimestamp", Some(json!(clock::written(self.now))));
        (resource.strategy.prepare_for_create)(&mut new);
        let causes = validation::of_create(resource, &new);
        if !causes.is_empty() {
            return Err(Refusal::invalid(resource.group, resource.kind, meta(&new, "name"), &causes));
        }
        (resource.strategy.canonicalize)(&mut new);
        if by_apply {
            self.authorize("create", resource, namespace, name)?;
        }
        let sent = meta(&new, "resourceVersion").to_owned();
        if !by_apply && !options.dry_run && sent.parse::<u64>().is_ok_and(|n| n != 0) {
            return Err(Refusal::internal("resourceVersion should not be set on objects to be created"));
        }
        if let Some(there) = self.store.get(resource, namespace, name) {
            return Err(Refusal::already_exists(resource, name, there["metadata"].get("deletionTimestamp").is_some()));
        }
        if options.dry_run {
            return Ok(new);
        }
        Ok(self.store.put(resource, namespace, name, new))
    }

    /// Updates an existing object.
    pub(super) fn update(&mut self, target: &WriteTarget, live: &Value, mut new: Value) -> Result<Value, Refusal> {
        let WriteTarget { resource, namespace, name, options } = target;
        let sent = parsed_version(meta(&new, "resourceVersion"))?;
        let current = meta(live, "resourceVersion");
        if sent != 0 && sent.to_string() != current {
            return Err(Refusal::modified(resource, name));
        }
        set_meta(&mut new, "resourceVersion", Some(json!(current)));
        self.keep(resource, live, &mut new);
        let causes = validation::of_update(resource, &Change { new: &new, old: live, hollow: &self.hollow });
        if !causes.is_empty() {
            return Err(Refusal::invalid(resource.group, resource.kind, name, &causes));
        }
        (resource.strategy.canonicalize)(&mut new);
        ignore_times(live, &mut new);
        let released = new["metadata"].get("finalizers").is_none() && live["metadata"]["deletionGracePeriodSeconds"] == 0;
        let terminates = resource.deletion == Deletion::Terminates;
        let held = terminates && new["spec"]["finalizers"].as_array().is_some_and(|f| !f.is_empty());
        if released && !held {
            if !options.dry_run {
                self.store.remove(resource, namespace, name);
            }
            return Ok(new);
        }
        if options.dry_run || new == *live {
            return Ok(new);
        }
        Ok(self.store.put(resource, namespace, name, new))
    }

    /// Keeps what an update can't change, and what it leaves out but does not remove.
    fn keep(&self, resource: &Resource, live: &Value, new: &mut Value) {
        let from_live = |key: &str| live["metadata"].get(key).cloned();
        set_meta(new, "generation", from_live("generation"));
        (resource.strategy.prepare_for_update)(new, live);
        set_meta(new, "creationTimestamp", from_live("creationTimestamp"));
        if meta(new, "uid").is_empty() {
            set_meta(new, "uid", from_live("uid"));
        }
        if let Some(time) = from_live("deletionTimestamp") {
            set_meta(new, "deletionTimestamp", Some(time));
        }
        if new["metadata"].get("deletionGracePeriodSeconds").is_none() {
            set_meta(new, "deletionGracePeriodSeconds", from_live("deletionGracePeriodSeconds"));
        }
    }
}

/// If nothing differs but the times of managedFields, the old times are kept: such a write changes nothing.
fn ignore_times(live: &Value, new: &mut Value) {
    let without = |o: &Value| {
        let mut o = o.clone();
        for entry in o["metadata"].get_mut("managedFields").and_then(Value::as_array_mut).into_iter().flatten() {
            entry.as_object_mut().map(|e| e.remove("time"));
        }
        o
    };
    if live["metadata"].get("managedFields").is_some() && without(live) == without(new) {
        *new = live.clone();
    }
}

/// Parses a resourceVersion; "" is 0. The error is Go's.
pub(super) fn parsed_version(text: &str) -> Result<u64, Refusal> {
    if text.is_empty() {
        return Ok(0);
    }
    let wrong = |_| Refusal::internal(format!("strconv.ParseUint: parsing {}: invalid syntax", go_quote(text)));
    text.parse().map_err(wrong)
}

/// The body's namespace, if any, must be that of the path. Cluster-scoped objects lose theirs.
pub(super) fn match_namespace(resource: &Resource, namespace: &str, object: &mut Value) -> Result<(), Refusal> {
    if !resource.namespaced() {
        set_meta(object, "namespace", None);
        return Ok(());
    }
    let sent = meta(object, "namespace");
    if !sent.is_empty() && sent != namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(message));
    }
    set_meta(object, "namespace", Some(json!(namespace)));
    Ok(())
}

/// The body's name must be that of the path.
pub(super) fn match_name(object: &Value, name: &str) -> Result<(), Refusal> {
    match meta(object, "name") {
        "" => Err(Refusal::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ))),
        sent if sent == name => Ok(()),
        sent => Err(Refusal::bad_request(format!("the name of the object ({sent}) does not match the name on the URL ({name})"))),
    }
}

/// Go's message for a body that is no object.
pub(super) fn not_an_object(doc: &Doc) -> String {
    let target = r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
    format!("json: cannot unmarshal {} into Go value of type {target}", doc.go_kind())
}

/// The `kind` and `apiVersion` of a document, or those of the path if they are left out.
pub(super) fn type_of(doc: &Doc, resource: &Resource) -> (String, String) {
    let value = doc.value();
    let text = |key: &str, default: &str| match value.get(key).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => default.to_owned(),
    };
    (text("kind", resource.kind), text("apiVersion", &resource.api_version()))
}

/// Refuses a document of another type than that of the path.
pub(super) fn wrong_type(resource: &Resource, named: &str, version: &str) -> Result<(), String> {
    if version == resource.api_version() && named == resource.kind {
        return Ok(());
    }
    if version == "v1" && is_core_kind(named) {
        return Err(format!("converting (v1.{named}) to ({}.{}): unknown conversion", resource.go_package(), resource.kind));
    }
    let (named, version) = (go_quote(named), go_quote(version));
    Err(format!("no kind {named} is registered for version {version} in scheme \"pkg/runtime/scheme.go:111\""))
}

/// The beginning of a body as the server quotes it.
fn summary(body: &[u8]) -> String {
    let head = &body[..body.len().min(30)];
    let more = if body.len() > 30 { " ..." } else { "" };
    match head.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(head)),
        Some(_) => format!("{}{more}", head.iter().map(|b| format!("{b:02x}")).collect::<String>()),
    }
}
