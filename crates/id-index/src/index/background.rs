//! What the index hands to its threads, and takes from them.

use std::fs;
use std::sync::Arc;

use super::{Frozen, IdIndex, SPARE_IDS};
use crate::IndexError;
use crate::generation::Generation;
use crate::merge::merged_head;
use crate::plan::{self, Extent};
use crate::run::{Head, Kind, Run};
use crate::workers::{Done, MergeJob, PartJob};

impl IdIndex {
    pub(super) fn look_around(&mut self) -> Result<(), IndexError> {
        self.take_finished();
        if !self.fetching
            && let Some(lines) = self.active.table.wanted_lines(self.ids_max())
        {
            self.workers.fetch_lines(lines)?;
            self.fetching = true;
        }
        self.start_merge()
    }

    /// Hands the fresh ids before `position` over to be written, one part for each generation.
    pub(super) fn freeze(&mut self, position: u64) -> Result<(), IndexError> {
        let rest = self.fresh.partition_point(|id| id.position < position);
        let mut next = std::mem::take(&mut self.spare);
        next.extend(self.fresh.drain(rest..));
        let mut ids = std::mem::replace(&mut self.fresh, next);
        let generations = self.closing.iter().chain([&self.active]);
        for generation in generations.filter(|generation| !generation.is_empty()) {
            if generation.end <= self.fresh_from || self.fresh_from >= position {
                continue;
            }
            let to = generation.end.min(position);
            let later = ids.partition_point(|id| id.position < to);
            let later = if later < ids.len() { ids.split_off(later) } else { Vec::new() };
            let part = std::mem::replace(&mut ids, later);
            if part.is_empty() && generation.end != u64::MAX {
                continue;
            }
            let head = Head {
                kind: Kind::Part,
                from: self.fresh_from,
                to,
                generation: generation.base,
                first_ms: generation.first_ms,
                newest_ms: generation.newest_ms,
                clock: self.clock,
                window_start: self.start,
                count: 0,
                pages: 0,
                filter_homes: 0,
                filter_lines: 0,
                tail_crc: 0,
            };
            let part = Arc::new(part);
            let forgotten = std::mem::take(&mut self.forgotten);
            self.workers.write(PartJob { head, ids: part.clone(), forgotten })?;
            self.frozen.push(Frozen { head, ids: part, failed: false });
            self.fresh_from = to;
        }
        Ok(())
    }

    pub(super) fn take_finished(&mut self) {
        while let Some(done) = self.workers.finished() {
            self.take(done);
        }
    }

    /// Waits until no more than `waiting` parts are on their way to the disk, or it takes none.
    pub(super) fn wait_for_parts(&mut self, waiting: usize) -> Result<(), IndexError> {
        while self.frozen.iter().filter(|frozen| !frozen.failed).count() > waiting {
            match self.workers.wait()? {
                Some(done) => self.take(done),
                None => return Ok(()),
            }
        }
        Ok(())
    }

    pub(super) fn take(&mut self, done: Done) {
        match done {
            Done::Part { head, result: Ok(part) } => {
                let written = self.frozen.iter().position(|frozen| frozen.head.from == head.from);
                let ids = written.map(|at| self.frozen.remove(at).ids);
                if let Some(mut ids) = ids.and_then(Arc::into_inner) {
                    ids.clear();
                    self.spare = ids;
                    self.spare.shrink_to(SPARE_IDS);
                }
                self.add_part(part);
            }
            Done::Part { head, result: Err(error) } => {
                tracing::warn!(%error, cause = ?error, "cannot write ids; trying again later");
                let mut frozen = self.frozen.iter_mut();
                if let Some(frozen) = frozen.find(|frozen| frozen.head.from == head.from) {
                    frozen.failed = true;
                }
            }
            Done::Lines(lines) => {
                self.fetching = false;
                // Without them the table asks for memory when it grows, and says what is wrong.
                if let Ok(lines) = lines
                    && self.active.table.wanted_lines(self.ids_max()) == Some(lines.len())
                {
                    self.active.table.offer(lines);
                }
            }
            Done::Merge { head, result } => {
                self.merging = false;
                match result {
                    Ok(Some(run)) if run.head.kind == Kind::Part => self.add_part(run),
                    Ok(Some(run)) => self.add_run(run),
                    Ok(None) => {}
                    Err(error) => self.merge_failed(head, &error),
                }
            }
        }
    }

    fn add_part(&mut self, part: Run) {
        let mut generations = self.closing.iter_mut().chain([&mut self.active]);
        if let Some(of) = generations.find(|of| of.base == part.head.generation) {
            of.add_part(part);
        }
    }

