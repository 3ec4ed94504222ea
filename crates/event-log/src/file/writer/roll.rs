//! From one segment to the next.

use std::{path::PathBuf, sync::Arc};

use super::{Group, Place, Segment, Writer, chain, clock_stamp, fresh_nonce, no_room};
use crate::{
    LogError,
    file::{
        blocks::{Builder, Published},
        catalog::{Active, Sealed},
        chunk::BLOCK,
        header::SegmentHeader,
        segment::{Form, Raw, offset},
        space::Claim,
    },
    frame::GROUP_START,
};

impl Writer {
    /// Goes on in a new segment. It begins with every group's cursor, so that recovery needs no
    /// older one, and has its name only when all of that is durable.
    pub(super) fn roll(&mut self, bytes: usize, claim: Claim) -> Result<(), LogError> {
        let shared = self.shared.clone();
        let now_ms = shared.clock.now_ms();
        let mut cursors = clock_stamp(now_ms, (shared.options.clock)());
        for (group, position) in shared.groups().iter() {
            cursors.commit(group, *position);
        }
        let needed = (BLOCK + cursors.bytes() + bytes).next_multiple_of(BLOCK) + BLOCK;
        let limit = shared.options.segment_bytes.max(needed as u64);
        let ready = (BLOCK + cursors.bytes()).next_multiple_of(BLOCK) as u64;
        let spare = shared.space.take_spare(ready, claim).map_err(no_room)?;
        let failed = |error: std::io::Error| {
            LogError::Stopped(format!("a segment could not be begun: {error}"))
        };
        let nonce = fresh_nonce().map_err(failed)?;
        let header =
            SegmentHeader { base: self.head, nonce, created_ms: now_ms, secret: shared.secret };
        let (disk, directory) = (&*shared.disk, &shared.directory);
        let old = std::mem::replace(
            &mut self.segment,
            Segment { base: self.head, nonce, file: spare.file, limit },
        );
        self.place = Place {
            chunk: self.pool.take(self.chunk_bytes.max(needed)),
            offset: BLOCK as u64,
            first: self.head,
            inset: 0,
            filled: 0,
        };
        let builder =
            std::mem::replace(&mut self.builder, Builder::new(shared.options.segment_bytes));
        self.compose(&cursors, &mut GROUP_START.clone(), None)?;
        self.stamped_ms = now_ms;
        let end = self.place.filled.next_multiple_of(BLOCK);
        self.place.chunk.open_from(self.place.filled)[..end - self.place.filled].fill(0);
        let path = directory.raw(self.segment.base);
        disk.write_at(&self.segment.file, header.block().bytes(), 0)
            .and_then(|()| {
                disk.write_at(&self.segment.file, &self.place.chunk.bytes()[..end], BLOCK as u64)
            })
            .and_then(|()| disk.sync(&self.segment.file))
            .and_then(|()| disk.rename(&spare.path, &path))
            .and_then(|()| disk.sync_dir(directory.path()))
            .map_err(failed)?;
        self.seal(old, builder, path, now_ms);
        let at = offset(self.segment.base, self.head);
        shared.space.activate(self.segment.file.clone(), spare.ready, at, limit);
        self.ready = spare.ready;
        self.group = Group::default();
        self.publish((end + BLOCK) as u64, None);
        self.seal_keys()?;
        self.keeper.wake();
        Ok(())
    }

    /// Everything so far is durable: its keys may be written to their side files.
    pub(super) fn seal_keys(&mut self) -> Result<(), LogError> {
        self.keys_unsealed = 0;
        self.ids.seal_to(self.head).map_err(|error| LogError::Stopped(chain(&error)))
    }

    /// Puts the old segment among the sealed ones and the new one in its place.
    fn seal(&mut self, old: Segment, mut builder: Builder, path: PathBuf, now_ms: i64) {
        let active = Active {
            base: self.segment.base,
            nonce: self.segment.nonce,
            created_ms: now_ms,
            raw: Arc::new(Raw { path }),
            blocks: Published::default(),
        };
        let disk_bytes = old.file.metadata().map_or(old.limit, |metadata| metadata.len());
        let mut catalog = self.shared.catalog_mut();
        let mut before = std::mem::replace(&mut catalog.active, active);
        builder.publish(&mut before.blocks, self.segment.base);
        catalog.sealed.push_back(Arc::new(Sealed {
            base: old.base,
            end: self.segment.base,
            nonce: old.nonce,
            form: Form::Raw(before.raw),
            blocks: Arc::new(before.blocks.all()),
            created_ms: before.created_ms,
            sealed_ms: now_ms,
            disk_bytes,
            indexed: false,
            kept_raw: false,
            erased_ms: 0,
        }));
    }
}
