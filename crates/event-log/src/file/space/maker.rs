//! The thread that makes room.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{Arc, MutexGuard, atomic::Ordering},
};

use super::{
    AHEAD, Claim, HELD, HELD_MIN, LAST_STEP, RETRY, STEP, STEP_MIN, Space, Spare, State, ZEROS,
};
use crate::file::{
    chunk::{BLOCK, Chunk},
    disk::is_full,
};

/// What the thread does next.
pub(super) enum Work {
    /// Up to `to`, or as far towards it as there is room, but to `least`.
    Extend {
        file: Arc<File>,
        from: u64,
        least: u64,
        to: u64,
        claim: Claim,
    },
    Spare {
        ready: u64,
        claim: Claim,
    },
    Reserve,
    Wait,
    Stop,
}

impl Space {
    pub(super) fn next(&self, state: &State) -> Work {
        if state.stop {
            return Work::Stop;
        }
        if state.failed.is_some() {
            return Work::Wait;
        }
        // What it takes from the reserve is as little as will do.
        let last = state.full && state.unkeyed;
        let claim = if last { Claim::Unkeyed } else { Claim::Keyed };
        if let Some(ready) = state.spare_needed
            && state.spares.iter().all(|spare| spare.ready < ready)
        {
            return Work::Spare { ready, claim };
        }
        let Some(active) = &state.active else { return Work::Wait };
        if last && active.ready < state.needed {
            let (file, from) = (active.file.clone(), active.ready);
            let to = (from + LAST_STEP).min(active.limit).max(state.needed);
            return Work::Extend { file, from, least: state.needed, to, claim };
        }
        let ahead = active.limit.min((active.head + AHEAD).max(state.needed));
        let due = active.ready < ahead.saturating_sub(STEP) || active.ready < state.needed;
        if due || (active.ready < ahead && ahead == active.limit) {
            let (file, from) = (active.file.clone(), active.ready);
            let to = (from + STEP).min(active.limit).max(state.needed);
            let least = state.needed.max(from + STEP_MIN).min(to);
            return Work::Extend { file, from, least, to, claim: Claim::Keyed };
        }
        let under_way = state.reserve_refused || state.reserve_under_way;
        if state.reserve.len() < HELD && !under_way && !state.full {
            return Work::Reserve;
        }
        if active.head > active.limit / 2 && state.spares.is_empty() {
            return Work::Spare { ready: self.segment_bytes.min(AHEAD), claim: Claim::Keyed };
        }
        Work::Wait
    }

    /// Makes room until told to stop.
    pub(crate) fn run(&self) {
        let zeros = Chunk::new(ZEROS);
        let mut state = self.locked();
        loop {
            let work = self.next(&state);
            let mut claim = Claim::Keyed;
            let done = match work {
                Work::Stop => return,
                Work::Wait if state.full => {
                    state = self.wait_full(state);
                    self.has_room(STEP_MIN, Claim::Keyed).map(|()| 0)
                }
                Work::Wait => {
                    state = self.wanted.wait(state).expect("no holder of this lock panics");
                    continue;
                }
                Work::Extend { file, from, least, to, claim: by } => {
                    claim = by;
                    drop(state);
                    let to = to.min(from + self.room(by).unwrap_or(0) / STEP_MIN * STEP_MIN);
                    let to = to.max(least).next_multiple_of(BLOCK as u64);
                    let extended = self.write_zeros(&zeros, &file, from, to, by);
                    state = self.locked();
                    let same =
                        state.active.as_mut().filter(|active| Arc::ptr_eq(&active.file, &file));
                    if let (Ok(()), Some(active)) = (&extended, same) {
                        active.ready = to;
                    }
                    extended.map(|()| to - from)
                }
                Work::Spare { ready, claim: by } => {
                    claim = by;
                    let ready = ready.next_multiple_of(BLOCK as u64);
                    drop(state);
                    let spare = self.make_spare(&zeros, ready, by);
                    state = self.locked();
                    spare.map(|spare| state.spares.push(spare)).map(|()| ready)
                }
                Work::Reserve => {
                    state.reserve_under_way = true;
                    drop(state);
                    let made = self.make_reserve(&zeros);
                    state = self.locked();
                    state.reserve_under_way = false;
                    match made {
                        Ok(Some(reserve)) => self.hold(&mut state, reserve),
                        Ok(None) => state.reserve_refused = true,
                        Err(error) => {
                            tracing::warn!(%error, "log has no reserve for a full disk");
                            state.reserve_refused = true;
                        }
                    }
                    continue;
                }
            };
            state = self.tell(state, claim, done);
        }
    }