    fn add_run(&mut self, run: Run) {
        let (from, to) = (run.head.from, run.head.to);
        let covered = |head: &Head| from <= head.from && head.to <= to;
        self.closing.retain(|generation| !generation.parts.iter().any(|part| covered(&part.head)));
        self.runs.retain(|old| !covered(&old.head));
        let at = self.runs.partition_point(|old| old.head.from < from);
        self.runs.insert(at, Arc::new(run));
        self.forget();
    }

    fn merge_failed(&mut self, head: Head, error: &IndexError) {
        tracing::warn!(%error, cause = ?error, "cannot merge ids; trying again later");
        self.merge_failed = true;
        let IndexError::Damaged { path, .. } = error else { return };
        let generations = self.closing.iter_mut().chain([&mut self.active]);
        for generation in generations.filter(|of| of.base == head.generation) {
            generation.stuck = true;
            generation
                .parts
                .iter()
                .filter(|part| part.path == *path)
                .for_each(|p| give_up(p, error));
        }
        self.runs.iter().filter(|run| run.path == *path).for_each(|run| give_up(run, error));
    }

    /// Forgets the oldest ids that nothing speaks for any more.
    pub(super) fn forget(&mut self) {
        let extents = self.extents();
        let (ids, memory) = (self.len(), self.memory_bytes());
        let now_ms = self.clock.now_ms;
        let count = plan::forgotten(&extents, now_ms, ids, memory, self.floor, &self.options);
        self.forget_runs(count);
        // A generation that cannot become a run takes more memory: it goes as soon as it may,
        // with all that is older.
        let goes = |generation: &Generation| {
            generation.stuck && plan::left_window(generation.newest_ms, now_ms, &self.options)
        };
        if let Some(last) = self.closing.iter().rposition(goes) {
            for generation in self.closing.drain(..=last) {
                self.start = self.start.max(generation.end);
                self.forgotten.extend(generation.parts.iter().map(|part| part.path.clone()));
            }
            self.forget_runs(self.runs.partition_point(|run| run.head.to <= self.start));
        }
    }

    fn forget_runs(&mut self, count: usize) {
        for run in self.runs.drain(..count) {
            self.start = self.start.max(run.head.to);
            self.forgotten.push(run.path.clone());
        }
    }

    fn extents(&self) -> Vec<Extent> {
        let extent = |run: &Arc<Run>| Extent {
            ids: run.head.count,
            from: run.head.from,
            to: run.head.to,
            newest_ms: run.head.newest_ms,
            memory_bytes: run.memory_bytes(),
            damaged: run.is_damaged(),
        };
        self.runs.iter().map(extent).collect()
    }

    /// Starts the next merge, if one is due and none is going on.
    pub(super) fn start_merge(&mut self) -> Result<(), IndexError> {
        if self.merging || self.merge_failed {
            return Ok(());
        }
        let Some((inputs, kind)) = self.to_merge() else { return Ok(()) };
        let Some(head) = merged_head(&inputs, kind, self.start) else { return Ok(()) };
        if !self.has_room(&inputs) {
            self.merge_failed = true;
            return Ok(());
        }
        self.workers.merge(MergeJob { head, inputs })?;
        self.merging = true;
        Ok(())
    }

    /// Whether the merged file can stand beside `inputs` and leave the room that it must. Where the
    /// file system does not say, it is tried.
    fn has_room(&self, inputs: &[Arc<Run>]) -> bool {
        let wanted: u64 = inputs.iter().map(|run| run.disk_bytes()).sum();
        let Ok(room) = rustix::fs::statvfs(self.workers.folder()) else { return true };
        let (free, all) = (room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize);
        plan::room_to_merge(wanted, free, all, &self.options)
    }

    fn to_merge(&self) -> Option<(Vec<Arc<Run>>, Kind)> {
        let written = |generation: &&Generation| {
            !generation.stuck
                && !self.frozen.iter().any(|frozen| frozen.head.generation == generation.base)
        };
        let complete = |generation: &&Generation| {
            self.fresh.first().is_none_or(|id| id.position >= generation.end)
        };
        if let Some(generation) = self.closing.iter().filter(written).find(complete) {
            return Some((generation.parts.clone(), Kind::Run));
        }
        if let Some(runs) = plan::runs_to_merge(&self.extents(), self.clock.now_ms, &self.options) {
            return Some((self.runs[runs].to_vec(), Kind::Run));
        }
        let active = Some(&self.active).filter(written)?;
        let ids: Vec<u64> = active.parts.iter().map(|part| part.head.count).collect();
        plan::parts_to_merge(&ids).map(|parts| (active.parts[parts].to_vec(), Kind::Part))
    }
}

pub(super) fn give_up(run: &Run, error: &IndexError) {
    if run.note_damage() {
        tracing::error!(%error, cause = ?error, "ids cannot be read; open the log again to mend it");
        let _ = fs::remove_file(&run.path);
    }
}
