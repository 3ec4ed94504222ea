//! Starts workers as the routing says, tells them of changes, and stops them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use destination_kit::{Destination, DestinationKind};
use event_log::{Batch, EventLog, Label, LogError, Position, Tag};
use routing::{DestinationRoute, Routing};
use spec::{Backlog, DestinationId, Feed, record};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    Kinds, Options,
    books::{DeadLetter, Fed},
    ledger::{Ledger, group_of},
    replay::Replays,
    streams,
    worker::{Orders, Request, Start, State, Status, Worker},
};

const READ_BYTES: usize = 1 << 20;
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A worker that ended by itself is started again within this time.
const RESTART_AFTER: Duration = Duration::from_secs(30);

/// All deliveries of an installation. Cheap to clone; they go on until [`Delivery::drain`].
#[derive(Clone)]
pub struct Delivery(Arc<Inner>);

pub(crate) struct Inner {
    pub log: Arc<dyn EventLog>,
    pub routing: Routing,
    pub ledger: Arc<Ledger>,
    pub options: Arc<Options>,
    pub kinds: Arc<Kinds>,
    pub replays: Replays,
    workers: Mutex<BTreeMap<DestinationId, Handle>>,
    stop: watch::Sender<Option<Instant>>,
    /// A worker found that the log lost something.
    lost: Arc<AtomicBool>,
    stop_ledger: watch::Sender<bool>,
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    supervisor: Option<JoinHandle<()>>,
    ledger: Option<JoinHandle<()>>,
}

struct Handle {
    orders: watch::Sender<Orders>,
    requests: mpsc::Sender<Request>,
    status: Arc<Mutex<Status>>,
    task: JoinHandle<()>,
}

/// Why nothing was delivered again.
#[derive(Debug, thiserror::Error)]
pub enum RedeliverError {
    /// There is no such destination.
    #[error("destination is unknown")]
    Unknown,
    /// It is disabled, or deliveries are about to stop.
    #[error("destination is not running")]
    NotRunning,
    /// These positions are not in the dead-letter list.
    #[error("not in the dead-letter list: {0:?}")]
    NotThere(Vec<u64>),
}

impl Delivery {
    /// Brings the books up to date, says in the log what feeds each destination now, and starts
    /// the workers. Whatever is accepted after this returned is offered to them.
    ///
    /// Errors: the log's.
    pub async fn start(
        log: Arc<dyn EventLog>,
        routing: Routing,
        kinds: Vec<Box<dyn DestinationKind>>,
        options: Options,
    ) -> Result<Delivery, LogError> {
        let clock = options.world.clock.clone();
        let snapshot = routing.snapshot();
        let (books, every) = (options.books.clone(), options.snapshot_every);
        let replays = books.with_file_name("replays");
        let ledger = Ledger::open(log.clone(), books, clock, every, &snapshot).await?;
        let inner = Arc::new(Inner {
            log,
            ledger: Arc::new(ledger),
            options: Arc::new(options),
            kinds: Arc::new(Kinds::new(kinds)),
            replays: Replays::open(replays),
            workers: Mutex::default(),
            stop: watch::Sender::new(None),
            lost: Arc::default(),
            stop_ledger: watch::Sender::new(false),
            tasks: Mutex::default(),
            routing,
        });
        let (ledger, stop_ledger) = (inner.ledger.clone(), inner.stop_ledger.subscribe());
        let following = tokio::spawn(async move { ledger.follow(stop_ledger).await });
        inner.tasks().ledger = Some(following);
        let mut supervisor = Supervisor::new(inner.clone());
        supervisor.apply().await?;
        let supervising = tokio::spawn(supervisor.run());
        inner.tasks().supervisor = Some(supervising);
        inner.replays.go_on(&inner);
        Ok(Delivery(inner))
    }

