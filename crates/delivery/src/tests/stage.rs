//! A stage for whole deliveries: partners that do as they are told, a log in memory, virtual time.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use destination_kit::{
    Answer, BadSetting, Batching, Clock, Definition, DeliveryError, Destination, DestinationKind,
    Fault, Parcel, Settings, World,
};
use event_log::{Batch, EventLog, Label, MemoryLog, Position, Tag};
use routing::{DestinationRoute, Routing};
use spec::{DestinationId, Message, SourceId, record};
use tokio::time::{Instant, sleep};

use super::{destination, encoded};
use crate::{Delivery, Options};

/// What the clock says when a scene begins, Unix milliseconds.
pub const BEGAN_MS: i64 = 1_763_000_000_000;

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
    calls: Mutex<BTreeMap<String, Calls>>,
    /// Per destination and id: what it was sent last, JSON.
    bodies: Mutex<BTreeMap<(String, String), String>>,
    /// Destinations and ids that were tried.
    tried: Mutex<HashSet<(String, String)>>,
    /// Per destination: persons whose first attempts are under way, once for each delivery.
    under_way: Mutex<BTreeMap<String, Vec<String>>>,
    /// First attempts that began while one of the same person was under way.
    overlaps: Mutex<Vec<String>>,
    /// Per destination: the position before which it may forget what it was sent.
    settled: Mutex<BTreeMap<String, u64>>,
    /// What partners are told to do, whatever their settings say.
    moods: Mutex<BTreeMap<String, String>>,
    /// Virtual milliseconds of all earlier lives.
    before_ms: Mutex<i64>,
}

/// Ids in the order in which attempts began, and whether they were taken.
pub type Calls = Vec<(String, bool)>;

impl Scene {
    /// A scene whose dice fall as `seed` says.
    pub fn new(seed: u64) -> Arc<Scene> {
        Arc::new(Scene {
            dice: Mutex::new(Dice::new(seed)),
            calls: Mutex::default(),
            bodies: Mutex::default(),
            tried: Mutex::default(),
            under_way: Mutex::default(),
            overlaps: Mutex::default(),
            settled: Mutex::default(),
            moods: Mutex::default(),
            before_ms: Mutex::new(BEGAN_MS),
        })
    }

    /// A number below `below`.
    pub fn roll(&self, below: u64) -> u64 {
        self.dice.lock().expect("no test panics with it").roll(below)
    }

    /// What `partner` saw.
    pub fn calls(&self, partner: &str) -> Calls {
        let calls = self.calls.lock().expect("no test panics with it");
        calls.get(partner).cloned().unwrap_or_default()
    }

    /// What `partner` was sent last under `id`, JSON.
    pub fn body(&self, partner: &str, id: &str) -> Option<String> {
        let bodies = self.bodies.lock().expect("no test panics with it");
        bodies.get(&(partner.to_owned(), id.to_owned())).cloned()
    }

    /// The position before which `partner` may forget what it was sent.
    pub fn settled(&self, partner: &str) -> u64 {
        let settled = self.settled.lock().expect("no test panics with it");
        settled.get(partner).copied().unwrap_or_default()
    }

    /// First attempts that began while one of the same person was under way.
    pub fn overlaps(&self) -> Vec<String> {
        self.overlaps.lock().expect("no test panics with it").clone()
    }

    /// Whether this is the first time that `partner` is sent `id`.
    fn is_first(&self, partner: &str, id: &str) -> bool {
        let mut tried = self.tried.lock().expect("no test panics with it");
        tried.insert((partner.to_owned(), id.to_owned()))
    }

    /// Notes that first attempts of these persons begin, until what it gives is dropped.
    fn begin(self: &Arc<Scene>, partner: &str, mut persons: Vec<String>) -> UnderWay {
        persons.sort();
        persons.dedup();
        let mut all = self.under_way.lock().expect("no test panics with it");
        let under_way = all.entry(partner.to_owned()).or_default();
        let twice = persons.iter().filter(|person| under_way.contains(person));
        let twice: Vec<String> = twice.map(|person| format!("{partner}: {person}")).collect();
        self.overlaps.lock().expect("no test panics with it").extend(twice);
        under_way.extend(persons.iter().cloned());
        UnderWay { scene: self.clone(), partner: partner.to_owned(), persons }
    }

    /// Tells `partner` what to do from now on.
    pub fn tell(&self, partner: &str, mood: &str) {
        let mut moods = self.moods.lock().expect("no test panics with it");
        moods.insert(partner.to_owned(), mood.to_owned());
    }

    fn mood(&self, partner: &Partner) -> String {
        let moods = self.moods.lock().expect("no test panics with it");
        moods.get(&partner.name).unwrap_or(&partner.mood).clone()
    }
}

/// First attempts under way; over when it is dropped, as it is when the process dies.
struct UnderWay {
    scene: Arc<Scene>,
    partner: String,
    persons: Vec<String>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut all = self.scene.under_way.lock().expect("no test panics with it");
        let under_way = all.entry(self.partner.clone()).or_default();
        for person in &self.persons {
            let at = under_way.iter().position(|one| one == person);
            under_way.swap_remove(at.expect("it was put there"));
        }
    }
}

