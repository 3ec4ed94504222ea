//! How much we take on: bytes in flight, requests per write key, refused requests that are kept.
//!
//! Everything here costs less than the work that it refuses, and every map has an upper bound.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A counter that does not go over its maximum.
#[derive(Debug)]
pub struct Gate {
    taken: AtomicUsize,
    max: usize,
}

/// What was taken from a [`Gate`]; given back when dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    gate: &'a Gate,
    amount: usize,
}

impl Gate {
    /// A gate that lets `max` through.
    pub fn new(max: usize) -> Gate {
        Gate { taken: AtomicUsize::new(0), max }
    }

    /// Takes `amount`, unless that would be more than the maximum.
    pub fn enter(&self, amount: usize) -> Option<Permit<'_>> {
        self.take(amount).then(|| Permit { gate: self, amount })
    }

    /// As [`Gate::enter`], for a caller that gives back by hand with [`Gate::leave`].
    pub fn take(&self, amount: usize) -> bool {
        let before = self.taken.fetch_add(amount, Ordering::Relaxed);
        let fits = before.saturating_add(amount) <= self.max;
        if !fits {
            self.leave(amount);
        }
        fits
    }

    /// Gives back what [`Gate::take`] took.
    pub fn leave(&self, amount: usize) {
        self.taken.fetch_sub(amount, Ordering::Relaxed);
    }

    /// Whether `amount` could be taken now.
    pub fn has_room(&self, amount: usize) -> bool {
        self.taken().saturating_add(amount) <= self.max
    }

    /// What is taken now.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Permit<'_> {
    /// Takes more; `false` when there is no room.
    pub fn grow(&mut self, amount: usize) -> bool {
        let fits = self.gate.take(amount);
        if fits {
            self.amount += amount;
        }
        fits
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.gate.leave(self.amount);
    }
}

/// Write keys and streams that [`Rates`] and [`Budget`] remember at one time.
const REMEMBERED_MAX: usize = 10_000;

/// Token buckets, one per write key: `per_second` of them flow in, twice as many fit.
#[derive(Debug)]
pub struct Rates {
    per_second: u32,
    buckets: Mutex<HashMap<Box<str>, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    millitokens: u64,
    at_ms: i64,
}

impl Rates {
    /// Buckets into which `per_second` tokens flow.
    pub fn new(per_second: u32) -> Rates {
        Rates { per_second, buckets: Mutex::default() }
    }

    /// Takes a token of `write_key`; `false` when there is none.
    pub fn take(&self, write_key: &str, now_ms: i64) -> bool {
        let full = u64::from(self.per_second) * 2000;
        let mut buckets = self.buckets.lock().expect("no holder of this lock panics");
        if !buckets.contains_key(write_key) {
            if buckets.len() >= REMEMBERED_MAX {
                // A bucket that is full by now says nothing that a new one would not say.
                buckets.retain(|_, bucket| bucket.filled(self.per_second, now_ms) < full);
                if buckets.len() >= REMEMBERED_MAX {
                    return false;
                }
            }
            buckets.insert(write_key.into(), Bucket { millitokens: full, at_ms: now_ms });
        }
        let bucket = buckets.get_mut(write_key).expect("it is there by now");
        bucket.millitokens = bucket.filled(self.per_second, now_ms).min(full);
        bucket.at_ms = now_ms;
        let taken = bucket.millitokens >= 1000;
        if taken {
            bucket.millitokens -= 1000;
        }
        taken
    }
}

impl Bucket {
    fn filled(&self, per_second: u32, now_ms: i64) -> u64 {
        let passed_ms = now_ms.saturating_sub(self.at_ms).max(0) as u64;
        self.millitokens.saturating_add(passed_ms.saturating_mul(u64::from(per_second)))
    }
}

/// How many refused requests are kept of each stream in one second.
#[derive(Debug)]
pub struct Budget {
    per_second: u32,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    second: i64,
    by_stream: HashMap<u64, u32>,
}

impl Budget {
    /// Keeps `per_second` of each stream.
    pub fn new(per_second: u32) -> Budget {
        Budget { per_second, spent: Mutex::default() }
    }

    /// Whether one more of `stream` is kept.
    pub fn spend(&self, stream: u64, now_ms: i64) -> bool {
        let mut spent = self.spent.lock().expect("no holder of this lock panics");
        if spent.second != now_ms / 1000 {
            spent.second = now_ms / 1000;
            spent.by_stream.clear();
        }
        if spent.by_stream.len() >= REMEMBERED_MAX && !spent.by_stream.contains_key(&stream) {
            return false;
        }
        let count = spent.by_stream.entry(stream).or_default();
        *count += 1;
        *count <= self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_gives_back_what_it_refuses_and_what_is_dropped() {
        let gate = Gate::new(10);
        let mut first = gate.enter(6).expect("there is room");
        assert!(gate.enter(5).is_none());
        assert!(first.grow(4));
        assert!(!first.grow(1));
        assert!(!gate.has_room(1));
        drop(first);
        assert!(gate.has_room(10) && !gate.has_room(11));
        assert_eq!(gate.taken(), 0);
        assert!(gate.enter(usize::MAX).is_none());
        assert_eq!(gate.taken(), 0);
    }

    #[test]
    fn buckets_fill_with_time_and_hold_a_burst() {
        let rates = Rates::new(2);
        let taken = |now_ms| (0..10).filter(|_| rates.take("one", now_ms)).count();
        assert_eq!(taken(1_000), 4);
        assert_eq!(taken(1_400), 0);
        assert_eq!(taken(1_500), 1);
        assert_eq!(taken(900_000), 4);
        assert_eq!(taken(1), 0, "a clock that goes back gives nothing");
        assert!(rates.take("two", 900_000), "write keys do not share");
    }

    #[test]
    fn a_budget_begins_anew_each_second() {
        let budget = Budget::new(2);
        let kept = |stream, now_ms| (0..5).filter(|_| budget.spend(stream, now_ms)).count();
        assert_eq!(kept(1, 1_000), 2);
        assert_eq!(kept(2, 1_999), 2);
        assert_eq!(kept(1, 1_999), 0);
        assert_eq!(kept(1, 2_000), 2);
    }
}
