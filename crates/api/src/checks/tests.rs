#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use catalog::BetaCriteria;
use debugger::Debugger;
use event_log::{Batch, EventLog, Label, MemoryLog, Tag};
use proof::certificate;
use routing::{Routing, RoutingSnapshot};
use serde_json::{Value, json};
use spec::{Head, Kind, Message, SourceId, Span, record};

use crate::{
    state::Options,
    sweep::sweep,
    testing::{START_MS, Who, World, journey::Busy},
};

/// The API in front of a log, with a partner that has an integration to submit.
struct Stage {
    world: World,
    log: MemoryLog,
    builder: Who,
    id: String,
    source: String,
}

impl Stage {
    async fn new() -> Stage {
        Stage::with(Options::default()).await
    }

    async fn with(options: Options) -> Stage {
        let log = MemoryLog::new();
        let shared: Arc<dyn EventLog> = Arc::new(log.clone());
        let routing = Routing::new(RoutingSnapshot::default());
        let debugger = Debugger::new(shared, routing, || START_MS, debugger::Options::default());
        let options = Options { requests_per_minute: 100_000, ..options };
        let made = World::made(options, |api| api.with_planes(debugger::routes(debugger))).await;
        let world = made.watching(Arc::new(Busy));
        let builder = world.known("mia@acme.example").await;
        world.partner("Acme", "mia@acme.example").await;
        let id = world.integration(&builder, "acme-mail").await;
        let checks = world.get(&builder, &format!("/integrations/{id}/checks")).await.expect(200);
        let source = checks.text("/checks/sources/0/id");
        Stage { world, log, builder, id, source }
    }

    fn path(&self, rest: &str) -> String {
        format!("/integrations/{}/{rest}", self.id)
    }

    async fn checks(&self) -> Value {
        let reply = self.world.get(&self.builder, &self.path("checks")).await;
        reply.expect(200).at("/checks/report").clone()
    }

    /// A message as the tracking API stores it.
    async fn send(&self, source: &str, message: &Value) {
        let json = message.to_string();
        let mut payload = Vec::new();
        let at = Message::begin(&mut payload);
        payload.extend_from_slice(json.as_bytes());
        let none = Span::default();
        let head = Head {
            kind: Kind::Track,
            message_id: none,
            name: none,
            user_id: none,
            anonymous_id: none,
            integrations: none,
        };
        Message::finish(&mut payload, at, &head);
        let stream = SourceId(source.into()).stream();
        let time_ms = self.world.api.now_ms();
        let mut batch = Batch::new();
        batch.push(Label { kind: record::MESSAGE, stream, time_ms, tag: Tag::None }, &payload);
        self.log.lane().append(batch).await.unwrap();
    }

    async fn submitted(&self) -> String {
        self.world.submit(&self.builder, &self.id).await
    }
}

fn opened() -> Value {
    json!({
        "type": "track", "event": "Email Opened", "userId": "97980cfea0067", "messageId": "m-1",
        "timestamp": "2026-11-25T11:59:59.000Z",
        "properties": { "email_id": "18vzF7u3z" },
        "context": {
            "traits": { "email": "ada@example.com" },
            "integration": { "name": "acme-mail", "version": "1.0.0" },
            "ip": "203.0.113.7", "userAgent": "Mozilla/5.0"
        }
    })
}

fn unsigned() -> Value {
    let mut message = opened();
    message["context"].as_object_mut().unwrap().remove("integration");
    message
}

#[tokio::test]
async fn only_what_follows_the_spec_is_submitted() {
    let stage = Stage::new().await;
    assert_eq!(stage.checks().await["outcome"], "empty");
    stage.send(&stage.source, &unsigned()).await;
    let report = stage.checks().await;
    assert_eq!(
        (&report["outcome"], &report["rules"][0]["severity"]),
        (&json!("failed"), &json!("error"))
    );

    let checklist = stage.world.get(&stage.builder, &stage.path("checklist")).await.expect(200);
    let items = checklist.at("/checklist/items").as_array().unwrap();
    let item = items.iter().find(|item| item["key"] == "checks").unwrap();
    assert_eq!(item["done"], false);
    let refused = stage.world.post(&stage.builder, &stage.path("submissions"), Value::Null).await;
    let refused = refused.refused(422, "checklist_open");
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 1, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/checklist/checks");

    // A mistake that was mended does not count for ever.
    stage.world.pass(1_000);
    stage.world.post(&stage.builder, &stage.path("checks/restart"), Value::Null).await.expect(200);
    assert_eq!(stage.checks().await["outcome"], "empty");
    stage.send(&stage.source, &opened()).await;
    assert_eq!(stage.checks().await["outcome"], "passed");
    stage.submitted().await;
}

