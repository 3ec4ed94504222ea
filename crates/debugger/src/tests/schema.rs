#![expect(clippy::unwrap_used, reason = "tests")]

use http::StatusCode;
use serde_json::{Value, json};

use super::fixture::World;
use crate::schema::{EVENTS_MAX, PROPERTIES_MAX};

async fn schema(world: &World, query: &str) -> Value {
    let (status, answer) = world.get(&format!("/api/sources/website/schema{query}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["data"].clone()
}

async fn track(world: &World, id: &str, event: &str, properties: &str) {
    let json = format!(
        r#"{{"type":"track","event":"{event}","userId":"u","messageId":"{id}","properties":{properties}}}"#
    );
    world.accept("website", &json).await;
}

#[tokio::test]
async fn events_and_their_properties_are_found_with_their_types() {
    let world = World::new();
    assert_eq!(
        schema(&world, "").await,
        json!({ "from": null, "messages": 0, "complete": true, "truncated": false, "events": [] })
    );
    let first = r#"{"total":42.50,"coupon":null,"products":[{"sku":"a"},{"sku":7,"new":true}]}"#;
    track(&world, "m-1", "Order Completed", first).await;
    track(&world, "m-1", "Order Completed", r#"{"of a duplicate":1}"#).await;
    track(&world, "m-2", "Order Completed", r#"{"total":"free"}"#).await;
    let identify = r#"{"type":"identify","userId":"u","messageId":"m-3","traits":{"address":{"city":"Ulm"}},"properties":{"not":1}}"#;
    world.accept("website", identify).await;
    world.accept("website", r#"{"type":"page","userId":"u","messageId":"m-4"}"#).await;
    world.accept("website", r#"{"type":"alias","userId":"u","messageId":"m-5"}"#).await;
    let bad =
        r#"{"type":"track","event":"Order Completed","messageId":"m-6","properties":{"total":1}}"#;
    world.discard("website", "no_user_anon_id", bad).await;
    world.discard("website", "event_not_string", r#"{"type":"track","userId":7}"#).await;
    world.discard("website", "type_unknown", r#"{"type":"buy"}"#).await;
    world.refuse("website", "{").await;
    track_elsewhere(&world).await;
    let found = schema(&world, "").await;
    let at = "2025-11-13T02:13:20.000Z";
    let event = |kind: &str, name: Value, accepted: u64, discarded: u64, properties: Value| {
        json!({
            "type": kind, "name": name, "count": accepted + discarded, "accepted": accepted,
            "discarded": discarded, "firstSeenAt": at, "lastSeenAt": at, "properties": properties,
        })
    };
    assert_eq!(
        found,
        json!({
            "from": at, "messages": 8, "complete": true, "truncated": false,
            "events": [
                event("track", Value::Null, 0, 1, json!([])),
                event("track", json!("Order Completed"), 2, 1, json!([
                    { "name": "coupon", "count": 1, "types": { "null": 1 } },
                    { "name": "products", "count": 1, "types": { "array": 1 } },
                    { "name": "products.$", "count": 1, "types": { "object": 1 } },
                    { "name": "products.$.new", "count": 1, "types": { "boolean": 1 } },
                    { "name": "products.$.sku", "count": 1, "types": { "number": 1, "string": 1 } },
                    { "name": "total", "count": 3, "types": { "number": 2, "string": 1 } },
                ])),
                event("identify", Value::Null, 1, 0, json!([
                    { "name": "address", "count": 1, "types": { "object": 1 } },
                    { "name": "address.city", "count": 1, "types": { "string": 1 } },
                ])),
                event("page", Value::Null, 1, 0, json!([])),
                event("alias", Value::Null, 1, 0, json!([])),
            ],
        })
    );
}

async fn track_elsewhere(world: &World) {
    world.track("app", "m-1", "Of another source").await;
}

#[tokio::test]
async fn it_says_how_far_it_looked() {
    let world = World::new();
    for n in 0..20 {
        track(&world, &format!("m-{n}"), &format!("Event {n}"), "{}").await;
    }
    let found = schema(&world, "?messages=5").await;
    assert_eq!(json!([found["messages"], found["complete"]]), json!([5, false]));
    let names: Vec<&str> =
        found["events"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Event 15", "Event 16", "Event 17", "Event 18", "Event 19"]);
    let found = schema(&world, "?messages=20").await;
    assert_eq!(json!([found["messages"], found["complete"]]), json!([20, true]));
    for query in ["?messages=0", "?messages=20001", "?limit=5"] {
        let (status, answer) = world.get(&format!("/api/sources/website/schema{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {answer}");
    }
    let (status, _) = world.get("/api/sources/nowhere/schema").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_listed_is_bounded() {
    let world = World::new();
    let many: Vec<String> = (0..PROPERTIES_MAX + 7).map(|n| format!(r#""p{n}":1"#)).collect();
    track(&world, "many", "Many", &format!("{{{}}}", many.join(","))).await;
    let deep = r#"{"a":"#.repeat(50) + "1" + &"}".repeat(50);
    track(&world, "deep", "Deep", &deep).await;
    let long = format!(r#"{{"{}":1}}"#, "x".repeat(1000));
    track(&world, "long", "Long", &long).await;
    let found = schema(&world, "").await;
    assert_eq!(found["truncated"], true);
    let listed = |n: usize| found["events"][n]["properties"].as_array().unwrap().len();
    assert_eq!((listed(0), listed(1), listed(2)), (50, 0, PROPERTIES_MAX));

    let world = World::new();
    for n in 0..EVENTS_MAX + 5 {
        track(&world, &format!("m-{n}"), &format!("Event {n}"), "{}").await;
    }
    let found = schema(&world, "?messages=20000").await;
    assert_eq!(found["events"].as_array().unwrap().len(), EVENTS_MAX);
    assert_eq!(json!([found["truncated"], found["messages"]]), json!([true, EVENTS_MAX + 5]));
}
