//! Which ids a run may hold: 16 bits of each, in memory.
//!
//! A line holds 32 fingerprints (0 means free) of ids that are neighbours in key order; a full
//! line continues on the next. One cache line answers, wrong for 1 stranger in about 3,000; built
//! in one pass over sorted ids, 3.1 bytes an id, with no memory beside the result. (A binary fuse
//! filter is wrong for 1 in 65,000 and takes 2.25 bytes, but three cache lines a question and
//! 30 bytes an id while it is built.)

use crate::IndexError;
use crate::lines::{LINE, Lines, home};

const SLOTS: usize = LINE / 2;
/// Ids a line gets on average. A full line costs a second one, which nobody has asked for ahead:
/// with 27 ids a line in four is full, and that is most of what a question costs; with 21 it is
/// one in seventy.
const FILL: u64 = 21;

pub(crate) struct Filter {
    lines: Lines,
    /// Lines in use.
    used: usize,
    /// Lines that ids are spread over; the few behind take what the last ones have no room for.
    homes: usize,
}

impl Filter {
    /// An empty filter for at most `ids` ids; fill it with [`FilterBuilder::push`].
    pub(crate) fn builder(ids: u64) -> Result<FilterBuilder, IndexError> {
        let homes = ids.div_ceil(FILL).max(1) as usize;
        let lines = Lines::new(homes + homes / 64 + 8)?;
        Ok(FilterBuilder { filter: Filter { lines, used: homes, homes }, at: 0, filled: 0 })
    }

    /// The filter whose [`Filter::bytes`] `read` puts back.
    pub(crate) fn restored<E: From<IndexError>>(
        homes: usize,
        used: usize,
        read: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Filter, E> {
        let mut lines = Lines::new(used)?;
        read(lines.all_mut()[..used].as_flattened_mut())?;
        Ok(Filter { lines, used, homes })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.lines.all()[..self.used].as_flattened()
    }

    pub(crate) fn homes(&self) -> usize {
        self.homes
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    #[inline]
    pub(crate) fn prefetch(&self, high: u64) {
        self.lines.prefetch(home(high, self.homes));
    }

    #[inline]
    pub(crate) fn may_hold(&self, high: u64, low: u64) -> bool {
        let print = fingerprint(low);
        for line in &self.lines.all()[home(high, self.homes)..self.used] {
            let prints = line.as_chunks::<2>().0;
            let mut equal = false;
            for slot in prints {
                equal |= u16::from_le_bytes(*slot) == print;
            }
            if equal {
                return true;
            }
            if prints[SLOTS - 1] == [0, 0] {
                return false;
            }
        }
        false
    }
}

pub(crate) struct FilterBuilder {
    filter: Filter,
    at: usize,
    filled: usize,
}

impl FilterBuilder {
    /// Adds an id; ids come in key order.
    pub(crate) fn push(&mut self, high: u64, low: u64) -> Result<(), IndexError> {
        let home = home(high, self.filter.homes);
        if home > self.at {
            (self.at, self.filled) = (home, 0);
        } else if self.filled == SLOTS {
            (self.at, self.filled) = (self.at + 1, 0);
        }
        if self.at >= self.filter.lines.len() {
            let mut larger = Lines::new(self.at * 2 + 8)?;
            let lines = self.filter.lines.all();
            larger.all_mut()[..lines.len()].copy_from_slice(lines);
            self.filter.lines = larger;
        }
        let line = &mut self.filter.lines.all_mut()[self.at];
        line.as_chunks_mut::<2>().0[self.filled] = fingerprint(low).to_le_bytes();
        self.filled += 1;
        self.filter.used = self.filter.used.max(self.at + 1);
        Ok(())
    }

    pub(crate) fn finish(self) -> Filter {
        self.filter
    }
}

#[inline]
fn fingerprint(low: u64) -> u16 {
    (low as u16).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Random;

    fn filter_of(keys: &mut [(u64, u64)]) -> Filter {
        keys.sort_unstable();
        let mut builder = Filter::builder(keys.len() as u64).expect("memory");
        for (high, low) in keys.iter() {
            builder.push(*high, *low).expect("memory");
        }
        builder.finish()
    }

    #[test]
    fn holds_every_id_and_few_strangers() {
        let mut random = Random(2);
        let mut keys: Vec<(u64, u64)> =
            (0..200_000).map(|_| (random.next(), random.next())).collect();
        let filter = filter_of(&mut keys);
        assert!(keys.iter().all(|(high, low)| filter.may_hold(*high, *low)));
        let wrong = (0..200_000).filter(|_| filter.may_hold(random.next(), random.next())).count();
        assert!((15..160).contains(&wrong), "{wrong}");
        assert!(filter.bytes().len() < 200_000 * 16 / 5, "{}", filter.bytes().len());
        let restored = Filter::restored(filter.homes(), filter.used(), |bytes| {
            bytes.copy_from_slice(filter.bytes());
            Ok::<_, IndexError>(())
        })
        .expect("memory");
        assert!(keys.iter().all(|(high, low)| restored.may_hold(*high, *low)));
    }

    #[test]
    fn ids_that_are_not_spread_are_held_too() {
        for base in [0, u64::MAX - 5000] {
            let mut keys: Vec<(u64, u64)> = (0..5000).map(|i| (base + i, i)).collect();
            let filter = filter_of(&mut keys);
            assert!(keys.iter().all(|(high, low)| filter.may_hold(*high, *low)));
        }
    }

    #[test]
    fn an_empty_filter_holds_nothing() {
        assert!(!filter_of(&mut []).may_hold(1, 2));
    }
}
