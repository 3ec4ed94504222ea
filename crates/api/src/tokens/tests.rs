#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;
use store::fresh::token_is_whole;

use crate::testing::{Who, World};

#[tokio::test]
async fn a_token_is_shown_once_and_does_what_it_was_given() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        world.workspace(&ada, "other").await;
        let new = json!({ "description": "CI", "permissions": [{ "roleId": "workspace_member" }] });
        let made = world.post(&acme, "/tokens", new).await.expect(201);
        let secret = made.text("/secret");
        assert!(secret.starts_with("hw_") && token_is_whole(&secret), "{secret}");
        let list = world.get(&acme, "/tokens").await.expect(200);
        assert!(!list.body.to_string().contains(&secret));
        assert_eq!(list.at("/tokens/0/lastUsedAt"), &json!(null));

        // The token names its workspace; another one is not there for it.
        let token = Who { token: Some(secret.clone()), ..Who::default() };
        world.get(&token, "/").await.expect(200);
        world.get(&token.within("acme"), "/").await.expect(200);
        world.get(&token.within("other"), "/").await.expect(404);
        world.get(&token, "/users").await.refused(403, "role_needed");
        world.get(&token, "/account").await.refused(401, "login_needed");
        let list = world.get(&acme, "/tokens").await.expect(200);
        assert_eq!(list.at("/tokens/0/lastUsedAt"), "2026-11-25T12:00:00.000Z");

        let mut typo = secret.clone().into_bytes();
        let last = typo.len() - 1;
        typo[last] = if typo[last] == b'0' { b'1' } else { b'0' };
        let typo = Who { token: Some(String::from_utf8(typo).unwrap()), ..Who::default() };
        world.get(&typo, "/").await.refused(401, "invalid_token");

        let id = made.text("/token/id");
        world.delete(&acme, &format!("/tokens/{id}")).await.expect(200);
        world.get(&token, "/").await.refused(401, "invalid_token");
        world.delete(&acme, &format!("/tokens/{id}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_token_ends_when_it_should_and_makes_no_others() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let new = json!({ "description": "CI", "expiresInDays": 1 });
        let secret = world.post(&acme, "/tokens", new.clone()).await.expect(201).text("/secret");
        let token = Who { token: Some(secret), ..Who::default() };
        world.post(&token, "/tokens", new).await.refused(403, "person_needed");
        world.pass(86_400_000 - 1);
        world.get(&token, "/users").await.expect(200);
        world.pass(1);
        world.get(&token, "/users").await.refused(401, "invalid_token");
    }
}
