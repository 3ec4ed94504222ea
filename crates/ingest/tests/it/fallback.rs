//! Paths that are not the tracking API's, answered by an `axum::Router` on another runtime.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router, body::Body, extract::Request as AxumRequest, routing};
use event_log::MemoryLog;
use futures_util::stream;
use ingest::{Options, Peer, Server, fallback};

use crate::{
    client::{self, Request},
    harness::{self, options},
};

fn server(options: Options) -> Server {
    let drip = || async {
        let chunks = stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            (n < 10).then(|| (Ok::<_, std::io::Error>(format!("{n};")), n + 1))
        });
        Body::from_stream(chunks)
    };
    let router = Router::new()
        .route("/api/echo", routing::post(|body: String| async move { body }))
        .route(
            "/api/peer",
            routing::get(|Extension(peer): Extension<Peer>| async move { peer.ip.to_string() }),
        )
        .route("/api/drip", routing::get(drip))
        .route(
            "/api/thread",
            routing::get(|| async { std::thread::current().name().unwrap_or_default().to_owned() }),
        )
        .fallback(|request: AxumRequest| async move {
            (axum::http::StatusCode::NOT_FOUND, request.uri().path().to_owned())
        });
    let log = Arc::new(MemoryLog::new());
    Server::start(options, harness::routing(), log, fallback(router), None).unwrap()
}

#[tokio::test]
async fn other_paths_are_answered_by_the_router() {
    let server = server(options());
    let send = async |request: Request| client::send(server.local_addr(), &request).await;
    assert_eq!(send(Request::get("/nothing/here")).await.line(), "404 /nothing/here");
    assert_eq!(send(Request::post("/api/echo", "hello")).await.line(), "200 hello");
    assert_eq!(send(Request::get("/api/peer")).await.line(), "200 127.0.0.1");
    let thread = send(Request::get("/api/thread")).await.text();
    assert!(!thread.starts_with("ingest-"), "{thread}");
    let unknown = send(Request::post("/v1/trackk", "{}")).await;
    assert_eq!((unknown.status, &unknown.json()["success"]), (404, &false.into()));
}

#[tokio::test]
async fn a_stream_outlives_the_time_that_requests_have() {
    let short = Duration::from_millis(100);
    let server = server(Options {
        head_timeout: short,
        body_timeout: short,
        idle_timeout: short,
        write_timeout: short,
        ..options()
    });
    let answer = client::send(server.local_addr(), &Request::get("/api/drip")).await;
    assert_eq!(answer.line(), "200 0;1;2;3;4;5;6;7;8;9;");
}
