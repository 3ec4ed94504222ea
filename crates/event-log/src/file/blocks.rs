//! What each stretch of about 256 KB of the log holds, so that history is found without reading it.
//!
//! Derived data: side files `.idx` hold it for sealed segments, and whatever is missing or damaged
//! is made again from the segment. Says "can hold", never "holds".

use std::ops::Range;

use crate::{
    CONTROL, ERASED, Position, Tag,
    frame::{self, Header},
};

/// About how large a block is in segments of this size: what one read of an old record costs.
pub(crate) fn block_bytes(segment_bytes: u64) -> u64 {
    (256 << 10).min(segment_bytes / 8)
}

/// Streams to name in one block; with more it can hold any.
const STREAMS_MAX: usize = 64;
/// Ranges that records of one block refer to, at most.
const RANGES_MAX: usize = 32;
/// Ranges closer than this become one.
const RANGE_GAP: u64 = 64 << 10;

/// Ranges of positions, in order, that do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds `[first, last]`. Near ranges become one; when there are too many, the two nearest do,
    /// so that one retry of an old message does not widen the rest.
    pub(crate) fn add(&mut self, first: u64, last: u64) {
        let at = self.0.partition_point(|range| range.1.saturating_add(RANGE_GAP) < first);
        let reach = last.saturating_add(RANGE_GAP);
        let after = at + self.0[at..].partition_point(|range| range.0 <= reach);
        let joined = self.0[at..after]
            .iter()
            .fold((first, last), |(a, b), range| (a.min(range.0), b.max(range.1)));
        self.0.splice(at..after, [joined]);
        if self.0.len() > RANGES_MAX {
            let gap = |at: &usize| self.0[at + 1].0 - self.0[*at].1;
            let nearest = (0..self.0.len() - 1).min_by_key(gap).expect("there are two");
            self.0[nearest].1 = self.0.remove(nearest + 1).1;
        }
    }
}

/// One block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Block {
    start: u64,
    /// Earliest and latest time of its records; `None` without any.
    times: Option<(i64, i64)>,
    streams: Vec<u64>,
    any_stream: bool,
    refers: Ranges,
}

/// The blocks of one segment, kept small: there are 48,000 for ten million messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Position after the last one.
    end: u64,
    starts: Vec<u64>,
    times: Vec<(i64, i64)>,
    /// Where the block's streams end in `streams`, and whether it can hold any.
    stream_ends: Vec<(u32, bool)>,
    /// Places in `names`.
    streams: Vec<u32>,
    names: Vec<u64>,
    refers_ends: Vec<u32>,
    refers: Vec<(u64, u64)>,
}

/// Time of a block without records: earlier than any that is asked for.
const NO_TIMES: (i64, i64) = (i64::MAX, i64::MIN);

impl Blocks {
    fn push(&mut self, block: &Block) {
        self.starts.push(block.start);
        self.times.push(block.times.unwrap_or(NO_TIMES));
        if !block.any_stream {
            for stream in &block.streams {
                let named = self.names.iter().rposition(|name| name == stream);
                let name = named.unwrap_or_else(|| {
                    self.names.push(*stream);
                    self.names.len() - 1
                });
                self.streams.push(name as u32);
            }
        }
        self.stream_ends.push((self.streams.len() as u32, block.any_stream));
        self.refers.extend_from_slice(&block.refers.0);
        self.refers_ends.push(self.refers.len() as u32);
    }

    /// Positions of a block's first frame and of the next block's.
    fn range(&self, block: usize) -> Range<u64> {
        self.starts[block]..self.starts.get(block + 1).copied().unwrap_or(self.end)
    }

    /// Where the block that holds `position` begins; a frame stands there.
    pub(crate) fn start_before(&self, position: u64) -> Option<u64> {
        let after = self.starts.partition_point(|start| *start <= position);
        after.checked_sub(1).map(|block| self.starts[block])
    }

    fn can_hold(&self, block: usize, name: Option<u32>) -> bool {
        let from = block.checked_sub(1).map_or(0, |before| self.stream_ends[before].0 as usize);
        let (to, any) = self.stream_ends[block];
        any || name.is_some_and(|name| self.streams[from..to as usize].contains(&name))
    }

    /// The last block that begins before `before` and can hold records of `stream`.
    pub(crate) fn before(&self, before: u64, stream: Option<u64>) -> Option<Range<u64>> {
        let name = stream.map(|stream| self.names.iter().position(|name| *name == stream));
        let mut candidates = (0..self.starts.partition_point(|start| *start < before)).rev();
        let found = match name {
            None => candidates.next(),
            Some(name) => {
                let name = name.map(|name| name as u32);
                candidates.find(|block| self.can_hold(*block, name))
            }
        };
        found.map(|block| self.range(block))
    }

