#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use catalog::{
    Info, Label, Permission, ResourceType, Role,
    info::{OptionType, SourceOption},
};
use http::Method;
use serde_json::{Value, json};
use spec::{SourceId, WriteKey};
use store::{accounts, integrations, labels, members, sources, workspaces};

use crate::{
    Options,
    activity::Activity,
    destinations::tests::{options, webhook},
    testing::{Reply, Who, World},
};

/// A person with these permissions in the workspace `acme`.
pub async fn member(world: &World, email: &str, permissions: &[Permission]) -> Who {
    let who = world.person(email).await;
    let mut write = world.api.db.write().await.unwrap();
    let account = accounts::by_email(&mut write, email).await.unwrap().unwrap();
    let acme = workspaces::find(&mut write, "acme").await.unwrap().unwrap();
    let json = serde_json::to_string(permissions).unwrap();
    members::insert(&mut write, &acme.id, &account.id, &json, world.api.now_ms()).await.unwrap();
    write.commit().await.unwrap();
    who.within("acme")
}

/// The id of the workspace `acme`.
pub async fn acme_id(world: &World) -> String {
    let mut db = world.api.db.read().await.unwrap();
    workspaces::find(&mut db, "acme").await.unwrap().unwrap().id
}

/// A label beside those that every workspace starts with.
async fn team_label(world: &World) {
    let id = acme_id(world).await;
    let mut write = world.api.db.write().await.unwrap();
    let label = labels::Label {
        key: "team".to_owned(),
        value: "growth".to_owned(),
        description: String::new(),
    };
    labels::insert(&mut write, &id, &label, 1).await.unwrap();
    write.commit().await.unwrap();
}

async fn acme(world: &World) -> Who {
    let ada = world.person("ada@example.com").await;
    let acme = world.workspace(&ada, "acme").await;
    team_label(world).await;
    acme
}

async fn source(world: &World, who: &Who, slug: &str) -> Reply {
    let new = json!({ "slug": slug, "metadataId": "http-api", "enabled": true, "settings": {} });
    world.post(who, "/sources", new).await.expect(201)
}

