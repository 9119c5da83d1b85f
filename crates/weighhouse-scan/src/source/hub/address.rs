//! Addresses: which belong to the endpoint, where a redirect may lead, what of them may be shown.
//!
//! Just enough of RFC 3986 for `http` and `https`; relative paths are joined, dot segments are left to the server.

use std::fmt::Write as _;

/// Where `location`, given by the answer to `url`, leads; `None` if it must not be followed: another scheme than HTTP,
/// or from HTTPS down to HTTP.
pub(super) fn resolve(url: &str, location: &str) -> Option<String> {
    let scheme = url.split_once("://")?.0;
    let target = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{}{location}", origin_text(url)?)
    } else if location.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':')) {
        location.to_owned()
    } else {
        let path = without_query(url);
        let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        format!("{}/{location}", if folder.len() > scheme.len() + 2 { folder } else { path })
    };
    let sound = Origin::of(&target)
        .is_some_and(|origin| origin.scheme == "https" || (origin.scheme == "http" && scheme != "https"));
    let plain = !target.chars().any(|c| c.is_control() || c.is_whitespace());
    (sound && plain).then_some(target)
}

/// Whether both addresses have the same scheme, host and port.
pub(super) fn same_origin(one: &str, other: &str) -> bool {
    let one = Origin::of(one);
    one.is_some() && one == Origin::of(other)
}

/// Whether the address is this machine: no proxy can stand between.
pub(super) fn is_loopback(url: &str) -> bool {
    Origin::of(url).is_some_and(|origin| {
        origin.host == "localhost" || origin.host == "[::1]" || origin.host.starts_with("127.")
    })
}

/// What may be shown of an address: signed addresses carry credentials in their query, careless ones before the host.
pub(super) fn shown(url: &str) -> String {
    let url = without_query(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// Percent-encodes a path for a URL; `/` stays if `keep_slash`.
pub(super) fn encode(path: &str, keep_slash: bool) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slash && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Scheme, host and port, in the form in which two of them can be compared.
#[derive(PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: String,
}

impl Origin {
    /// `None` for what is no HTTP address, or holds credentials.
    fn of(url: &str) -> Option<Self> {
        let text = origin_text(url)?;
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "https" => "443",
            "http" => "80",
            _ => return None,
        };
        if authority.is_empty() || authority.contains(['@', '\\']) {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
            _ => (authority, ""),
        };
        let port = if port.is_empty() { usual } else { port };
        Some(Self { scheme, host: host.to_ascii_lowercase(), port: port.to_owned() })
    }
}

fn origin_text(url: &str) -> Option<&str> {
    let after_scheme = url.find("://")?.checked_add(3)?;
    let rest = url.get(after_scheme..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..after_scheme.checked_add(end)?)
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_scheme_host_and_port_are_the_endpoint() {
        for same in ["https://hub.example/a/b?x", "https://HUB.example:443/", "HTTPS://hub.example"] {
            assert!(same_origin(same, "https://hub.example/base"), "{same}");
        }
        for other in [
            "https://hub.example.evil/x",
            "http://hub.example/x",
            "https://hub.example:444/",
            "https://hub.example@evil/",
            "https://hub.example\\@evil/",
            "https://evil/?https://hub.example",
            "hub.example",
        ] {
            assert!(!same_origin(other, "https://hub.example"), "{other}");
        }
        assert!(!same_origin("", ""));
    }

    #[test]
    fn redirects_do_not_lead_to_weaker_ground() {
        let to = |location: &str| resolve("https://hub.example/a/b?c", location);
        assert_eq!(to("/b").unwrap(), "https://hub.example/b");
        assert_eq!(to("d?e").unwrap(), "https://hub.example/a/d?e");
        assert_eq!(to("//cdn.example/b").unwrap(), "https://cdn.example/b");
        assert_eq!(to("https://cdn.example/b").unwrap(), "https://cdn.example/b");
        assert_eq!(resolve("http://hub.example", "d").unwrap(), "http://hub.example/d");
        for wrong in [
            "http://cdn.example/b",
            "file:///etc/passwd",
            "ftp://x",
            "javascript:alert(1)",
            "https://user:secret@x/",
            "/a\r\nHost: evil",
            "https:///x",
        ] {
            assert_eq!(to(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn credentials_in_addresses_are_not_shown() {
        assert_eq!(shown("https://user:secret@cdn.example/a@b?X-Signature=1#c"), "https://cdn.example/a@b");
        assert_eq!(shown("https://cdn.example?secret"), "https://cdn.example");
    }
}
