//! Sorted ids on disk.
//!
//! ```text
//! page 0     head: what the file covers, counts, checksum of the tail, own checksum
//! pages 1..  checksum u32, ids u16, 2 bytes free, then 194 ids of 21 bytes in key order:
//!            upper half u64, lower half u64, position in eighths after `from` as u40
//! tail       the first upper half of every page u64, then the filter's lines
//! ```
//!
//! All numbers are little-endian. A file is complete or not there: it is written under another
//! name, synced, renamed, and the folder synced. A part (`.ids`) has no filter, because the
//! active table leads to it; a run (`.run`) has one.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock::Clock;
use crate::filter::Filter;
use crate::{Id, IndexError};

pub(crate) const PAGE: usize = 4096;
pub(crate) const ENTRY: usize = 21;
pub(crate) const ENTRIES_AT: usize = 8;
pub(crate) const ENTRIES: usize = (PAGE - ENTRIES_AT) / ENTRY;
const HEAD_CRC_AT: usize = PAGE - 4;
const MAGIC: [u8; 8] = *b"hw-ids\r\n";
const VERSION: u32 = 1;
/// Pages read at once when a file is read from end to end.
const PAGES_AT_ONCE: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Ids of one generation as they became durable.
    Part,
    /// One or more whole generations.
    Run,
}

/// What a file says about itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    /// The file holds every id whose position is in `from..to`.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Base position of the generation, which names it.
    pub(crate) generation: u64,
    /// Record time of its oldest and newest id, as [`Clock`] tells it.
    pub(crate) first_ms: i64,
    pub(crate) newest_ms: i64,
    /// The clock at `to`, or a little later.
    pub(crate) clock: Clock,
    /// Where the window began when the file was written.
    pub(crate) window_start: u64,
    pub(crate) count: u64,
    pub(crate) pages: u64,
    pub(crate) filter_homes: u64,
    pub(crate) filter_lines: u64,
    pub(crate) tail_crc: u32,
}

impl Head {
    pub(crate) fn encode(&self) -> [u8; PAGE] {
        let mut page = [0; PAGE];
        let kind = match self.kind {
            Kind::Part => 0u64,
            Kind::Run => 1,
        };
        let words = [
            u64::from(VERSION) | kind << 32,
            self.from,
            self.to,
            self.generation,
            self.first_ms as u64,
            self.newest_ms as u64,
            self.clock.now_ms as u64,
            self.clock.newest_ms as u64,
            u64::from(self.clock.started),
            self.window_start,
            self.count,
            self.pages,
            self.filter_homes,
            self.filter_lines,
            u64::from(self.tail_crc),
        ];
        page[..8].copy_from_slice(&MAGIC);
        for (field, word) in page.as_chunks_mut::<8>().0[1..].iter_mut().zip(words) {
            *field = word.to_le_bytes();
        }
        let crc = crc32c::crc32c(&page[..HEAD_CRC_AT]);
        page[HEAD_CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        page
    }

    fn decode(page: &[u8; PAGE], path: &Path) -> Result<Head, IndexError> {
        let words = page.as_chunks::<8>().0;
        let word = |at: usize| u64::from_le_bytes(words[at]);
        let crc = (word(PAGE / 8 - 1) >> 32) as u32;
        if words[0] != MAGIC || crc != crc32c::crc32c(&page[..HEAD_CRC_AT]) {
            return Err(IndexError::damaged(path, "its head"));
        }
        let version = word(1) as u32;
        if version > VERSION {
            return Err(IndexError::Newer { path: path.to_owned(), version });
        }
        Ok(Head {
            kind: if word(1) >> 32 == 0 { Kind::Part } else { Kind::Run },
            from: word(2),
            to: word(3),
            generation: word(4),
            first_ms: word(5) as i64,
            newest_ms: word(6) as i64,
            clock: Clock::restored(word(7) as i64, word(8) as i64, word(9) != 0),
            window_start: word(10),
            count: word(11),
            pages: word(12),
            filter_homes: word(13),
            filter_lines: word(14),
            tail_crc: word(15) as u32,
        })
    }

    pub(crate) fn file_name(&self) -> String {
        let kind = match self.kind {
            Kind::Part => "ids",
            Kind::Run => "run",
        };
        format!("{:020}-{:020}.{kind}", self.from, self.to)
    }

    fn file_bytes(&self) -> u64 {
        (1 + self.pages) * PAGE as u64 + self.pages * 8 + self.filter_lines * 64
    }
}

/// One file of sorted ids, its fences and filter in memory.
pub(crate) struct Run {
    pub(crate) path: PathBuf,
    pub(crate) head: Head,
    file: File,
    /// The upper half of the first id of every page.
    fences: Vec<u64>,
    filter: Option<Filter>,
    damaged: AtomicBool,
}

impl Run {
    pub(crate) fn new(
        path: PathBuf,
        head: Head,
        file: File,
        fences: Vec<u64>,
        filter: Option<Filter>,
    ) -> Run {
        Run { path, head, file, fences, filter, damaged: AtomicBool::new(false) }
    }