fn slugs(reply: &Reply) -> Vec<&str> {
    let sources = reply.at("/sources").as_array().unwrap();
    sources.iter().map(|source| source["slug"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_source_is_made_found_changed_and_deleted() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let made = source(&world, &acme, "website").await;
        assert_eq!(made.at("/source/name"), "website", "the name defaults to the slug");
        assert_eq!(made.at("/source/enabled"), true);
        assert_eq!(made.at("/source/metadata/slug"), "http-api");
        assert_eq!(made.at("/source/lastDataAt"), &Value::Null);
        let key = made.text("/source/writeKeys/0");
        assert_eq!(key.len(), 32);
        let id = made.text("/source/id");
        assert_eq!(
            world.get(&acme, &format!("/sources/{id}")).await.expect(200).body["data"],
            json!({
                "source": made.at("/source"), "trackingPlanId": null
            })
        );

        let named = json!({ "metadataId": "javascript", "name": "Website" });
        let second = world.post(&acme, "/sources", named).await.expect(201);
        assert_eq!(second.at("/source/slug"), "website-2", "a slug made from a name is made free");
        let taken = json!({ "metadataId": "http-api", "slug": "website" });
        world.post(&acme, "/sources", taken).await.refused(422, "taken");

        let list = world.get(&acme, "/sources?pagination.count=1").await.expect(200);
        assert_eq!(
            (slugs(&list), list.at("/pagination/totalEntries")),
            (vec!["website"], &json!(2))
        );
        let cursor = list.text("/pagination/next");
        let next = format!("/sources?pagination[count]=1&pagination[cursor]={cursor}");
        let list = world.get(&acme, &next).await.expect(200);
        assert_eq!(slugs(&list), ["website-2"]);
        assert!(list.at("/pagination").get("next").is_none());

        let path = format!("/sources/{id}");
        let off = json!({ "enabled": false, "name": "Shop", "slug": "shop" });
        let changed = world.patch(&acme, &path, off).await.expect(200);
        assert_eq!(changed.at("/source/enabled"), false);
        for (query, found) in [
            ("status=disabled", vec!["shop"]),
            ("status=enabled", vec!["website-2"]),
            ("name=SHO", vec!["shop"]),
            ("name=%25", vec![]),
            ("metadataId=javascript", vec!["website-2"]),
            (&format!("writeKey={key}"), vec!["shop"]),
            (&format!("writeKey=%20{}", &key[..8]), vec!["shop"]),
            ("writeKey=AAAAAAAA", vec![]),
        ] {
            let list = world.get(&acme, &format!("/sources?{query}")).await.expect(200);
            assert_eq!(slugs(&list), found, "{query}");
        }
        let odd = world.get(&acme, "/sources?status=odd&label=x&writeKey=a").await.expect(422);
        assert_eq!(odd.body["errors"].as_array().unwrap().len(), 3, "every fault at once");

        let stale = made.headers["etag"].to_str().unwrap();
        let headers = [("if-match", stale)];
        let late = world.call_with(&acme, Method::PATCH, &path, json!({}), &headers).await;
        late.refused(412, "changed_meanwhile");

        world.delete(&acme, &format!("{path}?confirm=website")).await.refused(422, "not_confirmed");
        let unconfirmed = world.delete(&acme, &path).await.refused(422, "not_confirmed");
        assert_eq!(unconfirmed.body["errors"][0]["expected"], "shop");
        world.delete(&acme, &format!("{path}?confirm=shop")).await.expect(200);
        world.get(&acme, &path).await.expect(404);
        // Segment's SDK confirms nothing.
        let made = world.post(&acme, "/tokens", json!({ "description": "SDK" })).await.expect(201);
        let sdk = Who { token: Some(made.text("/secret")), ..Who::default() };
        world.delete(&sdk, "/sources/website-2?confirm=shop").await.refused(422, "not_confirmed");
        world.delete(&sdk, "/sources/website-2").await.expect(200);
        let types = audit(&world, &acme).await;
        for kind in ["Source Created", "Source Modified", "Source Disabled", "Source Deleted"] {
            assert!(types.iter().any(|found| found == kind), "{kind} in {types:?}");
        }
    }
}

#[tokio::test]
async fn a_source_keeps_its_messages_as_long_as_it_says() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let made = source(&world, &acme, "website").await;
        assert_eq!(made.at("/source/retentionDays"), &Value::Null, "as long as all others");
        let kept = async || {
            let (sealer, plans) = (&world.api.sealer, store::snapshot::Plans::default());
            let mut db = world.api.db.read().await.unwrap();
            let routes = store::snapshot::build(&mut db, sealer, &plans, 1).await.unwrap();
            routes.source_named("acme/website").unwrap().keep_for.map(|age| age.as_secs())
        };
        let path = "/sources/website";
        let days =
            async |days: Value| world.patch(&acme, path, json!({ "retentionDays": days })).await;
        assert_eq!(days(json!(30)).await.expect(200).at("/source/retentionDays"), 30);
        assert_eq!(kept().await, Some(30 * 86_400));
        world.patch(&acme, path, json!({ "name": "Site" })).await.expect(200);
        assert_eq!(kept().await, Some(30 * 86_400), "what is left out stays");
        let long = days(json!(366)).await.refused(422, "out_of_range");
        assert_eq!(long.body["errors"][0]["pointer"], "/retentionDays");
        days(json!(0)).await.refused(422, "out_of_range");
        assert_eq!(days(Value::Null).await.expect(200).at("/source/retentionDays"), &Value::Null);
        assert_eq!(kept().await, None);
    }
}

async fn audit(world: &World, who: &Who) -> Vec<String> {
    let events = world.get(who, "/audit-events?pagination.count=100").await.expect(200);
    let events = events.at("/events").as_array().unwrap().clone();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_fault_of_a_new_source_is_named_at_once() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let new = json!({
            "metadataId": "http-api", "slug": "-Bad-", "name": " x\ty ", "settings": { "a": 1 },
            "labels": [{ "key": "environment", "value": "moon" }]
        });
        let reply = world.post(&acme, "/sources", new).await.expect(422);
        let pointers: Vec<_> =
            reply.body["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
        assert_eq!(pointers, ["/name", "/slug", "/labels/0", "/settings/a"]);
        let nowhere = json!({ "metadataId": "webhook", "slug": "x" });
        let reply = world.post(&acme, "/sources", nowhere).await.refused(422, "unknown");
        assert_eq!(reply.body["errors"][0]["pointer"], "/metadataId");
    }
}

