//! One HTTP request with a kubeconfig's identity, exactly as written: any method, any header, any body.

use std::path::Path;
use std::time::Duration;

use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;

/// Sends the request and returns the status and the body: JSON where it is JSON, else a string. Errors: no answer came.
pub fn send(
    kubeconfig: &Path,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Result<(u16, Value), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let client = client(kubeconfig).await?;
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.into())).map_err(|e| format!("{method} {path} is no request: {e}"))?;
        let answer = client.send(request).await.map_err(|e| format!("{method} {path}: {e:?}"))?;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.map_err(|e| format!("{method} {path}: {e:?}"))?.to_bytes();
        let value = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
        Ok((status, value))
    })
}

/// A client that never retries and never uses a proxy: the test sees the server's own answer to its own request.
pub async fn client(kubeconfig: &Path) -> Result<Client, String> {
    let file = Kubeconfig::read_from(kubeconfig).map_err(|e| e.to_string())?;
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(file, &options).await.map_err(|e| e.to_string())?;
    config.proxy_url = None;
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    config.read_timeout = Some(Duration::from_secs(30));
    Client::try_from(config).map_err(|e| e.to_string())
}
