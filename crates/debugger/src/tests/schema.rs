#![expect(clippy::unwrap_used, reason = "tests")]

use event_log::Tag;
use http::StatusCode;
use serde_json::{Value, json};
use spec::record;

use super::fixture::{RECEIVED_AT_MS, World, encoded};
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
        json!({
            "from": null, "messages": 0, "complete": true, "truncated": false, "interval": "hour",
            "limits": { "events": 4000, "propertiesOfEvent": 300, "traits": 300 }, "events": []
        })
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
            "series": [{
                "at": "2025-11-13T02:00:00.000Z", "accepted": accepted, "discarded": discarded
            }],
        })
    };
    let property = |name: &str, accepted: u64, discarded: u64, types: Value| {
        json!({
            "name": name, "count": accepted + discarded, "accepted": accepted,
            "discarded": discarded, "lastSeenAt": at, "types": types,
        })
    };
    assert_eq!(
        found,
        json!({
            "from": at, "messages": 8, "complete": true, "truncated": false,
            "interval": "hour",
            "limits": { "events": 4000, "propertiesOfEvent": 300, "traits": 300 },
            "events": [
                event("track", Value::Null, 0, 1, json!([])),
                event("track", json!("Order Completed"), 2, 1, json!([
                    property("coupon", 1, 0, json!({ "null": 1 })),
                    property("products", 1, 0, json!({ "array": 1 })),
                    property("products.$", 1, 0, json!({ "object": 1 })),
                    property("products.$.new", 1, 0, json!({ "boolean": 1 })),
                    property("products.$.sku", 1, 0, json!({ "number": 1, "string": 1 })),
                    property("total", 2, 1, json!({ "number": 2, "string": 1 })),
                ])),
                event("identify", Value::Null, 1, 0, json!([
                    property("address", 1, 0, json!({ "object": 1 })),
                    property("address.city", 1, 0, json!({ "string": 1 })),
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

#[tokio::test]
async fn a_time_bounds_the_look_and_its_series_go_by_hours_or_days() {
    let world = World::new();
    let hour = 3_600_000;
    let at = async |ago_hours: i64, event: &str| {
        let json = format!(r#"{{"type":"track","event":"{event}","messageId":"{ago_hours}"}}"#);
        let time_ms = RECEIVED_AT_MS - ago_hours * hour;
        world.append_at(time_ms, record::MESSAGE, "website", Tag::None, &encoded(&json)).await;
    };
    for ago_hours in [24 * 20, 24 * 6, 24 * 6 - 1, 1, 0] {
        at(ago_hours, if ago_hours > 24 * 7 { "Old" } else { "New" }).await;
    }
    let found = schema(&world, "?since=7d").await;
    assert_eq!(json!([found["messages"], found["complete"]]), json!([4, true]));
    assert_eq!(
        json!([found["events"].as_array().unwrap().len(), found["interval"]]),
        json!([1, "day"])
    );
    let point = |at: &str, accepted: u64| json!({ "at": at, "accepted": accepted, "discarded": 0 });
    let days = json!([point("2025-11-07T00:00:00.000Z", 2), point("2025-11-13T00:00:00.000Z", 2),]);
    assert_eq!(found["events"][0]["series"], days);
    let found = schema(&world, "?since=2h").await;
    let hours =
        json!([point("2025-11-13T01:00:00.000Z", 1), point("2025-11-13T02:00:00.000Z", 1),]);
    assert_eq!(json!([found["interval"], found["events"][0]["series"]]), json!(["hour", hours]));
    let found = schema(&world, "?since=30d&messages=4").await;
    assert_eq!(json!([found["messages"], found["complete"]]), json!([4, false]), "it says so");
    let found = schema(&world, "?since=30d").await;
    assert_eq!(json!([found["messages"], found["complete"]]), json!([5, true]));
    let (status, _) = world.get("/api/sources/website/schema?since=long").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
