#![expect(clippy::unwrap_used, reason = "tests")]

use catalog::{Permission, Role};
use http::Method;
use serde_json::{Value, json};

use crate::{
    Options,
    destinations::tests::acme,
    sources::tests::{acme_id, member},
    testing::{Reply, Who, World},
};

/// A rule for an event that must have this property.
fn track(event: &str, required: &str, kind: &str) -> Value {
    let properties = json!({ required: { "type": kind } });
    let properties = json!({ "type": "object", "properties": properties, "required": [required] });
    let schema = json!({ "type": "object", "properties": { "properties": properties } });
    json!({ "type": "TRACK", "key": event, "version": 1, "jsonSchema": schema })
}

async fn plan(world: &World, who: &Who, rules: Value) -> String {
    let new = json!({ "name": "Shop events", "type": "LIVE", "description": "What it sends" });
    let made = world.post(who, "/tracking-plans", new).await.expect(200);
    let path = format!("/tracking-plans/{}", made.text("/trackingPlan/id"));
    let put = json!({ "rules": rules });
    world.call(who, Method::PUT, &format!("{path}/rules"), put).await.expect(200);
    path
}

fn keys(reply: &Reply) -> Vec<&str> {
    let rules = reply.at("/rules").as_array().unwrap();
    rules.iter().map(|rule| rule["key"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_plan_is_made_changed_and_deleted() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let new = json!({ "name": "Shop events", "type": "LIVE" });
        let made = world.post(&acme, "/tracking-plans", new.clone()).await.expect(200);
        assert_eq!(made.at("/trackingPlan/slug"), "shop-events");
        assert_eq!(
            (made.at("/trackingPlan/type"), made.at("/trackingPlan/rules")),
            (&json!("LIVE"), &json!(0))
        );
        let second = world.post(&acme, "/tracking-plans", new).await.expect(200);
        assert_eq!(second.at("/trackingPlan/slug"), "shop-events-2");
        let list = world.get(&acme, "/tracking-plans?pagination.count=1&name=SHOP").await;
        let list = list.expect(200);
        assert_eq!(list.at("/pagination/totalEntries"), 2);
        let path = "/tracking-plans/shop-events";
        let tag = world.get(&acme, path).await.expect(200);
        let tag = tag.headers["etag"].to_str().unwrap().to_owned();
        let change = json!({ "name": "Orders", "description": "All of them" });
        let seen = [("if-match", tag.as_str())];
        world.call_with(&acme, Method::PATCH, path, change.clone(), &seen).await.expect(200);
        let stale = world.call_with(&acme, Method::PATCH, path, change, &seen).await;
        stale.refused(412, "changed_meanwhile");
        let found = world.get(&acme, path).await.expect(200);
        assert_eq!(found.at("/trackingPlan/name"), "Orders");
        assert_eq!(found.at("/trackingPlan/slug"), "shop-events", "links go on working");
        world.patch(&acme, path, json!({ "name": " " })).await.refused(422, "name_empty");
        world.delete(&acme, path).await.expect(200);
        world.get(&acme, path).await.refused(404, "not_found");
        let kinds = world.get(&acme, "/audit-events").await.expect(200);
        let kinds: Vec<&str> = kinds
            .at("/events")
            .as_array()
            .unwrap()
            .iter()
            .take(3)
            .map(|event| event["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            ["Tracking Plan Deleted", "Tracking Plan Modified", "Tracking Plan Created"]
        );
    }
}

#[tokio::test]
async fn rules_change_by_revisions_that_name_what_breaks() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let path =
            plan(&world, &acme, json!([track("A", "x", "string"), track("B", "x", "string")]))
                .await;
        let rules = format!("{path}/rules");
        let list = world.get(&acme, &rules).await.expect(200);
        assert_eq!(keys(&list), ["A", "B"]);
        assert_eq!(list.at("/rules/0/deprecatedAt"), "0001-01-01T00:00:00.000Z");

        // What is read can be sent back, and is no change.
        let same = json!({ "rules": list.at("/rules") });
        let same = world.patch(&acme, &rules, same).await.expect(200);
        assert_eq!((same.at("/revision"), same.at("/changes")), (&json!(1), &json!([])));

        let narrower = json!({ "rules": [track("A", "y", "string")] });
        let dry = world.patch(&acme, &format!("{rules}?dryRun=true"), narrower.clone()).await;
        let dry = dry.expect(200);
        assert_eq!((dry.at("/revision"), dry.at("/breaking")), (&json!(2), &json!(1)));
        let kinds: Vec<&Value> =
            dry.at("/changes").as_array().unwrap().iter().map(|change| &change["kind"]).collect();
        assert!(kinds.contains(&&json!("required_added")), "{kinds:?}");
        let after = world.get(&acme, &path).await.expect(200);
        assert_eq!(after.at("/trackingPlan/revision"), 1, "a dry run changes nothing");

        world.patch(&acme, &rules, narrower).await.expect(200);
        let mut renamed = track("B", "x", "string");
        renamed["newKey"] = json!("C");
        world.patch(&acme, &rules, json!({ "rules": [renamed] })).await.expect(200);
        assert_eq!(keys(&world.get(&acme, &rules).await.expect(200)), ["A", "C"]);
        let gone = format!("{rules}?rules[0][type]=TRACK&rules[0][key]=A&rules[0][version]=1");
        world.delete(&acme, &gone).await.expect(200);
        world.delete(&acme, &gone).await.refused(422, "unknown");
        world.delete(&acme, &rules).await.refused(422, "required");
        assert_eq!(keys(&world.get(&acme, &rules).await.expect(200)), ["C"]);

        let versions = world.get(&acme, &format!("{path}/versions?pagination.count=2")).await;
        let versions = versions.expect(200);
        assert_eq!(versions.at("/pagination/totalEntries"), 4);
        assert_eq!(versions.at("/versions/0/revision"), 4);
        assert_eq!(versions.at("/versions/0/madeByEmail"), "ada@example.com");
        let second = world.get(&acme, &format!("{path}/versions/2")).await.expect(200);
        assert_eq!(keys(&second), ["A", "B"]);
        assert_eq!(second.at("/version/breaking"), 1);
        world.get(&acme, &format!("{path}/versions/9")).await.refused(404, "not_found");
        let restored = world.post(&acme, &format!("{path}/versions/1/restore"), Value::Null).await;
        assert_eq!(restored.expect(200).at("/revision"), 5);
        let list = world.get(&acme, &rules).await.expect(200);
        assert_eq!(keys(&list), ["A", "B"]);
        let required = "/rules/0/jsonSchema/properties/properties/required/0";
        assert_eq!(list.at(required), "x", "as it was in the first version");
    }
}

