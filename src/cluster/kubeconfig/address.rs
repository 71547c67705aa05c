//! A cluster's `server`, taken apart as kubectl takes it apart, but never with user information in it.

use std::net::Ipv6Addr;

use http::Uri;

use crate::outside::Text;
use crate::text;

/// Why an address can't be used; never quotes it, since it may hold a password.
pub type Refused = (Text, &'static str);

/// The address that requests go to. Without a scheme it is http, as with kubectl; query and fragment count for nothing.
pub fn parse(server: &str) -> Result<Uri, Refused> {
    let not_a_url = || ("is not a URL".into(), "write it as https://HOST:PORT");
    if server.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(not_a_url());
    }
    let (scheme, rest) = match server.split_once("://") {
        Some((scheme, rest)) if rest.chars().next().is_some_and(|c| !matches!(c, '/' | '?' | '#')) => {
            (scheme.to_ascii_lowercase(), rest)
        }
        Some(_) => return Err(not_a_url()),
        None => ("http".to_owned(), server),
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(("has a user's name or password in it".into(), "put them under `username` and `password` of the user"));
    }
    if scheme != "http" && scheme != "https" {
        return Err(("is neither https nor http".into(), "write it as https://HOST:PORT"));
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if !server.contains("://") && !matches!(path, "" | "/") {
        return Err(("has a path, but no scheme".into(), "write it as https://HOST:PORT/PATH"));
    }
    let (host, port) = match authority.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((ip, rest))) if ip.parse::<Ipv6Addr>().is_ok() && (rest.is_empty() || rest.starts_with(':')) => {
            (&authority[..ip.len() + 2], rest.strip_prefix(':'))
        }
        Some(_) => return Err(not_a_url()),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port = match port.filter(|port| !port.is_empty()) {
        None => String::new(),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse::<u16>() {
            Ok(port) => format!(":{port}"),
            Err(_) => return Err((text!("has a port beyond {}", u16::MAX), "correct the number after the colon")),
        },
        Some(_) => return Err(("has a port that is not a number".into(), "write it as https://HOST:PORT")),
    };
    if host.is_empty() {
        return Err(not_a_url());
    }
    Uri::try_from(format!("{scheme}://{host}{port}{path}")).map_err(|_| not_a_url())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses() {
        let rows = [
            ("https://a.example:6443", Some("https://a.example:6443/")),
            ("https://a.example", Some("https://a.example/")),
            ("https://a.example:", Some("https://a.example/")),
            ("HTTPS://A.example:1/", Some("https://A.example:1/")),
            ("https://a/k8s/clusters/c-1?x#y", Some("https://a/k8s/clusters/c-1")),
            ("https://a?x", Some("https://a/")),
            ("https://[::1]:6443", Some("https://[::1]:6443/")),
            ("https://[::1]", Some("https://[::1]/")),
            ("localhost:8001", Some("http://localhost:8001/")),
            ("127.0.0.1:8001/", Some("http://127.0.0.1:8001/")),
            ("a.example", Some("http://a.example/")),
            ("https://a:65535", Some("https://a:65535/")),
            ("https://a:65536", None),
            ("https://a:99999", None),
            ("https://a:+1", None),
            ("https://a:https", None),
            ("https://::1:6443", None),
            ("https://[::1", None),
            ("https://[::1]6443", None),
            ("https://[a]:1", None),
            ("https://", None),
            ("https:///a", None),
            ("//a", None),
            ("a.example/path", None),
            (" https://a", None),
            ("https://a\n", None),
            ("https://user:password@a", None),
            ("user:password@a:1", None),
            ("https://user@a", None),
            ("ftp://a", None),
            ("https://a b", None),
            ("", None),
        ];
        for (server, expected) in rows {
            let found = parse(server).ok().map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{server}");
        }
    }
}
