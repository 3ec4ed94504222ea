//! Room that is written ahead of the writer, on a thread of its own (`maker.rs`).
//!
//! A write into blocks that were written before costs one flush; one that makes the file grow
//! costs a journal commit too, and several times the wait. So zeros are written and synced ahead
//! of the head in steps, and the files of compressed segments are used again.
//!
//! A full disk is met here, before anything of a group is written or any key is taken. What is
//! left then is for records without keys (what became of messages, how far groups have come):
//! they let the log be emptied, so they must be the last to stop.
//!
//! ```text
//! free ──► for keyed records ──► reserve: ¼ free, for unkeyed ones ──► ¼ free, for side files
//!                                         ½ files, for unkeyed ones that begin a segment in one
//! ```
//!
//! The files have their blocks already, so that no stranger on the same disk can take them. There
//! are several, since one that is full is compressed and is then in reserve again.

mod maker;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{chunk::BLOCK, directory::Directory, disk::Disk, lanes::Gate};

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
/// How much at once for unkeyed records, on a full disk.
const LAST_STEP: u64 = 256 << 10;
/// Files that are held in reserve; each is this large at most, and not worth having below the
/// least.
const HELD: usize = 4;
const HELD_MAX: u64 = 8 << 20;
const HELD_MIN: u64 = 64 << 10;

/// What the room is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Records with keys: the reserve is not theirs.
    Keyed,
    /// Records without: they have all there is.
    Unkeyed,
}

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
    /// Bytes of the files held in reserve.
    held: AtomicU64,
}

