//! Stopping.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, routing};
use event_log::MemoryLog;
use ingest::{Server, fallback};
use tokio::{io::AsyncReadExt as _, net::TcpStream, sync::Notify};

use crate::{
    client::{self, Request},
    harness::{self, Harness, options, track},
};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn idle_connections_are_closed_and_the_port_is_free() {
    let harness = Harness::start();
    let address = harness.addr();
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert_eq!(client::send_on(&mut stream, &track("s-1")).await.status, 200);
    let started = Instant::now();
    harness.server.shutdown(LONG).await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_in_flight_is_answered() {
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (reached, go_on) = (reached.clone(), go_on.clone());
        move || async move {
            reached.notify_one();
            go_on.notified().await;
            "done"
        }
    };
    let router = Router::new().route("/slow", routing::get(handler));
    let log = Arc::new(MemoryLog::new());
    let server = Server::start(options(), harness::routing(), log, fallback(router), None).unwrap();
    let address = server.local_addr();
    let request = tokio::spawn(async move { client::send(address, &Request::get("/slow")).await });
    reached.notified().await;
    let shutdown = tokio::spawn(server.shutdown(LONG));
    // It refuses newcomers at once, and waits for the one that is there.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!shutdown.is_finished());
    go_on.notify_one();
    let answer = request.await.unwrap();
    assert_eq!((answer.line().as_str(), answer.header("connection")), ("200 done", Some("close")));
    shutdown.await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_is_cut() {
    let router = Router::new().route("/never", routing::get(std::future::pending::<&str>));
    let log = Arc::new(MemoryLog::new());
    let server = Server::start(options(), harness::routing(), log, fallback(router), None).unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let bytes = Request::get("/never").bytes();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
    let started = Instant::now();
    server.shutdown(Duration::from_millis(100)).await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(client::read_answer(&mut stream, false).await.is_none());
}

#[tokio::test]
async fn a_port_that_is_taken_is_not_shared_with_another_server() {
    let harness = Harness::start();
    let options = ingest::Options { listen: harness.addr(), ..options() };
    let log = Arc::new(MemoryLog::new());
    let second = Server::start(options, harness::routing(), log, harness::not_found(), None);
    let error = second.err().expect("the port is taken");
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}
