use expect_test::{Expect, expect};

use super::{format_iso, loose, parse_iso};

fn check(text: &str, expect: Expect) {
    let found = parse_iso(text.as_bytes()).map(|ms| {
        let mut out = Vec::new();
        format_iso(ms, &mut out);
        String::from_utf8(out).expect("ASCII")
    });
    expect.assert_eq(found.as_deref().unwrap_or("unreadable"));
}

#[test]
fn times_that_sdks_send_are_read() {
    check("2026-03-02T09:00:00.250Z", expect!["2026-03-02T09:00:00.250Z"]);
    check("2026-03-01T12:00:00.123456789+01:00", expect!["2026-03-01T11:00:00.123Z"]);
    check("2026-01-05T10:00:00.123456+00:00", expect!["2026-01-05T10:00:00.123Z"]);
    check("2026-03-02T10:00:00.0000000+01:00", expect!["2026-03-02T09:00:00.000Z"]);
    check("2026-01-05T10:00:00+00:00", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05T10:00:00.5Z", expect!["2026-01-05T10:00:00.500Z"]);
    check("2026-01-05T10:00:00.999999999Z", expect!["2026-01-05T10:00:00.999Z"]);
}

#[test]
fn times_that_people_write_are_read() {
    check("2015-2-02T00:30:12.984Z", expect!["2015-02-02T00:30:12.984Z"]);
    check("2015-2-2T00:30:08.276Z", expect!["2015-02-02T00:30:08.276Z"]);
    check("2026-01-05T05:00:00-0500", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05T05:00:00-05", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05T10:00:00.000", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05 10:00:00Z", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05t10:00:00z", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05T10:00", expect!["2026-01-05T10:00:00.000Z"]);
    check("2026-01-05", expect!["2026-01-05T00:00:00.000Z"]);
    check("2016-12-31T23:59:60Z", expect!["2017-01-01T00:00:00.000Z"]);
    check("2024-02-29", expect!["2024-02-29T00:00:00.000Z"]);
    check("0001-01-01T00:00:00Z", expect!["0001-01-01T00:00:00.000Z"]);
    check("9999-12-31T23:59:59.999Z", expect!["9999-12-31T23:59:59.999Z"]);
}

#[test]
fn what_is_no_time_is_unreadable() {
    for text in [
        "",
        "yesterday",
        "1767607200000",
        "2025-02-29T00:00:00Z",
        "2100-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-01-32",
        "2026-01-05T24:00:00Z",
        "2026-01-05T10:60:00Z",
        "2026-01-05T10:00:00.Z",
        "2026-01-05T10:00:00.1234567890Z",
        "2026-01-05T10:00:00+1",
        "2026-01-05T10:00:00+0130x",
        "2026-01-05T10:00:00 UTC",
        "26-01-05",
        "2026-01-05T",
        "2026-01-05T10:00:00+24:00",
        " 2026-01-05",
        "2026-01-05T10",
    ] {
        check(text, expect!["unreadable"]);
    }
}

#[test]
fn every_day_round_trips() {
    for day in (-719_528..2_932_896).step_by(7) {
        let ms = day * 86_400_000 + 1;
        let mut out = Vec::new();
        format_iso(ms, &mut out);
        assert_eq!(parse_iso(&out), Some(ms), "{}", String::from_utf8_lossy(&out));
        assert_eq!(loose(&out), Some(ms), "{}", String::from_utf8_lossy(&out));
    }
}
