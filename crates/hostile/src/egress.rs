//! Where deliveries may go.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use async_trait::async_trait;
use destination_kit::{
    DeliveryError, Parcel, Resolve, Settings, World, address::denied, conformance,
};
use serde_json::json;
use url::{Host, Url};

/// Reads an address, or a webhook's URL after a few addresses that its name leads to.
///
/// - An address that the rule lets through is public by another reckoning too.
/// - A webhook whose URL leads only to addresses that the rule refuses sends nothing, however the
///   URL is spelled.
pub fn egress(input: &[u8]) {
    let Some((names, rest)) = input.split_first_chunk::<16>() else { return };
    let (four, six) =
        (Ipv4Addr::from(*rest.first_chunk().unwrap_or(&[0; 4])), Ipv6Addr::from(*names));
    for address in [IpAddr::V4(four), four.to_ipv6_mapped().into(), six.into()] {
        if denied(address).is_none() {
            assert!(is_public(address), "{address} was let through");
        }
    }
    if let Ok(url) = std::str::from_utf8(rest) {
        webhook(url, six);
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b));
            !special && a != 0 && a < 240
        }
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            let inside = (a == 0x2001 && (b < 0x200 || b == 0xdb8))
                || a == 0x2002
                || a == 0x3fff && b < 0x1000;
            (0x2000..0x4000).contains(&a) && !inside
        }
    }
}

/// Every name leads to a refused address, and to nothing else.
#[derive(Debug)]
struct Astray(IpAddr);

#[async_trait]
impl Resolve for Astray {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.0, Ipv4Addr::LOCALHOST.into()])
    }
}

fn webhook(url: &str, name_leads_to: Ipv6Addr) {
    // What the rule lets through would be called.
    let name_leads_to = IpAddr::V6(name_leads_to);
    let astray =
        if denied(name_leads_to).is_some() { name_leads_to } else { Ipv6Addr::LOCALHOST.into() };
    let literal = match Url::parse(url).ok().and_then(|url| url.host().map(|host| host.to_owned()))
    {
        Some(Host::Ipv4(four)) => Some(IpAddr::V4(four)),
        Some(Host::Ipv6(six)) => Some(IpAddr::V6(six)),
        _ => None,
    };
    if literal.is_some_and(|literal| denied(literal).is_none()) {
        return;
    }
    let world = World { resolver: std::sync::Arc::new(Astray(astray)), ..World::default() };
    let mut settings = Settings::new();
    settings.insert("url".into(), json!(url));
    settings.insert("timeout_ms".into(), json!(2000));
    let kinds = destinations::all();
    let webhook = kinds.iter().find(|kind| kind.definition().slug == "webhook");
    let opened = webhook.expect("it is shipped").open(&settings, &conformance::owner(), &world);
    let Ok(destination) = opened else { return };
    let sent = crate::block_on(async { destination.deliver(std::slice::from_ref(&*PARCEL)).await });
    let (DeliveryError::Retry(fault, _) | DeliveryError::BadSettings(fault)) =
        sent.expect_err("nobody is there to take it")
    else {
        panic!("{url:?} was answered");
    };
    assert_eq!(fault.code, "PRIVATE_ADDRESS", "{url:?} was called: {}", fault.excerpt);
}

static PARCEL: LazyLock<Parcel> =
    LazyLock::new(|| conformance::parcel(8, conformance::message("m-1", "{}")));
