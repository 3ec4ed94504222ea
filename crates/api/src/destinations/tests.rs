#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use catalog::{Permission, ResourceType, Role};
use destination_kit::{Action, Definition, Field, FieldKind, Setting, SettingKind};
use http::Method;
use serde_json::{Value, json};
use store::{destinations, snapshot};

use crate::{
    Options,
    sources::tests::{acme_id, member},
    testing::{Reply, Who, World},
};

/// A kind of destination with every kind of secret.
pub fn definition() -> Definition {
    Definition {
        slug: "webhook".to_owned(),
        name: "Webhook".to_owned(),
        description: "Sends messages to a URL.".to_owned(),
        settings: vec![
            Setting::new("url", "URL", SettingKind::Url, "Where requests go.").required(),
            Setting::new("headers", "Headers", SettingKind::TextMap, "Headers.").secret(),
            Setting::new("secret", "Secret", SettingKind::Text, "Signs requests.").secret(),
            Setting::new("size", "Size", SettingKind::Number { min: 1, max: 9 }, "Batch size.")
                .or(json!(1)),
        ],
        actions: vec![Action {
            slug: "send".to_owned(),
            name: "Send".to_owned(),
            description: "Sends what is made of a message.".to_owned(),
            trigger: "all".to_owned(),
            fields: vec![
                Field::new("data", "Data", FieldKind::Json, "The body.")
                    .required()
                    .or(json!({ "@path": "$." })),
            ],
        }],
    }
}

pub fn options() -> Options {
    let definitions = vec![definition()];
    Options { requests_per_minute: 100_000, definitions, ..Options::default() }
}

/// A workspace with the sources `website` and `shop`.
pub async fn acme(world: &World) -> Who {
    let ada = world.person("ada@example.com").await;
    let acme = world.workspace(&ada, "acme").await;
    for slug in ["website", "shop"] {
        let new = json!({ "metadataId": "http-api", "slug": slug });
        world.post(&acme, "/sources", new).await.expect(201);
    }
    acme
}

pub fn webhook(source: &str) -> Value {
    json!({
        "sourceId": source, "metadataId": "webhook",
        "settings": {
            "url": "https://example.com/hook", "secret": "whsec_0123456789wxyz",
            "headers": { "authorization": "Bearer 0123456789", "x": "short" }
        }
    })
}

async fn row(world: &World, id: &str) -> destinations::Destination {
    let mut db = world.api.db.read().await.unwrap();
    destinations::find(&mut db, &acme_id(world).await, id).await.unwrap().unwrap()
}

async fn opened(world: &World, id: &str) -> Value {
    let row = row(world, id).await;
    let owner = snapshot::destination_owner(id);
    let bytes = world.api.sealer.open(&owner, &row.secrets_sealed.unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_destination_is_off_until_enabled_and_its_secrets_are_sealed() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let made = world.post(&acme, "/destinations", webhook("website")).await.expect(200);
        let id = made.text("/destination/id");
        let path = format!("/destinations/{id}");
        assert_eq!(made.at("/destination/enabled"), false);
        assert_eq!(made.at("/destination/name"), "Webhook");
        let masked = json!({
            "url": "https://example.com/hook", "size": 1, "secret": "••••••••••wxyz",
            "headers": { "authorization": "••••••••••6789", "x": "••••••••••" }
        });
        assert_eq!(made.at("/destination/settings"), &masked);
        let kept = format!("{:?}", row(&world, &id).await);
        assert!(!kept.contains("0123456789") && !kept.contains("short"), "{kept}");
        let secrets = json!({
            "headers": { "authorization": "Bearer 0123456789", "x": "short" },
            "secret": "whsec_0123456789wxyz"
        });
        assert_eq!(opened(&world, &id).await, secrets);

        // What was shown, sent back: nothing but the URL changes.
        let mut same = masked.clone();
        same["url"] = json!("https://example.org/hook");
        let changes = json!({ "settings": same, "enabled": true });
        let changed = world.patch(&acme, &path, changes).await.expect(200);
        assert_eq!(changed.at("/destination/enabled"), true);
        assert_eq!(changed.at("/destination/settings"), &same);
        assert_eq!(opened(&world, &id).await, secrets);

        // One header of two is changed, the other one stays.
        let headers = json!({ "authorization": "••••••••••6789", "x": "another secret" });
        let changes = json!({ "settings": { "headers": headers, "secret": null } });
        let changed = world.patch(&acme, &path, changes).await.expect(200);
        assert_eq!(changed.at("/destination/settings/headers/x"), "••••••••••cret");
        let secrets = json!({
            "headers": { "authorization": "Bearer 0123456789", "x": "another secret" }
        });
        assert_eq!(opened(&world, &id).await, secrets);

        // A mask that stands for nothing is no secret.
        let changes = json!({ "settings": { "secret": "••••••••••wxyz" } });
        world.patch(&acme, &path, changes).await.refused(422, "masked");
        let events = world.get(&acme, "/audit-events?pagination.count=100").await.expect(200);
        let events = events.body.to_string();
        assert!(events.contains("Destination Enabled") && events.contains("Destination Created"));
        assert!(!events.contains("0123456789"), "audit entries hold no secrets");
    }
}

