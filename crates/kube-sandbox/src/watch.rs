//! GET with `watch`: which changes a client is told of, and how. When it is told, and of what, is a matter of [`crate::watching`].

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cause::Cause;
use super::context::RequestContext;
use super::go_format::go_quote;
use super::history::{Change, Gone};
use super::list::{shaped, version_fault};
use super::object::{self, meta, set_meta};
use super::request::{Request, Shape};
use super::resource::Resource;
use super::selector::Selection;
use super::status::Refusal;

/// How long a watch lasts that does not say so itself. A real server takes a random time of 30 to 60 minutes.
const USUAL_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// No watch lasts longer: what can be asked for has no end.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a client wants to be told of.
#[derive(Clone, Debug)]
pub struct Watch {
    resource: &'static Resource,
    namespace: String,
    selection: Selection,
    shape: Shape,
    first: Vec<Value>,
    /// Whether an event of it was made: the first table alone says what its columns mean.
    begun: bool,
    start: (u64, u64),
    /// Whether it may be told how far it is where there is nothing to tell.
    pub bookmarks: bool,
    /// When it ends.
    pub timeout: Duration,
}

impl PartialEq for Watch {
    /// Two watches are equal if they begin in the same way.
    fn eq(&self, other: &Self) -> bool {
        (self.resource, &self.namespace, &self.first, self.start) == (other.resource, &other.namespace, &other.first, other.start)
    }
}

impl Request {
    /// Whether a GET of a collection asks for a watch.
    pub(super) fn wants_watch(&self) -> bool {
        self.param("watch").is_some_and(is_true)
    }
}

/// As in the server's own conversion, anything but `false` and `0` is true.
fn is_true(text: &str) -> bool {
    !text.eq_ignore_ascii_case("false") && text != "0"
}

impl RequestContext<'_> {
    /// Begins a watch.
    pub(super) fn watch(&self, resource: &'static Resource, namespace: &str) -> Result<Watch, Refusal> {
        let shape = self.request.shape()?;
        let selection = Selection::of(resource, self.request)?;
        let timeout = self.timeout()?;
        let initial = self.initial_events()?;
        let version = self.request.param("resourceVersion").unwrap_or_default();
        if let Some(fault) = version_fault(Some(version)) {
            return Err(Refusal::internal(fault));
        }
        let after: u64 = version.parse().unwrap_or_default();
        let bookmarks = self.request.param("allowWatchBookmarks").is_some_and(is_true);
        let history = self.store.history();
        let mut watch = Watch {
            resource,
            namespace: namespace.to_owned(),
            selection,
            shape,
            first: Vec::new(),
            begun: false,
            start: (history.era(), if after == 0 { self.store.revision() } else { after }),
            bookmarks,
            timeout,
        };
        if initial {
            watch.start.1 = self.store.revision();
            let there: Vec<&Value> = self.store.list(resource, namespace).filter(|object| watch.selection.has(object)).collect();
            watch.first = there.into_iter().filter_map(|object| watch.told("ADDED", object.clone(), self.now)).collect();
            if bookmarks {
                let mut end = watch.position(self.store.revision());
                set_meta(&mut end, "annotations", Some(json!({"k8s.io/initial-events-end": "true"})));
                let last = watch.told("BOOKMARK", end, self.now);
                watch.first.extend(last);
            }
        }
        Ok(watch)
    }

    /// Whether what is there already is to be told first. That is so where no version to begin at is named, too.
    fn initial_events(&self) -> Result<bool, Refusal> {
        const FIELD: &str = "resourceVersionMatch";
        const ONLY: &str = "NotOlderThan";
        let param = |key: &str| self.request.param(key).unwrap_or_default();
        let (mut initial, mut wanted) = (self.request.param("sendInitialEvents").map(is_true), param(FIELD));
        if initial.is_none() && wanted.is_empty() && ["", "0"].contains(&param("resourceVersion")) {
            (initial, wanted) = (Some(true), ONLY);
        }
        let mut causes = Vec::new();
        if initial.is_some() && wanted != ONLY {
            causes.push(Cause::forbidden(FIELD, &format!("sendInitialEvents requires setting resourceVersionMatch to {ONLY}")));
        }
        if !wanted.is_empty() {
            if initial.is_none() {
                let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
                causes.push(Cause::forbidden(FIELD, why));
            }
            if wanted != ONLY {
                causes.push(Cause::not_supported(FIELD, &format!("{wanted:?}"), &format!("{ONLY:?}")));
            }
            if !param("continue").is_empty() {
                causes.push(Cause::forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided"));
            }
        }
        if causes.is_empty() {
            return Ok(initial == Some(true));
        }
        Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &causes))
    }

    fn timeout(&self) -> Result<Duration, Refusal> {
        let Some(text) = self.request.param("timeoutSeconds").filter(|text| !text.is_empty()) else { return Ok(USUAL_TIMEOUT) };
        let seconds: i64 = text.parse().map_err(|_| {
            let quoted = go_quote(text);
            Refusal::bad_request(format!("strconv.ParseInt: parsing {quoted}: invalid syntax"))
        })?;
        Ok(u64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map_or(USUAL_TIMEOUT, Duration::from_secs)
            .min(LONGEST_TIMEOUT))
    }
}

