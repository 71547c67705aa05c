//! The user of a context: how we prove who we are, by client-go's order, and as whom we act.

use std::io::ErrorKind;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue};
use kube::config::ExecConfig;
use zeroize::Zeroizing;

use super::entry::{Entry, Named};
use super::{Secrets, exec};
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::text;

/// The most bytes of a token file that are read.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// A client certificate and its key, both PEM.
type Pair = (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>);

/// What is sent.
#[derive(Default)]
pub struct Credentials {
    token: Option<Zeroizing<String>>,
    basic: Option<(String, Zeroizing<String>)>,
    certificate: Option<Pair>,
    exec: Option<ExecConfig>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why a text can't be sent in a header; nothing if it can.
#[must_use]
pub fn unsendable(text: &str) -> Option<&'static str> {
    if text.contains(['\n', '\r']) {
        return Some("it holds a line end");
    }
    text.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f).then_some("it holds a control character")
}

impl Credentials {
    /// Reads them. Like kubectl, looks at all of them but sends none but impersonation where the way is not encrypted.
    pub fn read(user: &Entry<'_>, is_tls: bool, secrets: &mut Secrets) -> Result<Self, Failure> {
        refuse_auth_provider(user)?;
        let (token, token_file) = (user.text("token")?, user.path("tokenFile")?);
        let (name, password) = (user.text("username")?, user.text("password")?);
        if (token.is_some() && (name.is_some() || password.is_some())) || (is_tls && token_file.is_some() && name.is_some()) {
            return Err(user.wrong("has both a token and a username or password".into()).hint("remove one of the two"));
        }
        let mut read = Self { headers: impersonation(user)?, ..Self::default() };
        let certificate = certificate(user)?;
        let exec = exec::read(user)?;
        if !is_tls {
            return Ok(read);
        }
        read.token = bearer(user, token, token_file, secrets)?;
        read.basic = name.map(|name| (name.to_owned(), Zeroizing::new(password.unwrap_or_default().to_owned())));
        read.certificate = certificate;
        if read.token.is_none() && read.basic.is_none() && read.certificate.is_none() {
            read.exec = exec;
        }
        Ok(read)
    }

    /// Puts them into what is connected with; the plugin is left to whoever runs it.
    pub fn apply(self, config: &mut kube::Config) -> Option<ExecConfig> {
        let auth = &mut config.auth_info;
        auth.token = self.token.map(|token| token.to_string().into());
        if let Some((name, password)) = self.basic {
            auth.username = Some(name);
            auth.password = Some(password.to_string().into());
        }
        if let Some((certificate, key)) = self.certificate {
            auth.client_certificate_data = Some(BASE64_STANDARD.encode(&*certificate));
            auth.client_key_data = Some(BASE64_STANDARD.encode(&*key).into());
        }
        config.headers = self.headers;
        self.exec
    }
}

/// kube would run the command that one of them names, with all of our environment.
fn refuse_auth_provider(user: &Entry<'_>) -> Result<(), Failure> {
    let Some(provider) = user.get("auth-provider") else { return Ok(()) };
    let name = provider.get("name").and_then(super::YamlNode::text);
    let name: Text = name.map_or_else(|| "(without a name)".into(), |name| Outside::from(name).into());
    let what = text!("has the auth-provider {}, and konnect knows none of them", name);
    Err(user.wrong(what).hint(
        "kubectl itself kept only oidc of them: use a credential plugin (exec), such as kubelogin, gke-gcloud-auth-plugin or aws eks get-token",
    ))
}

