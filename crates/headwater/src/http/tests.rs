#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::{
    body::{Body, to_bytes},
    extract::Path,
};
use expect_test::{Expect, expect};
use tower::ServiceExt;

use super::*;

async fn get_path(path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let panics: Router =
        Router::new().route("/api/panics", get(async || -> &'static str { panic!("on purpose") }));
    let router = router(Parts {
        token: Secret::new("0123456789abcdef"),
        planes: vec![panics, Router::new().route("/api/log", get(async || "the log"))],
        control: None,
        operations: Router::new(),
        web: None,
    });
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn check(path: &str, headers: &[(&str, &str)], expected: Expect) {
    let (status, body) = get_path(path, headers).await;
    expected.assert_eq(&format!("{} {body}", status.as_u16()));
}

const TOKEN: (&str, &str) = ("authorization", "Bearer 0123456789abcdef");

#[tokio::test]
async fn the_api_needs_its_token() {
    check("/api/log", &[], expect![[r#"401 {"errors":[{"code":"unauthenticated","message":"this path needs a token","fix":"send Authorization: Bearer <token>; the token stands in <data_dir>/api-token, unless the configuration sets server.api_token"}]}"#]]).await;
    check("/api/log", &[("authorization", "Bearer 0123456789abcdee")], expect![[r#"401 {"errors":[{"code":"unauthenticated","message":"this token is not the right one","fix":"send Authorization: Bearer <token>; the token stands in <data_dir>/api-token, unless the configuration sets server.api_token"}]}"#]]).await;
    check("/api/log", &[("authorization", "Basic 0123456789abcdef")], expect![[r#"401 {"errors":[{"code":"unauthenticated","message":"this path needs a token","fix":"send Authorization: Bearer <token>; the token stands in <data_dir>/api-token, unless the configuration sets server.api_token"}]}"#]]).await;
    let (status, _) = get_path("/api/log", &[TOKEN]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    check(
        "/nowhere",
        &[],
        expect![[r#"404 {"errors":[{"code":"not_found","message":"there is nothing here"}]}"#]],
    )
    .await;
    check(
        "/api/nowhere",
        &[TOKEN],
        expect![[r#"404 {"errors":[{"code":"not_found","message":"there is nothing here"}]}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    check("/api/panics", &[TOKEN], expect![[r#"500 {"errors":[{"code":"internal","message":"the server failed at this request; its log says why"}]}"#]]).await;
}

#[tokio::test]
async fn the_front_page_says_what_runs_here() {
    let (_, text) = get_path("/", &[("host", "cdp.example.com")]).await;
    assert!(text.contains("http://cdp.example.com/v1/track"), "{text}");
    let (_, page) = get_path("/", &[("host", "<script>"), ("accept", "text/html")]).await;
    assert!(page.starts_with("<!doctype html>") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn the_token_opens_the_data_plane_and_everybody_else_speaks_to_the_control_plane() {
    let router = router(Parts {
        token: Secret::new("0123456789abcdef"),
        planes: vec![
            Router::new()
                .route("/api/sources", get(async || "what came in"))
                .route("/api/sources/{source}", get(async |Path(s): Path<String>| s)),
        ],
        control: Some(
            Router::new().route("/api/sources", get(async || "a workspace's")).route(
                "/api/sources/{id}",
                get(async |Path(s): Path<String>| format!("their {s}")),
            ),
        ),
        operations: Router::new().route("/health/live", get(async || "it lives")),
        web: None,
    });
    let ask = async |path: &str, token: &str| {
        let request = Request::builder().uri(path).header("authorization", token);
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    assert_eq!(ask("/api/sources", "Bearer 0123456789abcdef").await, "what came in");
    assert_eq!(ask("/api/sources", "Bearer 0123456789abcdee").await, "a workspace's");
    assert_eq!(ask("/api/sources", "").await, "a workspace's");
    assert_eq!(ask("/api/sources/website", "Bearer 0123456789abcdef").await, "website");
    assert_eq!(ask("/api/sources/website", "").await, "their website");
    assert!(ask("/api/nowhere", "Bearer 0123456789abcdef").await.contains("not_found"));
    assert_eq!(ask("/health/live", "Bearer 0123456789abcdef").await, "it lives");
}
