//! Deadlines of connections, without a timer for each request.
//!
//! One task per thread moves a coarse clock and looks over the thread's connections, so that
//! setting a deadline is one store. A connection is always in one phase, and every phase in
//! which we wait for the sender has a deadline:
//!
//! ```text
//! Idle ──first byte──► Head ──head is whole──► Serving ◄──► Body
//!   ▲                                            │
//!   └───────────────── answered ─────────────────┘       Closing: one answer, then the end
//! ```

use std::{
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicU8, AtomicU32, Ordering::Relaxed},
    },
    task::Waker,
    time::Duration,
};

use crate::options::Options;

/// How often the clock moves, and how exact deadlines are.
pub const TICK: Duration = Duration::from_millis(50);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// A request.
    Idle = 0,
    /// The rest of a request's head.
    Head = 1,
    /// Us.
    Serving = 2,
    /// A body that the tracking API reads; late ones hear 408.
    Body = 3,
    /// A body that somebody else reads; late ones are cut.
    Upload = 4,
    /// The end.
    Closing = 5,
}

/// How long the phases may last, in ticks.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    idle: u32,
    head: u32,
    body: u32,
    write: u32,
}

impl Allowed {
    /// As the operator chose.
    pub fn from_options(options: &Options) -> Allowed {
        let ticks = |time: Duration| {
            u32::try_from(time.as_millis().div_ceil(TICK.as_millis()))
                .unwrap_or(u32::MAX / 2)
                .max(1)
        };
        Allowed {
            idle: ticks(options.idle_timeout),
            head: ticks(options.head_timeout),
            body: ticks(options.body_timeout),
            write: ticks(options.write_timeout),
        }
    }
}

/// What is overdue on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// What the sender should have sent in this phase.
    Read(Phase),
    /// What the sender should have read.
    Write,
}

/// The deadlines of one connection.
#[derive(Debug)]
pub struct Deadlines {
    now: Arc<AtomicU32>,
    allowed: Allowed,
    phase: AtomicU8,
    read: AtomicU32,
    write: AtomicU32,
    waker: OnceLock<Waker>,
}

impl Deadlines {
    fn at(&self, ticks: u32) -> u32 {
        self.now.load(Relaxed).saturating_add(ticks).max(1)
    }

    /// The phase that the connection is in.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Serving,
            3 => Phase::Body,
            4 => Phase::Upload,
            _ => Phase::Closing,
        }
    }

    /// Goes over to `phase`, from whichever one.
    pub fn enter(&self, phase: Phase) {
        let deadline = match phase {
            Phase::Idle => self.at(self.allowed.idle),
            Phase::Head | Phase::Closing => self.at(self.allowed.head),
            Phase::Body | Phase::Upload => self.at(self.allowed.body),
            Phase::Serving => 0,
        };
        self.read.store(deadline, Relaxed);
        self.phase.store(phase as u8, Relaxed);
    }

    /// Bytes came in.
    pub fn received(&self) {
        if self.phase.load(Relaxed) == Phase::Idle as u8 {
            self.enter(Phase::Head);
        }
    }

    /// Bytes wait to go out.
    pub fn blocked(&self) {
        if self.write.load(Relaxed) == 0 {
            self.write.store(self.at(self.allowed.write), Relaxed);
        }
    }

    /// Every byte went out.
    pub fn flushed(&self) {
        self.write.store(0, Relaxed);
    }

    /// Who is woken when something is overdue. The first one stays.
    pub fn wake(&self, waker: &Waker) {
        let _ = self.waker.set(waker.clone());
    }

    /// What is overdue.
    pub fn overdue(&self) -> Option<Overdue> {
        let now = self.now.load(Relaxed);
        let (read, write) = (self.read.load(Relaxed), self.write.load(Relaxed));
        if write != 0 && now >= write {
            return Some(Overdue::Write);
        }
        (read != 0 && now >= read).then(|| Overdue::Read(self.phase()))
    }
}

/// The coarse clock of one thread, and the connections that it looks over.
#[derive(Debug)]
pub struct Watch {
    now: Arc<AtomicU32>,
    allowed: Allowed,
    connections: Mutex<Vec<Weak<Deadlines>>>,
}

impl Watch {
    /// A clock at its first tick.
    pub fn new(allowed: Allowed) -> Watch {
        Watch { now: Arc::new(AtomicU32::new(1)), allowed, connections: Mutex::default() }
    }

    /// Deadlines of a new connection, which is idle.
    pub fn connection(&self) -> Arc<Deadlines> {
        let deadlines = Arc::new(Deadlines {
            now: self.now.clone(),
            allowed: self.allowed,
            phase: AtomicU8::new(Phase::Idle as u8),
            read: AtomicU32::new(0),
            write: AtomicU32::new(0),
            waker: OnceLock::new(),
        });
        // A new connection owes its first byte as soon as any other byte of a head.
        deadlines.enter(Phase::Head);
        self.connections
            .lock()
            .expect("no holder of this lock panics")
            .push(Arc::downgrade(&deadlines));
        deadlines
    }

    /// Moves the clock to `ticks` and wakes the connections on which something is overdue.
    pub fn advance(&self, ticks: u32) {
        self.now.store(ticks, Relaxed);
        let mut connections = self.connections.lock().expect("no holder of this lock panics");
        connections.retain(|connection| {
            let Some(deadlines) = connection.upgrade() else { return false };
            if let (Some(_), Some(waker)) = (deadlines.overdue(), deadlines.waker.get()) {
                waker.wake_by_ref();
            }
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_has_its_own_time() {
        let watch = Watch::new(Allowed { idle: 100, head: 10, body: 20, write: 30 });
        let connection = watch.connection();
        watch.advance(11);
        assert_eq!(connection.overdue(), Some(Overdue::Read(Phase::Head)));
        connection.enter(Phase::Serving);
        watch.advance(1_000);
        assert_eq!(connection.overdue(), None);
        connection.enter(Phase::Body);
        watch.advance(1_020);
        assert_eq!(connection.overdue(), Some(Overdue::Read(Phase::Body)));
        connection.enter(Phase::Idle);
        watch.advance(1_119);
        assert_eq!(connection.overdue(), None);
        connection.received();
        watch.advance(1_128);
        connection.received();
        watch.advance(1_129);
        assert_eq!(connection.overdue(), Some(Overdue::Read(Phase::Head)), "one byte buys no time");
        connection.enter(Phase::Serving);
        connection.blocked();
        watch.advance(1_150);
        connection.blocked();
        watch.advance(1_159);
        assert_eq!(connection.overdue(), Some(Overdue::Write));
        connection.flushed();
        assert_eq!(connection.overdue(), None);
    }
}
