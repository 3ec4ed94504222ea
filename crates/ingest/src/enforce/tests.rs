use std::sync::Arc;

use expect_test::{Expect, expect};
use routing::SourceRoute;
use tracking_plan::{Compiled, Plan};

use super::*;
use crate::accept::tests::{Stored, accept, call, source};

/// A source whose schema blocks one event and whose plan knows another.
fn planned(settings: Value) -> SourceRoute {
    let plan = json!({
        "settings": settings,
        "rules": [
            {"type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": {
                "properties": {"properties": {"required": ["order_id"], "properties": {
                    "order_id": {"type": "string"}, "total": {"type": "number"}}}}}},
            {"type": "COMMON", "version": 1, "jsonSchema": {
                "properties": {"context": {"properties": {"locale": {"type": "string"}}}}}},
        ],
    });
    let plan = Plan::from_value(&plan).expect("it is a plan");
    let schema = SourceSchema {
        plan: Some(Arc::new(Compiled::new(&plan).expect("it compiles"))),
        blocked_events: ["Debug Ping".into(), "Page Viewed".into()].into(),
    };
    SourceRoute { schema, ..source() }
}

fn block() -> Value {
    json!({"track": {"allowUnplannedEvents": false, "allowEventOnViolations": false,
        "commonEventOnViolations": "BLOCK"}})
}

fn omit() -> Value {
    json!({"track": {"allowUnplannedEventProperties": false, "allowPropertiesOnViolations": false}})
}

/// What stands in the log of each message, and that its head still names its fields.
fn stored(settings: Value, kind: Kind, body: &str) -> String {
    let source = planned(settings);
    let outcome = accept(Some(kind), body.as_bytes(), &source, &call()).expect("it is JSON");
    let mut out = String::new();
    for stored in outcome.stored {
        let (message, said) = match stored {
            Stored::Message(message) => (message, String::new()),
            Stored::Discard(discard) => {
                assert!(discard.readable);
                let said = format!(
                    "discard {:?} {} {:?} {}\n",
                    discard.step, discard.code, discard.pointer, discard.detail
                );
                (Message::decode(discard.body.into()).expect("it is readable"), said)
            }
        };
        let value: Value = serde_json::from_slice(message.raw()).expect("it is JSON");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(value["messageId"], text(message.message_id()));
        assert_eq!(value["userId"], text(message.user_id().expect("it has one")));
        if let Some(integrations) = message.integrations() {
            let own: Value = serde_json::from_slice(integrations).expect("it is JSON");
            assert_eq!(value["integrations"], own);
        }
        if kind == Kind::Track {
            assert_eq!(value["event"], text(message.name().expect("it has one")));
        }
        let seen = json!({"properties": value["properties"], "context": value["context"]});
        out.push_str(&format!("{said}{seen}\n"));
    }
    out
}

fn check(settings: Value, kind: Kind, body: &str, expect: Expect) {
    expect.assert_eq(&stored(settings, kind, body));
}

const BEFORE: &str = r#""properties":{"coupon":1,"order_id":7,"total":12.50},"context":{"locale":"en"},"integrations":{"All":true},"userId":"u","messageId":"m-1""#;