#[tokio::test]
async fn bad_rules_are_named_where_they_stand_and_change_nothing() {
    let world = World::new().await;
    let acme = acme(&world).await;
    let path = plan(&world, &acme, json!([track("A", "x", "string")])).await;
    let rules = format!("{path}/rules");
    let bad = json!({ "rules": [track("B", "x", "string"), track("C", "x", "strin")] });
    let said = world.patch(&acme, &rules, bad).await.refused(422, "bad_rule");
    let at = "/rules/1/jsonSchema/properties/properties/properties/x/type";
    assert_eq!(said.body["errors"][0]["pointer"], at);
    let keyless = json!({ "rules": [{ "type": "TRACK", "jsonSchema": {} }] });
    let said = world.call(&acme, Method::PUT, &rules, keyless).await.refused(422, "bad_rule");
    assert_eq!(said.body["errors"][0]["pointer"], "/rules/0/key");
    let twice = json!({ "rules": [track("B", "x", "string"), track("B", "y", "string")] });
    world.call(&acme, Method::PUT, &rules, twice).await.refused(422, "bad_rule");
    let shapeless = json!({ "rules": [{ "type": "EVENT", "jsonSchema": 1 }] });
    let said = world.call(&acme, Method::PUT, &rules, shapeless).await.expect(422);
    assert_eq!(said.body["errors"].as_array().unwrap().len(), 2, "every fault at once");
    let many: Vec<Value> = (0..201).map(|n| track(&format!("E{n}"), "x", "string")).collect();
    world.patch(&acme, &rules, json!({ "rules": many })).await.expect(422);
    assert_eq!(keys(&world.get(&acme, &rules).await.expect(200)), ["A"]);
    assert_eq!(world.get(&acme, &path).await.expect(200).at("/trackingPlan/revision"), 1);
}

