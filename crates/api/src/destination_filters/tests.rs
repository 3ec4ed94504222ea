#![expect(clippy::unwrap_used, reason = "tests")]

use filters::Outcome;
use http::Method;
use serde_json::{Value, json};
use spec::{DestinationId, SourceId};
use store::snapshot::{self, Plans};

use crate::{
    destinations::tests::{acme, options, webhook},
    testing::{Who, World},
};

/// A filter of a destination that `source` feeds.
pub fn filter(source: &str) -> Value {
    json!({
        "sourceId": source, "title": "No pings", "if": "event = 'Ping'",
        "actions": [{ "type": "DROP" }], "enabled": true
    })
}

/// A destination, and the path of its filters.
async fn hook(world: &World, acme: &Who) -> (String, String, String) {
    let made = world.post(acme, "/destinations", webhook("website")).await.expect(200);
    let (id, source) = (made.text("/destination/id"), made.text("/destination/sourceId"));
    let filters = format!("/destination/{id}/filters");
    (id, source, filters)
}

/// What delivery would make of a message of the source on its way to the destination.
async fn made(world: &World, destination: &str, source: &str, message: &str) -> String {
    let mut db = world.api.db.read().await.unwrap();
    let plans = Plans::default();
    let routing = snapshot::build(&mut db, &world.api.sealer, &plans, 1).await.unwrap();
    let route = routing.destination(&DestinationId(destination.into())).unwrap();
    let message = filters::payload(message.as_bytes()).unwrap();
    match route.filters_of(SourceId(source.into()).stream()).map(|it| it.apply(&message)) {
        None | Some(Outcome::Pass) => "passes".to_owned(),
        Some(Outcome::Changed(changed)) => String::from_utf8_lossy(changed.raw()).into_owned(),
        Some(Outcome::Discard(discard)) => discard.reason,
    }
}

const PING: &str = r#"{"type":"track","event":"Ping","messageId":"m","userId":"ada"}"#;

#[tokio::test]
async fn a_filter_holds_from_its_creation_to_its_end() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let (hook, source, filters) = hook(&world, &acme).await;
        assert_eq!(made(&world, &hook, &source, PING).await, "passes");
        let new = world.post(&acme, &filters, filter(&source)).await.expect(200);
        let id = new.text("/filter/id");
        let path = format!("{filters}/{id}");
        assert_eq!(new.at("/filter/actions"), &json!([{ "type": "DROP" }]));
        assert_eq!(made(&world, &hook, &source, PING).await, r#"the filter "No pings" drops it"#);
        let listed = world.get(&acme, &filters).await.expect(200);
        assert_eq!(listed.at("/filters/0"), new.at("/filter"));
        assert_eq!(listed.at("/pagination/totalEntries"), 1);
        assert_eq!(world.get(&acme, &path).await.expect(200).at("/filter"), new.at("/filter"));

        let hash = json!([{ "type": "HASH_PROPERTIES", "fields": { "": ["userId"] } }]);
        let changes = json!({ "actions": hash, "description": " Nobody. " });
        let changed = world.patch(&acme, &path, changes).await.expect(200);
        assert_eq!(changed.at("/filter/description"), "Nobody.");
        let hashed = made(&world, &hook, &source, PING).await;
        assert!(!hashed.contains("ada") && hashed.contains(r#""userId":""#), "{hashed}");
        world.patch(&acme, &path, json!({ "title": "Anew" })).await.expect(200);
        let again = made(&world, &hook, &source, PING).await;
        assert_eq!(again, hashed, "the key stays");

        world.patch(&acme, &path, json!({ "enabled": false })).await.expect(200);
        assert_eq!(made(&world, &hook, &source, PING).await, "passes");
        world.call(&acme, Method::DELETE, &path, Value::Null).await.expect(200);
        world.get(&acme, &path).await.refused(404, "not_found");
        let audit = world.get(&acme, "/audit-events").await.expect(200).text.clone();
        for kind in ["Created", "Modified", "Disabled", "Deleted"] {
            let kind = format!("Destination Filter {kind}");
            assert!(audit.contains(&kind), "{kind} is not in the trail");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let (_, source, filters) = hook(&world, &acme).await;
        let mut new = filter(&source);
        new["if"] = json!("event == 'Ping'");
        let reply = world.post(&acme, &filters, new.clone()).await;
        let reply = reply.refused(422, "invalid_fql");
        let fault = reply.body["errors"][0].clone();
        assert_eq!(fault["pointer"], "/if");
        assert_eq!(fault["message"], "at byte 6: found `==`");
        assert_eq!(fault["fix"], "write = to ask whether two values are the same");
        new["if"] = json!("all");
        new["actions"] = json!([{ "type": "DROP_PROPERTIES", "fields": { "": ["messageId"] } }]);
        let reply = world.post(&acme, &filters, new.clone()).await;
        let reply = reply.refused(422, "invalid_action");
        assert_eq!(reply.body["errors"][0]["pointer"], "/actions/0/fields/");
        for _ in 0..10 {
            world.post(&acme, &filters, filter(&source)).await.expect(200);
        }
        world.post(&acme, &filters, filter(&source)).await.refused(409, "too_many_filters");
    }
}

#[tokio::test]
async fn a_filter_is_tried_on_a_payload() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let payload = json!({
            "type": "track", "event": "Order Completed",
            "product": { "name": "Fake mustache", "requestedFrom": "/checkout", "referrer": "x" }
        });
        let tried = |actions: Value| {
            let condition = r#"type = "track" AND event = "Order Completed""#;
            json!({ "filter": { "if": condition, "actions": actions }, "payload": payload })
        };
        let preview = "/destination/filters/preview";
        let fields = json!({ "product": ["event", "requestedFrom"] });
        let allow = tried(json!([{ "type": "ALLOW_PROPERTIES", "fields": fields }]));
        let reply = world.post(&acme, preview, allow).await.expect(200);
        assert_eq!(reply.at("/inputPayload"), &payload);
        assert_eq!(reply.at("/result/product"), &json!({ "requestedFrom": "/checkout" }));
        let reply = world.post(&acme, preview, tried(json!([{ "type": "DROP" }]))).await;
        let reply = reply.expect(200);
        assert_eq!(reply.at("/result"), &Value::Null);
        assert_eq!(reply.at("/code"), "FILTERED_BY_RULES");
    }
}
