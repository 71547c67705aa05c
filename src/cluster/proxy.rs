//! Whether a proxy from the environment would stand between us and the cluster, by the rules of Go's `net/http`, which kubectl follows.

use std::net::IpAddr;

use http::Uri;

/// The variable whose proxy applies to this server, by name: its value may hold a password.
#[must_use]
pub fn variable_that_applies(server: &Uri, env: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let names = if server.scheme_str() == Some("http") { ["HTTP_PROXY", "http_proxy"] } else { ["HTTPS_PROXY", "https_proxy"] };
    let name = names.into_iter().find(|name| env(name).is_some_and(|value| !value.is_empty()))?;
    let host = bare_host(server)?;
    let no_proxy = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
    let bypassed = is_loopback(host)
        || no_proxy.is_some_and(|list| list.split(',').any(|entry| matches(entry.trim(), host, server.port_u16())));
    (!bypassed).then_some(name)
}

/// Whether this is this machine's own address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The server's host, without the brackets of an IPv6 address.
#[must_use]
pub fn bare_host(server: &Uri) -> Option<&str> {
    let host = server.host()?;
    Some(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
}

fn matches(entry: &str, host: &str, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => match digits.parse::<u16>() {
            Ok(port) => (name, Some(port)),
            Err(_) => return false,
        },
        _ => (entry, None),
    };
    if name.is_empty() || wanted_port.is_some_and(|wanted| wanted != port.unwrap_or(443)) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return match name.split_once('/') {
            Some((network, bits)) => in_network(ip, network, bits),
            None => name.parse::<IpAddr>() == Ok(ip),
        };
    }
    let name = name.strip_prefix('*').unwrap_or(&name);
    match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

fn in_network(ip: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) if bits <= 32 => (ip.to_bits() ^ network.to_bits()).leading_zeros() >= bits,
        (IpAddr::V6(ip), IpAddr::V6(network)) if bits <= 128 => (ip.to_bits() ^ network.to_bits()).leading_zeros() >= bits,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(server: &str, no_proxy: &str) -> bool {
        let env = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://proxy.corp:3128".to_owned()),
            "NO_PROXY" => Some(no_proxy.to_owned()),
            _ => None,
        };
        variable_that_applies(&server.parse().expect("a uri"), env).is_some()
    }

    #[test]
    fn go_s_rules() {
        let rows = [
            ("https://api.example:6443", "", true),
            ("https://127.0.0.1:6443", "", false),
            ("https://[::1]:6443", "", false),
            ("https://localhost:6443", "", false),
            ("https://api.example:6443", "*", false),
            ("https://api.example:6443", "example", false),
            ("https://api.example:6443", ".example", false),
            ("https://api.example:6443", "*.example", false),
            ("https://example:6443", ".example", true),
            ("https://myexample:6443", "example", true),
            ("https://api.example:6443", "api.example:6443", false),
            ("https://api.example:6443", "api.example:443", true),
            ("https://10.1.2.3", "10.0.0.0/8", false),
            ("https://10.1.2.3", "192.168.0.0/16, 10.1.2.3", false),
            ("https://10.1.2.3", "10.1.2.4", true),
            ("https://[fd00::1]:6443", "fd00::/8", false),
        ];
        for (server, no_proxy, expected) in rows {
            assert_eq!(applies(server, no_proxy), expected, "{server} NO_PROXY={no_proxy}");
        }
        assert_eq!(variable_that_applies(&"https://api.example".parse().expect("a uri"), |_| None), None);
    }
}