#[tokio::test]
async fn a_source_has_several_write_keys_and_keeps_the_last() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let first = source(&world, &acme, "website").await.text("/source/writeKeys/0");
        let keys = "/sources/website/writekey";
        world.delete(&acme, &format!("{keys}/{first}")).await.refused(409, "last_write_key");
        // Keys are listed by age.
        world.pass(1);
        let two = world.post(&acme, keys, Value::Null).await.expect(200);
        assert_eq!(two.at("/source/writeKeys/0"), &json!(first));
        let second = two.text("/source/writeKeys/1");
        let foreign = source(&world, &acme, "shop").await.text("/source/writeKeys/0");
        world.delete(&acme, &format!("{keys}/{foreign}")).await.expect(404);
        world.delete(&acme, &format!("{keys}/{first}")).await.expect(200);
        let left = world.get(&acme, keys).await.expect(200);
        assert_eq!(left.at("/writeKeys/0/writeKey"), &json!(second));
        assert_eq!(left.at("/writeKeys/0/lastUsedAt"), &Value::Null);
        for _ in 1..super::WRITE_KEYS_MAX {
            world.post(&acme, keys, Value::Null).await.expect(200);
        }
        world.post(&acme, keys, Value::Null).await.refused(409, "too_many_write_keys");
        let events = world.get(&acme, "/audit-events?pagination.count=100").await.expect(200);
        assert!(!events.body.to_string().contains(&second), "audit entries hold no whole key");
    }
}

#[tokio::test]
async fn what_the_data_plane_has_seen_is_shown() {
    struct Seen;
    impl Activity for Seen {
        fn source_seen_ms(&self, _: &SourceId) -> Option<i64> {
            Some(1_795_608_000_000)
        }
        fn accepted(&self, _: &SourceId) -> u64 {
            1
        }
        fn key_used_ms(&self, key: &WriteKey) -> Option<i64> {
            (key.as_str().len() == 32).then_some(1_795_608_001_000)
        }
    }
    let options = Options { requests_per_minute: 1000, ..Options::default() };
    let world = World::made(options, |api| api.with_activity(Arc::new(Seen))).await;
    let acme = acme(&world).await;
    let made = source(&world, &acme, "website").await;
    assert_eq!(made.at("/source/lastDataAt"), "2026-11-25T12:00:00.000Z");
    let keys = world.get(&acme, "/sources/website/writekey").await.expect(200);
    assert_eq!(keys.at("/writeKeys/0/lastUsedAt"), "2026-11-25T12:00:01.000Z");
}

#[tokio::test]
async fn a_source_carries_one_value_for_each_key() {
    for world in World::all().await {
        let acme = acme(&world).await;
        source(&world, &acme, "website").await;
        let path = "/sources/website/labels";
        let label = |key: &str, value: &str| json!({ "key": key, "value": value });
        let add = json!({ "labels": [label("environment", "dev"), label("team", "growth")] });
        world.post(&acme, path, add).await.expect(200);
        let added = json!({ "labels": [label("environment", "prod")] });
        let all = world.post(&acme, path, added.clone()).await.expect(200);
        let mut prod = label("environment", "prod");
        prod["description"] = json!("Production");
        assert_eq!(all.at("/labels"), &json!([prod, label("team", "growth")]));
        let found = world.get(&acme, "/sources?label=environment:prod&label=team:growth").await;
        assert_eq!(slugs(&found.expect(200)), ["website"]);
        let none = world.get(&acme, "/sources?label=environment:dev").await.expect(200);
        assert!(slugs(&none).is_empty());
        let all = world.call(&acme, Method::PUT, path, added).await.expect(200);
        assert_eq!(all.at("/labels"), &json!([prod]));
        let unknown = json!({ "labels": [label("team", "growth"), label("team", "moon")] });
        world.post(&acme, path, unknown).await.refused(422, "label_key_twice");
        let unknown = json!({ "labels": [label("team", "moon")] });
        world.post(&acme, path, unknown).await.refused(422, "unknown_label");
    }
}

