//! A log that forgets everything when it goes: for tests of whatever stands on a log.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::{
    Appended, Batch, CONTROL, Chunk, Entry, EventLog, Lane, LogError, LogStats, Placed, Position,
    Tag,
    frame::{HEADER, cursor, frame_bytes, header},
    lane::Inlet,
};

/// Stretches that [`EventLog::block_before`] gives, in records.
const BLOCK_RECORDS: usize = 64;

/// A log in memory. Appends never fail and its window never ends.
#[derive(Clone, Default)]
pub struct MemoryLog(Arc<Shared>);

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    end: watch::Sender<Position>,
}

#[derive(Default)]
struct Inner {
    entries: Vec<Entry>,
    keys: HashMap<u128, Position>,
    groups: BTreeMap<String, Position>,
    end: u64,
    stats: LogStats,
    closed: bool,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> MemoryLog {
        MemoryLog::default()
    }

    /// Forgets the records before `position`, as retention does in a log on disk.
    pub fn forget_before(&self, position: Position) {
        self.with(|inner| {
            inner.entries.retain(|entry| entry.position >= position);
            inner.stats.oldest = inner.stats.oldest.max(position.min(Position(inner.end)));
        });
    }

    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.0.inner.lock().expect("no holder of this lock panics"))
    }
}

#[async_trait]
impl Inlet for Shared {
    async fn append(&self, batch: Batch) -> Result<Appended, LogError> {
        let mut inner = self.inner.lock().expect("no holder of this lock panics");
        if inner.closed {
            return Err(LogError::Stopped("it was closed".into()));
        }
        let mut appended = Appended::default();
        let frames = Bytes::from(batch.frames);
        let mut at = 0;
        while at < frames.len() {
            let head = header(&frames[at..]);
            let body = frames.slice(at + HEADER..at + HEADER + head.payload);
            at += frame_bytes(head.payload);
            let position = Position(inner.end);
            let duplicate_of = match head.label.tag {
                Tag::Key(key) => inner.keys.get(&key).copied(),
                _ => None,
            };
            let payload = if duplicate_of.is_some() { Bytes::new() } else { body };
            if let (Tag::Key(key), None) = (head.label.tag, duplicate_of) {
                inner.keys.insert(key, position);
            }
            if head.label.kind == CONTROL {
                match cursor(&payload) {
                    Some((group, Some(to))) => drop(inner.groups.insert(group.to_owned(), to)),
                    Some((group, None)) => drop(inner.groups.remove(group)),
                    None => {}
                }
            }
            inner.stats.records += 1;
            inner.stats.duplicates += u64::from(duplicate_of.is_some());
            inner.stats.payload_bytes += payload.len() as u64;
            inner.end += frame_bytes(payload.len()) as u64;
            inner.entries.push(Entry { position, label: head.label, duplicate_of, payload });
            if batch.wants_places {
                appended.places.push(Placed { position, duplicate_of });
            }
        }
        inner.stats.groups += 1;
        self.end.send_replace(Position(inner.end));
        Ok(appended)
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    fn key_of(&self, stream: u64, id: &[u8]) -> u128 {
        xxh3_128_with_seed(id, stream)
    }

    fn lane(&self) -> Lane {
        Lane(self.0.clone())
    }

    fn end(&self) -> watch::Receiver<Position> {
        self.0.end.subscribe()
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, LogError> {
        self.with(|inner| {
            if from < inner.stats.oldest {
                return Err(LogError::Gone(inner.stats.oldest));
            }
            let first = inner.entries.partition_point(|entry| entry.position < from);
            let mut bytes = 0;
            let entries: Vec<Entry> = inner.entries[first..]
                .iter()
                .take_while(|entry| {
                    let fits = bytes < max_bytes.max(1);
                    bytes += frame_bytes(entry.payload.len());
                    fits
                })
                .cloned()
                .collect();
            let next = inner.entries.get(first + entries.len()).map(|entry| entry.position.0);
            let next = Position(next.unwrap_or(inner.end)).max(from);
            Ok(Chunk { entries, next })
        })
    }

    async fn find(&self, key: u128) -> Result<Option<Position>, LogError> {
        Ok(self.with(|inner| inner.keys.get(&key).copied()))
    }

    fn block_before(&self, before: Position, stream: Option<u64>) -> Option<Range<Position>> {
        self.with(|inner| {
            let mut end = inner.entries.partition_point(|entry| entry.position < before);
            while end > 0 {
                let start = end.saturating_sub(BLOCK_RECORDS);
                let block = &inner.entries[start..end];
                if block.iter().any(|entry| stream.is_none_or(|s| s == entry.label.stream)) {
                    let next = inner.entries.get(end).map_or(inner.end, |entry| entry.position.0);
                    return Some(block[0].position..Position(next));
                }
                end = start;
            }
            None
        })
    }

    fn blocks_referring(&self, position: Position) -> Vec<Range<Position>> {
        self.with(|inner| {
            let refers = |entry: &Entry| {
                matches!(entry.label.tag, Tag::Refers(a, b) if a <= position && position <= b)
            };
            let found = inner.entries.iter().filter(|entry| refers(entry));
            found.map(|entry| entry.position..Position(entry.position.0 + 1)).collect()
        })
    }

    fn position_at(&self, time_ms: i64) -> Position {
        self.with(|inner| {
            let found = inner.entries.iter().find(|entry| entry.label.time_ms >= time_ms);
            found.map_or(Position(inner.end), |entry| entry.position)
        })
    }

    fn committed(&self, group: &str) -> Option<Position> {
        self.with(|inner| inner.groups.get(group).copied())
    }

    fn groups(&self) -> Vec<(String, Position)> {
        self.with(|inner| inner.groups.iter().map(|(k, v)| (k.clone(), *v)).collect())
    }

    /// Nothing is ever past its time here.
    fn keep_for(&self, _ages: BTreeMap<u64, Duration>) {}

    fn stats(&self) -> LogStats {
        self.with(|inner| LogStats {
            end: Position(inner.end),
            keys: inner.keys.len() as u64,
            ..inner.stats.clone()
        })
    }

    async fn close(&self) {
        self.with(|inner| inner.closed = true);
    }
}
