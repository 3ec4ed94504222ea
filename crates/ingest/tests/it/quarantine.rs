//! What a plan keeps back, and its release in order, exactly once.

use std::{collections::HashMap, sync::Arc};

use event_log::{Batch, EventLog, Label, MemoryLog, Position, Tag, conformance::read_all};
use ingest::quarantine::{Quarantine, Released};
use routing::{Routing, RoutingSnapshot, SourceRoute, SourceSchema};
use serde_json::json;
use spec::{Discard, Message, Release, record};
use tracking_plan::{Compiled, Plan};

use crate::harness::{Harness, KEY, batch, options, source, stream};

const NOW_MS: i64 = 1_900_000_000_000;

/// The source with a plan that wants `total` to be of this type.
fn planned(total: &str) -> SourceRoute {
    let plan = json!({
        "settings": {"track": {"allowUnplannedEvents": false, "allowEventOnViolations": false,
            "onBlock": "QUARANTINE"}},
        "rules": [{"type": "TRACK", "key": "Paid", "version": 1, "jsonSchema": {
            "properties": {"properties": {"properties": {"total": {"type": total}}}}}}],
    });
    let plan = Compiled::new(&Plan::from_value(&plan).unwrap()).unwrap();
    let mut planned = source("website", KEY, true);
    planned.schema = SourceSchema { plan: Some(Arc::new(plan)), ..SourceSchema::default() };
    planned
}

fn paid(id: usize, total: &str) -> String {
    format!(
        r#"{{"type":"track","userId":"u","event":"Paid","messageId":"m-{id}","properties":{{"total":{total},"digits":1.50}}}}"#
    )
}

async fn harness() -> Harness {
    let routing = Routing::new(RoutingSnapshot::new(1, vec![planned("number")], vec![]));
    let harness = Harness::routed(options(), Arc::new(MemoryLog::new()), routing);
    // many requests, so that releases go on over several stretches of log
    for n in 0..30 {
        let items: Vec<String> = (n * 40..n * 40 + 40)
            .map(|id| paid(id, if id % 2 == 0 { r#""7""# } else { "7" }))
            .collect();
        assert_eq!(harness.send(&batch(&items.join(","))).await.status, 200);
    }
    harness
}

/// Ids of the messages in the log from `from` on, each as often as it was accepted.
async fn accepted(log: &dyn EventLog, from: Position) -> Vec<String> {
    let mut ids = Vec::new();
    for entry in read_all(log, from).await {
        if entry.label.kind == record::MESSAGE && entry.duplicate_of.is_none() {
            let message = Message::decode(entry.payload).unwrap();
            assert!(message.raw().windows(4).any(|digits| digits == b"1.50"), "digits stay");
            assert!(!message.raw().windows(9).any(|word| word == b"protocols"));
            ids.push(String::from_utf8(message.message_id().to_vec()).unwrap());
        }
    }
    ids
}

fn even() -> Vec<String> {
    (0..1200).step_by(2).map(|id| format!("m-{id}")).collect()
}

#[tokio::test]
async fn what_waits_is_told_by_cause() {
    let harness = harness().await;
    harness.send(&batch(r#"{"type":"track","userId":"u","event":"Other"}"#)).await;
    let quarantine = Quarantine::new(&*harness.log);
    let waiting = quarantine.waiting(&*harness.log, stream()).await.unwrap();
    assert_eq!(waiting.messages, 601);
    let [most, other] = &waiting.causes[..] else { panic!("two causes: {waiting:?}") };
    assert_eq!(
        (&*most.code, &*most.pointer),
        ("quarantined_schema_violation", "/properties/total")
    );
    assert_eq!((most.messages, other.messages), (600, 1));
    assert_eq!(&*other.code, "quarantined_unplanned");
    assert_eq!(quarantine.waiting(&*harness.log, 7).await.unwrap().messages, 0);
}

#[tokio::test]
async fn a_release_after_the_plan_is_mended_is_in_order_and_exactly_once() {
    let harness = harness().await;
    let log = &*harness.log;
    let quarantine = Quarantine::new(log);
    let from = harness.end();
    // two at once, and another one after them
    let mended = planned("string");
    let (first, second) = tokio::join!(
        quarantine.release(log, &mended, NOW_MS),
        quarantine.release(log, &mended, NOW_MS)
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.accepted + second.accepted, 600);
    assert_eq!(quarantine.release(log, &mended, NOW_MS).await.unwrap(), Released::default());
    assert_eq!(accepted(log, from).await, even());
    assert_eq!(quarantine.waiting(log, stream()).await.unwrap().messages, 0);
    // another process knows it from the log alone
    let again = Quarantine::new(log);
    assert_eq!(again.release(log, &mended, NOW_MS).await.unwrap(), Released::default());
}

#[tokio::test]
async fn what_still_breaks_the_plan_waits_on() {
    let harness = harness().await;
    let log = &*harness.log;
    let quarantine = Quarantine::new(log);
    let released = quarantine.release(log, &planned("number"), NOW_MS).await.unwrap();
    assert_eq!(released, Released { kept: 600, ..Released::default() });
    assert_eq!(quarantine.waiting(log, stream()).await.unwrap().messages, 600);
    let mut blocked = planned("string");
    blocked.schema.blocked_events = ["Paid".into()].into();
    let released = quarantine.release(log, &blocked, NOW_MS).await.unwrap();
    assert_eq!(released, Released { discarded: 600, ..Released::default() });
    assert_eq!(quarantine.waiting(log, stream()).await.unwrap().messages, 0);
}

#[tokio::test]
async fn what_a_dying_release_left_behind_is_not_taken_twice() {
    let harness = harness().await;
    let log = &*harness.log;
    let from = harness.end();
    // as a release that died before it said how far it came
    let mut torn = Batch::new();
    let mut appended = 0;
    for entry in read_all(log, Position::default()).await {
        if entry.label.kind == record::DISCARD && appended < 250 {
            let discard: Discard = record::decode(&entry.payload).unwrap();
            let message = Message::decode(discard.body.clone().into()).unwrap();
            let tag = Tag::Key(log.key_of(stream(), message.message_id()));
            let label = Label { kind: record::MESSAGE, stream: stream(), time_ms: NOW_MS, tag };
            torn.push(label, &discard.body);
            appended += 1;
        }
    }
    log.lane().append(torn).await.unwrap();
    let quarantine = Quarantine::new(log);
    let released = quarantine.release(log, &planned("string"), NOW_MS).await.unwrap();
    assert_eq!(released, Released { accepted: 350, duplicates: 250, ..Released::default() });
    assert_eq!(accepted(log, from).await, even());
}

#[tokio::test]
async fn every_message_that_left_is_taken_out_of_the_count_once() {
    let harness = harness().await;
    let log = &*harness.log;
    Quarantine::new(log).release(log, &planned("string"), NOW_MS).await.unwrap();
    let mut counted: HashMap<(i64, String), i64> = HashMap::new();
    for entry in read_all(log, Position::default()).await {
        if entry.label.kind == record::DISCARD {
            let discard: Discard = record::decode(&entry.payload).unwrap();
            let minute_ms = entry.label.time_ms / 60_000 * 60_000;
            *counted.entry((minute_ms, discard.code.into_owned())).or_default() += 1;
        } else if entry.label.kind == record::RELEASE {
            let release: Release = record::decode(&entry.payload).unwrap();
            for left in release.left {
                let key = (left.minute_ms, left.code.into_owned());
                *counted.get_mut(&key).expect("it was counted") -= left.messages as i64;
            }
        }
    }
    assert!(counted.values().all(|left| *left == 0), "{counted:?}");
}
