//! How long messages took, as counts in buckets that grow with the time: each is at most a
//! sixteenth wide, so that a quantile read from them is off by 3 % at most.

use serde::{Deserialize, Serialize};

/// Bits of a time that tell buckets apart.
const BITS: u32 = 4;
/// Below this every millisecond is a bucket of its own.
const EXACT: u64 = 2 << BITS;
/// Longer times count as this one: about fifty days.
const MS_MAX: u64 = u32::MAX as u64;

/// The bucket of a time in milliseconds.
pub fn bucket(ms: u64) -> u16 {
    let ms = ms.min(MS_MAX);
    if ms < EXACT {
        return ms as u16;
    }
    let shift = ms.ilog2() - BITS;
    ((shift << BITS) as u64 + (ms >> shift)) as u16
}

/// The first millisecond of a bucket, and the first one after it.
fn bounds(bucket: u16) -> (u64, u64) {
    let bucket = u64::from(bucket);
    if bucket < EXACT {
        return (bucket, bucket + 1);
    }
    let shift = (bucket >> BITS) - 1;
    let low = (bucket - (shift << BITS)) << shift;
    (low, low + (1 << shift))
}

/// Times of many messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency(Vec<(u16, u64)>);

impl Latency {
    /// Counts `many` more in `bucket`.
    pub fn add(&mut self, bucket: u16, many: u64) {
        match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => self.0[at].1 += many,
            Err(at) => self.0.insert(at, (bucket, many)),
        }
    }

    /// Adds `other` to it.
    pub fn merge(&mut self, other: &Latency) {
        for (bucket, many) in &other.0 {
            self.add(*bucket, *many);
        }
    }

    /// How many messages.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, many)| many).sum()
    }

    /// The time that this share of the messages took at most, milliseconds; `None` without any.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, many) in &self.0 {
            seen += many;
            if seen >= wanted {
                let (low, high) = bounds(*bucket);
                return Some(low + (high - 1 - low) / 2);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_and_stay_narrow() {
        let last = bucket(u64::MAX);
        let mut next = 0;
        for at in 0..=last {
            let (low, high) = bounds(at);
            assert_eq!(low, next, "bucket {at}");
            assert_eq!((bucket(low), bucket(high - 1)), (at, at));
            assert!(high - low <= 1 + low / 16, "bucket {at}: {low}..{high}");
            next = high;
        }
        assert_eq!(next, MS_MAX + 1);
        assert!(last < 512, "{last}");
    }

    #[test]
    fn quantiles_are_near_the_truth() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile(0.5), None);
        (1..=10_000_u64).rev().for_each(|ms| latency.add(bucket(ms), 1));
        for (share, truth) in [(0.0, 1), (0.5, 5_000), (0.95, 9_500), (0.99, 9_900), (1.0, 10_000)]
        {
            let read = latency.quantile(share).expect("there are some");
            assert!(read.abs_diff(truth) <= truth * 4 / 100, "{share}: {read}, not {truth}");
        }
        let mut twice = latency.clone();
        twice.merge(&latency);
        assert_eq!((twice.count(), twice.quantile(0.5)), (20_000, latency.quantile(0.5)));
    }
}
