//! What the placeholders in the files of `tests/kubeconfigs` stand for, and the files that stand beside each of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::links;
use testkit::relay::{Relay, RelayFault};
use testkit::users::{Authority, Credential};
use testkit::{Konnect, Server};

/// A credential plugin: its first argument is the version it answers in, the second what it gives.
const PLUGIN: &str = r#"#!/bin/sh
status='"token":"{{token}}"'
case "$2" in
fail) exit 1 ;;
nonsense) echo hello; exit 0 ;;
two-lines) status='"token":"{{token}}\nsecond"' ;;
env) [ "$WANTED" = given ] || exit 1 ;;
certificate) status='"clientCertificateData":"{{cert-pem-escaped}}","clientKeyData":"{{key-pem-escaped}}"' ;;
cluster)
    for part in '"audience":"acme"' '"number":7' '"server":"{{server}}"' '"certificate-authority-data":"{{ca-data}}"' '"tls-server-name":"localhost"'; do
        case "$KUBERNETES_EXEC_INFO" in *"$part"*) ;; *) exit 1 ;; esac
    done ;;
esac
printf '{"apiVersion":"client.authentication.k8s.io/%s","kind":"ExecCredential","status":{%s}}' "${1:-v1}" "$status"
"#;

/// The values of one test server.
pub struct KubeconfigWorld {
    values: BTreeMap<&'static str, String>,
    /// What no output of ours may hold.
    pub secrets: Vec<String>,
    _home: Konnect,
}

impl KubeconfigWorld {
    /// Makes the users and the ways to them.
    pub fn new(server: &Server) -> Self {
        let home = testkit::konnect!();
        let user = |kubeconfig: &Path| {
            let config: Value = std::fs::read_to_string(kubeconfig).expect("readable").parse().expect("JSON");
            config["users"][0]["user"].clone()
        };
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let token = text(&user(&server.kubeconfig_token())["token"]);
        let two = token_of_a_service_account(server);
        let certificate = user(&server.user("by-certificate", &[]));
        let (cert, key) = (text(&certificate["client-certificate-data"]), text(&certificate["client-key-data"]));
        let stranger = Authority::generate();
        let Credential::Certificate(_, other_key) = stranger.user("stranger", &[]) else { panic!("a certificate was asked for") };

        let address = server.url().strip_prefix("https://").expect("https").to_owned();
        let https: SocketAddr = address.parse().expect("an address");
        let relay = Relay::start(&server.kubeconfig(), home.folder(), |_| RelayFault::None);
        let relayed: Value = std::fs::read_to_string(&relay.kubeconfig).expect("readable").parse().expect("JSON");
        let relay = text(&relayed["clusters"][0]["cluster"]["server"]);
        let http = links::http(relay.strip_prefix("http://").expect("http").parse().expect("an address"));

        let pem = |base64: &str| String::from_utf8(BASE64_STANDARD.decode(base64).expect("base64")).expect("PEM");
        let ca = BASE64_STANDARD.encode(server.ca_pem());
        let lines = |text: &str, between: &str| {
            let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
            lines.join(between)
        };
        const INDENTED: &str = "\n      ";
        let values = BTreeMap::from([
            ("server", server.url().to_owned()),
            ("port", https.port().to_string()),
            ("ipv6-port", links::ipv6(https).unwrap_or(https).port().to_string()),
            ("http-port", http.port().to_string()),
            ("gateway", links::gateway(http).to_string()),
            ("forward-proxy", links::proxy(https, http).to_string()),
            ("address", address),
            ("http", http.to_string()),
            ("ca-data", ca.clone()),
            ("ca-data-lines", lines(&ca, INDENTED)),
            ("ca-data-escaped-lines", lines(&ca, "\\n")),
            (
                "ca-data-unpadded",
                BASE64_STANDARD.encode(format!("{}\n\n", server.ca_pem().trim_end())).trim_end_matches('=').to_owned(),
            ),
            ("ca-pem-lines", server.ca_pem().trim_end().replace('\n', INDENTED)),
            ("other-ca-data", BASE64_STANDARD.encode(&stranger.certificate)),
            ("cert-data", cert.clone()),
            ("cert-data-lines", lines(&cert, INDENTED)),
            ("cert-pem-escaped", pem(&cert).replace('\n', "\\n")),
            ("key-data", key.clone()),
            ("key-data-lines", lines(&key, INDENTED)),
            ("key-pem-escaped", pem(&key).replace('\n', "\\n")),
            ("other-key-data", BASE64_STANDARD.encode(other_key)),
            ("ca-pem", server.ca_pem().to_owned()),
            ("other-ca-pem", stranger.certificate),
            ("cert-pem", pem(&cert)),
            ("key-pem", pem(&key)),
            ("token", token.clone()),
            ("token-two", two.clone()),
            ("nul", "\0".to_owned()),
        ]);
        Self { values, secrets: vec![token, two, key, "swordfish-1234".to_owned()], _home: home }
    }

    /// The text with every placeholder filled.
    pub fn filled(&self, text: &str, folder: &Path) -> String {
        let mut filled = text.replace("{{dir}}", &folder.display().to_string());
        for (name, value) in &self.values {
            filled = filled.replace(&format!("{{{{{name}}}}}"), value);
        }
        assert!(!filled.contains("{{"), "a placeholder that nobody knows: {text}");
        filled
    }

    /// Writes what the files of a case may name: certificates, tokens, plugins.
    pub fn companions(&self, folder: &Path) {
        let files = [
            ("ca.pem", "{{ca-pem}}"),
            ("bundle.pem", "the other:\n{{other-ca-pem}}\nand ours:\n{{ca-pem}}"),
            ("cert.pem", "{{cert-pem}}"),
            ("key.pem", "{{key-pem}}"),
            ("token", "{{token}}\n"),
            ("token-two", "{{token-two}}"),
            ("token-in-spaces", "\n \t{{token}} \r\n\n"),
            ("two-lines", "{{token}}\nsecond\n"),
            ("empty", ""),
            ("plugin", PLUGIN),
            ("plugin-alone", PLUGIN),
            ("touch-a-file", "#!/bin/sh\ntouch {{dir}}/touched\n"),
        ];
        std::fs::create_dir_all(folder.join("deep")).expect("a folder");
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::write(&path, self.filled(text, folder)).expect("written");
            let runs = name.starts_with("plugin") || name.starts_with("touch");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(if runs { 0o700 } else { 0o600 })).expect("chmod");
        }
    }
}

/// A token of `system:serviceaccount:kubeconfigs:two`.
fn token_of_a_service_account(server: &Server) -> String {
    server.kubectl_ok(&["create", "namespace", "kubeconfigs"], None);
    server.kubectl_ok(&["create", "serviceaccount", "two", "--namespace", "kubeconfigs"], None);
    server.kubectl_ok(&["create", "token", "two", "--namespace", "kubeconfigs"], None).trim().to_owned()
}
