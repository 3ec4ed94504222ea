//! The newest part of the log in memory, for readers that keep up.

use std::collections::VecDeque;

use bytes::Bytes;

use super::walk::entry;
use crate::{
    Chunk, Entry, Position,
    frame::{HEADER, intact, tied},
};

/// Consecutive frames of one segment that stand in one chunk.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// Position of the first frame in `bytes`.
    pub(crate) start: u64,
    pub(crate) nonce: u64,
    pub(crate) bytes: Bytes,
    /// Memory of the chunk, however little of it is filled.
    pub(crate) held: usize,
}

impl Span {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Entries from `from` on. Frames in memory hold; only whether one stands at `from` is asked.
    fn read(&self, from: u64, max_bytes: usize) -> Chunk {
        let len = |at: usize| {
            let room = (self.bytes.len() - at) as u64;
            tied(&self.bytes[at..], self.nonce, self.start + at as u64, room)
        };
        let mut at = (from - self.start) as usize;
        let here = at.is_multiple_of(8) && at + HEADER <= self.bytes.len();
        if !(here && len(at).is_some_and(|len| intact(&self.bytes[at..at + len]))) {
            let from = at;
            at = 0;
            while at < from {
                at += len(at).expect("frames in memory follow each other");
            }
        }
        let first = at;
        let mut entries: Vec<Entry> = Vec::new();
        while at < self.bytes.len() && at - first < max_bytes.max(1) {
            entries.push(entry(&self.bytes, at, self.start + at as u64));
            at += len(at).expect("frames in memory follow each other");
        }
        Chunk { entries, next: Position(self.start + at as u64) }
    }
}

/// Spans that follow each other up to the durable end.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    spans: VecDeque<Span>,
    /// Memory of their chunks.
    held: usize,
}

impl Ring {
    /// Takes a span, in place of the last one if that is its beginning, and lets go of the oldest
    /// when their chunks are more than `held_max`.
    pub(crate) fn put(&mut self, span: Span, held_max: usize) {
        match self.spans.back_mut().filter(|last| last.start == span.start) {
            Some(last) => *last = span,
            None => {
                self.held += span.held;
                self.spans.push_back(span);
            }
        }
        while self.held > held_max && self.spans.len() > 1 {
            self.held -= self.spans.pop_front().map_or(0, |span| span.held);
        }
    }

    /// The span that holds the frame at `from` or its middle.
    fn find(&self, from: u64) -> Option<&Span> {
        let after = self.spans.partition_point(|span| span.start <= from);
        let span = self.spans.get(after.checked_sub(1)?)?;
        (from < span.end()).then_some(span)
    }

    /// The span to read from, cheaply, so that no lock is held while it is read.
    pub(crate) fn span(&self, from: u64) -> Option<Span> {
        self.find(from).cloned()
    }
}

/// Reads from a span that holds `from`.
pub(crate) fn read(span: &Span, from: u64, max_bytes: usize) -> Chunk {
    span.read(from, max_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chunks_take_counts_and_not_how_full_they_are() {
        let span = |start, bytes: usize| Span {
            start,
            nonce: 1,
            bytes: Bytes::from(vec![0; bytes]),
            held: 100,
        };
        let mut ring = Ring::default();
        for (start, bytes) in [(0, 8), (8, 8), (8, 32), (40, 8), (48, 8)] {
            ring.put(span(start, bytes), 300);
        }
        assert_eq!(ring.span(0).map(|span| span.start), None);
        assert_eq!(ring.span(8).map(|span| (span.start, span.bytes.len())), Some((8, 32)));
        ring.put(span(56, 8), 0);
        assert_eq!((ring.spans.len(), ring.held), (1, 100), "the newest stays");
    }
}