#[tokio::test]
async fn a_plan_goes_out_and_comes_in_as_a_file() {
    let world = World::new().await;
    let acme = acme(&world).await;
    let path = plan(&world, &acme, json!([track("A", "x", "string")])).await;
    let csv = world.get(&acme, &format!("{path}/export?format=csv")).await.expect(200);
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"shop-events.csv\"");
    let json_file = world.get(&acme, &format!("{path}/export")).await.expect(200);
    world.get(&acme, &format!("{path}/export?format=xml")).await.refused(422, "not_allowed");

    let other = plan(&world, &acme, json!([track("Z", "x", "string")])).await;
    let seen = [("content-type", "text/csv")];
    let import = format!("{other}/import");
    let merged = world.send_text(&acme, &import, &csv.text, &seen).await.expect(200);
    assert_eq!(merged.at("/breaking"), 0);
    assert_eq!(keys(&world.get(&acme, &format!("{other}/rules")).await.expect(200)), ["A", "Z"]);
    let file: Value = serde_json::from_str(&json_file.text).unwrap();
    let replaced = world.post(&acme, &format!("{import}?mode=replace"), file).await.expect(200);
    assert_eq!(replaced.at("/changes/0/kind"), "rule_removed");
    assert_eq!(keys(&world.get(&acme, &format!("{other}/rules")).await.expect(200)), ["A"]);
    let twice = json!([track("B", "x", "string"), track("B", "y", "string")]);
    let twice = world.post(&acme, &format!("{import}?mode=replace"), twice).await;
    twice.refused(422, "bad_rule");
    let wrong = csv.text.replace("string", "strong");
    let said = world.send_text(&acme, &import, &wrong, &seen).await.refused(422, "bad_cell");
    let at = said.body["errors"][0]["pointer"].as_str().unwrap().to_owned();
    assert_eq!(at, "/4/data_type");
    world.post(&acme, &format!("{import}?mode=both"), json!({})).await.refused(422, "not_allowed");
}

#[tokio::test]
async fn a_source_has_one_plan_whose_right_to_change_takes_both() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let path = plan(&world, &acme, json!([track("A", "x", "string")])).await;
        let other = plan(&world, &acme, json!([])).await;
        let workspace = acme_id(&world).await;
        let only = |role| [Permission::everywhere(role, &workspace)];
        let planner = member(&world, "p@example.com", &only(Role::TrackingPlanAdmin)).await;
        let reader = member(&world, "r@example.com", &only(Role::SourceReadOnly)).await;
        let (sources, choice) = (format!("{path}/sources"), json!({ "sourceId": "website" }));
        world.post(&planner, &sources, choice.clone()).await.refused(422, "unknown");
        world.post(&reader, &sources, choice.clone()).await.refused(403, "role_needed");
        world.get(&reader, &path).await.refused(403, "role_needed");

        world.post(&acme, &sources, choice.clone()).await.expect(200);
        world.post(&acme, &sources, choice.clone()).await.expect(200);
        let taken = world.post(&acme, &format!("{other}/sources"), choice).await;
        taken.refused(409, "connected");
        let list = world.get(&acme, &sources).await.expect(200);
        assert_eq!(list.at("/sources/0/slug"), "website");
        let seen = world.get(&planner, &sources).await.expect(200);
        assert_eq!(seen.at("/sources"), &json!([]), "sources that one may not see are not listed");
        let source = world.get(&acme, "/sources/website").await.expect(200);
        assert_eq!(format!("/tracking-plans/{}", source.text("/trackingPlanId")), path);
        world.delete(&acme, &path).await.refused(409, "in_use");

        let settings = "/sources/website/settings";
        let before = world.get(&acme, settings).await.expect(200);
        assert_eq!(before.at("/settings/track/allowUnplannedEvents"), true);
        let change = json!({ "track": { "allowUnplannedEvents": false, "onBlock": "QUARANTINE" } });
        world.patch(&acme, settings, change).await.expect(200);
        let change = json!({ "identify": { "commonEventOnViolations": "OMIT_TRAITS" } });
        let after = world.patch(&acme, settings, change).await.expect(200);
        assert_eq!(after.at("/settings/track/onBlock"), "QUARANTINE", "what is left out stays");
        assert_eq!(after.at("/settings/identify/commonEventOnViolations"), "OMIT_TRAITS");
        let wrong = json!({ "track": { "onBlock": "DROP" }, "page": {} });
        let said = world.patch(&acme, settings, wrong).await.expect(422);
        assert_eq!(said.body["errors"].as_array().unwrap().len(), 2, "{}", said.body);

        let asked = format!("{path}/consequences?sourceId=website");
        let said = world.get(&acme, &asked).await.expect(200);
        let text = "Events that the plan does not know wait in quarantine.";
        let first = json!({ "type": "QUARANTINE", "on": "track", "text": text });
        assert_eq!(said.at("/consequences/0"), &first);

        let gone = format!("{sources}?sourceId=website");
        world.delete(&acme, &gone).await.expect(200);
        world.delete(&acme, &gone).await.refused(422, "not_connected");
        world.delete(&acme, &path).await.expect(200);
    }
}

