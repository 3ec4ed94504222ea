//! Replays: what the log still holds of a time, sent again to one destination.
//!
//! ```text
//! counting ─► ready ─► running ─► done
//!                        │ ▲
//!                        ▼ │        any of them but the last ─► cancelled
//!                       paused
//! ```
//!
//! A replay reads the log by itself, beside the worker of its destination, and sends to it even
//! while it is disabled. The books do not count what it sends: that was accounted for when it came,
//! and a replay has an account of its own, `matched = delivered + filtered + refused + left`.
//! Destinations get each message as it stands in the log, marked with `context.replay`; filters
//! and a message's own `integrations` hold as they do for deliveries.
//!
//! How far it has come stands in a file, written after every window that the destination took: it
//! goes on there after a crash, and sends at most one window twice.

mod asked;
mod keep;
mod mark;
mod run;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use event_log::Position;
use serde::{Deserialize, Serialize};
use spec::DestinationId;
use tokio::{sync::watch, task::JoinHandle};

pub use asked::{Asked, RATE_MAX};

use crate::supervisor::Inner;

/// Ended replays that are kept.
const ENDED_MAX: usize = 1000;

/// One replay, as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// Names it in paths and in `context.replay`: `rpl_` and 22 letters or digits.
    pub id: String,
    /// Where it sends to.
    pub destination: DestinationId,
    /// What was asked for.
    pub asked: Asked,
    /// What it is about.
    pub state: State,
    /// Why it is paused, when nobody paused it.
    pub problem: Option<Problem>,
    /// It goes on from counting by itself.
    pub start: bool,
    /// When it was asked for, Unix milliseconds.
    pub created_at_ms: i64,
    /// When it began to send, Unix milliseconds.
    pub started_at_ms: Option<i64>,
    /// When it ended, Unix milliseconds.
    pub ended_at_ms: Option<i64>,
    /// The stretch of log that it reads, from here …
    pub from: u64,
    /// … to here, exclusive.
    pub to: u64,
    /// Everything before this position was counted, or sent.
    pub read_to: u64,
    /// How many messages there are; grows while they are counted.
    pub matched: u64,
    /// Their bytes of JSON.
    pub bytes: u64,
    /// What the destination has.
    pub delivered: u64,
    /// What a filter or a message's own `integrations` kept back.
    pub filtered: u64,
    /// What the destination refused for good.
    pub refused: u64,
    /// The first refusals.
    pub samples: Vec<Refusal>,
}

/// What a replay is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It counts what there is.
    Counting,
    /// It has counted, and waits for somebody to start it.
    Ready,
    /// It sends.
    Running,
    /// It waits for somebody to resume it.
    Paused,
    /// Everything was sent.
    Done,
    /// Somebody ended it.
    Cancelled,
}

impl State {
    /// Nothing more happens to it.
    pub fn has_ended(self) -> bool {
        matches!(self, State::Done | State::Cancelled)
    }
}

/// What stands in a replay's way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// For machines.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// A message that the destination refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Where it stands in the log.
    pub position: u64,
    /// What the destination answered, where it speaks HTTP.
    pub status: Option<u16>,
    /// Why, for machines.
    pub code: String,
    /// The beginning of the answer.
    pub excerpt: String,
}

impl Replay {
    /// Messages that are still to be sent; `None` before they are counted.
    pub fn left(&self) -> Option<u64> {
        let settled = self.delivered + self.filtered + self.refused;
        (self.state != State::Counting).then(|| self.matched.saturating_sub(settled))
    }

    /// How long it will go on at the rate asked for, seconds; `None` before they are counted.
    pub fn seconds_left(&self) -> Option<u64> {
        Some(self.left()?.div_ceil(self.asked.per_second.max(1)))
    }
}

/// Why a replay was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no such destination.
    #[error("destination is unknown")]
    Unknown,
    /// It has one that has not ended.
    #[error("replay {0} has not ended")]
    Busy(String),
    /// What was asked for cannot be done in this state.
    #[error("replay is {}", .0.as_str())]
    State(State),
    /// The archive of what the log no longer holds cannot be asked.
    #[error("archive cannot be asked: {0}")]
    Archive(String),
    /// How far it has come could not be written.
    #[error("replay cannot be kept")]
    Disk(#[source] std::io::Error),
}

