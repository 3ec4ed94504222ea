//! What every destination promises, as tests that each runs against itself, and the hostile
//! partner that they run against.

mod partner;

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use spec::{DestinationId, Head, Kind, Message, SourceId, Span, Step, reasons};

pub use partner::{Behaviour, Partner, Received};

use crate::{
    Answer, Clock, DeliveryError, Destination, DestinationKind, EXCERPT_BYTES_MAX, Fault, Origin,
    Parcel, Resolve, Settings, World, recorder::Recorder,
};

/// The time limit that [`http_faults`] expects `open` to set: long enough for a loaded machine's
/// loopback, short enough to wait for.
pub const TIMEOUT: Duration = Duration::from_millis(400);
/// No attempt may take longer, whatever the partner does.
const PATIENCE: Duration = Duration::from_secs(6);

/// What the engine does after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The message is done.
    Done,
    /// Again, after the wait that the partner asked for.
    Again(Option<Duration>),
    /// Discard.
    Discard,
    /// Pause the destination, and ask now and then whether its settings are accepted.
    Pause,
    /// Pause it until somebody sees to it.
    Stop,
}

/// A message with this `messageId` (as it stands in JSON) and these properties, an object.
pub fn message(id: &str, properties: &str) -> Message {
    let before = r#"{"type":"track","messageId":""#;
    let raw = format!(r#"{before}{id}","event":"Tested","properties":{properties}}}"#);
    let head = Head {
        kind: Kind::Track,
        message_id: Span { start: before.len() as u32, len: id.len() as u32 },
        name: Span::default(),
        user_id: Span::default(),
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw.as_bytes());
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).expect("it was encoded above")
}

/// The destination that tests open.
pub fn owner() -> DestinationId {
    DestinationId("dst_tested".into())
}

/// `message` at `position`, from the source `website`.
pub fn parcel(position: u64, message: Message) -> Parcel {
    let id = SourceId("src_website".into());
    let origin = Origin { id, slug: "website".to_owned(), name: "Website".to_owned() };
    let received_at_ms = 1_795_615_800_123 + i64::try_from(position).unwrap_or_default();
    Parcel { message, position, received_at_ms, source: Arc::new(origin), mapped: None }
}

/// A message as [`message`] makes it, on its way; ids that differ stand at positions that do.
pub fn sent(id: &str, properties: &str) -> Parcel {
    let position = id.bytes().fold(7, |at: u64, byte| at * 31 % ((1 << 56) - 5) + u64::from(byte));
    parcel(position, message(id, properties))
}

/// `count` messages with ids and positions of their own, the same at every call.
pub fn parcels(count: usize) -> Vec<Parcel> {
    let message = |n| message(&format!("m-{n}"), &format!(r#"{{"n":{n}}}"#));
    (0..count).map(|n| parcel(n as u64 * 8, message(n))).collect()
}

/// Checks what holds for every kind of destination: its catalog entry is sound.
pub fn kind(kind: &dyn DestinationKind) {
    let definition = kind.definition();
    let slug_like = |text: &str, also: char| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == also)
    };
    assert!(slug_like(&definition.slug, '-'), "slug {:?}", definition.slug);
    assert!(definition.description.ends_with('.'), "the description is a sentence");
    let mut keys: Vec<&str> = Vec::new();
    for setting in &definition.settings {
        assert!(slug_like(&setting.key, '_'), "setting {:?}", setting.key);
        assert!(!keys.contains(&setting.key.as_str()), "{:?} stands there twice", setting.key);
        assert!(setting.description.ends_with('.'), "{:?} needs a sentence", setting.key);
        assert!(
            !(setting.required && setting.default.is_some()),
            "{:?}: required, yet it has a default",
            setting.key
        );
        keys.push(&setting.key);
    }
    let missing = definition.check(&Settings::new()).err().unwrap_or_default();
    let required = definition.settings.iter().filter(|setting| setting.required);
    let required: Vec<&str> = required.map(|setting| setting.key.as_str()).collect();
    let missing: Vec<&str> = missing.iter().map(|bad| bad.key.as_str()).collect();
    assert_eq!(missing, required, "nothing but the required settings must be given");

    let unknown = Settings::from_iter([("no_such_setting".to_owned(), Value::Null)]);
    let bad = kind
        .open(&unknown, &owner(), &World::default())
        .err()
        .expect("an unknown setting is refused");
    assert!(bad.iter().any(|bad| bad.key == "no_such_setting"), "{bad:?}");
}

/// Checks what holds for every destination while its partner is well: it takes one message, as
/// many as it says, the same ones again, and several deliveries at once.
pub async fn delivers(destination: Arc<dyn Destination>) {
    let batching = destination.batching();
    let some = batching.messages_max > 0 && batching.bytes_max > 0 && batching.calls_max > 0;
    assert!(some, "{batching:?}");
    let most = parcels(batching.messages_max);
    for batch in [&most[..1], &most[..], &most[..]] {
        let outcome = destination.deliver(batch).await;
        assert_eq!(next(&outcome), Next::Done, "{} messages: {outcome:?}", batch.len());
    }
    let deliveries: Vec<_> = (0..8)
        .map(|_| {
            let destination = destination.clone();
            tokio::spawn(async move { destination.deliver(&parcels(1)).await })
        })
        .collect();
    for delivery in deliveries {
        let outcome = delivery.await.expect("a delivery never panics");
        assert_eq!(next(&outcome), Next::Done, "beside others: {outcome:?}");
    }
    destination.close().await;
}

