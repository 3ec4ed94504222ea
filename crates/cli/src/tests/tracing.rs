use spec::{Outcome, Step};

use super::server::{RECEIVED_AT_MS, Server, parse, run};
use crate::trace;

async fn traced(server: &Server, line: &[&str]) -> super::server::Ran {
    let arguments: trace::Arguments = parse(line).expect("the test names good arguments");
    let arguments = trace::Arguments { connection: server.connection.clone(), ..arguments };
    run(async |screen| trace::run(&arguments, screen).await).await
}

#[tokio::test]
async fn a_trace_shows_every_attempt() {
    let server = Server::start().await;
    server.track("app", "before", "E").await;
    let at = server.track("website", "m-1", "Order Completed").await;
    let ran = traced(&server, &["m-1"]).await;
    assert!(ran.out.contains("└─ crm  pending, waits for its first attempt"), "{}", ran.out);
    let retry = Outcome::Retry {
        status: Some(503),
        code: "503".into(),
        excerpt: "busy\nreally".into(),
        next_at_ms: RECEIVED_AT_MS + 9000,
    };
    server.attempt(at, 1, retry).await;
    let ran = traced(&server, &["m-1"]).await;
    assert!(
        ran.out.contains("pending, next attempt not before 2025-11-13T02:13:29.123Z"),
        "{}",
        ran.out
    );
    let gone = Outcome::Discarded {
        step: Step::FailedDelivery,
        code: "ENOTFOUND".into(),
        status: None,
        excerpt: "no such host".into(),
    };
    server.attempt(at, 2, gone).await;
    let ran = traced(&server, &["m-1", "--source", "website"]).await;
    let expected = format!(
        "\
m-1  accepted  TRACK Order Completed
  received 2025-11-13T02:13:20.123Z, at position {at}, 75 bytes, source website, user u-1
  └─ crm  discarded
         1  02:13:21.123   1,234 ms  retry       503 · busy␣really · next 02:13:29.123
         2  02:13:22.123   1,234 ms  discarded   ENOTFOUND · no such host
"
    );
    assert_eq!(ran.out, expected);
    assert_eq!(ran.code, 0);
    let ran = traced(&server, &["m-1", "--json"]).await;
    let line: serde_json::Value = serde_json::from_str(&ran.out).expect("one JSON value");
    assert_eq!(line["destinations"][0]["attempts"][1]["code"], "ENOTFOUND");
}

#[tokio::test]
async fn a_trace_says_why_a_message_went_nowhere() {
    let server = Server::start().await;
    server.discard("website", "m-2").await;
    server.track("app", "m-3", "E").await;
    let ran = traced(&server, &["m-2"]).await;
    assert!(ran.out.starts_with("m-2  discarded  TRACK\n"), "{}", ran.out);
    assert!(ran.out.ends_with("  event_not_defined: event is missing\n"), "{}", ran.out);
    let ran = traced(&server, &["m-3"]).await;
    assert!(ran.out.ends_with("no destination is connected to its source\n"), "{}", ran.out);
    let ran = traced(&server, &["a b/c?"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.notes.contains("no message \"a b/c?\" among"), "{}", ran.notes);
}
