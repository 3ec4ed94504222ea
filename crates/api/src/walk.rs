//! The page "Build a Source" as one test: from an application to general availability, over the
//! documented API alone, with a clock that moves when told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use http::Method;
use serde_json::{Value, json};
use spec::{SourceId, WriteKey};

use crate::{
    activity::Activity,
    testing::{
        Who, World,
        journey::{LOGO, MARK, application, approval, filled, info},
    },
};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A data plane that was sent some messages.
#[derive(Default)]
struct Sent(Mutex<HashMap<String, u64>>);

impl Sent {
    fn send(&self, source: &str, messages: u64) {
        *self.0.lock().unwrap().entry(source.to_owned()).or_default() += messages;
    }
}

impl Activity for Sent {
    fn source_seen_ms(&self, source: &SourceId) -> Option<i64> {
        (self.accepted(source) > 0).then_some(0)
    }

    fn accepted(&self, source: &SourceId) -> u64 {
        self.0.lock().unwrap().get(source.0.as_ref()).copied().unwrap_or_default()
    }

    fn key_used_ms(&self, _: &WriteKey) -> Option<i64> {
        None
    }
}

/// The secret in the newest of these letters to `email`.
async fn secret(world: &World, email: &str, letter: &str) -> String {
    let mut db = world.api.db.read().await.unwrap();
    let page = store::Page::first(20);
    let mails = store::mails::list(&mut db, Some(email), &page).await.unwrap().rows;
    let text = mails.iter().find(|mail| mail.letter == letter).expect("the letter").text.clone();
    let at = text.find("token=").expect("a link with a token") + "token=".len();
    text[at..].split_whitespace().next().unwrap().to_owned()
}

/// Catalog info with nothing missing but what `docs` leaves out.
async fn complete_info(world: &World, builder: &Who, id: &str) -> Value {
    let logo = world.upload(builder, &format!("/integrations/{id}/assets/logo"), LOGO).await;
    let mark = world.upload(builder, &format!("/integrations/{id}/assets/mark"), MARK).await;
    info(&logo.expect(201).text("/asset/hash"), &mark.expect(201).text("/asset/hash"))
}

/// Writes `info` with the documentation that the template makes of it.
async fn write_info(world: &World, builder: &Who, id: &str, mut info: Value) {
    for _ in 0..2 {
        let page = world.get(builder, &format!("/integrations/{id}")).await.expect(200);
        let tag = page.headers["etag"].to_str().unwrap().to_owned();
        let path = format!("/integrations/{id}/info");
        let seen = [("if-match", tag.as_str())];
        world.call_with(builder, Method::PUT, &path, info.clone(), &seen).await.expect(200);
        let template = world.get(builder, &format!("/integrations/{id}/docs-template")).await;
        info["docs"] = filled(template.expect(200).at("/docs"));
    }
}

#[tokio::test]
async fn from_an_application_to_general_availability() {
    for world in World::all().await {
        let sent = Arc::new(Sent::default());
        Box::pin(walk(world.watching(sent.clone()), &sent)).await;
    }
}

