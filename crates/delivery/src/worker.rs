//! One destination's way through the log: a task of its own, with its own queue, limits, retries
//! and breaker, so that no destination can hold up another.
//!
//! ```text
//! log ─► read ─► map, choose ─► queue ─┬─► send ─► settle ─► record ─► log
//!                                      │                        │
//!                            retries ──┘◄───────────────────────┘
//! ```
//!
//! - First attempts keep each person's order: at most one delivery holds a person's messages at a
//!   time. A first attempt that failed holds nobody back; the message goes to the retries.
//! - An outcome counts once it is in the log. What was sent and not recorded when the process
//!   dies is sent again; nothing else is.
//! - While nothing may be sent (breaker open, settings not accepted, disabled), what waits stays
//!   in the log. What has waited longer than the schedule's horizon goes to the dead letters with
//!   the code `expired`, so that a dead partner cannot fill the disk.
//! - A destination that is gone, or has done nothing but fail for days, is paused: not even asked
//!   again, until somebody resumes it or edits its settings. What comes for it waits.
//! - Retries take at most half of the deliveries under way while first attempts wait.

mod dispatch;
mod pace;
mod pause;
mod record;
mod settle;
mod status;

use std::{
    collections::{BTreeSet, VecDeque},
    pin::Pin,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use destination_kit::{BadSetting, Batching, Destination};
use event_log::{Batch, Chunk, EventLog, Lane, LogError, Position};
use routing::{DestinationRoute, Routing};
use spec::{DestinationId, Pause};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    Kinds, Options,
    books::{Condition, DeadLetter, DestinationBook, Fed, Paused},
    breaker::Breaker,
    events::Events,
    failing::Streak,
    metrics::Meters,
    origins::Origins,
    outcomes::Outcomes,
    queue::Queue,
    retries::{Retries, Retry},
    window::Window,
};
use dispatch::Landed;
use pace::Pace;
pub use status::{State, Status};

/// Messages that wait in memory for their first attempt.
const QUEUE_MAX: usize = 4096;
/// Their bytes.
const QUEUE_BYTES_MAX: usize = 8 << 20;
/// Their bytes while each waits for another of its own person: a flood from one person must not
/// keep everybody else's messages from being read.
const QUEUE_BLOCKED_BYTES_MAX: usize = 4 * QUEUE_BYTES_MAX;
/// Messages read beyond the oldest one without an outcome.
const WINDOW_MAX: usize = 65_536;
/// Messages between attempts.
const RETRIES_MAX: usize = 10_000;
/// Outcomes that wait to be recorded.
const OUTCOMES_MAX: usize = 65_536;
const READ_BYTES: usize = 256 << 10;
/// The same for a worker that is behind.
const READ_BYTES_BEHIND: usize = 1 << 20;
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How often a worker looks for what has waited too long.
const TICK: Duration = Duration::from_secs(60);

/// What a worker is told; only the latest counts.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    /// The destination; `None` when the routing knows it no longer.
    pub route: Option<Arc<DestinationRoute>>,
    /// What feeds it, by every record that said so since this process began.
    pub fed: Vec<Fed>,
    /// Begin nothing more, and be done by then.
    pub stop: Option<Instant>,
}

/// What a worker is asked.
pub(crate) enum Request {
    /// Take these dead letters up again; answers how many were.
    Redeliver(Vec<(u64, DeadLetter)>, oneshot::Sender<usize>),
    /// Go on after a pause; answers 1 when there was one.
    Resume(oneshot::Sender<usize>),
    /// Lend the destination to a replay; no answer while there is none.
    Lend(oneshot::Sender<Arc<dyn Destination>>),
}

/// Where messages go.
enum Link {
    /// Nowhere: disabled.
    Off,
    /// Nowhere: the settings do not fit.
    Misconfigured(Vec<BadSetting>),
    /// Here.
    Ready { destination: Arc<dyn Destination>, batching: Batching, kind_name: Arc<str> },
}

type Pending<T> = Option<Pin<Box<dyn Future<Output = T> + Send>>>;

/// One destination's worker.
pub(crate) struct Worker {
    id: DestinationId,
    log: Arc<dyn EventLog>,
    lane: Lane,
    kinds: Arc<Kinds>,
    origins: Origins,
    events: Events,
    options: Arc<Options>,
    orders: watch::Receiver<Orders>,
    requests: mpsc::Receiver<Request>,
    status: Arc<Mutex<Status>>,
    /// Set when the log lost what was not read.
    lost: Arc<AtomicBool>,
    meters: Meters,
    /// Zero of the steady clock, and what the wall clock said then.
    started: Instant,
    started_wall_ms: i64,

