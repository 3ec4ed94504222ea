//! What the log asks of a file system, so that tests can lose, tear and refuse.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use super::chunk::{BLOCK, Chunk};

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

/// Whether an error says that there is no room, and nothing worse.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Reads up to `len` bytes at `offset`, both multiples of [`BLOCK`]; what lies after the end of
/// the file or cannot be read is zeros, and so no frame.
pub(crate) fn read_blocks(file: &File, offset: u64, len: usize) -> bytes::Bytes {
    let mut chunk = Chunk::new(len);
    let buffer = &mut chunk.open()[..len];
    let mut at = 0;
    while at < len {
        match file.read_at(&mut buffer[at..], offset + at as u64) {
            Ok(0) => break,
            // A short direct read ends at the end of the file; the next one must start aligned.
            Ok(read) if read % BLOCK != 0 => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::error!(%error, offset = offset + at as u64, "a block cannot be read, it is passed over");
                at += BLOCK;
            }
        }
    }
    chunk.share(len)
}
