//! One request and its answer: in its turn, within its time, and never more of it than there is room for.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use zeroize::Zeroize as _;

use super::answer::Answer;
use super::items::Items;
use super::transport_error::TransportError;
use super::{Cluster, Notice, retry};
use crate::outside::{Outside, Part as _};
use crate::text;

/// The most bytes of an answer that are read: objects of the three kinds have at most 1.5 MiB on a real server.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most bytes of a list, whose items are not kept: far more than any cluster's would have.
const MAX_LIST_BYTES: usize = 1024 * 1024 * 1024;
/// The longest that one answer is waited for: the server itself gives up after 60 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(65);

/// What is sent, beside the method and the path.
pub(super) struct RequestParts<'a> {
    pub body: &'a [u8],
    pub content_type: Option<&'static str>,
    pub accept: &'static str,
}

/// What each item of a list is handed to. Of a list that has to be asked for again, all of them come again.
pub type EachItem<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

impl Cluster {
    /// Sends a request once. With the answer comes how long the server wants us to wait.
    pub(super) async fn once(
        &self,
        method: &Method,
        path: &str,
        parts: &RequestParts<'_>,
        each: Option<EachItem<'_>>,
    ) -> Result<(Answer, Option<Duration>), TransportError> {
        let whole = self.deadline.remaining();
        let Some(_place) = self.pace.turn(whole).await else {
            return Err(TransportError {
                undelivered: true,
                permanent: true,
                nonsense: false,
                what: text!("it was busy with our other requests for {}", self.deadline.in_words(whole)),
                hint: Some("is it reachable from here? --timeout sets how long konnect waits"),
            });
        };
        let started = Instant::now();
        let limit = self.deadline.remaining().min(ANSWER_LIMIT);
        let result = match tokio::time::timeout(limit, self.exchange(method, path, parts, each)).await {
            Ok(result) => result,
            Err(_) => Err(TransportError {
                undelivered: false,
                permanent: true,
                nonsense: false,
                what: text!("none came within {}", self.deadline.in_words(limit)),
                hint: Some("is it reachable from here? --timeout sets how long konnect waits"),
            }),
        };
        let outcome = match &result {
            Ok((answer, _)) => answer.code.text(),
            Err(trouble) => trouble.what.clone(),
        };
        (self.notices)(Notice::Trace(text!(
            "{} {}: {} in {} ms",
            Outside::from(method.as_str()),
            Outside::from(path),
            outcome,
            started.elapsed().as_millis()
        )));
        result
    }

    async fn exchange(
        &self,
        method: &Method,
        path: &str,
        parts: &RequestParts<'_>,
        each: Option<EachItem<'_>>,
    ) -> Result<(Answer, Option<Duration>), TransportError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::USER_AGENT, concat!("konnect/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, parts.accept);
        if let Some(content_type) = parts.content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let request = request.body(Body::from(parts.body.to_vec())).map_err(|_| TransportError {
            undelivered: true,
            permanent: true,
            nonsense: false,
            what: text!("{} is not a URL path", Outside::from(path)),
            hint: None,
        })?;
        let response = self.client.send(request).await.map_err(|error| TransportError::of(&error))?;
        let (parts, body) = response.into_parts();
        let bytes = match each {
            Some(each) if parts.status == StatusCode::OK => items(body, each).await?,
            _ => {
                let body = Limited::new(body, MAX_BYTES).collect().await;
                body.map_err(|error| unread(&*error, "with more than 16 MiB"))?.to_bytes()
            }
        };
        let answer = Answer::read(parts.status, &parts.headers, &bytes).map_err(nonsense);
        wipe(bytes);
        Ok((answer?, retry::retry_after(&parts.headers)))
    }
}

/// Hands on each item of a list as soon as it is there; the rest is what is left.
async fn items(body: Body, each: EachItem<'_>) -> Result<Bytes, TransportError> {
    let (mut items, mut body) = (Items::default(), Limited::new(body, MAX_LIST_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unread(&*error, "with a list of more than 1 GiB"))?;
        let Ok(bytes) = frame.into_data() else { continue };
        let fed = items.feed(&bytes, each);
        wipe(bytes);
        fed.map_err(nonsense)?;
    }
    Ok(Bytes::copy_from_slice(&items.around()))
}

/// As far as nobody else holds them.
fn wipe(bytes: Bytes) {
    if let Ok(mut bytes) = bytes.try_into_mut() {
        bytes.zeroize();
    }
}

fn unread(error: &(dyn std::error::Error + Send + Sync + 'static), too_long: &'static str) -> TransportError {
    if error.is::<http_body_util::LengthLimitError>() { nonsense(too_long) } else { TransportError::of(error) }
}

fn nonsense(what: &'static str) -> TransportError {
    TransportError {
        undelivered: false,
        permanent: true,
        nonsense: true,
        what: text!("it answered {}", what),
        hint: Some("is this address a Kubernetes API server?"),
    }
}