#[test]
fn what_conforms_is_stored_as_it_came() {
    let body = r#"{"userId":"u","event":"Order Completed","messageId":"m","properties":{"order_id":"7","total":1.50}}"#;
    check(
        block(),
        Kind::Track,
        body,
        expect![[r#"
        {"properties":{"order_id":"7","total":1.50},"context":{}}
    "#]],
    );
    let plain = accept(Some(Kind::Track), body.as_bytes(), &source(), &call()).expect("JSON");
    let judged = accept(Some(Kind::Track), body.as_bytes(), &planned(block()), &call());
    let [Stored::Message(plain), Stored::Message(judged)] =
        [plain, judged.expect("JSON")].map(|mut outcome| outcome.stored.remove(0))
    else {
        panic!("both are accepted")
    };
    assert_eq!(plain, judged);
}

#[test]
fn what_breaks_the_plan_is_stored_with_its_violations() {
    let body = format!(r#"{{{BEFORE},"event":"Order Completed"}}"#);
    check(
        json!({}),
        Kind::Track,
        &body,
        expect![[r#"
        {"properties":{"coupon":1,"order_id":7,"total":12.50},"context":{"locale":"en","protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"properties.order_id","description":"Invalid type. Expected: string, given: integer","pointer":"/properties/order_id","expected":"string"}],"omitted":[],"omitted_on_violation":[]}}}
    "#]],
    );
}

#[test]
fn what_is_omitted_is_gone() {
    let body = format!(r#"{{{BEFORE},"event":"Order Completed"}}"#);
    check(
        omit(),
        Kind::Track,
        &body,
        expect![[r#"
        {"properties":{"total":12.50},"context":{"locale":"en","protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"properties.order_id","description":"Invalid type. Expected: string, given: integer","pointer":"/properties/order_id","expected":"string"}],"omitted":["properties.coupon"],"omitted_on_violation":["properties.order_id"]}}}
    "#]],
    );
}

#[test]
fn what_is_blocked_is_a_discard_with_the_message() {
    let body = format!(r#"{{{BEFORE},"event":"Order Completed"}}"#);
    check(
        block(),
        Kind::Track,
        &body,
        expect![[r#"
        discard FilteredAtSource schema_violation "/properties/order_id" properties.order_id: Invalid type. Expected: string, given: integer
        {"properties":{"coupon":1,"order_id":7,"total":12.50},"context":{"locale":"en","protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"properties.order_id","description":"Invalid type. Expected: string, given: integer","pointer":"/properties/order_id","expected":"string"}],"omitted":[],"omitted_on_violation":[]}}}
    "#]],
    );
    check(
        block(),
        Kind::Track,
        r#"{"userId":"u","event":"Other"}"#,
        expect![[r#"
        discard FilteredAtSource unplanned "/event" the tracking plan does not know this event
        {"properties":null,"context":{}}
    "#]],
    );
    let both = r#"{"userId":"u","event":"Other","context":{"locale":7}}"#;
    check(
        block(),
        Kind::Track,
        both,
        expect![[r#"
        discard FilteredAtSource unplanned_and_schema_violation "/event" the tracking plan does not know this event, and it breaks the common schema: context.locale: Invalid type. Expected: string, given: integer
        {"properties":null,"context":{"locale":7,"protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"context.locale","description":"Invalid type. Expected: string, given: integer","pointer":"/context/locale","expected":"string"}],"omitted":[],"omitted_on_violation":[]}}}
    "#]],
    );
    let common = r#"{"userId":"u","event":"Order Completed","properties":{"order_id":"7"},"context":{"locale":7}}"#;
    check(
        block(),
        Kind::Track,
        common,
        expect![[r#"
        discard FilteredAtSource common_schema_violation "/context/locale" context.locale: Invalid type. Expected: string, given: integer
        {"properties":{"order_id":"7"},"context":{"locale":7,"protocols":{"sourceId":"src_1","violations":[{"type":"Invalid Type","field":"context.locale","description":"Invalid type. Expected: string, given: integer","pointer":"/context/locale","expected":"string"}],"omitted":[],"omitted_on_violation":[]}}}
    "#]],
    );
}

#[test]
fn what_waits_in_quarantine_is_kept_as_it_came() {
    let mut settings = block();
    settings["track"]["onBlock"] = json!("QUARANTINE");
    let body = format!(r#"{{{BEFORE},"event":"Order Completed"}}"#);
    check(
        settings,
        Kind::Track,
        &body,
        expect![[r#"
        discard FilteredAtSource quarantined_schema_violation "/properties/order_id" properties.order_id: Invalid type. Expected: string, given: integer
        {"properties":{"coupon":1,"order_id":7,"total":12.50},"context":{"locale":"en"}}
    "#]],
    );
}

#[test]
fn an_event_can_be_blocked_without_a_plan() {
    check(
        json!({}),
        Kind::Track,
        r#"{"userId":"u","event":"Debug Ping"}"#,
        expect![[r#"
        discard FilteredAtSource event_setting "/event" the source's schema blocks the event "Debug Ping"
        {"properties":null,"context":{}}
    "#]],
    );
    check(
        json!({}),
        Kind::Page,
        r#"{"userId":"u","name":"Home"}"#,
        expect![[r#"
        discard FilteredAtSource event_setting "" the source's schema blocks the event "Page Viewed"
        {"properties":null,"context":{}}
    "#]],
    );
    check(
        json!({}),
        Kind::Screen,
        r#"{"userId":"u","name":"Home"}"#,
        expect![[r#"
        {"properties":null,"context":{}}
    "#]],
    );
}

#[test]
fn a_fault_says_what_belongs_there() {
    let body = format!(r#"{{{BEFORE},"event":"Order Completed"}}"#);
    let outcome = accept(Some(Kind::Track), body.as_bytes(), &planned(block()), &call());
    let verdicts = outcome.expect("JSON").verdicts;
    assert_eq!((verdicts.accepted, verdicts.discarded), (0, 1));
    let fault = &verdicts.discards[0].fault;
    expect![[r#"
        properties.order_id: Invalid type. Expected: string, given: integer
        {"properties":{"order_id":"<string>"}}"#]]
    .assert_eq(&format!("{}\n{}", fault.detail, fault.example));
    assert_eq!(sketch("/a/0/b~1c", "text").to_string(), r#"{"a":[{"b/c":"<text>"}]}"#);
}
