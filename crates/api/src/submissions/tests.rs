//! What happens to a submission, and to what customers read, beside the straight way.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::{
    Options,
    testing::{
        Who, World,
        journey::{Busy, MARK},
    },
};

const DAY_MS: i64 = 86_400_000;

/// A builder, an operator, and an integration that is complete.
async fn built(world: &World) -> (Who, Who, String) {
    let builder = world.known("mia@acme.example").await;
    world.partner("Acme Labs", "mia@acme.example").await;
    let operator = world.known_operator("olga@headwater.example").await;
    let id = Box::pin(world.integration(&builder, "acme-mail")).await;
    (builder, operator, id)
}

/// The same, launched.
async fn launched(world: &World) -> (Who, Who, String) {
    let (builder, operator, id) = Box::pin(built(world)).await;
    let submission = world.submit(&builder, &id).await;
    world.approve(&operator, &submission).await;
    (builder, operator, id)
}

async fn shown(world: &World) -> Value {
    let entry = world.get(&Who::default(), "/catalog/sources/acme-mail").await.expect(200);
    entry.at("/sourceMetadata").clone()
}

#[tokio::test]
async fn an_edit_after_launch_is_reviewed_as_a_diff_while_the_published_version_stays_up() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id) = Box::pin(launched(&world)).await;
        let before = shown(&world).await;
        world.pass(3 * DAY_MS / 24);
        let mut info = world.info(&builder, &id).await;
        info["description"] = json!("Sends what people do with your campaigns.");
        world.write_info(&builder, &id, info.clone()).await;
        assert_eq!(shown(&world).await, before, "customers read the published version");

        let submission = world.submit(&builder, &id).await;
        assert_eq!(shown(&world).await, before, "nor does handing in publish");
        let review = world.get(&operator, &format!("/reviews/{submission}")).await.expect(200);
        assert_eq!(review.at("/review/submission/purpose"), "edit");
        let changes = review.at("/review/changes").as_array().unwrap();
        assert_eq!(changes.len(), 1, "{changes:#?}");
        assert_eq!(changes[0]["pointer"], "/description");
        assert_eq!(changes[0]["before"], "Sends what people do with your **mails**.");
        assert_eq!(changes[0]["after"], info["description"]);

        // Sent back: what is public stays, and the draft can be edited again.
        let part = format!("/reviews/{submission}/parts/metadata");
        world
            .call(&operator, Method::PUT, &part, json!({ "verdict": "changes" }))
            .await
            .expect(200);
        let comment = json!({ "part": "metadata", "pointer": "/description", "text": "Which?" });
        world
            .post(&operator, &format!("/reviews/{submission}/comments"), comment)
            .await
            .expect(201);
        let back = json!({ "action": "requestChanges", "reason": "see the comment" });
        world.post(&operator, &format!("/reviews/{submission}/decision"), back).await.expect(200);
        assert_eq!(shown(&world).await, before);
        info["description"] = json!("Sends what people do with your e-mail campaigns.");
        world.write_info(&builder, &id, info.clone()).await;

        let submission = world.submit(&builder, &id).await;
        world.approve(&operator, &submission).await;
        let after = shown(&world).await;
        assert_eq!(after["description"], info["description"]);
        assert_eq!(after["status"], before["status"]);
        assert_eq!(after["beta"], before["beta"], "an edit starts no new beta");
    }
}

