use event_log::{Batch, Position, Tag};
use http::StatusCode;
use serde_json::json;
use spec::{Delivered, DestinationId, Outcome, SourceId, Step, Together, record};

use super::fixture::{RECEIVED_AT_MS, World, text};

fn retry(code: &'static str, next_in_ms: i64) -> Outcome {
    Outcome::Retry {
        status: code.parse().ok(),
        code: code.into(),
        excerpt: "try later".into(),
        next_at_ms: RECEIVED_AT_MS + next_in_ms,
    }
}

#[tokio::test]
async fn every_attempt_is_told_in_order() {
    let world = World::new();
    let at = world.track("website", "m-1", "E").await;
    let other = world.track("website", "m-2", "E").await;
    world.attempt(at, 1, retry("503", 2000)).await;
    world.attempt(other, 1, Outcome::Delivered { status: Some(204) }).await;
    world.attempt(at, 2, retry("ETIMEDOUT", 9000)).await;
    let (status, answer) = world.get("/api/trace/m-1").await;
    assert_eq!(status, StatusCode::OK);
    let message = &answer["data"]["messages"][0];
    assert_eq!(text(&message["position"]), at.to_string());
    assert_eq!(text(&message["verdict"]), "accepted");
    let expected = json!([{
        "destination": "crm", "name": "CRM", "state": "pending",
        "nextAttemptAt": "2025-11-13T02:13:29.000Z",
        "attempts": [
            {"at": "2025-11-13T02:13:21.000Z", "number": 1, "tookMs": 12, "outcome": "retry",
             "status": 503, "code": "503", "excerpt": "try later",
             "nextAttemptAt": "2025-11-13T02:13:22.000Z"},
            {"at": "2025-11-13T02:13:22.000Z", "number": 2, "tookMs": 12, "outcome": "retry",
             "code": "ETIMEDOUT", "excerpt": "try later",
             "nextAttemptAt": "2025-11-13T02:13:29.000Z"},
        ],
    }]);
    assert_eq!(message["destinations"], expected);
    assert_eq!(message["complete"], true);
    world.attempt(at, 3, Outcome::Delivered { status: Some(200) }).await;
    let (_, answer) = world.get("/api/trace/m-1?source=website").await;
    let path = &answer["data"]["messages"][0]["destinations"][0];
    assert_eq!(path["state"], "delivered");
    assert_eq!(path["attempts"].as_array().expect("a list").len(), 3);
    assert_eq!(path.get("nextAttemptAt"), None);
}

#[tokio::test]
async fn nothing_is_promised_of_a_paused_destination() {
    let mut world = World::new();
    let at = world.track("website", "m-1", "E").await;
    let done = world.track("website", "m-2", "E").await;
    world.attempt(at, 1, retry("503", 2000)).await;
    world.attempt(done, 1, Outcome::Delivered { status: Some(204) }).await;
    let paused = |id: &DestinationId| (id.as_str() == "dst-crm").then_some(RECEIVED_AT_MS);
    world.router = crate::routes(world.debugger.clone().with_pauses(paused));
    let (_, answer) = world.get("/api/trace/m-1").await;
    let path = &answer["data"]["messages"][0]["destinations"][0];
    assert_eq!(path["state"], "pending");
    assert_eq!(path["pausedAt"], "2025-11-13T02:13:20.000Z");
    assert_eq!(path.get("nextAttemptAt"), None, "nothing goes before it is resumed");
    let (_, answer) = world.get("/api/trace/m-2").await;
    assert_eq!(answer["data"]["messages"][0]["destinations"][0].get("pausedAt"), None);
}