#[tokio::test]
async fn a_reviewer_sees_what_the_builder_saw() {
    let stage = Stage::new().await;
    let world = &stage.world;
    stage.send(&stage.source, &opened()).await;
    let saw = stage.checks().await;
    let submission = stage.submitted().await;
    // What comes later is not what was handed in.
    stage.send(&stage.source, &unsigned()).await;

    let operator = world.known_operator("olga@headwater.example").await;
    let review = format!("/reviews/{submission}/evidence");
    let shown = world.get(&operator, &review).await.expect(200);
    assert_eq!(shown.at("/evidence/report"), &saw);
    assert_eq!(shown.at("/evidence/ranges/0/messages"), 1);
    let own = stage.path(&format!("submissions/{submission}"));
    let mine = world.get(&stage.builder, &format!("{own}/evidence")).await.expect(200);
    assert_eq!(mine.body, shown.body);

    let lines = world.get(&operator, &format!("{review}/messages")).await.expect(200).text;
    assert_eq!(proof::evidence::hash(lines.as_bytes()), shown.text("/evidence/hash"));
    assert!(lines.contains("18vzF7u3z"), "{lines}");
    let same = world.get(&stage.builder, &format!("{own}/evidence/messages")).await.expect(200);
    assert_eq!(same.text, lines);

    // The certificate holds, offline, by the key that is published.
    let document = world.get(&stage.builder, &format!("{own}/certificate")).await.expect(200);
    let reviewed = format!("/reviews/{submission}/certificate");
    let seen = world.get(&operator, &reviewed).await.expect(200);
    assert_eq!(seen.body, document.body, "the reviewer sees the same");
    world.get(&stage.builder, &reviewed).await.expect(403);
    let keys = world.get(&Who::default(), "/certificates/keys").await.expect(200);
    let key = keys.text("/keys/0/publicKey");
    let written = serde_json::to_string(&document.body).unwrap();
    let payload = certificate::read(&written, Some(&key)).unwrap();
    assert_eq!((payload.submission, payload.score), (1, 100));
    certificate::rerun(&payload, lines.as_bytes()).unwrap();

    // Customers see it once the source is listed.
    let public = "/catalog/sources/acme-mail/certificate";
    world.get(&Who::default(), public).await.expect(404);
    world.approve(&operator, &submission).await;
    let published = world.get(&Who::default(), public).await.expect(200);
    assert_eq!(published.body, document.body);
}

#[tokio::test]
async fn a_beta_ends_once_its_time_is_over_and_it_met_what_else_is_asked() {
    let criteria =
        BetaCriteria { installs: Some(1), events: Some(1), violations_percent: Some(50) };
    let stage = Stage::with(Options { beta_criteria: criteria, ..Options::default() }).await;
    let world = &stage.world;
    stage.send(&stage.source, &opened()).await;
    let submission = stage.submitted().await;
    let operator = world.known_operator("olga@headwater.example").await;
    world.approve(&operator, &submission).await;
    let state = async || {
        sweep(&world.api).await.unwrap();
        let entry = world.get(&Who::default(), "/catalog/sources/acme-mail").await.expect(200);
        let news = world.get(&Who::default(), "/catalog/sources?featured=new").await.expect(200);
        let listed = news.at("/sourcesCatalog").as_array().unwrap().len();
        (entry.text("/sourceMetadata/status"), listed)
    };
    world.pass(31 * 86_400_000);
    // Whoever was logged in is not any more.
    let operator = world.known_operator("otto@headwater.example").await;
    let path = format!("/operator/integrations/{}/beta", stage.id);
    assert_eq!(state().await, ("PUBLIC_BETA".to_owned(), 1), "nobody installed it");
    let beta = world.get(&operator, &path).await.expect(200);
    let names: Vec<&str> = beta
        .at("/beta/criteria")
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["met"] == false)
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["installs", "events", "violationsPercent"]);

    let customer = world.known("cleo@shop.example").await;
    world.workspace(&customer, "shop").await;
    let cleo = customer.within("shop");
    let add = json!({ "slug": "mail", "enabled": true, "metadataId": stage.id });
    let source = world.post(&cleo, "/sources", add).await.expect(201).text("/source/id");
    stage.send(&source, &unsigned()).await;
    assert_eq!(state().await.0, "PUBLIC_BETA", "what came breaks the Spec");
    stage.send(&source, &opened()).await;
    assert_eq!(state().await, ("PUBLIC".to_owned(), 0));
    let beta = world.get(&operator, &path).await.expect(200);
    assert_eq!(beta.at("/beta/criteria/2/measured"), 50.0);
    beta.text("/beta/criteriaMetAt");
    stage.send(&source, &unsigned()).await;
    assert_eq!(state().await.0, "PUBLIC", "met once, it stays met");
}

#[tokio::test]
async fn what_customers_send_is_nobodys_evidence() {
    let stage = Stage::new().await;
    let world = &stage.world;
    stage.send(&stage.source, &opened()).await;
    let submission = stage.submitted().await;
    let operator = world.known_operator("olga@headwater.example").await;
    world.approve(&operator, &submission).await;
    let customer = world.known("cleo@shop.example").await;
    world.workspace(&customer, "shop").await;
    let cleo = customer.within("shop");
    let add = json!({ "slug": "mail", "enabled": true, "metadataId": stage.id });
    let source = world.post(&cleo, "/sources", add).await.expect(201).text("/source/id");
    stage.send(&source, &unsigned()).await;
    let checks = world.get(&stage.builder, &stage.path("checks")).await.expect(200);
    assert_eq!(checks.at("/checks/sources").as_array().unwrap().len(), 1);
    assert_eq!(checks.at("/checks/report/seen/messages"), 1);
    assert_eq!(checks.at("/checks/report/outcome"), "passed");
}

#[tokio::test]
async fn evidence_of_others_is_not_there() {
    let stage = Stage::new().await;
    let world = &stage.world;
    stage.send(&stage.source, &opened()).await;
    let submission = stage.submitted().await;
    let other = world.known("eve@other.example").await;
    world.partner("Other", "eve@other.example").await;
    let foreign = world.integration(&other, "other-mail").await;
    for rest in ["evidence", "evidence/messages", "certificate"] {
        let path = format!("/integrations/{foreign}/submissions/{submission}/{rest}");
        world.get(&other, &path).await.refused(404, "not_found");
    }
    world.get(&other, &format!("/reviews/{submission}/evidence")).await.expect(403);
}