impl State {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Counting => "counting",
            State::Ready => "ready",
            State::Running => "running",
            State::Paused => "paused",
            State::Done => "done",
            State::Cancelled => "cancelled",
        }
    }
}

/// What a replay is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Begin to send what was counted, or go on after a pause.
    Go,
    /// Send nothing more until told.
    Pause,
    /// End.
    Cancel,
}

/// All replays of an installation.
pub(crate) struct Replays {
    folder: PathBuf,
    all: Mutex<BTreeMap<String, Arc<Job>>>,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// A replay and how to tell it.
pub(crate) struct Job {
    replay: Mutex<Replay>,
    orders: watch::Sender<Option<Order>>,
    /// Held by whoever works on it: there is one at a time, however fast it is told to go on.
    working: tokio::sync::Mutex<()>,
}

impl Job {
    fn new(replay: Replay) -> Job {
        Job {
            replay: Mutex::new(replay),
            orders: watch::Sender::new(None),
            working: tokio::sync::Mutex::new(()),
        }
    }

    fn replay(&self) -> Replay {
        self.replay.lock().expect("no holder of this lock panics").clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Replay) -> T) -> T {
        change(&mut self.replay.lock().expect("no holder of this lock panics"))
    }
}

impl Replays {
    /// The replays that are kept in `folder`.
    pub(crate) fn open(folder: PathBuf) -> Replays {
        let all = keep::load_all(&folder).into_iter();
        let all = all.map(|replay| (replay.id.clone(), Arc::new(Job::new(replay)))).collect();
        Replays {
            folder,
            all: Mutex::new(all),
            stop: watch::Sender::new(false),
            tasks: Mutex::default(),
        }
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Job>>> {
        self.all.lock().expect("no holder of this lock panics")
    }

    fn job(&self, id: &str) -> Option<Arc<Job>> {
        self.jobs().get(id).cloned()
    }

    /// Takes up those that were counting or running when the process ended.
    pub(crate) fn go_on(&self, inner: &Arc<Inner>) {
        let jobs: Vec<_> = self.jobs().values().cloned().collect();
        for job in jobs {
            if matches!(job.replay().state, State::Counting | State::Running) {
                self.spawn(inner, job);
            }
        }
    }

    fn spawn(&self, inner: &Arc<Inner>, job: Arc<Job>) {
        let task = tokio::spawn(run::run(inner.clone(), job));
        let mut tasks = self.tasks.lock().expect("no holder of this lock panics");
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Lets those under way end where they are, and waits for them.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks.lock().expect("no holder of this lock panics"));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(error = &error as &dyn std::error::Error, "a replay failed");
            }
        }
    }
}

impl crate::Delivery {
    /// Makes a replay to `destination` and begins to count; with `start` it goes on to send.
    ///
    /// Errors: [`ReplayError`].
    pub async fn replay(
        &self,
        destination: &DestinationId,
        asked: Asked,
        start: bool,
    ) -> Result<Replay, ReplayError> {
        let inner = self.shared();
        if inner.routing.current().destination(destination).is_none() {
            return Err(ReplayError::Unknown);
        }
        let (from, to) = stretch(&inner, &asked).await?;
        let replay = Replay {
            id: fresh_id(&*inner.options.jitter),
            destination: destination.clone(),
            asked,
            state: State::Counting,
            problem: None,
            start,
            created_at_ms: inner.options.world.clock.now_ms(),
            started_at_ms: None,
            ended_at_ms: None,
            from: from.0,
            to: to.0,
            read_to: from.0,
            matched: 0,
            bytes: 0,
            delivered: 0,
            filtered: 0,
            refused: 0,
            samples: vec![],
        };
        let job = Arc::new(Job::new(replay.clone()));
        {
            let mut jobs = inner.replays.jobs();
            let busy = jobs.values().map(|job| job.replay()).find(|other| {
                // A count that nobody started stands in nobody's way.
                let idle = other.state == State::Ready;
                other.destination == *destination && !other.state.has_ended() && !idle
            });
            if let Some(busy) = busy {
                return Err(ReplayError::Busy(busy.id));
            }
            keep::store(&inner.replays.folder, &replay).map_err(ReplayError::Disk)?;
            forget_old(&inner.replays.folder, &mut jobs);
            jobs.insert(replay.id.clone(), job.clone());
        }
        inner.replays.spawn(&inner, job);
        Ok(replay)
    }

