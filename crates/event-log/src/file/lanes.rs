//! How batches come to the writer and how those who wait for them are woken.
//!
//! Each lane is a queue of its own that the writer takes whole. When a group is durable, the
//! writer counts up each of its lanes and wakes one waiter of each; that one wakes the others, on
//! its own thread. Should it never run, the writer wakes them itself a little later.
//!
//! No wake-up is lost, because everything is decided under the lane's lock: a batch is either in
//! the queue before the writer looks, or its sender sees afterwards that the writer sleeps; a
//! waiter either stands in the list before its batch is settled, or sees that it is.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    thread::Thread,
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::{Appended, Batch, LogError, Position, lane::Inlet};

/// What else is asked of the writer.
pub(crate) enum Request {
    Find(u128, oneshot::Sender<Result<Option<Position>, LogError>>),
    /// Retention took what stands before this position.
    Forget(u64),
}

/// What lanes and writer share.
pub(crate) struct Gate {
    lanes: Mutex<Vec<Arc<FileLane>>>,
    /// `None` once the writer has ended: nobody answers any more.
    requests: Mutex<Option<Vec<Request>>>,
    /// Bytes that wait or are being written.
    queued: AtomicUsize,
    queue_bytes_max: usize,
    writer: OnceLock<Thread>,
    asleep: AtomicBool,
    /// No room on the disk: batches with keys are refused at the door.
    pub(crate) full: AtomicBool,
    /// Someone wants the writer to write what waits and end.
    closing: AtomicBool,
    /// Why nothing is taken any more.
    stopped: OnceLock<String>,
}

impl Gate {
    pub(crate) fn new(queue_bytes_max: usize) -> Arc<Gate> {
        Arc::new(Gate {
            lanes: Mutex::default(),
            requests: Mutex::new(Some(Vec::new())),
            queued: AtomicUsize::new(0),
            queue_bytes_max,
            writer: OnceLock::new(),
            asleep: AtomicBool::new(false),
            full: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            stopped: OnceLock::new(),
        })
    }

    pub(crate) fn lane(self: &Arc<Gate>) -> Arc<FileLane> {
        let lane = Arc::new(FileLane {
            gate: Arc::downgrade(self),
            state: Mutex::default(),
            settled: AtomicU64::new(0),
        });
        locked(&self.lanes).push(lane.clone());
        lane
    }

    /// The lanes there are; those that nobody uses any more are forgotten.
    pub(crate) fn lanes(&self, into: &mut Vec<Arc<FileLane>>) {
        into.clear();
        let mut lanes = locked(&self.lanes);
        lanes.retain(|lane| Arc::strong_count(lane) > 1 || !locked(&lane.state).jobs.is_empty());
        into.extend(lanes.iter().cloned());
    }

    /// Says which thread writes.
    pub(crate) fn writer_is(&self, thread: Thread) {
        self.writer.set(thread).expect("a log has one writer");
    }

    /// Wakes the writer if it sleeps.
    pub(crate) fn wake(&self) {
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Some(writer) = self.writer.get()
        {
            writer.unpark();
        }
    }

    /// The writer is about to sleep; it looks once more after this.
    pub(crate) fn falls_asleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    /// The writer is awake.
    pub(crate) fn is_awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Asks the writer. Once it has ended the request is dropped.
    pub(crate) fn ask(&self, request: Request) {
        if let Some(requests) = &mut *locked(&self.requests) {
            requests.push(request);
        }
        self.wake();
    }

    /// What was asked; after the `last` time nothing is.
    pub(crate) fn requests(&self, last: bool) -> Vec<Request> {
        let mut requests = locked(&self.requests);
        let asked = requests.take().unwrap_or_default();
        *requests = (!last).then(Vec::new);
        asked
    }

    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// From now on nothing is taken. What is in the queues already is the writer's to settle.
    pub(crate) fn stop(&self, reason: String) {
        let _ = self.stopped.set(reason);
    }

    pub(crate) fn stopped(&self) -> Option<LogError> {
        self.stopped.get().map(|reason| LogError::Stopped(reason.clone()))
    }

    /// The writer has ended: whoever still waits hears that the log has stopped.
    pub(crate) fn abandon(&self) {
        self.stop("its writer has failed".to_owned());
        drop(self.requests(true));
        for lane in locked(&self.lanes).drain(..) {
            lane.abandon(self.stopped());
        }
    }

    /// The bytes of a batch no longer wait.
    pub(crate) fn written(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder of this lock panics")
}

/// One lane.
pub(crate) struct FileLane {
    gate: Weak<Gate>,
    state: Mutex<Queue>,
    /// Batches with a lower number are settled.
    settled: AtomicU64,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Batch>,
    /// Number of the next batch.
    next: u64,
    /// Number of the first waiter.
    first: u64,
    waiters: VecDeque<Waiter>,
    /// What became of settled batches, where it is more than "durable".
    outcomes: HashMap<u64, Result<Appended, LogError>>,
}

enum Waiter {
    /// Has not asked yet, or was woken.
    Quiet,
    Waiting(Waker),
    /// Nobody waits any more.
    Gone,
}

impl FileLane {
    /// Takes what waits, in place of the empty `into`; the number of its first batch.
    pub(crate) fn take(&self, into: &mut Vec<Batch>) -> u64 {
        let mut queue = locked(&self.state);
        std::mem::swap(&mut queue.jobs, into);
        queue.next - into.len() as u64
    }

