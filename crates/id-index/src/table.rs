//! The active generation: fingerprints and positions in memory.
//!
//! ```text
//! one line, 64 bytes:  7 x u32 lower bits of the fingerprint
//!                      7 x u32 position, in eighths after the generation's base
//!                      7 x u8  upper bits of the fingerprint
//!                      1 x u8  slots in use
//! ```
//!
//! The fingerprint is the key's upper 40 bits and says by itself which line it belongs to, so
//! growing needs nothing else. A full line continues on the next. Nothing is ever removed.

use crate::IndexError;
use crate::lines::{LINE, Lines, home};

const SLOTS: usize = 7;
const UPPER_AT: usize = 56;
const USED_AT: usize = 63;
/// Bits of the key's upper half that are not part of the fingerprint.
const REST_BITS: u32 = 24;
/// Slots that may be in use, in hundredths: more costs time, less costs memory.
const LOAD_MAX: usize = 77;
/// The smallest table: 2^14 slots.
pub(crate) const LINES_MIN: usize = (1 << 14) / SLOTS;

pub(crate) struct Table {
    lines: Lines,
    count: usize,
    /// Ids that still fit before the table must grow.
    room: usize,
    /// Memory for the next size.
    next: Option<Lines>,
}

impl Table {
    /// An empty table for `ids` ids before it first grows.
    pub(crate) fn for_ids(ids: usize) -> Result<Table, IndexError> {
        Table::with_lines(lines_for(ids))
    }

    fn with_lines(lines: usize) -> Result<Table, IndexError> {
        Ok(Table::of(Lines::new(lines)?))
    }

