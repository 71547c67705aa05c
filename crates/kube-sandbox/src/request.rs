//! Requests: from path to route, from query to options, from headers to formats.

use super::cause::Cause;
use super::go_format::go_quote;
use super::resource::Resource;
use super::status::Refusal;

/// The most bytes of a body that are accepted.
const MAX_BYTES: usize = 3 * 1024 * 1024;

/// One HTTP request with its whole body.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// The query's parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// An object or a collection of a resource. A collection with an empty namespace is that of all namespaces.
    Resource {
        /// The resource.
        resource: &'static Resource,
        /// The namespace, or "".
        namespace: String,
        /// The name, or "" for the collection.
        name: String,
    },
    /// A path that is not of a resource, such as health, version or a review.
    Other(String),
    /// A path in a known API group that means nothing. Authorization still takes it for a resource.
    Unknown {
        /// The API group.
        group: String,
        /// The plural in the path.
        resource: String,
        /// The namespace, or "".
        namespace: String,
        /// The name, or "".
        name: String,
    },
}

/// What to do about fields that the server doesn't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are dropped.
    Ignore,
    /// They are dropped, with a warning: the default.
    Warn,
    /// They are an error.
    Strict,
}

/// The options of a write.
#[derive(Clone, Debug)]
pub struct Options {
    /// `dryRun=All`.
    pub dry_run: bool,
    /// `fieldManager`, or the part of the user agent before its first `/`.
    pub manager: String,
    /// `fieldValidation`.
    pub validation: FieldValidation,
    /// `force`.
    pub force: bool,
}

/// Which rules apply to the options, and what errors call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsOf {
    /// POST.
    Create,
    /// PUT.
    Update,
    /// PATCH by a merge patch.
    Patch,
    /// PATCH by server-side apply.
    Apply,
}

/// Which representation of an object the client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The whole object.
    Whole,
    /// Only its metadata.
    Metadata,
    /// Only the metadata of each object of a list.
    MetadataList,
    /// A table, as `kubectl get` shows.
    Table(RowObject),
}

/// What a row says of its object besides its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowObject {
    /// Its metadata.
    Metadata,
    /// All of it.
    Whole,
    /// Nothing.
    Nothing,
}

