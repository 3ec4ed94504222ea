use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::{RECEIVED_AT_MS, World};

async fn post(world: &World, path: &str, body: Value) -> (StatusCode, String) {
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let response = world.router.clone().oneshot(request).await.expect("never fails");
    let status = response.status();
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn evidence_is_what_was_accepted_or_stopped_the_newest_first() {
    let world = World::new();
    let first = world.track("website", "m-1", "Signed Up").await;
    world.track("website", "m-1", "Signed Up").await;
    world.track("app", "m-2", "Signed Up").await;
    let stopped = world.discard("website", "event_not_string", "{\"type\": \"track\"}").await;
    let spread =
        "{\"type\":\"track\",\r\n \"event\":\"A\",\n\"messageId\":\"m-3\",\"userId\":\"u\"}";
    let last = world.accept("website", spread).await;

    let (status, lines) =
        post(&world, "/api/evidence", json!({ "sources": ["website"], "sinceMs": 0 })).await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let positions: Vec<&str> =
        lines.iter().map(|line| line["position"].as_str().expect("text")).collect();
    // The duplicate is none of its own, and the other source is not asked for.
    assert_eq!(positions, [last, stopped, first].map(|at| at.to_string()));
    assert_eq!(lines[0]["message"]["messageId"], "m-3");
    assert_eq!(lines[1]["discard"]["code"], "event_not_string");
    assert_eq!(lines[2]["message"]["event"], "Signed Up");

    let both = json!({ "sources": ["app", "website"], "messages": 2 });
    let (_, lines) = post(&world, "/api/evidence", both).await;
    let sources: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&sources[0]["source"], &sources[1]["source"]), (&json!("app"), &json!("website")));
    assert_eq!(sources.len(), 2);

    let later = json!({ "sources": ["website"], "sinceMs": RECEIVED_AT_MS + 1 });
    assert_eq!(post(&world, "/api/evidence", later).await.1, "");
}

#[tokio::test]
async fn checks_are_made_where_the_messages_are() {
    let world = World::new();
    world.track("website", "m-1", "Signed Up").await;
    let setup = json!({ "slug": "acme", "events": [{ "name": "Signed Up" }] });
    let asked = json!({ "setup": setup, "wanted": { "sources": ["website"] } });
    let (status, said) = post(&world, "/api/checks", asked).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["data"]["seen"]["messages"], 1);
    assert_eq!(said["data"]["events"][0]["seen"], 1);
    assert_eq!(said["data"]["outcome"], "failed");
    assert_eq!(post(&world, "/api/checks", json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}