    /// The books.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) fn shared(&self) -> Arc<Inner> {
        self.0.clone()
    }

    /// What the worker of `destination` shows of itself; `None` when it has none.
    pub fn status(&self, destination: &DestinationId) -> Option<Status> {
        let workers = self.0.workers();
        let status = &workers.get(destination)?.status;
        Some(status.lock().expect("no holder of this lock panics").clone())
    }

    /// Begins no more attempts, waits for those under way, records their outcomes and writes the
    /// books. After `within` what is still under way is left; it is sent again at the next start.
    pub async fn drain(&self, within: Duration) {
        let until = Instant::now() + within;
        self.0.stop.send_replace(Some(until));
        report(
            timeout_at(until, self.0.replays.stop()).await.map(Ok::<_, tokio::task::JoinError>),
            "replays",
        );
        let Tasks { supervisor, ledger } = std::mem::take(&mut *self.0.tasks());
        if let Some(supervisor) = supervisor {
            report(timeout_at(until + AGAIN_AFTER, supervisor).await, "deliveries");
        }
        self.0.stop_ledger.send_replace(true);
        if let Some(ledger) = ledger {
            report(timeout(within.max(AGAIN_AFTER), ledger).await, "the books");
        }
    }

    /// Takes dead letters of `destination` up again: those at `positions`, or all. Recorded in
    /// the log when this returns; gives how many.
    ///
    /// Errors: [`RedeliverError`].
    pub async fn redeliver(
        &self,
        destination: &DestinationId,
        positions: Option<&[u64]>,
    ) -> Result<usize, RedeliverError> {
        let letters = self.0.ledger.with(|books| {
            let book = books.destination(destination).ok_or(RedeliverError::Unknown)?;
            let letters = &book.dead_letters;
            let Some(positions) = positions else {
                return Ok(letters.iter().map(|(at, letter)| (*at, letter.clone())).collect());
            };
            let missing: Vec<u64> =
                positions.iter().filter(|at| !letters.contains_key(at)).copied().collect();
            if !missing.is_empty() {
                return Err(RedeliverError::NotThere(missing));
            }
            let chosen: BTreeMap<u64, DeadLetter> =
                positions.iter().map(|at| (*at, letters[at].clone())).collect();
            Ok(chosen.into_iter().collect::<Vec<(u64, DeadLetter)>>())
        })?;
        let ask = |answer| Request::Redeliver(letters, answer);
        self.ask(destination, ask).await.ok_or(RedeliverError::NotRunning)
    }

    /// Lets a paused destination go on. Recorded in the log when this returns; says whether it was
    /// paused. `None`: it is disabled, unknown, or deliveries are about to stop.
    pub async fn resume(&self, destination: &DestinationId) -> Option<bool> {
        Some(self.ask(destination, Request::Resume).await? > 0)
    }

    /// Asks the worker of `destination`; `None` when there is none to answer.
    async fn ask(
        &self,
        destination: &DestinationId,
        request: impl FnOnce(oneshot::Sender<usize>) -> Request,
    ) -> Option<usize> {
        let requests = self.0.workers().get(destination)?.requests.clone();
        let (answer, many) = oneshot::channel();
        requests.send(request(answer)).await.ok()?;
        many.await.ok()
    }
}

impl Inner {
    /// The destination that the worker of `destination` sends to; `None` when it sends to none.
    pub(crate) async fn lend(&self, destination: &DestinationId) -> Option<Arc<dyn Destination>> {
        let requests = self.workers().get(destination)?.requests.clone();
        let (answer, lent) = oneshot::channel();
        requests.send(Request::Lend(answer)).await.ok()?;
        lent.await.ok()
    }

    fn workers(&self) -> std::sync::MutexGuard<'_, BTreeMap<DestinationId, Handle>> {
        self.workers.lock().expect("no holder of this lock panics")
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Tasks> {
        self.tasks.lock().expect("no holder of this lock panics")
    }
}

impl Handle {
    fn state(&self) -> State {
        self.status.lock().expect("no holder of this lock panics").state
    }
}

/// The task that follows the routing.
struct Supervisor {
    inner: Arc<Inner>,
    /// What each destination was fed by since this process began; the first is from the books.
    fed: HashMap<DestinationId, Vec<Fed>>,
    damaged_bytes: u64,
}

