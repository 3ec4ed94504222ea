//! What the writer, the readers and the background threads share.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Instant,
};

use tokio::sync::watch;

use super::{
    catalog::Catalog, compressed::Cache, directory::Directory, disk::Disk, erase::Ages,
    header::Secret, lanes::Gate, options::Options, ring::Ring, space::Space,
};
use crate::Position;

/// Syncs that the percentiles are taken from.
const SYNCS: usize = 512;

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) secret: Secret,
    pub(crate) gate: Arc<Gate>,
    pub(crate) space: Space,
    pub(crate) clock: LogClock,
    /// Everything before it is durable and in the catalog.
    pub(crate) end: watch::Sender<Position>,
    pub(crate) catalog: RwLock<Catalog>,
    pub(crate) ring: Mutex<Ring>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) groups: Mutex<BTreeMap<String, Position>>,
    pub(crate) counters: Mutex<Counters>,
    pub(crate) ages: Mutex<Ages>,
}

impl Shared {
    pub(crate) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().expect("no holder of this lock panics")
    }

    pub(crate) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().expect("no holder of this lock panics")
    }

    pub(crate) fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Position>> {
        self.groups.lock().expect("no holder of this lock panics")
    }

    pub(crate) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().expect("no holder of this lock panics")
    }

    pub(crate) fn ages(&self) -> Ages {
        self.ages.lock().expect("no holder of this lock panics").clone()
    }

    pub(crate) fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().expect("no holder of this lock panics")
    }
}

/// The log's own time: goes on with the monotonic clock from where the log left off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogClock {
    anchor_ms: i64,
    since: Instant,
}

/// Time that passes for the log while it is closed, at most.
const CLOSED_MS_MAX: i64 = 24 * 3600 * 1000;

impl LogClock {
    /// `last` is the newest stamp in the log: its own time, and the wall clock's then.
    pub(crate) fn resume(last: Option<(i64, i64)>, wall_ms: i64) -> LogClock {
        let closed_for = |then: i64| wall_ms.saturating_sub(then).clamp(0, CLOSED_MS_MAX);
        let anchor_ms = last.map_or(wall_ms, |(own, then)| own + closed_for(then));
        LogClock { anchor_ms, since: Instant::now() }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.anchor_ms + self.since.elapsed().as_millis() as i64
    }
}

/// What was counted since the log was opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    pub(crate) records: u64,
    pub(crate) duplicates: u64,
    pub(crate) groups: u64,
    pub(crate) payload_bytes: u64,
    pub(crate) written_bytes: u64,
    pub(crate) background_bytes: u64,
    pub(crate) keys: u64,
    syncs_us: Vec<u32>,
    sync_next: usize,
}

impl Counters {
    pub(crate) fn synced(&mut self, us: u128) {
        let us = u32::try_from(us).unwrap_or(u32::MAX);
        if self.syncs_us.len() < SYNCS {
            self.syncs_us.push(us);
        } else {
            self.syncs_us[self.sync_next % SYNCS] = us;
        }
        self.sync_next += 1;
    }

    /// Median and 99th percentile of the latest syncs, microseconds.
    pub(crate) fn sync_percentiles(&self) -> (u64, u64) {
        let mut sorted = self.syncs_us.clone();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get(sorted.len() * percent / 100).copied();
        (at(50).unwrap_or(0).into(), at(99).unwrap_or(0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_of_the_clock_ages_nothing_by_more_than_a_day() {
        let day = CLOSED_MS_MAX;
        let resumed = |last, wall| LogClock::resume(last, wall).anchor_ms;
        assert_eq!(resumed(None, 5), 5);
        assert_eq!(resumed(Some((100, 1000)), 1600), 700);
        assert_eq!(resumed(Some((100, 1000)), 400), 100);
        assert_eq!(resumed(Some((100, 1000)), 3650 * day), 100 + day);
    }
}
