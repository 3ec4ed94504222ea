//! One group: put together in memory, its duplicates made small, written, synced and told.

use std::time::{Duration, Instant};

use id_index::IdIndex;

use super::{CLOCK_GROUP, Group, Job, Place, STAMP_MS, Writer, chain, clock_stamp};
use crate::{
    Batch, CONTROL, LogError, Placed, Position, Tag,
    file::{chunk::BLOCK, ring::Span},
    frame::{self, DUPLICATE_BYTES, GROUP_START, HEADER, MORE, frame_bytes},
};

/// Records whose keys are asked for ahead of time. More would push one another out of the cache.
const FETCH_AHEAD: usize = 64;

impl Writer {
    /// Makes a group durable; the places of the records of each batch that asked for them.
    pub(super) fn compose_and_sync(&mut self, jobs: &[Job]) -> Result<Vec<Vec<Placed>>, LogError> {
        let stamp = self.stamp();
        let bytes: usize = jobs.iter().map(Job::bytes_max).sum();
        self.take_place(bytes + stamp.as_ref().map_or(0, Batch::bytes));
        let from = self.place.filled;
        self.group = Group::default();
        let mut first = GROUP_START;
        if let Some(stamp) = stamp {
            self.compose(&stamp, &mut first, None)?;
            self.group = Group::default();
        }
        let mut all_places = Vec::new();
        let (mut ahead, mut fetched) = (jobs.iter(), 0);
        for job in jobs {
            while fetched < FETCH_AHEAD
                && let Some(next) = ahead.next()
            {
                prefetch(&self.ids, &next.batch);
                fetched += next.batch.records;
            }
            fetched -= job.batch.records;
            let wanted = job.batch.wants_places;
            let mut places = Vec::with_capacity(if wanted { job.batch.records } else { 0 });
            self.compose(&job.batch, &mut first, wanted.then_some(&mut places))?;
            if wanted {
                all_places.push(places);
            }
        }
        self.sync(from)?;
        Ok(all_places)
    }

    /// Puts a batch into the chunk, its duplicates made small.
    pub(super) fn compose(
        &mut self,
        batch: &Batch,
        first: &mut u32,
        mut places: Option<&mut Vec<Placed>>,
    ) -> Result<(), LogError> {
        let frames = &batch.frames;
        let mut at = 0;
        while at < frames.len() {
            let header = frame::header(&frames[at..]);
            let source = at..at + frame_bytes(header.payload);
            at = source.end;
            let mut duplicate_of = None;
            if let Tag::Key(key) = header.label.tag {
                let seen = self.ids.insert(key, self.head, header.label.time_ms);
                duplicate_of = seen.map_err(|error| LogError::Stopped(chain(&error)))?;
            }
            let open = self.place.chunk.open_from(self.place.filled);
            let len = match duplicate_of {
                None => {
                    open[..source.len()].copy_from_slice(&frames[source.clone()]);
                    self.group.payload_bytes += header.payload as u64;
                    self.group.keys += u64::from(matches!(header.label.tag, Tag::Key(_)));
                    source.len()
                }
                Some(position) => {
                    let len = frame_bytes(DUPLICATE_BYTES);
                    open[..len].fill(0);
                    open[HEADER..HEADER + DUPLICATE_BYTES].copy_from_slice(&position.to_le_bytes());
                    frame::seal(&mut open[..len], header.label, DUPLICATE_BYTES, Some(()));
                    self.group.duplicates += 1;
                    len
                }
            };
            let more = if at < frames.len() { MORE } else { 0 };
            frame::tie(
                &mut open[..len],
                self.segment.nonce,
                self.head,
                std::mem::take(first) | more,
            );
            self.builder.add_parsed(self.head, len, &header);
            if header.label.kind == CONTROL
                && let Some((group, to)) =
                    frame::cursor(&frames[source.start + HEADER..][..header.payload])
                && group != CLOCK_GROUP
            {
                self.group.cursors.push((group.to_owned(), to));
            }
            if let Some(places) = &mut places {
                let duplicate_of = duplicate_of.map(Position);
                places.push(Placed { position: Position(self.head), duplicate_of });
            }
            self.group.records += 1;
            self.place.filled += len;
            self.head += len as u64;
        }
        Ok(())
    }

