//! Against a broker of our own making that can misbehave, and against Apache Kafka. What they
//! hear and hold is read by another implementation of the protocol.

mod apache;
mod faults;
mod model;
mod reader;

use std::collections::BTreeMap;

use destination_kit::conformance::{self, Next, next};
use serde_json::{Value, json};

use super::*;
use crate::tests::tracked;

fn open(settings: Value, world: &World) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
    let settings = settings.as_object().expect("settings are an object");
    KafkaKind.open(settings, &conformance::owner(), world)
}

fn world() -> World {
    World { allow_private_addresses: true, ..World::default() }
}

fn opened(settings: Value) -> Arc<dyn Destination> {
    open(settings, &world()).unwrap_or_else(|bad| panic!("{bad:?}"))
}

/// What `user` did as number `n`, on its way; their words as they stand in JSON.
fn parcel(n: u64, user: &str, event: &str, text: &str) -> Parcel {
    tracked(n, user, event, &format!(r#"{{"text":"{text}","n":{n}}}"#))
}

fn code(outcome: &Result<Answer, DeliveryError>) -> &str {
    conformance::fault(outcome).map_or("", |fault| &fault.code)
}

#[test]
fn its_catalog_entry_is_sound() {
    conformance::kind(&KafkaKind);
}

#[test]
fn bad_settings_are_named() {
    let bad = |settings: Value| -> BTreeMap<String, String> {
        let bad = open(settings, &World::default()).err().unwrap_or_default();
        bad.into_iter().map(|bad| (bad.key, bad.problem)).collect()
    };
    let found = bad(json!({
        "brokers": "kafka://a:9092", "topic": "orders/{event}", "key": "{", "authentication": "PLAIN",
        "headers": { "Content-Type": "text/plain" }, "username": "u",
    }));
    let keys: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(keys, ["brokers", "headers", "key", "password", "topic"], "{found:?}");
    assert_eq!(found["topic"], "has '/'; topics have letters, digits, '.', '_' and '-'");
    assert_eq!(found["password"], "is required for PLAIN");
    for brokers in ["", " , ", "a:0", "a:x", "[::1", "a b:1", "u@a:1"] {
        let found = bad(json!({ "brokers": brokers }));
        assert!(found.contains_key("brokers"), "{brokers:?}: {found:?}");
    }
    for topic in ["..", "", &"x".repeat(250)] {
        let found = bad(json!({ "brokers": "a", "topic": topic }));
        assert!(found.contains_key("topic"), "{topic:?}: {found:?}");
    }
    opened(json!({ "brokers": "a, b:9093,[2001:db8::1]:9094,[::1]", "topic": "a.{type}" }));
}

#[test]
fn a_row_is_the_message_and_what_the_settings_make_of_it() {
    let row = |settings: Value, parcel: &Parcel| {
        let settings = settings.as_object().expect("settings are an object").clone();
        let settings = KafkaKind.definition().check(&settings).expect("they fit");
        let plan = Plan::read(&settings).unwrap_or_else(|bad| panic!("{bad:?}"));
        Kafka::new(plan, &World::default(), PATIENCE).row(parcel, 5)
    };
    let ada = parcel(7, r"ad\u00e4", "Order\\/Paid \\ud83d\\ude00 \\ud800", "x");
    let made = row(json!({ "brokers": "a", "headers": { "team": "growth" } }), &ada);
    assert_eq!((&*made.topic, made.position), ("headwater-website", 7));
    assert_eq!(made.record.key.as_deref(), Some("adä".as_bytes()));
    assert_eq!(&made.record.value, ada.message.raw());
    assert_eq!(made.record.timestamp_ms, 5);
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let headers = made.record.headers.iter().map(|(name, value)| (text(name), text(value)));
    let expect = [
        ("content-type", "application/json"),
        ("message-id", "m-7"),
        ("source", "website"),
        ("type", "track"),
        ("received-at", "2026-11-25T14:10:00.130Z"),
        ("team", "growth"),
    ];
    let expect = expect.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(headers.collect::<Vec<_>>(), expect);

    let topic = |template: &str, parcel: &Parcel| {
        row(json!({ "brokers": "a", "topic": template }), parcel).topic.to_string()
    };
    assert_eq!(topic("{event}", &ada), "Order_Paid______");
    assert_eq!(topic("{event}", &parcel(8, "u", "..", "")), "__");
    assert_eq!(topic("{properties.text}", &parcel(8, "u", "", "")), "_");
    assert_eq!(topic("{event}", &parcel(8, "u", &"é".repeat(400), "")), "_".repeat(249));
    let keyed = row(json!({ "brokers": "a", "key": "{type}/{properties.n}" }), &ada);
    assert_eq!(keyed.record.key.as_deref(), Some(&b"track/7"[..]));
    let nobody = row(json!({ "brokers": "a", "key": "{context.groupId}" }), &ada);
    assert_eq!(nobody.record.key, None);
}

/// The examples of Apache Kafka's own tests.
#[test]
fn keys_go_to_the_partitions_that_kafka_chooses() {
    for (key, hash) in [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ] {
        let expect = (hash & 0x7fff_ffff) % 1_000_003;
        assert_eq!(records::partition_of(key.as_bytes(), 1_000_003), expect, "{key}");
    }
}

#[test]
fn sequence_numbers_begin_again_behind_the_greatest() {
    assert_eq!(records::sequence_after(0, 3), 3);
    assert_eq!(records::sequence_after(i32::MAX, 1), 0);
    assert_eq!(records::sequence_after(i32::MAX - 1, 3), 1);
}
