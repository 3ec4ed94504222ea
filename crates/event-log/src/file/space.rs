//! Room that is written ahead of the writer, on a thread of its own.
//!
//! A write into blocks that were written before costs one flush; one that makes the file grow
//! costs a journal commit too, and several times the wait. So zeros are written and synced ahead
//! of the head in steps, and the files of compressed segments are used again.
//!
//! A full disk is met here, before anything of a group is written or any key is taken.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use super::{
    chunk::{BLOCK, Chunk},
    directory::Directory,
    disk::{Disk, is_full},
    lanes::Gate,
};

/// How far ahead zeros are written.
const AHEAD: u64 = 16 << 20;
/// How much is written and synced at once.
const STEP: u64 = 4 << 20;
/// How much at least, where the room ends.
const STEP_MIN: u64 = 64 << 10;
/// How much is written at once.
const ZEROS: usize = 1 << 20;
/// How long until a full disk is looked at again.
const RETRY: Duration = Duration::from_millis(250);
/// Files to keep for new segments.
const SPARES_MAX: usize = 2;

/// A file for a segment to come. Its name says that it holds nothing.
pub(crate) struct Spare {
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<File>,
    /// Bytes of it that were written before.
    pub(crate) ready: u64,
}

/// Why there is no room.
#[derive(Debug)]
pub(crate) enum NoRoom {
    /// The disk is full.
    Full,
    /// Something worse.
    Failed(String),
}

/// The room there is.
pub(crate) struct Space {
    state: Mutex<State>,
    /// Wakes the thread that makes room.
    wanted: Condvar,
    /// Wakes the writer.
    made: Condvar,
    disk: Arc<dyn Disk>,
    directory: Arc<Directory>,
    gate: Arc<Gate>,
    segment_bytes: u64,
    reserve_bytes: u64,
}

#[derive(Default)]
struct State {
    active: Option<Active>,
    /// The writer waits for so many bytes of the active file.
    needed: u64,
    spares: Vec<Spare>,
    /// The writer waits for a file with so many bytes ready.
    spare_needed: Option<u64>,
    full: bool,
    failed: Option<String>,
    stop: bool,
    written: u64,
}

struct Active {
    file: Arc<File>,
    ready: u64,
    /// Where the writer is.
    head: u64,
    limit: u64,
}

/// What the thread does next.
enum Work {
    /// Up to `to`, or as far towards it as there is room, but to `least`.
    Extend {
        file: Arc<File>,
        from: u64,
        least: u64,
        to: u64,
    },
    Spare {
        ready: u64,
    },
    Wait,
    Stop,
}

