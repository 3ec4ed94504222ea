//! The one thread that writes: it takes what waits in the lanes, decides duplicates in that order,
//! writes and syncs a group, says so, and looks again. There is no timer: while one group is
//! synced, the next one gathers.

mod group;
mod roll;

use std::{
    collections::VecDeque,
    fs::File,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use id_index::IdIndex;

use super::{
    blocks::Builder,
    chunk::{BLOCK, Chunk, Pool},
    keep::Keeper,
    lanes::{FileLane, Gate, Request},
    segment::offset,
    shared::Shared,
    space::{Claim, NoRoom},
};
use crate::{
    Appended, Batch, CONTROL, Label, LogError, Placed, Position, Tag,
    frame::{DUPLICATE_BYTES, frame_bytes},
};

/// Group of the log's own stamps: its own time, beside the wall clock's.
pub(crate) const CLOCK_GROUP: &str = "";
/// How often the log stamps its own time.
const STAMP_MS: i64 = 10 * 60 * 1000;
/// How long the writer waits before it wakes those whom a lane's first waiter did not.
const LEADER_PATIENCE: Duration = Duration::from_millis(2);
/// How often readers that wait are woken at most. Each wake-up has every one of them read, send
/// and sync, on the cores and the disk that senders wait for.
const READERS_EVERY: Duration = Duration::from_millis(5);
/// Keys that are kept in memory for their side files, about.
const KEYS_UNSEALED_MAX: u64 = 200_000;
/// Chunks are this large at most, unless a group is larger: what does not fit the rest of one is
/// lost room.
const CHUNK_BYTES: usize = 8 << 20;
/// Chunks that the memory for readers is divided into, at least.
const CHUNKS_MIN: usize = 8;
/// Idle chunks to keep. For each one that is begun, readers' memory lets go of another.
const CHUNKS_IDLE: usize = 3;

/// The segment that is being written.
pub(crate) struct Segment {
    pub(crate) base: u64,
    pub(crate) nonce: u64,
    pub(crate) file: Arc<File>,
    /// Bytes the file may have.
    pub(crate) limit: u64,
}

/// A chunk and where it stands.
struct Place {
    chunk: Chunk,
    /// Place in the file of the chunk's first byte.
    offset: u64,
    /// Position of the first frame that begins in it, and that frame's place in it.
    first: u64,
    inset: usize,
    /// Bytes filled.
    filled: usize,
}

/// A lane and what became of its batches in the current group.
struct Member {
    lane: Arc<FileLane>,
    /// Number of the next batch to be written.
    upto: u64,
    changed: bool,
    outcomes: Vec<(u64, Result<Appended, LogError>)>,
}

/// A batch that waits.
struct Job {
    member: usize,
    batch: Batch,
}

impl Job {
    /// Bytes it takes at most: a duplicate of an empty record grows.
    fn bytes_max(&self) -> usize {
        self.batch.frames.len() + 8 * self.batch.records
    }
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
    ids: IdIndex,
    segment: Segment,
    place: Place,
    /// Position of the next frame.
    head: u64,
    builder: Builder,
    pool: Arc<Pool>,
    /// Bytes of a chunk, unless a group is larger.
    chunk_bytes: usize,
    stamped_ms: i64,
    /// Bytes of the segment's file that can be written, as far as is known here.
    ready: u64,
    keys_unsealed: u64,
    backlog: VecDeque<Job>,
    members: Vec<Member>,
    lanes: Vec<Arc<FileLane>>,
    taken: Vec<Batch>,
    group: Group,
    /// When readers were woken last, and whether there is something new for them since.
    told_at: Option<Instant>,
    untold: bool,
    /// Nothing is written any more.
    failed: bool,
}

/// What one group changes, told once it is durable.
#[derive(Default)]
struct Group {
    records: u64,
    duplicates: u64,
    payload_bytes: u64,
    cursors: Vec<(String, Option<Position>)>,
    keys: u64,
}

/// What recovery hands to the writer.
pub(crate) struct Start {
    pub(crate) segment: Segment,
    pub(crate) head: u64,
    pub(crate) builder: Builder,
    pub(crate) stamped_ms: i64,
    /// Bytes before the head in its block.
    pub(crate) tail: Vec<u8>,
}

/// However the writer ends, nobody waits for it in vain.
struct Ended(Arc<Gate>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        keeper: Arc<Keeper>,
        ids: IdIndex,
        start: Start,
    ) -> Writer {
        let options = &shared.options;
        let chunk_bytes = (options.ring_bytes / CHUNKS_MIN).min(CHUNK_BYTES);
        let chunk_bytes = chunk_bytes.max(options.group_bytes_max + 4 * BLOCK);
        let pool = Pool::new(CHUNKS_IDLE, chunk_bytes);
        let at = offset(start.segment.base, start.head);
        let mut chunk = pool.take(chunk_bytes);
        chunk.open()[..start.tail.len()].copy_from_slice(&start.tail);
        let inset = start.tail.len();
        let place =
            Place { chunk, offset: at - inset as u64, first: start.head, inset, filled: inset };
        Writer {
            keeper,
            ids,
            segment: start.segment,
            place,
            head: start.head,
            builder: start.builder,
            pool,
            chunk_bytes,
            stamped_ms: start.stamped_ms,
            ready: 0,
            keys_unsealed: 0,
            backlog: VecDeque::new(),
            members: Vec::new(),
            lanes: Vec::new(),
            taken: Vec::new(),
            group: Group::default(),
            told_at: None,
            untold: false,
            failed: false,
            shared,
        }
    }

    /// Writes until the log is closed.
    pub(crate) fn run(mut self) {
        self.shared.gate.writer_is(std::thread::current());
        let _ended = Ended(self.shared.gate.clone());
        loop {
            self.gather();
            self.answer(false);
            self.tell_readers();
            if !self.backlog.is_empty() {
                self.write_group();
                continue;
            }
            if self.shared.gate.is_closing() {
                return self.end();
            }
            self.shared.gate.falls_asleep();
            self.gather();
            self.answer(false);
            if self.backlog.is_empty() && !self.shared.gate.is_closing() {
                self.sleep();
            }
            self.shared.gate.is_awake();
        }
    }

    /// Sleeps until something comes. Where waiters have not been woken yet it looks after them,
    /// and after readers that have not been told.
    fn sleep(&mut self) {
        let unreleased = self.members.iter().any(|member| member.lane.has_unreleased());
        let leaders = unreleased.then_some(LEADER_PATIENCE);
        let readers = self.untold.then(|| self.readers_due());
        match leaders.into_iter().chain(readers).min() {
            None => std::thread::park(),
            Some(patience) => std::thread::park_timeout(patience),
        }
        if unreleased {
            let left = self.members.iter().filter(|member| member.lane.has_unreleased());
            left.for_each(|member| member.lane.release());
        }
    }

    /// Wakes readers that wait for what is new, unless they were woken just now.
    fn tell_readers(&mut self) {
        if self.untold && self.readers_due().is_zero() {
            self.untold = false;
            self.told_at = Some(Instant::now());
            self.shared.end.send_modify(|_| {});
        }
    }

    /// How long until readers may be woken again.
    fn readers_due(&self) -> Duration {
        let since = self.told_at.map(|told_at| told_at.elapsed());
        since.map_or(Duration::ZERO, |since| READERS_EVERY.saturating_sub(since))
    }

    /// Nothing comes after this: the last batches are written, everything else is refused.
    fn end(&mut self) {
        self.shared.gate.stop("it was closed".to_owned());
        self.gather();
        while !self.backlog.is_empty() {
            self.write_group();
        }
        self.answer(true);
        self.told_at = None;
        self.tell_readers();
        self.members.iter().for_each(|member| member.lane.release());
    }

    /// Takes what waits in the lanes.
    fn gather(&mut self) {
        if self.backlog.is_empty() {
            self.members.retain(|member| member.changed || member.lane.has_unreleased());
        }
        self.shared.gate.lanes(&mut self.lanes);
        for lane in self.lanes.drain(..) {
            let first = lane.take(&mut self.taken);
            if self.taken.is_empty() {
                continue;
            }
            let known = self.members.iter().position(|member| Arc::ptr_eq(&member.lane, &lane));
            let member = known.unwrap_or_else(|| {
                let outcomes = Vec::new();
                self.members.push(Member { lane, upto: first, changed: false, outcomes });
                self.members.len() - 1
            });
            self.backlog.extend(self.taken.drain(..).map(|batch| Job { member, batch }));
        }
    }

    /// Answers what else is asked.
    fn answer(&mut self, last: bool) {
        for request in self.shared.gate.requests(last) {
            match request {
                Request::Find(key, to) => {
                    let oldest = self.shared.catalog().oldest();
                    let found = self.ids.find(key).map_err(|error| unreadable(&error));
                    let kept = |found: Option<u64>| found.filter(|at| *at >= oldest).map(Position);
                    let _ = to.send(found.map(kept));
                }
                Request::Forget(before) => self.ids.forget_before(before),
            }
        }
    }

    /// Writes, syncs and settles the next group. Senders are woken as soon as it is durable;
    /// whatever else follows from it comes after that.
    fn write_group(&mut self) {
        let written = if self.failed { Err(self.stopped()) } else { self.try_write_group() };
        let written = match written {
            Ok(jobs) => jobs,
            Err(error) => {
                self.give_up(&error);
                // What is left of the group, and all that waits behind it.
                self.gather();
                while let Some(job) = self.backlog.pop_front() {
                    self.refuse(job, &error);
                }
                Vec::new()
            }
        };
        self.settle();
        if !written.is_empty()
            && let Err(error) = self.follow_up()
        {
            self.give_up(&error);
        }
    }

    /// Stops the log if `error` is one that it cannot go on after.
    fn give_up(&mut self, error: &LogError) {
        if let LogError::Stopped(reason) = error
            && !self.failed
        {
            tracing::error!(reason, "log has stopped");
            self.failed = true;
            self.shared.gate.stop(reason.clone());
        }
    }

    /// What is to be done once a group is durable, and is nobody's to wait for.
    fn follow_up(&mut self) -> Result<(), LogError> {
        self.tell_readers();
        self.shared.space.advance(offset(self.segment.base, self.head));
        if self.keys_unsealed >= KEYS_UNSEALED_MAX { self.seal_keys() } else { Ok(()) }
    }

    fn stopped(&self) -> LogError {
        self.shared.gate.stopped().unwrap_or_else(|| LogError::Stopped("a write failed".into()))
    }

    /// The batches that are durable now.
    fn try_write_group(&mut self) -> Result<Vec<Job>, LogError> {
        let jobs = self.next_jobs()?;
        if jobs.is_empty() {
            return Ok(jobs);
        }
        match self.compose_and_sync(&jobs) {
            Ok(places) => self.note(&jobs, places),
            Err(error) => {
                jobs.into_iter().rev().for_each(|job| self.backlog.push_front(job));
                return Err(error);
            }
        }
        Ok(jobs)
    }

    /// The batches of the next group, for which there is room. Batches that the disk has no room
    /// for are refused here, before anything of them is kept.
    fn next_jobs(&mut self) -> Result<Vec<Job>, LogError> {
        let mut jobs = Vec::new();
        let mut bytes = 0;
        let (mut records, mut full) = (0, false);
        if self.shared.clock.now_ms() - self.stamped_ms >= STAMP_MS {
            bytes += frame_bytes(DUPLICATE_BYTES);
        }
        while let Some(job) = self.backlog.front() {
            let more = job.bytes_max();
            let options = &self.shared.options;
            if !jobs.is_empty()
                && (bytes + more > options.group_bytes_max
                    || records + job.batch.records > options.group_records_max
                    || !self.fits(bytes + more))
            {
                break;
            }
            let keyed = job.batch.keyed;
            match self.make_room(bytes + more, keyed, jobs.is_empty()) {
                Ok(()) => {
                    let job = self.backlog.pop_front().expect("it was there");
                    (bytes, records) = (bytes + more, records + job.batch.records);
                    jobs.push(job);
                }
                // What is before it goes first: a lane's batches are answered in their order, and
                // outcomes may then begin a segment in the reserve.
                Err(LogError::Full) if !jobs.is_empty() => break,
                Err(LogError::Full) => {
                    full = true;
                    let job = self.backlog.pop_front().expect("it was there");
                    self.refuse(job, &LogError::Full);
                }
                Err(error) => {
                    while let Some(job) = jobs.pop() {
                        self.backlog.push_front(job);
                    }
                    return Err(error);
                }
            }
        }
        if full && self.shared.space.is_full() {
            self.shared.gate.full.store(true, Ordering::Relaxed);
            if !self.shared.space.is_full() {
                self.shared.gate.full.store(false, Ordering::Relaxed);
            }
        }
        Ok(jobs)
    }

    /// Whether so many bytes fit the segment.
    fn fits(&self, bytes: usize) -> bool {
        let end = offset(self.segment.base, self.head) + bytes as u64;
        end.next_multiple_of(BLOCK as u64) <= self.segment.limit
    }

    /// Makes room for a group of so many bytes, in a new segment if `may_roll` and need be.
    fn make_room(&mut self, bytes: usize, keyed: bool, may_roll: bool) -> Result<(), LogError> {
        let claim = if keyed { Claim::Keyed } else { Claim::Unkeyed };
        if keyed && self.shared.gate.full.load(Ordering::Relaxed) {
            return Err(LogError::Full);
        }
        if may_roll && !self.fits(bytes) {
            self.roll(bytes, claim)?;
        }
        let end = offset(self.segment.base, self.head) + bytes as u64;
        let needed = end.next_multiple_of(BLOCK as u64);
        // Outcomes and cursors get the last room on a full disk.
        let reserve = if keyed { (self.segment.limit / 16).min(1 << 20) } else { 0 };
        let reserved = (needed + reserve).min(self.segment.limit).max(needed);
        if reserved > self.ready {
            match self.shared.space.reach(reserved, claim) {
                Ok(ready) => self.ready = ready,
                // A new segment can be begun in the reserve.
                Err(NoRoom::Full) if !keyed && may_roll => {
                    self.roll(bytes, claim)?;
                    return self.make_room(bytes, keyed, false);
                }
                Err(error) => return Err(no_room(error)),
            }
        }
        Ok(())
    }

    /// Notes what the senders of a durable group will hear.
    fn note(&mut self, jobs: &[Job], places: Vec<Vec<Placed>>) {
        let mut places = places.into_iter();
        let mut bytes = 0;
        for job in jobs {
            let member = &mut self.members[job.member];
            if job.batch.wants_places
                && let Some(places) = places.next()
            {
                member.outcomes.push((member.upto, Ok(Appended { places })));
            }
            member.upto += 1;
            member.changed = true;
            bytes += job.batch.bytes();
        }
        self.shared.gate.written(bytes);
    }

    /// Wakes one waiter of each lane whose batches were settled.
    fn settle(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.changed) {
            member.changed = false;
            member.lane.settle(member.upto, &mut member.outcomes);
        }
    }

    fn refuse(&mut self, job: Job, error: &LogError) {
        let member = &mut self.members[job.member];
        member.outcomes.push((member.upto, Err(error.clone())));
        member.upto += 1;
        member.changed = true;
        self.shared.gate.written(job.batch.bytes());
    }
}

/// A stamp of the log's own time; its label has the wall clock's.
pub(crate) fn clock_stamp(own_ms: i64, wall_ms: i64) -> Batch {
    let mut batch = Batch::new();
    let label = Label { kind: CONTROL, stream: 0, time_ms: wall_ms, tag: Tag::None };
    batch.push(label, &own_ms.to_le_bytes());
    batch
}

/// A number that no other use of a file has.
pub(crate) fn fresh_nonce() -> std::io::Result<u64> {
    getrandom::u64().map_err(std::io::Error::other)
}

fn no_room(error: NoRoom) -> LogError {
    match error {
        NoRoom::Full => LogError::Full,
        NoRoom::Failed(reason) => LogError::Stopped(reason),
    }
}

fn unreadable(error: &id_index::IndexError) -> LogError {
    LogError::Unreadable(chain(error))
}

/// An error and its causes, for those who get only text.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
