//! A source with a tracking plan and blocked events, as its senders meet it.

use std::sync::Arc;

use event_log::MemoryLog;
use routing::{Routing, RoutingSnapshot, SourceSchema};
use serde_json::{Value, json};
use spec::Step;
use tracking_plan::{Compiled, Plan};

use crate::{
    client::Request,
    harness::{Harness, KEY, SECOND_KEY, basic, batch, options, source},
};

fn schema(settings: Value) -> SourceSchema {
    let plan = json!({"settings": settings, "rules": [{
        "type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": {
            "properties": {"properties": {"properties": {"total": {"type": "number"}}}}},
    }]});
    let plan = Compiled::new(&Plan::from_value(&plan).unwrap()).unwrap();
    SourceSchema { plan: Some(Arc::new(plan)), blocked_events: ["Debug Ping".into()].into() }
}

/// One source with a plan, and one without.
fn routing(schema: SourceSchema) -> Routing {
    let mut planned = source("website", KEY, true);
    planned.schema = schema;
    let sources = vec![planned, source("free", SECOND_KEY, true)];
    Routing::new(RoutingSnapshot::new(1, sources, vec![]))
}

fn block() -> Value {
    json!({"track": {"allowUnplannedEvents": false, "allowEventOnViolations": false}})
}

const MIXED: &str = r#"
    {"type":"track","userId":"u","event":"Order Completed","properties":{"total":1.50}},
    {"type":"track","userId":"u","event":"Order Completed","properties":{"total":"1.50"}},
    {"type":"track","userId":"u","event":"Other"},
    {"type":"track","userId":"u","event":"Debug Ping"},
    {"type":"track","userId":"u"},
    {"type":"identify","userId":"u","traits":{"total":"1.50"}}"#;

#[tokio::test]
async fn what_the_plan_blocks_is_filtered_at_the_source() {
    let harness = Harness::routed(options(), Arc::new(MemoryLog::new()), routing(schema(block())));
    let (answer, left) = harness.sent(&batch(MIXED)).await;
    assert_eq!(answer.line(), r#"200 {"success":true}"#);
    assert_eq!(left.counts(), [2, 4, 0, 0]);
    let reasons: Vec<_> =
        left.discards.iter().map(|(_, discard)| (discard.step, &*discard.code)).collect();
    let filtered = Step::FilteredAtSource;
    assert_eq!(
        reasons,
        [
            (filtered, "schema_violation"),
            (filtered, "unplanned"),
            (filtered, "event_setting"),
            (Step::FailedOnIngest, "event_not_defined"),
        ]
    );
    assert_eq!(left.discards[0].1.pointer, "/properties/total");
    assert!(left.messages.iter().all(|message| message["context"].get("protocols").is_none()));
    // a source without a plan takes them all
    let free = Request::post("/v1/batch", format!(r#"{{"batch":[{MIXED}]}}"#))
        .header("authorization", &basic(&format!("{SECOND_KEY}:")));
    let (_, left) = harness.sent(&free).await;
    assert_eq!(left.counts(), [5, 1, 0, 0]);
}

#[tokio::test]
async fn what_the_plan_allows_tells_of_its_violations() {
    let harness =
        Harness::routed(options(), Arc::new(MemoryLog::new()), routing(schema(json!({}))));
    let (_, left) = harness.sent(&batch(MIXED)).await;
    assert_eq!(left.counts(), [4, 2, 0, 0]);
    let told: Vec<&Value> =
        left.messages.iter().map(|message| &message["context"]["protocols"]).collect();
    assert_eq!(
        told[1],
        &json!({
            "sourceId": "website",
            "violations": [{
                "type": "Invalid Type",
                "field": "properties.total",
                "description": "Invalid type. Expected: number, given: string",
                "pointer": "/properties/total",
                "expected": "number",
            }],
            "omitted": [],
            "omitted_on_violation": [],
        })
    );
    assert_eq!([told[0], told[2], told[3]], [&Value::Null; 3]);
}

#[tokio::test]
async fn a_change_of_the_plan_holds_from_the_next_request_on() {
    let routing_now = routing(SourceSchema::default());
    let harness = Harness::routed(options(), Arc::new(MemoryLog::new()), routing_now.clone());
    assert_eq!(harness.sent(&batch(MIXED)).await.1.counts(), [5, 1, 0, 0]);
    let mut planned = source("website", KEY, true);
    planned.schema = schema(block());
    routing_now.replace(RoutingSnapshot::new(2, vec![planned], vec![]));
    assert_eq!(harness.sent(&batch(MIXED)).await.1.counts(), [2, 4, 0, 0]);
}

#[tokio::test]
async fn a_strict_sender_hears_what_the_plan_asks_for() {
    let harness = Harness::routed(options(), Arc::new(MemoryLog::new()), routing(schema(block())));
    let (answer, left) = harness.sent(&batch(MIXED).header("prefer", "strict")).await;
    assert_eq!((answer.status, left.counts()), (400, [0, 0, 1, 0]));
    let errors = answer.json()["errors"].clone();
    assert_eq!(errors[0]["code"], "schema_violation");
    assert_eq!(errors[0]["pointer"], "/properties/total");
    assert_eq!(errors[0]["example"], json!({"properties": {"total": "<number>"}}));
}
