#![expect(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::World;

async fn get(world: &World, path: &str) -> Value {
    let (status, answer) = world.get(path).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["data"].clone()
}

async fn trial(world: &World, plan: Value) -> (StatusCode, Value) {
    let request = Request::post("/api/sources/website/trial?since=1h&buckets=1")
        .header("content-type", "application/json")
        .body(Body::from(plan.to_string()))
        .unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn order(id: &str, rest: &str) -> String {
    format!(
        r#"{{"type":"track","event":"Order Completed","userId":"u","messageId":"{id}",{rest}}}"#
    )
}

fn stamped(id: &str, field: &str) -> String {
    let violation = json!({
        "type": "Required", "field": field, "description": format!("{field} is required"),
        "pointer": "/x", "expected": "a value"
    });
    let context = json!({ "protocols": { "sourceId": "website", "violations": [violation] } });
    order(id, &format!(r#""properties":{{}},"context":{context}"#))
}

#[tokio::test]
async fn violations_are_told_by_event_with_samples() {
    let world = World::new();
    world.accept("website", &order("m-1", r#""properties":{"protocols":"no stamp"}"#)).await;
    world.accept("website", &stamped("m-2", "properties.products.0.sku")).await;
    let newest = world.accept("website", &stamped("m-3", "properties.products.7.sku")).await;
    world.discard("website", "quarantined_schema_violation", &order("m-4", r#""a":1"#)).await;
    world.discard("website", "unplanned", &order("m-5", r#""a":1"#)).await;
    world.discard("website", "no_user_anon_id", &order("m-6", r#""a":1"#)).await;
    world.accept("app", &stamped("m-7", "properties.x")).await;

    let found = get(&world, "/api/sources/website/violations?since=1h&buckets=6").await;
    let counts = ["messages", "conforming", "violating", "omitted", "blocked", "quarantined"];
    assert_eq!(counts.map(|name| found[name].as_u64().unwrap()), [5, 1, 4, 0, 1, 1], "{found}");
    assert_eq!((&found["complete"], &found["bucketMs"]), (&json!(true), &json!(600_000)));
    let group = &found["groups"][0];
    assert_eq!((&group["type"], &group["event"]), (&json!("track"), &json!("Order Completed")));
    assert_eq!((&group["messages"], &group["violating"]), (&json!(5), &json!(4)));
    assert_eq!(group["series"], json!([0, 0, 0, 0, 0, 4]), "they came a minute ago");
    let violations = group["violations"].as_array().unwrap();
    let first = violations.iter().find(|one| one["type"] == "Required").unwrap();
    assert_eq!(first["field"], "properties.products.$.sku");
    assert_eq!(first["description"], "properties.products.$.sku is required");
    assert_eq!(first["count"], 2);
    let sample = json!({ "position": newest.to_string(), "messageId": "m-3" });
    assert_eq!(first["samples"][0], sample, "the newest first");

    let nothing = get(&world, "/api/sources/website/violations?since=1s").await;
    assert_eq!((&nothing["messages"], &nothing["groups"]), (&json!(0), &json!([])));
    let (status, said) = world.get("/api/sources/website/violations?buckets=0").await;
    assert_eq!(
        (status, &said["errors"][0]["parameter"]),
        (StatusCode::BAD_REQUEST, &json!("buckets"))
    );
}

#[tokio::test]
async fn what_was_let_through_and_what_was_blocked_for_the_same_are_one_violation() {
    let world = World::new();
    let violation =
        json!({ "type": "Required", "field": "event", "description": "event is missing" });
    let context = json!({ "protocols": { "violations": [violation] } });
    world.accept("website", &order("m-1", &format!(r#""context":{context}"#))).await;
    world.discard("website", "quarantined_schema_violation", &order("m-2", r#""a":1"#)).await;
    let found = get(&world, "/api/sources/website/violations?since=1h").await;
    let told = found["groups"][0]["violations"].as_array().unwrap();
    let told: Vec<_> =
        told.iter().map(|one| (&one["type"], &one["field"], &one["count"])).collect();
    assert_eq!(told, [(&json!("Required"), &json!("event"), &json!(2))], "{found}");
}

#[tokio::test]
async fn a_plan_is_tried_on_what_came() {
    let world = World::new();
    world.accept("website", &order("m-1", r#""properties":{"total":7}"#)).await;
    world.accept("website", &order("m-2", r#""properties":{"total":"7"}"#)).await;
    world
        .accept("website", r#"{"type":"track","event":"Seen","userId":"u","messageId":"m-3"}"#)
        .await;
    let schema = json!({ "properties": { "properties": { "properties": { "total": { "type": "number" } } } } });
    let rules = json!([{ "type": "TRACK", "key": "Order Completed", "jsonSchema": schema }]);
    let settings = json!({ "track": {
        "allowUnplannedEvents": false, "allowEventOnViolations": false, "onBlock": "QUARANTINE"
    } });
    let (status, answer) = trial(&world, json!({ "rules": rules, "settings": settings })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let found = &answer["data"];
    let counts = ["messages", "conforming", "violating", "blocked", "quarantined"];
    assert_eq!(counts.map(|name| found[name].as_u64().unwrap()), [3, 1, 2, 0, 2], "{found}");
    let kinds: Vec<&Value> =
        found["groups"].as_array().unwrap().iter().map(|g| &g["violations"][0]["type"]).collect();
    assert_eq!(kinds, ["Invalid Type", "Unplanned Event"]);

    let rules = json!([{ "type": "TRACK", "key": "A", "jsonSchema": { "type": "bad" } }]);
    let (status, answer) = trial(&world, json!({ "rules": rules })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer["errors"][0]["pointer"], "/rules/0/jsonSchema/type");
}

#[tokio::test]
async fn a_plan_is_proposed_by_what_came() {
    let world = World::new();
    world.accept("website", &order("m-1", r#""properties":{"total":7,"coupon":"A"}"#)).await;
    world.accept("website", &order("m-2", r#""properties":{"total":9}"#)).await;
    // What the wire refused is no model.
    world.discard("website", "no_user_anon_id", &order("m-3", r#""properties":{}"#)).await;
    let found = get(&world, "/api/sources/website/proposal?since=1h").await;
    assert_eq!((&found["messages"], &found["unread"]), (&json!(2), &json!(0)));
    assert_eq!(found["rules"][0]["key"], "Order Completed");
    let total = &found["seen"][0]["properties"];
    let total = total.as_array().unwrap().iter().find(|p| p["path"] == "properties.total");
    assert_eq!((&total.unwrap()["seen"], &total.unwrap()["required"]), (&json!(2), &json!(true)));
}
