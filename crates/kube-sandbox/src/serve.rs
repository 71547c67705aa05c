//! A server on loopback: TLS with a certificate made for this run, a random bearer token, and a kubeconfig that holds both.

use std::convert::Infallible;
use std::future::Future;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tower::{BoxError, Service, ServiceExt as _};

use super::body::Body;
use super::error::Error;
use super::kubeconfig;
pub use super::kubeconfig::KubeconfigFile;

/// More than a real server accepts, so that the service gets to refuse a body that is too large.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How many connections are served at a time. Others wait to be accepted.
const MAX_CONNECTIONS: usize = 64;
/// How long a connection may be silent, before its handshake is done and before each request.
const IDLE_LIMIT: Duration = Duration::from_secs(20);
/// How long to wait after the system refused to accept a connection.
const BACK_OFF: Duration = Duration::from_millis(200);

/// A server that listens but does not serve yet.
pub struct Listening {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    token: Arc<str>,
    /// Where it listens.
    pub address: SocketAddr,
    authority: String,
}

/// Listens on a free port of loopback.
///
/// # Errors
/// There is no port, no randomness, or no certificate.
pub async fn listen() -> Result<Listening, Error> {
    let fail = |error: std::io::Error| Error::Listen { source: error.into() };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    let (authority, config) = certificates().map_err(|source| Error::Listen { source })?;
    let mut bytes = [0_u8; 24];
    std::fs::File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes)).map_err(fail)?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Listening { listener, acceptor: TlsAcceptor::from(Arc::new(config)), token: token.into(), address, authority })
}

/// A certificate authority, and a certificate for loopback that it signs: clients don't accept an authority's own certificate as
/// a server's.
fn certificates() -> Result<(String, ServerConfig), BoxError> {
    let authority_key = rcgen::KeyPair::generate()?;
    let mut authority = rcgen::CertificateParams::default();
    authority.distinguished_name.push(rcgen::DnType::CommonName, "konnect sandbox authority");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate()?;
    let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "konnect sandbox");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((authority_pem, config))
}

impl Listening {
    /// Writes a kubeconfig for this server.
    ///
    /// # Errors
    /// There is a file that no sandbox wrote, or it can't be written.
    pub fn write_kubeconfig(&self, path: &Path) -> Result<KubeconfigFile, Error> {
        kubeconfig::write(path, &format!("https://{}", self.address), &BASE64.encode(&self.authority), &self.token)
    }

    /// Serves until `stop` is ready. Requests without the token are answered 401.
    pub async fn serve<S>(self, service: S, stop: impl Future<Output = ()>)
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<Body>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: std::fmt::Display + Send,
    {
        let mut stop = std::pin::pin!(stop);
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                () = &mut stop => return,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some((stream, place)) = accepted else { continue };
            let (acceptor, service, token) = (self.acceptor.clone(), service.clone(), Arc::clone(&self.token));
            tokio::spawn(async move {
                let _place = place;
                let _ = stream.set_nodelay(true);
                let Ok(Ok(stream)) = tokio::time::timeout(IDLE_LIMIT, acceptor.accept(stream)).await else { return };
                let guarded = hyper::service::service_fn(move |request| answer(service.clone(), Arc::clone(&token), request));
                let mut server = Builder::new(TokioExecutor::new()).http1_only();
                server.http1().timer(TokioTimer::new()).header_read_timeout(IDLE_LIMIT);
                // If a connection breaks, its client will report it.
                let _ = server.serve_connection(TokioIo::new(stream), guarded).await;
            });
        }
    }
}

/// Waits for a free place and accepts the next connection. `None` if the system could not give one.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(_) => {
            // Most likely we are out of file descriptors. Trying again at once would slow down the connections that will free some.
            tokio::time::sleep(BACK_OFF).await;
            None
        }
    }
}

type Answered = Result<http::Response<Body>, Infallible>;

async fn answer<S>(service: S, token: Arc<str>, request: http::Request<hyper::body::Incoming>) -> Answered
where
    S: Service<http::Request<Full<Bytes>>, Response = http::Response<Body>> + Send,
    S::Future: Send,
    S::Error: std::fmt::Display + Send,
{
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if given != Some(&*token) {
        return Ok(refusal(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized"));
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BYTES).collect().await else {
        return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "the request is too large, or broke off"));
    };
    match service.oneshot(http::Request::from_parts(parts, Full::new(body.to_bytes()))).await {
        Ok(answer) => Ok(answer),
        Err(error) => Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &error.to_string())),
    }
}

fn refusal(code: StatusCode, reason: &str, message: &str) -> http::Response<Body> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code.as_u16(),
    });
    let mut answer = http::Response::new(Body::from(status.to_string()));
    *answer.status_mut() = code;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    answer
}