    /// Every replay to `destination`, the newest first.
    pub fn replays_of(&self, destination: &DestinationId) -> Vec<Replay> {
        let jobs = self.inner().replays.jobs();
        let mut all: Vec<Replay> = jobs
            .values()
            .map(|job| job.replay())
            .filter(|replay| replay.destination == *destination)
            .collect();
        all.sort_by_key(|replay| std::cmp::Reverse(replay.created_at_ms));
        all
    }

    /// The replay called `id`.
    pub fn find_replay(&self, id: &str) -> Option<Replay> {
        Some(self.inner().replays.job(id)?.replay())
    }

    /// Tells the replay called `id` what to do; `None` when there is none.
    ///
    /// Errors: its state does not allow it, or it could not be written down.
    pub fn order_replay(&self, id: &str, order: Order) -> Option<Result<Replay, ReplayError>> {
        let inner = self.shared();
        let job = inner.replays.job(id)?;
        let now_ms = inner.options.world.clock.now_ms();
        let changed = job.change(|replay| {
            let before = replay.state;
            replay.state = match (before, order) {
                (State::Ready | State::Paused, Order::Go) => State::Running,
                (State::Counting, Order::Go) => State::Counting,
                (State::Running, Order::Pause) => State::Paused,
                (State::Counting, Order::Pause) => State::Counting,
                (state, Order::Cancel) if !state.has_ended() => State::Cancelled,
                (state, _) => return Err(ReplayError::State(state)),
            };
            replay.start = order == Order::Go;
            replay.problem = None;
            match replay.state {
                State::Running if before == State::Ready => {
                    replay.started_at_ms = Some(now_ms);
                    replay.read_to = replay.from;
                }
                State::Cancelled => replay.ended_at_ms = Some(now_ms),
                _ => {}
            }
            keep::store(&inner.replays.folder, replay).map_err(ReplayError::Disk)?;
            Ok((before, replay.clone()))
        });
        let (before, replay) = match changed {
            Ok(changed) => changed,
            Err(error) => return Some(Err(error)),
        };
        job.orders.send_replace(Some(order));
        if replay.state == State::Running && before != State::Running {
            inner.replays.spawn(&inner, job);
        }
        Some(Ok(replay))
    }
}

/// The stretch of log that holds what is asked for.
async fn stretch(inner: &Inner, asked: &Asked) -> Result<(Position, Position), ReplayError> {
    const MINUTE_MS: i64 = 60_000;
    let end = *inner.log.end().borrow();
    // Clocks are set back now and then: a little before and after is looked at too.
    let from_ms = asked.from_ms.saturating_sub(MINUTE_MS);
    let from = inner.log.position_at(from_ms).max(inner.log.stats().oldest);
    let older = match &inner.options.archive {
        Some(archive) => archive.position_at(from_ms).await.map_err(ReplayError::Archive)?,
        None => None,
    };
    let to = inner.log.position_at(asked.to_ms.saturating_add(MINUTE_MS)).min(end);
    Ok((older.unwrap_or(from).min(from), to))
}

/// Lets the oldest that ended go where there are too many.
fn forget_old(folder: &std::path::Path, jobs: &mut BTreeMap<String, Arc<Job>>) {
    let mut ended: Vec<(i64, String)> = jobs
        .values()
        .map(|job| job.replay())
        .filter_map(|replay| Some((replay.ended_at_ms?, replay.id)))
        .collect();
    ended.sort();
    let many = ended.len().saturating_sub(ENDED_MAX - 1);
    for (_, id) in ended.into_iter().take(many) {
        keep::remove(folder, &id);
        jobs.remove(&id);
    }
}

fn fresh_id(random: &(dyn Fn() -> f64 + Send + Sync)) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letter = |_| char::from(LETTERS[(random() * 62.0) as usize % 62]);
    (0..22).map(letter).fold("rpl_".to_owned(), |mut id, letter| {
        id.push(letter);
        id
    })
}