#[tokio::test]
async fn a_list_shows_what_permissions_show_and_keys_only_to_admins() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let website = source(&world, &acme, "website").await;
        let (id, key) = (website.text("/source/id"), website.text("/source/writeKeys/0"));
        source(&world, &acme, "shop").await;
        let prod = json!({ "labels": [{ "key": "environment", "value": "prod" }] });
        world.post(&acme, "/sources/shop/labels", prod).await.expect(200);

        let reader = [Permission::on(Role::SourceReadOnly, ResourceType::Source, id.as_str())];
        let reader = member(&world, "reader@example.com", &reader).await;
        let list = world.get(&reader, "/sources").await.expect(200);
        assert_eq!(slugs(&list), ["website"]);
        assert_eq!(list.at("/pagination/totalEntries"), 1);
        assert_eq!(list.at("/sources/0/writeKeys"), &json!([]));
        let found = world.get(&reader, &format!("/sources?writeKey={key}")).await.expect(200);
        assert!(slugs(&found).is_empty(), "a key leads nobody to what they may not see");
        world.get(&reader, "/sources/website").await.expect(200);
        world.get(&reader, "/sources/website/writekey").await.refused(403, "role_needed");
        world.patch(&reader, "/sources/website", json!({ "name": "x" })).await.expect(403);
        world.delete(&reader, "/sources/website").await.expect(403);
        let hidden = world.get(&reader, "/sources/shop").await.expect(404);
        let absent = world.get(&reader, "/sources/nowhere").await.expect(404);
        assert_eq!(hidden.body, absent.body, "a hidden source sounds like none");
        let new = json!({ "metadataId": "http-api", "slug": "mine" });
        world.post(&reader, "/sources", new).await.refused(403, "role_needed");

        let mut labelled = Permission::everywhere(Role::SourceAdmin, acme_id(&world).await);
        labelled.labels = vec![Label::new("environment", "prod")];
        let labelled = member(&world, "prod@example.com", &[labelled]).await;
        let list = world.get(&labelled, "/sources").await.expect(200);
        assert_eq!(slugs(&list), ["shop"]);
        assert_eq!(list.at("/sources/0/writeKeys").as_array().unwrap().len(), 1);
        world.patch(&labelled, "/sources/shop", json!({ "name": "Shop" })).await.expect(200);
        world.get(&labelled, "/sources/website").await.expect(404);

        let least = Permission::everywhere(Role::WorkspaceMember, acme_id(&world).await);
        let least = member(&world, "least@example.com", &[least]).await;
        assert!(slugs(&world.get(&least, "/sources").await.expect(200)).is_empty());

        let eve = world.person("eve@example.com").await;
        let other = world.workspace(&eve, "other").await;
        world.get(&other, &format!("/sources/{id}")).await.expect(404);
        let found = world.get(&other, &format!("/sources?writeKey={key}")).await.expect(200);
        assert!(slugs(&found).is_empty());
    }
}

