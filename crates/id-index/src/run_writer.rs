//! Writing a file of sorted ids.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::filter::{Filter, FilterBuilder};
use crate::run::{ENTRIES, ENTRIES_AT, ENTRY, Head, Kind, PAGE, Run, page_crc};
use crate::{Id, IndexError};

const BUFFER: usize = 64 * PAGE;
/// How much may wait in the page cache: more would make the log's next sync wait for it.
const UNSYNCED_MAX: usize = 8 << 20;
/// Ending of files that are not complete.
pub(crate) const UNFINISHED: &str = "tmp";

pub(crate) struct RunWriter<'a> {
    folder: &'a Path,
    path: PathBuf,
    file: File,
    head: Head,
    page: [u8; PAGE],
    in_page: usize,
    buffer: Vec<u8>,
    unsynced: usize,
    fences: Vec<u64>,
    filter: Option<FilterBuilder>,
}

impl<'a> RunWriter<'a> {
    /// A file for at most `ids` ids in `folder`. `draft` says what it covers; the counts in it
    /// are overwritten.
    pub(crate) fn create(
        folder: &'a Path,
        draft: Head,
        ids: u64,
    ) -> Result<RunWriter<'a>, IndexError> {
        let path = unfinished(folder, &draft);
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(true);
        let file = file.open(&path).map_err(IndexError::disk(&path))?;
        let filter = match draft.kind {
            Kind::Part => None,
            Kind::Run => Some(Filter::builder(ids)?),
        };
        Ok(RunWriter {
            folder,
            path,
            file,
            head: Head { count: 0, pages: 0, ..draft },
            page: [0; PAGE],
            in_page: 0,
            // The head's place, overwritten at the end.
            buffer: vec![0; PAGE],
            unsynced: 0,
            fences: Vec::with_capacity(ids.div_ceil(ENTRIES as u64) as usize),
            filter,
        })
    }

    /// Adds an id; ids come in key order, without repeats.
    pub(crate) fn push(&mut self, id: Id) -> Result<(), IndexError> {
        if self.in_page == 0 {
            self.fences.push(id.high);
        }
        let at = ENTRIES_AT + self.in_page * ENTRY;
        let entry = &mut self.page[at..at + ENTRY];
        let delta = (id.position - self.head.from) / 8;
        entry[..8].copy_from_slice(&id.high.to_le_bytes());
        entry[8..16].copy_from_slice(&id.low.to_le_bytes());
        entry[16..].copy_from_slice(&delta.to_le_bytes()[..5]);
        self.in_page += 1;
        self.head.count += 1;
        if let Some(filter) = &mut self.filter {
            filter.push(id.high, id.low)?;
        }
        if self.in_page == ENTRIES {
            self.end_page()?;
        }
        Ok(())
    }

    /// Writes what is left, syncs, and gives the file its name. `Ok` means durable.
    pub(crate) fn finish(mut self) -> Result<Run, IndexError> {
        if self.in_page > 0 {
            self.end_page()?;
        }
        let filter = self.filter.take().map(FilterBuilder::finish);
        let fences: Vec<u8> = self.fences.iter().flat_map(|fence| fence.to_le_bytes()).collect();
        let lines = filter.as_ref().map_or(&[][..], Filter::bytes);
        self.head.tail_crc = crc32c::crc32c_append(crc32c::crc32c(&fences), lines);
        self.head.filter_homes = filter.as_ref().map_or(0, Filter::homes) as u64;
        self.head.filter_lines = filter.as_ref().map_or(0, Filter::used) as u64;
        self.write_buffer()?;
        for chunk in fences.chunks(BUFFER).chain(lines.chunks(BUFFER)) {
            self.write(chunk)?;
        }
        let failed = IndexError::disk(&self.path);
        self.file
            .write_all_at(&self.head.encode(), 0)
            .and_then(|()| self.file.sync_all())
            .map_err(failed)?;
        let path = self.folder.join(self.head.file_name());
        fs::rename(&self.path, &path).map_err(IndexError::disk(&path))?;
        sync_folder(self.folder)?;
        self.fences.shrink_to_fit();
        Ok(Run::new(path, self.head, self.file, self.fences, filter))
    }

    fn end_page(&mut self) -> Result<(), IndexError> {
        self.page[4..8].copy_from_slice(&(self.in_page as u32).to_le_bytes());
        self.page[ENTRIES_AT + self.in_page * ENTRY..].fill(0);
        let crc = page_crc(&self.page, self.head.pages);
        self.page[..4].copy_from_slice(&crc.to_le_bytes());
        self.buffer.extend_from_slice(&self.page);
        self.in_page = 0;
        self.head.pages += 1;
        if self.buffer.len() >= BUFFER {
            self.write_buffer()?;
        }
        Ok(())
    }

    fn write_buffer(&mut self) -> Result<(), IndexError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer)?;
        buffer.clear();
        self.buffer = buffer;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        self.file.write_all(bytes).map_err(IndexError::disk(&self.path))?;
        self.unsynced += bytes.len();
        if self.unsynced >= UNSYNCED_MAX {
            self.file.sync_data().map_err(IndexError::disk(&self.path))?;
            self.unsynced = 0;
        }
        Ok(())
    }
}

/// What a file is called until it is complete.
pub(crate) fn unfinished(folder: &Path, head: &Head) -> PathBuf {
    folder.join(format!("{}.{UNFINISHED}", head.file_name()))
}

/// Makes names that were added to or taken from the folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), IndexError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(IndexError::disk(folder))
}
