use super::denied;

#[track_caller]
fn check(addresses: &[&str], expect: Option<&str>) {
    for text in addresses {
        let address = text.parse().expect("the table holds addresses");
        assert_eq!(denied(address), expect, "{text}");
    }
}

#[test]
fn global_unicast_is_allowed() {
    check(
        &["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"],
        None,
    );
    check(&["126.255.255.255", "128.0.0.0", "168.63.129.15", "169.253.255.255"], None);
    check(&["172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0"], None);
    check(&["198.17.255.255", "198.20.0.0", "223.255.255.255"], None);
    check(&["2600::1", "2001:4860:4860::8888", "2001:200::1", "2003::", "3ffe::1"], None);
    check(&["::ffff:8.8.8.8"], None);
}

#[test]
fn every_other_range_of_ipv4_is_denied() {
    check(&["0.0.0.0", "0.255.255.255"], Some("unspecified"));
    check(
        &["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.1"],
        Some("private"),
    );
    check(&["100.64.0.0", "100.127.255.255", "100.100.100.200"], Some("carrier-grade NAT"));
    check(&["127.0.0.1", "127.255.255.255"], Some("loopback"));
    check(&["169.254.0.0", "169.254.169.254", "169.254.255.255"], Some("link-local"));
    check(&["168.63.129.16"], Some("cloud metadata"));
    check(&["192.0.0.1", "192.0.0.192", "240.0.0.0", "255.255.255.254"], Some("reserved"));
    check(&["192.0.2.1", "198.51.100.255", "203.0.113.0"], Some("documentation"));
    check(&["192.88.99.1"], Some("6to4 relay"));
    check(&["198.18.0.0", "198.19.255.255"], Some("benchmarking"));
    check(&["224.0.0.1", "239.255.255.255"], Some("multicast"));
    check(&["255.255.255.255"], Some("broadcast"));
}

#[test]
fn every_other_range_of_ipv6_is_denied() {
    check(&["::"], Some("unspecified"));
    check(&["::1"], Some("loopback"));
    check(&["64:ff9b::8.8.8.8", "64:ff9b:1::1"], Some("NAT64"));
    check(&["100::1"], Some("discard-only"));
    check(&["2001::1", "2001:0:ffff::"], Some("Teredo"));
    check(&["2001:2::1", "2001:20::1", "2001:1ff:ffff::"], Some("reserved"));
    check(&["2001:db8::1", "3fff::1", "3fff:fff::"], Some("documentation"));
    check(&["2002:a00:1::1", "2002:808:808::1"], Some("6to4"));
    check(&["fc00::1", "fd00:ec2::254"], Some("unique local"));
    check(&["fe80::1", "febf::1"], Some("link-local"));
    check(&["ff02::1"], Some("multicast"));
    check(&["::8.8.8.8", "1000::1", "4000::1", "fec0::1", "5f00::1"], Some("reserved"));
}

#[test]
fn mapped_addresses_are_what_they_carry() {
    check(&["::ffff:127.0.0.1"], Some("loopback"));
    check(&["::ffff:10.1.2.3", "::ffff:c0a8:1"], Some("private"));
    check(&["::ffff:169.254.169.254"], Some("link-local"));
}