impl Request {
    /// Builds one from a method, a path with its query, and a body.
    #[must_use]
    pub fn new(method: &str, path_and_query: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(key, true), decoded(value, true))
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.split('&').filter(|part| !part.is_empty()).map(pair).collect(),
            body: body.into(),
            ..Self::default()
        }
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn param(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn params(&self, key: &str) -> Vec<&str> {
        self.query.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect()
    }

    /// What the path means.
    #[must_use]
    pub fn route(&self) -> Route {
        let parts: Vec<String> = self.path.split('/').skip(1).map(|part| decoded(part, false)).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => ("", "", &[][..]),
        };
        if !Resource::serves(group, version) {
            return Route::Other(self.path.trim_end_matches('/').to_owned());
        }
        let known = |resource, namespace: &str, name: &str| Route::Resource {
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let unknown = |plural: &str, namespace: &str, rest: &[&str]| Route::Unknown {
            group: group.to_owned(),
            resource: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: rest.first().copied().unwrap_or_default().to_owned(),
        };
        match rest {
            ["namespaces", namespace, plural, rest @ ..] if !namespace.is_empty() => {
                match (Resource::at(group, version, plural), rest) {
                    (Some(found), []) if found.namespaced() => known(found, namespace, ""),
                    (Some(found), [name]) if found.namespaced() && !name.is_empty() => known(found, namespace, name),
                    _ => unknown(plural, namespace, rest),
                }
            }
            [plural, rest @ ..] if !plural.is_empty() => match (Resource::at(group, version, plural), rest) {
                (Some(found), []) => known(found, "", ""),
                (Some(found), [name]) if !found.namespaced() && !name.is_empty() => known(found, "", name),
                _ => unknown(plural, "", rest),
            },
            _ => Route::Other(self.path.trim_end_matches('/').to_owned()),
        }
    }

    /// The body, if it isn't too large.
    pub fn checked_body(&self) -> Result<&[u8], Refusal> {
        if self.body.len() > MAX_BYTES {
            let message = format!("Request entity too large: limit is {MAX_BYTES}");
            return Err(Refusal::new(413, "RequestEntityTooLarge", message, None));
        }
        Ok(&self.body)
    }

    /// The media type of the body without parameters, or "".
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim()
    }

    /// The shape that the `Accept` header asks for. YAML and protobuf are not offered: clients that also accept JSON get that.
    pub fn shape(&self) -> Result<Shape, Refusal> {
        let accept = self.accept.as_deref().unwrap_or_default();
        if accept.trim().is_empty() {
            return Ok(Shape::Whole);
        }
        for clause in accept.split(',') {
            let mut parts = clause.split(';').map(str::trim);
            if !matches!(parts.next(), Some("application/json" | "*/*" | "application/*")) {
                continue;
            }
            let params: Vec<(&str, &str)> = parts.filter_map(|p| p.split_once('=')).collect();
            let param = |key: &str| params.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
            match (param("as"), param("g"), param("v")) {
                (None, ..) => return Ok(Shape::Whole),
                (Some("PartialObjectMetadata"), Some("meta.k8s.io"), Some("v1")) => return Ok(Shape::Metadata),
                (Some("PartialObjectMetadataList"), Some("meta.k8s.io"), Some("v1")) => return Ok(Shape::MetadataList),
                (Some("Table"), Some("meta.k8s.io"), Some("v1")) => return self.row_object().map(Shape::Table),
                _ => {}
            }
        }
        let mut message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf".to_owned();
        if self.wants_watch() {
            message.push_str(", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
        }
        Err(Refusal::new(406, "NotAcceptable", message, Some(serde_json::json!({}))))
    }

    /// What `includeObject` wants of a table.
    fn row_object(&self) -> Result<RowObject, Refusal> {
        match self.param("includeObject").unwrap_or_default() {
            "" | "Metadata" => Ok(RowObject::Metadata),
            "Object" => Ok(RowObject::Whole),
            "None" => Ok(RowObject::Nothing),
            other => {
                let fault = format!("Invalid value: {}: must be 'Metadata', 'Object', 'None', or empty", go_quote(other));
                Err(Refusal::bad_request(format!("Unable to convert to Table as requested: includeObject: {fault}")))
            }
        }
    }

    /// The options of a write, or 422 with everything that is wrong with them.
    pub fn options(&self, of: OptionsOf) -> Result<Options, Refusal> {
        let manager = self.param("fieldManager").unwrap_or_default();
        let mut causes = Vec::new();
        match (of, self.param("force")) {
            (OptionsOf::Apply, _) if manager.is_empty() => {
                causes.push(Cause::required("fieldManager", "is required for apply patch"));
            }
            (OptionsOf::Patch, Some(_)) => causes.push(Cause::forbidden("force", "may not be specified for non-apply patch")),
            _ => {}
        }
        if manager.len() > 128 {
            causes.push(Cause::too_long("fieldManager", 128));
        }
        for (at, c) in manager.char_indices().filter(|(_, c)| c.is_control()) {
            let why = format!("invalid character U+{:04X} (at position {at})", c as u32);
            causes.push(Cause::invalid("fieldManager", manager, &why));
        }
        let dry_run = dry_run(&self.params("dryRun"), &mut causes);
        let validation = match self.param("fieldValidation").unwrap_or_default() {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let supported = "\"\", \"Ignore\", \"Strict\", \"Warn\"";
                causes.push(Cause::not_supported("fieldValidation", &format!("{other:?}"), supported));
                FieldValidation::Warn
            }
        };
        if !causes.is_empty() {
            let kind = match of {
                OptionsOf::Create => "CreateOptions",
                OptionsOf::Update => "UpdateOptions",
                OptionsOf::Patch | OptionsOf::Apply => "PatchOptions",
            };
            return Err(Refusal::invalid("meta.k8s.io", kind, "", &causes));
        }
        // As in the server's own conversion, anything but "false" and "0" is true.
        let force = self.param("force").is_some_and(|v| !v.eq_ignore_ascii_case("false") && v != "0");
        let manager = if manager.is_empty() { self.agent() } else { manager.to_owned() };
        Ok(Options { dry_run, manager, validation, force })
    }

    /// The user agent up to its first `/`: the default field manager.
    fn agent(&self) -> String {
        let agent = self.user_agent.as_deref().unwrap_or_default();
        let name = agent.split('/').next().unwrap_or_default();
        name.chars().filter(|c| !c.is_control()).take(128).collect()
    }
}

/// Whether these values ask for a dry run. Anything but `All` is an error.
pub(super) fn dry_run(values: &[&str], causes: &mut Vec<Cause>) -> bool {
    if values.iter().any(|v| *v != "All") {
        let shown: Vec<String> = values.iter().map(|v| format!("{v:?}")).collect();
        causes.push(Cause::not_supported("dryRun", &format!("[{}]", shown.join(",")), "\"All\""));
    }
    !values.is_empty()
}

/// Decodes percent-encoding.
fn decoded(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = || std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok().and_then(|h| u8::from_str_radix(h, 16).ok());
        match (byte, hex()) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 3;
                continue;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