#[tokio::test]
async fn every_faulty_setting_is_named_at_once() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let mut new = webhook("website");
        new["settings"] = json!({ "size": 10, "colour": "red", "headers": "x" });
        let reply = world.post(&acme, "/destinations", new).await.expect(422);
        let faults: Vec<String> = reply.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| format!("{} {}", f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            faults,
            [
                "/settings/url required",
                "/settings/headers invalid",
                "/settings/size invalid",
                "/settings/colour unknown_field"
            ]
        );
        for (field, value) in [("sourceId", "nowhere"), ("metadataId", "http-api")] {
            let mut new = webhook("website");
            new[field] = json!(value);
            let reply = world.post(&acme, "/destinations", new).await.refused(422, "unknown");
            assert_eq!(reply.body["errors"][0]["field"], field);
        }
    }
}

#[tokio::test]
async fn the_pace_reaches_the_routing_snapshot_and_null_takes_it_back() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let mut new = webhook("website");
        new["enabled"] = json!(true);
        let made = world.post(&acme, "/destinations", new).await.expect(200);
        let id = made.text("/destination/id");
        let path = format!("/destinations/{id}");
        assert_eq!(made.at("/destination/ratePerSecond"), &Value::Null);
        let route = async || {
            let mut db = world.api.db.read().await.unwrap();
            let (sealer, plans) = (&world.api.sealer, snapshot::Plans::default());
            let snapshot = snapshot::build(&mut db, sealer, &plans, 1).await.unwrap();
            let route = snapshot.destination(&spec::DestinationId(id.as_str().into())).unwrap();
            (route.rate_per_second, route.concurrency, route.retry_for)
        };
        let own = route().await;
        let pace = json!({ "ratePerSecond": 20, "concurrency": 2, "retryForHours": 48 });
        let changed = world.patch(&acme, &path, pace).await.expect(200);
        assert_eq!(changed.at("/destination/concurrency"), 2);
        let two_days = Duration::from_secs(48 * 3600);
        assert_eq!(route().await, (Some(20), 2, Some(two_days)));
        // What is left out stays.
        world.patch(&acme, &path, json!({ "name": "Slow", "concurrency": null })).await.expect(200);
        assert_eq!(route().await, (Some(20), own.1, Some(two_days)));
        let wrong = json!({ "ratePerSecond": 0, "concurrency": 1001, "retryForHours": 3 });
        let reply = world.patch(&acme, &path, wrong).await.expect(422);
        let faults = reply.body["errors"].as_array().unwrap().iter();
        let pointers: Vec<&str> = faults.map(|one| one["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/ratePerSecond", "/concurrency", "/retryForHours"]);
        let back = json!({ "ratePerSecond": null, "retryForHours": null });
        world.patch(&acme, &path, back).await.expect(200);
        assert_eq!(route().await, own);
    }
}

#[tokio::test]
async fn names_are_unique_within_a_source() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let first = world.post(&acme, "/destinations", webhook("website")).await.expect(200);
        let second = world.post(&acme, "/destinations", webhook("website")).await.expect(200);
        assert_eq!(second.at("/destination/name"), "Webhook 2");
        let elsewhere = world.post(&acme, "/destinations", webhook("shop")).await.expect(200);
        assert_eq!(elsewhere.at("/destination/name"), "Webhook");
        let mut new = webhook("website");
        new["name"] = json!("Webhook 2");
        world.post(&acme, "/destinations", new).await.refused(422, "taken");
        let path = format!("/destinations/{}", first.text("/destination/id"));
        world.patch(&acme, &path, json!({ "name": "Webhook 2" })).await.refused(422, "taken");
        for _ in 2..super::OF_A_KIND_MAX {
            world.post(&acme, "/destinations", webhook("website")).await.expect(200);
        }
        let one_more = world.post(&acme, "/destinations", webhook("website")).await;
        one_more.refused(409, "too_many_destinations");
    }
}

