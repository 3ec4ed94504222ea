//! Where deliveries may go: global unicast addresses and nothing else.
//!
//! Pure. Forms that carry another address inside are unwrapped (IPv4-mapped) or refused (NAT64,
//! 6to4, Teredo), because what they lead to is decided elsewhere.
//!
//! Source: IANA special-purpose address registries, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Ranges of IPv4 that are not for the public, or not for one host.
const DENIED_V4: [(Ipv4Net, &str); 17] = [
    v4([0, 0, 0, 0], 8, "unspecified"),
    v4([10, 0, 0, 0], 8, "private"),
    v4([100, 64, 0, 0], 10, "carrier-grade NAT"),
    v4([127, 0, 0, 0], 8, "loopback"),
    v4([168, 63, 129, 16], 32, "cloud metadata"),
    v4([169, 254, 0, 0], 16, "link-local"),
    v4([172, 16, 0, 0], 12, "private"),
    v4([192, 0, 0, 0], 24, "reserved"),
    v4([192, 0, 2, 0], 24, "documentation"),
    v4([192, 88, 99, 0], 24, "6to4 relay"),
    v4([192, 168, 0, 0], 16, "private"),
    v4([198, 18, 0, 0], 15, "benchmarking"),
    v4([198, 51, 100, 0], 24, "documentation"),
    v4([203, 0, 113, 0], 24, "documentation"),
    v4([224, 0, 0, 0], 4, "multicast"),
    v4([255, 255, 255, 255], 32, "broadcast"),
    v4([240, 0, 0, 0], 4, "reserved"),
];

/// Ranges of IPv6 that are not for the public. What lies outside 2000::/3 and is not named here
/// is reserved.
const DENIED_V6: [(Ipv6Net, &str); 13] = [
    v6([0; 8], 128, "unspecified"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "NAT64"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "NAT64"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard-only"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "reserved"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

const GLOBAL_UNICAST_V6: Ipv6Net =
    Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Why no delivery may go to `address`, in a word or two; `None` when it may.
pub fn denied(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            DENIED_V4.iter().find(|(net, _)| net.contains(&v4)).map(|(_, reason)| *reason)
        }
        IpAddr::V6(v6) => {
            let named = DENIED_V6.iter().find(|(net, _)| net.contains(&v6));
            let outside = (!GLOBAL_UNICAST_V6.contains(&v6)).then_some("reserved");
            named.map(|(_, reason)| *reason).or(outside)
        }
    }
}

const fn v4([a, b, c, d]: [u8; 4], bits: u8, reason: &'static str) -> (Ipv4Net, &'static str) {
    (Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits), reason)
}

const fn v6(s: [u16; 8], bits: u8, reason: &'static str) -> (Ipv6Net, &'static str) {
    let address = Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
    (Ipv6Net::new_assert(address, bits), reason)
}

#[cfg(test)]
mod tests;
