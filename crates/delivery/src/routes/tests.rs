use std::{path::Path, time::Duration};

use axum::body::Body;
use event_log::{Batch, EventLog, Label, MemoryLog, Tag};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use routing::{Routing, RoutingSnapshot};
use serde_json::{Value, json};
use spec::{Attempt, Attempts, DestinationId, Outcome, record};
use tokio::time::sleep;
use tower::ServiceExt;

use super::routes;
use crate::{
    Delivery,
    tests::{
        source,
        stage::{Scene, accept, life, partner},
    },
};

async fn call(delivery: &Delivery, method: &str, path: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from(body.to_owned())).expect("it is well formed");
    let response = routes(delivery.clone()).oneshot(request).await.expect("routes do not fail");
    let status = response.status();
    let body = response.into_body().collect().await.expect("it is all there").to_bytes();
    (status, serde_json::from_slice(&body).expect("answers are JSON"))
}

async fn get(delivery: &Delivery, path: &str) -> Value {
    let (status, body) = call(delivery, "GET", path, "").await;
    assert_eq!(status, StatusCode::OK, "{path}: {body:#}");
    body
}

async fn error(delivery: &Delivery, method: &str, path: &str, body: &str) -> (u16, String) {
    let (status, body) = call(delivery, method, path, body).await;
    let code = body["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
    assert!(body["errors"][0]["message"].is_string(), "{body:#}");
    (status.as_u16(), code)
}

fn scene(work: impl AsyncFnOnce(Delivery, &Scene, &MemoryLog, &dyn Fn() -> i64)) {
    let scene = Scene::new(3);
    let log = MemoryLog::new();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let books: &Path = &folder.path().join("books");
    let destinations =
        vec![partner("crm", &["web"], "", 1), partner("dead", &["web", "app"], "dead", 1)];
    let sources = vec![source("web"), source("app")];
    let routing = Routing::new(RoutingSnapshot::new(1, sources, destinations));
    life(
        &scene,
        &log,
        books,
        &routing,
        |_| {},
        async |delivery, clock| {
            work(delivery, &scene, &log, clock).await;
        },
    );
}

#[test]
fn the_books_are_served_by_source_destination_and_time() {
    scene(async |delivery, _, log, clock| {
        for n in 0..10 {
            accept(log, "web", &format!("m-{n}"), "ada", clock()).await;
        }
        accept(log, "web", "m-0", "ada", clock()).await;
        accept(log, "web", "refused-1", "ada", clock()).await;
        accept(log, "app", "m-1", "ada", clock()).await;
        sleep(Duration::from_secs(90)).await;
        accept(log, "app", "m-2", "ada", clock()).await;
        sleep(Duration::from_secs(2)).await;
        let books = get(&delivery, "/api/accounting?by=total&source=web").await;
        let web = &books["data"]["sources"][0];
        assert_eq!(
            json!([web["source"], web["received"], web["accepted"], web["duplicates"]]),
            json!(["web", 12, 11, 1])
        );
        let crm = &web["destinations"][0];
        assert_eq!(
            *crm,
            json!({
                "destination": "crm", "notRouted": 0, "routed": 11, "delivered": 10, "pending": 0,
                "discarded": 1, "exhausted": 0, "retried": 0, "balanced": true,
                "discards": [{"step": "failed_delivery", "code": "400", "count": 1}],
            })
        );
        let minutes = get(&delivery, "/api/accounting?by=minute&source=app&destination=dead").await;
        let minutes = minutes["data"]["sources"].as_array().expect("a list").clone();
        assert_eq!(minutes.len(), 2);
        assert_eq!(minutes[0]["unit"], "minute");
        assert_eq!(minutes[0]["destinations"][0]["pending"], 1);
        let hours = get(&delivery, "/api/accounting?by=hour&source=app").await;
        assert_eq!(hours["data"]["sources"][0]["accepted"], 2);
        let none = get(&delivery, "/api/accounting?to=1970-01-02T00:00:00Z").await;
        assert_eq!(none["data"]["sources"], json!([]));
        let audit = get(&delivery, "/api/accounting/audit").await;
        assert_eq!(audit["data"]["balanced"], true);
    });
}

#[test]
fn books_that_disagree_with_the_log_do_not_balance() {
    scene(async |delivery, _, log, clock| {
        accept(log, "app", "m-1", "ada", clock()).await;
        sleep(Duration::from_secs(2)).await;
        let line = async || {
            let books = get(&delivery, "/api/accounting?by=minute&source=app").await;
            books["data"]["sources"][0]["destinations"][0].clone()
        };
        let before = line().await;
        assert_eq!((&before["pending"], &before["balanced"]), (&1.into(), &true.into()));
        let long_ago = get(&delivery, "/api/accounting?to=1970-01-02T00:00:00Z").await;
        assert_eq!(long_ago["data"]["sources"], json!([]), "what waits is not of that time");
        // An outcome of a message that never was: by the books alone nothing is pending now.
        let attempt = Attempt {
            position: log.end().borrow().0 + 8,
            stream: source("app").id.stream(),
            received_at_ms: clock(),
            at_ms: clock(),
            took_ms: 1,
            number: 1,
            outcome: Outcome::Delivered { status: None },
        };
        let dead = DestinationId("dead".into());
        let record = Attempts { destination: dead, read_to: 0, attempts: vec![attempt] };
        let label = Label { kind: record::ATTEMPTS, stream: 0, time_ms: clock(), tag: Tag::None };
        let mut batch = Batch::new();
        batch.push(label, &record::encode(&record));
        log.lane().append(batch).await.expect("memory takes all");
        let after = line().await;
        assert_eq!((&after["pending"], &after["balanced"]), (&0.into(), &false.into()), "{after}");
        let audit = get(&delivery, "/api/accounting/audit").await;
        assert_eq!(audit["data"]["balanced"], false);
    });
}

#[test]
fn destinations_say_how_they_are() {
    scene(async |delivery, _, log, clock| {
        for n in 0..40 {
            accept(log, "web", &format!("m-{n}"), &format!("u-{n}"), clock()).await;
        }
        sleep(Duration::from_secs(5)).await;
        let list = get(&delivery, "/api/destinations").await;
        let list = list["data"]["destinations"].as_array().expect("a list").clone();
        assert_eq!(list[0]["slug"], "crm");
        assert_eq!(json!([list[0]["state"], list[0]["pending"]]), json!(["active", 0]));
        assert_eq!(json!([list[1]["state"], list[1]["pending"]]), json!(["failing", 40]));
        assert_eq!(list[1]["breaker"]["state"], "open");
        let (next, probe) = (&list[1]["nextRetryAt"], &list[1]["breaker"]["probeAt"]);
        let later = next.as_str().zip(probe.as_str()).is_some_and(|(next, probe)| next >= probe);
        assert!(later, "nothing goes before the probe: {next} {probe}");
        assert_eq!(list[1]["lastError"]["status"], 503);
        assert!(list[1]["lag"]["bytes"].as_u64().is_some_and(|bytes| bytes > 0));
        let (waits, began) =
            (&list[1]["lag"]["oldestWaitingAt"], list[1]["lastError"]["at"].as_str());
        assert!(waits.as_str().zip(began).is_some_and(|(waits, at)| waits <= at), "{waits}");
        let one = get(&delivery, "/api/destinations/dead").await;
        assert_eq!(one["data"]["destination"]["sources"], json!(["web", "app"]));
    });
}

#[test]
fn a_destination_that_is_gone_says_so_and_is_resumed() {
    scene(async |delivery, scene, log, clock| {
        scene.tell("crm", "gone");
        accept(log, "web", "m-1", "ada", clock()).await;
        sleep(Duration::from_secs(5)).await;
        let crm = get(&delivery, "/api/destinations/crm").await["data"]["destination"].clone();
        assert_eq!(json!([crm["state"], crm["pending"]]), json!(["paused", 1]));
        assert_eq!(crm["pause"]["cause"], "gone");
        assert!(crm["pause"]["at"].is_string() && crm["breaker"]["probeAt"].is_null(), "{crm:#}");
        assert_eq!(crm["lastError"]["code"], "410");
        scene.tell("crm", "");
        for expect in [true, false] {
            let (status, answer) =
                call(&delivery, "POST", "/api/destinations/crm/resume", "").await;
            let expect = json!({ "data": { "resumed": expect } });
            assert_eq!((status, answer), (StatusCode::OK, expect));
        }
        sleep(Duration::from_secs(20)).await;
        let crm = get(&delivery, "/api/destinations/crm").await["data"]["destination"].clone();
        assert_eq!(
            json!([crm["state"], crm["delivered"], crm["pause"]]),
            json!(["active", 1, null])
        );
        assert_eq!(crm["retryFor"], 72 * 3600);
    });
}

#[test]
fn dead_letters_are_listed_in_pages_and_delivered_again() {
    scene(async |delivery, scene, log, clock| {
        for n in 0..5 {
            accept(log, "app", &format!("m-{n}"), "ada", clock()).await;
        }
        sleep(Duration::from_secs(80 * 3600)).await;
        let first = get(&delivery, "/api/destinations/dead/dead-letters?limit=3").await;
        assert_eq!(first["data"]["total"], 5);
        let after = first["pagination"]["after"].as_str().expect("there are more").to_owned();
        let path = format!("/api/destinations/dead/dead-letters?limit=3&after={after}");
        let second = get(&delivery, &path).await;
        let letters = second["data"]["deadLetters"].as_array().expect("a list").clone();
        assert_eq!((letters.len(), &second["pagination"]), (2, &json!({})));
        assert_eq!(json!([letters[0]["source"], letters[0]["code"]]), json!(["app", "503"]));
        scene.tell("dead", "");
        let redeliver = "/api/destinations/dead/redeliver";
        let body = json!({ "positions": [letters[0]["position"]] }).to_string();
        let (status, answer) = call(&delivery, "POST", redeliver, &body).await;
        assert_eq!((status, &answer["data"]["redelivered"]), (StatusCode::OK, &json!(1)));
        let again = error(&delivery, "POST", redeliver, &body).await;
        assert_eq!(again, (422, "not_a_dead_letter".into()));
        let (_, answer) = call(&delivery, "POST", redeliver, r#"{"all":true}"#).await;
        assert_eq!(answer["data"]["redelivered"], 4);
        sleep(Duration::from_secs(20)).await;
        let dead = get(&delivery, "/api/destinations/dead").await;
        assert_eq!(dead["data"]["destination"]["delivered"], 5);
    });
}

#[test]
fn what_cannot_be_answered_is_said_and_how_to_mend_it() {
    scene(async |delivery, _, _, _| {
        let cases = [
            ("GET", "/api/accounting?by=day", "", 400, "invalid_parameter"),
            ("GET", "/api/accounting?form=x", "", 400, "invalid_parameter"),
            ("GET", "/api/accounting?from=yesterday", "", 400, "invalid_parameter"),
            ("GET", "/api/accounting?source=a&source=b", "", 400, "invalid_parameter"),
            ("GET", "/api/accounting?source=none", "", 404, "source_not_found"),
            ("GET", "/api/accounting?destination=none", "", 404, "destination_not_found"),
            ("GET", "/api/destinations?x=1", "", 400, "invalid_parameter"),
            ("GET", "/api/destinations/none", "", 404, "destination_not_found"),
            ("GET", "/api/destinations/crm/dead-letters?limit=-1", "", 400, "invalid_parameter"),
            ("GET", "/api/destinations/none/dead-letters", "", 404, "destination_not_found"),
            (
                "POST",
                "/api/destinations/none/redeliver",
                r#"{"all":true}"#,
                404,
                "destination_not_found",
            ),
            ("POST", "/api/destinations/none/resume", "", 404, "destination_not_found"),
            ("POST", "/api/destinations/crm/resume?x=1", "", 400, "invalid_parameter"),
            ("POST", "/api/destinations/crm/redeliver", "", 422, "invalid_body"),
            ("POST", "/api/destinations/crm/redeliver", r#"{"all":false}"#, 422, "invalid_body"),
            ("POST", "/api/destinations/crm/redeliver", r#"{"positions":[]}"#, 422, "invalid_body"),
            (
                "POST",
                "/api/destinations/crm/redeliver",
                r#"{"positions":["x"]}"#,
                422,
                "invalid_body",
            ),
            (
                "POST",
                "/api/destinations/crm/redeliver",
                r#"{"positions":["1"]}"#,
                422,
                "not_a_dead_letter",
            ),
            ("DELETE", "/api/destinations", "", 405, "method_not_allowed"),
        ];
        for (method, path, body, status, code) in cases {
            let heard = error(&delivery, method, path, body).await;
            assert_eq!(heard, (status, code.to_owned()), "{method} {path} {body}");
        }
    });
}

#[test]
fn a_test_message_is_sent_and_leaves_no_trace() {
    scene(async |delivery, scene, log, _| {
        let end = *log.end().borrow();
        let test = "/api/destinations/crm/test";
        let (status, sent) = call(&delivery, "POST", test, "").await;
        assert_eq!(status, StatusCode::OK, "{sent:#}");
        let data = &sent["data"];
        assert_eq!(data["outcome"], "delivered");
        assert_eq!(data["detail"], "the destination answered 200");
        assert_eq!(json!([data["request"], data["response"]]), json!([null, null]));
        assert_eq!(scene.calls("crm").len(), 1);
        let given = r#"{"settings":{"mood":"bad"},"message":{"type":"page","messageId":"mine"}}"#;
        let (_, sent) = call(&delivery, "POST", test, given).await;
        assert_eq!(sent["data"]["outcome"], "badSettings");
        assert_eq!(sent["data"]["detail"], "\"mood\" must be good");
        let given = r#"{"settings":{"name":"other","mood":"dead"},"message":{"type":"page","messageId":"mine"}}"#;
        let (_, sent) = call(&delivery, "POST", test, given).await;
        assert_eq!(sent["data"]["outcome"], "retry");
        assert_eq!(scene.calls("other"), [("mine".to_owned(), false)]);
        assert_eq!(*log.end().borrow(), end, "the log hears nothing of it");
        assert_eq!(error(&delivery, "POST", test, "[]").await, (422, "invalid_body".to_owned()));
        let track = r#"{"message":{"type":"track"}}"#;
        assert_eq!(error(&delivery, "POST", test, track).await, (422, "invalid_body".to_owned()));
        let none = "/api/destinations/none/test";
        assert_eq!(error(&delivery, "POST", none, "").await.0, 404);
    });
}

#[test]
fn the_volume_of_sources_is_cut_evenly() {
    scene(async |delivery, _, log, clock| {
        let began = clock();
        for n in 0..5 {
            accept(log, "web", &format!("m-{n}"), "ada", clock()).await;
        }
        accept(log, "web", "m-0", "ada", clock()).await;
        sleep(Duration::from_secs(60)).await;
        accept(log, "web", "m-9", "ada", clock()).await;
        accept(log, "app", "m-9", "ada", clock()).await;
        let (from, to) = (began - 60_000, began + 120_000);
        let path = format!("/api/volume?by=minute&sources=web,app,none&from={from}&to={to}");
        let found = get(&delivery, &path).await;
        let sources = found["data"]["sources"].as_array().expect("a list");
        let counts = |n: usize| -> Vec<u64> {
            let series = sources[n]["series"].as_array().expect("a list");
            series.iter().map(|point| point["count"].as_u64().expect("a number")).collect()
        };
        assert_eq!(counts(0), [0, 5, 1, 0]);
        assert_eq!(counts(1), [0, 0, 1, 0]);
        assert_eq!(counts(2), [0, 0, 0, 0]);
        assert_eq!(json!([sources[0]["source"], sources[0]["total"]]), json!(["web", 6]));
        assert_eq!(sources[0]["series"][0]["time"], "2025-11-13T02:12:00.000Z");
        let hours = get(&delivery, &format!("/api/volume?sources=web&from={from}&to={to}")).await;
        assert_eq!(hours["data"]["sources"][0]["total"], 6);
        let many = "/api/volume?by=minute&sources=web&from=2000-01-01T00:00:00Z";
        assert_eq!(error(&delivery, "GET", many, "").await.1, "too_many_rows");
        let none = "/api/volume?from=2001-01-01T00:00:00Z&to=2000-01-01T00:00:00Z";
        assert_eq!(error(&delivery, "GET", none, "").await.1, "invalid_parameter");
    });
}

#[test]
fn the_overview_says_what_waits_and_whether_the_books_balance() {
    scene(async |delivery, _, log, clock| {
        let began = clock();
        for n in 0..30 {
            accept(log, "web", &format!("m-{n}"), "ada", clock()).await;
        }
        sleep(Duration::from_secs(61)).await;
        let found = get(&delivery, "/api/overview").await;
        let data = &found["data"];
        assert_eq!(data["books"]["received"], 30);
        assert_eq!(
            json!([data["books"]["balanced"], data["books"]["behindBytes"]]),
            json!([true, 0])
        );
        assert_eq!(data["throughput"]["acceptedPerSecond"], 0.5);
        let deliveries = &data["deliveries"];
        assert_eq!(deliveries["pending"], 30, "the dead one has all before it: {found:#}");
        assert_eq!(deliveries["destinations"][0]["slug"], "dead");
        let began = super::iso(began);
        assert_eq!(deliveries["oldestPendingAt"].as_str(), Some(began.as_str()));
    });
}

#[test]
fn the_overview_of_a_destination_has_every_step_reason_event_and_time() {
    scene(async |delivery, _, log, clock| {
        for n in 0..10 {
            accept(log, "web", &format!("m-{n}"), "ada", clock()).await;
        }
        accept(log, "web", "m-0", "ada", clock()).await;
        let refused = accept(log, "web", "refused-1", "ada", clock()).await;
        sleep(Duration::from_secs(2)).await;
        let body = get(&delivery, "/api/destinations/crm/overview?period=1h").await;
        let overview = &body["data"]["overview"];
        let count = |step: &str| overview["steps"][step]["count"].as_u64().expect("a count");
        let counts = ["received", "duplicates", "accepted", "routed", "delivered"].map(count);
        assert_eq!(counts, [12, 1, 11, 11, 10]);
        let counts = ["failedDelivery", "filteredAtDestination", "pending", "notRouted"].map(count);
        assert_eq!(counts, [1, 0, 0, 0]);
        assert_eq!((&overview["balanced"], &overview["step"]), (&true.into(), &"minute".into()));
        assert_eq!(overview["times"].as_array().map(Vec::len), Some(61));
        let reason = &overview["reasons"][0];
        assert_eq!(
            (&reason["code"], &reason["label"]),
            (&"400".into(), &"Bad request (400)".into())
        );
        assert_eq!((&reason["count"], &reason["share"]), (&1.into(), &1.0.into()));
        let position = reason["samples"][0]["position"].as_str().expect("it has one").to_owned();
        assert_eq!(position, refused.0.to_string());
        let events: Vec<_> = overview["events"].as_array().expect("a list").iter().collect();
        let event = |at: usize| {
            let shown = ["name", "accepted", "delivered", "failedDelivery"];
            json!(shown.map(|key| events[at][key].clone()))
        };
        assert_eq!((event(0), event(1)), (json!(["m", 10, 10, 0]), json!(["refused", 1, 0, 1])));
        assert_eq!(overview["latency"]["messages"], 10);
        assert!(overview["latency"]["p50Ms"].as_u64().expect("it is known") < 2000);

        let body = get(&delivery, &format!("/api/destinations/crm/messages/{position}")).await;
        let message = &body["data"]["message"];
        assert_eq!((&message["state"], &message["attempts"]), (&"discarded".into(), &1.into()));
        assert_eq!(message["response"]["status"], 400);
        let raw = message["sent"]["raw"].as_str().expect("the log holds it");
        assert!(raw.contains("refused-1"), "{raw}");
        assert!(message["request"].is_null() && message["requestMissing"].is_string());

        let dead = get(&delivery, "/api/destinations/dead/overview?period=10m").await;
        let dead = &dead["data"]["overview"];
        assert_eq!(
            (&dead["retrying"]["count"], &dead["retrying"]["reasons"][0]["code"]),
            (&11.into(), &"503".into())
        );
        let source = get(&delivery, "/api/sources/web/overview").await;
        let source = &source["data"]["overview"];
        assert_eq!(source["destinations"].as_array().map(Vec::len), Some(2));
        assert_eq!(source["destinations"][0]["balanced"], true);
        let vitals =
            get(&delivery, "/api/vitals?destinations=crm,dead&sources=web&minutes=60").await;
        let vitals = &vitals["data"];
        assert_eq!(
            (&vitals["destinations"][0]["delivered"], &vitals["destinations"][1]["pending"]),
            (&10.into(), &11.into())
        );
        assert_eq!(
            (&vitals["sources"][0]["accepted"], &vitals["destinations"][1]["lastError"]["code"]),
            (&11.into(), &"503".into())
        );

        for (path, code) in [
            ("/api/destinations/crm/overview?period=1y", "invalid_parameter"),
            (
                "/api/destinations/crm/overview?period=1h&from=2026-01-01T00:00:00Z",
                "invalid_parameter",
            ),
            ("/api/destinations/crm/overview?from=1970-01-01T00:00:00Z", "too_many_rows"),
            ("/api/destinations/crm/messages/none", "message_not_found"),
            ("/api/destinations/crm/messages/123", "message_not_found"),
            ("/api/sources/none/overview", "source_not_found"),
        ] {
            assert_eq!(error(&delivery, "GET", path, "").await.1, code, "{path}");
        }
    });
}