#[tokio::test]
async fn what_is_being_reviewed_is_frozen_until_it_is_withdrawn() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id) = Box::pin(built(&world)).await;
        let info = world.info(&builder, &id).await;
        let submission = world.submit(&builder, &id).await;
        let page = world.get(&builder, &format!("/integrations/{id}")).await.expect(200);
        let seen = [("if-match", page.headers["etag"].to_str().unwrap())];
        let path = format!("/integrations/{id}");
        let put = format!("{path}/info");
        let edit = world.call_with(&builder, Method::PUT, &put, info.clone(), &seen).await;
        edit.refused(409, "frozen");
        world.patch(&builder, &path, json!({ "name": "Other" })).await.refused(409, "frozen");
        let picture = world.upload(&builder, &format!("{path}/assets/mark"), MARK).await;
        picture.refused(409, "frozen");
        let again = world.post(&builder, &format!("{path}/submissions"), Value::Null).await;
        again.refused(409, "already_submitted");

        let withdraw = format!("{path}/submissions/current/withdraw");
        let why = json!({ "reason": "we found a fault" });
        world.post(&builder, &withdraw, why).await.expect(200);
        world.post(&builder, &withdraw, json!({})).await.refused(409, "wrong_state");
        let queue = world.get(&operator, "/reviews").await.expect(200);
        assert_eq!(queue.at("/submissions"), &json!([]));
        let late = json!({ "action": "approve" });
        let decision = format!("/reviews/{submission}/decision");
        assert_eq!(world.post(&operator, &decision, late).await.status, 409);
        world.write_info(&builder, &id, info).await;
        let history = world.get(&builder, &format!("{path}/history")).await.expect(200);
        assert_eq!(history.at("/history/1/reason"), "we found a fault");
        assert_eq!(history.at("/history/1/by"), "mia@acme.example");
    }
}

#[tokio::test]
async fn what_is_deprecated_or_removed_goes_on_where_it_is() {
    for world in World::all().await {
        let world = world.watching(Arc::new(Busy));
        let (builder, operator, id) = Box::pin(launched(&world)).await;
        let carol = world.known("carol@globex.example").await;
        let globex = world.workspace(&carol, "globex").await;
        let new = |slug: &str| json!({ "metadataId": "acme-mail", "slug": slug });
        let source = world.post(&globex, "/sources", new("mails")).await.expect(201);
        let source = format!("/sources/{}", source.text("/source/id"));
        let actions = format!("/operator/integrations/{id}/actions");
        let act = |action: &str, reason: &str| {
            let body = json!({ "action": action, "reason": reason });
            world.post(&operator, &actions, body)
        };

        act("deprecate", "").await.refused(422, "reason_missing");
        act("deprecate", "there is a better one").await.expect(200);
        world.get(&Who::default(), "/catalog/sources/acme-mail").await.expect(404);
        let refused = world.post(&globex, "/sources", new("more")).await;
        refused.refused(409, "not_installable");
        world.get(&globex, &source).await.expect(200);
        act("restore", "").await.expect(200);
        assert_eq!(shown(&world).await["status"], "PUBLIC_BETA");

        act("remove", " ").await.refused(422, "reason_missing");
        act("remove", "it breaks the Spec").await.expect(200);
        world.get(&Who::default(), "/catalog/sources/acme-mail").await.expect(404);
        world.get(&globex, &source).await.expect(200);
        let stranger = world.known("eve@example.com").await;
        let other = world.workspace(&stranger, "other").await;
        world.post(&other, "/sources", new("mails")).await.refused(422, "unknown");
        let page = world.get(&builder, &format!("/integrations/{id}")).await.expect(200);
        assert_eq!(page.at("/integration/status"), "UNAVAILABLE");
        assert_eq!(page.at("/integration/removedReason"), "it breaks the Spec");
        let letter = world.letter("mia@acme.example", "Removed").await;
        assert!(letter.text.contains("it breaks the Spec"), "{}", letter.text);
        let path = format!("/integrations/{id}");
        let renamed = world.patch(&builder, &path, json!({ "name": "B" })).await;
        renamed.refused(409, "wrong_state");
    }
}

#[tokio::test]
async fn a_beta_lasts_as_many_days_as_are_set() {
    for days in [0, 1, 30] {
        let options =
            Options { beta_days: days, requests_per_minute: 100_000, ..Options::default() };
        for world in World::each(options).await {
            let world = world.watching(Arc::new(Busy));
            let (builder, _, id) = Box::pin(launched(&world)).await;
            let path = format!("/integrations/{id}");
            if days > 0 {
                let page = world.get(&builder, &path).await.expect(200);
                let ends = world.api.now_ms() + i64::from(days) * DAY_MS;
                assert_eq!(page.at("/integration/betaEndsAt"), &json!(crate::answer::time(ends)));
                world.pass(i64::from(days) * DAY_MS - 1);
                assert_eq!(shown(&world).await["status"], "PUBLIC_BETA", "{days} days");
                world.pass(1);
            }
            assert_eq!(shown(&world).await["status"], "PUBLIC", "{days} days");
        }
    }
}
