//! From a kubeconfig context to a `kube::Client`: our own stack, since kube's leaves TCP_NODELAY off, retries behind our back and logs bodies.

use crate::text;
use std::time::Duration;

use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use tower::{BoxError, ServiceBuilder};

use super::kubeconfig::Selected;
use super::proxy::{bare_host, is_loopback, variable_that_applies};
use super::{Notice, Notices};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::plan::Warning;

/// The longest a TCP connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A client for the selected context. Nothing is sent yet.
///
/// # Errors
/// Addresses and proxies that are refused, credentials that can't be used.
pub fn client(selected: &Selected, notices: &Notices) -> Result<kube::Client, Failure> {
    let Selected { context, config, has_proxy_url } = selected;
    let server = &config.cluster_url;
    refuse_plain_http(server)?;
    refuse_proxies(server, context, *has_proxy_url)?;
    if config.accept_invalid_certs {
        let server = Outside::new(server.to_string());
        let message = text!(
            "the certificate of {} is not checked (insecure-skip-tls-verify): anyone in between can read the token",
            server
        );
        notices(Notice::Warning(Warning { code: "insecure_skip_tls_verify".into(), message }));
    }
    build(config).map_err(|error| {
        let hint = "check certificate-authority, client-certificate, client-key, token and the `as` entries there";
        Failure::new(FailureCode::Kubeconfig, text!("the credentials of context {} can't be used: {}", context, part(&error)))
            .hint(hint)
    })
}

fn build(config: &kube::Config) -> kube::Result<kube::Client> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_LIMIT));
    let tls = config.rustls_https_connector_with_connector(tcp)?;
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(tls);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(ClientBuilder::new(service, config.default_namespace.clone()).build())
}

/// Which part of the credentials failed; never kube's own words, which may hold a plugin's output.
fn part(error: &kube::Error) -> Text {
    match error {
        kube::Error::RustlsTls(error) if error.to_string().contains("UnsupportedCertVersion") => {
            "the client certificate is X.509 version 1, which konnect does not accept: have it issued as version 3".into()
        }
        kube::Error::RustlsTls(error) => text!("TLS: {}", Outside::new(error.to_string())),
        kube::Error::InferKubeconfig(_) => "the client certificate or its key can't be read".into(),
        kube::Error::Auth(_) => "they are of a kind that konnect does not support (auth-provider), or incomplete".into(),
        kube::Error::HttpError(_) => "a user, group or token in them contains characters that an HTTP header can't".into(),
        _ => "they are incomplete".into(),
    }
}

fn refuse_plain_http(server: &http::Uri) -> Result<(), Failure> {
    if server.scheme_str() != Some("http") || bare_host(server).is_some_and(is_loopback) {
        return Ok(());
    }
    Err(Failure::new(
        FailureCode::PlainHttp,
        text!(
            "{} is not https: the token and our credentials would cross the network in clear text",
            Outside::new(server.to_string())
        ),
    )
    .hint("use the server's https address in the kubeconfig"))
}

fn refuse_proxies(server: &http::Uri, context: &Outside, has_proxy_url: bool) -> Result<(), Failure> {
    if has_proxy_url {
        return Err(Failure::new(
            FailureCode::Proxy,
            text!(
                "context {} reaches {} through proxy-url, and konnect can't use proxies yet",
                context,
                Outside::new(server.to_string())
            ),
        )
        .hint("reach the cluster directly, or through a tunnel on loopback"));
    }
    match variable_that_applies(server, |name| std::env::var(name).ok()) {
        None => Ok(()),
        Some(variable) => Err(Failure::new(
            FailureCode::Proxy,
            text!("{} sets a proxy for {}, and konnect can't use proxies yet", variable, Outside::new(server.to_string())),
        )
        .hint(text!(
            "if the cluster is reachable directly, add {} to NO_PROXY",
            Outside::from(bare_host(server).unwrap_or_default())
        ))),
    }
}
