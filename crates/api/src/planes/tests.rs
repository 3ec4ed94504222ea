#![expect(clippy::unwrap_used, reason = "tests")]

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use catalog::{Permission, ResourceType, Role};
use debugger::Debugger;
use delivery::Delivery;
use destination_kit::Clock;
use event_log::{Batch, EventLog, Label, MemoryLog, Position, Tag};
use http::{Method, Request, header};
use http_body_util::BodyExt;
use routing::{Routing, RoutingSnapshot};
use serde_json::json;
use spec::{Discard, SourceId, Step, record};
use store::{accounts, members, snapshot};
use tempfile::TempDir;
use tower::ServiceExt;

use super::forward::Target;
use crate::{
    destinations::tests::{acme, options, webhook},
    sources::tests::{acme_id, member},
    testing::{START_MS, Who, World},
};

/// The API in front of a debugger and of deliveries.
struct Stage {
    world: World,
    _books: TempDir,
    log: MemoryLog,
    routing: Routing,
}

impl Stage {
    async fn new() -> Stage {
        let log = MemoryLog::new();
        let routing = Routing::new(RoutingSnapshot::default());
        let shared: Arc<dyn EventLog> = Arc::new(log.clone());
        let debugger =
            Debugger::new(shared, routing.clone(), || START_MS, debugger::Options::default());
        let books = tempfile::tempdir().unwrap();
        let rules = destination_kit::World {
            clock: Clock::new(|| START_MS),
            ..destination_kit::World::default()
        };
        let rules = delivery::Options::new(books.path().join("books"), rules, Arc::new(|| 0.5));
        let shared = Arc::new(log.clone());
        let delivery = Delivery::start(shared, routing.clone(), vec![], rules).await.unwrap();
        let planes: Router = debugger::routes(debugger).merge(delivery::routes::routes(delivery));
        let world = World::made(options(), |api| api.with_planes(planes)).await;
        Stage { world, _books: books, log, routing }
    }

    /// What the data plane learns after a change.
    async fn route(&self) {
        let mut db = self.world.api.db.read().await.unwrap();
        let revision = self.routing.current().revision + 1;
        let snapshot =
            snapshot::build(&mut db, &self.world.api.sealer, &snapshot::Plans::default(), revision)
                .await
                .unwrap();
        self.routing.replace(snapshot);
    }

    async fn discard(&self, source_id: &str, body: &str) -> Position {
        let discard = Discard {
            step: Step::FailedOnIngest,
            code: Cow::Borrowed("event_not_string"),
            messages: 1,
            pointer: "/event".into(),
            detail: "event is missing".into(),
            index: 0,
            body: body.into(),
            readable: false,
        };
        let stream = SourceId(source_id.into()).stream();
        let mut batch = Batch::new();
        batch.want_places();
        let label = Label { kind: record::DISCARD, stream, time_ms: START_MS, tag: Tag::None };
        batch.push(label, &record::encode(&discard));
        self.log.lane().append(batch).await.unwrap().places[0].position
    }

    async fn id_of(&self, who: &Who, slug: &str) -> String {
        let found = self.world.get(who, &format!("/sources/{slug}")).await.expect(200);
        found.text("/source/id")
    }
}

#[test]
fn a_target_names_the_row_and_nothing_else() {
    let target = Target::new(&["sources", "src_1", "messages"], Some("workspace=acme&limit=5"));
    assert_eq!(target.uri(), "/api/sources/src_1/messages?limit=5");
    let sly = Target::new(&["trace", "../accounting?x=1"], Some("source=other&source=third"));
    assert_eq!(
        sly.with("source", "src_1").uri(),
        "/api/trace/..%2Faccounting%3Fx%3D1?source=src_1"
    );
}