    /// When the earliest and the latest record came; `None` without any.
    pub(crate) fn times(&self) -> Option<(i64, i64)> {
        let times = self.times.iter().filter(|times| **times != NO_TIMES);
        times.copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Adds the blocks whose records can refer to `position`.
    pub(crate) fn referring(&self, position: u64, found: &mut Vec<Range<Position>>) {
        let mut from = 0;
        for (block, end) in self.refers_ends.iter().enumerate() {
            let ranges = &self.refers[from..*end as usize];
            if ranges.iter().any(|(first, last)| *first <= position && position <= *last) {
                let range = self.range(block);
                found.push(Position(range.start)..Position(range.end));
            }
            from = *end as usize;
        }
    }

    /// Where the first block with a record from `time_ms` or later begins.
    pub(crate) fn at_time(&self, time_ms: i64) -> Option<u64> {
        let block = self.times.iter().position(|(_, latest)| *latest >= time_ms)?;
        Some(self.starts[block])
    }

    /// Whether a block that holds a stream has nothing that is as new as `before_ms` says of it. Those
    /// that can hold any stream count when they are older than `any_before_ms`.
    pub(crate) fn holds_older(
        &self,
        before_ms: impl Fn(u64) -> i64,
        any_before_ms: Option<i64>,
    ) -> bool {
        let before_ms: Vec<i64> = self.names.iter().map(|name| before_ms(*name)).collect();
        let mut from = 0;
        let streams = self.stream_ends.iter().zip(&self.times);
        streams.into_iter().any(|((to, any), (_, latest))| {
            let named = &self.streams[from..*to as usize];
            from = *to as usize;
            named.iter().any(|name| *latest < before_ms[*name as usize])
                || (*any && any_before_ms.is_some_and(|before_ms| *latest < before_ms))
        })
    }

    /// As a side file has it; see [`Blocks::decode`].
    pub(crate) fn encode(&self, base: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.starts.len() * 48);
        out.extend_from_slice(&INDEX_MAGIC);
        let lengths = [self.starts.len(), self.streams.len(), self.names.len(), self.refers.len()];
        let mut word = |value: u64| out.extend_from_slice(&value.to_le_bytes());
        word(base);
        word(self.end);
        lengths.iter().for_each(|length| word(*length as u64));
        self.starts.iter().for_each(|start| word(*start));
        self.times.iter().flat_map(|(a, b)| [*a as u64, *b as u64]).for_each(&mut word);
        self.stream_ends.iter().for_each(|(end, any)| word(u64::from(*end) << 1 | u64::from(*any)));
        self.streams.iter().for_each(|name| word(u64::from(*name)));
        self.names.iter().for_each(|name| word(*name));
        self.refers_ends.iter().for_each(|end| word(u64::from(*end)));
        self.refers.iter().flat_map(|(a, b)| [*a, *b]).for_each(&mut word);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a side file of the segment at `base` that ends at `end`; `None` if it does not hold.
    pub(crate) fn decode(bytes: &[u8], base: u64, end: u64) -> Option<Blocks> {
        let (covered, crc) = bytes.split_last_chunk::<4>()?;
        let rest = covered.strip_prefix(&INDEX_MAGIC)?;
        if crc32c::crc32c(covered).to_le_bytes() != *crc {
            return None;
        }
        let words = rest.chunks_exact(8);
        let mut words = words.map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")));
        let mut word = || words.next();
        if (word()?, word()?) != (base, end) {
            return None;
        }
        let lengths = [word()?, word()?, word()?, word()?];
        let [blocks, streams, names, refers] = lengths.map(|length| length as usize);
        let mut read = Blocks { end, ..Blocks::default() };
        for _ in 0..blocks {
            read.starts.push(word()?);
        }
        for _ in 0..blocks {
            read.times.push((word()? as i64, word()? as i64));
        }
        for _ in 0..blocks {
            let packed = word()?;
            read.stream_ends.push(((packed >> 1) as u32, packed & 1 == 1));
        }
        for _ in 0..streams {
            read.streams.push(word()? as u32);
        }
        for _ in 0..names {
            read.names.push(word()?);
        }
        for _ in 0..blocks {
            read.refers_ends.push(word()? as u32);
        }
        for _ in 0..refers {
            read.refers.push((word()?, word()?));
        }
        Some(read)
    }
}

const INDEX_MAGIC: [u8; 8] = *b"hwidx\r\n\x01";

/// Makes the blocks of the segment that is being written.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    /// A block ends with the frame that brings it to this size.
    block_bytes: u64,
    open: Option<Block>,
    /// Blocks that are full since the last [`Builder::publish`].
    full: Vec<Block>,
}

impl Builder {
    /// For a segment of which nothing is known yet.
    pub(crate) fn new(segment_bytes: u64) -> Builder {
        Builder { block_bytes: block_bytes(segment_bytes), open: None, full: Vec::new() }
    }

    /// Adds the frame at `position`.
    pub(crate) fn add(&mut self, position: u64, frame: &[u8]) {
        self.add_parsed(position, frame.len(), &frame::header(frame));
    }

