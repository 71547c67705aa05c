//! Fault injection: a service around any other service, a sandbox or a real server's client stack, that does to chosen requests
//! what networks, gateways, admission webhooks and other people do.

use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::{BoxError, Service, ServiceExt as _};

/// Identifies a request of one run. Parallel requests arrive in any order, so the key says what a request is, not when it came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKey {
    /// Method, resource and whether it is a dry run, such as `GET secrets` or `PATCH secrets dry`.
    pub what: String,
    /// How many requests of the same kind came before it, plus one.
    pub nth: usize,
}

/// The requests of one run, in order.
#[derive(Clone, Debug, Default)]
pub struct RequestLog(Arc<Mutex<Vec<RequestKey>>>);

impl RequestLog {
    /// Records the next request and returns its key. `target` is the request's path and query.
    #[must_use]
    pub fn next(&self, method: &str, target: &str) -> RequestKey {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let resource = match parts.as_slice() {
            [.., "namespaces", "kube-system"] => "kube-system",
            [.., "namespaces", _] => "namespaces",
            [.., "namespaces", _, resource, _] => resource,
            [.., last] => last,
            [] => "",
        };
        let dry = if query.contains("dryRun=All") { " dry" } else { "" };
        let what = format!("{method} {resource}{dry}");
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = 1 + calls.iter().filter(|call| call.what == what).count();
        let call = RequestKey { what, nth };
        calls.push(call.clone());
        call
    }

    /// The keys of all requests so far.
    #[must_use]
    pub fn all(&self) -> Vec<RequestKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Something to do before a request goes on.
pub type Hook = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A response that doesn't come from the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Canned {
    /// The status code.
    pub code: u16,
    /// The body's type; empty for none.
    pub content_type: &'static str,
    /// `Retry-After`.
    pub retry_after: Option<&'static str>,
    /// The body.
    pub body: String,
}

/// What happens to one request.
#[derive(Clone)]
pub enum Injection {
    /// Nothing.
    None,
    /// Connection refused.
    Refused,
    /// The connection is closed; the server never sees the request.
    ClosedBefore,
    /// The server carries it out, but the connection is closed in the middle of the response.
    ClosedInside,
    /// The server carries it out, but the connection is closed before the response.
    ClosedAfter,
    /// No response ever comes; the server never sees the request.
    Hang,
    /// The server carries it out, but no response ever comes.
    HangAfter,
    /// This response instead; the server never sees the request.
    Instead(Canned),
    /// The server carries it out, but this response comes instead of its own.
    After(Canned),
    /// The server's response without the second half of its body, as if it were complete.
    Truncated,
    /// The server's response with HTML as its content type and body.
    WrongType,
    /// The server's response with another object's name and uid in it.
    OtherObject,
    /// The hook runs first, then the request goes on.
    First(Hook),
}

impl fmt::Debug for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Injection")
    }
}

/// Decides what happens to each request.
pub type Decide = dyn Fn(&RequestKey) -> Injection + Send + Sync;

/// A service that injects faults into the requests of the service it wraps. Each answer is read to its end first, so a watch is answered
/// once its time is over.
#[derive(Clone)]
pub struct Faulty<S> {
    inner: S,
    decide: Arc<Decide>,
    calls: RequestLog,
    written: Arc<Mutex<Vec<String>>>,
}

impl<S> Faulty<S> {
    /// Wraps a service.
    pub fn new(inner: S, decide: impl Fn(&RequestKey) -> Injection + Send + Sync + 'static) -> Self {
        Self { inner, decide: Arc::new(decide), calls: RequestLog::default(), written: Arc::default() }
    }

    /// The keys of all requests so far, including those with a fault.
    #[must_use]
    pub fn calls(&self) -> Vec<RequestKey> {
        self.calls.all()
    }

    /// The paths of all writes that the inner service carried out, whether or not its response got through. Dry runs and reviews
    /// don't count.
    #[must_use]
    pub fn written(&self) -> Vec<String> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A body that ends properly or breaks off.
pub struct Spoiled {
    rest: Option<Bytes>,
    breaks: bool,
}

impl Body for Spoiled {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.rest.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.breaks => {
                self.breaks = false;
                Poll::Ready(Some(Err(closed())))
            }
            None => Poll::Ready(None),
        }
    }
}

impl<S, Sent, B> Service<http::Request<Sent>> for Faulty<S>
where
    Sent: Send + 'static,
    S: Service<http::Request<Sent>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = http::Response<Spoiled>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Readiness is awaited in `call`, on a clone of the inner service.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Sent>) -> Self::Future {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let fault = (self.decide)(&self.calls.next(request.method().as_str(), &target));
        let writes = matches!(request.method().as_str(), "PATCH" | "PUT" | "DELETE") && !target.contains("dryRun=");
        let path = writes.then(|| target.split('?').next().unwrap_or_default().to_owned());
        let (inner, written) = (self.inner.clone(), Arc::clone(&self.written));
        Box::pin(async move {
            match &fault {
                Injection::Refused => return Err(std::io::Error::from(ErrorKind::ConnectionRefused).into()),
                Injection::ClosedBefore => return Err(closed()),
                Injection::Hang => std::future::pending::<()>().await,
                Injection::Instead(canned) => return canned.response(),
                Injection::First(hook) => hook().await,
                _ => {}
            }
            let answer = inner.oneshot(request).await.map_err(Into::into)?;
            if let (Some(path), true) = (path, answer.status().is_success()) {
                written.lock().unwrap_or_else(PoisonError::into_inner).push(path);
            }
            spoil(&fault, answer).await
        })
    }
}

/// Applies the faults that concern the server's response.
async fn spoil<B>(fault: &Injection, answer: http::Response<B>) -> Result<http::Response<Spoiled>, BoxError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let (mut parts, body) = answer.into_parts();
    let bytes = body.collect().await.map_err(Into::into)?.to_bytes();
    let half = bytes.slice(..bytes.len() / 2);
    let (rest, breaks) = match fault {
        Injection::ClosedAfter => return Err(closed()),
        Injection::HangAfter => std::future::pending().await,
        Injection::After(canned) => return canned.response(),
        Injection::ClosedInside => (half, true),
        Injection::Truncated => (half, false),
        Injection::WrongType => {
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            (Bytes::from_static(b"<html><body>Welcome</body></html>"), false)
        }
        Injection::OtherObject => (other_object(&bytes), false),
        Injection::None
        | Injection::Refused
        | Injection::ClosedBefore
        | Injection::Hang
        | Injection::Instead(_)
        | Injection::First(_) => (bytes, false),
    };
    Ok(http::Response::from_parts(parts, Spoiled { rest: Some(rest), breaks }))
}

fn other_object(bytes: &Bytes) -> Bytes {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut object) if object.pointer("/metadata/name").is_some() => {
            object["metadata"]["name"] = json!("another-object");
            object["metadata"]["uid"] = json!("00000000-0000-0000-0000-000000000000");
            Bytes::from(object.to_string())
        }
        _ => bytes.clone(),
    }
}

fn closed() -> BoxError {
    std::io::Error::from(ErrorKind::ConnectionReset).into()
}

impl Canned {
    fn response(&self) -> Result<http::Response<Spoiled>, BoxError> {
        let mut builder = http::Response::builder().status(self.code);
        if !self.content_type.is_empty() {
            builder = builder.header(header::CONTENT_TYPE, self.content_type);
        }
        if let Some(wait) = self.retry_after {
            builder = builder.header(header::RETRY_AFTER, wait);
        }
        Ok(builder.body(Spoiled { rest: Some(Bytes::from(self.body.clone())), breaks: false })?)
    }
}
