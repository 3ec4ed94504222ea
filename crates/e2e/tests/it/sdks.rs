//! Unmodified SDKs from their registries, through a recorder that notes every byte they send, to
//! the binary, to a webhook: each call arrives exactly once and nothing in it is altered.

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use e2e::{Client, Server, Settings, Sink, WRITE_KEY, eventually};
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// Stands before the server, passes everything on, and keeps the messages that were answered 200.
struct Recorder {
    port: u16,
    sent: Arc<Mutex<Vec<Value>>>,
}

impl Recorder {
    async fn before(server: &Server) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (kept, upstream, client) = (sent.clone(), server.url(""), server.client().clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, upstream, client) = (kept.clone(), upstream.clone(), client.clone());
                let service = service_fn(move |request| {
                    pass_on(request, client.clone(), upstream.clone(), kept.clone())
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Recorder { port, sent }
    }

    fn host(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn pass_on(
    request: Request<Incoming>,
    client: Client,
    upstream: String,
    kept: Arc<Mutex<Vec<Value>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let url = format!("{upstream}{}", head.uri);
    let passed =
        |name: &str| !matches!(name, "connection" | "content-length" | "transfer-encoding");
    let headers: Vec<(&str, &str)> = head
        .headers
        .iter()
        .filter(|(name, _)| passed(name.as_str()))
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    let answer = client.send(head.method.as_str(), &url, &headers, body.clone()).await.unwrap();
    if head.method == "POST" && answer.status == 200 {
        let gzip = head.headers.get("content-encoding").is_some_and(|v| v == "gzip");
        let sent: Value = match gzip {
            true => serde_json::from_reader(GzDecoder::new(&body[..])).unwrap(),
            false => serde_json::from_slice(&body).unwrap(),
        };
        let kind = head.uri.path().trim_start_matches("/v1/").to_owned();
        let mut kept = kept.lock().unwrap();
        match sent.get("batch") {
            Some(Value::Array(items)) => kept.extend(items.iter().cloned()),
            _ if kind == "m" => {}
            _ => kept.push(sent),
        }
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| passed(name.as_str())) {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(answer.body)).unwrap())
}

async fn start() -> (Server, Sink, Recorder) {
    let sink = Sink::start().await.unwrap();
    let config = format!("[delivery]\nallow_private_addresses = true\n{}", sink.destination("crm"));
    let server = Server::start(Settings { config, ..Settings::default() }).await.unwrap();
    let recorder = Recorder::before(&server).await;
    (server, sink, recorder)
}

/// Waits for `count` messages at the sink and compares each with what was sent.
async fn compare(sink: &Sink, recorder: &Recorder, count: usize) {
    let all = || async { (sink.messages().len() >= count).then_some(()) };
    eventually("everything arrives", Duration::from_secs(30), all).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (sent, arrived) = (recorder.sent.lock().unwrap().clone(), sink.messages());
    assert_eq!(sent.len(), count, "the SDK made every call");
    assert_eq!(arrived.len(), count, "each call arrives exactly once");
    for item in &sent {
        let same = |message: &&Value| match item.get("messageId") {
            Some(id) => message["messageId"] == *id,
            None => ["type", "userId", "event", "groupId", "name", "previousId", "anonymousId"]
                .iter()
                .all(|key| item.get(key).is_none_or(|value| message.get(key) == Some(value))),
        };
        let found: Vec<&Value> = arrived.iter().filter(same).collect();
        assert!(!found.is_empty(), "{item:#} is missing");
        check_unaltered(item, found[0]);
    }
}

/// Every member that was sent arrives with its value; `context` may gain members, never lose any.
fn check_unaltered(sent: &Value, arrived: &Value) {
    let ours = ["writeKey", "timestamp", "sentAt", "receivedAt", "originalTimestamp"];
    for (key, value) in sent.as_object().unwrap() {
        if ours.contains(&key.as_str()) || value.is_null() {
            continue;
        }
        if key == "context" {
            for (key, value) in value.as_object().unwrap() {
                assert_eq!(&arrived["context"][key], value, "context.{key} of {arrived:#}");
            }
            continue;
        }
        assert_eq!(&arrived[key], value, "{key} of {arrived:#}");
    }
    assert!(arrived.get("writeKey").is_none(), "{arrived:#}");
    let instant = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    if let Some(Value::String(timestamp)) = sent.get("timestamp") {
        let original = instant(&arrived["originalTimestamp"]).as_millisecond();
        // Python and Go write offsets and finer fractions; the instant is what must be kept.
        let sent: jiff::Timestamp = timestamp.parse().unwrap();
        assert!((original - sent.as_millisecond()).abs() <= 1, "{arrived:#}");
    }
    assert!(arrived["receivedAt"].is_string() && arrived["timestamp"].is_string());
}

fn sdk(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk").join(file)
}

async fn run(mut command: Command) {
    let output: Output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .expect("scripts/test installs what this test runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_sdk_is_served() {
    let (_server, sink, recorder) = start().await;
    let mut node = Command::new("node");
    node.arg(sdk("node.mjs")).args([&recorder.host(), WRITE_KEY]);
    run(node).await;
    compare(&sink, &recorder, 45).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sdk_is_served() {
    let (_server, sink, recorder) = start().await;
    let python = std::env::var("HEADWATER_PYTHON")
        .map(PathBuf::from)
        .unwrap_or_else(|_| sdk("venv/bin/python"));
    let mut python = Command::new(python);
    python.arg(sdk("python.py")).args([&recorder.host(), WRITE_KEY]);
    run(python).await;
    compare(&sink, &recorder, 45).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_browser_sdk_is_served() {
    let (_server, sink, recorder) = start().await;
    let mut node = Command::new("node");
    node.arg(sdk("browser.mjs")).args([&recorder.host(), WRITE_KEY]);
    run(node).await;
    compare(&sink, &recorder, 24).await;
    let page = sink.messages().into_iter().find(|m| m["type"] == "page").unwrap();
    assert_eq!(page["context"]["campaign"]["name"], "spring", "{page:#}");
    assert_eq!(page["context"]["ip"], "127.0.0.1", "a browser's address is filled in: {page:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rust_sdk_is_served() {
    use segment::{
        AutoBatcher, Batcher, HttpClient,
        message::{BatchMessage, Group, Identify, Track, User},
    };
    let (_server, sink, recorder) = start().await;
    let client = HttpClient::new(Default::default(), recorder.host());
    let mut batcher = AutoBatcher::new(client, Batcher::new(None), WRITE_KEY.to_owned());
    let user = User::UserId { user_id: "rust-user".into() };
    let mut calls: Vec<BatchMessage> = (0..20)
        .map(|n| {
            let properties = serde_json::json!({"n": n, "price": 1.5});
            let event = format!("Song Played {n}");
            Track { user: user.clone(), event, properties, ..Default::default() }.into()
        })
        .collect();
    calls.push(Identify { user: user.clone(), ..Default::default() }.into());
    calls.push(Group { user, group_id: "rust-group".into(), ..Default::default() }.into());
    for call in calls {
        batcher.push(call).await.unwrap();
    }
    batcher.flush().await.unwrap();
    compare(&sink, &recorder, 22).await;
}