#[tokio::test]
async fn messages_of_a_source_are_read_through_the_door() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let acme = acme(world).await;
    let (website, shop) = (stage.id_of(&acme, "website").await, stage.id_of(&acme, "shop").await);
    world.get(&acme, "/sources/website/messages").await.refused(503, "not_routed");
    stage.route().await;
    let position = stage.discard(&website, "{\"userId\":\"ada\"}").await.0;
    let other = stage.discard(&shop, "{}").await.0;

    let list = world.get(&acme, "/sources/website/messages?limit=10").await.expect(200);
    let rows = list.at("/messages").as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["source"], "acme/website");
    assert_eq!(rows[0]["position"], json!(position.to_string()));
    let one = world.get(&acme, &format!("/sources/website/messages/{position}")).await;
    assert_eq!(one.expect(200).at("/message/userId"), "ada");
    let foreign = world.get(&acme, &format!("/sources/website/messages/{other}")).await;
    foreign.refused(404, "message_not_found");
    let odd = world.get(&acme, "/sources/website/messages?limit=none").await;
    let odd = odd.refused(422, "invalid_parameter");
    assert_eq!(odd.body["errors"][0]["pointer"], "/limit");
    world.get(&acme, "/sources/website/trace/none").await.refused(404, "message_not_found");

    let reader = Permission::on(Role::SourceReadOnly, ResourceType::Source, shop.as_str());
    let reader = member(world, "reader@example.com", &[reader]).await;
    world.get(&reader, "/sources/shop/messages").await.expect(200);
    for path in ["messages", "stream", "trace/x", "accounting", "messages/1"] {
        world.get(&reader, &format!("/sources/website/{path}")).await.refused(404, "not_found");
    }
    world.get(&Who::default(), "/sources/shop/messages").await.expect(401);
}

#[tokio::test]
async fn the_books_of_a_source_name_only_its_own_destinations() {
    let stage = Stage::new().await;
    let acme = acme(&stage.world).await;
    let made = stage.world.post(&acme, "/destinations", webhook("shop")).await.expect(200);
    let id = made.text("/destination/id");
    let path = format!("/sources/website/accounting?destination={id}");
    stage.world.get(&acme, &path).await.refused(404, "not_found");
    for (method, path) in [
        ("redeliver", format!("/destinations/{id}/redeliver")),
        ("resume", format!("/destinations/{id}/resume")),
    ] {
        let reader =
            [Permission::on(Role::DestinationReadOnly, ResourceType::Destination, id.as_str())];
        let reader = member(&stage.world, &format!("{method}@example.com"), &reader).await;
        let all = json!({ "all": true });
        stage.world.post(&reader, &path, all).await.refused(403, "role_needed");
    }
}

#[tokio::test]
async fn without_a_data_plane_its_views_say_so() {
    let world = World::with(options()).await;
    let acme = acme(&world).await;
    world.get(&acme, "/sources/website/messages").await.refused(503, "no_data_plane");
}

/// The next event of a stream, or `None` at its end.
async fn next(body: &mut Body) -> Option<String> {
    let frame = body.frame().await?.unwrap();
    Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_stream_ends_when_access_is_taken_away() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let acme = acme(world).await;
    let website = stage.id_of(&acme, "website").await;
    stage.route().await;
    let permissions =
        [Permission::on(Role::SourceReadOnly, ResourceType::Source, website.as_str())];
    let reader = member(world, "reader@example.com", &permissions).await;

    let path = "/api/sources/website/stream?workspace=acme&recent=5";
    let request = Request::builder().uri(path).header(header::COOKIE, reader.cookie.unwrap());
    let request = request.body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    stage.discard(&website, "{}").await;
    loop {
        let event = next(&mut body).await.expect("it goes on");
        if event.contains("acme/website") {
            break;
        }
    }

    let mut write = world.api.db.write().await.unwrap();
    let account = accounts::by_email(&mut write, "reader@example.com").await.unwrap().unwrap();
    members::delete(&mut write, &acme_id(world).await, &account.id).await.unwrap();
    write.commit().await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    let mut last = String::new();
    while let Some(event) = next(&mut body).await {
        last = event;
    }
    assert!(last.starts_with("event: closed\n"), "{last}");
}

