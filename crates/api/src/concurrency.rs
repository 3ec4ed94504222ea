//! Many at one time: of two editors one is told, a repeated request is done once, and a name has
//! one taker. On both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::{
    coverage::{
        calls::{Target, call},
        stage::Stage,
    },
    testing::{Reply, Who, World},
};

/// Requests at one time.
const MANY: usize = 8;

fn statuses(replies: &[Reply]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for reply in replies {
        *counts.entry(reply.status.as_u16()).or_default() += 1;
    }
    counts
}

/// Who edits with an operation, and where its version is read.
fn editor(stage: &Stage, operation: &str) -> (&'static str, String) {
    let thing = |path: &str, name: &str| format!("{path}/{}", stage.thing(name));
    match operation {
        "updateWorkspace" | "deleteWorkspace" => ("owner", "/".to_owned()),
        "updateFilterForDestination" | "removeFilterFromDestination" => {
            let destination = thing("/destination", "destination");
            ("owner", format!("{destination}/filters/{}", stage.thing("filter")))
        }
        "updateSubscriptionForDestination" | "removeSubscriptionFromDestination" => {
            let destination = thing("/destinations", "destination");
            ("owner", format!("{destination}/subscriptions/{}", stage.thing("mapping")))
        }
        "updateDestination" | "deleteDestination" => {
            ("owner", thing("/destinations", "destination"))
        }
        "updateAlert" => ("owner", thing("/alerts", "alert")),
        "replacePermissionsForUser" | "addPermissionsToUser" => {
            ("owner", thing("/users", "account:member"))
        }
        "setTeamRole" => ("partner_admin", thing("/partner/team", "account:builder")),
        "updateOperator" => ("operator", thing("/operator/accounts", "account:account")),
        "setTestAccount" | "deleteTestAccount" => {
            let integration = thing("/integrations", "integration");
            ("builder", format!("{integration}/test-account"))
        }
        "removeIntegration" => ("partner_admin", thing("/integrations", "integration")),
        "manageIntegration" => ("operator", "/operator/integrations?search=acme-mail".to_owned()),
        "updateIntegration" | "replaceCatalogInfo" | "submitIntegration" => {
            ("builder", thing("/integrations", "integration"))
        }
        "updateSchemaSettingsInSource" => {
            ("owner", format!("{}/settings", thing("/sources", "source")))
        }
        name if name.contains("TrackingPlan") => ("owner", thing("/tracking-plans", "plan")),
        _ => ("owner", thing("/sources", "source")),
    }
}

async fn version(stage: &Stage, who: &Who, path: &str) -> String {
    let page = stage.world.get(who, path).await.expect(200);
    match page.headers.get("etag") {
        Some(tag) => tag.to_str().unwrap().to_owned(),
        None => page.text("/integrations/0/etag"),
    }
}

#[tokio::test]
async fn of_two_editors_one_is_told_that_the_other_was_first() {
    let document = crate::document();
    for stage in Box::pin(Stage::all()).await {
        let mut edits = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let parameters = operation["parameters"].as_array().unwrap();
                if parameters.iter().all(|parameter| parameter["name"] != "If-Match") {
                    continue;
                }
                let name = operation["operationId"].as_str().unwrap();
                let method: Method = method.to_uppercase().parse().unwrap();
                stage.world.thaw(&stage.frozen).await;
                Box::pin(race(&stage, name, path, &method)).await;
                edits += 1;
            }
        }
        assert!(edits >= 18, "{edits} operations take If-Match");
    }
}

