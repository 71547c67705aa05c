//! The cluster of a context: its address, and whom to believe that it is the one.

use http::Uri;
use kube::config::ExecAuthCluster;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::address;
use super::document::YamlNode;
use super::entry::Entry;
use crate::outcome::Failure;
use crate::pat::mask_tokens;
use crate::text;

/// The extension of a cluster that is handed to a credential plugin.
const FOR_THE_PLUGIN: &str = "client.authentication.k8s.io/exec";

/// What the kubeconfig says of the server.
pub struct Server {
    /// Where it is.
    pub uri: Uri,
    /// `proxy-url` is set.
    pub has_proxy_url: bool,
    is_insecure: bool,
    name: Option<String>,
    roots: Option<Vec<Vec<u8>>>,
    told: ExecAuthCluster,
}

impl Server {
    /// Reads it.
    pub fn read(cluster: &Entry<'_>) -> Result<Self, Failure> {
        let Some(server) = cluster.text("server")? else {
            return Err(cluster.wrong("is not usable: it has no server address".into()));
        };
        // The address is shown wherever the cluster is named.
        if mask_tokens(server) != server {
            return Err(cluster.wrong("is not usable: its server has what looks like a Konnect token in it".into()));
        }
        let uri = address::parse(server)
            .map_err(|(what, hint)| cluster.wrong(text!("is not usable: its server {}", what)).hint(hint))?;
        let is_insecure = cluster.flag("insecure-skip-tls-verify")?;
        let name = cluster.text("tls-server-name")?.map(str::to_owned);
        let proxy = cluster.text("proxy-url")?;
        let authority = cluster.pem("certificate-authority-data", "certificate-authority")?;
        let is_tls = uri.scheme_str() == Some("https");
        if is_insecure && authority.is_some() && is_tls {
            let what = "has a certificate authority and insecure-skip-tls-verify";
            return Err(cluster.wrong(what.into()).hint("remove insecure-skip-tls-verify"));
        }
        let roots =
            match &authority {
                Some(pem) if is_tls => Some(roots(pem).ok_or_else(|| {
                    cluster.wrong("is not usable: its certificate authority holds no certificate in PEM".into())
                })?),
                _ => None,
            };
        let told = ExecAuthCluster {
            server: Some(server.to_owned()),
            insecure_skip_tls_verify: is_insecure.then_some(true),
            certificate_authority_data: authority.as_ref().map(|pem| pem.to_vec()),
            proxy_url: proxy.map(str::to_owned),
            tls_server_name: name.clone(),
            config: extension(cluster),
        };
        Ok(Self { uri, has_proxy_url: proxy.is_some(), is_insecure, name, roots, told })
    }

    /// Whether what is sent is encrypted: without, kubectl sends no credentials, and neither do we.
    pub fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// What a credential plugin is told of it.
    pub fn told(&self) -> ExecAuthCluster {
        self.told.clone()
    }

    /// Puts it into what is connected with.
    pub fn apply(self, config: &mut kube::Config) {
        config.accept_invalid_certs = self.is_insecure;
        config.tls_server_name = self.name;
        config.root_cert = self.roots;
    }
}

/// The certificates that can be believed; as with Go, others beside them don't matter.
fn roots(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let certificates = CertificateDer::pem_slice_iter(pem).map_while(Result::ok);
    let usable = certificates.filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    let roots: Vec<Vec<u8>> = usable.map(|certificate| certificate.to_vec()).collect();
    (!roots.is_empty()).then_some(roots)
}

/// Other extensions, whatever they are, are nobody's business here.
fn extension(cluster: &Entry<'_>) -> Option<serde_json::Value> {
    let Some(YamlNode::List(extensions)) = cluster.get("extensions") else { return None };
    let ours = extensions.iter().find(|extension| extension.get("name").and_then(YamlNode::text) == Some(FOR_THE_PLUGIN))?;
    ours.get("extension").map(YamlNode::json)
}
