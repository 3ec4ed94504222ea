//! What the log asks of a file system, so that tests can lose, tear and refuse.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::{Arc, LazyLock},
};

use super::chunk::{BLOCK, Chunk, Pool};

/// A file system. Offsets, lengths and memory of writes are multiples of [`BLOCK`].
pub(crate) trait Disk: Send + Sync + 'static {
    /// Opens a segment for writing, making it if it is not there.
    fn open(&self, path: &Path) -> io::Result<File>;
    /// Opens a file for reading.
    fn open_read(&self, path: &Path) -> io::Result<File>;
    /// Writes all of `bytes`.
    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Takes blocks for the first `bytes` of a new file. Errors: `Unsupported` where the file
    /// system gives blocks only to what is written.
    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()>;
    /// Makes what was written to `file` durable.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Makes creations, renames and removals in `dir` durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Whether anything can be changed. If not, changes are asked for in vain and do nothing.
    fn is_writable(&self) -> bool {
        true
    }
    /// Bytes that are free, and all bytes, of the file system of `dir`.
    fn room(&self, dir: &Path) -> io::Result<(u64, u64)>;
    /// Gives a file another name, in place of what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// The real one.
#[derive(Debug)]
pub(crate) struct RealDisk {
    direct: bool,
}

impl RealDisk {
    /// With or without direct I/O.
    pub(crate) fn new(direct: bool) -> RealDisk {
        RealDisk { direct }
    }

    /// Whether the file system of `dir` takes direct writes.
    pub(crate) fn takes_direct(dir: &Path) -> bool {
        let path = dir.join("direct.tmp");
        let disk = RealDisk { direct: true };
        let block = Chunk::new(BLOCK);
        let written = disk.open(&path).and_then(|file| disk.write_at(&file, block.bytes(), 0));
        let _ = std::fs::remove_file(&path);
        written.is_ok()
    }

    fn flags(&self) -> i32 {
        if self.direct { rustix::fs::OFlags::DIRECT.bits() as i32 } else { 0 }
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).custom_flags(self.flags());
        options.mode(0o600).open(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(self.flags()).open(path)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        let flags = rustix::fs::FallocateFlags::empty();
        Ok(rustix::fs::fallocate(file, flags, 0, bytes)?)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn room(&self, dir: &Path) -> io::Result<(u64, u64)> {
        let room = rustix::fs::statvfs(dir)?;
        Ok((room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize))
    }
}

/// The real one, looked at and left as it is.
#[derive(Debug)]
pub(crate) struct ReadOnlyDisk;

impl Disk for ReadOnlyDisk {
    fn open(&self, path: &Path) -> io::Result<File> {
        File::open(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<File> {
        File::open(path)
    }

    fn write_at(&self, _: &File, _: &[u8], _: u64) -> io::Result<()> {
        Ok(())
    }

    fn allocate(&self, _: &File, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn is_writable(&self) -> bool {
        false
    }

    fn room(&self, _: &Path) -> io::Result<(u64, u64)> {
        Ok((0, 0))
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// Whether an error says that there is no room, and nothing worse.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Memory of reads that is kept for the next ones: fresh pages cost a reader that is behind more
/// than the read itself.
static READS: LazyLock<Arc<Pool>> = LazyLock::new(|| Pool::new(READS_KEPT, LARGE_READ));
const READS_KEPT: usize = 8;
/// All large reads take as much, so that the memory of one fits the next; reads up to
/// [`SMALL_READ`] are rare and have their own.
const LARGE_READ: usize = (1 << 20) + BLOCK;
const SMALL_READ: usize = 128 << 10;

/// Reads up to `len` bytes at `offset`, both multiples of [`BLOCK`]; what lies after the end of
/// the file or cannot be read is zeros, and so no frame.
pub(crate) fn read_blocks(file: &File, offset: u64, len: usize) -> bytes::Bytes {
    let small = len <= SMALL_READ;
    let mut chunk = if small { Chunk::new(len) } else { READS.take(len.max(LARGE_READ)) };
    let buffer = &mut chunk.open()[..len];
    let mut at = 0;
    while at < len {
        match file.read_at(&mut buffer[at..], offset + at as u64) {
            Ok(0) => break,
            // A short direct read ends at the end of the file; the next one must start aligned.
            Ok(read) if read % BLOCK != 0 => {
                at += read;
                break;
            }
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::error!(%error, offset = offset + at as u64, "a block cannot be read, it is passed over");
                buffer[at..(at + BLOCK).min(len)].fill(0);
                at += BLOCK;
            }
        }
    }
    // The memory may hold what was read before.
    buffer[at.min(len)..].fill(0);
    chunk.share(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_after_the_end_is_zeros_whatever_was_read_before() {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let path = dir.path().join("file");
        std::fs::write(&path, vec![7; 3 * BLOCK + 100]).expect("there is room");
        let file = File::open(&path).expect("it is there");
        let whole = read_blocks(&file, 0, SMALL_READ + BLOCK).slice(..3 * BLOCK);
        assert!(whole.iter().all(|byte| *byte == 7));
        drop(whole);
        let tail = read_blocks(&file, 2 * BLOCK as u64, SMALL_READ + BLOCK);
        assert!(tail[..BLOCK + 100].iter().all(|byte| *byte == 7));
        assert!(tail[BLOCK + 100..].iter().all(|byte| *byte == 0));
        drop(tail);
        let nothing = read_blocks(&file, 8 * BLOCK as u64, SMALL_READ + BLOCK);
        assert!(nothing.iter().all(|byte| *byte == 0));
    }
}
