//! Statuses, headers and bodies, for routes and for what is none.

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    client::{self, Request},
    harness::{Harness, KEY, batch, track},
};

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let harness = Harness::start();
    let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
    for n in 0..20 {
        let answer = client::send_on(&mut stream, &track(&format!("m-{n}"))).await;
        assert_eq!(answer.line(), r#"200 {"success":true}"#);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("date").is_some(), "SDKs set their clock by it");
        assert_eq!(answer.header("x-ratelimit-reset"), None);
    }
    let pipelined = [track("p-1").bytes(), track("p-2").bytes()].concat();
    stream.write_all(&pipelined).await.unwrap();
    let mut answers = Vec::new();
    tokio::io::AsyncReadExt::read_buf(&mut stream, &mut answers).await.unwrap();
    assert!(answers.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_wrong_verb_names_the_right_ones() {
    let harness = Harness::start();
    for (method, path, allow) in [
        ("GET", "/v1/track", "POST, OPTIONS"),
        ("PUT", "/v1/batch", "POST, OPTIONS"),
        ("GET", "/v1/m", "POST, OPTIONS"),
        ("POST", "/v1/pixel/track", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/projects/x/settings", "GET, HEAD, OPTIONS"),
    ] {
        let answer = harness.send(&Request::new(method, path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
        assert_eq!(answer.json()["code"], "method_not_allowed");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test]
async fn every_answer_can_be_read_by_the_page_that_asked() {
    let harness = Harness::start();
    let settings = format!("/v1/projects/{KEY}/settings");
    for request in [
        track("c-1"),
        Request::post("/v1/t", "{bad"),
        Request::post("/v1/nothing", "{}"),
        Request::post("/v1/m", "{}"),
        Request::get("/v1/track"),
        Request::get(&settings),
        Request::get("/v1/projects/unknown-key/settings"),
        Request::get("/v1/pixel/track"),
        Request::get(&format!("/v1/t?{}", "x".repeat(9000))),
        Request::new("OPTIONS", "/v1/batch"),
    ] {
        let answer = harness.send(&request.clone().header("origin", "https://shop.example")).await;
        let name = format!("{} {}", request.method, request.target);
        let header = |name| answer.header(name);
        assert_eq!(header("access-control-allow-origin"), Some("https://shop.example"), "{name}");
        assert_eq!(header("access-control-allow-credentials"), Some("true"), "{name}");
        assert!(header("access-control-expose-headers").unwrap().contains("Retry-After"), "{name}");
        assert!(header("vary").unwrap().contains("Origin"), "{name}");
        let answer = harness.send(&request).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{name}");
    }
}

#[tokio::test]
async fn a_preflight_allows_what_it_asks_for() {
    let harness = Harness::start();
    let answer = harness.send(&Request::new("OPTIONS", "/v1/t")).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    let known = [
        "authorization",
        "content-type",
        "content-encoding",
        "x-retry-count",
        "anonymousid",
        "sentat",
    ];
    for name in known {
        assert!(allowed.contains(name), "{name}");
    }
    assert_eq!(answer.header("access-control-max-age"), Some("86400"));
    let asking =
        Request::new("OPTIONS", "/v1/t").header("access-control-request-headers", "x-own, y");
    let answer = harness.send(&asking).await;
    let allowed = answer.header("access-control-allow-headers").unwrap();
    for name in known.into_iter().chain(["x-own, y"]) {
        assert!(allowed.contains(name), "{name}");
    }
}

#[tokio::test]
async fn one_bad_message_does_not_spoil_a_batch() {
    let harness = Harness::start();
    let good = r#"{"type":"track","userId":"u","event":"E"}"#;
    let (answer, left) = harness.sent(&batch(&format!(r#"{good},{{"type":"?"}},3,{good}"#))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(left.counts(), [2, 2, 0, 0]);
}

#[tokio::test]
async fn a_log_that_takes_nothing_is_an_outage_that_sdks_wait_for() {
    let harness = Harness::start();
    harness.log.close().await;
    let answer = harness.send(&track("o-1")).await;
    assert_eq!((answer.status, &answer.json()["code"]), (503, &"unavailable".into()));
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.header("x-ratelimit-reset"), Some("5"));
    // a wrong request is as wrong as ever
    assert_eq!(harness.send(&Request::post("/v1/t", "{bad")).await.status, 400);
}

#[tokio::test]
async fn what_is_no_http_hears_so_in_json() {
    let harness = Harness::start();
    let check = async |bytes: &[u8], status, code: &str| {
        let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let answer = client::read_answer(&mut stream, false).await.expect("it is answered");
        assert_eq!((answer.status, &answer.json()["code"]), (status, &code.into()));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    };
    check(b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "invalid_request").await;
    check(b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400, "invalid_request").await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    check(long.as_bytes(), 431, "invalid_request").await;
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(101));
    check(many.as_bytes(), 431, "invalid_request").await;
    let long = format!("GET /v1/t?{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(9_000));
    check(long.as_bytes(), 414, "invalid_request").await;
    let twice = "POST /v1/t HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}";
    check(twice.as_bytes(), 400, "invalid_request").await;
}

#[tokio::test]
async fn a_body_with_two_lengths_ends_its_connection() {
    let harness = Harness::start();
    let mut stream = TcpStream::connect(harness.addr()).await.unwrap();
    let smuggled = "POST /v1/m HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\
                    transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/m HTTP/1.1\r\n\r\n";
    stream.write_all(smuggled.as_bytes()).await.unwrap();
    let answer = client::read_answer(&mut stream, false).await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(client::read_answer(&mut stream, false).await.is_none(), "the connection is closed");
}