    route: Option<Arc<DestinationRoute>>,
    link: Link,
    /// The link is to be made anew once nothing is under way.
    relink: bool,
    stop: Option<Instant>,
    failed: Option<LogError>,
    /// Nothing is sent until somebody sees to it.
    pause: Option<Paused>,
    /// Pauses, and their ends, that are not recorded yet.
    pauses: Vec<Pause>,
    failing: Option<Streak>,
    /// The highest share of the time until a pause that was warned of.
    warned: u32,

    /// The feed in force at `read_at`, and what follows it.
    fed: VecDeque<Fed>,
    read_at: Position,
    /// Messages from `read_at` on that had their outcome before this worker began.
    ahead: BTreeSet<u64>,
    end: watch::Receiver<Position>,
    caught_up: bool,
    /// There was more to read than the last read brought.
    behind: bool,
    /// While disabled: the next message was looked at and has not waited too long.
    looked: bool,
    reading: Pending<Result<Chunk, LogError>>,

    queue: Queue,
    /// Since when messages in the queue wait for a batch to fill.
    filling_since: Instant,
    window: Window,
    retries: Retries,
    breaker: Breaker,
    pace: Pace,
    flight: JoinSet<Landed>,
    retries_in_flight: usize,
    last_was_retry: bool,
    tick_at: Instant,

    outcomes: Outcomes,
    oldest_outcome: Instant,
    recording: Pending<Result<(), LogError>>,
    /// Who asked for redeliveries that are not recorded yet, and how many there were; in the
    /// first list those that the record under way will have.
    asked: [Vec<(oneshot::Sender<usize>, usize)>; 2],
    /// What the log was last told, or is being told: `read_to`, and the group's position, `None`
    /// when the destination needs nothing of the log.
    told: (u64, Option<u64>),
}

/// What happened while a worker waited.
enum Event {
    Ordered(bool),
    Landed(Box<Landed>),
    Read(Result<Chunk, LogError>),
    Recorded(Result<(), LogError>),
    Grown(bool),
    Asked(Option<Request>),
    Time,
}

/// What a new worker is given.
pub(crate) struct Start {
    pub log: Arc<dyn EventLog>,
    pub kinds: Arc<Kinds>,
    pub routing: Routing,
    pub options: Arc<Options>,
    pub book: DestinationBook,
    pub condition: Condition,
    pub orders: watch::Receiver<Orders>,
    pub requests: mpsc::Receiver<Request>,
    pub status: Arc<Mutex<Status>>,
    pub lost: Arc<AtomicBool>,
}

impl Worker {
    /// A worker that goes on where the books say its destination has come to.
    pub fn new(start: Start) -> Worker {
        let Start { log, kinds, routing, options, book, condition, orders, requests, status, lost } =
            start;
        let started = Instant::now();
        let wall = options.world.clock.now_ms();
        let mut retries = Retries::default();
        for (position, pending) in book.retries {
            let wait = (pending.next_at_ms - wall).clamp(0, crate::retry::WISH_MAX_MS);
            let retry = Retry {
                stream: pending.stream,
                received_at_ms: pending.received_at_ms,
                first_at: -(wall - pending.first_at_ms).max(0),
                number: pending.number,
                due: wait,
                status: pending.status,
                code: pending.code,
                excerpt: pending.excerpt,
            };
            retries.put(position, retry);
        }
        let needed = log.committed(&crate::ledger::group_of(&book.id)).map(|needed| needed.0);
        Worker {
            lane: log.lane(),
            end: log.end(),
            meters: Meters::new(&book.id),
            route: None,
            link: Link::Off,
            relink: true,
            stop: None,
            failed: None,
            pause: condition.pause,
            pauses: Vec::new(),
            failing: condition.failing,
            warned: 0,
            fed: book.fed.into(),
            read_at: Position(book.read_to),
            ahead: book.ahead,
            caught_up: false,
            behind: false,
            looked: false,
            reading: None,
            queue: Queue::default(),
            filling_since: started,
            window: Window::default(),
            retries,
            breaker: Breaker::default(),
            pace: Pace::default(),
            flight: JoinSet::new(),
            retries_in_flight: 0,
            last_was_retry: false,
            tick_at: started,
            outcomes: Outcomes::default(),
            oldest_outcome: started,
            recording: None,
            asked: Default::default(),
            told: (book.read_to, needed),
            id: book.id,
            started,
            started_wall_ms: wall,
            log,
            kinds,
            origins: Origins::new(routing),
            events: Events::default(),
            options,
            orders,
            requests,
            status,
            lost,
        }
    }

