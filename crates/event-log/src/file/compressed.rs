//! Sealed segments, compressed block by block.
//!
//! ```text
//! 4 KB: the segment's header
//! blocks: magic  packed  crc  length  start  zstd data … zeros to a multiple of 8
//!         4      4       4    4       8
//! table:  (start, offset) of each block, 16 bytes each
//! last:   magic  blocks  crc  zeros  end of the segment
//! ```
//!
//! The table is a short cut: without it the blocks are found by walking. A block's checksum covers
//! its data and the rest of its head; the frames within keep their own.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bytes::Bytes;

use super::{chunk::BLOCK, header::SegmentHeader, segment::READ_BYTES, walk::Source};

const BLOCK_MAGIC: u32 = 0x6b6c_6268;
const TABLE_MAGIC: u32 = 0x6c62_7468;
const HEAD: usize = 24;
const TRAILER: usize = 24;
/// Fast, and a tenth of the size for what sources send.
const LEVEL: i32 = 1;
/// Decompressed blocks to keep, for readers that take a block in several reads.
const CACHED: usize = 8;

/// Position of each block's first frame, and its place in the file.
type Starts = Vec<(u64, u64)>;

/// Where the blocks of a compressed segment stand.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    blocks: Starts,
    /// Position after the last frame.
    pub(crate) end: u64,
    /// Bytes of the file.
    pub(crate) file_bytes: u64,
    /// Tells the file from one that takes its place; 0 where nothing is known of it.
    inode: u64,
}

/// Blocks that were read lately, by their file and where they begin.
#[derive(Default)]
pub(crate) struct Cache(Mutex<VecDeque<((u64, u64), Bytes)>>);

impl Cache {
    fn get(&self, block: (u64, u64)) -> Option<Bytes> {
        let cached = self.0.lock().expect("no holder of this lock panics");
        cached.iter().find(|(at, _)| *at == block).map(|(_, bytes)| bytes.clone())
    }

    fn put(&self, block: (u64, u64), bytes: Bytes) {
        let mut cached = self.0.lock().expect("no holder of this lock panics");
        cached.truncate(CACHED - 1);
        cached.push_front((block, bytes));
    }
}

/// Writes a compressed segment to a file that is not there yet.
pub(crate) struct Compressing {
    file: BufWriter<File>,
    table: Table,
    at: u64,
    packer: zstd::bulk::Compressor<'static>,
}

impl Compressing {
    pub(crate) fn create(path: &Path, header: &SegmentHeader) -> io::Result<Compressing> {
        let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        file.write_all(header.block().bytes())?;
        Ok(Compressing {
            file,
            table: Table {
                path: path.to_owned(),
                blocks: Vec::new(),
                end: 0,
                file_bytes: 0,
                inode: 0,
            },
            at: BLOCK as u64,
            packer: zstd::bulk::Compressor::new(LEVEL)?,
        })
    }

    /// Adds the frames of one block, the first of them at `start`.
    pub(crate) fn add(&mut self, start: u64, frames: &[u8]) -> io::Result<()> {
        let packed = self.packer.compress(frames)?;
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&BLOCK_MAGIC.to_le_bytes());
        head[4..8].copy_from_slice(&(packed.len() as u32).to_le_bytes());
        head[12..16].copy_from_slice(&(frames.len() as u32).to_le_bytes());
        head[16..].copy_from_slice(&start.to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&head), &packed);
        head[8..12].copy_from_slice(&crc.to_le_bytes());
        self.table.blocks.push((start, self.at));
        self.file.write_all(&head)?;
        self.file.write_all(&packed)?;
        let padding = packed.len().next_multiple_of(8) - packed.len();
        self.file.write_all(&[0; 8][..padding])?;
        self.at += (HEAD + packed.len() + padding) as u64;
        Ok(())
    }

    /// Writes the table. The caller syncs the file and gives it its name.
    pub(crate) fn finish(mut self, end: u64, path: PathBuf) -> io::Result<(File, Table)> {
        let mut tail = Vec::with_capacity(self.table.blocks.len() * 16 + TRAILER);
        for (start, offset) in &self.table.blocks {
            tail.extend_from_slice(&start.to_le_bytes());
            tail.extend_from_slice(&offset.to_le_bytes());
        }
        tail.extend_from_slice(&TABLE_MAGIC.to_le_bytes());
        tail.extend_from_slice(&(self.table.blocks.len() as u32).to_le_bytes());
        tail.extend_from_slice(&[0; 8]);
        tail.extend_from_slice(&end.to_le_bytes());
        let crc = crc32c::crc32c(&tail);
        let crc_at = tail.len() - 16;
        tail[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
        self.file.write_all(&tail)?;
        self.table.end = end;
        self.table.file_bytes = self.at + tail.len() as u64;
        self.table.path = path;
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.table.inode = file.metadata()?.ino();
        Ok((file, self.table))
    }
}

