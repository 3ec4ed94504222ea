//! Over every body there is: a field of the wrong shape and another one against a rule are told in
//! one answer, and nothing of the rehearsal stays.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::{
    coverage::{
        calls::{Target, call},
        stage::Stage,
    },
    testing::Reply,
};

/// Operations whose rules are all of one field, or none that the shape does not say.
const WITHOUT: [&str; 9] = [
    // Refused with 401, one reason for all.
    "logIn",
    // A password is never looked at without counting the attempt.
    "proveItIsMe",
    "inviteToTeam",
    "manageIntegration",
    "setTestAccount",
    "stepMyApplication",
    "redeliverToDestination",
    "updateSchemaSettingsInSource",
    "lintBySource",
];

/// Operation, who calls it, what is sent, and every fault: pointer and code.
type Case = (&'static str, &'static str, Value, Vec<(&'static str, &'static str)>);

fn cases() -> Vec<Case> {
    let weak = "aaaaaaaaaaaaaa";
    vec![
        (
            "signUp",
            "anonymous",
            json!({ "email": "new@cast.example", "password": weak, "name": 5, "operatorToken": "hwl_no" }),
            vec![
                ("/name", "wrong_type"),
                ("/password", "weak_password"),
                ("/operatorToken", "invalid_link"),
            ],
        ),
        (
            "createAlert",
            "owner",
            json!({ "name": " ", "kind": "NO_DATA", "minutes": 1, "threshold": 5, "aboutId": "src_0",
                "emails": ["nobody"], "enabled": "yes" }),
            vec![
                ("/enabled", "wrong_type"),
                ("/name", "name_empty"),
                ("/aboutId", "not_found"),
                ("/threshold", "not_allowed"),
                ("/minutes", "out_of_range"),
                ("/emails/0", "bad_email"),
            ],
        ),
        (
            "updateAlert",
            "owner",
            json!({ "name": 5, "minutes": 30_000, "webhookUrl": "ftp://example.com" }),
            vec![("/name", "wrong_type"), ("/minutes", "out_of_range"), ("/webhookUrl", "bad_url")],
        ),
        (
            "createReplay",
            "owner",
            json!({ "from": "yesterday", "types": ["purchase"], "perSecond": 0, "start": "now" }),
            vec![
                ("/start", "wrong_type"),
                ("/from", "invalid_time"),
                ("/types/0", "not_allowed"),
                ("/perSecond", "out_of_range"),
            ],
        ),
        (
            "resetPassword",
            "anonymous",
            json!({ "token": 5, "password": weak }),
            vec![("/token", "wrong_type"), ("/password", "weak_password")],
        ),
        (
            "resetPassword",
            "anonymous",
            json!({ "token": "hwl_no", "password": "short" }),
            vec![("/password", "too_short"), ("/token", "invalid_link")],
        ),
        (
            "createPersonalToken",
            "account",
            json!({ "description": " ", "expiresInDays": "soon" }),
            vec![("/expiresInDays", "wrong_type"), ("/description", "empty")],
        ),
        (
            "createToken",
            "owner",
            json!({ "description": " ", "expiresInDays": "soon", "permissions": [{ "roleId": "emperor" }] }),
            vec![
                ("/expiresInDays", "wrong_type"),
                ("/description", "empty"),
                ("/permissions/0/roleId", "unknown_role"),
            ],
        ),
        (
            "createWorkspace",
            "owner",
            json!({ "name": 5, "slug": "goto-my-workspace" }),
            vec![("/name", "wrong_type"), ("/slug", "slug_reserved")],
        ),
        (
            "createWorkspace",
            "owner",
            json!({ "slug": "globex" }),
            vec![("/name", "required"), ("/slug", "taken")],
        ),
        (
            "updateWorkspace",
            "owner",
            json!({ "name": 5, "slug": "globex" }),
            vec![("/name", "wrong_type"), ("/slug", "taken")],
        ),
        (
            "createInvites",
            "owner",
            json!({ "invites": [
                { "email": 5, "permissions": [{ "roleId": "emperor" }] },
                { "email": "nobody" },
            ] }),
            vec![
                ("/invites/0/email", "wrong_type"),
                ("/invites/0/permissions/0/roleId", "unknown_role"),
                ("/invites/1/email", "bad_email"),
            ],
        ),
        (
            "replacePermissionsForUser",
            "owner",
            json!({ "permissions": [{ "roleId": 5 }, { "roleId": "emperor" }] }),
            vec![
                ("/permissions/0/roleId", "wrong_type"),
                ("/permissions/1/roleId", "unknown_role"),
            ],
        ),
        (
            "addPermissionsToUser",
            "owner",
            json!({ "permissions": [{ "roleId": 5 }, { "roleId": "emperor" }] }),
            vec![
                ("/permissions/0/roleId", "wrong_type"),
                ("/permissions/1/roleId", "unknown_role"),
            ],
        ),
        (
            "createLabel",
            "owner",
            json!({ "label": { "key": 5, "value": "two words" } }),
            vec![("/label/key", "wrong_type"), ("/label/value", "bad_label")],
        ),
        (
            "createSource",
            "owner",
            json!({ "metadataId": 5, "slug": "catalog", "name": " x" , "labels": [{ "key": "no", "value": "no" }] }),
            vec![
                ("/metadataId", "wrong_type"),
                ("/slug", "slug_reserved"),
                ("/labels/0", "unknown_label"),
            ],
        ),
        (
            "createSource",
            "owner",
            json!({ "metadataId": "nonsense", "slug": "website", "enabled": "yes" }),
            vec![("/enabled", "wrong_type"), ("/metadataId", "unknown"), ("/slug", "taken")],
        ),
        (
            "createSource",
            "owner",
            json!({ "metadataId": "http-api", "name": 5, "settings": { "nonsense": 1 } }),
            vec![("/name", "wrong_type"), ("/settings/nonsense", "unknown_field")],
        ),
        (
            "updateSource",
            "owner",
            json!({ "name": 5, "slug": "shop", "settings": { "nonsense": 1 } }),
            vec![
                ("/name", "wrong_type"),
                ("/slug", "taken"),
                ("/settings/nonsense", "unknown_field"),
            ],
        ),
        (
            "addLabelsToSource",
            "owner",
            json!({ "labels": [{ "key": "no", "value": "no" }, { "key": "team", "value": 5 }] }),
            vec![("/labels/1/value", "wrong_type"), ("/labels/0", "unknown_label")],
        ),
        (
            "replaceLabelsInSource",
            "owner",
            json!({ "labels": [{ "key": "no", "value": "no" }], "more": true }),
            vec![("/more", "unknown_field"), ("/labels/0", "unknown_label")],
        ),
        (
            "setSchemaEventOfSource",
            "owner",
            json!({ "event": {
                "type": "TRACK", "name": "Ping", "blocked": "yes", "archived": true,
                "destinations": [{ "id": "nowhere", "enabled": true }]
            } }),
            vec![
                ("/event/blocked", "wrong_type"),
                ("/event/archived", "not_blocked"),
                ("/event/destinations/0/id", "unknown_destination"),
            ],
        ),
        (
            "createDestination",
            "owner",
            json!({ "sourceId": "nonsense", "metadataId": "webhook", "name": 5, "settings": { "url": "no" } }),
            vec![("/name", "wrong_type"), ("/sourceId", "unknown"), ("/settings/url", "invalid")],
        ),
        (
            "createDestination",
            "owner",
            json!({ "sourceId": 5, "metadataId": "nonsense", "settings": { "url": "no" } }),
            vec![("/sourceId", "wrong_type"), ("/metadataId", "unknown")],
        ),
        (
            "createFilterForDestination",
            "owner",
            json!({
                "sourceId": "nowhere", "title": 5, "if": "event ==", "enabled": true,
                "actions": [{ "type": "DROP", "fields": {} }]
            }),
            vec![
                ("/title", "wrong_type"),
                ("/sourceId", "unknown"),
                ("/if", "invalid_fql"),
                ("/actions/0/fields", "invalid_action"),
            ],
        ),
        (
            "updateFilterForDestination",
            "owner",
            json!({ "enabled": "yes", "title": " ", "if": "lowercase( event )" }),
            vec![("/enabled", "wrong_type"), ("/title", "invalid"), ("/if", "invalid_fql")],
        ),
        (
            "createDestinationSubscription",
            "owner",
            json!({
                "name": 5, "actionId": "send", "trigger": "event ==", "enabled": true,
                "settings": { "data": { "@path": 5 } }
            }),
            vec![
                ("/name", "wrong_type"),
                ("/trigger", "invalid_fql"),
                ("/settings/data/@path", "invalid_mapping"),
            ],
        ),
        (
            "updateSubscriptionForDestination",
            "owner",
            json!({ "input": { "enabled": "yes", "name": " ", "settings": {} } }),
            vec![
                ("/input/enabled", "wrong_type"),
                ("/input/settings/data", "required"),
                ("/input/name", "invalid"),
            ],
        ),
        (
            "previewDestinationSubscription",
            "owner",
            json!({ "actionId": "shout", "trigger": "all", "settings": {}, "messages": "many" }),
            vec![("/messages", "wrong_type"), ("/actionId", "unknown")],
        ),
        (
            "previewDestinationFilter",
            "owner",
            json!({
                "filter": { "if": "event ==", "actions": [{ "type": "DROP" }] }, "payload": 5
            }),
            vec![("/payload", "wrong_type"), ("/filter/if", "invalid_fql")],
        ),
        (
            "previewFiltersOfDestination",
            "owner",
            json!({
                "filter": { "if": "event ==", "actions": [{ "type": "DROP" }] },
                "filterId": "nowhere", "messages": "many"
            }),
            vec![
                ("/messages", "wrong_type"),
                ("/filter/if", "invalid_fql"),
                ("/filterId", "unknown"),
            ],
        ),
        (
            "testDestination",
            "owner",
            json!({ "message": 5, "settings": { "nonsense": 1 } }),
            vec![("/message", "wrong_type"), ("/settings/nonsense", "unknown_field")],
        ),
        (
            "updateDestination",
            "owner",
            json!({ "enabled": "yes", "name": " ", "settings": { "url": "no" } }),
            vec![("/enabled", "wrong_type"), ("/name", "name_empty"), ("/settings/url", "invalid")],
        ),
        (
            "apply",
            "account",
            json!({
                "companyName": 5, "companyWebsite": "no", "dataIn": "SDK", "dataOut": "Mails",
                "usedFor": "Campaigns", "heardFrom": "A friend", "email": "mia@acme.example",
                "partnerAgreement": "2026-11", "privacyPolicy": "2026-11",
            }),
            vec![("/companyName", "wrong_type"), ("/companyWebsite", "bad_url")],
        ),
        (
            "decideApplication",
            "operator",
            json!({ "step": "ask", "criteria": "all" }),
            vec![("/criteria", "wrong_type"), ("/note", "note_missing")],
        ),
        (
            "createIntegration",
            "builder",
            json!({ "name": 5, "slug": "settings" }),
            vec![("/name", "wrong_type"), ("/slug", "slug_reserved")],
        ),
        (
            "createIntegration",
            "builder",
            json!({ "name": 5, "slug": "acme-mail" }),
            vec![("/name", "wrong_type"), ("/slug", "taken")],
        ),
        (
            "replaceCatalogInfo",
            "builder",
            json!({ "description": 5, "primaryCategory": "Nonsense", "logo": "0".repeat(64) }),
            vec![
                ("/description", "wrong_type"),
                ("/primaryCategory", "unknown_category"),
                ("/logo", "unknown_asset"),
            ],
        ),
        (
            "addIntegrationToWorkspace",
            "builder",
            json!({ "workspace": "nobodys", "name": 5 }),
            vec![("/name", "wrong_type"), ("/workspace", "not_found")],
        ),
        (
            "createTrackingPlan",
            "owner",
            json!({ "name": " ", "description": 5 }),
            vec![("/description", "wrong_type"), ("/name", "name_empty")],
        ),
        (
            "updateTrackingPlan",
            "owner",
            json!({ "name": " ", "description": 5 }),
            vec![("/description", "wrong_type"), ("/name", "name_empty")],
        ),
        (
            "replaceRulesInTrackingPlan",
            "owner",
            json!({ "rules": [
                { "type": "TRACK", "key": "A", "jsonSchema": {}, "createdAt": 5 },
                { "type": "TRACK", "jsonSchema": {} },
            ] }),
            vec![("/rules/0/createdAt", "wrong_type"), ("/rules/1/key", "bad_rule")],
        ),
        (
            "updateRulesInTrackingPlan",
            "owner",
            json!({ "rules": [
                { "type": "TRACK", "key": "A", "jsonSchema": {}, "createdAt": 5 },
                { "type": "TRACK", "jsonSchema": {} },
            ] }),
            vec![("/rules/0/createdAt", "wrong_type"), ("/rules/1/key", "bad_rule")],
        ),
        (
            "decideReview",
            "operator",
            json!({ "action": "requestChanges", "reason": 5, "contentHash": "0".repeat(64) }),
            vec![("/reason", "wrong_type"), ("/contentHash", "changed_meanwhile")],
        ),
        (
            "createReviewComment",
            "operator",
            json!({ "part": "metadata", "pointer": "description", "text": 5 }),
            vec![("/text", "wrong_type"), ("/pointer", "unknown_field")],
        ),
    ]
}

