use destination_kit::conformance::{
    self, Behaviour, Next, Partner, message, next, parcel, parcels, sent,
};
use spec::{Head, Kind, Message, Span};

use super::*;

fn open(settings: Value, world: &World) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
    let settings = settings.as_object().expect("settings are an object");
    SegmentKind.open(settings, &conformance::owner(), world)
}

fn opened(url: &str, batch_size: usize) -> Arc<dyn Destination> {
    let world = World { allow_private_addresses: true, ..World::default() };
    let settings = json!({ "url": url, "write_key": "key-b", "batch_size": batch_size });
    open(settings, &world).unwrap_or_else(|bad| panic!("{bad:?}"))
}

/// A message whose whole JSON is `raw`.
fn whole(raw: &str) -> Message {
    let none = Span::default();
    let head = Head {
        kind: Kind::Track,
        message_id: none,
        name: none,
        user_id: none,
        anonymous_id: none,
        integrations: none,
    };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw.as_bytes());
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).expect("it was encoded above")
}

#[test]
fn its_catalog_entry_is_sound() {
    conformance::kind(&SegmentKind);
}

#[tokio::test]
async fn it_delivers_alone_and_in_batches() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    conformance::delivers(opened(&partner.url("/"), 1)).await;
    conformance::delivers(opened(&partner.url("/"), 100)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_survives_every_fault() {
    let timeout_ms = conformance::TIMEOUT.as_millis() as u64;
    conformance::http_faults(&|url, world| {
        let settings = json!({ "url": url, "write_key": "key", "timeout_ms": timeout_ms });
        open(settings, world).unwrap_or_else(|bad| panic!("{bad:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_what_an_sdk_would_send() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let clock = Clock::new(|| 1_795_615_800_123);
    let world = World { allow_private_addresses: true, clock, ..World::default() };
    let settings = json!({ "url": partner.url("/"), "write_key": "key-b" });
    let endpoint = open(settings, &world).expect("the settings are good");
    let first = whole(
        r#"{"type":"track","messageId":"m-1","event":"Paid","userId":"u","integrations":{"All":false},"context":{"ip":"1.2.3.4"},"timestamp":"2026-11-25T14:09:59.000Z","properties":{"total":1.50},"sentAt":"x","originalTimestamp":"o","receivedAt":"r","projectId":"p","version":2}"#,
    );
    endpoint.deliver(&[parcel(1, first), sent("m-2", "{}")]).await.expect("the partner says 200");
    let [request] = &partner.received()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/batch"));
    assert_eq!(request.headers["authorization"], "Basic a2V5LWI6");
    assert_eq!(request.headers["content-type"], "application/json");
    let chain = r#""repeatChain":["b3465ea2e0c38f7f64d8632e6faed8c5"]"#;
    let expect = [
        r#"{"batch":[{"type":"track","messageId":"m-1","event":"Paid","userId":"u","integrations":{"All":false},"context":{"ip":"1.2.3.4","#,
        chain,
        r#"},"timestamp":"2026-11-25T14:09:59.000Z","properties":{"total":1.50}},{"type":"track","messageId":"m-2","event":"Tested","properties":{},"context":{"#,
        chain,
        r#"}}],"sentAt":"2026-11-25T14:10:00.123Z"}"#,
    ];
    assert_eq!(std::str::from_utf8(&request.body), Ok(expect.concat().as_str()));
}

#[tokio::test]
async fn two_that_forward_to_each_other_come_to_an_end() {
    let there = Partner::start(Behaviour::answer(200)).await;
    let endpoint = opened(&there.url("/"), 10);
    endpoint.deliver(&[sent("m-1", "{}")]).await.expect("the partner says 200");
    let body: Value = serde_json::from_slice(&there.received()[0].body).expect("it is JSON");
    let forwarded = parcel(2, whole(&body["batch"][0].to_string()));

    let outcome = endpoint.deliver(std::slice::from_ref(&forwarded)).await;
    assert_eq!(next(&outcome), Next::Discard, "{outcome:?}");
    assert_eq!(conformance::fault(&outcome).map(|fault| fault.code.as_str()), Some("LOOP"));
    let among_others = endpoint.deliver(&[sent("m-3", "{}"), forwarded]).await;
    assert_eq!(next(&among_others), Next::Discard, "the engine halves it: {among_others:?}");
    assert_eq!(there.received().len(), 1, "nothing more was sent");
}

#[tokio::test]
async fn limits_of_the_tracking_api_are_kept() {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let endpoint = opened(&partner.url("/"), 1000);
    let large = message("m-1", &format!(r#"{{"text":"{}"}}"#, "x".repeat(33_000)));
    let outcome = endpoint.deliver(&[parcel(1, large)]).await;
    assert_eq!(next(&outcome), Next::Discard, "{outcome:?}");
    let code = conformance::fault(&outcome).map(|fault| fault.code.as_str());
    assert_eq!(code, Some("MESSAGE_TOO_LARGE"));

    let batching = endpoint.batching();
    let small = parcels(batching.messages_max);
    endpoint.deliver(&small).await.expect("the partner says 200");
    let text = "x".repeat(batching.bytes_max / batching.messages_max - 90);
    let most: Vec<Parcel> = (0..batching.messages_max)
        .map(|n| sent(&format!("m-{n}"), &format!(r#"{{"text":"{text}"}}"#)))
        .collect();
    let bytes: usize = most.iter().map(|parcel| parcel.message.raw().len()).sum();
    assert!(bytes <= batching.bytes_max && bytes > batching.bytes_max / 2, "{bytes}");
    endpoint.deliver(&most).await.expect("the partner says 200");
    let sizes: Vec<usize> = partner.received().iter().map(|request| request.body.len()).collect();
    assert!(sizes.iter().all(|bytes| *bytes <= BATCH_BYTES_MAX), "{sizes:?}");
}

#[tokio::test]
async fn a_wrong_write_key_pauses_and_a_busy_endpoint_says_when() {
    let partner = Partner::start(Behaviour::answer(401)).await;
    let endpoint = opened(&partner.url("/"), 10);
    let outcome = endpoint.deliver(&parcels(3)).await;
    assert_eq!(next(&outcome), Next::Pause, "{outcome:?}");
    partner.behave(Behaviour::answer(429).with("retry-after", "7"));
    let outcome = endpoint.deliver(&parcels(3)).await;
    assert_eq!(next(&outcome), Next::Again(Some(Duration::from_secs(7))), "{outcome:?}");
}

#[test]
fn the_path_for_batches_is_found() {
    for (url, expect) in [
        ("https://e.example", "https://e.example/v1/batch"),
        ("https://e.example/", "https://e.example/v1/batch"),
        ("https://e.example/v1/", "https://e.example/v1/batch"),
        ("https://e.example/v1/batch", "https://e.example/v1/batch"),
        ("https://e.example/v1/b", "https://e.example/v1/b"),
        ("https://e.example/track/?a=1", "https://e.example/track/v1/batch?a=1"),
    ] {
        assert_eq!(batch_url(url).as_deref(), Ok(expect));
    }
    let bad = open(json!({ "url": "https://key:@e.example", "write_key": " " }), &World::default());
    let keys: Vec<String> = bad.err().unwrap_or_default().into_iter().map(|b| b.key).collect();
    assert_eq!(keys, ["write_key", "url"]);
}
