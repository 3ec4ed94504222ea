//! What is true of every operation.

#![expect(clippy::unwrap_used, reason = "tests")]

use http::Method;
use serde_json::{Value, json};

use crate::{
    Options,
    testing::{Who, World},
};

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

#[tokio::test]
async fn every_answer_says_how_many_requests_are_left_and_the_last_one_how_long_to_wait() {
    let world = World::with(Options { requests_per_minute: 3, ..Options::default() }).await;
    let ada = world.known("ada@example.com").await;
    for left in [2, 1, 0] {
        world.pass(10_000);
        let reply = world.get(&ada, "/workspaces").await.expect(200);
        assert_eq!(reply.headers["x-ratelimit-consumed"], (3 - left).to_string());
        assert_eq!(reply.headers["x-ratelimit-remaining"], left.to_string());
        assert_eq!(reply.headers["x-ratelimit-reset"], "Wed, 25 Nov 2026 12:01:10 GMT");
    }
    world.pass(10_000);
    let late = world.get(&ada, "/workspaces").await.refused(429, "too_many_requests");
    assert_eq!(late.headers["retry-after"], "30");
    assert_eq!(late.headers["x-ratelimit-remaining"], "0");
    assert_eq!(late.headers["x-ratelimit-reset"], "Wed, 25 Nov 2026 12:01:10 GMT");
    world.get(&ada, "/account").await.expect(200);
    let bob = world.known("bob@example.com").await;
    world.get(&bob, "/workspaces").await.expect(200);
    world.pass(30_000);
    world.get(&ada, "/workspaces").await.expect(200);
    // Nobody is counted by their address.
    for _ in 0..3 {
        world.get(&Who::at("203.0.113.7"), "/catalog/sources").await.expect(200);
    }
    world.get(&Who::at("203.0.113.7"), "/catalog/sources").await.expect(429);
    world.get(&Who::at("203.0.113.8"), "/catalog/sources").await.expect(200);
}

/// Lists with their rows, of which each has five.
const LISTS: [(&str, &str); 4] = [
    ("/sources", "sources"),
    ("/destinations", "destinations"),
    ("/users", "users"),
    ("/audit-events", "events"),
];

#[tokio::test]
async fn every_list_is_read_whole_page_by_page() {
    for world in World::each(crate::destinations::tests::options()).await {
        let ada = world.known("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        for number in 0..5 {
            let new = json!({ "metadataId": "http-api", "slug": format!("source-{number}") });
            let made = world.post(&acme, "/sources", new).await.expect(201);
            let hook = crate::destinations::tests::webhook(&made.text("/source/id"));
            world.post(&acme, "/destinations", hook).await.expect(200);
            let email = format!("p{number}@example.com");
            world.known(&email).await;
            let member = catalog::Permission::everywhere(
                catalog::Role::WorkspaceMember,
                world.get(&acme, "/").await.text("/workspace/id"),
            );
            world.join("acme", &email, &[member]).await;
        }
        for (path, rows) in LISTS {
            let whole =
                world.get(&acme, &format!("{path}?pagination.count=1000")).await.expect(200);
            let whole = whole.at(&format!("/{rows}")).as_array().unwrap().clone();
            assert!(whole.len() >= 5, "{path}");
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                // Both forms that Segment's clients send.
                let form =
                    if found.is_empty() { "pagination.count=2" } else { "pagination[count]=2" };
                let page = world.get(&acme, &format!("{path}?{form}{cursor}")).await.expect(200);
                assert_eq!(page.at("/pagination/totalEntries"), whole.len(), "{path}");
                let part = page.at(&format!("/{rows}")).as_array().unwrap();
                assert!(part.len() <= 2, "{path}");
                found.extend(part.iter().cloned());
                let Some(next) = page.body["data"]["pagination"]["next"].as_str() else { break };
                // Opaque: no id and no name can be read in it.
                assert!(!next.contains("source") && !next.contains('@'), "{path}: {next}");
                cursor = format!("&pagination.cursor={next}");
            }
            assert_eq!(found, whole, "{path}");
            for bad in ["count=0", "count=1001", "count=x", "count=-1", "cursor=%21", "cursor=Zm9v"]
            {
                let reply = world.get(&acme, &format!("{path}?pagination.{bad}")).await.expect(422);
                let pointer = reply.body["errors"][0]["pointer"].as_str().unwrap();
                assert!(pointer.starts_with("/pagination/"), "{path} {bad}: {pointer}");
            }
        }
    }
}