    /// Reads the head and the tail; the pages are checked when they are read.
    pub(crate) fn open(path: PathBuf) -> Result<Run, IndexError> {
        let file = File::open(&path).map_err(IndexError::disk(&path))?;
        let length = file.metadata().map_err(IndexError::disk(&path))?.len();
        if length < PAGE as u64 {
            return Err(IndexError::damaged(&path, "its head"));
        }
        let mut page = [0; PAGE];
        let gives = |bytes: &mut [u8], at| {
            let given = file.read_exact_at(bytes, at);
            given.map_err(|_| IndexError::damaged(&path, "the disk does not give its bytes"))
        };
        gives(&mut page, 0)?;
        let head = Head::decode(&page, &path)?;
        if length != head.file_bytes() {
            return Err(IndexError::damaged(&path, "its length"));
        }
        let mut at = (1 + head.pages) * PAGE as u64;
        let mut bytes = vec![0; head.pages as usize * 8];
        gives(&mut bytes, at)?;
        let mut crc = crc32c::crc32c(&bytes);
        let fences = bytes.as_chunks().0.iter().map(|fence| u64::from_le_bytes(*fence)).collect();
        at += bytes.len() as u64;
        let filter = match head.kind {
            Kind::Part => None,
            Kind::Run => Some(Filter::restored(
                head.filter_homes as usize,
                head.filter_lines as usize,
                |lines| {
                    gives(lines, at)?;
                    crc = crc32c::crc32c_append(crc, lines);
                    Ok::<_, IndexError>(())
                },
            )?),
        };
        if crc != head.tail_crc {
            return Err(IndexError::damaged(&path, "its tail"));
        }
        Ok(Run::new(path, head, file, fences, filter))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.fences.len() * 8 + self.filter.as_ref().map_or(0, |filter| filter.bytes().len())
    }

    pub(crate) fn disk_bytes(&self) -> u64 {
        self.head.file_bytes()
    }

    /// Remembers that a page could not be read; true the first time.
    pub(crate) fn note_damage(&self) -> bool {
        !self.damaged.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn prefetch(&self, high: u64) {
        if let Some(filter) = &self.filter {
            filter.prefetch(high);
        }
    }

    /// Whether asking the disk makes sense.
    #[inline]
    pub(crate) fn may_hold(&self, high: u64, low: u64) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.may_hold(high, low))
    }

    /// The position of an id: one page read, as a rule.
    pub(crate) fn find(&self, high: u64, low: u64) -> Result<Option<u64>, IndexError> {
        let mut page = self.fences.partition_point(|fence| *fence < high).saturating_sub(1);
        let mut bytes = [0; PAGE];
        while self.fences.get(page).is_some_and(|fence| *fence <= high) {
            let at = (1 + page) as u64 * PAGE as u64;
            self.read_at(&mut bytes, at)?;
            let entries = self.entries(&bytes, page as u64)?;
            let key = |entry: &[u8; ENTRY]| (self.id(entry).high, self.id(entry).low);
            let at = entries.partition_point(|entry| key(entry) < (high, low));
            if let Some(entry) = entries.get(at) {
                return Ok((key(entry) == (high, low)).then(|| self.id(entry).position));
            }
            page += 1;
        }
        Ok(None)
    }

    /// Gives every id, in key order.
    pub(crate) fn for_each(
        &self,
        mut each: impl FnMut(Id) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let mut reader = Reader::new(self);
        while reader.load()? {
            reader.here().iter().try_for_each(|entry| each(self.id(entry)))?;
            reader.skip_page();
        }
        Ok(())
    }