async fn race(stage: &Stage, name: &str, path: &str, method: &Method) {
    let (who, read) = editor(stage, name);
    let who = stage.who(who);
    if name == "removeWriteKeyFromSource" {
        // The last one cannot be taken away.
        let more = format!("/sources/{}/writekey", stage.thing("source"));
        stage.world.post(who, &more, Value::Null).await.expect(200);
    }
    if name == "restoreVersionOfTrackingPlan" {
        // What is restored is another version than the newest.
        let more = json!({ "rules": [{ "type": "IDENTIFY", "version": 1, "jsonSchema": {} }] });
        stage.world.patch(who, &format!("{read}/rules"), more).await.expect(200);
    }
    let tag = version(stage, who, &read).await;
    let call = call(stage, name, path, Target::Own).unwrap();
    let seen = [("if-match", tag.as_str())];
    let edit = |number: usize| {
        let mut body = call.body.clone();
        if let Some(name) = body.get_mut("name") {
            *name = json!(format!("Renamed {number}"));
        }
        stage.world.call_with(who, method.clone(), &call.path, body, &seen)
    };
    let replies = join_all((0..2).map(edit)).await;
    let done: Vec<usize> = (0..2).filter(|at| replies[*at].status.is_success()).collect();
    assert_eq!(done.len(), 1, "{name}: {:?}", statuses(&replies));
    let late = &replies[1 - done[0]];
    let deletes = name.starts_with("delete")
        || ["removeFilterFromDestination", "removeSubscriptionFromDestination"].contains(&name);
    let gone = deletes && late.status.as_u16() == 404;
    assert!(gone || late.status.as_u16() == 412, "{name}: {:?} {}", late.status, late.text);
    if call.body.get("name").is_some() {
        let page = stage.world.get(who, &read).await.expect(200);
        let expected = format!("\"name\":\"Renamed {}\"", done[0]);
        assert!(page.text.contains(&expected), "{name}: the winner's edit is lost: {}", page.text);
    }
    if !deletes {
        assert_ne!(version(stage, who, &read).await, tag, "{name} leaves the version");
        // On top of a version that never was, nothing is done.
        let never = [("if-match", "\"999\"")];
        let body = call.body.clone();
        let reply = stage.world.call_with(who, method.clone(), &call.path, body, &never).await;
        reply.refused(412, "changed_meanwhile");
    }
}

#[tokio::test]
async fn a_request_that_is_repeated_at_the_same_time_is_done_once() {
    for world in World::all().await {
        let ada = world.known("ada@example.com").await;
        let key = [("idempotency-key", "one")];
        let post = || {
            let new = json!({ "name": "Acme" });
            world.call_with(&ada, Method::POST, "/workspaces", new, &key)
        };
        let replies = join_all((0..MANY).map(|_| post())).await;
        let made: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
        assert!(!made.is_empty(), "{:?}", statuses(&replies));
        for reply in &replies {
            match reply.status.as_u16() {
                201 => assert_eq!(reply.body, made[0].body),
                _ => assert_eq!(reply.body["errors"][0]["code"], "under_way", "{:#}", reply.body),
            }
        }
        assert_eq!(post().await.expect(201).headers["idempotent-replayed"], "true");
        let list = world.get(&ada, "/workspaces").await.expect(200);
        assert_eq!(list.at("/workspaces").as_array().unwrap().len(), 1);
        // Keys belong to their caller.
        let bob = world.known("bob@example.com").await;
        let new = json!({ "name": "Globex" });
        let other = world.call_with(&bob, Method::POST, "/workspaces", new, &key).await;
        assert_eq!(other.expect(201).headers.get("idempotent-replayed"), None);
    }
}

#[tokio::test]
async fn a_slug_has_one_taker() {
    for world in World::all().await {
        let mut people = Vec::new();
        for number in 0..MANY {
            let email = format!("p{number}@example.com");
            people.push(world.known(&email).await);
            world.partner(&format!("Partner {number}"), &email).await;
        }
        let one_taker = |replies: Vec<Reply>, what: &str| {
            let expected = BTreeMap::from([(201, 1), (422, MANY - 1)]);
            assert_eq!(statuses(&replies), expected, "{what}");
            for late in replies.iter().filter(|reply| reply.status == 422) {
                assert_eq!(late.body["errors"][0]["code"], "taken");
                assert_eq!(late.body["errors"][0]["pointer"], "/slug");
            }
        };
        for path in ["/workspaces", "/integrations"] {
            let new = json!({ "name": "Acme", "slug": "acme" });
            let replies = join_all(people.iter().map(|who| world.post(who, path, new.clone())));
            one_taker(replies.await, path);
        }

        let owner = world.workspace(&people[0], "globex").await;
        let new = json!({ "metadataId": "http-api", "slug": "website" });
        let replies = join_all((0..MANY).map(|_| world.post(&owner, "/sources", new.clone())));
        one_taker(replies.await, "sources");
        let list = world.get(&owner, "/sources").await.expect(200);
        assert_eq!(list.at("/pagination/totalEntries"), 1);
    }
}
