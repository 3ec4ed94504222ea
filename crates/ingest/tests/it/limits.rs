//! Too large, too many, too slow.

use std::time::{Duration, Instant};

use ingest::Options;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    client::{self, Request},
    harness::{self, Harness, KEY, SECOND_KEY, basic, options, track},
};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);

fn short() -> Options {
    Options {
        head_timeout: SHORT,
        body_timeout: SHORT,
        idle_timeout: SHORT,
        write_timeout: SHORT,
        ..options()
    }
}

/// Writes `head`, then one byte after the other, until the server has enough; gives its last
/// words and how long it took.
async fn drip(harness: &Harness, head: &str, byte: u8) -> (Option<client::Answer>, Duration) {
    let started = Instant::now();
    let stream = TcpStream::connect(harness.addr()).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    write.write_all(head.as_bytes()).await.unwrap();
    let mut interval = tokio::time::interval(Duration::from_millis(20));
    let dripping = async {
        while write.write_all(&[byte]).await.is_ok() && started.elapsed() < LONG {
            interval.tick().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = dripping => unreachable!("it goes on until the server answers"),
        answer = client::read_answer(&mut read, false) => {
            // Whatever it said: nothing is read from a sender like this any more.
            let _ = tokio::time::timeout(LONG, read.read(&mut [0; 64])).await.expect("it is closed");
            (answer, started.elapsed())
        }
    }
}

#[tokio::test]
async fn a_head_that_drips_is_cut() {
    let harness = Harness::with(Options { idle_timeout: LONG, body_timeout: LONG, ..short() });
    let (answer, took) = drip(&harness, "POST /v1/t HTTP/1.1\r\nhost: x\r\nx-slow: ", b'y').await;
    assert_eq!(answer.expect("it says why").json()["code"], "request_timeout");
    assert!(took >= SHORT && took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let harness = Harness::with(Options { idle_timeout: LONG, ..short() });
    let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn a_body_that_drips_hears_408() {
    let harness = Harness::with(Options { idle_timeout: LONG, head_timeout: LONG, ..short() });
    let head = "POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n";
    let (answer, took) = drip(&harness, head, b' ').await;
    let answer = answer.expect("it is answered");
    assert_eq!((answer.status, &answer.json()["code"]), (408, &"request_timeout".into()));
    assert!(took >= SHORT && took < Duration::from_secs(10), "{took:?}");
    let chunked =
        "POST /v1/batch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1000\r\n";
    let (answer, _) = drip(&harness, chunked, b' ').await;
    assert_eq!(answer.expect("it is answered").status, 408);
}

#[tokio::test]
async fn a_body_for_the_fallback_that_drips_is_cut() {
    let harness = Harness::with(Options { idle_timeout: LONG, head_timeout: LONG, ..short() });
    let head = "POST /api/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n";
    let (answer, _) = drip(&harness, head, b' ').await;
    // this fallback answers without reading
    assert!(answer.is_none_or(|answer| answer.status == 404));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let harness = Harness::with(Options { head_timeout: LONG, body_timeout: LONG, ..short() });
    let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
    assert_eq!(client::send_on(&mut stream, &track("i-1")).await.status, 200);
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut() {
    let harness = Harness::with(Options { idle_timeout: LONG, ..short() });
    let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
    let request = Request::get("/analytics-next/bundles/none.js").bytes();
    // Answers pile up until the server's side of the socket is full.
    let mut wrote = 0;
    let started = Instant::now();
    while started.elapsed() < LONG {
        match stream.write_all(&request).await {
            Ok(()) => wrote += 1,
            Err(_) => break,
        }
    }
    assert!(wrote > 0 && started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_its_body_is_read() {
    let harness = Harness::start();
    for (path, length) in [("/v1/batch", 600_000), ("/v1/track", 40_000)] {
        let from = harness.end();
        let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
        let auth = basic(KEY);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {auth}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = client::read_answer(&mut stream, false).await.expect("it does not wait");
        assert_eq!(
            (answer.status, &answer.json()["message"]),
            (400, &"Exceed payload limit".into())
        );
        let left = harness.left(from).await;
        let [(of, refused)] = &left.refused[..] else { panic!("{left:?}") };
        assert_eq!((*of, refused.body_bytes), (harness::stream(), length));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_read_so_that_its_sender_hears_the_answer() {
    let harness = Harness::start();
    let body = vec![b' '; 3_000_000];
    for chunked in [false, true] {
        let request = Request { chunked, ..Request::post("/v1/batch", body.clone()) };
        let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
        assert_eq!(client::send_on(&mut stream, &request).await.status, 400);
        let answer = client::send_on(&mut stream, &track("after")).await;
        assert_eq!(answer.status, 200, "the connection goes on");
    }
}

#[tokio::test]
async fn a_full_server_refuses_bodies_and_connections() {
    let harness = Harness::with(Options { bytes_in_flight_max: 1000, ..options() });
    let answer = harness.send(&Request::post("/v1/batch", vec![b' '; 2000])).await;
    assert_eq!((answer.status, &answer.json()["code"]), (503, &"unavailable".into()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("x-ratelimit-reset"), Some("1"));
    let chunked = Request { chunked: true, ..Request::post("/v1/batch", vec![b' '; 2000]) };
    assert_eq!(harness.send(&chunked).await.status, 503);
    assert_eq!(harness.send(&track("fits")).await.status, 200);

    let harness = Harness::with(Options { connections_max: 1, threads: 1, ..options() });
    let mut first = TcpStream::connect(harness.addr()).await.unwrap();
    assert_eq!(client::send_on(&mut first, &track("c-1")).await.status, 200);
    let mut second = TcpStream::connect(harness.addr()).await.unwrap();
    let answer = client::read_answer(&mut second, false).await.expect("it is told");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(client::send_on(&mut first, &track("c-2")).await.status, 200);
}

#[tokio::test]
async fn who_promises_much_and_sends_little_keeps_nobody_out() {
    let harness = Harness::with(Options { bytes_in_flight_max: 1 << 20, ..options() });
    let mut promising = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
        let head = "POST /v1/batch HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 500000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut goes_on = [0; 12];
        stream.read_exact(&mut goes_on).await.unwrap();
        assert_eq!(&goes_on, b"HTTP/1.1 100", "it is let in");
        stream.write_all(b"{").await.unwrap();
        promising.push(stream);
    }
    let padded = format!(r#"{{"batch":[]{}}}"#, " ".repeat(300_000));
    let request = Request::post("/v1/batch", padded).header("authorization", &basic(KEY));
    assert_eq!(harness.send(&request).await.status, 200);
}

#[tokio::test]
async fn a_write_key_that_is_used_too_much_hears_429_and_its_neighbour_does_not() {
    let harness = Harness::with(Options { requests_per_second: Some(1), ..options() });
    let mut statuses = Vec::new();
    for n in 0..5 {
        let answer = harness.send(&track(&format!("r-{n}"))).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert_eq!(answer.header("x-ratelimit-reset"), Some("1"));
            assert_eq!(answer.json()["code"], "too_many_requests");
        }
    }
    assert_eq!(statuses[..2], [200, 200]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let body = r#"{"event":"e","userId":"u","messageId":"r-other"}"#;
    let other =
        Request::post("/v1/track", body).header("authorization", &basic(&format!("{SECOND_KEY}:")));
    assert_eq!(harness.send(&other).await.status, 200, "the same source, another write key");
}

#[tokio::test]
async fn deep_json_is_refused_and_the_server_lives() {
    let harness = Harness::start();
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let request = Request::post("/v1/track", deep).header("authorization", &basic(KEY));
    assert_eq!(harness.send(&request).await.json()["message"], "malformed JSON");
    assert_eq!(harness.send(&track("alive")).await.status, 200);
}