impl Table {
    /// The table of a compressed segment; found by walking where the one in the file does not hold.
    /// `None`: not even the blocks can be found.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Table>> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let (file_bytes, inode) = (metadata.len(), metadata.ino());
        if let Some((blocks, end)) = read_table(&file, file_bytes)? {
            return Ok(Some(Table { path: path.to_owned(), blocks, end, file_bytes, inode }));
        }
        tracing::warn!(file = %path.display(), "the table of a compressed segment is damaged, its blocks are searched");
        let bytes = std::fs::read(path)?;
        let mut blocks = Vec::new();
        let (mut at, mut end) = (BLOCK, 0);
        while at + HEAD <= bytes.len() {
            match BlockHead::read(&bytes[at..]) {
                Some(head) if head.holds(&bytes[at..]) => {
                    blocks.push((head.start, at as u64));
                    end = head.start + head.length as u64;
                    at += (HEAD + head.packed).next_multiple_of(8);
                }
                _ => at += 8,
            }
        }
        let found = !blocks.is_empty();
        Ok(found.then(|| Table { path: path.to_owned(), blocks, end, file_bytes, inode }))
    }

    /// For a file in which nothing is found.
    pub(crate) fn empty(path: &Path) -> Table {
        Table { path: path.to_owned(), blocks: Vec::new(), end: 0, file_bytes: 0, inode: 0 }
    }

    /// Where the file stands.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn read_table(file: &File, file_bytes: u64) -> io::Result<Option<(Starts, u64)>> {
    let mut trailer = [0; TRAILER];
    let Some(trailer_at) = file_bytes.checked_sub(TRAILER as u64) else { return Ok(None) };
    file.read_exact_at(&mut trailer, trailer_at)?;
    let u32_at = |at: usize| u32::from_le_bytes(trailer[at..at + 4].try_into().expect("4 bytes"));
    let bytes = u64::from(u32_at(4)) * 16;
    if u32_at(0) != TABLE_MAGIC || bytes + (BLOCK + TRAILER) as u64 > file_bytes {
        return Ok(None);
    }
    let mut table = vec![0; bytes as usize + TRAILER];
    file.read_exact_at(&mut table, trailer_at - bytes)?;
    let crc_at = table.len() - 16;
    table[crc_at..crc_at + 4].fill(0);
    if crc32c::crc32c(&table) != u32_at(8) {
        return Ok(None);
    }
    let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
    let (entries, trailer) = table.split_at(bytes as usize);
    let pairs = entries.chunks_exact(16).map(|pair| (word(&pair[..8]), word(&pair[8..])));
    Ok(Some((pairs.collect(), word(&trailer[16..]))))
}

struct BlockHead {
    packed: usize,
    length: usize,
    start: u64,
    crc: u32,
}

impl BlockHead {
    fn read(bytes: &[u8]) -> Option<BlockHead> {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        (u32_at(0) == BLOCK_MAGIC).then(|| BlockHead {
            packed: u32_at(4) as usize,
            crc: u32_at(8),
            length: u32_at(12) as usize,
            start: u64::from_le_bytes(bytes[16..24].try_into().expect("8 bytes")),
        })
    }

    /// Whether the checksum of the block that stands at the start of `bytes` holds.
    fn holds(&self, bytes: &[u8]) -> bool {
        let Some(data) = bytes.get(HEAD..HEAD + self.packed) else { return false };
        let mut head: [u8; HEAD] = bytes[..HEAD].try_into().expect("the caller has checked");
        head[8..12].fill(0);
        crc32c::crc32c_append(crc32c::crc32c(&head), data) == self.crc
    }
}

/// A compressed segment, read block by block.
pub(crate) struct CompressedSource {
    file: File,
    table: Arc<Table>,
    cache: Arc<Cache>,
}

impl CompressedSource {
    pub(crate) fn open(table: Arc<Table>, cache: Arc<Cache>) -> io::Result<CompressedSource> {
        let file = File::open(&table.path)?;
        if table.inode != 0 && file.metadata()?.ino() != table.inode {
            // Another has taken its place: whoever asks looks it up again.
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(CompressedSource { file, table, cache })
    }

    /// The frames of a block; `None` if they cannot be had.
    fn block(&self, start: u64, at: u64, room: u64) -> Option<Bytes> {
        if let Some(bytes) = self.cache.get((self.table.inode, start)) {
            return Some(bytes);
        }
        let mut head = [0; HEAD];
        self.file.read_exact_at(&mut head, at).ok()?;
        let parsed = BlockHead::read(&head)?;
        // Nothing larger than the segment is believed before the checksum holds.
        if parsed.packed as u64 > self.table.file_bytes || parsed.length as u64 > room {
            return None;
        }
        let mut block = vec![0; HEAD + parsed.packed];
        self.file.read_exact_at(&mut block, at).ok()?;
        if parsed.start != start || !parsed.holds(&block) {
            return None;
        }
        let frames = zstd::bulk::decompress(&block[HEAD..], parsed.length).ok()?;
        let frames = Bytes::from(frames);
        self.cache.put((self.table.inode, start), frames.clone());
        Some(frames)
    }
}

impl Source for CompressedSource {
    fn load(&mut self, position: u64, at_least: usize) -> io::Result<Bytes> {
        let blocks = &self.table.blocks;
        let after = blocks.partition_point(|(start, _)| *start <= position);
        let next = blocks.get(after).map_or(self.table.end, |(start, _)| *start);
        let room = next.saturating_sub(position) as usize;
        let found = after.checked_sub(1).and_then(|index| {
            let (start, at) = blocks[index];
            let frames = self.block(start, at, next.saturating_sub(start))?;
            let inset = (position - start) as usize;
            (inset < frames.len()).then(|| frames.slice(inset..))
        });
        Ok(found.unwrap_or_else(|| Bytes::from(vec![0; room.min(READ_BYTES).max(at_least)])))
    }
}