#[tokio::test]
async fn a_sources_secrets_are_sealed_and_masked() {
    for world in World::all().await {
        let acme = acme(&world).await;
        let option = |name: &str, sensitive| SourceOption {
            name: name.to_owned(),
            kind: OptionType::String,
            required: sensitive,
            sensitive,
            ..SourceOption::default()
        };
        let info = Info {
            options: vec![option("apiKey", true), option("region", false)],
            support_email: Some("help@example.com".to_owned()),
            ..Info::default()
        };
        let mut write = world.api.db.write().await.unwrap();
        let mut row = integrations::find(&mut write, "server").await.unwrap().unwrap();
        (row.id, row.slug) = ("int_crm".to_owned(), "crm".to_owned());
        row.published = Some(info.canonical());
        integrations::insert(&mut write, &row).await.unwrap();
        write.commit().await.unwrap();

        let new = json!({ "metadataId": "crm", "slug": "crm" });
        world.post(&acme, "/sources", new).await.refused(422, "required");
        let settings = json!({ "apiKey": "sk-1234567890-abcd", "region": "eu" });
        let new = json!({ "metadataId": "crm", "slug": "crm", "settings": settings });
        let made = world.post(&acme, "/sources", new).await.expect(201);
        let masked = json!({ "apiKey": "••••••••••abcd", "region": "eu" });
        assert_eq!(made.at("/source/settings"), &masked);
        assert!(!made.body.to_string().contains("help@example.com"), "support is never shown");
        let mut db = world.api.db.read().await.unwrap();
        let row = sources::find(&mut db, &acme_id(&world).await, "crm").await.unwrap().unwrap();
        drop(db);
        assert!(!format!("{row:?}").contains("1234567890"), "nothing at rest can be read");
        let owner = format!("source/{}", row.id);
        let opened = world.api.sealer.open(&owner, &row.secrets_sealed.unwrap()).unwrap();
        assert_eq!(opened, br#"{"apiKey":"sk-1234567890-abcd"}"#);
        let events = world.get(&acme, "/audit-events?pagination.count=100").await.expect(200);
        assert!(!events.body.to_string().contains("1234567890"));
    }
}

#[tokio::test]
async fn events_are_blocked_switched_archived_and_added_before_they_come() {
    for world in World::each(options()).await {
        let acme = acme(&world).await;
        let id = source(&world, &acme, "website").await.text("/source/id");
        let hook = world.post(&acme, "/destinations", webhook(&id)).await.expect(200);
        let hook = hook.text("/destination/id");
        let other = source(&world, &acme, "shop").await.text("/source/id");
        let foreign = world.post(&acme, "/destinations", webhook(&other)).await.expect(200);
        let foreign = foreign.text("/destination/id");
        let path = "/sources/website/schema/events";
        let set = async |mut event: Value| {
            event["type"] = json!("TRACK");
            world.call(&acme, Method::PUT, path, json!({ "event": event })).await
        };
        let added = set(json!({ "name": "Cart Viewed" })).await.expect(200);
        assert_eq!(added.at("/event/destinations"), &json!([{ "id": hook, "enabled": true }]));
        let blocked = set(json!({ "name": "Ping", "blocked": true })).await.expect(200);
        assert_eq!(blocked.at("/event/blocked"), true);
        let again = set(json!({ "name": "Ping", "blocked": true })).await.expect(200);
        assert_eq!(again.body, blocked.body, "nothing happened");
        let off = json!([{ "id": hook, "enabled": false }]);
        let switched = set(json!({ "name": "Ping", "destinations": off })).await.expect(200);
        assert_eq!(switched.at("/event/destinations"), &off);
        assert_eq!(switched.at("/event/blocked"), true, "what is left out stays");
        let archived = set(json!({ "name": "Ping", "archived": true })).await.expect(200);
        assert_eq!(archived.at("/event/archived"), true);
        let allowed = set(json!({ "name": "Ping", "blocked": false })).await.expect(200);
        let seen = |name: &str| allowed.at(&format!("/event/{name}")).clone();
        assert_eq!((seen("blocked"), seen("archived")), (json!(false), json!(false)));

        let listed = world.get(&acme, path).await.expect(200);
        let names: Vec<&str> = listed
            .at("/events")
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["Cart Viewed", "Ping"]);
        let first = format!("{path}?pagination.count=1");
        let first = world.get(&acme, &first).await.expect(200);
        assert_eq!(first.at("/pagination/totalEntries"), 2);
        let next = format!("{path}?pagination.cursor={}", first.text("/pagination/next"));
        assert_eq!(world.get(&acme, &next).await.expect(200).at("/events/0/name"), "Ping");
        let elsewhere = world.get(&acme, "/sources/shop/schema/events").await.expect(200);
        assert_eq!(elsewhere.at("/events"), &json!([]));

        set(json!({ "name": "Ping", "archived": true })).await.refused(422, "not_blocked");
        let stranger = json!([{ "id": foreign, "enabled": false }]);
        let refused = set(json!({ "name": "Ping", "destinations": stranger })).await;
        let refused = refused.refused(422, "unknown_destination");
        assert_eq!(refused.body["errors"][0]["pointer"], "/event/destinations/0/id");
        set(json!({ "name": "a\tb" })).await.refused(422, "control_character");
        set(json!({ "name": "" })).await.refused(422, "empty");

        let trail = world.get(&acme, "/audit-events").await.expect(200);
        let kinds: Vec<&str> = trail
            .at("/events")
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].as_str().unwrap())
            .filter(|kind| kind.starts_with("Schema Event"))
            .collect();
        assert_eq!(
            kinds,
            [
                "Schema Event Unarchived",
                "Schema Event Allowed",
                "Schema Event Archived",
                "Schema Event Destinations Modified",
                "Schema Event Blocked",
                "Schema Event Created",
            ]
        );

        // A destination takes its switches along; the source takes everything.
        world.delete(&acme, &format!("/destinations/{hook}")).await.expect(200);
        let listed = world.get(&acme, path).await.expect(200);
        assert_eq!(listed.at("/events/1/destinations"), &json!([]));
    }
}
