//! The cluster as a `tower` service: [`handle`], with its state in memory or in a file.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};

use super::body::Body;
use super::cluster::Cluster;
use super::controllers;
use super::dispatch::handle;
use super::error::Error;
use super::file::{self, StateFile};
use super::go_format::go_quote;
use super::request::Request;
use super::reset::Removed;
use super::response::{Payload, Response};
use super::rights::{Caller, Rule};
use super::store::Store;
use super::watching;

/// How long a request waits for another process to release the state file, by default.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// A Kubernetes API server in this process, to put under a `kube::Client`. Clones share one cluster.
#[derive(Clone)]
pub struct Sandbox {
    cluster: Arc<Cluster>,
    caller: Arc<Caller>,
    lock_timeout: Duration,
    controllers: bool,
    /// How far the server's clock is ahead, in seconds.
    clock_offset: Arc<AtomicI64>,
}

impl Sandbox {
    /// A new cluster that lives until its last clone is dropped.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::of(Cluster::in_memory())
    }

    /// The cluster kept in a file, or a new one if there is no such file yet.
    ///
    /// # Errors
    /// The folder can't be made, or the file is no complete sandbox file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self::of(Cluster::in_file(StateFile::new(path)?)?))
    }

    fn of(cluster: Cluster) -> Self {
        Self {
            cluster: Arc::new(cluster),
            caller: Arc::default(),
            lock_timeout: LOCK_TIMEOUT,
            controllers: false,
            clock_offset: Arc::default(),
        }
    }

    /// The same cluster with the controllers that kubectl's users would miss: a deleted namespace is emptied, and then goes, and dependents
    /// go with their owners. Without them it is a kube-apiserver without kube-controller-manager: a deleted namespace stays Terminating.
    #[must_use]
    pub fn with_controllers(&self) -> Self {
        Self { controllers: true, ..self.clone() }
    }

    /// The same cluster, seen by a user with these rights only.
    #[must_use]
    pub fn with_rights(&self, rules: Vec<Rule>, user: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|g| (*g).to_owned()).collect();
        Self { caller: Arc::new(Caller { user: user.to_owned(), groups, rules: Some(rules) }), ..self.clone() }
    }

    /// The same cluster, with another limit on how long a request waits for another process to release the file.
    #[must_use]
    pub fn with_lock_timeout(&self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self.clone() }
    }

    /// Sets the server's clock ahead by some seconds, for all clones.
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
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let (request, caller, controllers) = (request.clone(), Arc::clone(&self.caller), self.controllers);
        self.with_store(move |store, now| {
            let answer = handle(store, &request, &caller, now);
            if controllers {
                controllers::run(store, now);
            }
            answer
        })
        .await
    }

    /// Empties the cluster: everything in it goes, and a new one begins in its place. Says what went.
    ///
    /// # Errors
    /// As of [`Self::send`].
    pub async fn reset(&self) -> Result<Vec<Removed>, Error> {
        self.with_store(Store::reset).await
    }

    async fn with_store<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&mut Store, Timestamp) -> T + Send + 'static,
    {
        let now = self.now();
        let Some(file) = self.cluster.file() else { return self.cluster.with_store(now, |store| work(store, now)) };
        let lock = self.lock(file).await?;
        let cluster = Arc::clone(&self.cluster);
        // The disk may be slow, or on another machine.
        let answered = tokio::task::spawn_blocking(move || {
            let _lock = lock;
            cluster.with_store(now, |store| work(store, now))
        });
        answered.await.map_err(|_| Error::NoAnswer)?
    }

    fn response(&self, answer: Response) -> http::Result<http::Response<Body>> {
        let (media_type, body) = match answer.body {
            Payload::Json(body) => ("application/json", Body::from(body.to_string())),
            Payload::Text(body) => ("text/plain; charset=utf-8", Body::from(body)),
            Payload::Watch(watch) => ("application/json", {
                let clock = self.clone();
                watching::start(Arc::clone(&self.cluster), *watch, move || clock.now())
            }),
        };
        let mut builder = http::Response::builder().status(answer.code).header(http::header::CONTENT_TYPE, media_type);
        for text in answer.warnings {
            let quoted: String = go_quote(&text).chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
            builder = builder.header(http::header::WARNING, format!("299 - {quoted}"));
        }
        builder.body(body)
    }

    async fn lock(&self, file: &StateFile) -> Result<file::Lock, Error> {
        let start = Instant::now();
        loop {
            if let Some(lock) = file.try_lock()? {
                return Ok(lock);
            }
            if start.elapsed() >= self.lock_timeout {
                return Err(Error::Locked { path: file.path().to_owned() });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl<B> tower::Service<http::Request<B>> for Sandbox
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<tower::BoxError>,
{
    type Response = http::Response<Body>;
    type Error = tower::BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let sandbox = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(Into::into)?.to_bytes();
            let header = |name: http::HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let target = parts.uri.path_and_query().map_or("/", |t| t.as_str());
            let mut read = Request::new(parts.method.as_str(), target, body.to_vec());
            read.content_type = header(http::header::CONTENT_TYPE);
            read.accept = header(http::header::ACCEPT);
            read.user_agent = header(http::header::USER_AGENT);
            let answer = sandbox.send(&read).await?;
            Ok(sandbox.response(answer)?)
        })
    }
}
