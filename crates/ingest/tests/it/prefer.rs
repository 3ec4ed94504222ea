//! Strict mode and receipts.

use serde_json::json;

use crate::{
    client::Request,
    harness::{Harness, KEY, UNKNOWN_KEY, basic, batch, stream, track},
};

const GOOD: &str = r#"{"type":"track","userId":"u","event":"E","messageId":"good"}"#;

#[tokio::test]
async fn strict_names_every_fault_and_takes_nothing() {
    let harness = Harness::start();
    let bad = r#"{"type":"track","event":"E","messageId":"bad"}"#;
    let request = batch(&format!("{GOOD},{bad}")).header("prefer", "strict");
    let (answer, left) = harness.sent(&request).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("preference-applied"), Some("strict"));
    let body = answer.json();
    assert_eq!((&body["success"], &body["code"]), (&json!(false), &json!("invalid_events")));
    let [error] = &body["errors"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!((&error["index"], &error["messageId"]), (&json!(1), &json!("bad")));
    assert_eq!(error["code"], "no_user_anon_id");
    for key in ["pointer", "expected", "detail"] {
        assert!(error[key].is_string(), "{key} in {error}");
    }
    assert!(error["example"].is_object(), "{error}");
    assert_eq!(left.counts(), [0, 0, 1, 0]);
    assert_eq!((left.refused[0].0, &*left.refused[0].1.code), (stream(), "invalid_events"));
}

#[tokio::test]
async fn strict_takes_what_is_right() {
    let harness = Harness::start();
    let (answer, left) = harness.sent(&batch(GOOD).header("prefer", "strict")).await;
    assert_eq!(answer.line(), r#"200 {"success":true}"#);
    assert_eq!(answer.header("preference-applied"), Some("strict"));
    assert_eq!(left.counts(), [1, 0, 0, 0]);
    let (answer, _) = harness.sent(&batch(GOOD)).await;
    assert_eq!(answer.header("preference-applied"), None);
}

#[tokio::test]
async fn strict_says_where_json_breaks_and_which_key_is_unknown() {
    let harness = Harness::start();
    let broken = Request::post("/v1/t", r#"{"a":tru}"#)
        .header("authorization", &basic(KEY))
        .header("prefer", "strict");
    let (answer, left) = harness.sent(&broken).await;
    let body = answer.json();
    assert_eq!(
        (&body["message"], &body["code"]),
        (&json!("malformed JSON"), &json!("invalid_request"))
    );
    assert!(body["errors"][0]["detail"].as_str().unwrap().contains("at byte"), "{body}");
    assert_eq!(left.refused[0].0, stream());

    let unknown = Request::post("/v1/t", GOOD)
        .header("authorization", &basic(UNKNOWN_KEY))
        .header("prefer", "strict");
    let answer = harness.send(&unknown).await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("unknown_source")));
}

#[tokio::test]
async fn a_receipt_tells_where_each_message_stands() {
    let harness = Harness::start();
    let no_user = r#"{"type":"track","event":"E","messageId":"bad"}"#;
    let request = batch(&format!("{no_user},{GOOD}")).header("prefer", "receipt");
    let (answer, left) = harness.sent(&request).await;
    assert_eq!(answer.header("preference-applied"), Some("receipt"));
    let body = answer.json();
    assert_eq!(body["success"], true);
    let [event] = &body["receipt"]["events"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!((&event["index"], &event["messageId"]), (&json!(1), &json!("good")));
    assert_eq!(event["duplicate"], false);
    let position: u64 = event["position"].as_str().unwrap().parse().unwrap();
    let entry = harness.log.read(event_log::Position(position), 1).await.unwrap().entries.remove(0);
    let stored = spec::Message::decode(entry.payload).unwrap();
    assert_eq!(stored.message_id(), b"good");
    let hash = event["hash"].as_str().unwrap();
    assert!(hash.starts_with("sha256:") && hash.len() == 7 + 64, "{hash}");
    assert_eq!(left.counts(), [1, 1, 0, 0]);
    let [discarded] = &body["receipt"]["discarded"].as_array().unwrap()[..] else {
        panic!("{body}")
    };
    assert_eq!((&discarded["index"], &discarded["messageId"]), (&json!(0), &json!("bad")));
    assert_eq!(discarded["code"], "no_user_anon_id");
    let kept: u64 = discarded["position"].as_str().unwrap().parse().unwrap();
    assert_eq!(left.discards[0].1.index, 0);
    assert!(kept < position, "it comes first in the batch");

    let again = harness.send(&batch(GOOD).header("prefer", "receipt, strict")).await;
    assert_eq!(again.header("preference-applied"), Some("strict, receipt"));
    let event = &again.json()["receipt"]["events"][0];
    assert_eq!(
        (&event["duplicate"], &event["position"]),
        (&json!(true), &json!(position.to_string()))
    );
    assert_eq!(event.get("hash"), None, "what was sent again is not what is stored");
}

#[tokio::test]
async fn a_receipt_of_a_single_call() {
    let harness = Harness::start();
    let answer = harness.send(&track("one").header("prefer", "receipt")).await;
    assert_eq!(answer.json()["receipt"]["events"][0]["messageId"], "one");
}

#[tokio::test]
async fn a_receipt_for_an_unknown_key_is_empty() {
    let harness = Harness::start();
    let request = Request::post("/v1/t", GOOD)
        .header("authorization", &basic(UNKNOWN_KEY))
        .header("prefer", "receipt");
    assert_eq!(
        harness.send(&request).await.line(),
        r#"200 {"success":true,"receipt":{"events":[]}}"#
    );
}