fn told(reply: &Reply) -> BTreeSet<(String, String)> {
    let faults = reply.body["errors"].as_array().unwrap();
    for fault in faults {
        for part in ["code", "message", "pointer", "expected", "fix"] {
            assert!(fault[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {fault:#}");
        }
    }
    let text = |fault: &Value, part: &str| fault[part].as_str().unwrap().to_owned();
    faults.iter().map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect()
}

#[tokio::test]
async fn wrong_shapes_and_broken_rules_are_told_at_once() {
    let document = crate::document();
    for stage in Box::pin(Stage::all()).await {
        let mut missing: BTreeSet<&str> = BTreeSet::new();
        let mut wrong = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                if method == "delete" || fields(&document, schema) < 2 || WITHOUT.contains(&name) {
                    continue;
                }
                missing.insert(name);
                let method: Method = method.to_uppercase().parse().unwrap();
                for (_, who, body, faults) in cases().into_iter().filter(|case| case.0 == name) {
                    missing.remove(name);
                    let path = call(&stage, name, path, Target::Own).unwrap().path;
                    let seen: &[(&str, &str)] = match name {
                        "replaceCatalogInfo" => &[("if-match", stage.thing("etag"))],
                        _ => &[],
                    };
                    let (who, world) = (stage.who(who), &stage.world);
                    let before = world.freeze().await;
                    let reply = world.call_with(who, method.clone(), &path, body, seen).await;
                    assert!(world.freeze().await == before, "{name}: something of it stays");
                    let own = |(at, code): (&str, &str)| (at.to_owned(), code.to_owned());
                    let faults: BTreeSet<_> = faults.into_iter().map(own).collect();
                    let heard = told(&reply.expect(422));
                    if heard != faults {
                        wrong.push(format!("{name}: {heard:?}\n  instead of {faults:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(missing.is_empty(), "no case for {missing:?}");
    }
}

#[tokio::test]
async fn a_rehearsal_keeps_nothing_and_guesses_nothing() {
    for stage in Box::pin(Stage::all()).await {
        let (world, owner) = (&stage.world, stage.who("owner"));
        let before = world.freeze().await;
        // All that is left is right: it would be done, and is not.
        let new = json!({ "name": "Another", "slug": "another", "colour": "red" });
        let reply = world.post(owner, "/workspaces", new).await.refused(422, "unknown_field");
        assert_eq!(reply.body["errors"].as_array().unwrap().len(), 1, "{:#}", reply.body);
        // What was not chosen has no rules.
        let step = json!({ "step": "bless", "note": "well done" });
        let path = format!("/operator/applications/{}/steps", stage.thing("application"));
        let reply = world.post(stage.who("operator"), &path, step).await.expect(422);
        assert_eq!(told(&reply), BTreeSet::from([("/step".to_owned(), "not_allowed".to_owned())]));
        // Too many faults to look at each.
        let labels = vec![json!({ "key": 5, "value": "x" }); 40];
        let path = format!("/sources/{}/labels", stage.thing("source"));
        let reply = world.post(owner, &path, json!({ "labels": labels })).await.expect(422);
        assert_eq!(told(&reply).len(), 40);
        assert!(world.freeze().await == before, "something of it stays");
    }
}

/// Fields of a schema, however deep.
fn fields(document: &Value, schema: &Value) -> usize {
    if let Some(at) = schema["$ref"].as_str() {
        return fields(document, document.pointer(at.trim_start_matches('#')).unwrap());
    }
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array());
    let inner: usize = parts.flatten().map(|part| fields(document, part)).sum();
    let own = schema["properties"].as_object().into_iter().flat_map(|all| all.values());
    let own: usize = own.map(|field| fields(document, field).max(1)).sum();
    let items = schema.get("items").map_or(0, |items| fields(document, items));
    own + inner + items
}
