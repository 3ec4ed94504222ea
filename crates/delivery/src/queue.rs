//! Messages that wait for their first attempt, each person's in order.
//!
//! At most one delivery holds messages of a person at one time; what comes meanwhile waits in
//! that person's line. Persons are told apart by a hash: two that share one only wait for each other.

use std::{
    collections::{HashMap, VecDeque},
    hash::BuildHasherDefault,
};

use destination_kit::Batching;
use spec::Message;

use crate::events::Hashed;

/// What waits farther behind the next message than this, in the log, gets memory of its own: it
/// would else hold the stretch that it was read with, and all stretches between for few messages.
const NEAR_BYTES: u64 = 4 << 20;

/// One message before its first attempt.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Where it stands in the log.
    pub position: u64,
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// Hash of its person; 0 for nobody, whose messages have no order.
    pub person: u64,
    /// The message.
    pub message: Message,
}

/// The queue of one destination. The caller bounds it by [`Queue::len`] and [`Queue::bytes`].
#[derive(Debug, Default)]
pub struct Queue {
    ready: VecDeque<Waiting>,
    /// Persons with a message in `ready` or on its way, and what waits behind it.
    lines: HashMap<u64, VecDeque<Waiting>, BuildHasherDefault<Hashed>>,
    len: usize,
    bytes: usize,
}

impl Queue {
    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of JSON of those messages.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a delivery could begin now.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Adds the next message of the log.
    pub fn push(&mut self, waiting: Waiting) {
        self.len += 1;
        self.bytes += waiting.message.raw().len();
        let next = self.ready.front().map_or(waiting.position, |next| next.position);
        let far = waiting.position.abs_diff(next) > NEAR_BYTES;
        let waiting = if far { detached(waiting) } else { waiting };
        if waiting.person == 0 {
            return self.ready.push_back(waiting);
        }
        match self.lines.entry(waiting.person) {
            // It may wait long: let it not hold the whole stretch of log it was read with.
            std::collections::hash_map::Entry::Occupied(line) => {
                line.into_mut().push_back(detached(waiting))
            }
            std::collections::hash_map::Entry::Vacant(line) => {
                line.insert(VecDeque::new());
                self.ready.push_back(waiting);
            }
        }
    }

    /// The next messages for one delivery, in log order, at most as many as `batching` says.
    /// Empty when nothing is ready. Call [`Queue::landed`] for each of them when it is over.
    pub fn take(&mut self, batching: Batching) -> Vec<Waiting> {
        let mut taken: Vec<Waiting> = Vec::new();
        let mut bytes = 0;
        let mut fits = |taken: &Vec<Waiting>, next: &Waiting| {
            let size = next.message.raw().len();
            let fits = taken.is_empty()
                || (taken.len() < batching.messages_max && bytes + size <= batching.bytes_max);
            bytes += if fits { size } else { 0 };
            fits
        };
        while let Some(waiting) = self.ready.pop_front_if(|next| fits(&taken, next)) {
            let person = waiting.person;
            taken.push(waiting);
            if let Some(line) = self.lines.get_mut(&person) {
                while let Some(next) = line.pop_front_if(|next| fits(&taken, next)) {
                    taken.push(next);
                }
            }
            if taken.len() >= batching.messages_max {
                break;
            }
        }
        self.len -= taken.len();
        self.bytes -= taken.iter().map(|waiting| waiting.message.raw().len()).sum::<usize>();
        taken.sort_unstable_by_key(|waiting| waiting.position);
        taken
    }

    /// The next message, if it was accepted before `before_ms`; see [`Queue::landed`].
    pub fn take_older(&mut self, before_ms: i64) -> Option<Waiting> {
        let taken = self.ready.pop_front_if(|next| next.received_at_ms < before_ms)?;
        self.len -= 1;
        self.bytes -= taken.message.raw().len();
        Some(taken)
    }

    /// Tells persons apart anew, as `person` does. Call it while nothing is on its way.
    pub fn regroup(&mut self, person: impl Fn(&Message) -> u64) {
        let Queue { ready, lines, .. } = std::mem::take(self);
        let mut all: Vec<Waiting> =
            ready.into_iter().chain(lines.into_values().flatten()).collect();
        all.sort_unstable_by_key(|waiting| waiting.position);
        for waiting in all {
            self.push(Waiting { person: person(&waiting.message), ..waiting });
        }
    }

    /// A delivery with messages of these persons is over: those behind them may go.
    pub fn landed(&mut self, persons: impl Iterator<Item = u64>) {
        let mut persons: Vec<u64> = persons.filter(|person| *person != 0).collect();
        persons.sort_unstable();
        persons.dedup();
        for person in persons {
            match self.lines.get_mut(&person).and_then(VecDeque::pop_front) {
                Some(next) => self.ready.push_back(next),
                None => drop(self.lines.remove(&person)),
            }
        }
    }
}

fn detached(waiting: Waiting) -> Waiting {
    let message = waiting.message.detached();
    Waiting { message, ..waiting }
}

#[cfg(test)]
mod tests;
