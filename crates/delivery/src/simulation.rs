//! A seed decides what partners answer, when the process dies, and what the clock says; time is
//! virtual, and only the log and the snapshot of the books survive a life.
//!
//! Whatever happens: nothing that was accepted is lost, the books balance at every moment, each
//! person's first attempts stay in order, and a message is sent again only when its outcome was
//! not recorded or said so.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use destination_kit::{
    Answer, BadSetting, Batching, Definition, DeliveryError, Destination, DestinationKind, Fault,
    Settings, World,
};
use event_log::{Batch, EventLog, Label, MemoryLog, Position, Tag};
use routing::{Routing, RoutingSnapshot};
use spec::{Attempts, Message, Outcome, record};
use tokio::time::{Instant, sleep};

use crate::{
    Delivery, Options,
    tests::{destination, encoded, source},
};

/// Small, fast and the same everywhere.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as `seed` says.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `below`.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}

/// What partners saw and how they behave, over all lives of the process.
pub struct Scene {
    dice: Mutex<Dice>,
    /// Per destination: ids in the order in which attempts began, and whether they were taken.
    calls: Mutex<BTreeMap<String, Vec<(String, bool)>>>,
    /// Virtual milliseconds of all earlier lives.
    before_ms: Mutex<i64>,
}

impl Scene {
    fn new(seed: u64) -> Arc<Scene> {
        Arc::new(Scene {
            dice: Mutex::new(Dice::new(seed)),
            calls: Mutex::default(),
            before_ms: Mutex::new(1_763_000_000_000),
        })
    }

    fn roll(&self, below: u64) -> u64 {
        self.dice.lock().expect("no test panics with it").roll(below)
    }
}

struct Partners(Arc<Scene>);

struct Partner {
    scene: Arc<Scene>,
    name: String,
    mood: String,
    batching: Batching,
}

impl DestinationKind for Partners {
    fn definition(&self) -> Definition {
        Definition {
            slug: "partner".into(),
            name: "Partner".into(),
            description: "Does as it pleases.".into(),
            settings: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let text = |key: &str| settings.get(key).and_then(|v| v.as_str()).unwrap_or("").to_owned();
        let messages_max = settings.get("batch").and_then(|v| v.as_u64()).unwrap_or(1) as usize;
        Ok(Arc::new(Partner {
            scene: self.0.clone(),
            name: text("name"),
            mood: text("mood"),
            batching: Batching { messages_max, bytes_max: 1 << 20 },
        }))
    }
}

#[async_trait]
impl Destination for Partner {
    fn batching(&self) -> Batching {
        self.batching
    }

