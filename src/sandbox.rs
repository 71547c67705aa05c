//! The sandbox: an in-process Kubernetes API, to try, teach and test without a cluster.
//!
//! It is a small server, not a script of answers: it holds Namespaces, ServiceAccounts and Secrets, and answers as
//! kube-apiserver v1.36.3 does, request by request, as far as `tests/sandbox_conformance.rs` proves it.
//!
//! A request goes this way: [`request`] reads it, [`rights`] asks whether the caller may, then one of [`list`], [`write`],
//! [`patch`], [`apply`], [`delete`], [`reviews`] or [`discovery`] answers. A write is merged under the [`schema`] ([`typed`],
//! [`fields`]), its owners are noted ([`managed_fields`]), it is checked ([`validation`], [`names`]), and lands in the [`store`],
//! which [`file`] keeps on disk. Refusals are [`status`] bodies.
//!
//! What it hasn't: watch, subresources, JSON patch (415), tables, protobuf, admission policies, and controllers: a deleted
//! namespace stays Terminating, as it does on a server without kube-controller-manager.

mod apply;
mod base64_error;
mod clock;
mod delete;
mod discovery;
pub mod faults;
pub mod fields;
pub mod file;
mod json;
pub mod kind;
pub mod kubeconfig;
mod list;
pub mod managed_fields;
mod names;
mod object;
mod patch;
mod protobuf;
pub mod request;
mod reviews;
pub mod rights;
pub mod schema;
mod selector;
pub mod serve;
pub mod status;
pub mod store;
mod typed;
mod validation;
mod write;
mod yaml;

use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;

use crate::outcome::{Failure, FailureCode};
use crate::outside::Outside;
use crate::text;
use file::StateFile;
use request::{Request, Route};
use rights::{Caller, Rule};
use selector::Selection;
use status::{Answer, Payload, Refusal};
use store::Store;

/// How long a request waits for another process to be done with the state file, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// One request being answered.
pub(crate) struct Call<'a> {
    store: &'a mut Store,
    request: &'a Request,
    caller: &'a Caller,
    now: Timestamp,
    warnings: Vec<String>,
    /// The body's object has `data: {}`.
    hollow_data: bool,
}

/// Answers one request. Nothing but the store changes, and no clock is read: the same calls give the same answers.
#[must_use]
pub fn handle(store: &mut Store, request: &Request, caller: &Caller, now: Timestamp) -> Answer {
    let mut call = Call { store, request, caller, now, warnings: Vec::new(), hollow_data: false };
    let mut answer = call.answer().unwrap_or_else(Answer::from);
    answer.warnings = call.warnings;
    answer
}

impl Call<'_> {
    fn answer(&mut self) -> Result<Answer, Refusal> {
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
        Ok(Answer::json(code, list::shaped(kind, shape?, body)?))
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

enum Place {
    Memory(Mutex<Store>),
    File(StateFile),
}

/// A Kubernetes API in this process: a service to put under a `kube::Client`. Clones share one cluster.
#[derive(Clone)]
pub struct Sandbox {
    place: Arc<Place>,
    caller: Arc<Caller>,
    patience: Duration,
    /// By how much this server's clock is off, in seconds.
    clock_offset: Arc<AtomicI64>,
}

impl Sandbox {
    /// A new cluster that is gone with its last clone.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::at(Place::Memory(Mutex::new(Store::new(random(), Timestamp::now()))))
    }

    /// The cluster kept in a file; a new one where there is no such file.
    ///
    /// # Errors
    /// A folder that can't be made, or a file that is there but isn't a whole sandbox file.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let file = StateFile::new(path)?;
        file.read()?;
        Ok(Self::at(Place::File(file)))
    }

    fn at(place: Place) -> Self {
        Self { place: Arc::new(place), caller: Arc::default(), patience: PATIENCE, clock_offset: Arc::default() }
    }

    /// The same cluster, seen by a user with these rights only.
    #[must_use]
    pub fn with_rights(&self, rules: Vec<Rule>, user: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|g| (*g).to_owned()).collect();
        Self { caller: Arc::new(Caller { user: user.to_owned(), groups, rules: Some(rules) }), ..self.clone() }
    }

    /// The same cluster; a request waits so long for another process that works on the file.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// Sets this server's clock off by so many seconds, for all its clones.
    pub fn set_clock_off(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::SeqCst);
    }

    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let off = SignedDuration::from_secs(self.clock_offset.load(Ordering::SeqCst));
        now.checked_add(off).unwrap_or(now)
    }

    /// Answers one request.
    ///
    /// # Errors
    /// The state file can't be read or written, or another process holds it for too long.
    pub async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let now = self.now();
        match &*self.place {
            Place::Memory(store) => {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(handle(&mut store, request, &self.caller, now))
            }
            Place::File(file) => {
                let lock = self.lock(file).await?;
                let (file, request, caller) = (file.clone(), request.clone(), Arc::clone(&self.caller));
                // A disk may be slow, and its file on another machine.
                let answered = tokio::task::spawn_blocking(move || {
                    let _lock = lock;
                    answer_from(&file, &request, &caller, now)
                });
                answered.await.map_err(|_| Failure::new(FailureCode::SandboxFile, "the sandbox did not come to an answer"))?
            }
        }
    }

    async fn lock(&self, file: &StateFile) -> Result<file::Lock, Failure> {
        let start = Instant::now();
        loop {
            if let Some(lock) = file.try_lock()? {
                return Ok(lock);
            }
            if start.elapsed() >= self.patience {
                let what = text!("the sandbox file {} is in use by another process", Outside::from(file.path()));
                return Err(
                    Failure::new(FailureCode::SandboxLocked, what).hint("wait for the other konnect to end, and try again")
                );
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn answer_from(file: &StateFile, request: &Request, caller: &Caller, now: Timestamp) -> Result<Answer, Failure> {
    let mut store = file.read()?.unwrap_or_else(|| Store::new(random(), now));
    let before = store.revision();
    let answer = handle(&mut store, request, caller, now);
    if store.revision() != before || !file.path().exists() {
        file.write(&store)?;
    }
    Ok(answer)
}

/// A seed for uids. They only have to differ, so the standard library's randomness does.
fn random() -> u64 {
    RandomState::new().hash_one(Timestamp::now().as_nanosecond())
}

impl tower::Service<http::Request<Body>> for Sandbox {
    type Response = http::Response<Full<bytes::Bytes>>;
    type Error = tower::BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let sandbox = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let header = |name: http::HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let target = parts.uri.path_and_query().map_or("/", |t| t.as_str());
            let mut read = Request::new(parts.method.as_str(), target, body.to_vec());
            read.content_type = header(http::header::CONTENT_TYPE);
            read.accept = header(http::header::ACCEPT);
            read.user_agent = header(http::header::USER_AGENT);
            Ok(response(sandbox.send(&read).await?)?)
        })
    }
}

fn response(answer: Answer) -> http::Result<http::Response<Full<bytes::Bytes>>> {
    let (media_type, body) = match answer.body {
        Payload::Json(body) => ("application/json", body.to_string()),
        Payload::Text(body) => ("text/plain; charset=utf-8", body),
    };
    let mut builder = http::Response::builder().status(answer.code).header(http::header::CONTENT_TYPE, media_type);
    for text in answer.warnings {
        let quoted: String = status::go_quote(&text).chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        builder = builder.header(http::header::WARNING, format!("299 - {quoted}"));
    }
    builder.body(Full::new(bytes::Bytes::from(body)))
}