async fn walk(world: World, sent: &Sent) {
    let operator = world.operator("olga@headwater.example").await;

    // Apply; the portal is not there yet.
    let mia = world.person("mia@acme.example").await;
    world.get(&mia, "/integrations").await.expect(404);
    world.get(&mia, "/partner").await.expect(404);
    let applied = world.post(&mia, "/applications", application("mia@acme.example")).await;
    let application_id = applied.expect(201).text("/application/id");
    let queue = world.get(&operator, "/operator/applications?status=submitted").await.expect(200);
    assert_eq!(queue.at("/applications/0/operator/emailAtCompany"), true);
    let steps = format!("/operator/applications/{application_id}/steps");
    let hasty = json!({ "step": "approve", "criteria": [] });
    assert_eq!(
        world.post(&operator, &steps, hasty).await.expect(422).body["errors"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let ask = json!({ "step": "ask", "note": "Which customers asked for it?" });
    world.post(&operator, &steps, ask).await.expect(200);
    let mine = world.get(&mia, "/applications/mine").await.expect(200);
    assert_eq!(mine.at("/applications/0/statusLabel"), "We have a question");
    let answer = json!({ "step": "answer", "note": "Globex and Initech" });
    world.post(&mia, "/applications/mine/steps", answer).await.expect(200);
    world.post(&operator, &steps, approval()).await.expect(200);
    world.get(&mia, "/integrations").await.expect(404);

    // The invitation opens the portal.
    let token = secret(&world, "mia@acme.example", "PartnerInvitation").await;
    let eve = world.person("eve@example.com").await;
    let accept = json!({ "token": token });
    world.post(&eve, "/partner/accept", accept.clone()).await.refused(403, "other_address");
    world.post(&mia, "/partner/accept", accept).await.expect(200);
    world.get(&mia, "/integrations").await.expect(200);

    // Build.
    let new = json!({ "name": "Acme Mail", "slug": "acme-mail" });
    let made = world.post(&mia, "/integrations", new.clone()).await.expect(201);
    assert_eq!(made.at("/integration/statusLabel"), "Private building");
    let id = made.text("/integration/id");
    assert_eq!(
        world.post(&mia, "/integrations", new).await.expect(422).body["errors"][0]["code"],
        "taken"
    );
    let submissions = format!("/integrations/{id}/submissions");
    let early = world.post(&mia, &submissions, Value::Null).await.expect(422);
    assert!(early.body["errors"].as_array().unwrap().len() > 5, "{:#}", early.body);
    let described = complete_info(&world, &mia, &id).await;
    write_info(&world, &mia, &id, described).await;
    let account = json!({ "username": "reviewer", "password": "s3cret-pass", "notes": "" });
    let path = format!("/integrations/{id}/test-account");
    world.call(&mia, Method::PUT, &path, account).await.expect(200);

    // Try it in a workspace; nobody else can find it.
    let test = world.workspace(&mia, "acme-test").await;
    let add = json!({ "workspace": "acme-test" });
    let added = world.post(&mia, &format!("/integrations/{id}/workspaces"), add).await.expect(201);
    assert!(added.text("/configurationUrl").ends_with("/w/acme-test/sources/acme-mail/settings"));
    let source = added.text("/sourceId");
    assert_eq!(added.text("/writeKey").len(), 32);
    world.get(&test, &format!("/sources/{source}")).await.expect(200);
    world.get(&Who::default(), "/catalog/sources/acme-mail").await.expect(404);
    let open = world.get(&mia, &format!("/integrations/{id}/checklist")).await.expect(200);
    assert_eq!(open.at("/checklist/ready"), false, "no event was seen yet");
    sent.send(&source, 4);
    let ready = world.get(&mia, &format!("/integrations/{id}/checklist")).await.expect(200);
    assert_eq!(ready.at("/checklist/ready"), true, "{:#}", ready.body);

    // Submit: frozen. Withdraw, submit again.
    world.post(&mia, &submissions, Value::Null).await.expect(201);
    let tag = [("if-match", "*")];
    let late = world
        .call_with(
            &mia,
            Method::PATCH,
            &format!("/integrations/{id}"),
            json!({ "name": "B" }),
            &tag,
        )
        .await;
    late.refused(409, "frozen");
    let withdraw = format!("{submissions}/current/withdraw");
    world.post(&mia, &withdraw, json!({})).await.expect(200);
    let submitted = world.post(&mia, &submissions, Value::Null).await.expect(201);
    let review = format!("/reviews/{}", submitted.text("/submission/id"));

    // The reviewer looks, and asks for a change.
    world.get(&mia, &review).await.expect(403);
    let queue = world.get(&operator, "/reviews").await.expect(200);
    assert_eq!(queue.at("/submissions/0/slug"), "acme-mail");
    assert_eq!(queue.at("/submissions/0/age/overdue"), false);
    let test_account = format!("{review}/test-account");
    world.get(&operator, &test_account).await.refused(403, "not_assigned");
    world.post(&operator, &format!("{review}/assign"), Value::Null).await.expect(200);
    let read = world.get(&operator, &test_account).await.expect(200);
    assert_eq!(read.at("/testAccount/password"), "s3cret-pass");
    let verdict = |verdict: &str| json!({ "verdict": verdict });
    for (part, said) in
        [("functionality", "passed"), ("metadata", "changes"), ("documentation", "passed")]
    {
        let path = format!("{review}/parts/{part}");
        world.call(&operator, Method::PUT, &path, verdict(said)).await.expect(200);
    }
    let decision = format!("{review}/decision");
    let approve = json!({ "action": "approve" });
    assert_eq!(
        world.post(&operator, &decision, approve.clone()).await.expect(422).body["errors"][0]["code"],
        "part_not_passed"
    );
    let back = json!({ "action": "requestChanges" });
    assert_eq!(
        world.post(&operator, &decision, back.clone()).await.expect(422).body["errors"][0]["code"],
        "part_without_comment"
    );
    let note = json!({ "part": "metadata", "pointer": "/description", "text": "between us", "private": true });
    world.post(&operator, &format!("{review}/comments"), note).await.expect(201);
    let comment =
        json!({ "part": "metadata", "pointer": "/description", "text": "Say which mails." });
    world.post(&operator, &format!("{review}/comments"), comment).await.expect(201);
    world.post(&operator, &decision, back).await.expect(200);

    // Fix and submit again.
    let page = world.get(&mia, &format!("/integrations/{id}")).await.expect(200);
    assert_eq!(page.at("/integration/status"), "PRIVATE_BUILDING");
    let list = world.get(&mia, &submissions).await.expect(200);
    assert_eq!(list.at("/submissions/0/comments").as_array().unwrap().len(), 1, "no private note");
    let comment = list.text("/submissions/0/comments/0/id");
    world
        .post(&mia, &format!("/integrations/{id}/comments/{comment}/resolve"), Value::Null)
        .await
        .expect(200);
    let mut info = page.at("/integration/info").clone();
    info["description"] = json!("Sends what people do with your campaign mails.");
    write_info(&world, &mia, &id, info).await;
    let submitted = world.post(&mia, &submissions, Value::Null).await.expect(201);
    let review = format!("/reviews/{}", submitted.text("/submission/id"));
    for part in ["functionality", "metadata", "documentation"] {
        let path = format!("{review}/parts/{part}");
        world.call(&operator, Method::PUT, &path, verdict("passed")).await.expect(200);
    }
    world.post(&operator, &format!("{review}/decision"), approve).await.expect(200);

    // Beta, by the clock.
    let anybody = Who::default();
    let entry = world.get(&anybody, "/catalog/sources/acme-mail").await.expect(200);
    assert_eq!(entry.at("/sourceMetadata/status"), "PUBLIC_BETA");
    assert!(!entry.body.to_string().contains("support@acme.example"), "{:#}", entry.body);
    world.pass(14 * DAY_MS - HOUR_MS);
    let entry = world.get(&anybody, "/catalog/sources/acme-mail").await.expect(200);
    assert_eq!(entry.at("/sourceMetadata/status"), "PUBLIC_BETA", "13 days 23 h");
    world.pass(HOUR_MS);
    let entry = world.get(&anybody, "/catalog/sources/acme-mail").await.expect(200);
    assert_eq!(entry.at("/sourceMetadata/status"), "PUBLIC", "14 days");

    // A customer enables it.
    let carol = world.person("carol@globex.example").await;
    let globex = world.workspace(&carol, "globex").await;
    let metadata = entry.text("/sourceMetadata/id");
    let new = json!({ "slug": "mails", "enabled": true, "metadataId": metadata, "settings": {} });
    let source = world.post(&globex, "/sources", new).await.expect(201);
    assert_eq!(source.at("/source/writeKeys").as_array().unwrap().len(), 1);

    // Who, when, why.
    let mia = world.log_in("mia@acme.example").await;
    let history = world.get(&mia, &format!("/integrations/{id}/history")).await.expect(200);
    let moves: Vec<String> = history
        .at("/history")
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!("{} {}", entry["action"].as_str().unwrap(), entry["to"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        moves,
        [
            "submit PRIVATE_SUBMITTED",
            "withdraw PRIVATE_BUILDING",
            "submit PRIVATE_SUBMITTED",
            "requestChanges PRIVATE_BUILDING",
            "submit PRIVATE_SUBMITTED",
            "approve PUBLIC_BETA",
        ]
    );
}