    async fn deliver(&self, messages: &[Message]) -> Result<Answer, DeliveryError> {
        let ids: Vec<String> = messages
            .iter()
            .map(|m| String::from_utf8_lossy(m.message_id()).into_owned())
            .collect();
        let at = {
            let mut calls = self.scene.calls.lock().expect("no test panics with it");
            let calls = calls.entry(self.name.clone()).or_default();
            calls.extend(ids.iter().map(|id| (id.clone(), false)));
            calls.len() - ids.len()
        };
        let fault = |status: u16| Fault { status: Some(status), code: status.to_string(), excerpt: "no".into() };
        sleep(Duration::from_millis(self.scene.roll(20))).await;
        match (self.mood.as_str(), self.scene.roll(100)) {
            ("hung", _) | ("wild", 0..3) => std::future::pending::<()>().await,
            ("dead", _) | ("wild", 3..25) => return Err(DeliveryError::Retry(fault(503), None)),
            ("wild", 25..30) => {
                let wish = Some(Duration::from_secs(self.scene.roll(600)));
                return Err(DeliveryError::Retry(fault(429), wish));
            }
            ("wild", 30..31) => return Err(DeliveryError::BadSettings(fault(401))),
            _ => {}
        }
        if ids.iter().any(|id| id.contains("refused")) {
            return Err(DeliveryError::Refused(fault(400)));
        }
        if ids.iter().any(|id| id.contains("poison")) {
            return Err(DeliveryError::Retry(fault(500), None));
        }
        let mut calls = self.scene.calls.lock().expect("no test panics with it");
        let calls = calls.entry(self.name.clone()).or_default();
        calls[at..at + ids.len()].iter_mut().for_each(|(_, taken)| *taken = true);
        Ok(Answer { status: Some(200) })
    }
}

/// The routing of every simulation: two sources, four destinations.
fn routes(mood: &str) -> RoutingSnapshot {
    let named = |slug: &str, sources: &[&str], mood: &str, batch: u64| {
        let mut route = destination(slug, sources);
        route.settings.insert("name".into(), slug.into());
        route.settings.insert("mood".into(), mood.into());
        route.settings.insert("batch".into(), batch.into());
        route
    };
    let mut single = named("single", &["web"], mood, 1);
    single.concurrency = 1;
    RoutingSnapshot::new(
        1,
        vec![source("web"), source("app")],
        vec![
            named("steady", &["web", "app"], "", 1),
            named("wild", &["web"], mood, 1),
            named("batches", &["web", "app"], mood, 8),
            single,
        ],
    )
}

pub async fn accept(log: &MemoryLog, source: &str, id: &str, user: &str, at_ms: i64) -> Position {
    let stream = spec::SourceId(source.into()).stream();
    let tag = Tag::Key(log.key_of(stream, id.as_bytes()));
    let mut batch = Batch::new();
    batch.want_places();
    let label = Label { kind: record::MESSAGE, stream, time_ms: at_ms, tag };
    batch.push(label, &encoded(id, user, "{}"));
    log.lane().append(batch).await.expect("a log in memory takes all").places[0].position
}

/// One life of the process: runs `work`, then everything but the log is gone.
fn life<T>(
    scene: &Arc<Scene>,
    log: &MemoryLog,
    books: &std::path::Path,
    routing: RoutingSnapshot,
    work: impl AsyncFnOnce(Delivery, &dyn Fn() -> i64) -> T,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be had");
    let before = *scene.before_ms.lock().expect("no test panics with it");
    let (value, lived) = runtime.block_on(async {
        let born = Instant::now();
        let clock = move || before + born.elapsed().as_millis() as i64;
        let world = World { clock: destination_kit::Clock::new(clock), ..World::default() };
        let dice = scene.clone();
        let jitter = Arc::new(move || dice.roll(1000) as f64 / 1000.0);
        let options = Options::new(books.to_owned(), world, jitter);
        let kinds: Vec<Box<dyn DestinationKind>> = vec![Box::new(Partners(scene.clone()))];
        let delivery = Delivery::start(Arc::new(log.clone()), Routing::new(routing), kinds, options);
        let delivery = delivery.await.expect("a log in memory can be read");
        let value = work(delivery, &clock).await;
        (value, born.elapsed().as_millis() as i64)
    });
    *scene.before_ms.lock().expect("no test panics with it") += lived;
    value
}

async fn balanced(delivery: &Delivery) {
    for audit in delivery.audit().await.expect("a log in memory can be read") {
        assert!(audit.balances(), "{audit:?}");
    }
    delivery.ledger().with(|books| books.check()).expect("the books are sound");
}

fn simulate(seed: u64) {
    let scene = Scene::new(seed);
    let log = MemoryLog::new();
    let dir = tempfile::tempdir().expect("a folder can be made");
    let books = dir.path().join("books");
    let mut accepted: Vec<(String, String, String)> = Vec::new();
    for life_number in 0..4 {
        let calm = life_number == 3;
        let routing = routes(if calm { "" } else { "wild" });
        life(&scene, &log, &books, routing, async |delivery, clock| {
            for _ in 0..scene.roll(120) {
                let n = accepted.len();
                let source = if scene.roll(3) == 0 { "app" } else { "web" };
                let word = match scene.roll(40) {
                    0 => "refused",
                    1 => "poison",
                    _ => "m",
                };
                let (id, user) = (format!("{word}-{n}"), format!("user-{}", scene.roll(6)));
                accept(&log, source, &id, &user, clock()).await;
                accepted.push((source.to_owned(), id, user));
                if scene.roll(8) == 0 {
                    let (source, id, user) = accepted[scene.roll(accepted.len() as u64) as usize].clone();
                    accept(&log, &source, &id, &user, clock()).await;
                }
                if scene.roll(4) == 0 {
                    sleep(Duration::from_millis(scene.roll(3000))).await;
                }
            }
            balanced(&delivery).await;
            if calm {
                // All there is to do is done within the horizon and a little more.
                sleep(Duration::from_secs(80 * 3600)).await;
            }
            if calm || scene.roll(3) == 0 {
                delivery.drain(Duration::from_secs(60)).await;
            }
            if calm {
                balanced(&delivery).await;
                let pending = delivery.ledger().with(|books| {
                    books.destinations().iter().map(|book| book.total.pending()).sum::<u64>()
                });
                assert_eq!(pending, 0, "seed {seed}: everything has an end");
            }
        });
    }
    judge(seed, &scene, &log, &accepted);
}

/// Looks at what partners saw, and at what the log says, once all lives are over.
fn judge(seed: u64, scene: &Scene, log: &MemoryLog, accepted: &[(String, String, String)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let entries = runtime.block_on(event_log::conformance::read_all(log, Position(0)));
    let mut settled: HashMap<(String, u64), u32> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.label.kind == record::ATTEMPTS) {
        let attempts: Attempts = record::decode(&entry.payload).expect("we wrote it");
        for attempt in attempts.attempts {
            let ends = !matches!(attempt.outcome, Outcome::Retry { .. } | Outcome::Redelivery);
            let key = (attempts.destination.to_string(), attempt.position);
            *settled.entry(key).or_default() += u32::from(ends);
        }
    }
    for (key, ends) in &settled {
        assert_eq!(*ends, 1, "seed {seed}: {key:?} ended {ends} times");
    }
    let calls = scene.calls.lock().expect("no test panics with it");
    for (name, sources) in [
        ("steady", &["web", "app"][..]),
        ("wild", &["web"]),
        ("batches", &["web", "app"]),
        ("single", &["web"]),
    ] {
        let calls = calls.get(name).map(Vec::as_slice).unwrap_or_default();
        let taken: HashSet<&str> =
            calls.iter().filter(|(_, taken)| *taken).map(|(id, _)| id.as_str()).collect();
        let own = accepted.iter().filter(|(source, ..)| sources.contains(&source.as_str()));
        let mut last: HashMap<&str, (usize, &str)> = HashMap::new();
        for (_, id, user) in own {
            let first = calls.iter().position(|(called, _)| called == id);
            let first = first.unwrap_or_else(|| panic!("seed {seed}: {name} was never offered {id}"));
            let hopeless = id.contains("refused") || id.contains("poison");
            assert_eq!(taken.contains(id.as_str()), !hopeless, "seed {seed}: {name} {id}");
            if let Some((before, earlier)) = last.insert(user, (first, id)) {
                assert!(before < first, "seed {seed}: {name} saw {id} before {earlier}");
            }
        }
    }
}

#[test]
fn nothing_is_lost_and_everything_is_accounted_for() {
    for seed in 1..=60 {
        simulate(seed);
    }
}