impl Watch {
    /// The events of what is there already, if it asks for them.
    #[must_use]
    pub fn first(&self) -> &[Value] {
        &self.first
    }

    /// The era and the revision after which changes are told.
    #[must_use]
    pub const fn start(&self) -> (u64, u64) {
        self.start
    }

    /// The event of a change. `None` if it is no concern of this watch.
    #[must_use]
    pub fn event(&mut self, change: &Change, now: Timestamp) -> Option<Value> {
        let Change { revision, row, old, new } = change;
        if *row != self.resource.row() {
            return None;
        }
        let chosen = |object: &&Value| {
            let here = self.namespace.is_empty() || meta(object, "namespace") == self.namespace;
            here && self.selection.has(object)
        };
        match (old.as_ref().filter(chosen), new.as_ref().filter(chosen)) {
            (None, None) => None,
            (None, Some(new)) => self.told("ADDED", new.clone(), now),
            (Some(_), Some(new)) => self.told("MODIFIED", new.clone(), now),
            // Also where it is no longer selected: as it was, with the version of the change.
            (Some(old), None) => {
                let mut last = old.clone();
                set_meta(&mut last, "resourceVersion", Some(json!(revision.to_string())));
                self.told("DELETED", last, now)
            }
        }
    }

    /// The event that says how far the watch is.
    #[must_use]
    pub fn bookmark(&mut self, revision: u64, now: Timestamp) -> Option<Value> {
        self.told("BOOKMARK", self.position(revision), now)
    }

    /// The event with which a watch ends that is too far behind.
    #[must_use]
    pub fn expired(revision: u64, gone: Gone) -> Value {
        let message = format!("too old resource version: {revision} ({})", gone.floor);
        json!({"type": "ERROR", "object": Refusal::new(410, "Expired", message, None).into_body()})
    }

    fn position(&self, revision: u64) -> Value {
        let mut object = object::empty(self.resource);
        set_meta(&mut object, "resourceVersion", Some(json!(revision.to_string())));
        object
    }

    /// `None`: it has no such shape, as where the metadata of a list is wanted. A real server says nothing then.
    fn told(&mut self, what: &str, object: Value, now: Timestamp) -> Option<Value> {
        let mut shown = shaped(self.resource, self.shape, object, now).ok()?;
        if matches!(self.shape, Shape::Table(_)) && self.begun {
            shown["columnDefinitions"] = Value::Null;
        }
        self.begun = true;
        Some(json!({"type": what, "object": shown}))
    }
}
