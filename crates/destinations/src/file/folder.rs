//! The folder that takes the lines: one writer, one file that grows.
//!
//! An append is acknowledged after fdatasync. After any error the folder must be opened anew:
//! opening cuts what the failed append may have left, which was never acknowledged.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use super::{
    lines,
    rotated::{self, Compressor, Name, sync_names},
};

/// The name of the file that grows.
pub const CURRENT: &str = "current.ndjson";
const LOCK: &str = ".lock";
/// A read of recovery.
const READ_BYTES: usize = 1024 * 1024;

/// What the settings say.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder.
    pub path: PathBuf,
    /// A file is finished before it grows beyond this.
    pub rotate_bytes: u64,
    /// A file is finished at this age.
    pub rotate_after: Duration,
    /// Finished files are compressed.
    pub gzip: bool,
}

/// An open folder; nobody else writes to it.
pub struct Folder {
    options: Options,
    current: Option<Current>,
    /// The newest name of a finished file.
    newest: Name,
    compressor: Compressor,
    _lock: File,
}

struct Current {
    file: File,
    len: u64,
    begun_ms: i64,
}

impl Folder {
    /// Opens the folder, makes it when it is not there, and mends what a crash has torn.
    ///
    /// Errors: `WouldBlock` when another writer has it.
    pub fn open(options: Options, now_ms: i64) -> io::Result<Folder> {
        make_durable(&options.path)?;
        let lock = File::create(options.path.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::WouldBlock, "another writer has the folder")
            }
            TryLockError::Error(error) => error,
        })?;
        let newest = rotated::clean(&options.path)?;
        let current =
            match OpenOptions::new().read(true).append(true).open(options.path.join(CURRENT)) {
                Ok(file) => Some(Current::mend(file, now_ms)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        // a crash may have come between a change of names and its sync
        sync_names(&options.path)?;
        let mut compressor = Compressor::new(options.gzip.then(|| options.path.clone()));
        compressor.nudge();
        Ok(Folder { options, current, newest, compressor, _lock: lock })
    }

    /// Whether what we write to is still where others look for it.
    pub fn is_in_place(&self) -> bool {
        let Some(current) = &self.current else { return self.options.path.is_dir() };
        let ours = current.file.metadata();
        let found = fs::metadata(self.options.path.join(CURRENT));
        matches!((ours, found), (Ok(ours), Ok(found))
            if ours.ino() == found.ino() && ours.dev() == found.dev())
    }

    /// Appends `messages`, all in one file; `Ok` means synced.
    pub fn append(&mut self, messages: &[Bytes], now_ms: i64) -> io::Result<()> {
        let len = lines::len(messages);
        if self
            .current
            .as_ref()
            .is_some_and(|now| now.len > 0 && now.len + len > self.options.rotate_bytes)
        {
            self.rotate()?;
        }
        self.rotate_if_old(now_ms)?;

        if self.current.is_none() {
            let path = self.options.path.join(CURRENT);
            let file = OpenOptions::new().append(true).create_new(true).open(path)?;
            sync_names(&self.options.path)?;
            self.current = Some(Current { file, len: 0, begun_ms: now_ms });
        }
        let current = self.current.as_mut().expect("it was begun above");
        let written = lines::write(&mut current.file, messages);
        let written = written.and_then(|()| current.file.sync_data());
        if let Err(error) = written {
            // gives back the room at once; where this fails too, opening anew cuts
            current.file.set_len(current.len).ok();
            return Err(error);
        }
        current.len += len;
        Ok(())
    }

    /// When the growing file was begun.
    pub fn begun_ms(&self) -> Option<i64> {
        self.current.as_ref().map(|current| current.begun_ms)
    }

    /// How long until the growing file is too old.
    pub fn rotates_in(&self, now_ms: i64) -> Option<Duration> {
        let age_ms = now_ms - self.current.as_ref()?.begun_ms;
        let age = Duration::from_millis(age_ms.try_into().unwrap_or(0));
        Some(self.options.rotate_after.saturating_sub(age))
    }

    /// Finishes the growing file when it is too old.
    pub fn rotate_if_old(&mut self, now_ms: i64) -> io::Result<()> {
        if self.rotates_in(now_ms).is_some_and(|left| left.is_zero()) {
            self.rotate()
        } else {
            Ok(())
        }
    }

    /// Waits for what is being compressed.
    pub fn close(self) -> io::Result<()> {
        self.compressor.finish()
    }

    fn rotate(&mut self) -> io::Result<()> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let path = &self.options.path;
        if current.len == 0 {
            return fs::remove_file(path.join(CURRENT));
        }
        let name = self.newest.next(current.begun_ms);
        fs::rename(path.join(CURRENT), path.join(name.file_name()))?;
        self.newest = name;
        sync_names(path)?;
        self.compressor.nudge();
        Ok(())
    }
}

impl Current {
    /// Cuts `file` to its whole lines. A line without end was torn; a zero byte, which no JSON
    /// holds, stands where a block was never written.
    fn mend(mut file: File, now_ms: i64) -> io::Result<Current> {
        let found = file.metadata()?.len();
        let len = whole_lines(&mut file)?;
        if len < found {
            tracing::warn!(
                bytes = found - len,
                "cut a torn line that no delivery had acknowledged"
            );
            file.set_len(len)?;
        }
        file.sync_all()?;
        Ok(Current { begun_ms: begun_ms(&file, now_ms), file, len })
    }
}

/// Makes `folder` and those above it, so that they are still there after a power loss.
fn make_durable(folder: &Path) -> io::Result<()> {
    let missing = folder.ancestors().take_while(|path| !path.exists()).count();
    fs::create_dir_all(folder)?;
    for parent in folder.ancestors().skip(1).take(missing.max(1)) {
        sync_names(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
    }
    Ok(())
}

/// Bytes up to the last line end before the first zero byte.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0; READ_BYTES];
    let (mut at, mut whole) = (0, 0);
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = &buffer[..read];
        let zero = memchr::memchr(0, bytes);
        let good = &bytes[..zero.unwrap_or(read)];
        if let Some(end) = memchr::memrchr(b'\n', good) {
            whole = at + end as u64 + 1;
        }
        at += read as u64;
        if read == 0 || zero.is_some() {
            return Ok(whole);
        }
    }
}

/// When the file was begun; now, where the file system does not know or the clocks disagree.
fn begun_ms(file: &File, now_ms: i64) -> i64 {
    let created = file.metadata().and_then(|metadata| metadata.created()).ok();
    let since = created.and_then(|at: SystemTime| at.duration_since(UNIX_EPOCH).ok());
    let ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
    ms.map_or(now_ms, |ms| ms.min(now_ms))
}
