//! Messages that wait for another attempt.

use std::collections::{BTreeMap, BTreeSet};

use spec::DiscardCode;

/// Retries that are hastened are spread over this time.
const HASTE_MS: i64 = 10_000;

/// One message between attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// When its first attempt began, on the worker's steady clock.
    pub first_at: i64,
    /// Attempts made; 0 after a person asked for it again.
    pub number: u32,
    /// When the next attempt is due, on the worker's steady clock.
    pub due: i64,
    /// What the destination answered last, where it speaks HTTP.
    pub status: Option<u16>,
    /// Why the last attempt failed, for machines.
    pub code: DiscardCode,
    /// The beginning of the last answer, or the error in words.
    pub excerpt: String,
}

/// The retries of one destination, by position and by when they are due.
#[derive(Debug, Default)]
pub struct Retries {
    all: BTreeMap<u64, Retry>,
    due: BTreeSet<(i64, u64)>,
}

impl Retries {
    /// Retries, those on their way included.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The oldest message that may have to be read again.
    pub fn oldest(&self) -> Option<u64> {
        self.all.keys().next().copied()
    }

    /// Adds a retry, or puts it back after an attempt that failed.
    pub fn put(&mut self, position: u64, retry: Retry) {
        self.remove(position);
        self.due.insert((retry.due, position));
        self.all.insert(position, retry);
    }

    /// The message needs no attempt any more.
    pub fn remove(&mut self, position: u64) -> Option<Retry> {
        let retry = self.all.remove(&position)?;
        self.due.remove(&(retry.due, position));
        Some(retry)
    }

    /// The retry of the message at `position`, on its way or not.
    pub fn get(&self, position: u64) -> Option<&Retry> {
        self.all.get(&position)
    }

    /// When the next one is due that is not on its way.
    pub fn next_due(&self) -> Option<i64> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes retries that are due at `now` for one delivery, by position. They stay counted until
    /// [`Retries::put`] or [`Retries::remove`].
    ///
    /// A batch that keeps failing may do so for one message's sake: the more attempts a message
    /// has behind it, the fewer neighbours it gets, until it stands alone.
    pub fn take(&mut self, now: i64, messages_max: usize) -> Vec<(u64, Retry)> {
        let mut taken: Vec<(u64, Retry)> = Vec::new();
        let mut most = messages_max;
        while let Some(&(due, position)) = self.due.first().filter(|(due, _)| *due <= now) {
            let retry = &self.all[&position];
            let bound = (messages_max >> retry.number.min(31)).max(1);
            if taken.len() >= most.min(bound) {
                break;
            }
            most = most.min(bound);
            taken.push((position, retry.clone()));
            self.due.remove(&(due, position));
        }
        taken.sort_unstable_by_key(|(position, _)| *position);
        taken
    }

    /// The reason for waiting is gone: everything is due within [`HASTE_MS`].
    pub fn hasten(&mut self, now: i64) {
        let step = HASTE_MS / (self.due.len() as i64).max(1);
        for (n, (due, position)) in std::mem::take(&mut self.due).into_iter().enumerate() {
            let due = due.min(now + step * n as i64);
            self.due.insert((due, position));
            self.all.get_mut(&position).expect("what is due is there").due = due;
        }
    }

    /// Takes out every retry that is not on its way and whose first attempt was before `first_at`.
    pub fn expire(&mut self, first_at: i64) -> Vec<(u64, Retry)> {
        let old: Vec<u64> = self
            .due
            .iter()
            .filter(|(_, position)| self.all[position].first_at < first_at)
            .map(|(_, position)| *position)
            .collect();
        old.into_iter().filter_map(|position| Some((position, self.remove(position)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(number: u32, due: i64) -> Retry {
        Retry {
            stream: 1,
            received_at_ms: 0,
            first_at: due - 10,
            number,
            due,
            status: None,
            code: "503".into(),
            excerpt: String::new(),
        }
    }

    fn positions(taken: &[(u64, Retry)]) -> Vec<u64> {
        taken.iter().map(|(position, _)| *position).collect()
    }

    #[test]
    fn what_is_due_is_taken_once() {
        let mut retries = Retries::default();
        for (position, due) in [(1, 30), (2, 10), (3, 20)] {
            retries.put(position, retry(1, due));
        }
        assert_eq!(retries.next_due(), Some(10));
        assert!(retries.take(9, 1).is_empty());
        assert_eq!(positions(&retries.take(25, 1)), [2]);
        assert_eq!(positions(&retries.take(25, 1)), [3]);
        assert!(retries.take(25, 1).is_empty());
        assert_eq!((retries.len(), retries.oldest()), (3, Some(1)));
        retries.remove(3);
        retries.put(2, retry(2, 50));
        assert_eq!(retries.next_due(), Some(30));
    }

    #[test]
    fn a_message_that_keeps_failing_ends_up_alone() {
        let mut retries = Retries::default();
        let sizes: Vec<usize> = (1..=4)
            .map(|number| {
                for position in 0..8 {
                    retries.put(position, retry(number, 0));
                }
                retries.take(0, 8).len()
            })
            .collect();
        assert_eq!(sizes, [4, 2, 1, 1]);
    }

    #[test]
    fn what_is_too_old_expires_unless_it_is_on_its_way() {
        let mut retries = Retries::default();
        retries.put(1, retry(1, 10));
        retries.put(2, retry(1, 20));
        retries.put(3, retry(1, 90));
        assert_eq!(positions(&retries.take(10, 1)), [1]);
        assert_eq!(positions(&retries.expire(50)), [2]);
        assert_eq!(retries.len(), 2);
    }
}
