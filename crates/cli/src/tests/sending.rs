use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::server::{Ran, Server, parse, run};
use crate::{Connection, send};

async fn sent(server: &Server, line: &[&str]) -> Ran {
    let arguments: send::Arguments = parse(line).expect("the test names good arguments");
    let arguments = send::Arguments { connection: server.connection.clone(), ..arguments };
    run(async |screen| send::run(&arguments, screen).await).await
}

fn file(folder: &tempfile::TempDir, text: &str) -> String {
    let path: PathBuf = folder.path().join("messages.ndjson");
    fs::write(&path, text).expect("there is room");
    path.to_str().expect("it is text").to_owned()
}

#[tokio::test]
async fn one_message_goes_out_with_the_sources_key() {
    let server = Server::start().await;
    let line = ["--event", "Order", "--user-id", "u-1", "-p", "total=9.50", "--message-id", "m-1"];
    let ran = sent(&server, &[&line[..], &["--source", "app"]].concat()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, "✓ sent 1 message in 1 batch, 105 bytes\n");
    assert!(ran.notes.contains("headwater trace m-1"), "{ran:?}");
    let requests = server.tracking.requests.lock().expect("no holder panics");
    let (headers, body) = &requests[0];
    assert_eq!(headers["authorization"], "Basic a2V5LW9mLWFwcDo=");
    assert_eq!(headers.get("prefer"), None);
    let expected = json!({"event": "Order", "userId": "u-1", "messageId": "m-1",
        "properties": {"total": serde_json::from_str::<Value>("9.50").expect("JSON")},
        "type": "track"});
    assert_eq!(body["batch"][0], expected);
}

#[tokio::test]
async fn a_file_goes_out_in_batches_and_every_message_once() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("there is room");
    let lines: String = (0..250).map(|n| format!("{{\"type\":\"track\",\"n\":{n}}}\n")).collect();
    let path = file(&folder, &lines);
    let busy = (429, Some("0"), r#"{"success":false,"message":"slow down"}"#);
    server.tracking.answers.lock().expect("no holder panics").extend([
        (200, None, "{}"),
        busy,
        (503, Some("0"), "gateway says no"),
    ]);
    let ran = sent(&server, &[&path, "--write-key", "k", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).expect("one JSON value");
    assert_eq!(report["sent"], 250);
    assert_eq!(report["batches"], 3);
    assert_eq!(report["retries"], 2);
    let messages = server.tracking.messages();
    assert_eq!(messages.len(), 450, "the second batch went three times");
    assert_eq!(messages[100..200], messages[200..300], "and was the same each time");
    let mut ids: Vec<String> =
        messages.iter().map(|message| message["messageId"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 250);
}

#[tokio::test]
async fn a_strict_server_is_quoted() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("there is room");
    let path = file(&folder, &"{\"messageId\":\"m\"}".repeat(150));
    let refusal = r#"{"success":false,"message":"1 of …","code":"invalid_events","errors":[
        {"index":7,"messageId":"m","code":"event_not_defined","pointer":"/event",
         "expected":"text","detail":"event is missing","example":{"type":"track","event":"E"}}]}"#;
    server
        .tracking
        .answers
        .lock()
        .expect("no holder panics")
        .extend([(200, None, "{}"), (400, None, refusal)]);
    let ran = sent(&server, &[&path, "--write-key", "k", "--strict"]).await;
    assert_eq!(ran.code, 1);
    let expected = r#"✗ message 108 m  event_not_defined at "/event": event is missing
    for example {"type":"track","event":"E"}
✗ sent 100 messages in 1 batch, 1,811 bytes; 50 messages were not taken, because of the faults above
"#;
    assert_eq!(ran.out, expected);
    let requests = server.tracking.requests.lock().expect("no holder panics");
    assert!(requests.iter().all(|(headers, _)| headers["prefer"] == "strict"));
}

#[tokio::test]
async fn what_cannot_be_sent_says_why() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("there is room");
    let check = async |line: &[&str], code: u8, says: &str| {
        let ran = sent(&server, line).await;
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.notes.contains(says), "{says}: {ran:?}");
    };
    check(&[], 2, "nothing to send").await;
    check(&["--event", "E"], 2, "choose with --source: app, website").await;
    check(&["--event", "E", "--source", "x"], 2, "known sources: app, website").await;
    check(&["--user-id", "u"], 2, "add --type").await;
    check(&["--event", "E", "file"], 2, "two things").await;
    check(&["missing.ndjson", "--write-key", "k"], 1, "cannot read missing.ndjson: No such").await;
    let path = file(&folder, "{\"a\":1}\n{\"b\":}\n");
    check(&[&path, "--write-key", "k"], 1, "messages.ndjson: expected value at line 2").await;
    assert_eq!(server.tracking.messages().len(), 1, "what stands before a fault is sent");
    let invalid = r#"{"success":false,"message":"An invalid write key was provided"}"#;
    server.tracking.answers.lock().expect("no holder panics").push_back((400, None, invalid));
    check(&["--event", "E", "--write-key", "k"], 1, "check --write-key").await;
    let arguments: send::Arguments = parse(&["--event", "E", "--write-key", "k"]).expect("good");
    let nobody = Connection::to("http://127.0.0.1:1", "x");
    let arguments = send::Arguments { connection: nobody, ..arguments };
    let ran = run(async |screen| send::run(&arguments, screen).await).await;
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[tokio::test]
async fn something_else_at_the_address_is_noticed() {
    let server = Server::start().await;
    let arguments: send::Arguments = parse(&["--event", "E"]).expect("good");
    let url = format!("{}/elsewhere/", server.url());
    let connection = Connection { url: Some(url), ..server.connection.clone() };
    let arguments = send::Arguments { connection, ..arguments };
    let ran = run(async |screen| send::run(&arguments, screen).await).await;
    assert_eq!(ran.code, 1);
    assert!(ran.notes.contains("answers, but not as Headwater does"), "{ran:?}");
}