    /// Batches before number `upto` are settled, with `outcomes` for those that have one. Wakes
    /// one of those who wait for them.
    pub(crate) fn settle(&self, upto: u64, outcomes: &mut Vec<(u64, Result<Appended, LogError>)>) {
        let mut queue = locked(&self.state);
        for (number, outcome) in outcomes.drain(..) {
            let at = (number - queue.first) as usize;
            if !matches!(queue.waiters[at], Waiter::Gone) {
                queue.outcomes.insert(number, outcome);
            }
        }
        self.settled.store(upto, Ordering::Release);
        let ready = (upto - queue.first) as usize;
        let waiting = |waiter: &&mut Waiter| matches!(waiter, Waiter::Waiting(_));
        let leader = queue.waiters.iter_mut().take(ready).find(waiting);
        let leader = leader.map(|waiter| std::mem::replace(waiter, Waiter::Quiet));
        drop(queue);
        if let Some(Waiter::Waiting(leader)) = leader {
            leader.wake();
        }
    }

    /// Whether settled batches have waiters whom nobody has woken.
    pub(crate) fn has_unreleased(&self) -> bool {
        let queue = locked(&self.state);
        let ready = (self.settled.load(Ordering::Acquire) - queue.first) as usize;
        queue.waiters.iter().take(ready).any(|waiter| matches!(waiter, Waiter::Waiting(_)))
    }

    /// Wakes everybody whose batch is settled.
    pub(crate) fn release(&self) {
        self.release_from(locked(&self.state));
    }

    /// Settles everything with `error`.
    fn abandon(&self, error: Option<LogError>) {
        let mut queue = locked(&self.state);
        queue.jobs.clear();
        let unsettled = self.settled.load(Ordering::Acquire)..queue.next;
        if let Some(error) = error {
            queue.outcomes.extend(unsettled.map(|number| (number, Err(error.clone()))));
        }
        self.settled.store(queue.next, Ordering::Release);
        self.release_from(queue);
    }

    fn release_from(&self, mut queue: MutexGuard<'_, Queue>) {
        let ready = (self.settled.load(Ordering::Acquire) - queue.first) as usize;
        if ready == 0 {
            return;
        }
        queue.first += ready as u64;
        let settled: Vec<Waiter> = queue.waiters.drain(..ready).collect();
        drop(queue);
        for waiter in settled {
            if let Waiter::Waiting(waker) = waiter {
                waker.wake();
            }
        }
    }

    fn enter(&self, batch: Batch) -> Result<u64, LogError> {
        let Some(gate) = self.gate.upgrade() else {
            return Err(LogError::Stopped("it was closed".into()));
        };
        if batch.keyed && gate.full.load(Ordering::Relaxed) {
            return Err(LogError::Full);
        }
        let bytes = batch.frames.len();
        let waiting = gate.queued.fetch_add(bytes, Ordering::Relaxed);
        // A batch larger than the queue is taken when nothing else waits.
        if waiting > 0 && waiting + bytes > gate.queue_bytes_max {
            gate.written(bytes);
            return Err(LogError::Busy);
        }
        let mut queue = locked(&self.state);
        if let Some(stopped) = gate.stopped() {
            gate.written(bytes);
            return Err(stopped);
        }
        let number = queue.next;
        queue.next += 1;
        queue.jobs.push(batch);
        queue.waiters.push_back(Waiter::Quiet);
        drop(queue);
        gate.wake();
        Ok(number)
    }
}

#[async_trait]
impl Inlet for FileLane {
    async fn append(&self, batch: Batch) -> Result<Appended, LogError> {
        let number = self.enter(batch)?;
        Ticket { lane: self, number, done: false }.await
    }
}

/// Waits for one batch.
struct Ticket<'a> {
    lane: &'a FileLane,
    number: u64,
    done: bool,
}

impl Future for Ticket<'_> {
    type Output = Result<Appended, LogError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut queue = locked(&self.lane.state);
        if self.lane.settled.load(Ordering::Acquire) > self.number {
            let outcome = queue.outcomes.remove(&self.number);
            self.lane.release_from(queue);
            self.done = true;
            return Poll::Ready(outcome.unwrap_or_else(|| Ok(Appended::default())));
        }
        let at = (self.number - queue.first) as usize;
        match &mut queue.waiters[at] {
            Waiter::Waiting(waker) => waker.clone_from(context.waker()),
            quiet => *quiet = Waiter::Waiting(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut queue = locked(&self.lane.state);
        queue.outcomes.remove(&self.number);
        if let Some(at) = self.number.checked_sub(queue.first) {
            queue.waiters[at as usize] = Waiter::Gone;
        }
        // It may have been the one to wake the others.
        self.lane.release_from(queue);
    }
}
