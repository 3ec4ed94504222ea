//! Whose address a request comes from, behind proxies we were told to trust.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whether `peer` is one of the `trusted` proxies.
pub fn is_trusted(peer: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&peer))
}

/// The address that a request came from: the nearest one that is not a trusted proxy, reading
/// `X-Forwarded-For` from the end, where our own proxies write. Anything before that address is
/// the sender's claim and does not count.
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client, trusted) {
        return client;
    }
    let values: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Some(address) = address(hop.trim()) else { break };
        client = address.to_canonical();
        if !is_trusted(client, trusted) {
            break;
        }
    }
    client
}

fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_count_only_behind_trusted_proxies() {
        let trusted = ["10.0.0.0/8".parse().expect("a net"), "fd00::/8".parse().expect("a net")];
        let check = |peer: &str, forwarded: &[&'static str], expect: &str| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(FORWARDED_FOR, http::HeaderValue::from_static(value));
            }
            let peer = peer.parse().expect("an address");
            assert_eq!(client_ip(peer, &headers, &trusted).to_string(), expect, "{forwarded:?}");
        };
        check("203.0.113.9", &["198.51.100.1"], "203.0.113.9");
        check("::ffff:203.0.113.9", &[], "203.0.113.9");
        check("10.1.1.1", &[], "10.1.1.1");
        check("10.1.1.1", &["198.51.100.1"], "198.51.100.1");
        check("10.1.1.1", &["1.2.3.4, 198.51.100.1, 10.2.2.2"], "198.51.100.1");
        check("10.1.1.1", &["1.2.3.4", "198.51.100.1:4711"], "198.51.100.1");
        check("fd00::1", &["[2001:db8::7]:443"], "2001:db8::7");
        check("fd00::1", &["2001:db8::7"], "2001:db8::7");
        check("10.1.1.1", &["198.51.100.1, garbage"], "10.1.1.1");
    }
}
