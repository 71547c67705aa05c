//! Who may talk to the test server: its certificate authority, and a kubeconfig for each user.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

/// A user's way to prove who they are.
pub enum Credential {
    /// A client certificate and its key, both PEM.
    Certificate(String, String),
    /// A bearer token of the server's token file.
    Token(String),
}

/// The authority that signs the server's certificate and those of its users.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, PEM.
    pub certificate: String,
}

impl Authority {
    /// A new one, known to nobody else.
    #[must_use]
    pub fn generate() -> Self {
        let key = new_key();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "konnect test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(&key).expect("failed to sign the authority").pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Certificate and key of the server on loopback.
    pub fn serving(&self) -> (String, String) {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("two plain names");
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        self.sign(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Certificate and key of a user: the common name is the user's name, each organization a group.
    pub fn user(&self, name: &str, groups: &[&str]) -> Credential {
        // rcgen holds one value for each name type, and knows that of an organization under two names.
        let types = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
        assert!(groups.len() <= types.len(), "a test user has at most {} groups, {name} was given {groups:?}", types.len());
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, group) in types.into_iter().zip(groups) {
            params.distinguished_name.push(kind, *group);
        }
        params.distinguished_name.push(DnType::CommonName, name);
        let (certificate, key) = self.sign(params, ExtendedKeyUsagePurpose::ClientAuth);
        Credential::Certificate(certificate, key)
    }

    fn sign(&self, mut params: CertificateParams, purpose: ExtendedKeyUsagePurpose) -> (String, String) {
        let key = new_key();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        let certificate = params.signed_by(&key, &self.issuer).expect("failed to sign a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// A new ECDSA key.
pub fn new_key() -> KeyPair {
    KeyPair::generate().expect("failed to make a key")
}

/// A bearer token nobody can guess.
pub fn new_token() -> String {
    let mut bytes = [0; 24];
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes)).expect("no random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a kubeconfig with one context, `test`, into `folder` and returns its path. JSON is YAML.
pub fn write_kubeconfig(folder: &Path, url: &str, authority: &str, name: &str, credential: &Credential) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    let user = match credential {
        Credential::Certificate(certificate, key) => {
            json!({"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)})
        }
        Credential::Token(token) => json!({"token": token}),
    };
    let config: Value = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority-data": encoded(authority)}}],
        "users": [{"name": name, "user": user}],
    });
    let path = folder.join(format!("kubeconfig-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    write_private(&path, &format!("{config:#}\n"));
    path
}

/// Writes a new file that its owner alone can read.
pub fn write_private(path: &Path, text: &str) {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap_or_else(|e| panic!("failed to write {}: {e}", path.display()));
}

fn encoded(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}
