//! What is true of every operation.

#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};

use crate::testing::{Who, World};

#[tokio::test]
async fn every_faulty_field_is_named_at_once() {
    for world in World::all().await {
        let body = json!({ "email": 7, "password": "short", "nickname": "x" });
        let reply = world.post(&Who::default(), "/accounts", body).await.expect(422);
        let mut faults: Vec<String> = reply.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| {
                format!(
                    "{} {}",
                    fault["pointer"].as_str().unwrap(),
                    fault["code"].as_str().unwrap()
                )
            })
            .collect();
        faults.sort();
        assert_eq!(faults, ["/email wrong_type", "/nickname unknown_field", "/password too_short"]);
    }
}

#[tokio::test]
async fn a_workspace_is_made_read_and_renamed() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let reply = world.get(&acme, "/").await.expect(200);
        assert_eq!(reply.at("/workspace/slug"), "acme");
        let tag = reply.headers["etag"].to_str().unwrap().to_owned();

        let rename = json!({ "name": "Acme Inc" });
        let match_it = [("if-match", tag.as_str())];
        world.call_with(&acme, Method::PATCH, "/", rename.clone(), &match_it).await.expect(200);
        let late = world.call_with(&acme, Method::PATCH, "/", rename, &match_it).await;
        late.refused(412, "changed_meanwhile");

        let eve = world.person("eve@example.com").await.within("acme");
        let hidden = world.get(&eve, "/").await.expect(404);
        let absent = world.get(&eve.within("nowhere"), "/").await.expect(404);
        assert_eq!(hidden.body, absent.body, "a foreign workspace sounds like none");
        world.get(&Who::default(), "/").await.refused(401, "login_needed");
    }
}

#[tokio::test]
async fn a_write_by_cookie_needs_our_origin() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let cookie =
            [("cookie", ada.cookie.as_deref().unwrap()), ("origin", "https://evil.example")];
        let new = json!({ "name": "acme" });
        let reply =
            world.call_with(&Who::default(), Method::POST, "/workspaces", new, &cookie).await;
        reply.refused(403, "foreign_origin");
    }
}

#[tokio::test]
async fn a_repeated_request_is_done_once() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let key = [("idempotency-key", "one")];
        let new = json!({ "name": "acme", "slug": "acme" });
        let post = |body: Value| world.call_with(&ada, Method::POST, "/workspaces", body, &key);
        let first = post(new.clone()).await.expect(201);
        let again = post(new).await.expect(201);
        assert_eq!(first.body, again.body);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        post(json!({ "name": "other" })).await.refused(409, "idempotency_key_reused");
        let list = world.get(&ada, "/workspaces").await.expect(200);
        assert_eq!(list.at("/workspaces").as_array().unwrap().len(), 1);
    }
}

#[test]
fn every_operation_says_who_may_call_it() {
    let document = crate::document();
    crate::openapi::operations(&document);
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            assert!(names.insert(name.clone()), "{method} {path}: {name} is there twice");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
}
