//! How many events a replay sends in a second to a destination that takes everything at once, and
//! what that is beside merely reading them from the log, in turns.
//!
//! ```text
//! cargo run --release -p delivery --example replay_speed [-- EVENTS [ROUNDS]]
//! ```

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use delivery::{
    Delivery, Options,
    replay::{Asked, State},
};
use destination_kit::{
    Answer, BadSetting, Batching, Definition, DeliveryError, Destination, DestinationKind, Parcel,
    Settings, World,
};
use event_log::{Batch, EventLog, FileLog, Label, Tag};
use routing::{DestinationRoute, Routing, RoutingSnapshot, SourceRoute};
use spec::{DestinationId, Head, Kind, Message, SourceId, Span, record};

/// When the first message came, Unix milliseconds.
const BEGAN_MS: i64 = 1_795_615_800_000;
/// Messages in one batch of the log.
const TOGETHER: u64 = 500;

/// Takes everything and keeps nothing.
struct Null(Arc<AtomicU64>);

impl DestinationKind for Null {
    fn definition(&self) -> Definition {
        Definition {
            slug: "null".into(),
            name: "Null".into(),
            description: "Takes everything.".into(),
            settings: vec![],
            actions: vec![],
        }
    }

    fn open(
        &self,
        _settings: &Settings,
        _owner: &DestinationId,
        _world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        Ok(Arc::new(Null(self.0.clone())))
    }
}

#[async_trait]
impl Destination for Null {
    fn batching(&self) -> Batching {
        Batching { messages_max: 4000, bytes_max: 8 << 20, calls_max: 1, linger: Duration::ZERO }
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        self.0.fetch_add(parcels.len() as u64, Relaxed);
        Ok(Answer::default())
    }
}

