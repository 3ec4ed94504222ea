//! Ids that are still in a table, and their parts on disk.

use std::sync::Arc;

use crate::IndexError;
use crate::run::Run;
use crate::table::Table;

pub(crate) struct Generation {
    /// Position that the table's deltas count from; also its name.
    pub(crate) base: u64,
    /// Where the next generation begins; `u64::MAX` while this is the active one.
    pub(crate) end: u64,
    pub(crate) first_ms: i64,
    pub(crate) newest_ms: i64,
    pub(crate) table: Table,
    /// In position order.
    pub(crate) parts: Vec<Arc<Run>>,
    /// A part could not be read, so it stays in memory until it is forgotten.
    pub(crate) stuck: bool,
}

impl Generation {
    pub(crate) fn new(base: u64, ids: usize) -> Result<Generation, IndexError> {
        Ok(Generation {
            base,
            end: u64::MAX,
            first_ms: 0,
            newest_ms: 0,
            table: Table::for_ids(ids)?,
            parts: Vec::new(),
            stuck: false,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// A position as the table keeps it; `None` when it is too far from the base.
    #[inline]
    pub(crate) fn delta(&self, position: u64) -> Option<u32> {
        u32::try_from((position - self.base) / 8).ok()
    }

    #[inline]
    pub(crate) fn position(&self, delta: u32) -> u64 {
        self.base + u64::from(delta) * 8
    }

    /// Puts the ids of a part into the table.
    pub(crate) fn load(&mut self, part: &Run, ids_max: usize) -> Result<(), IndexError> {
        part.for_each(|id| {
            let delta = id.position.checked_sub(self.base).map(|bytes| u32::try_from(bytes / 8));
            let Some(Ok(delta)) = delta else {
                return Err(IndexError::damaged(&part.path, "a position is far from the others"));
            };
            self.table.insert(id.high, delta, ids_max)
        })
    }

    /// Builds the table anew from the parts.
    pub(crate) fn reload(&mut self, ids_max: usize) -> Result<(), IndexError> {
        self.table = Table::for_ids(self.table.len())?;
        for part in self.parts.clone() {
            self.load(&part, ids_max)?;
        }
        Ok(())
    }

    /// The part that holds a position.
    pub(crate) fn part_at(&self, position: u64) -> Option<&Arc<Run>> {
        let at = self.parts.partition_point(|part| part.head.to <= position);
        self.parts.get(at).filter(|part| part.head.from <= position)
    }

    /// Takes a part in, and out those that it covers.
    pub(crate) fn add_part(&mut self, part: Run) {
        let (from, to) = (part.head.from, part.head.to);
        self.parts.retain(|old| old.head.to <= from || old.head.from >= to);
        let at = self.parts.partition_point(|old| old.head.from < from);
        self.parts.insert(at, Arc::new(part));
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let parts: usize = self.parts.iter().map(|part| part.memory_bytes()).sum();
        self.table.memory_bytes() + parts
    }
}