    /// Writes what was filled since `from`, syncs it, and shows it to readers.
    fn sync(&mut self, from: usize) -> Result<(), LogError> {
        let shared = self.shared.clone();
        let place = &mut self.place;
        let start = from / BLOCK * BLOCK;
        let end = place.filled.next_multiple_of(BLOCK);
        place.chunk.open_from(place.filled)[..end - place.filled].fill(0);
        let bytes = &place.chunk.bytes()[start..end];
        let failed = |error: std::io::Error| {
            LogError::Stopped(format!("a group could not be written and synced: {error}"))
        };
        let at = place.offset + start as u64;
        shared.disk.write_at(&self.segment.file, bytes, at).map_err(failed)?;
        let began = Instant::now();
        shared.disk.sync(&self.segment.file).map_err(failed)?;
        self.publish((end - start) as u64, Some(began.elapsed()));
        self.keys_unsealed += self.group.keys;
        Ok(())
    }

    /// Shows readers what is durable now. Those who wait for it are woken later, after the
    /// senders (`Writer::tell_readers`).
    pub(super) fn publish(&mut self, written_bytes: u64, synced: Option<Duration>) {
        let shared = &self.shared;
        let bytes = self.place.chunk.share(self.place.filled).slice(self.place.inset..);
        let held = self.place.chunk.capacity();
        let span = Span { start: self.place.first, nonce: self.segment.nonce, bytes, held };
        if !span.bytes.is_empty() {
            shared.ring().put(span, shared.options.ring_bytes);
        }
        self.builder.publish(&mut shared.catalog_mut().active.blocks, self.head);
        if !self.group.cursors.is_empty() {
            let mut groups = shared.groups();
            for (group, to) in self.group.cursors.drain(..) {
                match to {
                    Some(to) => drop(groups.insert(group, to)),
                    None => drop(groups.remove(&group)),
                }
            }
        }
        let mut counters = shared.counters();
        counters.records += self.group.records;
        counters.duplicates += self.group.duplicates;
        counters.payload_bytes += self.group.payload_bytes;
        counters.written_bytes += written_bytes;
        counters.keys = self.ids.len();
        if let Some(synced) = synced {
            counters.groups += 1;
            counters.synced(synced.as_micros());
        }
        drop(counters);
        shared.end.send_if_modified(|end| {
            *end = Position(self.head);
            false
        });
        self.untold = true;
    }

    /// A stamp of the log's own time, when it is due.
    fn stamp(&mut self) -> Option<Batch> {
        let now_ms = self.shared.clock.now_ms();
        let due = now_ms - self.stamped_ms >= STAMP_MS;
        due.then(|| {
            self.stamped_ms = now_ms;
            clock_stamp(now_ms, (self.shared.options.clock)())
        })
    }

    /// Makes sure that so many bytes fit the chunk.
    fn take_place(&mut self, bytes: usize) {
        let place = &mut self.place;
        if place.filled + bytes + BLOCK <= place.chunk.capacity() {
            return;
        }
        let inset = place.filled % BLOCK;
        let mut chunk = self.pool.take(self.chunk_bytes.max(inset + bytes + BLOCK));
        let tail = place.filled - inset..place.filled;
        chunk.open()[..inset].copy_from_slice(&place.chunk.bytes()[tail.clone()]);
        let offset = place.offset + tail.start as u64;
        *place = Place { chunk, offset, first: self.head, inset, filled: inset };
    }
}

/// Asks for the keys of a batch ahead of time.
fn prefetch(ids: &IdIndex, batch: &Batch) {
    let mut at = 0;
    while at < batch.frames.len() {
        let frame = &batch.frames[at..];
        if let Some(key) = frame::key(frame) {
            ids.prefetch(key);
        }
        at += frame_bytes(frame::header(frame).payload);
    }
}