/// An order of about 1.2 KB, as ingest keeps it.
fn encoded(n: u64) -> Vec<u8> {
    let id = format!("ajs-next-{BEGAN_MS}-{n:012}");
    let before = r#"{"type":"track","messageId":""#;
    let event = "Order Completed";
    let products: Vec<String> = (0..6)
        .map(|at| {
            let sku = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at * 9);
            format!(r#"{{"product_id":"{sku:016x}","sku":"G-{at}","name":"Monopoly: 3rd Edition","price":{}.99,"quantity":{}}}"#, 10 + at, 1 + at % 3)
        })
        .collect();
    let middle = format!(r#"{id}","event":""#);
    let rest = format!(
        r#"","userId":"user-{}","anonymousId":"{n:032x}","context":{{"ip":"203.0.113.7","library":{{"name":"analytics.js","version":"next-1.70.0"}},"page":{{"path":"/checkout","url":"https://shop.example/checkout"}}}},"integrations":{{}},"properties":{{"order_id":"{n}","total":27.50,"currency":"USD","products":[{}]}},"timestamp":"2026-11-25T14:10:00.000Z","receivedAt":"2026-11-25T14:10:00.123Z"}}"#,
        n % 10_000,
        products.join(",")
    );
    let name_at = before.len() + middle.len();
    let head = Head {
        kind: Kind::Track,
        message_id: Span { start: before.len() as u32, len: id.len() as u32 },
        name: Span { start: name_at as u32, len: event.len() as u32 },
        user_id: Span::default(),
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    for part in [before, &middle, event, &rest] {
        out.extend_from_slice(part.as_bytes());
    }
    Message::finish(&mut out, at, &head);
    out
}

async fn fill(log: &FileLog, events: u64) -> io::Result<u64> {
    let (lane, stream) = (log.lane(), SourceId("web".into()).stream());
    let mut bytes = 0;
    for first in (0..events).step_by(TOGETHER as usize) {
        let mut batch = Batch::new();
        for n in first..(first + TOGETHER).min(events) {
            let time_ms = BEGAN_MS + n as i64 / 10;
            let label = Label { kind: record::MESSAGE, stream, time_ms, tag: Tag::None };
            let payload = encoded(n);
            bytes += payload.len() as u64;
            batch.push(label, &payload);
        }
        lane.append(batch).await.map_err(io::Error::other)?;
    }
    Ok(bytes / events.max(1))
}

/// Reads all of the log, and nothing else.
async fn read(log: &FileLog) -> io::Result<u64> {
    let end = *log.end().borrow();
    let (mut from, mut events) = (log.stats().oldest, 0);
    while from < end {
        let chunk = log.read(from, 1 << 20).await.map_err(io::Error::other)?;
        let messages = chunk.entries.iter().filter(|entry| entry.label.kind == record::MESSAGE);
        events += messages.count() as u64;
        from = chunk.next;
    }
    Ok(events)
}

async fn replay(delivery: &Delivery, destination: &DestinationId) -> io::Result<u64> {
    let asked = Asked {
        from_ms: 0,
        to_ms: i64::MAX,
        streams: vec![SourceId("web".into()).stream()],
        kinds: vec![],
        events: [].into(),
        user_id: None,
        anonymous_id: None,
        per_second: delivery::replay::RATE_MAX,
    };
    let made = delivery.replay(destination, asked, false).await.map_err(io::Error::other)?;
    let state = || delivery.find_replay(&made.id).expect("it was made");
    while state().state == State::Counting {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ordered = delivery.order_replay(&made.id, delivery::replay::Order::Go);
    ordered.expect("it was made").map_err(io::Error::other)?;
    while state().state == State::Running {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(state().delivered)
}

fn routes(destination: &DestinationId) -> RoutingSnapshot {
    let source = SourceRoute {
        id: SourceId("web".into()),
        slug: "web".into(),
        name: "Web".into(),
        write_keys: vec![],
        enabled: true,
        client_side: false,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    };
    let route = DestinationRoute {
        id: destination.clone(),
        slug: "null".into(),
        name: "Null".into(),
        kind: "null".into(),
        enabled: false,
        settings: Default::default(),
        sources: vec![source.id.clone()],
        concurrency: 8,
        retry_for: None,
        rate_per_second: None,
        events_off: Default::default(),
        filters: Default::default(),
        mappings: Default::default(),
    };
    RoutingSnapshot::new(1, vec![source], vec![route])
}

async fn run(folder: &Path, events: u64, rounds: u64) -> io::Result<()> {
    let log = FileLog::open(&folder.join("log"), Default::default()).map_err(io::Error::other)?;
    let bytes = fill(&log, events).await?;
    println!("{events} events of {bytes} bytes");
    let destination = DestinationId("null".into());
    let taken = Arc::new(AtomicU64::new(0));
    let kinds: Vec<Box<dyn DestinationKind>> = vec![Box::new(Null(taken.clone()))];
    let options = Options::new(folder.join("books"), World::default(), Arc::new(|| 0.5));
    let shared: Arc<dyn EventLog> = Arc::new(log.clone());
    let started = Delivery::start(shared, Routing::new(routes(&destination)), kinds, options);
    let delivery = started.await.map_err(io::Error::other)?;
    for round in 0..rounds {
        let began = Instant::now();
        let alone = read(&log).await? as f64 / began.elapsed().as_secs_f64();
        let began = Instant::now();
        let sent = replay(&delivery, &destination).await? as f64 / began.elapsed().as_secs_f64();
        println!("round {round}: counted and sent {sent:>9.0}/s, read {alone:>9.0}/s");
    }
    let expect = events * rounds;
    println!("taken {} of {expect}", taken.load(Relaxed));
    delivery.drain(Duration::from_secs(5)).await;
    Ok(())
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let mut next = |or: u64| arguments.next().transpose().map(|given| given.unwrap_or(or));
    let (events, rounds) = (next(1_000_000), next(5));
    let (events, rounds) = (events.map_err(io::Error::other)?, rounds.map_err(io::Error::other)?);
    let folder = tempfile::tempdir()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(folder.path(), events, rounds))
}
