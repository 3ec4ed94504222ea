//! Which segments there are.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    sync::Arc,
};

use super::{
    blocks::{Blocks, Published},
    segment::{Form, Raw},
};
use crate::Position;

/// A segment that nothing is added to any more.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) base: u64,
    pub(crate) end: u64,
    pub(crate) nonce: u64,
    pub(crate) form: Form,
    pub(crate) blocks: Arc<Blocks>,
    /// The log's own time when it was begun and sealed.
    pub(crate) created_ms: i64,
    pub(crate) sealed_ms: i64,
    pub(crate) disk_bytes: u64,
    /// Its side file is there.
    pub(crate) indexed: bool,
    /// It stays as it is: something in it is damaged.
    pub(crate) kept_raw: bool,
    /// The log's own time when records of it were erased last; 0 for not yet.
    pub(crate) erased_ms: i64,
}

/// The segment that is being written.
pub(crate) struct Active {
    pub(crate) base: u64,
    pub(crate) nonce: u64,
    pub(crate) created_ms: i64,
    pub(crate) raw: Arc<Raw>,
    pub(crate) blocks: Published,
}

/// All segments, oldest first, without gaps.
pub(crate) struct Catalog {
    pub(crate) sealed: VecDeque<Arc<Sealed>>,
    pub(crate) active: Active,
    /// Damage that readers came across: where it begins and ends.
    pub(crate) damage: BTreeMap<u64, u64>,
}

/// What is needed to read a segment.
pub(crate) struct Found {
    pub(crate) base: u64,
    /// Position after its last frame; for the active segment the end is the log's.
    pub(crate) end: Option<u64>,
    pub(crate) nonce: u64,
    pub(crate) form: Form,
    /// Where the block around the position begins.
    pub(crate) block_start: u64,
}

impl Catalog {
    /// Position of the oldest record.
    pub(crate) fn oldest(&self) -> u64 {
        self.sealed.front().map_or(self.active.base, |segment| segment.base)
    }

    /// The segment that holds `position`; `None` before the oldest.
    pub(crate) fn find(&self, position: u64) -> Option<Found> {
        if position >= self.active.base {
            let active = &self.active;
            return Some(Found {
                base: active.base,
                end: None,
                nonce: active.nonce,
                form: Form::Raw(active.raw.clone()),
                block_start: active.blocks.start_before(position).unwrap_or(active.base),
            });
        }
        let after = self.sealed.partition_point(|segment| segment.base <= position);
        let segment = self.sealed.get(after.checked_sub(1)?)?;
        Some(Found {
            base: segment.base,
            end: Some(segment.end),
            nonce: segment.nonce,
            form: segment.form.clone(),
            block_start: segment.blocks.start_before(position).unwrap_or(segment.base),
        })
    }

    /// See [`crate::EventLog::block_before`].
    pub(crate) fn before(&self, before: u64, stream: Option<u64>) -> Option<Range<Position>> {
        let sealed = self.sealed.partition_point(|segment| segment.base < before);
        let older = self.sealed.range(..sealed).rev();
        let found = self.active.blocks.before(before, stream);
        let found = found.or_else(|| {
            older.map(|segment| segment.blocks.before(before, stream)).find_map(|block| block)
        })?;
        Some(Position(found.start)..Position(found.end))
    }

    /// See [`crate::EventLog::blocks_referring`].
    pub(crate) fn referring(&self, position: u64) -> Vec<Range<Position>> {
        let mut found = Vec::new();
        self.sealed.iter().for_each(|segment| segment.blocks.referring(position, &mut found));
        self.active.blocks.referring(position, &mut found);
        found
    }

    /// See [`crate::EventLog::position_at`].
    pub(crate) fn at_time(&self, time_ms: i64) -> Option<u64> {
        let sealed = self.sealed.iter().find_map(|segment| segment.blocks.at_time(time_ms));
        sealed.or_else(|| self.active.blocks.at_time(time_ms))
    }

    /// Puts a changed segment in the place of the one with its base, if that is still there.
    pub(crate) fn replace(&mut self, changed: Sealed) -> bool {
        let found = self.sealed.iter_mut().find(|segment| segment.base == changed.base);
        found.map(|segment| *segment = Arc::new(changed)).is_some()
    }
}
