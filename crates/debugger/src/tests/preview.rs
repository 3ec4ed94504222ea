#![expect(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::World;

async fn preview(world: &World, asked: Value) -> (StatusCode, Value) {
    of("filters", world, asked).await
}

async fn of(what: &str, world: &World, asked: Value) -> (StatusCode, Value) {
    let request = Request::post(format!("/api/sources/website/{what}/preview"))
        .header("content-type", "application/json")
        .body(Body::from(asked.to_string()))
        .unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn filter(condition: &str, action: Value) -> Value {
    json!({ "title": "Try", "if": condition, "actions": [action] })
}

#[tokio::test]
async fn filters_are_tried_on_the_newest_messages() {
    let world = World::new();
    for n in 0..30 {
        let event = if n % 3 == 0 { "Ping" } else { "Paid" };
        let json = format!(
            r#"{{"type":"track","event":"{event}","userId":"u","messageId":"m-{n}","properties":{{"total":1.50,"email":"a@b.c"}}}}"#
        );
        world.accept("website", &json).await;
    }
    world.discard("website", "no_user_anon_id", r#"{"type":"track","event":"Ping"}"#).await;
    let email = json!({ "type": "DROP_PROPERTIES", "fields": { "properties": ["email"] } });
    let filters = json!([
        filter("event = 'Ping'", json!({ "type": "DROP" })),
        filter("match( messageId, 'm-2*' )", email),
    ]);
    let (status, answer) = preview(&world, json!({ "filters": filters })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let found = &answer["data"];
    let counts = ["messages", "passed", "changed", "filtered", "failed"];
    assert_eq!(counts.map(|name| found[name].as_u64().unwrap()), [30, 12, 8, 10, 0], "{found}");
    let reason = json!({
        "code": "FILTERED_BY_RULES", "reason": "the filter \"Try\" drops it", "messages": 10
    });
    assert_eq!(found["reasons"], json!([reason]));
    let pairs = found["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 10);
    let ids: Vec<&str> = pairs.iter().map(|pair| pair["messageId"].as_str().unwrap()).collect();
    assert_eq!(ids[..3], ["m-29", "m-27", "m-28"], "one of each first, then the newest");
    assert_eq!(pairs[0]["after"]["properties"].to_string(), r#"{"total":1.50}"#);
    assert_eq!(pairs[0]["before"]["properties"]["email"], "a@b.c");
    assert_eq!((&pairs[1]["after"], &pairs[1]["code"]), (&Value::Null, &reason["code"]));

    let (_, answer) = preview(&world, json!({ "filters": filters, "messages": 2 })).await;
    assert_eq!(answer["data"]["complete"], false);
    assert!(answer["data"]["messages"].as_u64().unwrap() <= 2, "{answer}");
}

#[tokio::test]
async fn a_filter_that_is_none_is_refused() {
    let world = World::new();
    let filters = json!([filter("event == 1", json!({ "type": "DROP" }))]);
    let (status, answer) = preview(&world, json!({ "filters": filters })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = &answer["errors"][0];
    assert_eq!((&error["pointer"], &error["offset"]), (&json!("/filters/0/if"), &json!(6)));
}

#[tokio::test]
async fn a_mapping_is_tried_on_what_filters_leave_of_the_newest_messages() {
    let world = World::new();
    for n in 0..30 {
        let event = ["Ping", "Paid", "Seen"][n % 3];
        let json = format!(
            r#"{{"type":"track","event":"{event}","userId":"u","messageId":"m-{n}","properties":{{"total":{n},"glob":"["}}}}"#
        );
        world.accept("website", &json).await;
    }
    let mut mapping = json!({
        "name": "Preview", "action": "send", "trigger": "event = 'Paid'",
        "fields": { "data": { "@path": "$.properties.total" }, "who": { "@path": "$.userId" } }
    });
    let filters = json!([
        filter("event = 'Ping'", json!({ "type": "DROP" })),
        filter("all", json!({ "type": "DROP_PROPERTIES", "fields": { "": ["userId"] } })),
    ]);
    let asked = json!({ "filters": filters, "mapping": mapping });
    let (status, answer) = of("mappings", &world, asked).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let found = &answer["data"];
    let counts = ["messages", "filtered", "unmatched", "mapped", "failed"];
    assert_eq!(counts.map(|name| found[name].as_u64().unwrap()), [30, 10, 10, 10, 0], "{found}");
    let sample = &found["samples"][0];
    assert_eq!((&sample["messageId"], &sample["fields"]), (&json!("m-28"), &json!({ "data": 28 })));
    assert_eq!(sample["before"]["userId"], "u");

    mapping["trigger"] = json!("match( event, properties.glob )");
    let (_, answer) = of("mappings", &world, json!({ "mapping": mapping })).await;
    assert_eq!(answer["data"]["failed"], 30, "{answer}");
    assert!(answer["data"]["samples"][0]["reason"].as_str().unwrap().contains("cannot say"));

    mapping["trigger"] = json!("event ==");
    let (status, answer) = of("mappings", &world, json!({ "mapping": mapping })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer["errors"][0]["pointer"], "/mapping/trigger");
}