    /// Works until it is told to stop, or the log stops.
    pub async fn run(mut self) {
        self.ordered();
        // Settings may have been edited while nobody was there to see it.
        self.reconsider_pause(false);
        loop {
            if self.relink && self.flight.is_empty() {
                self.make_link().await;
            }
            self.dispatch();
            self.begin_reading();
            self.begin_recording();
            self.show();
            if self.is_done() {
                break;
            }
            let event = self.next_event().await;
            self.handle(event);
        }
        if let Link::Ready { destination, .. } = &self.link {
            let until = self.stop.unwrap_or_else(Instant::now) + Duration::from_secs(1);
            if timeout_at(until, destination.close()).await.is_err() {
                tracing::warn!(destination = %self.id, "a destination took too long to close");
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        let wake = self.next_wake();
        let Worker { orders, flight, reading, recording, end, requests, .. } = self;
        let idle = self.caught_up && reading.is_none();
        tokio::select! {
            ordered = orders.changed() => Event::Ordered(ordered.is_ok()),
            Some(landed) = flight.join_next(), if !flight.is_empty() => {
                Event::Landed(Box::new(landed.expect("attempts catch their panics and are not aborted")))
            }
            read = ready(reading), if reading.is_some() => Event::Read(read),
            recorded = ready(recording), if recording.is_some() => Event::Recorded(recorded),
            grown = end.changed(), if idle => Event::Grown(grown.is_ok()),
            asked = requests.recv(), if !requests.is_closed() => Event::Asked(asked),
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => Event::Time,
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Ordered(true) => {
                let was_off = self.route.as_ref().is_none_or(|route| !route.enabled);
                self.ordered();
                self.reconsider_pause(was_off);
            }
            // Nobody is left to give orders: the process is on its way out.
            Event::Ordered(false) => self.stop = Some(Instant::now()),
            Event::Landed(landed) => {
                self.settle(*landed);
                while let Some(landed) = self.flight.try_join_next() {
                    self.settle(landed.expect("attempts catch their panics and are not aborted"));
                }
            }
            Event::Read(read) => {
                self.reading = None;
                match read {
                    Ok(chunk) => self.take_chunk(chunk),
                    Err(error) => self.cannot_read(error),
                }
            }
            Event::Recorded(Ok(())) => {
                self.recording = None;
                if let Link::Ready { destination, .. } = &self.link {
                    destination.settled(self.told.1.unwrap_or(self.told.0));
                }
                for (answer, many) in self.asked[0].drain(..) {
                    // Whoever asked may have gone.
                    let _ = answer.send(many);
                }
            }
            Event::Recorded(Err(error)) => {
                tracing::error!(destination = %self.id, error = &error as &dyn std::error::Error, "outcomes cannot be recorded; the destination stops");
                self.recording = None;
                self.failed = Some(error);
            }
            Event::Grown(true) => self.caught_up = false,
            Event::Grown(false) => self.stop = Some(Instant::now()),
            Event::Asked(Some(Request::Redeliver(letters, answer))) => {
                let many = self.redeliver(letters);
                self.promise(answer, many);
                self.oldest_outcome = self.oldest_outcome.min(Instant::now());
            }
            Event::Asked(Some(Request::Resume(answer))) => {
                let many = usize::from(self.resume());
                self.promise(answer, many);
            }
            Event::Asked(Some(Request::Lend(answer))) => {
                if let Link::Ready { destination, .. } = &self.link {
                    // Whoever asked may have gone.
                    let _ = answer.send(destination.clone());
                }
            }
            Event::Asked(None) => self.requests.close(),
            Event::Time => {}
        }
        if Instant::now() >= self.tick_at {
            self.tick_at = Instant::now() + TICK;
            self.looked = false;
            self.expire();
        }
    }

    /// Answers `many` once that is recorded; at once where there is nothing to record.
    fn promise(&mut self, answer: oneshot::Sender<usize>, many: usize) {
        if many > 0 {
            self.asked[1].push((answer, many));
        } else {
            // Whoever asked may have gone.
            let _ = answer.send(0);
        }
    }

    /// Takes the latest orders.
    fn ordered(&mut self) {
        let orders = self.orders.borrow_and_update().clone();
        self.stop = orders.stop;
        for fed in orders.fed {
            self.add_feed(fed);
        }
        let before = self.route.as_ref().filter(|route| route.enabled);
        let now = orders.route.as_ref().filter(|route| route.enabled);
        let same = match (before, now) {
            (Some(a), Some(b)) => a.kind == b.kind && a.settings == b.settings,
            (None, None) => true,
            _ => false,
        };
        self.relink |= !same;
        self.route = orders.route;
    }

    /// Closes the destination and opens it as the routing says now.
    async fn make_link(&mut self) {
        self.relink = false;
        if let Link::Ready { destination, .. } = std::mem::replace(&mut self.link, Link::Off) {
            destination.close().await;
        }
        let Some(route) = self.route.as_ref().filter(|route| route.enabled) else { return };
        self.breaker.reset();
        self.retries.hasten(self.now());
        self.link = match self.kinds.open(
            &route.kind,
            &route.settings,
            &self.id,
            &self.options.world,
        ) {
            Ok((destination, kind_name)) => {
                Link::Ready { batching: destination.batching(), destination, kind_name }
            }
            Err(problems) => {
                tracing::warn!(destination = %self.id, problems = %Problems(&problems), "a destination's settings do not fit; it waits until they are mended");
                Link::Misconfigured(problems)
            }
        };
        let mut queue = std::mem::take(&mut self.queue);
        queue.regroup(|message| self.person_of(message));
        self.queue = queue;
    }

    /// When a call is made with what the queue holds, however little; `None` while it is empty.
    fn batch_due(&self) -> Option<Instant> {
        let Link::Ready { batching, .. } = &self.link else { return None };
        let full =
            self.queue.len() >= batching.messages_max || self.queue.bytes() >= batching.bytes_max;
        let linger = if full { Duration::ZERO } else { batching.linger };
        self.queue.is_ready().then(|| self.filling_since + linger)
    }

    fn is_done(&self) -> bool {
        let Some(stop) = self.stop else { return self.failed.is_some() };
        let told = self.outcomes.is_empty() && self.pauses.is_empty() && self.recording.is_none();
        let settled = self.flight.is_empty() && told;
        settled || self.failed.is_some() || Instant::now() >= stop
    }

    /// The steady clock, milliseconds.
    fn now(&self) -> i64 {
        self.started.elapsed().as_millis() as i64
    }

    fn wall_ms(&self) -> i64 {
        self.options.world.clock.now_ms()
    }

    /// When something is to be done that no event announces.
    fn next_wake(&self) -> Option<Instant> {
        let now = self.now();
        let at = |ms: i64| self.started + Duration::from_millis(ms.max(0) as u64);
        // What is due already waits for a place, and places announce themselves.
        let due = self.retries.next_due().filter(|due| *due > now).map(at);
        let probe = self.breaker.probe_at().filter(|probe| *probe > now).map(at);
        let paced = self.rate().map(|rate| self.pace.next_at(rate));
        let paced =
            paced.filter(|next| *next > now && (self.queue.is_ready() || self.retries.len() > 0));
        let ready = matches!(self.link, Link::Ready { .. }) && self.pause.is_none();
        let sending = ready && self.stop.is_none();
        let waits = self.retries.len() > 0 || self.queue.len() > 0 || !self.is_parked();
        let times = [
            due.filter(|_| sending),
            probe.filter(|_| sending),
            paced.map(at).filter(|_| sending),
            self.batch_due().filter(|due| sending && *due > Instant::now()),
            self.record_due().filter(|_| self.recording.is_none()),
            Some(self.tick_at).filter(|_| waits && self.stop.is_none()),
            self.stop,
        ];
        times.into_iter().flatten().min()
    }
}

/// Awaits what `pending` holds; the caller has looked that it holds something.
async fn ready<T>(pending: &mut Pending<T>) -> T {
    pending.as_mut().expect("the caller has looked").await
}

/// Bad settings as one line of a log.
struct Problems<'a>(&'a [BadSetting]);

impl std::fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if n > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

/// A hash of kind and settings of `route`, with the log's own seed.
fn settings_of(log: &dyn EventLog, route: &DestinationRoute) -> u64 {
    let settings = serde_json::json!([route.kind, route.settings]).to_string();
    log.key_of(0, settings.as_bytes()) as u64
}

/// An empty batch for this worker's records.
fn batch() -> Batch {
    Batch::with_capacity(16 << 10)
}