#[tokio::test]
async fn messages_are_linted_as_the_source_would_judge_them() {
    let world = World::new().await;
    let acme = acme(&world).await;
    let path = plan(&world, &acme, json!([track("A", "x", "string")])).await;
    let message = |event: &str, x: Value| json!({ "type": "track", "event": event, "userId": "u", "properties": { "x": x, "y": 1 } });
    let batch = json!({ "batch": [message("A", json!("1")), message("A", json!(1)), message("Unsubscribe", json!("1"))] });
    let found = world.post(&acme, &format!("{path}/lint"), batch.clone()).await.expect(200);
    let actions = |found: &Reply| {
        let all = found.at("/results").as_array().unwrap();
        all.iter().map(|one| one["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(actions(&found), ["ALLOW", "ALLOW", "ALLOW"], "a plan alone holds nothing back");
    assert_eq!(found.at("/results/1/violations/0/field"), "properties.x");
    assert_eq!(found.at("/results/2/unplanned"), true);
    let codes: Vec<&Value> =
        found.at("/results/2/findings").as_array().unwrap().iter().map(|f| &f["code"]).collect();
    assert!(!codes.is_empty(), "the Spec names it otherwise");

    let unplanned = world.post(&acme, "/sources/website/lint", batch.clone()).await.expect(200);
    assert_eq!(actions(&unplanned), ["ALLOW", "ALLOW", "ALLOW"], "without a plan");
    assert_eq!(unplanned.at("/results/0/stored/event"), "A");
    let sources = format!("{path}/sources");
    world.post(&acme, &sources, json!({ "sourceId": "website" })).await.expect(200);
    let strict = json!({ "track": {
        "allowUnplannedEvents": false, "allowEventOnViolations": false,
        "allowUnplannedEventProperties": false, "onBlock": "QUARANTINE"
    } });
    world.patch(&acme, "/sources/website/settings", strict).await.expect(200);
    let found = world.post(&acme, "/sources/website/lint", batch.clone()).await.expect(200);
    assert_eq!(actions(&found), ["OMIT", "QUARANTINE", "QUARANTINE"]);
    assert_eq!(found.at("/results/0/omitted"), &json!(["/properties/y"]));
    assert_eq!(found.at("/results/0/stored/properties"), &json!({ "x": "1" }));
    assert_eq!(found.at("/results/1/code"), "quarantined_schema_violation");
    let mut other = batch;
    other["trackingPlanId"] = json!("none");
    world.post(&acme, "/sources/website/lint", other).await.refused(422, "unknown");
}

#[tokio::test]
async fn plans_start_from_the_spec() {
    let world = World::new().await;
    let acme = acme(&world).await;
    let list = world.get(&acme, "/tracking-plans/starters").await.expect(200);
    let all = list.at("/starters").as_array().unwrap();
    assert!(all.len() > 5, "{all:?}");
    for starter in all {
        let category = starter["category"].as_str().unwrap();
        let segment = category.replace(' ', "%20").replace('/', "%2F");
        let found = world.get(&acme, &format!("/tracking-plans/starters/{segment}")).await;
        let found = found.expect(200);
        let path = plan(&world, &acme, found.at("/starter/rules").clone()).await;
        let made = world.get(&acme, &path).await.expect(200);
        assert_eq!(made.at("/trackingPlan/rules"), &starter["events"], "{category}");
    }
    world.get(&acme, "/tracking-plans/starters/None").await.refused(404, "not_found");
}

#[tokio::test]
async fn of_two_editors_one_is_told() {
    let world = World::made(Options::default(), |api| api).await;
    let acme = acme(&world).await;
    let path = plan(&world, &acme, json!([track("A", "x", "string")])).await;
    let rules = format!("{path}/rules");
    let tag =
        world.get(&acme, &rules).await.expect(200).headers["etag"].to_str().unwrap().to_owned();
    let seen = [("if-match", tag.as_str())];
    let add = |event: &str| json!({ "rules": [track(event, "x", "string")] });
    world.call_with(&acme, Method::PATCH, &rules, add("B"), &seen).await.expect(200);
    let late = world.call_with(&acme, Method::PATCH, &rules, add("C"), &seen).await;
    late.refused(412, "changed_meanwhile");
    assert_eq!(keys(&world.get(&acme, &rules).await.expect(200)), ["A", "B"]);
}
