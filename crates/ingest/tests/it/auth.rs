//! Whose request it is.

use crate::{
    client::Request,
    harness::{DISABLED_KEY, Harness, KEY, UNKNOWN_KEY, basic, stream},
};

const BODY: &str = r#"{"userId":"u","event":"E"}"#;

#[tokio::test]
async fn the_key_is_found_in_header_body_or_query() {
    let harness = Harness::start();
    let with_key = |key: &str| format!(r#"{{"userId":"u","event":"E","writeKey":"{key}"}}"#);
    let plain = || Request::post("/v1/t", BODY);
    let good = [
        plain().header("authorization", &basic(&format!("{KEY}:"))),
        plain().header("authorization", &basic(KEY)),
        Request::post("/v1/t", with_key(KEY)),
        Request::post(&format!("/v1/t?writeKey={KEY}"), BODY),
        // what cannot be a key does not hide one that can
        Request::post("/v1/t", with_key(KEY)).header("authorization", "Basic ***"),
        Request::post("/v1/t", with_key(KEY)).header("authorization", &basic("short:")),
        Request::post(&format!("/v1/t?writeKey={KEY}"), with_key("short")),
        // the header wins
        Request::post("/v1/t", with_key(UNKNOWN_KEY)).header("authorization", &basic(KEY)),
    ];
    for request in good {
        let (answer, left) = harness.sent(&request).await;
        assert_eq!(answer.line(), r#"200 {"success":true}"#, "{request:?}");
        assert_eq!(left.counts(), [1, 0, 0, 0], "{request:?}");
    }
}

#[tokio::test]
async fn a_missing_or_impossible_key_is_refused_and_kept() {
    let harness = Harness::start();
    let (answer, left) = harness.sent(&Request::post("/v1/track", BODY)).await;
    let expect = r#"400 {"success":false,"message":"An invalid write key was provided","code":"invalid_request"}"#;
    assert_eq!(answer.line(), expect);
    let [(0, refused)] = &left.refused[..] else { panic!("{left:?}") };
    assert_eq!((refused.status, &*refused.path), (400, "/v1/track"));
    assert_eq!(refused.excerpt, BODY.as_bytes());
}

#[tokio::test]
async fn an_unknown_key_hears_200_and_a_bounded_number_is_kept() {
    let options = ingest::Options { refused_per_second: 1, ..crate::harness::options() };
    let harness = Harness::with(options);
    let from = harness.end();
    let request = Request::post("/v1/t", BODY).header("authorization", &basic(UNKNOWN_KEY));
    for _ in 0..20 {
        assert_eq!(harness.send(&request).await.line(), r#"200 {"success":true}"#);
    }
    let left = harness.left(from).await;
    assert!((1..20).contains(&left.refused.len()), "{}", left.refused.len());
    let (stream, refused) = &left.refused[0];
    assert_eq!((*stream, refused.status, &*refused.code), (0, 200, "unknown_source"));
}

#[tokio::test]
async fn messages_of_a_disabled_source_are_discards() {
    let harness = Harness::start();
    let request = Request::post("/v1/t", BODY).header("authorization", &basic(DISABLED_KEY));
    let (answer, left) = harness.sent(&request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(left.counts(), [0, 1, 0, 0]);
    let (stream, discard) = &left.discards[0];
    assert_eq!(*stream, spec::SourceId("disabled".into()).stream());
    assert_eq!(discard.code, "source_disabled");
}

#[tokio::test]
async fn tokens_are_not_given_out_yet() {
    let harness = Harness::start();
    let body = format!(r#"{{"userId":"u","event":"E","writeKey":"{KEY}"}}"#);
    let request = Request::post("/v1/t", body).header("authorization", "Bearer abc");
    let (answer, left) = harness.sent(&request).await;
    assert_eq!((answer.status, &answer.json()["code"]), (401, &"unauthorized".into()));
    assert_eq!(left.counts(), [0, 0, 0, 0]);
}

#[tokio::test]
async fn the_stream_is_the_sources() {
    let harness = Harness::start();
    let body = r#"{"batch":[{"type":"track"}]}"#;
    let request = Request::post("/v1/b", body).header("authorization", &basic(KEY));
    let (_, left) = harness.sent(&request).await;
    assert_eq!(left.discards[0].0, stream());
}
