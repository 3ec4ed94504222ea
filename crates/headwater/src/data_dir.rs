//! The data directory: private to its owner, and used by one process at a time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};

const LOCK: &str = "lock";

/// A data directory that this process holds.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// The lock goes with it, also when the process is killed. Says who we are.
    lock: File,
}

/// A process that holds a data directory, as it says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: String,
    /// Where it is reached, once it is.
    pub url: Option<String>,
}

impl DataDir {
    /// Makes the directory where it is missing, and takes it.
    ///
    /// Errors: no right to write there, or another process holds it.
    pub fn open(path: &Path) -> Result<DataDir> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data directory {}", path.display()))?;
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .with_context(|| format!("cannot write to {}", lock_path.display()))?;
        if let Some(holder) = try_lock(&lock, &lock_path)? {
            bail!(
                "data directory {} is in use by process {}: stop that one, or give --data-dir",
                path.display(),
                holder.pid
            );
        }
        let mut data_dir = DataDir { path: path.to_path_buf(), lock };
        data_dir
            .announce("")
            .with_context(|| format!("cannot write to {}", lock_path.display()))?;
        Ok(data_dir)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says where this process is reached.
    ///
    /// Errors: the lock file cannot be written.
    pub fn announce(&mut self, url: &str) -> io::Result<()> {
        self.lock.seek(SeekFrom::Start(0))?;
        self.lock.set_len(0)?;
        writeln!(self.lock, "{}\n{url}", std::process::id())
    }
}

/// Who holds the directory at `path`; `None` when nobody does.
///
/// Errors: the lock file is there and cannot be read.
pub fn holder(path: &Path) -> Result<Option<Holder>> {
    let lock_path = path.join(LOCK);
    match File::open(&lock_path) {
        Ok(lock) => try_lock(&lock, &lock_path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", lock_path.display())),
    }
}

/// Takes the lock, or says who has it.
fn try_lock(mut lock: &File, path: &Path) -> Result<Option<Holder>> {
    let Err(error) = flock(lock, FlockOperation::NonBlockingLockExclusive) else {
        return Ok(None);
    };
    let error = io::Error::from(error);
    if error.kind() != io::ErrorKind::WouldBlock {
        return Err(error).with_context(|| format!("cannot lock {}", path.display()));
    }
    let mut said = String::new();
    // A holder that is just about to say who it is counts as well.
    let _ = lock.read_to_string(&mut said);
    let mut lines = said.lines().map(str::to_owned).filter(|line| !line.is_empty());
    let pid = lines.next().unwrap_or_else(|| "(unknown)".to_owned());
    Ok(Some(Holder { pid, url: lines.next() }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_process_at_a_time_and_nobody_else_looks_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/data");
        let mut held = DataDir::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(holder(&path).unwrap().unwrap().url, None);
        held.announce("http://127.0.0.1:8080").unwrap();
        let url = holder(&path).unwrap().unwrap().url;
        assert_eq!(url.as_deref(), Some("http://127.0.0.1:8080"));
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        assert_eq!(holder(&path).unwrap(), None);
        DataDir::open(&path).unwrap();
    }
}
