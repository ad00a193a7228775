//! Which addresses may be reached, decided on the address itself, after the name was resolved.

use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Which addresses a client may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Only what is routed on the public internet: no loopback, private, link-local, shared or reserved range.
    #[default]
    PublicOnly,
    /// Private and loopback ranges too: for services that an operator named.
    AllowPrivate,
}

/// The policy said no.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` is at a private or reserved address")]
pub(crate) struct AddressRefused {
    pub(crate) host: String,
}

impl AddressPolicy {
    fn permits(self, address: IpAddr) -> bool {
        self == Self::AllowPrivate || is_public(address)
    }

    /// Judges an address written into a URL, which no resolver sees. Names are judged when they resolve.
    pub(crate) fn judge(self, url: &Url) -> Result<(), AddressRefused> {
        let host = url.host_str().unwrap_or_default();
        match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) if !self.permits(address) => Err(AddressRefused { host: host.to_owned() }),
            _ => Ok(()),
        }
    }
}

/// The addresses of a name.
type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// The addresses of a name that may be reached, or why there are none.
type Permitted = Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>>;

/// Answers names.
pub(crate) type Lookup = Arc<dyn Fn(String) -> Answer + Send + Sync>;

/// Asks the system.
pub(crate) fn system_lookup() -> Lookup {
    Arc::new(|host| Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.collect()) }))
}

/// Resolves names and hands on the permitted addresses alone. A connection is made to what was handed on, and
/// no name is looked up twice for it: an answer that changes later changes nothing for the one that was judged.
pub(crate) struct PolicyResolver {
    pub(crate) policy: AddressPolicy,
    pub(crate) lookup: Lookup,
    /// Names of proxies: they are reached wherever the operator put them.
    pub(crate) proxies: BTreeSet<String>,
}

impl std::fmt::Debug for PolicyResolver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PolicyResolver").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl PolicyResolver {
    /// The permitted addresses of a name.
    pub(crate) fn permitted(&self, host: String) -> Pin<Box<dyn Future<Output = Permitted> + Send>> {
        let is_proxy = self.proxies.contains(&host);
        let policy = if is_proxy { AddressPolicy::AllowPrivate } else { self.policy };
        let lookup = (self.lookup)(host.clone());
        Box::pin(async move {
            let resolved = lookup.await?.into_iter();
            let permitted: Vec<SocketAddr> =
                resolved.filter(|address| policy.permits(address.ip())).collect();
            if permitted.is_empty() {
                return Err(AddressRefused { host }.into());
            }
            Ok(permitted)
        })
    }
}

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let permitted = self.permitted(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(permitted.await?.into_iter()) as Addrs) })
    }
}

/// Whether an address is globally routed unicast, by the special-purpose registries of IANA (RFC 6890 and its
/// updates). Addresses that carry an IPv4 address within are judged by that one.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (b & 0xc0) == 64;
    let protocols = a == 192 && b == 0 && c == 0;
    let relays = a == 192 && b == 88 && c == 99;
    let benchmarks = a == 198 && (b & 0xfe) == 18;
    let this_network = a == 0;
    let reserved_or_multicast = a >= 224;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || shared
        || protocols
        || relays
        || benchmarks
        || this_network
        || reserved_or_multicast)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let within = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => within(high, low),
        [0x2002, high, low, ..] => within(high, low),
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Global unicast is 2000::/3; all else is unspecified, loopback, local, multicast or not assigned.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn special_ranges_are_not_public() {
        let special = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255 \
                       192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 \
                       240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::7f00:1 \
                       2002:7f00:1:: 2001::1 2001:db8::1 3fff::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1";
        special.split_whitespace().for_each(|address| assert!(!public(address), "{address}"));
        let open = "1.1.1.1 8.8.8.8 100.63.0.1 172.32.0.1 198.20.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808";
        open.split_whitespace().for_each(|address| assert!(public(address), "{address}"));
    }

    #[test]
    fn an_address_in_a_url_is_judged() {
        let judge = |url: &str| AddressPolicy::PublicOnly.judge(&url.parse().unwrap()).is_ok();
        assert!(judge("http://example.org/") && judge("http://8.8.8.8/"));
        // Loopback, link-local and metadata addresses in every spelling that a URL parser understands.
        let spellings = "[::1] 127.0.0.1 2130706433 0x7f.1 127.1 0177.0.0.1 017700000001 0x7f000001 127.0.0.1. \
                         [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] \
                         169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 [::ffff:169.254.169.254] \
                         [fe80::1] [fd00:ec2::254] 0 0.0.0.0 [::] 10.1 192.168.257";
        for host in spellings.split_whitespace() {
            let url = &format!("http://{host}/");
            assert!(!judge(url), "{url}");
            assert!(AddressPolicy::AllowPrivate.judge(&url.parse().unwrap()).is_ok());
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_within_an_ipv6_one_is_judged_alike(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(is_public_v4(address), is_public_v6(address.to_ipv6_mapped()));
        }
    }
}