    /// Tells the writer what came of it.
    fn tell<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        claim: Claim,
        done: io::Result<u64>,
    ) -> MutexGuard<'a, State> {
        match done {
            Ok(written) => {
                state.written += written;
                if claim == Claim::Keyed {
                    (state.spent, state.reserve_refused) = (false, false);
                    if std::mem::take(&mut state.full) {
                        tracing::info!("log has room again");
                        self.gate.full.store(false, Ordering::Relaxed);
                    }
                }
                self.made.notify_one();
                state
            }
            Err(error) if is_full(&error) => {
                if !std::mem::replace(&mut state.full, true) {
                    tracing::error!(%error, "log has no room on its disk");
                }
                state.spent |= claim == Claim::Unkeyed;
                self.made.notify_one();
                self.wait_full(state)
            }
            Err(error) => {
                state.failed = Some(format!("room cannot be made: {error}"));
                self.made.notify_one();
                state
            }
        }
    }

    /// Waits until somebody asks, or a full disk is to be looked at again.
    fn wait_full<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.wanted.wait_timeout(state, RETRY);
        let mut state = waited.expect("no holder of this lock panics").0;
        state.spent = false;
        state
    }

    fn make_spare(&self, zeros: &Chunk, ready: u64, claim: Claim) -> io::Result<Spare> {
        let path = self.directory.new_spare();
        let file = Arc::new(self.disk.open(&path)?);
        match self.write_zeros(zeros, &file, 0, ready, claim) {
            Ok(()) => Ok(Spare { path, file, ready }),
            Err(error) => {
                let _ = self.disk.remove(&path);
                Err(error)
            }
        }
    }

    /// Takes blocks for the reserve while there are any; `None` where it is too small for that.
    fn make_reserve(&self, zeros: &Chunk) -> io::Result<Option<Spare>> {
        let bytes = self.held_bytes()?;
        if bytes < HELD_MIN {
            return Ok(None);
        }
        let path = self.directory.new_reserve(Path::new(""));
        let file = Arc::new(self.disk.open(&path)?);
        let has_room = self.has_room(bytes, Claim::Unkeyed);
        let taken = has_room.and_then(|()| match self.disk.allocate(&file, bytes) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                self.write_zeros(zeros, &file, 0, bytes, Claim::Unkeyed)
            }
            taken => taken.and_then(|()| self.disk.sync(&file)),
        });
        match taken {
            Ok(()) => Ok(Some(Spare { path, file, ready: bytes })),
            Err(error) => {
                let _ = self.disk.remove(&path);
                Err(error)
            }
        }
    }

    fn write_zeros(
        &self,
        zeros: &Chunk,
        file: &File,
        from: u64,
        to: u64,
        claim: Claim,
    ) -> io::Result<()> {
        self.has_room(to - from, claim)?;
        let mut at = from;
        while at < to {
            let bytes = (ZEROS as u64).min(to - at);
            self.disk.write_at(file, &zeros.bytes()[..bytes as usize], at)?;
            at += bytes;
        }
        self.disk.sync(file)
    }

    fn has_room(&self, bytes: u64, claim: Claim) -> io::Result<()> {
        let enough = self.room(claim)? >= bytes;
        enough.then_some(()).ok_or_else(|| io::ErrorKind::StorageFull.into())
    }
}