#[tokio::test]
async fn what_a_batch_took_is_told_of_each_message() {
    let world = World::new();
    let first = world.track("website", "m-1", "E").await;
    let second = world.track("website", "m-2", "E").await;
    let third = world.track("website", "m-3", "E").await;
    let together = Together {
        stream: SourceId("website".into()).stream(),
        minute_ms: RECEIVED_AT_MS / 60_000 * 60_000,
        at_ms: RECEIVED_AT_MS + 40,
        took_ms: 7,
        status: None,
        positions: vec![first.0, third.0],
    };
    let destination = DestinationId("dst-crm".into());
    let said = Delivered { destination, read_to: second.0, together: vec![together] };
    let payload = record::encode(&said);
    world.append(record::DELIVERED, "", Tag::Refers(first, third), &payload).await;
    for (id, state) in [("m-1", "delivered"), ("m-2", "pending"), ("m-3", "delivered")] {
        let (_, answer) = world.get(&format!("/api/trace/{id}")).await;
        let path = &answer["data"]["messages"][0]["destinations"][0];
        assert_eq!(path["state"], state, "{id}");
        let attempt = json!([{"at": "2025-11-13T02:13:20.040Z", "number": 1, "tookMs": 7, "outcome": "delivered"}]);
        assert_eq!(path["attempts"], if state == "delivered" { attempt } else { json!([]) });
    }
}

#[tokio::test]
async fn the_last_attempt_makes_the_state() {
    let fault = || (Some(410), "410".into(), "gone".to_owned());
    let (status, code, excerpt) = fault();
    let discarded = Outcome::Discarded { step: Step::FailedDelivery, code, status, excerpt };
    let (status, code, excerpt) = fault();
    let exhausted = Outcome::Exhausted { status, code, excerpt };
    for (outcomes, state) in [
        (vec![], "pending"),
        (vec![retry("500", 10)], "pending"),
        (vec![Outcome::Delivered { status: None }], "delivered"),
        (vec![discarded], "discarded"),
        (vec![exhausted.clone()], "exhausted"),
        (vec![exhausted, Outcome::Redelivery], "pending"),
    ] {
        let world = World::new();
        let at = world.track("website", "m-1", "E").await;
        for (n, outcome) in outcomes.into_iter().enumerate() {
            world.attempt(at, n as u32 + 1, outcome).await;
        }
        let (_, answer) = world.get("/api/trace/m-1").await;
        assert_eq!(answer["data"]["messages"][0]["destinations"][0]["state"], state);
    }
}

#[tokio::test]
async fn a_destination_that_has_passed_it_was_not_offered_it() {
    let world = World::new();
    let at = world.track("website", "m-1", "E").await;
    let mut batch = Batch::new();
    batch.commit("destination/dst-crm", Position(at.0 + 1));
    world.log.lane().append(batch).await.expect("memory takes it");
    let (_, answer) = world.get("/api/trace/m-1").await;
    assert_eq!(answer["data"]["messages"][0]["destinations"][0]["state"], "not_offered");
}

#[tokio::test]
async fn an_id_is_found_in_every_source_by_its_text() {
    let world = World::new();
    world.track("website", "m-1", "E").await;
    world.track("app", "m-1", "E").await;
    world.track("app", "a\\/b", "E").await;
    let (_, answer) = world.get("/api/trace/m-1").await;
    let messages = answer["data"]["messages"].as_array().expect("a list");
    let sources: Vec<String> = messages.iter().map(|m| text(&m["source"])).collect();
    assert_eq!(sources, ["app", "website"]);
    let (_, answer) = world.get("/api/trace/a%2Fb").await;
    assert_eq!(answer["data"]["messages"][0]["messageId"], "a/b");
    assert_eq!(answer["data"].get("searched"), None);
}

#[tokio::test]
async fn what_was_discarded_is_looked_for_in_history() {
    let world = World::new();
    world.track("website", "m-1", "E").await;
    world.discard("website", "event_not_defined", r#"{"type":"track","messageId":"m-2"}"#).await;
    let (_, answer) = world.get("/api/trace/m-2").await;
    let message = &answer["data"]["messages"][0];
    assert_eq!(message["verdict"], "discarded");
    assert_eq!(message["code"], "event_not_defined");
    assert_eq!(message["destinations"], json!([]));
    assert_eq!(answer["data"]["searched"], json!({}), "all of history was");
}

#[tokio::test]
async fn what_is_nowhere_is_said_to_be() {
    let world = World::new();
    world.track("website", "m-1", "E").await;
    let (status, answer) = world.get("/api/trace/m-9").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(answer["errors"][0]["code"], "message_not_found");
    let (status, _) = world.get("/api/trace/m-1?source=app").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, answer) = world.get("/api/trace/m-1?source=nowhere").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(answer["errors"][0]["code"], "source_not_found");
}