impl Supervisor {
    fn new(inner: Arc<Inner>) -> Supervisor {
        let fed = inner.ledger.with(|books| {
            books.destinations().iter().map(|book| (book.id.clone(), book.fed.clone())).collect()
        });
        Supervisor { inner, fed, damaged_bytes: 0 }
    }

    async fn run(mut self) {
        let mut changes = self.inner.routing.changes();
        let mut stop = self.inner.stop.subscribe();
        // It may have changed since it was applied.
        changes.mark_changed();
        loop {
            let again = tokio::select! {
                changed = changes.changed() => changed.is_err(),
                _ = stop.wait_for(Option::is_some) => break,
                () = sleep(RESTART_AFTER) => false,
            };
            if again {
                // Nobody replaces the routing any more; only the stop is left to wait for.
                drop(stop.wait_for(Option::is_some).await);
                break;
            }
            let done = match self.apply().await {
                Ok(()) => self.write_off().await,
                failed => failed,
            };
            if let Err(error) = done {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a change could not be recorded; trying again"
                );
                sleep(AGAIN_AFTER).await;
                changes.mark_changed();
            }
        }
        let until = *self.inner.stop.borrow();
        let handles: Vec<Handle> =
            std::mem::take(&mut *self.inner.workers()).into_values().collect();
        for handle in &handles {
            handle.orders.send_modify(|orders| orders.stop = until);
        }
        for handle in handles {
            if let Err(error) = handle.task.await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a destination's worker failed"
                );
            }
        }
    }

    /// Writes off what the log lost, when there is a sign that it did.
    async fn write_off(&mut self) -> Result<(), LogError> {
        let damaged_bytes = self.inner.log.stats().damaged_bytes;
        if self.inner.lost.swap(false, Ordering::AcqRel) || damaged_bytes > self.damaged_bytes {
            self.inner.write_off().await.inspect_err(|_| {
                self.inner.lost.store(true, Ordering::Release);
            })?;
            self.damaged_bytes = damaged_bytes;
        }
        Ok(())
    }

    /// Brings feeds and workers in line with the routing.
    async fn apply(&mut self) -> Result<(), LogError> {
        let snapshot = self.inner.routing.snapshot();
        let mut wanted: BTreeMap<DestinationId, Option<Arc<DestinationRoute>>> =
            self.fed.keys().map(|id| (id.clone(), None)).collect();
        wanted.extend(snapshot.destinations().map(|route| (route.id.clone(), Some(route.clone()))));
        for (id, route) in wanted {
            let streams = route.as_deref().map(streams).unwrap_or_default();
            let known = self.fed.get(&id).and_then(|fed| fed.last());
            if known.is_none_or(|fed| fed.streams != streams) {
                // A destination that was never fed and is not to be needs no record.
                if known.is_none() && streams.is_empty() {
                    continue;
                }
                self.feed(&id, streams).await?;
            }
            self.order(&id, route).await;
        }
        Ok(())
    }

    /// Says in the log what feeds `id` from now on.
    async fn feed(&mut self, id: &DestinationId, streams: Vec<u64>) -> Result<(), LogError> {
        let new = !self.fed.contains_key(id);
        let (log, destination) = (&self.inner.log, id.clone());
        let group = group_of(id);
        let mut batch = Batch::new();
        batch.want_places();
        let (from, again) = (None, false);
        let feed = Feed { destination, streams: streams.clone(), from, backlog: vec![], again };
        self.push(&mut batch, &feed);
        let oldest = log.stats().oldest;
        let from_start = new && self.inner.options.from_start;
        if log.committed(&group).is_none() {
            let end = *log.end().borrow();
            batch.commit(&group, if from_start { oldest } else { end });
        }
        let appended = log.lane().append(batch).await?;
        let first = appended.places.first().expect("places were asked for and a record was pushed");
        let mut fed = vec![Fed { from: first.position.0, streams: streams.clone() }];
        if from_start {
            let backlog = backlog(&**log, oldest, first.position, &streams).await?;
            let from = Some(oldest.0);
            let feed = Feed { backlog, from, ..feed };
            let mut batch = Batch::new();
            self.push(&mut batch, &feed);
            log.lane().append(batch).await?;
            fed.insert(0, Fed { from: oldest.0, streams });
        }
        self.fed.entry(id.clone()).or_default().extend(fed);
        Ok(())
    }

    fn push(&self, batch: &mut Batch, feed: &Feed) {
        let time_ms = self.inner.options.world.clock.now_ms();
        let label = Label { kind: record::FEED, stream: 0, time_ms, tag: Tag::None };
        batch.push(label, &record::encode(feed));
    }

    /// Tells the worker of `id`, or starts one when there is something to do.
    async fn order(&mut self, id: &DestinationId, route: Option<Arc<DestinationRoute>>) {
        let fed = self.fed.get(id).cloned().unwrap_or_default();
        let orders = Orders { route, fed, stop: None };
        if let Some(handle) = self.inner.workers().get(id)
            // One that ended because the log stopped would only send again what it cannot record.
            && (!handle.task.is_finished() || handle.state() == State::Stopped)
        {
            handle.orders.send_if_modified(|before| {
                let news = before.route != orders.route || before.fed.len() != orders.fed.len();
                *before = orders;
                news
            });
            return;
        }
        // Everything that an earlier worker recorded is to be in the books before a new one begins.
        let end = *self.inner.log.end().borrow();
        self.inner.ledger.caught_up(end).await;
        let known = self
            .inner
            .ledger
            .with(|books| books.destination(id).map(|book| (book.clone(), books.condition(id))));
        let Some((book, condition)) = known else { return };
        let enabled = orders.route.as_ref().is_some_and(|route| route.enabled);
        let released = self.inner.log.committed(&group_of(id)).is_none();
        if !enabled && book.total.pending() == 0 && released {
            return;
        }
        let (order, orders) = watch::channel(orders);
        let (request, requests) = mpsc::channel(16);
        let status = Arc::new(Mutex::new(Status::default()));
        let worker = Worker::new(Start {
            log: self.inner.log.clone(),
            kinds: self.inner.kinds.clone(),
            routing: self.inner.routing.clone(),
            options: self.inner.options.clone(),
            book,
            condition,
            orders,
            requests,
            status: status.clone(),
            lost: self.inner.lost.clone(),
        });
        let task = tokio::spawn(worker.run());
        let handle = Handle { orders: order, requests: request, status, task };
        self.inner.workers().insert(id.clone(), handle);
    }
}

