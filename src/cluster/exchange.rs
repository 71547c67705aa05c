//! One request and its answer: in its turn, within its time, and never more of it than there is room for.

use std::time::{Duration, Instant};

use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use zeroize::Zeroize as _;

use super::answer::Answer;
use super::transport_error::TransportError;
use super::{Cluster, Notice, retry};
use crate::outside::{Outside, Part as _};
use crate::text;

/// The most bytes of an answer that are read: objects of the three kinds have at most 1.5 MiB on a real server.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The longest that one answer is waited for: the server itself gives up after 60 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(65);

/// What is sent, beside the method and the path.
pub(super) struct RequestParts<'a> {
    pub body: &'a [u8],
    pub content_type: Option<&'static str>,
    pub accept: &'static str,
}

impl Cluster {
    /// Sends a request once. With the answer comes how long the server wants us to wait.
    pub(super) async fn once(
        &self,
        method: &Method,
        path: &str,
        parts: &RequestParts<'_>,
    ) -> Result<(Answer, Option<Duration>), TransportError> {
        let whole = self.deadline.remaining();
        let Some(_place) = self.pace.turn(whole).await else {
            return Err(TransportError {
                undelivered: true,
                permanent: true,
                what: text!("it was busy with our other requests for {}", self.deadline.in_words(whole)),
                hint: Some("is it reachable from here? --timeout sets how long konnect waits"),
            });
        };
        let started = Instant::now();
        let limit = self.deadline.remaining().min(ANSWER_LIMIT);
        let result = match tokio::time::timeout(limit, self.exchange(method, path, parts)).await {
            Ok(result) => result,
            Err(_) => Err(TransportError {
                undelivered: false,
                permanent: true,
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
    ) -> Result<(Answer, Option<Duration>), TransportError> {
        let bad = |what: &'static str| TransportError {
            undelivered: false,
            permanent: true,
            what: text!("it answered {}", what),
            hint: Some("is this address a Kubernetes API server?"),
        };
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
            what: text!("{} is not a URL path", Outside::from(path)),
            hint: None,
        })?;
        let response = self.client.send(request).await.map_err(|error| TransportError::of(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_BYTES).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                bad("with more than 16 MiB")
            } else {
                TransportError::of(&*error)
            }
        })?;
        let bytes = body.to_bytes();
        let answer = Answer::read(parts.status, &parts.headers, &bytes).map_err(bad);
        if let Ok(mut bytes) = bytes.try_into_mut() {
            bytes.zeroize();
        }
        Ok((answer?, retry::retry_after(&parts.headers)))
    }
}