/// Of a token and a token file that can be read and has something in it, client-go sends the file's.
fn bearer(
    user: &Entry<'_>,
    token: Option<&str>,
    file: Option<Named>,
    secrets: &mut Secrets,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let from_file = match file {
        None => None,
        Some(file) => match (from_file(&file, secrets), token) {
            (Ok(read), _) => Some((read, text!("in the file {} ", file.shown))),
            (Err(Unread::Nothing(_)), Some(_)) => None,
            (Err(Unread::Nothing(why) | Unread::Unusable(why)), _) => {
                return Err(user.wrong(text!("is not usable: the token file {} {}", file.shown, why)));
            }
        },
    };
    let from_here = || token.map(|token| (Zeroizing::new(token.to_owned()), Text::default()));
    let Some((token, place)) = from_file.or_else(from_here) else { return Ok(None) };
    match unsendable(&token) {
        Some(why) => Err(user.wrong(text!("is not usable: its token {}can't be sent: {}", place, why))),
        None => Ok(Some(token)),
    }
}

/// Why a token file gave no token.
enum Unread {
    /// As if it were not there.
    Nothing(Text),
    /// It is there, and no token.
    Unusable(Text),
}

fn from_file(file: &Named, secrets: &mut Secrets) -> Result<Zeroizing<String>, Unread> {
    let bytes = file.read(MAX_TOKEN_BYTES).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => Unread::Unusable("is longer than 64 KiB: is it a token?".into()),
        kind => Unread::Nothing(text!("can't be read: {}", kind)),
    })?;
    let trimmed = bytes.trim_ascii();
    if trimmed.is_empty() {
        return Err(Unread::Nothing("is empty".into()));
    }
    secrets.push(Zeroizing::new(trimmed.to_vec()));
    let text = std::str::from_utf8(trimmed).map_err(|_| Unread::Unusable("is not UTF-8".into()))?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// A key without a certificate counts for nothing.
fn certificate(user: &Entry<'_>) -> Result<Option<Pair>, Failure> {
    let Some(certificate) = user.pem("client-certificate-data", "client-certificate")? else { return Ok(None) };
    match user.pem("client-key-data", "client-key")? {
        Some(key) => Ok(Some((certificate, key))),
        None => Err(user.wrong("is not usable: it has a client certificate, but no client-key-data or client-key".into())),
    }
}

/// The headers that make us act as somebody else.
fn impersonation(user: &Entry<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let (name, uid, groups) = (user.text("as")?, user.text("as-uid")?, user.texts("as-groups")?);
    let extra = user.map("as-user-extra")?;
    let Some(name) = name else {
        if uid.is_some() || !groups.is_empty() || !extra.is_empty() {
            return Err(user.wrong("has as-uid, as-groups or as-user-extra, but no `as` that says who".into()));
        }
        return Ok(Vec::new());
    };
    let mut headers = Vec::new();
    let mut send = |header: HeaderName, key: &'static str, value: &str| {
        if let Some(why) = unsendable(value) {
            return Err(user.wrong(text!("is not usable: `{}` can't be sent: {}", key, why)));
        }
        let value = HeaderValue::from_bytes(value.as_bytes());
        headers.push((header, value.map_err(|_| user.wrong(text!("is not usable: `{}` can't be sent", key)))?));
        Ok(())
    };
    send(HeaderName::from_static("impersonate-user"), "as", name)?;
    if let Some(uid) = uid {
        send(HeaderName::from_static("impersonate-uid"), "as-uid", uid)?;
    }
    for group in groups {
        send(HeaderName::from_static("impersonate-group"), "as-groups", group)?;
    }
    for (key, values) in extra {
        const KEY: &str = "as-user-extra";
        let header = HeaderName::try_from(format!("impersonate-extra-{}", escaped(key)));
        let header = header.map_err(|_| user.wrong(text!("is not usable: a key of `{}` can't be sent", KEY)))?;
        let values = match values {
            super::YamlNode::List(values) => values.as_slice(),
            super::YamlNode::Null => &[],
            other => return Err(user.wrong(text!("is not usable: `{}` holds {}, not a list", KEY, other.is()))),
        };
        for value in values {
            send(header.clone(), KEY, user.item(KEY, value)?)?;
        }
    }
    Ok(headers)
}

/// As client-go escapes it: what can't stand in a header's name, and the percent sign.
fn escaped(key: &str) -> String {
    let mut escaped = String::new();
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
