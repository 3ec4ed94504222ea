//! The index as its owner sees it.

mod background;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Clock;
use crate::generation::Generation;
use crate::plan;
use crate::recover::recover;
use crate::run::{Head, Run};
use crate::workers::{PartJob, Workers};
use crate::{Id, IndexError, Options, halves};
use background::give_up;

/// Inserts between two looks at what the threads have finished.
const LOOK_EVERY: u64 = 1024;

/// Ids that are restored before they are sealed, and parts of them that may wait to be written.
const RESTORED_AT_ONCE: usize = 250_000;
const PARTS_WAITING: usize = 4;

/// Ids for which memory is kept when they are on disk.
const SPARE_IDS: usize = 300_000;

/// Which ids were seen within the window, and where. One thread owns and changes it; look-ups
/// need no more than a shared reference.
pub struct IdIndex {
    options: Options,
    clock: Clock,
    active: Generation,
    /// Generations that are not yet runs, oldest first.
    closing: Vec<Generation>,
    /// Oldest first.
    runs: Vec<Arc<Run>>,
    /// Ids at or after `fresh_from`, in position order: not said to be durable.
    fresh: Vec<Id>,
    fresh_from: u64,
    /// Memory for the next fresh ids.
    spare: Vec<Id>,
    /// Ids on their way to the disk, in position order.
    frozen: Vec<Frozen>,
    /// Where the window begins: what is older was forgotten.
    start: u64,
    /// Where the owner's records begin.
    floor: u64,
    last_position: Option<u64>,
    /// Files that were forgotten; deleted with the next part, which says so.
    forgotten: Vec<PathBuf>,
    merging: bool,
    /// Memory for the active table to grow into is on its way.
    fetching: bool,
    /// The last merge failed; tried again at the next seal.
    merge_failed: bool,
    workers: Workers,
    inserts: u64,
    unreadable: AtomicU64,
}

struct Frozen {
    head: Head,
    ids: Arc<Vec<Id>>,
    /// Writing it failed; tried again at the next seal.
    failed: bool,
}

/// What the index says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexStats {
    /// Ids in the window.
    pub ids: u64,
    /// Among them ids that are not on disk: the owner would replay them.
    pub unwritten: u64,
    /// Generations in memory, the active one included.
    pub generations: usize,
    /// Runs on disk. Each costs every look-up one cache line.
    pub runs: usize,
    /// Memory in use.
    pub memory_bytes: usize,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Pages that could not be read since the index was opened. Their ids were taken as not seen,
    /// so a repeat may have been accepted; the next open mends it.
    pub unreadable: u64,
}

impl IdIndex {
    /// Opens or creates the index in `dir`, which nobody else uses.
    ///
    /// The position says from where on the owner must give the keys of its accepted records
    /// again, with [`IdIndex::restore`]; `None` means from its first record. Everything before is
    /// there. Takes about 10 ns an id of the window.
    ///
    /// Errors: [`IndexError::Newer`], [`IndexError::Disk`], [`IndexError::Memory`]. Damage is no
    /// error, it only makes the position earlier.
    pub fn open(dir: &Path, options: Options) -> Result<(IdIndex, Option<u64>), IndexError> {
        let options = options.checked();
        let recovered = recover(dir, &options)?;
        let replay_from = recovered.replay_from;
        let index = IdIndex {
            options,
            clock: recovered.clock,
            active: recovered.active,
            closing: recovered.closing,
            runs: recovered.runs,
            fresh: Vec::new(),
            fresh_from: replay_from.unwrap_or(0),
            spare: Vec::new(),
            frozen: Vec::new(),
            start: recovered.start,
            floor: 0,
            last_position: None,
            forgotten: Vec::new(),
            merging: false,
            fetching: false,
            merge_failed: false,
            workers: Workers::start(dir)?,
            inserts: 0,
            unreadable: AtomicU64::new(0),
        };
        Ok((index, replay_from))
    }

    /// The position where `key` was first seen, if it was within the window; then nothing is
    /// inserted. Otherwise it is seen from now on, at `position`.
    ///
    /// `time_ms` is the record's own time. Positions only grow and are multiples of eight.
    ///
    /// Errors: [`IndexError::Misplaced`], [`IndexError::Memory`].
    #[inline]
    pub fn insert(
        &mut self,
        key: u128,
        position: u64,
        time_ms: i64,
    ) -> Result<Option<u64>, IndexError> {
        self.clock.observe(time_ms);
        let (high, low) = halves(key);
        if let Some(first) = self.look_up(high, low) {
            return Ok(Some(first));
        }
        self.admit(Id { high, low, position })?;
        Ok(None)
    }

