#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use catalog::TeamRole;
use http::Method;
use serde_json::{Value, json};
use store::{Page, audit, partners};

use crate::testing::{Who, World, journey::Busy};

const HOUR_MS: i64 = 3_600_000;

async fn submitted(world: &World) -> (Who, Who, String, String) {
    let builder = world.known("mia@acme.example").await;
    world.partner("Acme Labs", "mia@acme.example").await;
    let operator = world.known_operator("olga@headwater.example").await;
    let id = Box::pin(world.integration(&builder, "acme-mail")).await;
    let submission = world.submit(&builder, &id).await;
    (builder, operator, id, format!("/reviews/{submission}"))
}

#[tokio::test]
async fn a_submission_is_overdue_after_two_business_days() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        // Wednesday noon.
        Box::pin(submitted(&world)).await;
        let overdue = async || {
            // Sessions end before a week is over.
            let operator = world.session("olga@headwater.example").await;
            let queue = world.get(&operator, "/reviews").await.expect(200);
            queue.at("/submissions/0/age/overdue").as_bool().unwrap()
        };
        assert!(!overdue().await);
        world.pass(48 * HOUR_MS);
        assert!(!overdue().await, "Friday noon");
        world.pass(HOUR_MS);
        assert!(overdue().await, "an hour later");
    }
}

#[tokio::test]
async fn what_reviewers_say_among_themselves_stays_there() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id, review) = Box::pin(submitted(&world)).await;
        let submissions = format!("/integrations/{id}/submissions");
        for (text, private) in [("between us", true), ("for you", false)] {
            let said = json!({
                "part": "metadata", "pointer": "/website", "text": text, "private": private
            });
            world.post(&operator, &format!("{review}/comments"), said).await.expect(201);
        }
        let part = format!("{review}/parts/metadata");
        world
            .call(&operator, Method::PUT, &part, json!({ "verdict": "changes" }))
            .await
            .expect(200);
        let early = world.get(&builder, &submissions).await.expect(200);
        assert_eq!(early.at("/submissions/0/comments"), &json!([]), "not before the decision");
        assert_eq!(early.at("/submissions/0/parts/1/verdict"), &Value::Null);
        let stale = json!({ "action": "requestChanges", "contentHash": "0".repeat(64) });
        let stale = world.post(&operator, &format!("{review}/decision"), stale).await;
        stale.refused(422, "changed_meanwhile");
        let back = json!({ "action": "requestChanges" });
        world.post(&operator, &format!("{review}/decision"), back.clone()).await.expect(200);
        let late = world.get(&builder, &submissions).await.expect(200);
        assert_eq!(late.at("/submissions/0/comments/0/text"), "for you");
        assert!(!late.text.contains("between us"), "{}", late.text);
        let mail = world.letter("mia@acme.example", "ChangesRequested").await;
        assert!(
            mail.text.contains("for you") && !mail.text.contains("between us"),
            "{}",
            mail.text
        );
        let again = world.post(&operator, &format!("{review}/decision"), back).await;
        assert_eq!(again.status, 409, "a decision is made once");
        for bad in [
            json!({ "part": "metadata", "pointer": "/nothing", "text": "x" }),
            json!({ "part": "metadata", "text": "x" }),
            json!({ "part": "metadata", "pointer": "/website", "event": "A", "text": "x" }),
        ] {
            let reply = world.post(&operator, &format!("{review}/comments"), bad).await;
            reply.refused(409, "wrong_state");
        }
    }
}

#[tokio::test]
async fn a_comment_is_on_a_field_or_on_a_declared_event() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (_, operator, _, review) = Box::pin(submitted(&world)).await;
        let comments = format!("{review}/comments");
        for (bad, pointer, code) in [
            (json!({ "pointer": "/nothing" }), "/pointer", "unknown_field"),
            (json!({}), "/pointer", "no_target"),
            (json!({ "pointer": "/website", "event": "Email Opened" }), "/pointer", "no_target"),
            (json!({ "event": " " }), "/event", "event_without_name"),
            (json!({ "event": "Email Sold" }), "/event", "unknown_event"),
        ] {
            let mut comment = json!({ "part": "functionality", "text": "x" });
            comment.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
            let reply = world.post(&operator, &comments, comment).await.refused(422, code);
            let fault = &reply.body["errors"][0];
            assert_eq!(fault["pointer"], pointer);
            if code == "unknown_event" {
                assert_eq!(fault["expected"], "Email Opened", "the declared ones are named");
            }
        }
        let on = json!({ "part": "functionality", "event": "Email Opened", "text": "x" });
        world.post(&operator, &comments, on).await.expect(201);
    }
}

