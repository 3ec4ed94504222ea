//! A segment's file and how to read it.

use std::{fs::File, io, path::PathBuf, sync::Arc};

use bytes::Bytes;

use super::{
    chunk::BLOCK,
    compressed::{Cache, Table},
    disk::{Disk, read_blocks},
    walk::Source,
};

/// Most bytes read at once.
pub(crate) const READ_BYTES: usize = 1 << 20;

/// Where a segment stands on disk. Its holder count says whether somebody may still read it.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) path: PathBuf,
}

/// The form of a segment on disk.
#[derive(Clone)]
pub(crate) enum Form {
    /// Frames as they were written, after the header's block.
    Raw(Arc<Raw>),
    /// Frames in compressed blocks.
    Compressed(Arc<Table>),
}

/// The place in its file of the frame at `position`.
pub(crate) const fn offset(base: u64, position: u64) -> u64 {
    BLOCK as u64 + position - base
}

/// A raw segment, read in windows.
pub(crate) struct RawSource {
    file: File,
    base: u64,
    end: u64,
    window: usize,
}

impl RawSource {
    /// Reads about `window` bytes at once, and nothing from `end` on.
    pub(crate) fn new(file: File, base: u64, end: u64, window: usize) -> RawSource {
        RawSource { file, base, end, window }
    }
}

impl Source for RawSource {
    fn load(&mut self, position: u64, at_least: usize) -> io::Result<Bytes> {
        let wanted = (self.end.saturating_sub(position) as usize).min(self.window).max(at_least);
        let from = offset(self.base, position);
        let inset = (from % BLOCK as u64) as usize;
        let blocks = (inset + wanted).next_multiple_of(BLOCK);
        let bytes = read_blocks(&self.file, from - inset as u64, blocks);
        Ok(bytes.slice(inset..inset + wanted))
    }
}

/// Either form.
pub(crate) enum AnySource {
    Raw(RawSource),
    Compressed(super::compressed::CompressedSource),
}

impl AnySource {
    /// Opens a segment's file.
    pub(crate) fn open(
        disk: &dyn Disk,
        cache: &Arc<Cache>,
        form: &Form,
        base: u64,
        end: u64,
        window: usize,
    ) -> io::Result<AnySource> {
        Ok(match form {
            Form::Raw(raw) => {
                let file = disk.open_read(&raw.path)?;
                AnySource::Raw(RawSource::new(file, base, end, window))
            }
            Form::Compressed(table) => AnySource::Compressed(
                super::compressed::CompressedSource::open(table.clone(), cache.clone())?,
            ),
        })
    }
}

impl Source for AnySource {
    fn load(&mut self, position: u64, at_least: usize) -> io::Result<Bytes> {
        match self {
            AnySource::Raw(source) => source.load(position, at_least),
            AnySource::Compressed(source) => source.load(position, at_least),
        }
    }
}
