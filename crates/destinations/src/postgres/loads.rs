//! Which messages were loaded: the positions of each load, as they stand beside the rows.
//!
//! Pure. With each position stands a check of the message's id, so that the positions of another
//! log, or of one that began anew, are never taken for ours.
//!
//! ```text
//! position, less the one before (LEB128)   check (4 bytes)   …
//! ```

use std::collections::BTreeMap;

use destination_kit::Parcel;
use xxhash_rust::xxh3::xxh3_64;

/// One message in a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Loaded {
    pub position: u64,
    check: u32,
}

impl Loaded {
    pub fn of(parcel: &Parcel) -> Self {
        let check = xxh3_64(parcel.message.message_id()) as u32;
        Loaded { position: parcel.position, check }
    }
}

/// One load.
#[derive(Debug, Clone)]
pub struct Load {
    pub first: u64,
    pub last: u64,
    /// The newest time at which one of its messages was received.
    pub received_until_ms: i64,
    pub positions: Vec<u8>,
}

impl Load {
    /// `messages` may stand in any order; there is at least one.
    pub fn of(mut messages: Vec<Loaded>, received_until_ms: i64) -> Self {
        messages.sort_unstable();
        let first = messages.first().map_or(0, |loaded| loaded.position);
        let last = messages.last().map_or(0, |loaded| loaded.position);
        let mut positions = Vec::with_capacity(messages.len() * 6);
        let mut before = 0;
        for Loaded { position, check } in messages {
            let mut delta = position - before;
            before = position;
            while delta >= 0x80 {
                positions.push(delta as u8 | 0x80);
                delta >>= 7;
            }
            positions.push(delta as u8);
            positions.extend_from_slice(&check.to_le_bytes());
        }
        Load { first, last, received_until_ms, positions }
    }

    fn messages(&self) -> impl Iterator<Item = Loaded> {
        let mut rest = &self.positions[..];
        let mut position = 0_u64;
        std::iter::from_fn(move || {
            let mut delta = 0_u64;
            for shift in (0..64).step_by(7) {
                let (&byte, after) = rest.split_first()?;
                rest = after;
                delta |= u64::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    break;
                }
            }
            position = position.wrapping_add(delta);
            let (check, after) = rest.split_first_chunk()?;
            rest = after;
            Some(Loaded { position, check: u32::from_le_bytes(*check) })
        })
    }
}

/// The loads of one source that may still matter.
#[derive(Debug, Default)]
pub struct Loads {
    /// By their last position.
    loads: BTreeMap<(u64, u64), Load>,
    added: u64,
}

impl Loads {
    pub fn add(&mut self, load: Load) {
        self.added += 1;
        self.loads.insert((load.last, self.added), load);
    }

    /// Those of `messages` that were loaded.
    pub fn known(&self, messages: &[Loaded]) -> Vec<bool> {
        let mut known = vec![false; messages.len()];
        let first = messages.iter().map(|loaded| loaded.position).min().unwrap_or_default();
        let last = messages.iter().map(|loaded| loaded.position).max().unwrap_or_default();
        let mut asked: Option<Vec<(Loaded, usize)>> = None;
        for load in self.loads.range((first, 0)..).map(|(_, load)| load) {
            if load.first > last {
                continue;
            }
            let asked = asked.get_or_insert_with(|| {
                let mut asked: Vec<_> = messages.iter().copied().zip(0..).collect();
                asked.sort_unstable();
                asked
            });
            for loaded in load.messages() {
                let from = asked.partition_point(|(one, _)| *one < loaded);
                for (_, at) in asked[from..].iter().take_while(|(one, _)| *one == loaded) {
                    known[*at] = true;
                }
            }
        }
        known
    }

    /// Forgets loads that end before `before`. Gives the newest time at which a message in one of
    /// them was received, if there was one.
    pub fn forget(&mut self, before: u64) -> Option<i64> {
        let kept = self.loads.split_off(&(before, 0));
        let gone = std::mem::replace(&mut self.loads, kept);
        gone.into_values().map(|load| load.received_until_ms).max()
    }

    /// Whether a load ends before `before`.
    pub fn has_settled(&self, before: u64) -> bool {
        self.loads.keys().next().is_some_and(|(last, _)| *last < before)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    fn loaded(position: u64) -> Loaded {
        Loaded { position, check: (position * 7) as u32 }
    }

    #[test]
    fn a_load_remembers_exactly_its_messages() {
        let positions = [0, 1, 5, 300, 301, 70_000, 1 << 61];
        let load = Load::of(positions.iter().rev().map(|at| loaded(*at)).collect(), 7);
        assert_eq!((load.first, load.last), (0, 1 << 61));
        let told: Vec<u64> = load.messages().map(|loaded| loaded.position).collect();
        assert_eq!(told, positions);
        let mut loads = Loads::default();
        loads.add(load);
        let ask =
            [loaded(300), loaded(2), loaded(0), Loaded { position: 5, check: 0 }, loaded(300)];
        assert_eq!(loads.known(&ask), [true, false, true, false, true]);
    }

    #[test]
    fn loads_are_forgotten_once_they_are_settled() {
        let mut loads = Loads::default();
        for (first, last) in [(0, 9), (4, 30), (10, 19)] {
            let messages = vec![loaded(first), loaded(last)];
            loads.add(Load::of(messages, i64::try_from(last).unwrap() * 1000));
        }
        assert_eq!(loads.forget(9), None);
        assert!(!loads.has_settled(9) && loads.has_settled(10));
        assert_eq!(loads.forget(20), Some(19_000));
        assert_eq!(loads.known(&[loaded(9), loaded(4), loaded(30)]), [false, true, true]);
        assert_eq!(loads.forget(31), Some(30_000));
        assert_eq!(loads.known(&[loaded(4)]), [false]);
    }

    /// Batches are cut differently each time, and each message is known once it was loaded.
    #[test]
    fn batches_that_overlap_are_told_apart() {
        let mut loads = Loads::default();
        let mut model = std::collections::HashSet::new();
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        for _ in 0..500 {
            let from = random(2000);
            let count = 1 + random(40);
            let batch: Vec<Loaded> = (0..count).map(|n| loaded(from + n * (1 + n % 3))).collect();
            let known = loads.known(&batch);
            let expect: Vec<bool> = batch.iter().map(|one| model.contains(&one.position)).collect();
            assert_eq!(known, expect);
            let fresh: Vec<Loaded> = batch
                .into_iter()
                .zip(known)
                .filter(|(_, known)| !known)
                .map(|(one, _)| one)
                .collect();
            model.extend(fresh.iter().map(|one| one.position));
            if !fresh.is_empty() {
                loads.add(Load::of(fresh, 0));
            }
        }
    }
}
