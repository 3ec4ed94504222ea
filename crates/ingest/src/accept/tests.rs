use std::fmt::Write as _;

use event_log::{Batch, EventLog, MemoryLog, Position};
use expect_test::{Expect, expect};
use routing::SourceRoute;
use serde_json::Value;
use spec::{Discard, Kind, Message, SourceId, record};
use uuid::Uuid;

use super::{Call, EXPANDED_BYTES_MAX, Scratch, Verdicts, World, expanded_bytes, fill, split};

/// 2026-03-02T10:00:00.000Z.
pub(crate) const NOW_MS: i64 = 1_772_445_600_000;

pub(crate) fn source() -> SourceRoute {
    SourceRoute {
        id: SourceId("src_1".into()),
        slug: "website".into(),
        name: "Website".into(),
        write_keys: Vec::new(),
        enabled: true,
        client_side: false,
        destinations: Vec::new(),
        schema: Default::default(),
        keep_for: None,
    }
}

pub(crate) fn call() -> Call<'static> {
    let peer_ip = Some([203, 0, 113, 7].into());
    Call { received_at_ms: NOW_MS, peer_ip, user_agent: None, pixel: false, receipt: false }
}

/// What stands in the log after one request, and what the sender's message became.
pub(crate) enum Stored {
    Message(Message),
    Discard(Discard),
}

pub(crate) struct Outcome {
    pub(crate) stored: Vec<Stored>,
    pub(crate) verdicts: Verdicts,
}

pub(crate) fn accept(
    kind: Option<Kind>,
    body: &[u8],
    source: &SourceRoute,
    call: &Call<'_>,
) -> Result<Outcome, super::SplitError> {
    let log = MemoryLog::new();
    let mut scratch = Scratch::default();
    let mut parsed = split(body, kind, &mut scratch)?;
    let mut batch = Batch::new();
    let mut made = 0;
    let mut fresh_id = || {
        made += 1;
        Uuid::from_u128(made)
    };
    let key_of = |stream, id: &[u8]| log.key_of(stream, id);
    let world = World { key_of: &key_of, fresh_id: &mut fresh_id };
    let verdicts = fill(&mut parsed, source, call, world, &mut batch);
    assert_eq!(batch.len(), parsed.messages().max(1) - parsed.uncounted_but_one());
    assert_eq!((verdicts.accepted + verdicts.discarded) as usize, parsed.messages().max(1));
    assert_eq!(verdicts.discards.len(), batch.len() - verdicts.accepted as usize);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let entries = runtime.block_on(async {
        log.lane().append(batch).await.expect("memory takes all");
        log.read(Position::default(), usize::MAX).await.expect("memory gives all").entries
    });
    let stored = entries
        .into_iter()
        .filter(|entry| entry.duplicate_of.is_none())
        .map(|entry| {
            assert_eq!(entry.label.stream, source.id.stream());
            assert_eq!(entry.label.time_ms, call.received_at_ms);
            if entry.label.kind == record::MESSAGE {
                Stored::Message(Message::decode(entry.payload).expect("just encoded"))
            } else {
                Stored::Discard(record::decode(&entry.payload).expect("just encoded"))
            }
        })
        .collect();
    Ok(Outcome { stored, verdicts })
}

/// One line for each record: the stored JSON, or the discard.
fn lines(outcome: &Outcome) -> String {
    let mut out = String::new();
    for stored in &outcome.stored {
        match stored {
            Stored::Message(message) => {
                let json = std::str::from_utf8(message.raw()).expect("UTF-8");
                serde_json::from_str::<Value>(json).expect("valid JSON");
                writeln!(out, "{json}").expect("text takes any amount");
            }
            Stored::Discard(discard) => {
                let Discard { index, code, pointer, detail, readable, .. } = discard;
                writeln!(out, "discard {index} {code} {pointer:?} {detail}, readable: {readable}")
                    .expect("text takes any amount");
            }
        }
    }
    out
}