    fn of(lines: Lines) -> Table {
        let room = lines.len() * SLOTS * LOAD_MAX / 100;
        Table { lines, count: 0, room, next: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Ids it can take in all before it grows.
    pub(crate) fn capacity(&self) -> usize {
        self.count + self.room
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        (self.lines.len() + self.next.as_ref().map_or(0, Lines::len)) * LINE
    }

    /// How many lines it will grow to, once that is near. Getting them from the system takes
    /// longer than filling them: let another thread do it, and [`Table::offer`] them.
    pub(crate) fn wanted_lines(&self, ids_max: usize) -> Option<usize> {
        let near = self.room < self.capacity() / 16 && self.next.is_none();
        (near && self.count < ids_max.saturating_sub(self.room)).then(|| self.next_lines(ids_max))
    }

    pub(crate) fn offer(&mut self, lines: Lines) {
        self.next = Some(lines);
    }

    #[inline]
    pub(crate) fn prefetch(&self, high: u64) {
        self.lines.prefetch(home(high >> REST_BITS << REST_BITS, self.lines.len()));
    }

    /// What `confirm` makes of the first candidate that it does not reject.
    #[inline]
    pub(crate) fn find<T>(
        &self,
        high: u64,
        mut confirm: impl FnMut(u32) -> Option<T>,
    ) -> Option<T> {
        let (upper, lower) = fingerprint(high);
        let lines = self.lines.all();
        let mut at = home(high >> REST_BITS << REST_BITS, lines.len());
        loop {
            let line = &lines[at];
            let words = line.as_chunks::<4>().0;
            let used = usize::from(line[USED_AT]);
            let mut equal = 0u32;
            for (slot, word) in words[..SLOTS].iter().enumerate() {
                equal |= u32::from(u32::from_le_bytes(*word) == lower) << slot;
            }
            equal &= (1 << used) - 1;
            while equal != 0 {
                let slot = equal.trailing_zeros() as usize;
                if line[UPPER_AT + slot] == upper
                    && let Some(found) = confirm(u32::from_le_bytes(words[SLOTS + slot]))
                {
                    return Some(found);
                }
                equal &= equal - 1;
            }
            if used < SLOTS {
                return None;
            }
            at = if at + 1 == lines.len() { 0 } else { at + 1 };
        }
    }

    /// Adds an id. `ids_max` is the most the table will ever be asked to hold, as far as is
    /// known: it does not grow beyond what that needs.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        high: u64,
        delta: u32,
        ids_max: usize,
    ) -> Result<(), IndexError> {
        if self.room == 0 {
            self.grow(ids_max)?;
        }
        self.put(high, delta);
        Ok(())
    }

    #[inline]
    fn put(&mut self, high: u64, delta: u32) {
        let (upper, lower) = fingerprint(high);
        let lines = self.lines.all_mut();
        let mut at = home(high >> REST_BITS << REST_BITS, lines.len());
        while usize::from(lines[at][USED_AT]) == SLOTS {
            at = if at + 1 == lines.len() { 0 } else { at + 1 };
        }
        let line = &mut lines[at];
        let slot = usize::from(line[USED_AT]);
        let words = line.as_chunks_mut::<4>().0;
        words[slot] = lower.to_le_bytes();
        words[SLOTS + slot] = delta.to_le_bytes();
        line[UPPER_AT + slot] = upper;
        line[USED_AT] += 1;
        self.count += 1;
        self.room = self.room.saturating_sub(1);
    }

    #[cold]
    fn grow(&mut self, ids_max: usize) -> Result<(), IndexError> {
        let lines = self.next_lines(ids_max);
        let offered = self.next.take().filter(|next| next.len() == lines);
        let mut grown = match offered {
            Some(next) => Table::of(next),
            None => Table::with_lines(lines)?,
        };
        for line in self.lines.all() {
            let words = line.as_chunks::<4>().0;
            for slot in 0..usize::from(line[USED_AT]) {
                let lower = u64::from(u32::from_le_bytes(words[slot]));
                let high = (u64::from(line[UPPER_AT + slot]) << 32 | lower) << REST_BITS;
                grown.put(high, u32::from_le_bytes(words[SLOTS + slot]));
            }
        }
        *self = grown;
        Ok(())
    }

    fn next_lines(&self, ids_max: usize) -> usize {
        let double = self.lines.len() * 2;
        let enough = lines_for(ids_max);
        if enough > self.lines.len() { double.min(enough) } else { double }
    }
}

fn lines_for(ids: usize) -> usize {
    (ids * 100 / (SLOTS * LOAD_MAX) + 1).max(LINES_MIN)
}

/// The upper 8 and lower 32 bits of the fingerprint.
#[inline]
fn fingerprint(high: u64) -> (u8, u32) {
    ((high >> (REST_BITS + 32)) as u8, (high >> REST_BITS) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Random;

    fn positions(table: &Table, high: u64) -> Vec<u32> {
        let mut found = Vec::new();
        table.find(high, |delta| {
            found.push(delta);
            None::<()>
        });
        found
    }

    #[test]
    fn every_id_is_found_while_the_table_grows() {
        let mut random = Random(1);
        let keys: Vec<u64> = (0..100_000).map(|_| random.next()).collect();
        let mut table = Table::for_ids(0).expect("memory");
        for (i, key) in keys.iter().enumerate() {
            table.insert(*key, i as u32, 100_000).expect("memory");
        }
        assert_eq!(table.len(), keys.len());
        for (i, key) in keys.iter().enumerate() {
            assert!(positions(&table, *key).contains(&(i as u32)));
        }
        let strangers = (0..100_000).filter(|_| !positions(&table, random.next()).is_empty());
        assert!(strangers.count() < 3);
        assert!(table.memory_bytes() < 100_000 * 12, "{}", table.memory_bytes());
    }

    #[test]
    fn ids_that_are_not_spread_cost_time_and_nothing_else() {
        for keys in [0..3000u64, u64::MAX - 3000..u64::MAX] {
            let mut table = Table::for_ids(0).expect("memory");
            for key in keys.clone() {
                table.insert(key, (key % 3001) as u32, 3000).expect("memory");
            }
            assert!(
                keys.into_iter().all(|key| positions(&table, key).contains(&((key % 3001) as u32)))
            );
        }
    }
}
