//! Where a request comes from: the other end of the connection, or who a proxy of ours says.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::listen::Peer;
use crate::gate::Gate;
use crate::network::Network;

/// IPv4 as the part of IPv6 that stands for it, so that a socket for both tells no difference.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address that limits are kept for. Nobody, where there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) Option<IpAddr>);

impl Client {
    /// Proxies append the address that they saw, so that the last one that is no proxy is true, and what stands before it anybody's claim.
    pub(crate) fn of(proxies: &[Network], extensions: &Extensions, headers: &HeaderMap) -> Self {
        let Some(Peer(peer)) = extensions.get::<Peer>().copied() else { return Self(None) };
        let ours = |address: IpAddr| proxies.iter().any(|network| network.holds(address));
        if !ours(peer) {
            return Self(Some(peer));
        }
        // A line that cannot be read is a part that cannot be read.
        let told =
            headers.get_all("x-forwarded-for").into_iter().map(|value| value.to_str().unwrap_or_default());
        let told: Vec<&str> = told.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut known = peer;
        for address in told.iter().rev() {
            // What cannot be read ends what can be believed.
            let Ok(address) = address.parse() else { break };
            known = address;
            if !ours(address) {
                break;
            }
        }
        Self(Some(known))
    }

    /// Whether this end of a connection is a proxy of ours, with everybody behind it.
    pub(super) fn is_proxy(proxies: &[Network], peer: IpAddr) -> bool {
        proxies.iter().any(|network| network.holds(peer))
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(number) {
            None => f.write_str("nobody"),
            // One subscriber has 64 bits of IPv6 to choose from.
            Some(number) => match Ipv6Addr::from_bits(number).to_ipv4_mapped() {
                Some(address) => address.fmt(f),
                None => write!(f, "{}/64", Ipv6Addr::from_bits(number >> 64 << 64)),
            },
        }
    }
}

impl FromRequestParts<Arc<Gate>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Infallible> {
        Ok(Self::of(&gate.settings.proxies, &parts.extensions, &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(proxies: &[&str], peer: &str, told: &[&str]) -> String {
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let (mut extensions, mut headers) = (Extensions::new(), HeaderMap::new());
        extensions.insert(Peer(peer.parse().unwrap()));
        for line in told {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        Client::of(&proxies, &extensions, &headers).to_string()
    }

    #[test]
    fn only_proxies_of_ours_are_believed() {
        for (proxies, peer, told, expected) in [
            (&[][..], "192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            (&["192.0.2.1"], "192.0.2.1", &["198.51.100.7"], "198.51.100.7"),
            (&["192.0.2.1"], "::ffff:192.0.2.1", &["198.51.100.7"], "198.51.100.7"),
            // What the client claims stands before what the proxy saw.
            (&["192.0.2.0/24"], "192.0.2.1", &["10.9.9.9, 198.51.100.7"], "198.51.100.7"),
            (&["192.0.2.0/24"], "192.0.2.1", &["10.9.9.9", "198.51.100.7, 192.0.2.9"], "198.51.100.7"),
            (&["192.0.2.0/24"], "192.0.2.1", &["198.51.100.7, nonsense"], "192.0.2.1"),
            (&["192.0.2.0/24"], "192.0.2.1", &[], "192.0.2.1"),
            (&["10.0.0.0/8"], "11.0.0.1", &["198.51.100.7"], "11.0.0.1"),
            (&["::/0"], "2001:db8::1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ] {
            assert_eq!(of(proxies, peer, told), expected, "{proxies:?} {peer} {told:?}");
        }
    }
}