    /// Takes `key` as accepted at `position`, whatever the index knows of it: what the owner
    /// calls after [`IdIndex::open`], for each of its accepted records, in order. They are
    /// durable, so they are sealed on the way.
    ///
    /// Errors: as [`IdIndex::insert`].
    pub fn restore(&mut self, key: u128, position: u64, time_ms: i64) -> Result<(), IndexError> {
        if self.fresh.len() >= RESTORED_AT_ONCE {
            self.seal_to(position)?;
            self.wait_for_parts(PARTS_WAITING)?;
        }
        self.clock.observe(time_ms);
        let (high, low) = halves(key);
        self.admit(Id { high, low, position })
    }

    /// Where `key` was first seen within the window.
    pub fn find(&self, key: u128) -> Result<Option<u64>, IndexError> {
        let (high, low) = halves(key);
        Ok(self.look_up(high, low).filter(|position| *position >= self.floor))
    }

    /// Fetches what [`IdIndex::insert`] of `key` will look at, without waiting for it. Call it
    /// for a whole group before the first insert.
    #[inline]
    pub fn prefetch(&self, key: u128) {
        let (high, _) = halves(key);
        self.active.table.prefetch(high);
        self.closing.iter().for_each(|generation| generation.table.prefetch(high));
        self.runs.iter().for_each(|run| run.prefetch(high));
    }

    /// All ids before `position` belong to durable records: they are written, in the background.
    /// Never name a position whose records could still be lost, or their ids will outlive them.
    ///
    /// Call it about every 100,000 to 500,000 ids: until then an id takes 24 bytes of memory.
    /// What could not be written is tried again at the next call.
    ///
    /// Errors: [`IndexError::Stopped`].
    pub fn seal_to(&mut self, position: u64) -> Result<(), IndexError> {
        self.take_finished();
        self.merge_failed = false;
        for frozen in &mut self.frozen {
            if frozen.failed {
                frozen.failed = false;
                let (head, ids) = (frozen.head, frozen.ids.clone());
                self.workers.write(PartJob { head, ids, forgotten: Vec::new() })?;
            }
        }
        if position > self.fresh_from {
            self.freeze(position)?;
        }
        self.forget();
        self.start_merge()
    }

    /// The owner no longer has records before `position`. Within the window their ids still
    /// count for [`IdIndex::insert`]; [`IdIndex::find`] no longer shows them.
    pub fn forget_before(&mut self, position: u64) {
        self.floor = self.floor.max(position);
        self.forget();
    }

    /// Waits until everything sealed is on disk and nothing is left to merge: for a clean close,
    /// so that the next open replays nothing.
    ///
    /// Errors: [`IndexError::Stopped`].
    pub fn settle(&mut self) -> Result<(), IndexError> {
        self.take_finished();
        self.start_merge()?;
        while let Some(done) = self.workers.wait()? {
            self.take(done);
            self.start_merge()?;
        }
        Ok(())
    }

    /// Ids in the window.
    pub fn len(&self) -> u64 {
        let tables = self.closing.iter().map(|generation| generation.table.len() as u64);
        let runs = self.runs.iter().map(|run| run.head.count);
        self.active.table.len() as u64 + tables.sum::<u64>() + runs.sum::<u64>()
    }

    /// Whether no id is in the window.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory in use.
    pub fn memory_bytes(&self) -> usize {
        let id = size_of::<Id>();
        let frozen: usize = self.frozen.iter().map(|frozen| frozen.ids.capacity() * id).sum();
        let closing: usize = self.closing.iter().map(Generation::memory_bytes).sum();
        let runs: usize = self.runs.iter().map(|run| run.memory_bytes()).sum();
        let fresh = (self.fresh.capacity() + self.spare.capacity()) * id;
        self.active.memory_bytes() + closing + runs + frozen + fresh
    }