/// Counts the messages of `streams` between two positions by source and minute.
async fn backlog(
    log: &dyn EventLog,
    from: Position,
    to: Position,
    streams: &[u64],
) -> Result<Vec<Backlog>, LogError> {
    let mut counts: BTreeMap<(u64, i64), u64> = BTreeMap::new();
    each_message(log, from, to, |_, stream, time_ms| {
        if streams.contains(&stream) {
            *counts.entry((stream, time_ms / 60_000 * 60_000)).or_default() += 1;
        }
    })
    .await?;
    let backlog = counts.into_iter();
    Ok(backlog
        .map(|((stream, minute_ms), messages)| Backlog { stream, minute_ms, messages })
        .collect())
}

/// Calls `each` with position, stream and time of every message between two positions that is no
/// duplicate.
pub(crate) async fn each_message(
    log: &dyn EventLog,
    mut from: Position,
    to: Position,
    mut each: impl FnMut(u64, u64, i64),
) -> Result<(), LogError> {
    while from < to {
        let chunk = log.read(from, READ_BYTES).await?;
        if chunk.entries.is_empty() && chunk.next <= from {
            break;
        }
        from = chunk.next;
        for entry in chunk.entries {
            let message = entry.label.kind == record::MESSAGE && entry.duplicate_of.is_none();
            if message && entry.position < to {
                each(entry.position.0, entry.label.stream, entry.label.time_ms);
            }
        }
    }
    Ok(())
}

/// Says when a task did not end well.
fn report<T>(
    ended: Result<Result<T, tokio::task::JoinError>, tokio::time::error::Elapsed>,
    what: &str,
) {
    match ended {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "{what} did not end well");
        }
        Err(_) => tracing::warn!("{what} did not end in time"),
    }
}