impl Space {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        directory: Arc<Directory>,
        gate: Arc<Gate>,
        segment_bytes: u64,
        reserve_bytes: u64,
    ) -> Space {
        Space {
            state: Mutex::default(),
            wanted: Condvar::new(),
            made: Condvar::new(),
            disk,
            directory,
            gate,
            segment_bytes,
            reserve_bytes,
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Room is made ahead of `head` in `file` from now on.
    pub(crate) fn activate(&self, file: Arc<File>, ready: u64, head: u64, limit: u64) {
        let mut state = self.locked();
        state.active = Some(Active { file, ready, head, limit });
        state.needed = 0;
        drop(state);
        self.wanted.notify_one();
    }

    /// The writer has come to `head`.
    pub(crate) fn advance(&self, head: u64) {
        let mut state = self.locked();
        if let Some(active) = &mut state.active {
            active.head = head;
        }
        let wait = matches!(self.next(&state), Work::Wait);
        drop(state);
        if !wait {
            self.wanted.notify_one();
        }
    }

    /// Waits until the active file can be written up to `needed`; how far it can be.
    pub(crate) fn reach(&self, needed: u64) -> Result<u64, NoRoom> {
        let mut state = self.locked();
        loop {
            let ready = state.active.as_ref().map_or(0, |active| active.ready);
            if ready >= needed {
                return Ok(ready);
            }
            if let Some(failed) = &state.failed {
                return Err(NoRoom::Failed(failed.clone()));
            }
            if state.full {
                return Err(NoRoom::Full);
            }
            state.needed = needed;
            self.wanted.notify_one();
            state = self.made.wait(state).expect("no holder of this lock panics");
        }
    }

    /// Waits for a file with at least `ready` bytes written before.
    pub(crate) fn take_spare(&self, ready: u64) -> Result<Spare, NoRoom> {
        let mut state = self.locked();
        loop {
            if let Some(at) = state.spares.iter().position(|spare| spare.ready >= ready) {
                state.spare_needed = None;
                return Ok(state.spares.swap_remove(at));
            }
            if let Some(failed) = &state.failed {
                return Err(NoRoom::Failed(failed.clone()));
            }
            if state.full {
                return Err(NoRoom::Full);
            }
            state.spare_needed = Some(ready);
            self.wanted.notify_one();
            state = self.made.wait(state).expect("no holder of this lock panics");
        }
    }

    /// Keeps the file of a segment that is no more for a new one, or removes it. `path` is its
    /// name, under which nothing is looked for any more.
    pub(crate) fn recycle(&self, path: &Path) -> std::io::Result<()> {
        let wanted = self.locked().spares.len() < SPARES_MAX;
        let bytes = std::fs::metadata(path)?.len();
        if !wanted || bytes < self.segment_bytes.min(AHEAD) {
            return self.disk.remove(path);
        }
        let spare = self.directory.new_spare();
        self.disk.rename(path, &spare)?;
        // Its old name must be gone before anything else is written into it.
        self.disk.sync_dir(self.directory.path())?;
        let file = Arc::new(self.disk.open(&spare)?);
        let ready = bytes / BLOCK as u64 * BLOCK as u64;
        self.locked().spares.push(Spare { path: spare, file, ready });
        self.made.notify_one();
        Ok(())
    }

    /// Bytes that spare files take, and bytes written to make room.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let state = self.locked();
        (state.spares.iter().map(|spare| spare.ready).sum(), state.written)
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        self.locked().full
    }

    /// Ends [`Space::run`].
    pub(crate) fn stop(&self) {
        self.locked().stop = true;
        self.wanted.notify_one();
    }

    fn next(&self, state: &State) -> Work {
        if state.stop {
            return Work::Stop;
        }
        if state.failed.is_some() {
            return Work::Wait;
        }
        if let Some(ready) = state.spare_needed
            && state.spares.iter().all(|spare| spare.ready < ready)
        {
            return Work::Spare { ready };
        }
        let Some(active) = &state.active else { return Work::Wait };
        let ahead = active.limit.min((active.head + AHEAD).max(state.needed));
        let due = active.ready < ahead.saturating_sub(STEP) || active.ready < state.needed;
        if due || (active.ready < ahead && ahead == active.limit) {
            let to = (active.ready + STEP).min(active.limit).max(state.needed);
            let least = state.needed.max(active.ready + STEP_MIN).min(to);
            return Work::Extend { file: active.file.clone(), from: active.ready, least, to };
        }
        if active.head > active.limit / 2 && state.spares.is_empty() {
            return Work::Spare { ready: self.segment_bytes.min(AHEAD) };
        }
        Work::Wait
    }

    /// Makes room until told to stop.
    pub(crate) fn run(&self) {
        let zeros = Chunk::new(ZEROS);
        let mut state = self.locked();
        loop {
            let work = self.next(&state);
            let done = match work {
                Work::Stop => return,
                Work::Wait if state.full => {
                    let waited = self.wanted.wait_timeout(state, RETRY);
                    state = waited.expect("no holder of this lock panics").0;
                    self.has_room(STEP_MIN).map(|()| 0)
                }
                Work::Wait => {
                    state = self.wanted.wait(state).expect("no holder of this lock panics");
                    continue;
                }
                Work::Extend { file, from, least, to } => {
                    drop(state);
                    let to =
                        to.min(from + self.room().unwrap_or(0) / STEP_MIN * STEP_MIN).max(least);
                    let to = to.next_multiple_of(BLOCK as u64);
                    let extended = self.write_zeros(&zeros, &file, from, to);
                    state = self.locked();
                    let same =
                        state.active.as_mut().filter(|active| Arc::ptr_eq(&active.file, &file));
                    if let (Ok(()), Some(active)) = (&extended, same) {
                        active.ready = to;
                    }
                    extended.map(|()| to - from)
                }
                Work::Spare { ready } => {
                    let ready = ready.next_multiple_of(BLOCK as u64);
                    drop(state);
                    let spare = self.make_spare(&zeros, ready);
                    state = self.locked();
                    spare.map(|spare| state.spares.push(spare)).map(|()| ready)
                }
            };
            match done {
                Ok(written) => {
                    state.written += written;
                    if std::mem::take(&mut state.full) {
                        tracing::info!("log has room again");
                        self.gate.full.store(false, std::sync::atomic::Ordering::Relaxed);
                    }
                    self.made.notify_one();
                }
                Err(error) if is_full(&error) => {
                    if !std::mem::replace(&mut state.full, true) {
                        tracing::error!(%error, "log has no room on its disk");
                    }
                    self.made.notify_one();
                    let waited = self.wanted.wait_timeout(state, RETRY);
                    state = waited.expect("no holder of this lock panics").0;
                }
                Err(error) => {
                    state.failed = Some(format!("room cannot be made: {error}"));
                    self.made.notify_one();
                }
            }
        }
    }

    fn make_spare(&self, zeros: &Chunk, ready: u64) -> std::io::Result<Spare> {
        let path = self.directory.new_spare();
        let file = Arc::new(self.disk.open(&path)?);
        match self.write_zeros(zeros, &file, 0, ready) {
            Ok(()) => Ok(Spare { path, file, ready }),
            Err(error) => {
                let _ = self.disk.remove(&path);
                Err(error)
            }
        }
    }

    fn write_zeros(&self, zeros: &Chunk, file: &File, from: u64, to: u64) -> std::io::Result<()> {
        self.has_room(to - from)?;
        let mut at = from;
        while at < to {
            let bytes = (ZEROS as u64).min(to - at);
            self.disk.write_at(file, &zeros.bytes()[..bytes as usize], at)?;
            at += bytes;
        }
        self.disk.sync(file)
    }

    /// Bytes that are free beside the reserve.
    fn room(&self) -> std::io::Result<u64> {
        let (free, all) = self.disk.room(self.directory.path())?;
        Ok(free.saturating_sub(self.reserve_bytes.min(all / 20)))
    }

    fn has_room(&self, bytes: u64) -> std::io::Result<()> {
        let enough = self.room()? >= bytes;
        enough.then_some(()).ok_or_else(|| std::io::ErrorKind::StorageFull.into())
    }
}
