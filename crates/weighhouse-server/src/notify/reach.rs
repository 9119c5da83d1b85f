//! Where the gate connects to when others say where: never into the company's own networks, unless its operators say so.
//!
//! A name is resolved, every address is checked, and the connection goes to an address that was checked: what the name means a moment later
//! does not matter.

use std::net::IpAddr;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::network::{Network, plain};

/// Addresses of IPv4 that are not of the public Internet (RFC 6890 and its registry): this host, private, shared, loopback, link-local (where
/// clouds answer about themselves), documentation, benchmarks, multicast, reserved.
const SPECIAL: [Network; 15] = [
    Network::v4(0, 0, 0, 8),
    Network::v4(10, 0, 0, 8),
    Network::v4(100, 64, 0, 10),
    Network::v4(127, 0, 0, 8),
    Network::v4(169, 254, 0, 16),
    Network::v4(172, 16, 0, 12),
    Network::v4(192, 0, 0, 24),
    Network::v4(192, 0, 2, 24),
    Network::v4(192, 88, 99, 24),
    Network::v4(192, 168, 0, 16),
    Network::v4(198, 18, 0, 15),
    Network::v4(198, 51, 100, 24),
    Network::v4(203, 0, 113, 24),
    Network::v4(224, 0, 0, 4),
    Network::v4(240, 0, 0, 4),
];

/// Of IPv6, what is public, and the parts of it that lead elsewhere: protocols and tunnels, documentation, 6to4, documentation again.
const PUBLIC: Network = Network::v6(0x2000, 0, 3);
const NOT_PUBLIC: [Network; 4] = [
    Network::v6(0x2001, 0, 23),
    Network::v6(0x2001, 0xdb8, 32),
    Network::v6(0x2002, 0, 16),
    Network::v6(0x3fff, 0, 20),
];

/// Whether an address is one of the public Internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => !SPECIAL.iter().any(|network| network.holds(address)),
        IpAddr::V6(_) => PUBLIC.holds(address) && !NOT_PUBLIC.iter().any(|network| network.holds(address)),
    }
}

/// Which addresses may be connected to.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    allowed: Vec<Network>,
    /// Without TLS: only what operators allowed by name.
    only_allowed: bool,
}

impl Reach {
    /// Public addresses, and these networks; without TLS, these networks only.
    pub(super) fn new(allowed: &[Network], tls: bool) -> Self {
        Self { allowed: allowed.to_vec(), only_allowed: !tls }
    }

    pub(super) fn allows(&self, address: IpAddr) -> bool {
        let address = plain(address);
        let named = self.allowed.iter().any(|network| network.holds(address));
        named || (!self.only_allowed && is_public(address))
    }
}

/// What is said of an address that must not be reached. Not which one it is: who may add webhooks does not learn what is where.
pub(super) const REFUSED: &str =
    "its address is not one that this gate may reach; operators allow networks in `[gate.webhooks] networks`";

impl Resolver for Reach {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        // One that is refused refuses them all: a name that is half inside is a trick.
        if found.iter().all(|address| self.allows(address.ip())) {
            return Ok(found);
        }
        Err(ureq::Error::Other(REFUSED.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;

    #[test]
    fn nothing_inside_is_reached_and_everything_outside_is() {
        let reach = Reach::new(&[], true);
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "100::1",
            "fec0::1",
        ] {
            assert!(!reach.allows(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "169.253.0.1",
            "192.0.1.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:1.1.1.1",
        ] {
            assert!(reach.allows(outside.parse().unwrap()), "{outside}");
            assert!(!Reach::new(&[], false).allows(outside.parse().unwrap()), "{outside} in clear");
        }
    }

    #[test]
    fn operators_allow_networks() {
        let networks = ["10.1.0.0/16", "::1", "127.0.0.1"].map(|text| text.parse().unwrap());
        for reach in [Reach::new(&networks, true), Reach::new(&networks, false)] {
            for (address, expected) in [
                ("10.1.255.255", true),
                ("10.2.0.0", false),
                ("127.0.0.1", true),
                ("127.0.0.2", false),
                ("::1", true),
                ("::ffff:127.0.0.1", true),
                ("::2", false),
            ] {
                assert_eq!(reach.allows(address.parse().unwrap()), expected, "{address}");
            }
        }
    }
}