#[derive(Default)]
struct State {
    active: Option<Active>,
    /// The writer waits for so many bytes of the active file.
    needed: u64,
    spares: Vec<Spare>,
    /// The writer waits for a file with so many bytes ready.
    spare_needed: Option<u64>,
    /// Files held in reserve.
    reserve: Vec<Spare>,
    /// There was no room for more of them; tried again when there is some.
    reserve_refused: bool,
    /// A thread is making one.
    reserve_under_way: bool,
    /// Unkeyed records wait.
    unkeyed: bool,
    /// No room for keyed records.
    full: bool,
    /// None for unkeyed ones either.
    spent: bool,
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
            held: AtomicU64::new(0),
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
        let wait = matches!(self.next(&state), maker::Work::Wait);
        drop(state);
        if !wait {
            self.wanted.notify_one();
        }
    }

    /// Waits until the active file can be written up to `needed`; how far it can be.
    pub(crate) fn reach(&self, needed: u64, claim: Claim) -> Result<u64, NoRoom> {
        let mut state = self.locked();
        loop {
            let ready = state.active.as_ref().map_or(0, |active| active.ready);
            if ready >= needed {
                return Ok(ready);
            }
            state.refused(claim)?;
            state.needed = needed;
            state = self.ask(state, claim);
        }
    }

    /// Waits for a file with at least `ready` bytes written before. On a full disk it is one in
    /// reserve, for unkeyed records.
    pub(crate) fn take_spare(&self, ready: u64, claim: Claim) -> Result<Spare, NoRoom> {
        let mut state = self.locked();
        loop {
            if let Some(at) = state.spares.iter().position(|spare| spare.ready >= ready) {
                state.spare_needed = None;
                return Ok(state.spares.swap_remove(at));
            }
            match state.refused(claim) {
                Ok(()) => {}
                Err(NoRoom::Full) if claim == Claim::Unkeyed => {
                    let at = state.reserve.iter().position(|held| held.ready >= ready);
                    let held = state.reserve.swap_remove(at.ok_or(NoRoom::Full)?);
                    self.held.fetch_sub(held.ready, Ordering::Relaxed);
                    // Nobody else may use it up.
                    self.gate.full.store(true, Ordering::Relaxed);
                    tracing::warn!("log goes on in its reserve: only what empties it is taken");
                    state.spare_needed = None;
                    return Ok(held);
                }
                Err(refused) => return Err(refused),
            }
            state.spare_needed = Some(ready);
            state = self.ask(state, claim);
        }
    }

    /// Has the thread look at what is needed, and waits until something has changed.
    fn ask<'a>(&'a self, mut state: MutexGuard<'a, State>, claim: Claim) -> MutexGuard<'a, State> {
        state.unkeyed = claim == Claim::Unkeyed;
        self.wanted.notify_one();
        self.made.wait(state).expect("no holder of this lock panics")
    }

    /// Keeps the file of a segment that is no more for a new one, or removes it. `path` is its
    /// name, under which nothing is looked for any more.
    pub(crate) fn recycle(&self, path: &Path) -> std::io::Result<()> {
        let bytes = std::fs::metadata(path)?.len();
        let held_bytes = self.held_bytes()?;
        let (to_reserve, to_spares) = {
            let mut state = self.locked();
            let wanted = state.reserve.len() < HELD && !state.reserve_under_way;
            let to_reserve = wanted && held_bytes >= HELD_MIN && bytes >= held_bytes;
            state.reserve_under_way |= to_reserve;
            (to_reserve, state.spares.len() < SPARES_MAX && !state.full)
        };
        if to_reserve {
            let spare = self.set_aside(path, self.directory.new_reserve(path), held_bytes);
            let spare = spare.and_then(|spare| spare.file.set_len(held_bytes).map(|()| spare));
            let mut state = self.locked();
            state.reserve_under_way = false;
            self.hold(&mut state, spare?);
        } else if to_spares && bytes >= self.segment_bytes.min(AHEAD) {
            let spare = self.directory.new_spare();
            let spare = self.set_aside(path, spare, bytes / BLOCK as u64 * BLOCK as u64)?;
            self.locked().spares.push(spare);
        } else {
            return self.disk.remove(path);
        }
        self.made.notify_one();
        Ok(())
    }

    fn set_aside(&self, from: &Path, path: PathBuf, ready: u64) -> std::io::Result<Spare> {
        if from != path {
            self.disk.rename(from, &path)?;
            // Its old name must be gone before anything else is written into it.
            self.disk.sync_dir(self.directory.path())?;
        }
        let file = Arc::new(self.disk.open(&path)?);
        Ok(Spare { path, file, ready })
    }

    fn hold(&self, state: &mut State, reserve: Spare) {
        self.held.fetch_add(reserve.ready, Ordering::Relaxed);
        state.reserve.push(reserve);
    }

    /// Gives the blocks of a file in reserve to whoever will free more than that with them; the
    /// last one stays. Whether it did.
    pub(crate) fn lend(&self) -> std::io::Result<bool> {
        let mut state = self.locked();
        let lent = if state.reserve.len() > 1 { state.reserve.pop() } else { None };
        drop(state);
        let Some(lent) = lent else { return Ok(false) };
        self.held.fetch_sub(lent.ready, Ordering::Relaxed);
        self.disk.remove(&lent.path)?;
        Ok(true)
    }

    /// Bytes that spare files take, and bytes written to make room.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let state = self.locked();
        let spares = state.spares.iter().chain(&state.reserve);
        (spares.map(|spare| spare.ready).sum(), state.written)
    }

    /// Bytes held in reserve, in files.
    #[cfg(test)]
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
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

    /// Bytes that are free for `claim`.
    fn room(&self, claim: Claim) -> std::io::Result<u64> {
        let (free, reserve) = self.free_and_reserve()?;
        Ok(match claim {
            // Part of the reserve is files and no longer free.
            Claim::Keyed => {
                free.saturating_sub(reserve.saturating_sub(self.held.load(Ordering::Relaxed)))
            }
            Claim::Unkeyed => free.saturating_sub(reserve / 4),
        })
    }

    fn free_and_reserve(&self) -> std::io::Result<(u64, u64)> {
        let (free, all) = self.disk.room(self.directory.path())?;
        Ok((free, self.reserve_bytes.min(all / 20)))
    }

    /// How large a file in reserve is to be.
    fn held_bytes(&self) -> std::io::Result<u64> {
        let (_, reserve) = self.free_and_reserve()?;
        let bytes = (reserve / 2 / HELD as u64).min(self.segment_bytes).min(HELD_MAX);
        Ok(bytes / BLOCK as u64 * BLOCK as u64)
    }
}

impl State {
    /// Why nothing can be had for `claim` now.
    fn refused(&self, claim: Claim) -> Result<(), NoRoom> {
        if let Some(failed) = &self.failed {
            return Err(NoRoom::Failed(failed.clone()));
        }
        let full = self.full && (claim == Claim::Keyed || self.spent);
        if full { Err(NoRoom::Full) } else { Ok(()) }
    }
}
