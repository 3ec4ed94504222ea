use http::Method;
use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn the_trail_shows_who_changed_what_and_only_to_owners() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let label = json!({ "label": { "key": "team", "value": "growth", "description": "=1+1" } });
        world.post(&acme, "/labels", label.clone()).await.expect(201);
        world.post(&acme, "/labels", label).await.refused(409, "taken");
        world.pass(60_000);
        world.patch(&acme, "/", json!({ "name": "Acme Inc" })).await.expect(200);

        let all = world.get(&acme, "/audit-events").await.expect(200);
        assert_eq!(all.at("/pagination/totalEntries"), 3);
        assert_eq!(all.at("/events/0/type"), "Workspace Modified");
        assert_eq!(all.at("/events/0/actorEmail"), "ada@example.com");
        assert_eq!(all.at("/events/0/before/name"), "acme");
        assert_eq!(all.at("/events/0/after/name"), "Acme Inc");

        let some = "/audit-events?type=Label%20Created&actor=ada@example.com&pagination.count=1";
        let some = world.get(&acme, some).await.expect(200);
        assert_eq!(some.at("/events/0/resourceName"), "team:growth");
        let since =
            world.get(&acme, "/audit-events?startTime=2026-11-25T12:01:00Z").await.expect(200);
        assert_eq!(since.at("/pagination/totalEntries"), 1);
        let bad = world.get(&acme, "/audit-events?startTime=yesterday").await.expect(422);
        assert_eq!(bad.body["errors"][0]["pointer"], "/startTime");

        let intact = world.get(&acme, "/audit-events/verify").await.expect(200);
        assert_eq!(intact.at("/intact"), true);
        let eve = world.person("eve@example.com").await;
        world.get(&eve.within("acme"), "/audit-events").await.expect(404);
    }
}

#[tokio::test]
async fn a_workspace_is_deleted_only_by_its_name() {
    for world in World::all().await {
        let ada = world.person("ada@example.com").await;
        let acme = world.workspace(&ada, "acme").await;
        let wrong = json!({ "slug": "acne" });
        world.call(&acme, Method::DELETE, "/", wrong).await.refused(422, "not_allowed");
        world.call(&acme, Method::DELETE, "/", json!({ "slug": "acme" })).await.expect(200);
        world.get(&acme, "/").await.expect(404);
        world.workspace(&ada, "acme").await;
    }
}

#[test]
fn a_cell_is_never_a_formula() {
    for (text, cell) in [
        ("plain", "plain"),
        ("a,b", "\"a,b\""),
        ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
    ] {
        assert_eq!(super::csv_cell(text), cell);
    }
}
