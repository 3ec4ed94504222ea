#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::testing::{Who, World};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn create(world: &World, who: &Who, body: Value) -> (Who, String) {
    let reply = world.post(who, "/account/tokens", body).await.expect(201);
    let secret = reply.text("/secret");
    assert!(secret.starts_with("hwp_") && store::fresh::token_is_whole(&secret), "{secret}");
    (Who { token: Some(secret), ..Who::default() }, reply.text("/token/id"))
}

#[tokio::test]
async fn a_personal_token_acts_as_its_account_until_it_is_revoked() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        world.workspace(&ada, "acme").await;
        let (token, id) = create(&world, &ada, json!({ "description": "laptop" })).await;
        let me = world.get(&token, "/account").await.expect(200);
        assert_eq!(me.at("/account/email"), "ada@example.com");
        world.get(&token.within("acme"), "/").await.expect(200);

        let list = world.get(&ada, "/account/tokens").await.expect(200);
        assert_eq!(list.at("/tokens/0/id"), id.as_str());
        assert!(!list.body.to_string().contains(token.token.as_deref().unwrap()), "shown once");
        assert!(list.at("/tokens/0/lastUsedAt").is_string());

        let eve = world.person("eve@example.com").await;
        let foreign = world.delete(&eve, &format!("/account/tokens/{id}")).await.expect(404);
        let absent = world.delete(&eve, "/account/tokens/tok_none").await.expect(404);
        assert_eq!(foreign.body, absent.body);
        world.delete(&ada, &format!("/account/tokens/{id}")).await.expect(200);
        world.get(&token, "/account").await.refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_personal_token_expires() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let new = json!({ "description": "for a day", "expiresInDays": 1 });
    let (token, _) = create(&world, &ada, new).await;
    world.pass(DAY_MS - 1);
    world.get(&token, "/account").await.expect(200);
    world.pass(1);
    world.get(&token, "/account").await.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_token_opens_nothing_that_needs_a_proof() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    let (token, _) = create(&world, &ada, json!({ "description": "laptop" })).await;
    let more = world.post(&token, "/account/tokens", json!({ "description": "more" })).await;
    more.refused(403, "session_needed");
    world.delete(&token, "/account").await.refused(403, "session_needed");
    let proof = json!({ "password": crate::testing::PASSWORD });
    world.post(&token, "/sessions/current/proof", proof).await.refused(403, "session_needed");
}

#[tokio::test]
async fn fifty_are_enough() {
    let world = World::new().await;
    let ada = world.person("ada@example.com").await;
    for n in 0..50 {
        create(&world, &ada, json!({ "description": n.to_string() })).await;
    }
    let more = world.post(&ada, "/account/tokens", json!({ "description": "more" })).await;
    more.refused(409, "too_many_tokens");
}