    /// What the index says about itself.
    pub fn stats(&self) -> IndexStats {
        let generations = || self.closing.iter().chain([&self.active]);
        let parts = generations().flat_map(|generation| &generation.parts);
        let frozen: usize = self.frozen.iter().map(|frozen| frozen.ids.len()).sum();
        IndexStats {
            ids: self.len(),
            unwritten: (self.fresh.len() + frozen) as u64,
            generations: generations().count(),
            runs: self.runs.len(),
            memory_bytes: self.memory_bytes(),
            disk_bytes: parts.chain(&self.runs).map(|run| run.disk_bytes()).sum(),
            unreadable: self.unreadable.load(Ordering::Relaxed),
        }
    }

    #[inline]
    fn look_up(&self, high: u64, low: u64) -> Option<u64> {
        let in_table = |generation: &Generation| {
            let confirm = |delta| self.confirm(generation, high, low, delta);
            generation.table.find(high, confirm)
        };
        if let Some(position) = in_table(&self.active) {
            return Some(position);
        }
        if let Some(position) = self.closing.iter().rev().find_map(in_table) {
            return Some(position);
        }
        let runs = self.runs.iter().rev().filter(|run| run.may_hold(high, low));
        runs.filter_map(|run| self.read(run, high, low)).next()
    }

    /// The table's fingerprint fits: does the whole key?
    #[cold]
    fn confirm(&self, generation: &Generation, high: u64, low: u64, delta: u32) -> Option<u64> {
        let position = generation.position(delta);
        let holds = |ids: &[Id]| {
            let at = ids.binary_search_by_key(&position, |id| id.position).ok()?;
            (ids[at].high == high && ids[at].low == low).then_some(position)
        };
        if position >= self.fresh_from {
            return holds(&self.fresh);
        }
        let on_its_way = |frozen: &&Frozen| (frozen.head.from..frozen.head.to).contains(&position);
        match self.frozen.iter().find(on_its_way) {
            Some(frozen) => holds(&frozen.ids),
            None => self.read(generation.part_at(position)?, high, low),
        }
    }

    /// What cannot be read counts as not seen: a repeat does less harm than a loss. The file is
    /// removed, so that the next open has its ids replayed; what is readable is used until then.
    #[cold]
    fn read(&self, run: &Run, high: u64, low: u64) -> Option<u64> {
        run.find(high, low).unwrap_or_else(|error| {
            self.unreadable.fetch_add(1, Ordering::Relaxed);
            give_up(run, &error);
            None
        })
    }

    #[inline]
    fn admit(&mut self, id: Id) -> Result<(), IndexError> {
        let position = id.position;
        let grows = self.last_position.is_none_or(|last| position > last);
        if !grows || position < self.fresh_from || position & 7 != 0 {
            let last = self.last_position.unwrap_or(self.fresh_from);
            return Err(IndexError::Misplaced { position, last });
        }
        self.inserts += 1;
        if self.inserts.is_multiple_of(LOOK_EVERY) {
            self.look_around()?;
        }
        let now_ms = self.clock.now_ms;
        if self.active.is_empty() && self.active.parts.is_empty() {
            (self.active.base, self.active.first_ms) = (position, now_ms);
        }
        let full = self.active.table.len() as u64 >= self.options.generation_ids;
        let over = now_ms != self.active.newest_ms
            && plan::period_over(self.active.first_ms, now_ms, &self.options);
        let delta = match self.active.delta(position) {
            Some(delta) if !full && !over => delta,
            _ => {
                self.next_generation(position)?;
                0
            }
        };
        self.active.newest_ms = now_ms;
        self.active.table.insert(id.high, delta, self.ids_max())?;
        self.fresh.push(id);
        self.last_position = Some(position);
        Ok(())
    }

    /// The most ids that the active table will hold.
    fn ids_max(&self) -> usize {
        self.options.generation_ids as usize
    }

    /// The new table starts at a quarter of the last one: while that waits to be merged both are
    /// in memory, and doubling twice takes milliseconds.
    #[cold]
    fn next_generation(&mut self, position: u64) -> Result<(), IndexError> {
        let quarter = self.active.table.capacity() / 4;
        let next =
            Generation { first_ms: self.clock.now_ms, ..Generation::new(position, quarter)? };
        let mut last = std::mem::replace(&mut self.active, next);
        last.end = position;
        self.closing.push(last);
        self.forget();
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn crash(mut self) {
        self.workers.crash();
    }
}
