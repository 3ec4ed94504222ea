//! Hostile senders against the real binary: slow ones, bombs, bottomless nesting, broken text.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use e2e::{Server, Settings, Sink, WRITE_KEY, eventually};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn server() -> (Server, Sink) {
    let sink = Sink::start().await.unwrap();
    let config = format!(
        "[server.limits]\nheader_timeout = \"1s\"\nbody_timeout = \"2s\"\n\
         [delivery]\nallow_private_addresses = true\n{}",
        sink.destination("crm")
    );
    (Server::start(Settings { config, ..Settings::default() }).await.unwrap(), sink)
}

/// Sends `head`, then a byte every 100 ms; says how long the server let it.
async fn drip(port: u16, head: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(head).await.unwrap();
    let began = Instant::now();
    let (mut read, mut write) = stream.split();
    let writer = async {
        while write.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let reader = async {
        let mut sink = Vec::new();
        drop(read.read_to_end(&mut sink).await);
    };
    let both = async {
        tokio::select! { () = writer => {}, () = reader => {} }
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("slow clients are cut");
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_cut_and_others_served() {
    let (server, sink) = server().await;
    let port = server.port();
    let heads: [&[u8]; 2] = [
        b"POST /v1/track HTTP/1.1\r\nhost: x\r\nx-slow: ",
        b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n",
    ];
    let mut slow = Vec::new();
    for n in 0..200 {
        slow.push(tokio::spawn(drip(port, heads[n % 2])));
    }
    let url = server.url(&format!("/v1/track?writeKey={WRITE_KEY}"));
    let body = json!({"userId": "u", "event": "E", "messageId": "beside-slow-ones"}).to_string();
    assert_eq!(server.client().send("POST", &url, &[], body).await.unwrap().status, 200);
    for task in slow {
        let lasted = task.await.unwrap();
        assert!(lasted < Duration::from_secs(10), "a slow client lasted {lasted:?}");
    }
    let arrived = || async { sink.times().contains_key("beside-slow-ones").then_some(()) };
    eventually("the quick one is delivered", Duration::from_secs(10), arrived).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_and_bottomless_nesting_are_refused() {
    let (server, sink) = server().await;
    let url = server.url(&format!("/v1/track?writeKey={WRITE_KEY}"));
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..200 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let rss_before = resident_kb(&server);
    let gzip = [("content-encoding", "gzip")];
    for _ in 0..20 {
        let answer = server.client().send("POST", &url, &gzip, bomb.clone()).await.unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let grown = resident_kb(&server).saturating_sub(rss_before);
    assert!(grown < 64 << 10, "200 MB bombs cost {grown} KB");
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!(
            "{{\"userId\":\"u\",\"event\":\"E\",\"properties\":{{\"deep\":{}1{}}}}}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        let answer = server.client().send("POST", &url, &[], deep).await.unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let odd = r#"{"userId":"u","event":"Odd \ud800 text","messageId":"odd","properties":{"nul":"a\u0000b","big":123456789012345678901234567890.5}}"#;
    assert_eq!(server.client().send("POST", &url, &[], odd).await.unwrap().status, 200);
    let listed = || async {
        let page = server.api("/api/sources/website/messages?message_id=odd").await;
        let position = page["data"]["messages"][0]["position"].as_str()?.to_owned();
        let path = format!("/api/sources/website/messages/{position}");
        let answer = server.api_answer("GET", &path, "").await;
        Some(String::from_utf8_lossy(&answer.body).into_owned())
    };
    let kept = eventually("it is listed", Duration::from_secs(10), listed).await;
    for part in [r"Odd \ud800 text", r"a\u0000b", "123456789012345678901234567890.5"] {
        assert!(kept.contains(part), "{part} in {kept}");
    }
    drop(sink);
}

fn resident_kb(server: &Server) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", server.pid().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