    /// Reads every page and checks it.
    pub(crate) fn check(&self) -> Result<(), IndexError> {
        let mut reader = Reader::new(self);
        while reader.load()? {
            reader.skip_page();
        }
        Ok(())
    }

    /// Bytes that the disk does not give are as good as wrong ones.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> Result<(), IndexError> {
        let given = self.file.read_exact_at(bytes, at);
        given.map_err(|_| IndexError::damaged(&self.path, "the disk does not give its bytes"))
    }

    fn entries<'a>(
        &self,
        page: &'a [u8; PAGE],
        number: u64,
    ) -> Result<&'a [[u8; ENTRY]], IndexError> {
        let words = page.as_chunks::<4>().0;
        let count = (u32::from_le_bytes(words[1]) & 0xffff) as usize;
        if u32::from_le_bytes(words[0]) != page_crc(page, number) || count > ENTRIES {
            return Err(IndexError::damaged(&self.path, "one of its pages"));
        }
        Ok(&page[ENTRIES_AT..].as_chunks().0[..count])
    }

    #[inline]
    fn id(&self, entry: &[u8; ENTRY]) -> Id {
        let words = entry.as_chunks::<8>().0;
        let mut delta = [0; 8];
        delta[..5].copy_from_slice(&entry[16..]);
        Id {
            high: u64::from_le_bytes(words[0]),
            low: u64::from_le_bytes(words[1]),
            position: self.head.from + u64::from_le_bytes(delta) * 8,
        }
    }
}

/// The checksum of a page, its number in the file included.
pub(crate) fn page_crc(page: &[u8; PAGE], number: u64) -> u32 {
    crc32c::crc32c_append(number as u32, &page[4..])
}

/// Reads a file from end to end.
pub(crate) struct Reader<'a> {
    run: &'a Run,
    /// Pages in memory, and the number of the first one in the file.
    bytes: Vec<u8>,
    first: u64,
    /// The page at hand, counted from `first`, and the next entry in it.
    page: usize,
    entry: usize,
    checked: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(run: &'a Run) -> Reader<'a> {
        Reader { run, bytes: Vec::new(), first: 0, page: 0, entry: 0, checked: false }
    }

    /// Moves ids whose upper half is less than `bound` to `ids`.
    pub(crate) fn take_below(&mut self, bound: u128, ids: &mut Vec<Id>) -> Result<(), IndexError> {
        while self.load()? {
            let run = self.run;
            let before = ids.len();
            let here = self.here();
            let left = here.len();
            let below = |id: &Id| u128::from(id.high) < bound;
            ids.extend(here.iter().map(|entry| run.id(entry)).take_while(below));
            let taken = ids.len() - before;
            if taken < left {
                self.entry += taken;
                return Ok(());
            }
            self.skip_page();
        }
        Ok(())
    }

    /// Makes the page at hand available; false at the end.
    fn load(&mut self) -> Result<bool, IndexError> {
        if self.page * PAGE >= self.bytes.len() {
            self.first += (self.bytes.len() / PAGE) as u64;
            let pages = (self.run.head.pages - self.first).min(PAGES_AT_ONCE as u64) as usize;
            self.bytes.resize(pages * PAGE, 0);
            self.page = 0;
            if pages == 0 {
                return Ok(false);
            }
            let at = (1 + self.first) * PAGE as u64;
            self.run.read_at(&mut self.bytes, at)?;
        }
        if !self.checked {
            let page = &self.bytes.as_chunks().0[self.page];
            self.run.entries(page, self.first + self.page as u64)?;
            self.checked = true;
        }
        Ok(true)
    }

    /// The entries left in the page at hand, which [`Reader::load`] has checked.
    fn here(&self) -> &[[u8; ENTRY]] {
        let page = &self.bytes.as_chunks::<PAGE>().0[self.page];
        let count = usize::from(page[4]) | usize::from(page[5]) << 8;
        &page[ENTRIES_AT..].as_chunks().0[self.entry..count]
    }

    fn skip_page(&mut self) {
        (self.page, self.entry, self.checked) = (self.page + 1, 0, false);
    }
}
