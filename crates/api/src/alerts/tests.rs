#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex, atomic::Ordering};

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use store::{Page, mails};

use super::watch;
use crate::{
    destinations::tests::{acme, options, webhook},
    testing::{Who, World},
};

/// A data plane that says what it is told to.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Value>>);

impl Said {
    fn planes(&self) -> Router {
        let said = async |State(said): State<Said>| {
            let vitals = said.0.lock().unwrap().clone();
            Json(json!({ "data": vitals }))
        };
        Router::new().route("/api/vitals", get(said)).with_state(self.clone())
    }

    /// Destination `id` has so many delivered and failed attempts, and this beside.
    fn say(&self, id: &str, delivered: u64, failed: u64, more: Value) {
        let mut vitals = json!({
            "id": id, "state": "active", "delivered": delivered, "failed": 0,
            "failedAttempts": failed, "pending": 7,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            vitals[key] = value.clone();
        }
        *self.0.lock().unwrap() = json!({ "destinations": [vitals], "sources": [] });
    }
}

/// Subjects of the mails about alerts, the oldest first.
async fn told(world: &World) -> Vec<String> {
    let mut db = world.api.db.read().await.unwrap();
    let mut all = mails::list(&mut db, None, &Page::first(100)).await.unwrap().rows;
    all.reverse();
    let alerts = all.into_iter().filter(|mail| mail.letter == "Alert");
    alerts.map(|mail| format!("{} {}", mail.to, mail.subject)).collect()
}

async fn later(world: &World, minutes: i64) {
    world.clock.fetch_add(minutes * 60_000, Ordering::Relaxed);
    watch(&world.api).await.unwrap();
}

async fn destination(world: &World, acme: &Who) -> String {
    let mut new = webhook("website");
    new["enabled"] = json!(true);
    let made = world.post(acme, "/destinations", new).await.expect(200);
    made.text("/destination/id")
}

#[tokio::test]
async fn whoever_wants_to_know_is_told_once_and_that_it_is_over() {
    let said = Said::default();
    for world in World::each(options()).await {
        let mut world = world;
        world.api = world.api.with_planes(said.planes());
        let acme = acme(&world).await;
        let id = destination(&world, &acme).await;
        let new = json!({
            "name": "Deliveries fail", "kind": "DELIVERY_RATE", "threshold": 90,
            "aboutId": id, "emails": ["ops@acme.example"],
        });
        world.post(&acme, "/alerts", new.clone()).await.expect(201);
        world.post(&acme, "/alerts", new).await.refused(422, "taken");
        said.say(&id, 100, 0, json!({}));
        later(&world, 1).await;
        assert_eq!(told(&world).await, [""; 0]);
        said.say(&id, 50, 50, json!({}));
        later(&world, 1).await;
        later(&world, 1).await;
        let bad = "ops@acme.example acme: Webhook: Deliveries fail";
        assert_eq!(told(&world).await, [bad]);
        said.say(&id, 100, 0, json!({}));
        later(&world, 1).await;
        let over = "ops@acme.example acme: Webhook: Deliveries fail: over";
        assert_eq!(told(&world).await, [bad, over]);
        said.say(&id, 50, 50, json!({}));
        later(&world, 1).await;
        assert_eq!(told(&world).await.len(), 2, "it comes and goes");
        later(&world, 60).await;
        assert_eq!(told(&world).await, [bad, over, bad]);
        let list = world.get(&acme, "/alert-notices").await.expect(200);
        let notices = list.at("/notices").as_array().unwrap();
        let over: Vec<_> = notices.iter().map(|one| one["over"].as_bool().unwrap()).collect();
        assert_eq!(over, [false, true, false]);
        assert_eq!(notices[0]["aboutId"], json!(id));
    }
}

#[tokio::test]
async fn owners_are_told_of_a_destination_that_fails_without_any_alert() {
    let said = Said::default();
    for world in World::each(options()).await {
        let mut world = world;
        world.api = world.api.with_planes(said.planes());
        let acme = acme(&world).await;
        let id = destination(&world, &acme).await;
        let failing = |warning: u32| {
            let failing = json!({ "pausesAt": "2026-11-30T12:00:00.000Z", "warning": warning });
            json!({ "state": "failing", "failing": failing })
        };
        for warning in [0, 50, 50, 70, 90] {
            said.say(&id, 0, 100, failing(warning));
            later(&world, 1).await;
        }
        let pause = json!({ "at": "2026-11-30T12:00:00.000Z", "cause": "failing" });
        said.say(&id, 0, 0, json!({ "state": "paused", "pause": pause }));
        later(&world, 1).await;
        said.say(&id, 10, 0, json!({}));
        later(&world, 1).await;
        let subjects: Vec<String> = told(&world).await;
        let ends: Vec<&str> =
            subjects.iter().map(|subject| subject.rsplit(": ").next().unwrap()).collect();
        let fails = "does nothing but fail";
        assert_eq!(ends, [fails, fails, fails, "paused", "works again"]);
        let mut db = world.api.db.read().await.unwrap();
        let all = mails::list(&mut db, None, &Page::first(100)).await.unwrap().rows;
        let paused = all.iter().find(|mail| mail.subject.ends_with("paused")).unwrap();
        assert!(paused.text.contains("7 messages wait"), "{}", paused.text);
    }
}

#[tokio::test]
async fn a_webhook_is_shown_masked_and_bound_by_the_rules_of_deliveries() {
    let world = World::made(options(), |api| api).await;
    let acme = acme(&world).await;
    let url = "http://127.0.0.1:9/services/T0/B0/secret-token";
    let new = json!({ "name": "Slack", "kind": "DESTINATION_STATE", "webhookUrl": url });
    let made = world.post(&acme, "/alerts", new).await.expect(201);
    assert_eq!(made.text("/alert/webhookUrl"), "http://127.0.0.1/…oken");
    let path = format!("/alerts/{}/test", made.text("/alert/id"));
    let tested = world.post(&acme, &path, Value::Null).await.expect(200);
    assert!(tested.text("/webhookProblem").contains("public addresses"), "{}", tested.text);
    assert_eq!(tested.at("/mails"), 0);
    let none = json!({ "name": "Nobody", "kind": "DESTINATION_STATE" });
    world.post(&acme, "/alerts", none).await.refused(422, "required");
}
