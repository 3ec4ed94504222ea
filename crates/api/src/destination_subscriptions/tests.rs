#![expect(clippy::unwrap_used, reason = "tests")]

use filters::Discard;
use http::Method;
use serde_json::{Value, json};
use spec::{DestinationId, Message};
use store::snapshot::{self, Plans};

use crate::{
    destinations::tests::{acme, options, webhook},
    testing::{Who, World},
};

/// A mapping of a webhook.
pub fn mapping() -> Value {
    json!({
        "name": "Orders", "actionId": "send", "trigger": "event = 'Order Completed'",
        "enabled": true, "settings": { "data": { "@path": "$.properties" } }
    })
}

/// A destination's id, and the path of its mappings.
async fn hook(world: &World, acme: &Who) -> (String, String) {
    let mut new = webhook("website");
    new["enabled"] = json!(true);
    let id = world.post(acme, "/destinations", new).await.expect(200).text("/destination/id");
    let path = format!("/destinations/{id}/subscriptions");
    (id, path)
}

const ORDER: &str = r#"{"type":"track","messageId":"m","userId":"u","event":"Order Completed","properties":{"total":7}}"#;

/// What the routing snapshot makes of a message for the destination.
async fn made(world: &World, hook: &str, body: &str) -> Result<Option<Value>, Discard> {
    let mut db = world.api.db.read().await.unwrap();
    let (sealer, plans) = (&world.api.sealer, Plans::default());
    let routing = snapshot::build(&mut db, sealer, &plans, 1).await.unwrap();
    let route = routing.destination(&DestinationId(hook.into())).unwrap();
    let message: Message = filters::payload(body.as_bytes()).unwrap();
    Ok(route.mappings.apply(&message)?.map(|made| Value::Object(made.fields)))
}

#[tokio::test]
async fn a_mapping_reaches_the_data_plane_and_goes_again() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let (hook, mappings) = hook(&world, &acme).await;
        assert_eq!(made(&world, &hook, ORDER).await, Ok(None), "as the settings say");
        let new = world.post(&acme, &mappings, mapping()).await.expect(200);
        let path = format!("{mappings}/{}", new.text("/destinationSubscription/id"));
        let data = json!({ "data": { "total": 7 } });
        assert_eq!(made(&world, &hook, ORDER).await, Ok(Some(data.clone())));
        let ping = ORDER.replace("Order Completed", "Ping");
        assert_eq!(made(&world, &hook, &ping).await.unwrap_err().code, "NO_MATCHING_MAPPING");
        let read = world.get(&acme, &path).await.expect(200);
        assert_eq!(read.at("/subscription"), new.at("/destinationSubscription"));
        let list = world.get(&acme, &mappings).await.expect(200);
        assert_eq!(list.at("/subscriptions/0"), new.at("/destinationSubscription"));

        // The oldest whose trigger holds gets it.
        let mut other = mapping();
        other["trigger"] = json!("all");
        other.as_object_mut().unwrap().remove("settings");
        let second = world.post(&acme, &mappings, other).await.expect(200);
        let whole = json!({ "@path": "$." });
        assert_eq!(second.at("/destinationSubscription/settings/data"), &whole, "the default");
        assert_eq!(made(&world, &hook, ORDER).await, Ok(Some(data)));
        assert!(made(&world, &hook, &ping).await.unwrap().unwrap().to_string().contains("Ping"));
        let second = format!("{mappings}/{}", second.text("/destinationSubscription/id"));
        world.call(&acme, Method::DELETE, &second, Value::Null).await.expect(200);

        let changes = json!({ "input": { "name": " Anew ", "trigger": "event = 'Ping'" } });
        let changed = world.patch(&acme, &path, changes).await.expect(200);
        assert_eq!(changed.at("/subscription/name"), "Anew");
        assert!(made(&world, &hook, &ping).await.is_ok());
        world.patch(&acme, &path, json!({ "input": { "enabled": false } })).await.expect(200);
        assert_eq!(made(&world, &hook, &ping).await.unwrap_err().code, "NO_MATCHING_MAPPING");
        world.call(&acme, Method::DELETE, &path, Value::Null).await.expect(200);
        world.get(&acme, &path).await.refused(404, "not_found");
        assert_eq!(made(&world, &hook, &ping).await, Ok(None));
        let audit = world.get(&acme, "/audit-events").await.expect(200).text.clone();
        for kind in ["Created", "Modified", "Disabled", "Deleted"] {
            let kind = format!("Destination Mapping {kind}");
            assert!(audit.contains(&kind), "{kind} is not in the trail");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let (_, mappings) = hook(&world, &acme).await;
        let wrong = json!({
            "name": " ", "actionId": "send", "trigger": "event ==", "enabled": true,
            "settings": { "date": 1, "nested": { "@path": 5 } }
        });
        let reply = world.post(&acme, &mappings, wrong).await.expect(422);
        let faults: Vec<String> = reply.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| format!("{} {}", f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            faults,
            [
                "/settings/data required",
                "/settings/date unknown_field",
                "/settings/nested unknown_field",
                "/name invalid",
                "/trigger invalid_fql",
                "/settings/nested/@path invalid_mapping"
            ]
        );
        let mut unknown = mapping();
        unknown["actionId"] = json!("shout");
        let reply = world.post(&acme, &mappings, unknown).await.refused(422, "unknown");
        assert_eq!(reply.body["errors"][0]["expected"], "one of send");
        for _ in 0..filters::MAPPINGS_MAX {
            world.post(&acme, &mappings, mapping()).await.expect(200);
        }
        world.post(&acme, &mappings, mapping()).await.refused(409, "too_many_mappings");
    }
}

#[tokio::test]
async fn the_catalog_entry_says_which_actions_there_are() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let entry = world.get(&acme, "/catalog/destinations/webhook").await.expect(200);
        let action = entry.at("/destinationMetadata/actions/0");
        assert_eq!((&action["slug"], &action["platform"]), (&json!("send"), &json!("CLOUD")));
        assert_eq!(action["fields"][0]["fieldKey"], "data");
        let preset = entry.at("/destinationMetadata/presets/0");
        assert_eq!(preset["fields"], json!({ "data": { "@path": "$." } }));
        assert_eq!(preset["trigger"], "all");
    }
}