#[tokio::test]
async fn a_test_account_stays_as_it_was_handed_in() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id, review) = Box::pin(submitted(&world)).await;
        let path = format!("/integrations/{id}/test-account");
        let fresh = || json!({ "username": "reviewer", "password": "another-pass" });
        let refused = world.call(&builder, Method::PUT, &path, fresh()).await;
        let fix = refused.refused(409, "frozen").body["errors"][0]["fix"].clone();
        assert_eq!(fix, "withdraw the submission first");
        world.delete(&builder, &path).await.refused(409, "frozen");
        // Who cannot log in asks for changes, and the builder can mend it.
        let comment =
            json!({ "part": "functionality", "pointer": "/testAccount", "text": "Locked." });
        world.post(&operator, &format!("{review}/comments"), comment).await.expect(201);
        let part = format!("{review}/parts/functionality");
        world
            .call(&operator, Method::PUT, &part, json!({ "verdict": "changes" }))
            .await
            .expect(200);
        let back = json!({ "action": "requestChanges" });
        world.post(&operator, &format!("{review}/decision"), back).await.expect(200);
        world.call(&builder, Method::PUT, &path, fresh()).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_judges_what_they_handed_in() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (_, operator, id, review) = Box::pin(submitted(&world)).await;
        let both = world.known_operator("both@acme.example").await;
        let mia = world.account_id("mia@acme.example").await;
        let mut db = world.api.db.read().await.unwrap();
        let partner = partners::seat(&mut db, &mia).await.unwrap().unwrap().partner_id;
        drop(db);
        world.seat(&partner, "both@acme.example", TeamRole::Builder).await;
        let withdraw = format!("/integrations/{id}/submissions/current/withdraw");
        world.post(&both, &withdraw, json!({})).await.expect(200);
        let own = format!("/reviews/{}", world.submit(&both, &id).await);
        world.get(&operator, &review).await.expect(200);
        world
            .post(&both, &format!("{own}/assign"), Value::Null)
            .await
            .refused(403, "own_submission");
        for part in ["functionality", "metadata", "documentation"] {
            let path = format!("{own}/parts/{part}");
            let passed = json!({ "verdict": "passed" });
            world.call(&operator, Method::PUT, &path, passed).await.expect(200);
        }
        let yes = json!({ "action": "approve" });
        let decision = format!("{own}/decision");
        world.post(&both, &decision, yes.clone()).await.refused(403, "own_submission");
        world.post(&operator, &decision, yes).await.expect(200);
    }
}

#[tokio::test]
async fn a_test_account_is_read_by_assigned_reviewers_and_every_reading_is_noted() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id, review) = Box::pin(submitted(&world)).await;
        let path = format!("{review}/test-account");
        world.get(&operator, &path).await.refused(403, "not_assigned");
        world.post(&operator, &format!("{review}/assign"), Value::Null).await.expect(200);
        assert_eq!(
            world.get(&operator, &path).await.expect(200).text("/testAccount/password"),
            "s3cret-pass"
        );
        let other = world.known_operator("otto@headwater.example").await;
        world.get(&other, &path).await.refused(403, "not_assigned");
        let about =
            world.get(&builder, &format!("/integrations/{id}/test-account")).await.expect(200);
        assert!(!about.text.contains("s3cret-pass"), "builders see that there is one");

        let mia = world.account_id("mia@acme.example").await;
        let mut db = world.api.db.read().await.unwrap();
        let partner = partners::seat(&mut db, &mia).await.unwrap().unwrap().partner_id;
        let filter = audit::Filter { kind: "Test Account Read".to_owned(), ..Default::default() };
        let noted = audit::list(&mut db, &partner, &filter, &Page::first(9)).await.unwrap().rows;
        let readers: Vec<_> = noted.iter().map(|entry| entry.actor_email.as_deref()).collect();
        assert_eq!(readers, [Some("olga@headwater.example")]);
        let stored = store::dump::rows(&mut db, world.api.db.engine()).await.unwrap();
        assert!(!stored.contains("s3cret-pass"), "it lies there sealed");
        drop(db);
        world
            .post(&builder, &format!("/integrations/{id}/submissions/current/withdraw"), json!({}))
            .await
            .expect(200);
        world.get(&operator, &path).await.refused(403, "not_assigned");
    }
}

#[tokio::test]
async fn reviewers_read_what_was_handed_in_as_customers_will() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id, review) = Box::pin(submitted(&world)).await;
        let preview = world.get(&builder, &format!("/integrations/{id}/preview")).await.expect(200);
        let review = world.get(&operator, &review).await.expect(200);
        let html = review.text("/review/descriptionHtml");
        assert!(html.starts_with("<p>"), "{html}");
        assert_eq!(&html, preview.at("/descriptionHtml"));
        let sections = review.at("/review/sections");
        assert!(!sections.as_array().unwrap().is_empty());
        assert_eq!(sections, preview.at("/sections"));
    }
}
