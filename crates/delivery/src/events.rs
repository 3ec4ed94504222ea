//! The events that a worker meets, each kept once.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use spec::{Event, EventRef};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// So many are kept; then it begins anew.
const EVENTS_MAX: usize = 4096;

/// The events that a worker has met.
#[derive(Debug, Default)]
pub(crate) struct Events(HashMap<u64, Arc<Event>, BuildHasherDefault<Hashed>>);

impl Events {
    /// The event, kept.
    pub fn of(&mut self, event: EventRef<'_>) -> Arc<Event> {
        let hash = hash_of(event, 0);
        match self.0.get(&hash) {
            Some(known) if known.as_ref().as_ref() == event => return known.clone(),
            _ => {}
        }
        if self.0.len() >= EVENTS_MAX {
            self.0.clear();
        }
        let kept = Arc::new(event.to_owned());
        self.0.insert(hash, kept.clone());
        kept
    }
}

/// A hash of `event` that is another for another `seed`.
pub(crate) fn hash_of(event: EventRef<'_>, seed: u64) -> u64 {
    let name = event.name.unwrap_or_default().as_bytes();
    xxh3_64_with_seed(name, seed ^ ((event.kind as u64) << 56))
}

/// For keys that are hashes already.
#[derive(Debug, Default, Clone)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