/// A destination whose partner is in this mood and takes so many messages at once.
pub fn partner(slug: &str, sources: &[&str], mood: &str, batch: u64) -> DestinationRoute {
    let mut route = destination(slug, sources);
    route.settings.insert("name".into(), slug.into());
    route.settings.insert("mood".into(), mood.into());
    route.settings.insert("batch".into(), batch.into());
    route
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
            actions: vec![],
        }
    }

    fn open(
        &self,
        settings: &Settings,
        _owner: &DestinationId,
        _world: &World,
    ) -> Result<Arc<dyn Destination>, Vec<BadSetting>> {
        let text = |key: &str| settings.get(key).and_then(|v| v.as_str()).unwrap_or("").to_owned();
        if text("mood") == "bad" {
            let problem = "must be good".to_owned();
            return Err(vec![BadSetting { key: "mood".into(), problem }]);
        }
        let messages_max = settings.get("batch").and_then(|v| v.as_u64()).unwrap_or(1) as usize;
        let calls_max = settings.get("calls").and_then(|v| v.as_u64()).unwrap_or(100) as usize;
        let linger = settings.get("linger_ms").and_then(|v| v.as_u64()).unwrap_or_default();
        let linger = Duration::from_millis(linger);
        Ok(Arc::new(Partner {
            scene: self.0.clone(),
            name: text("name"),
            mood: text("mood"),
            batching: Batching { messages_max, bytes_max: 1 << 20, calls_max, linger },
        }))
    }
}

#[async_trait]
impl Destination for Partner {
    fn batching(&self) -> Batching {
        self.batching
    }

    fn settled(&self, before: u64) {
        let mut settled = self.scene.settled.lock().expect("no test panics with it");
        settled.insert(self.name.clone(), before);
    }

    async fn deliver(&self, parcels: &[Parcel]) -> Result<Answer, DeliveryError> {
        let messages = || parcels.iter().map(|parcel| &parcel.message);
        let ids: Vec<String> =
            messages().map(|m| String::from_utf8_lossy(m.message_id()).into_owned()).collect();
        let persons = messages().zip(&ids);
        let persons = persons.filter(|(_, id)| self.scene.is_first(&self.name, id));
        let person = |m: &Message| String::from_utf8_lossy(m.ordering_key()).into_owned();
        let persons = persons.map(|(message, _)| person(message)).collect();
        let _under_way = self.scene.begin(&self.name, persons);
        for (parcel, id) in parcels.iter().zip(&ids) {
            let body = match &parcel.mapped {
                Some(mapped) => serde_json::Value::Object(mapped.fields.clone()).to_string(),
                None => String::from_utf8_lossy(parcel.message.raw()).into_owned(),
            };
            let mut bodies = self.scene.bodies.lock().expect("no test panics with it");
            bodies.insert((self.name.clone(), id.clone()), body);
        }
        let at = {
            let mut calls = self.scene.calls.lock().expect("no test panics with it");
            let calls = calls.entry(self.name.clone()).or_default();
            calls.extend(ids.iter().map(|id| (id.clone(), false)));
            calls.len() - ids.len()
        };
        let fault = |status: u16| Fault {
            status: Some(status),
            code: status.to_string(),
            excerpt: "no".into(),
        };
        sleep(Duration::from_millis(self.scene.roll(20))).await;
        match (self.scene.mood(self).as_str(), self.scene.roll(100)) {
            ("hung", _) | ("wild", 0..3) => std::future::pending::<()>().await,
            ("dead", _) | ("wild", 3..25) => return Err(DeliveryError::Retry(fault(503), None)),
            ("wild", 25..30) => {
                let wish = Some(Duration::from_secs(self.scene.roll(600)));
                return Err(DeliveryError::Retry(fault(429), wish));
            }
            ("gone", _) => return Err(DeliveryError::Gone(fault(410))),
            ("locked", _) | ("wild", 30..31) => return Err(DeliveryError::BadSettings(fault(401))),
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

/// Accepts a message as ingest does.
pub async fn accept(log: &MemoryLog, source: &str, id: &str, user: &str, at_ms: i64) -> Position {
    let stream = SourceId(source.into()).stream();
    let tag = Tag::Key(log.key_of(stream, id.as_bytes()));
    let mut batch = Batch::new();
    batch.want_places();
    let label = Label { kind: record::MESSAGE, stream, time_ms: at_ms, tag };
    batch.push(label, &encoded(id, user, "{}"));
    log.lane().append(batch).await.expect("a log in memory takes all").places[0].position
}

/// One life of the process: runs `work`, then everything but the log and the books is gone.
pub fn life<T>(
    scene: &Arc<Scene>,
    log: &MemoryLog,
    books: &Path,
    routing: &Routing,
    change: impl FnOnce(&mut Options),
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
        let world = World { clock: Clock::new(clock), ..World::default() };
        let dice = scene.clone();
        let jitter = Arc::new(move || dice.roll(1000) as f64 / 1000.0);
        let mut options = Options::new(books.to_owned(), world, jitter);
        options.snapshot_every = Duration::from_secs(8 * 3600);
        change(&mut options);
        let kinds: Vec<Box<dyn DestinationKind>> = vec![Box::new(Partners(scene.clone()))];
        let delivery = Delivery::start(Arc::new(log.clone()), routing.clone(), kinds, options);
        let delivery = delivery.await.expect("a log in memory can be read");
        let value = work(delivery, &clock).await;
        (value, born.elapsed().as_millis() as i64)
    });
    *scene.before_ms.lock().expect("no test panics with it") += lived;
    value
}

/// The books add up, and agree with a count in the log.
pub async fn balanced(delivery: &Delivery) {
    for audit in delivery.audit().await.expect("a log in memory can be read") {
        assert!(audit.balances(), "{audit:?}");
    }
    delivery.ledger().with(|books| books.check()).expect("the books are sound");
}