fn names(reply: &Reply) -> Vec<&str> {
    let rows = reply.at("/destinations").as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_and_changes_are_limited_to_what_permissions_show() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let mut ids = Vec::new();
        for (source, name) in [("website", "a"), ("website", "b"), ("shop", "c")] {
            let mut new = webhook(source);
            new["name"] = json!(name);
            let made = world.post(&acme, "/destinations", new).await.expect(200);
            ids.push(made.text("/destination/id"));
        }
        let list = world.get(&acme, "/destinations?pagination.count=2").await.expect(200);
        assert_eq!(
            (names(&list), list.at("/pagination/totalEntries")),
            (vec!["a", "b"], &json!(3))
        );
        let next = format!("/destinations?pagination.cursor={}", list.text("/pagination/next"));
        assert_eq!(names(&world.get(&acme, &next).await.expect(200)), ["c"]);
        let shop = world.get(&acme, "/sources/shop").await.expect(200).text("/source/id");
        let of_shop = world.get(&acme, &format!("/destinations?sourceId={shop}")).await.expect(200);
        assert_eq!(names(&of_shop), ["c"]);
        assert_eq!(names(&world.get(&acme, "/destinations?name=B").await.expect(200)), ["b"]);
        let on = world.get(&acme, "/destinations?status=enabled").await.expect(200);
        assert!(names(&on).is_empty());
        let connected = world.get(&acme, "/sources/shop/connected-destinations").await.expect(200);
        assert_eq!(names(&connected), ["c"]);
        let none = world.get(&acme, "/sources/shop/connected-warehouses").await.expect(200);
        assert_eq!(none.at("/warehouses"), &json!([]));

        // One destination, whoever's source it is of.
        let one =
            Permission::on(Role::DestinationAdmin, ResourceType::Destination, ids[1].as_str());
        let one = member(&world, "one@example.com", &[one]).await;
        assert_eq!(names(&world.get(&one, "/destinations").await.expect(200)), ["b"]);
        let path = format!("/destinations/{}", ids[1]);
        world.patch(&one, &path, json!({ "enabled": true })).await.expect(200);
        world.get(&one, &format!("/destinations/{}", ids[0])).await.expect(404);
        let unseen = world.post(&one, "/destinations", webhook("website")).await.expect(422);
        let absent = world.post(&one, "/destinations", webhook("nowhere")).await.expect(422);
        assert_eq!(unseen.body["errors"][0]["code"], absent.body["errors"][0]["code"]);

        // A source to see gives its destinations to see.
        let reader = Permission::on(Role::SourceReadOnly, ResourceType::Source, shop.as_str());
        let reader = member(&world, "reader@example.com", &[reader]).await;
        assert_eq!(names(&world.get(&reader, "/destinations").await.expect(200)), ["c"]);
        let path = format!("/destinations/{}", ids[2]);
        world.get(&reader, &path).await.expect(200);
        world.patch(&reader, &path, json!({ "enabled": true })).await.refused(403, "role_needed");
        world.delete(&reader, &path).await.refused(403, "role_needed");
        world.post(&reader, "/destinations", webhook("shop")).await.refused(403, "role_needed");

        let admin = Permission::on(Role::SourceAdmin, ResourceType::Source, shop.as_str());
        let admin = member(&world, "admin@example.com", &[admin]).await;
        world.post(&admin, "/destinations", webhook("shop")).await.expect(200);
        let tag = [("if-match", "\"7\"")];
        let stale = world.call_with(&admin, Method::DELETE, &path, Value::Null, &tag).await;
        stale.refused(412, "changed_meanwhile");
        world.delete(&admin, &path).await.expect(200);
        world.get(&acme, &path).await.expect(404);

        // With its source, everything that it feeds is gone.
        world.delete(&acme, "/sources/website?confirm=website").await.expect(200);
        world.get(&acme, &format!("/destinations/{}", ids[0])).await.expect(404);
    }
}