/// Checks what a destination that speaks HTTP makes of every way in which a partner can fail.
/// `open` makes one with the time limit [`TIMEOUT`] that delivers to the URL.
pub async fn http_faults(open: &(dyn Fn(&str, &World) -> Arc<dyn Destination> + Sync)) {
    let world = World { allow_private_addresses: true, ..World::default() };
    let partner = Partner::start(Behaviour::answer(200)).await;
    let destination = open(&partner.url("/hook"), &world);
    let again = Next::Again(None);
    let wait = |seconds| Next::Again(Some(Duration::from_secs(seconds)));

    for (behaviour, next, code) in [
        (Behaviour::answer(200), Next::Done, "200"),
        (Behaviour::answer(202), Next::Done, "202"),
        (Behaviour::answer(204), Next::Done, "204"),
        (Behaviour::Endless(200), Next::Done, "200"),
        (Behaviour::answer(400), Next::Discard, "400"),
        (Behaviour::answer(404), Next::Discard, "404"),
        (Behaviour::answer(413), Next::Discard, "413"),
        (Behaviour::answer(501), Next::Discard, "501"),
        (Behaviour::answer(410), Next::Stop, "410"),
        (Behaviour::answer(408), again, "408"),
        (Behaviour::answer(425), again, "425"),
        (Behaviour::answer(429), again, "429"),
        (Behaviour::answer(429).with("retry-after", "7"), wait(7), "429"),
        (Behaviour::answer(503).with("retry-after", "120"), wait(120), "503"),
        (Behaviour::answer(503).with("retry-after", "99999999999999999999"), wait(86_400), "503"),
        (
            Behaviour::answer(429).with("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
            wait(0),
            "429",
        ),
        (
            Behaviour::answer(429).with("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"),
            wait(86_400),
            "429",
        ),
        (Behaviour::answer(503).with("retry-after", "soon"), again, "503"),
        (Behaviour::answer(500), again, "500"),
        (Behaviour::answer(502), again, "502"),
        (Behaviour::answer(599), again, "599"),
        (Behaviour::Endless(500), again, "500"),
        (Behaviour::Hang, again, "ETIMEDOUT"),
        (Behaviour::Drip, again, "ETIMEDOUT"),
        (Behaviour::EndlessHead, again, "EPROTO"),
        (Behaviour::Reset, again, "ECONNRESET"),
        (Behaviour::Cut, again, "ECONNRESET"),
        (Behaviour::Garbage, again, "EPROTO"),
        (Behaviour::answer(302).with("location", "/elsewhere"), Next::Discard, "302"),
        (Behaviour::answer(307), Next::Discard, "307"),
        (Behaviour::answer(308).with("location", "/hook"), Next::Discard, "308"),
        (Behaviour::answer(307).with("location", "file:///etc/passwd"), Next::Discard, "307"),
        (Behaviour::answer(200), Next::Done, "200"),
    ] {
        partner.behave(behaviour.clone());
        check(&*destination, next, code, &format!("{behaviour:?}")).await;
    }

    // it may be the message that is not wanted, or the settings, as the partner's protocol has it
    partner.behave(Behaviour::answer(401));
    let outcome = destination.deliver(&parcels(1)).await;
    assert!(matches!(next(&outcome), Next::Discard | Next::Pause), "401: {outcome:?}");

    let gone = partner.url("/hook");
    partner.stop().await;
    check(&*open(&gone, &world), again, "ECONNREFUSED", "a closed port").await;
    rehearsal(open).await;
    dead_names(open).await;
    forbidden_addresses(open).await;
    bad_tls(open).await;
}

/// A destination that says so can show what it would send without sending it.
async fn rehearsal(open: &(dyn Fn(&str, &World) -> Arc<dyn Destination> + Sync)) {
    let partner = Partner::start(Behaviour::answer(200)).await;
    let recorder = Recorder::default();
    // What says when it was sent says the same both times.
    let now_ms = Clock::default().now_ms();
    let clock = Clock::new(move || now_ms);
    let world = World { allow_private_addresses: true, clock, ..World::default() };
    let rehearsed = World { rehearsal: true, recorder: Some(recorder.clone()), ..world.clone() };
    let destination = open(&partner.url("/hook"), &rehearsed);
    if !destination.can_rehearse() {
        return;
    }
    drop(destination.deliver(&parcels(1)).await);
    assert_eq!(partner.received().len(), 0, "something went out");
    let shown = recorder.exchanges();
    let outcome = open(&partner.url("/hook"), &world).deliver(&parcels(1)).await;
    assert_eq!(next(&outcome), Next::Done, "{outcome:?}");
    let received = partner.received();
    let bodies: Vec<&[u8]> = received.iter().map(|one| one.body.as_ref()).collect();
    let shown: Vec<&[u8]> = shown.iter().map(|one| one.body.as_ref()).collect();
    assert_eq!(shown, bodies, "what is shown is what goes out");
}

async fn dead_names(open: &(dyn Fn(&str, &World) -> Arc<dyn Destination> + Sync)) {
    let names = Names::default();
    let world = World { resolver: Arc::new(names.clone()), ..World::default() };
    let destination = open("http://dead.example/", &world);
    check(&*destination, Next::Again(None), "ENOTFOUND", "a name without entry").await;
    names.set("dead.example", &[]);
    check(&*destination, Next::Again(None), "ENOTFOUND", "a name without address").await;
}

/// What listens on our side must hear nothing, neither directly, nor by name, nor by redirect.
async fn forbidden_addresses(open: &(dyn Fn(&str, &World) -> Arc<dyn Destination> + Sync)) {
    let canary = Partner::start(Behaviour::answer(200)).await;
    let names = Names::default();
    names.set("rebound.example", &["127.0.0.1"]);
    let strict = World { resolver: Arc::new(names.clone()), ..World::default() };
    let port = canary.address().port();

    let direct = open(&canary.url("/"), &strict);
    check(&*direct, Next::Pause, "PRIVATE_ADDRESS", "a loopback URL").await;
    let mapped = open(&format!("http://[::ffff:127.0.0.1]:{port}/"), &strict);
    check(&*mapped, Next::Pause, "PRIVATE_ADDRESS", "a mapped loopback URL").await;
    let by_name = open(&format!("http://rebound.example:{port}/"), &strict);
    let outcome = by_name.deliver(&parcels(1)).await;
    assert_eq!(fault(&outcome).map(|fault| fault.code.as_str()), Some("PRIVATE_ADDRESS"));
    assert!(!matches!(next(&outcome), Next::Done | Next::Discard), "a name may change its mind");
    assert!(canary.received().is_empty(), "the canary heard something");

    let lenient = World { allow_private_addresses: true, ..strict };
    let control = open(&format!("http://rebound.example:{port}/"), &lenient);
    check(&*control, Next::Done, "200", "the same where an operator allows it").await;
    assert_eq!(canary.received().len(), 1, "the canary can hear");
}

async fn bad_tls(open: &(dyn Fn(&str, &World) -> Arc<dyn Destination> + Sync)) {
    let world = World { allow_private_addresses: true, ..World::default() };
    let plain = Partner::start(Behaviour::Greet).await;
    let url = plain.url("/").replace("http://", "https://");
    check(&*open(&url, &world), Next::Again(None), "TLS", "TLS with one who speaks none").await;
}

async fn check(destination: &dyn Destination, expect: Next, code: &str, case: &str) {
    let began = Instant::now();
    let outcome = destination.deliver(&parcels(1)).await;
    let took = began.elapsed();
    assert_eq!(next(&outcome), expect, "{case}: {outcome:?}");
    assert!(took < PATIENCE, "{case}: took {took:?}");
    match fault(&outcome) {
        Some(fault) => {
            assert_eq!(fault.code, code, "{case}: {fault:?}");
            let words = reasons::find(Step::FailedDelivery, code);
            assert!(words.is_some(), "{case}: {code:?} has no words among the reasons of `spec`");
            assert!(fault.excerpt.len() <= EXCERPT_BYTES_MAX, "{case}: the excerpt is bounded");
        }
        None => {
            let status = outcome.ok().and_then(|answer| answer.status);
            assert_eq!(status.map(|status| status.to_string()).as_deref(), Some(code), "{case}");
        }
    }
}

/// What the engine does after `outcome`.
pub fn next(outcome: &Result<Answer, DeliveryError>) -> Next {
    match outcome {
        Ok(_) => Next::Done,
        Err(DeliveryError::Retry(_, wait)) => Next::Again(*wait),
        Err(DeliveryError::Refused(_)) => Next::Discard,
        Err(DeliveryError::BadSettings(_)) => Next::Pause,
        Err(DeliveryError::Gone(_)) => Next::Stop,
    }
}

/// What went wrong, where something did.
pub fn fault(outcome: &Result<Answer, DeliveryError>) -> Option<&Fault> {
    match outcome {
        Ok(_) => None,
        Err(
            DeliveryError::Retry(fault, _)
            | DeliveryError::Refused(fault)
            | DeliveryError::BadSettings(fault)
            | DeliveryError::Gone(fault),
        ) => Some(fault),
    }
}

/// A resolver that knows what it is told, and can change its mind.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<String, Vec<IpAddr>>>>);

impl Names {
    /// From now on `name` leads to `addresses`.
    pub fn set(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        self.0.lock().expect("nobody panics with it").insert(name.to_owned(), addresses);
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let known = self.0.lock().expect("nobody panics with it").get(host).cloned();
        known.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name"))
    }
}