fn check(kind: Kind, body: &str, expect: Expect) {
    let outcome = accept(Some(kind), body.as_bytes(), &source(), &call()).expect("it is JSON");
    expect.assert_eq(&lines(&outcome));
}

fn check_batch(body: &str, expect: Expect) {
    let outcome = accept(None, body.as_bytes(), &source(), &call()).expect("it is JSON");
    expect.assert_eq(&lines(&outcome));
}

#[test]
fn a_single_call_is_stored_with_our_fields_behind_the_senders() {
    check(
        Kind::Track,
        r#"{"userId":"u-1","event":"Song Played","messageId":"m-1","writeKey":"k"}"#,
        expect![[r#"
            {"userId":"u-1","event":"Song Played","messageId":"m-1","type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    check(
        Kind::Page,
        r#" { "userId" : "u", "writeKey":"k" , "name" : "Home" } "#,
        expect![[r#"
        {"userId" : "u","name" : "Home","type":"page","messageId":"00000000-0000-0000-0000-000000000001","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Identify,
        r#"{"writeKey":"k","userId":"u"}"#,
        expect![[r#"
        {"userId":"u","type":"identify","messageId":"00000000-0000-0000-0000-000000000001","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
}

#[test]
fn the_path_decides_the_type() {
    check(
        Kind::Track,
        r#"{"type":"identify","userId":"u","event":"E","messageId":"m"}"#,
        expect![[r#"
        {"type":"track","userId":"u","event":"E","messageId":"m","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":"m","type":null}"#,
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
}

#[test]
fn the_senders_clock_is_taken_out() {
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":"m","timestamp":"2015-12-12T19:11:01.152Z","sentAt":"2015-12-12T19:11:01.169Z"}"#,
        expect![[r#"
            {"userId":"u","event":"E","messageId":"m","sentAt":"2015-12-12T19:11:01.169Z","type":"track","timestamp":"2026-03-02T09:59:59.983Z","originalTimestamp":"2015-12-12T19:11:01.152Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":"m","timestamp":"2012-12-02T01:30:08+01:00"}"#,
        expect![[r#"
            {"userId":"u","event":"E","messageId":"m","type":"track","timestamp":"2012-12-02T00:30:08.000Z","originalTimestamp":"2012-12-02T00:30:08.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":"m","timestamp":"yesterday","sentAt":null,"receivedAt":"2001-01-01","originalTimestamp":1}"#,
        expect![[r#"
            {"userId":"u","event":"E","messageId":"m","type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
}

#[test]
fn ids_become_text_or_go() {
    check(
        Kind::Group,
        r#"{"userId":12345678901234567890,"anonymousId":"","groupId":5.10,"messageId":7}"#,
        expect![[r#"
            {"userId":"12345678901234567890","groupId":"5.10","messageId":"7","type":"group","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    check(
        Kind::Alias,
        r#"{"userId":null,"anonymousId":"a","userId":"u","previousId":3}"#,
        expect![[r#"
        {"anonymousId":"a","userId":"u","previousId":"3","type":"alias","messageId":"00000000-0000-0000-0000-000000000001","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":""}"#,
        expect![[r#"
        {"userId":"u","event":"E","type":"track","messageId":"00000000-0000-0000-0000-000000000001","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        r#"{"messageId":{"a":1},"userId":"u","event":"E"}"#,
        expect![[r#"
        {"userId":"u","event":"E","type":"track","messageId":"00000000-0000-0000-0000-000000000001","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    check(
        Kind::Track,
        r#"{"userId":"u","event":"First","ev\u0065nt":"Second","messageId":"m","x":1,"x":2}"#,
        expect![[r#"
            {"userId":"u","ev\u0065nt":"Second","messageId":"m","x":1,"x":2,"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
}

#[test]
fn empty_arrays_of_php_become_objects() {
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":"m","properties":[ ],"context":[],"integrations":[]}"#,
        expect![[r#"
            {"userId":"u","event":"E","messageId":"m","properties":{},"context":{},"integrations":{},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    check(
        Kind::Track,
        r#"{"userId":"u","event":"E","messageId":"m","properties":null,"context":null,"integrations":null}"#,
        expect![[r#"
            {"userId":"u","event":"E","messageId":"m","properties":null,"context":{},"integrations":{},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
}

#[test]
fn the_ip_is_filled_in_for_devices_only() {
    let track = |context: &str| {
        format!(r#"{{"userId":"u","event":"E","messageId":"m","context":{context}}}"#)
    };
    check(
        Kind::Track,
        &track(r#"{"library":{"name":"analytics.js"}}"#),
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"library":{"name":"analytics.js"},"ip":"203.0.113.7"},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"channel":"browser","receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        &track(r#"{"library":{"name":"analytics-python"}}"#),
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"library":{"name":"analytics-python"}},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"channel":"server","receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        &track(r#"{"direct":true }"#),
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"direct":true,"ip":"203.0.113.7"},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        &track(r#"{"ip":"0.0.0.0","direct":true}"#),
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"ip":"0.0.0.0","direct":true},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        &track(r#"{"ip":null,"direct":true}"#),
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"ip":null,"direct":true},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );
    check(
        Kind::Track,
        &track("{}"),
        expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]],
    );

    let body = track("{}");
    let client = SourceRoute { client_side: true, ..source() };
    let outcome = accept(Some(Kind::Track), body.as_bytes(), &client, &call()).expect("JSON");
    expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"ip":"203.0.113.7"},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]].assert_eq(&lines(&outcome));
    let peer_ip = Some("2001:db8::1".parse().expect("an address"));
    let six = Call { peer_ip, ..call() };
    let outcome = accept(Some(Kind::Track), body.as_bytes(), &client, &six).expect("JSON");
    expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]].assert_eq(&lines(&outcome));
    let pixel = Call { pixel: true, user_agent: Some(b"Mail \"1\" \xff"), ..call() };
    let outcome = accept(Some(Kind::Track), body.as_bytes(), &source(), &pixel).expect("JSON");
    expect![[r#"
        {"userId":"u","event":"E","messageId":"m","context":{"ip":"203.0.113.7","userAgent":"Mail \"1\" �"},"type":"track","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
    "#]].assert_eq(&lines(&outcome));
}

#[test]
fn a_batch_lends_its_context_integrations_and_time() {
    check_batch(
        r#"{"batch":[
            {"type":"track","userId":"u","event":"E","messageId":"a","timestamp":"2026-01-05T09:59:57Z","context":{"app":{"version":"2.0"}},"integrations":{"Mixpanel":true}},
            {"type":"track","userId":"u","event":"E","messageId":"b","sentAt":"2026-01-05T09:59:58Z","timestamp":"2026-01-05T09:59:57Z","writeKey":"k"}
        ],"sentAt":"2026-01-05T10:00:00Z","messageId":"env","timestamp":"2001-01-01","writeKey":"k",
        "context":{"app":{"name":"Shop","version":"1.0"},"library":{"name":"analytics-go"}},"integrations":{"All":true,"Mixpanel":false}}"#,
        expect![[r#"
            {"type":"track","userId":"u","event":"E","messageId":"a","context":{"app":{"name":"Shop","version":"2.0"},"library":{"name":"analytics-go"}},"integrations":{"All":true,"Mixpanel":true},"timestamp":"2026-03-02T09:59:57.000Z","originalTimestamp":"2026-01-05T09:59:57.000Z","sentAt":"2026-01-05T10:00:00Z","channel":"server","receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
            {"type":"track","userId":"u","event":"E","messageId":"b","sentAt":"2026-01-05T09:59:58Z","timestamp":"2026-03-02T09:59:59.000Z","originalTimestamp":"2026-01-05T09:59:57.000Z","context":{"app":{"name":"Shop","version":"1.0"},"library":{"name":"analytics-go"}},"integrations":{"All":true,"Mixpanel":false},"channel":"server","receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
}

#[test]
fn one_bad_message_does_not_spoil_a_batch() {
    check_batch(
        r#"{"batch":[null,"x",3,[],{},{"type":"batch"},{"type":"track","event":"E"},{"type":"page","userId":"u","name":"","messageId":"m"}]}"#,
        expect![[r#"
            discard 0 bad_request "" the message is null, readable: false
            discard 1 bad_request "" the message is text, readable: false
            discard 2 bad_request "" the message is a number, readable: false
            discard 3 bad_request "" the message is an array, readable: false
            discard 4 bad_request "/type" type is missing, readable: false
            discard 5 bad_request "/type" type is "batch", readable: false
            discard 6 no_user_anon_id "" neither userId nor anonymousId is there, readable: true
            {"type":"page","userId":"u","name":"","messageId":"m","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    check_batch(
        r#"{"batch":[]}"#,
        expect![[r#"
        discard 0 empty_batch "/batch" batch is empty, readable: false
    "#]],
    );
    check_batch(
        r#"{"batch":{"type":"track"}}"#,
        expect![[r#"
        discard 0 empty_batch "/batch" batch is an object, readable: false
    "#]],
    );
    check_batch(
        "{}",
        expect![[r#"
        discard 0 empty_batch "/batch" batch is missing, readable: false
    "#]],
    );
}

#[test]
fn a_batch_takes_2500_messages() {
    for (messages, accepted, discarded, records) in [
        (2500, 2500, 0, 2500),
        (2501, 2500, 1, 2501),
        (5001, 2500, 2501, 5001),
        (6000, 2500, 3500, 5001),
    ] {
        let item = r#"{"type":"track","userId":"u","event":"N"}"#;
        let body = format!(r#"{{"batch":[{}]}}"#, vec![item; messages].join(","));
        let outcome = accept(None, body.as_bytes(), &source(), &call()).expect("JSON");
        assert_eq!(outcome.verdicts.accepted, accepted);
        assert_eq!(outcome.verdicts.discarded, discarded);
        assert_eq!(outcome.stored.len(), records);
        let told = outcome.stored.iter().map(|stored| match stored {
            Stored::Message(_) => 0,
            Stored::Discard(discard) => discard.messages,
        });
        assert_eq!(told.sum::<u32>(), discarded, "what the books will count");
    }
}

#[test]
fn a_context_merged_into_each_message_cannot_make_much_of_little() {
    let beside = format!(r#"{{"page":{{"title":"{}"}}}}"#, "t".repeat(32_000));
    let item = r#"{"type":"track","userId":"u","event":"N","context":{"page":{"path":"/"}}}"#;
    let body = format!(r#"{{"context":{beside},"batch":[{}]}}"#, vec![item; 2500].join(","));
    let outcome = accept(None, body.as_bytes(), &source(), &call()).expect("JSON");
    let bytes = |stored: &Stored| match stored {
        Stored::Message(message) => message.raw().len(),
        Stored::Discard(discard) => discard.body.len(),
    };
    let stored: usize = outcome.stored.iter().map(bytes).sum();
    assert!(stored < EXPANDED_BYTES_MAX + 40_000 + body.len(), "{stored} of {}", body.len());
    assert_eq!(outcome.verdicts.accepted + outcome.verdicts.discarded, 2500);
    let Some(Stored::Discard(last)) = outcome.stored.last() else { panic!("it is too much") };
    assert!(last.detail.contains("its context was merged"), "{}", last.detail);
}

#[test]
fn a_context_of_usual_size_fits_every_message_of_a_batch() {
    let beside = format!(r#"{{"library":{{"name":"{}"}}}}"#, "n".repeat(700));
    let item = r#"{"type":"track","userId":"u","event":"N","context":{"ip":"198.51.100.7"}}"#;
    let body = format!(r#"{{"context":{beside},"batch":[{}]}}"#, vec![item; 2500].join(","));
    let outcome = accept(None, body.as_bytes(), &source(), &call()).expect("JSON");
    assert_eq!(outcome.verdicts.accepted, 2500);
}

#[test]
fn room_is_made_for_what_a_body_holds_and_not_for_what_it_claims() {
    let room = |body: &str| {
        let mut scratch = Scratch::default();
        expanded_bytes(&split(body.as_bytes(), None, &mut scratch).expect("JSON"))
    };
    let item = r#"{"type":"track","userId":"u","event":"N"}"#;
    assert!(room(&format!(r#"{{"batch":[{item},{item}]}}"#)) < 2000);
    let claims = format!(r#"{{"batch":[{}0]}}"#, "0,".repeat(270_000));
    assert!(room(&claims) <= EXPANDED_BYTES_MAX);
    let beside = format!(r#"{{"title":"{}"}}"#, "t".repeat(32_000));
    let body = format!(r#"{{"context":{beside},"batch":[{}]}}"#, vec![item; 2500].join(","));
    assert!(room(&body) <= EXPANDED_BYTES_MAX);
}

#[test]
fn a_message_may_have_32_kilobytes() {
    let padded = |bytes: usize| {
        let around =
            r#"{"type":"track","userId":"u","event":"E","messageId":"m","properties":{"p":""}}"#;
        around.replace("\"\"", &format!("{:?}", "p".repeat(bytes - around.len())))
    };
    let body = padded(32 * 1024);
    let outcome = accept(Some(Kind::Track), body.as_bytes(), &source(), &call()).expect("JSON");
    assert_eq!(outcome.verdicts.accepted, 1);
    let body = padded(32 * 1024 + 1);
    let error = accept(Some(Kind::Track), body.as_bytes(), &source(), &call()).err();
    assert_eq!(error.expect("too large").to_string(), "Exceed payload limit");
    check_batch(
        &format!(r#"{{"batch":[{body}]}}"#),
        expect![[r#"
        discard 0 bad_request "" the message has 32769 bytes, readable: false
    "#]],
    );
}

#[test]
fn what_is_nested_too_deep_is_refused_alone() {
    let nested = |levels: usize| {
        let (open, close) = ("{\"a\":".repeat(levels), "}".repeat(levels));
        format!(r#"{{"type":"track","userId":"u","event":"E","messageId":"m","d":{open}1{close}}}"#)
    };
    let single = |levels| {
        let body = nested(levels);
        accept(Some(Kind::Track), body.as_bytes(), &source(), &call())
            .map(|it| it.verdicts.accepted)
    };
    assert_eq!(single(63), Ok(1));
    let error = single(64).expect_err("65 levels");
    assert_eq!(
        (error.to_string().as_str(), error.expected),
        ("malformed JSON", "at most 64 levels of nesting")
    );
    assert!(single(5000).is_err());
    check_batch(
        &format!(
            r#"{{"batch":[{},{}]}}"#,
            nested(5000),
            r#"{"type":"identify","userId":"u","messageId":"m"}"#
        ),
        expect![[r#"
            discard 0 bad_request "" the message is nested too deep, readable: false
            {"type":"identify","userId":"u","messageId":"m","timestamp":"2026-03-02T10:00:00.000Z","originalTimestamp":"2026-03-02T10:00:00.000Z","context":{},"integrations":{},"receivedAt":"2026-03-02T10:00:00.000Z","projectId":"src_1","version":2}
        "#]],
    );
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    check_batch(
        &format!(r#"{{"batch":[{open}{close}]}}"#),
        expect![[r#"
        discard 0 bad_request "" the message has 200000 bytes, readable: false
    "#]],
    );
    assert!(
        accept(None, format!(r#"{{"batch":[],"x":{open}{close}}}"#).as_bytes(), &source(), &call())
            .is_err()
    );
}

#[test]
fn a_batchs_context_cannot_blow_it_up() {
    let context = "c".repeat(32_000);
    let item = r#"{"type":"track","userId":"u","event":"N"}"#;
    let batch = vec![item; 2500].join(",");
    let body = format!(r#"{{"context":{{"c":"{context}"}},"batch":[{batch}]}}"#);
    let outcome = accept(None, body.as_bytes(), &source(), &call()).expect("JSON");
    assert_eq!(outcome.verdicts.accepted + outcome.verdicts.discarded, 2500);
    assert!((120..140).contains(&outcome.verdicts.accepted), "{}", outcome.verdicts.accepted);
    let body = format!(r#"{{"context":{{"c":"{context}{context}"}},"batch":[{item}]}}"#);
    let error = accept(None, body.as_bytes(), &source(), &call()).err();
    assert_eq!(error.expect("too large").to_string(), "Exceed payload limit");
}

#[test]
fn receipts_name_the_id_and_the_hash_of_what_is_stored() {
    use sha2::{Digest, Sha256};

    let call = Call { receipt: true, ..call() };
    let body =
        br#"{"batch":[{"type":"track"},{"type":"identify","userId":"u","messageId":"m\u002d1"}]}"#;
    let outcome = accept(None, body, &source(), &call).expect("JSON");
    let [receipt] = &outcome.verdicts.receipts[..] else { panic!("one is accepted") };
    assert_eq!((receipt.index, receipt.message_id.as_str()), (1, "m-1"));
    let Stored::Message(message) = &outcome.stored[1] else { panic!("it is accepted") };
    assert_eq!(receipt.sha256, <[u8; 32]>::from(Sha256::digest(message.raw())));
}

#[test]
fn an_escaped_id_has_the_key_of_its_plain_text() {
    let body = br#"{"batch":[{"type":"identify","userId":"u","messageId":"a\u0062"},{"type":"identify","userId":"u","messageId":"ab"}]}"#;
    let outcome = accept(None, body, &source(), &call()).expect("JSON");
    assert_eq!((outcome.verdicts.accepted, outcome.stored.len()), (2, 1));
}

#[test]
fn spans_point_at_the_fields() {
    let body = br#"{"writeKey":"k","anonymousId":7,"x":1,"userId":"u","integrations":{"A":1},"event":"E","messageId":"m"}"#;
    let outcome = accept(Some(Kind::Track), body, &source(), &call()).expect("JSON");
    let Stored::Message(message) = &outcome.stored[0] else { panic!("it is accepted") };
    assert_eq!(message.kind(), Kind::Track);
    assert_eq!(message.message_id(), b"m");
    assert_eq!(message.name(), Some(&b"E"[..]));
    assert_eq!(message.user_id(), Some(&b"u"[..]));
    assert_eq!(message.anonymous_id(), Some(&b"7"[..]));
    assert_eq!(message.integrations(), Some(&br#"{"A":1}"#[..]));
}

#[test]
fn the_write_key_in_the_body_is_found() {
    let mut scratch = Scratch::default();
    let mut key = |kind, body: &str| {
        let parsed = split(body.as_bytes(), kind, &mut scratch).expect("JSON");
        parsed.body_write_key().map(str::to_owned)
    };
    assert_eq!(key(Some(Kind::Track), r#"{"writeKey":"k1"}"#).as_deref(), Some("k1"));
    assert_eq!(key(None, r#"{"batch":[],"writeKey":"k2"}"#).as_deref(), Some("k2"));
    assert_eq!(key(None, r#"{"batch":[{"writeKey":"k3"}]}"#), None);
    assert_eq!(key(Some(Kind::Track), r#"{"writeKey":12345}"#), None);
    assert_eq!(key(Some(Kind::Track), r#"{"writeKey":""}"#).as_deref(), Some(""));
}