    /// Adds a frame of `len` bytes at `position`.
    pub(crate) fn add_parsed(&mut self, position: u64, len: usize, header: &Header) {
        let block = self.open.get_or_insert_with(|| Block { start: position, ..Block::default() });
        let label = &header.label;
        if label.kind != CONTROL {
            let time = label.time_ms;
            let times = block.times.get_or_insert((time, time));
            *times = (times.0.min(time), times.1.max(time));
            if label.kind != ERASED && block.streams.last() != Some(&label.stream) {
                match block.streams.iter().position(|stream| *stream == label.stream) {
                    // The latest stands last: neighbours are often of one stream.
                    Some(at) => {
                        let last = block.streams.len() - 1;
                        block.streams.swap(at, last);
                    }
                    None if block.streams.len() < STREAMS_MAX => block.streams.push(label.stream),
                    None => block.any_stream = true,
                }
            }
            if let Tag::Refers(first, last) = label.tag {
                block.refers.add(first.0.min(last.0), last.0.max(first.0));
            }
        }
        if position + len as u64 - block.start >= self.block_bytes {
            self.full.extend(self.open.take());
        }
    }

    /// Moves what is full into `blocks`, which ends at `end` then; the open block is the last one
    /// there until it is published again.
    pub(crate) fn publish(&mut self, blocks: &mut Published, end: u64) {
        for block in self.full.drain(..) {
            blocks.full.push(&block);
        }
        blocks.full.end = self.open.as_ref().map_or(end, |block| block.start);
        blocks.open.clone_from(&self.open);
        blocks.end = end;
    }

    /// The blocks of a segment that ends at `end`.
    pub(crate) fn finish(mut self, end: u64) -> Blocks {
        let mut published = Published::default();
        self.publish(&mut published, end);
        published.all()
    }
}

/// The blocks of the segment that is being written, as far as it is durable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    full: Blocks,
    open: Option<Block>,
    end: u64,
}

impl Published {
    /// All of them, the open one too.
    pub(crate) fn all(mut self) -> Blocks {
        if let Some(open) = self.open.take() {
            self.full.push(&open);
        }
        self.full.end = self.end;
        self.full
    }

    fn open(&self) -> Blocks {
        let mut blocks = Blocks { end: self.end, ..Blocks::default() };
        self.open.iter().for_each(|open| blocks.push(open));
        blocks
    }

    pub(crate) fn start_before(&self, position: u64) -> Option<u64> {
        self.open().start_before(position).or_else(|| self.full.start_before(position))
    }

    pub(crate) fn before(&self, before: u64, stream: Option<u64>) -> Option<Range<u64>> {
        self.open().before(before, stream).or_else(|| self.full.before(before, stream))
    }

    pub(crate) fn referring(&self, position: u64, found: &mut Vec<Range<Position>>) {
        self.full.referring(position, found);
        self.open().referring(position, found);
    }

    pub(crate) fn at_time(&self, time_ms: i64) -> Option<u64> {
        self.full.at_time(time_ms).or_else(|| self.open().at_time(time_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_when_near_and_stay_apart_when_far() {
        let mut ranges = Ranges::default();
        ranges.add(1 << 30, 1 << 30);
        ranges.add(8, 8);
        ranges.add((1 << 30) + 800, (1 << 30) + 900);
        ranges.add((1 << 30) - 80, 1 << 30);
        assert_eq!(ranges.0, [(8, 8), ((1 << 30) - 80, (1 << 30) + 900)]);
        (0..100).for_each(|n| ranges.add(n << 32, (n << 32) + 8));
        assert_eq!(ranges.0.len(), RANGES_MAX);
        assert!(ranges.0.is_sorted_by(|a, b| a.1 < b.0));
        for n in 0..100u64 {
            assert!(ranges.0.iter().any(|(a, b)| *a <= n << 32 && n << 32 <= *b));
        }
    }

    #[test]
    fn a_side_file_reads_back_and_damage_is_seen() {
        let mut builder = Builder::new(64 << 20);
        let mut batch = crate::Batch::new();
        for n in 0..200u64 {
            let tag = Tag::Refers(Position(n * 8000), Position(n * 8000 + 16));
            let label = crate::Label { kind: 1, stream: n % 70, time_ms: n as i64, tag };
            batch.push(label, &[1; 5000]);
        }
        let len = frame::frame_bytes(5000);
        for (n, frame) in batch.frames.chunks(len).enumerate() {
            builder.add((n * len) as u64, frame);
        }
        let blocks = builder.finish(batch.bytes() as u64);
        assert!(blocks.starts.len() > 2);
        assert_eq!(
            blocks.before(1 << 40, Some(69)).map(|range| range.start),
            Some(blocks.starts[2])
        );
        assert_eq!(blocks.before(1 << 40, Some(1000)), None);
        assert_eq!(blocks.at_time(60), Some(blocks.starts[1]));
        let side = blocks.encode(0);
        assert_eq!(Blocks::decode(&side, 0, blocks.end), Some(blocks.clone()));
        assert_eq!(Blocks::decode(&side, 8, blocks.end), None);
        for at in 0..side.len() {
            let mut damaged = side.clone();
            damaged[at] ^= 1;
            assert_eq!(Blocks::decode(&damaged, 0, blocks.end), None);
            assert_eq!(Blocks::decode(&side[..at], 0, blocks.end), None);
        }
    }
}