#[tokio::test]
async fn what_a_source_sends_is_found_in_its_messages() {
    let stage = Stage::new().await;
    let acme = acme(&stage.world).await;
    let website = stage.id_of(&acme, "website").await;
    stage.route().await;
    stage.discard(&website, r#"{"type":"track","event":"Sent","properties":{"total":1}}"#).await;
    let found = stage.world.get(&acme, "/sources/website/schema").await.expect(200);
    assert_eq!(found.at("/events/0/name"), "Sent");
    assert_eq!(
        found.at("/events/0/properties"),
        &json!([{
            "name": "total", "count": 1, "accepted": 0, "discarded": 1, "types": { "number": 1 },
            "lastSeenAt": found.at("/events/0/lastSeenAt"),
        }])
    );
    let set = |name: &str| json!({ "event": { "type": "TRACK", "name": name, "blocked": true } });
    let path = "/sources/website/schema/events";
    for name in ["Sent", "Page Viewed"] {
        stage.world.call(&acme, Method::PUT, path, set(name)).await.expect(200);
    }
    let hostile = r#"{"type":"track","event":"=1+1","userId":"u","messageId":"h"}"#;
    stage.discard(&website, hostile).await;
    for home in ["Home", "Shop"] {
        let page =
            format!(r#"{{"type":"page","name":"{home}","userId":"u","messageId":"{home}"}}"#);
        stage.discard(&website, &page).await;
    }
    let identify = r#"{"type":"identify","userId":"u","messageId":"i","traits":{"plan":"x"}}"#;
    stage.discard(&website, identify).await;
    let found = stage.world.get(&acme, "/sources/website/schema").await.expect(200);
    let blocked: Vec<(&str, bool)> = found
        .at("/events")
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["name"].as_str().unwrap_or("-"), event["blocked"] == true))
        .collect();
    let expected = [("=1+1", false), ("Sent", true), ("-", false), ("Home", true), ("Shop", true)];
    assert_eq!(blocked, expected);
    let at = found.text("/events/0/lastSeenAt");
    let export = "/sources/website/schema/export?type=";
    let table = stage.world.get(&acme, &format!("{export}TRACK&days=30")).await.expect(200);
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    let name = table.headers["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"acme-website-track--20"), "{name}");
    assert!(name.ends_with("-utc.csv\""), "{name}");
    assert_eq!(table.headers["x-schema-complete"], "true");
    let lines = [
        "Event Name,Last Seen At (UTC),Property Name,Allowed,Blocked,Total,Planned".to_owned(),
        format!("\"'=1+1\",{at},,0,1,1,"),
        format!("Page Viewed,{at},,0,2,2,"),
        format!("Sent,{at},,0,1,1,"),
        format!("Sent,{at},total,0,1,1,"),
    ];
    assert_eq!(table.text, lines.join("\r\n") + "\r\n");
    let traits = stage.world.get(&acme, &format!("{export}IDENTIFY")).await.expect(200);
    assert!(traits.text.ends_with(&format!("Planned\r\nplan,{at},0,1,1,\r\n")), "{}", traits.text);
    stage.world.get(&acme, &format!("{export}PAGE")).await.refused(422, "not_allowed");
    stage.world.get(&acme, &format!("{export}TRACK&days=8")).await.refused(422, "not_allowed");
    assert_eq!(json!([found.at("/messages"), found.at("/complete")]), json!([5, true]));
    let odd = stage.world.get(&acme, "/sources/website/schema?messages=0").await;
    odd.refused(422, "invalid_parameter");
}

#[tokio::test]
async fn volume_is_of_sources_that_one_may_see() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let acme = acme(world).await;
    let path = "/events/volume?granularity=HOUR&startTime=2026-11-25T00:00:00Z&endTime=2026-11-25T12:00:00Z";
    let slugs = async |who: &Who, query: &str| -> Vec<String> {
        let found = world.get(who, &format!("{path}{query}")).await.expect(200);
        let rows = found.at("/result").as_array().unwrap();
        rows.iter().map(|row| row["source"]["slug"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(slugs(&acme, "").await, ["shop", "website"]);
    assert_eq!(
        slugs(&acme, "&sourceId=website&sourceId=website&groupBy.0=source").await,
        ["website"]
    );
    assert_eq!(slugs(&acme, "&pagination.count=1").await, ["shop"]);
    let shop = world.get(&acme, "/sources/shop").await.expect(200).text("/source/id");
    let reader = Permission::on(Role::SourceReadOnly, ResourceType::Source, shop.as_str());
    let reader = member(world, "reader@example.com", &[reader]).await;
    assert_eq!(slugs(&reader, "").await, ["shop"]);
    let hidden = world.get(&reader, &format!("{path}&sourceId=website")).await.expect(404);
    let absent = world.get(&reader, &format!("{path}&sourceId=nowhere")).await.expect(404);
    assert_eq!(hidden.body, absent.body);
    let only = Permission::everywhere(Role::WorkspaceMember, &acme_id(world).await);
    let nobody = member(world, "nobody@example.com", &[only]).await;
    assert_eq!(slugs(&nobody, "").await, Vec::<String>::new());
    let long = "/events/volume?granularity=MINUTE&startTime=2026-11-25T00:00:00Z&endTime=2026-11-25T12:00:00Z";
    let long = world.get(&acme, long).await.refused(422, "too_long");
    assert!(long.body["errors"][0]["fix"].as_str().unwrap().contains("HOUR"), "{}", long.body);
}
