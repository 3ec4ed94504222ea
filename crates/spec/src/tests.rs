use bytes::Bytes;

use crate::{
    Breakdown, Delivered, DestinationId, Discard, Event, EventRef, Head, Kind, Message, Mixture,
    Outcome, Span, Step, Together, format_iso, record,
};

#[test]
fn times_read_as_iso() {
    let check = |ms, expect: &str| {
        let mut out = Vec::new();
        format_iso(ms, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expect);
    };
    check(0, "1970-01-01T00:00:00.000Z");
    check(951_782_400_123, "2000-02-29T00:00:00.123Z");
    check(1_763_000_000_001, "2025-11-13T02:13:20.001Z");
    check(-1, "1969-12-31T23:59:59.999Z");
    check(i64::MIN, "0000-01-01T00:00:00.000Z");
    check(i64::MAX, "9999-12-31T23:59:59.999Z");
}

#[test]
fn a_message_survives_its_encoding() {
    let raw = br#"{"messageId":"m-1","userId":"u"}"#;
    let mut out = b"before".to_vec();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw);
    let head = Head {
        kind: Kind::Track,
        message_id: Span { start: 14, len: 3 },
        name: Span::default(),
        user_id: Span { start: 29, len: 1 },
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    Message::finish(&mut out, at, &head);
    let message = Message::decode(Bytes::from(out).slice(6..)).expect("just encoded");
    assert_eq!(message.kind(), Kind::Track);
    assert_eq!(message.message_id(), b"m-1");
    assert_eq!(message.user_id(), Some(&b"u"[..]));
    assert_eq!(message.name(), None);
    assert_eq!(message.ordering_key(), b"u");
    assert_eq!(message.raw(), &raw[..]);
}

#[test]
fn a_message_with_a_span_outside_its_json_is_refused() {
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    let far = Span { start: u32::MAX, len: 2 };
    let head = Head {
        kind: Kind::Page,
        message_id: far,
        name: far,
        user_id: far,
        anonymous_id: far,
        integrations: far,
    };
    Message::finish(&mut out, at, &head);
    assert!(Message::decode(out.into()).is_err());
    assert!(Message::decode(Bytes::from_static(b"\x01\x01")).is_err());
}

#[test]
fn payloads_name_a_version_they_do_not_know() {
    let discard = Discard {
        step: Step::FailedOnIngest,
        code: "event_not_defined".into(),
        messages: 1,
        pointer: "/event".into(),
        detail: "event is missing".into(),
        index: 3,
        body: b"{}".to_vec(),
        readable: false,
    };
    let mut payload = record::encode(&discard);
    assert_eq!(record::decode::<Discard>(&payload).expect("just encoded"), discard);
    payload[0] = 9;
    let error = record::decode::<Discard>(&payload).expect_err("version 9 is not written yet");
    assert_eq!(error.to_string(), "payload version Some(9) is unknown");
}

#[test]
fn positions_of_a_batch_take_few_bytes_and_each_tells_its_attempt() {
    let positions: Vec<u64> = (0..1000).map(|n| 5_000_000_000 + n * 1304).collect();
    let together = Together {
        stream: u64::MAX,
        minute_ms: 1_763_000_040_000,
        at_ms: 1_763_000_041_500,
        took_ms: 3,
        status: Some(200),
        positions,
    };
    let destination = DestinationId("archive".into());
    let said = Delivered { destination, read_to: 6_000_000_000, together: vec![together] };
    let payload = record::encode(&said);
    assert!(payload.len() < 2100, "{} bytes", payload.len());
    let read: Delivered = record::decode(&payload).expect("just encoded");
    assert_eq!(read, said);
    let attempt = read.together[0].attempt(5_000_001_304).expect("it is among them");
    assert_eq!((attempt.number, attempt.took_ms, attempt.position), (1, 3, 5_000_001_304));
    assert_eq!(attempt.outcome, Outcome::Delivered { status: Some(200) });
    assert_eq!(read.together[0].attempt(5_000_001_305), None);
}

#[test]
fn what_stands_behind_a_payload_is_read_by_those_who_know_of_it() {
    let delivered =
        Delivered { destination: DestinationId("crm".into()), read_to: 9, together: vec![] };
    let events = vec![Event { kind: Kind::Track, name: Some("Order \\u0041".into()) }];
    let of = vec![Mixture { events: vec![(0, 3)], latency: vec![(77, 3)] }];
    let breakdown = Breakdown { events, of };
    let plain = record::encode(&delivered);
    let both = record::encode_with(&delivered, &breakdown);
    for payload in [&plain, &both] {
        assert_eq!(record::decode::<Delivered>(payload).expect("just written"), delivered);
    }
    let read = |payload: &[u8]| record::decode_with::<Delivered, Breakdown<Mixture>>(payload);
    assert_eq!(read(&plain).expect("just written"), (delivered.clone(), None));
    assert_eq!(read(&both).expect("just written"), (delivered.clone(), Some(breakdown.clone())));
    assert_eq!(read(&both[..both.len() - 1]).expect("its first part is whole"), (delivered, None));
    assert_eq!(breakdown.events[0].text().as_deref(), Some("Order A"));
}

#[test]
fn the_event_of_a_message_is_read_from_its_head() {
    let check = |kind, name: &str, expect: Option<&str>| {
        let raw = format!(r#"{{"event":"{name}"}}"#);
        let mut out = Vec::new();
        let at = Message::begin(&mut out);
        out.extend_from_slice(raw.as_bytes());
        let none = Span::default();
        let name = Span { start: 10, len: name.len() as u32 };
        let head = Head {
            kind,
            message_id: none,
            name,
            user_id: none,
            anonymous_id: none,
            integrations: none,
        };
        Message::finish(&mut out, at, &head);
        let event = EventRef { kind, name: expect };
        assert_eq!(Message::event_in(&out), Some(event));
        assert_eq!(Message::event_in(&out[..out.len() - raw.len()]).is_some(), name.len == 0);
        let message = Message::decode(Bytes::from(out)).expect("just encoded");
        assert_eq!(message.event(), event);
    };
    check(Kind::Track, "Order Completed", Some("Order Completed"));
    check(Kind::Page, "Home", None);
    check(Kind::Track, &"é".repeat(300), Some(&"é".repeat(128)));
    assert_eq!(Message::event_in(b"short"), None);
}
