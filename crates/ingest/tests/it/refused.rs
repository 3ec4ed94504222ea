//! Refused requests, kept for the builder.

use crate::{
    client::Request,
    harness::{Harness, KEY, basic, options, stream},
};

#[tokio::test]
async fn a_refused_request_is_kept_under_its_source_without_its_headers() {
    let harness = Harness::start();
    let body = format!("{{\"broken\": {}", "x".repeat(10_000));
    let request = Request::post("/v1/batch?x=1", body.clone()).header("authorization", &basic(KEY));
    let (answer, left) = harness.sent(&request).await;
    assert_eq!(answer.json()["message"], "malformed JSON");
    let [(of, refused)] = &left.refused[..] else { panic!("{left:?}") };
    assert_eq!(*of, stream());
    assert_eq!(
        (refused.status, &*refused.code, &*refused.path),
        (400, "invalid_request", "/v1/batch")
    );
    assert_eq!(refused.body_bytes as usize, body.len());
    assert_eq!(refused.excerpt, body.as_bytes()[..4096]);
    assert!(refused.message.starts_with("malformed JSON"), "{}", refused.message);
}

#[tokio::test]
async fn refused_requests_are_bounded_in_each_second() {
    let harness = Harness::with(ingest::Options { refused_per_second: 3, ..options() });
    let from = harness.end();
    let request = Request::post("/v1/t", "{").header("authorization", &basic(KEY));
    for _ in 0..40 {
        assert_eq!(harness.send(&request).await.status, 400);
    }
    let kept = harness.left(from).await.refused.len();
    assert!((3..40).contains(&kept), "{kept}");
}
