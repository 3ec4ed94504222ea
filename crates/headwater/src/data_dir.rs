//! The data directory: private to its owner, and used by one process at a time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
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
    /// Errors: no right to write there, others have it too, or another process holds it.
    pub fn open(path: &Path) -> Result<DataDir> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data directory {}", path.display()))?;
        keep_private(path)?;
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .with_context(|| format!("cannot write to {}", lock_path.display()))?;
        if let Some(holder) = try_lock(&lock, FlockOperation::NonBlockingLockExclusive, &lock_path)?
        {
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

/// A data directory that nobody changes while this is held. Nothing in it was changed for that.
#[derive(Debug)]
pub struct Reading {
    /// The lock file, where there is one.
    _lock: Option<File>,
}

/// Keeps the directory at `path` as it is, together with others who read there; or says who
/// holds it.
///
/// Errors: the lock file is there and cannot be read.
pub fn read(path: &Path) -> Result<std::result::Result<Reading, Holder>> {
    let lock_path = path.join(LOCK);
    let lock = match File::open(&lock_path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Ok(Reading { _lock: None }));
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", lock_path.display()));
        }
    };
    let holder = try_lock(&lock, FlockOperation::NonBlockingLockShared, &lock_path)?;
    Ok(holder.map_or(Ok(Reading { _lock: Some(lock) }), Err))
}

/// What to do about who else may look into a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Privacy {
    /// Nobody may.
    Private,
    /// It is a data directory and ours: from now on nobody may.
    Tighten,
    /// It is a folder with other things in it, whose mode is not ours to change.
    Leave,
    /// Others may put files there that we would believe.
    Refuse,
}

/// `mode` as the system gives it; `own`: it belongs to us; `dedicated`: nothing but our data is
/// in it.
fn privacy(mode: u32, own: bool, dedicated: bool) -> Privacy {
    match mode & 0o077 {
        0 => Privacy::Private,
        _ if own && dedicated => Privacy::Tighten,
        others if others & 0o022 != 0 => Privacy::Refuse,
        _ => Privacy::Leave,
    }
}

/// Messages are people's: nobody but the owner reads or writes a data directory.
fn keep_private(path: &Path) -> Result<()> {
    let shown = path.display();
    let found = fs::metadata(path).with_context(|| format!("cannot look at {shown}"))?;
    let own = found.uid() == rustix::process::geteuid().as_raw();
    let entries = fs::read_dir(path).with_context(|| format!("cannot list {shown}"))?;
    let dedicated = path.join(LOCK).exists() || entries.count() == 0;
    let mode = found.mode() & 0o7777;
    match privacy(mode, own, dedicated) {
        Privacy::Private => {}
        Privacy::Tighten => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
                .with_context(|| format!("cannot keep others out of {shown}"))?;
            tracing::info!(
                data_dir = %shown,
                mode_before = %format_args!("{mode:04o}"),
                "the data directory was open to others, now it is its owner's alone"
            );
        }
        Privacy::Leave => tracing::warn!(
            data_dir = %shown,
            mode = %format_args!("{mode:04o}"),
            "others may look into the data directory: a folder of its own, with mode 0700, is safer"
        ),
        Privacy::Refuse => bail!(
            "others may write to the data directory {shown} (mode {mode:04o}, owner {}): as its \
             owner run chmod 700 {shown}, or give --data-dir a folder of its own",
            found.uid()
        ),
    }
    Ok(())
}

/// Takes the lock, or says who has it.
fn try_lock(mut lock: &File, operation: FlockOperation, path: &Path) -> Result<Option<Holder>> {
    let Err(error) = flock(lock, operation) else {
        return Ok(None);
    };
    let error = io::Error::from(error);
    if error.kind() != io::ErrorKind::WouldBlock {
        return Err(error).with_context(|| format!("cannot lock {}", path.display()));
    }
    if flock(lock, FlockOperation::NonBlockingLockShared).is_ok() {
        return Ok(Some(Holder { pid: "that reads its log".to_owned(), url: None }));
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

    use super::*;

    #[test]
    fn what_is_ours_alone_is_closed_to_others() {
        let check = |mode, own, dedicated| privacy(mode, own, dedicated);
        assert_eq!(check(0o700, true, true), Privacy::Private);
        assert_eq!(check(0o500, false, false), Privacy::Private);
        assert_eq!(check(0o755, true, true), Privacy::Tighten);
        assert_eq!(check(0o777, true, true), Privacy::Tighten);
        assert_eq!(check(0o755, true, false), Privacy::Leave);
        assert_eq!(check(0o750, false, true), Privacy::Leave);
        assert_eq!(check(0o775, true, false), Privacy::Refuse);
        assert_eq!(check(0o1777, true, false), Privacy::Refuse);
        assert_eq!(check(0o702, false, true), Privacy::Refuse);
    }

    #[test]
    fn a_directory_that_was_open_to_others_is_closed_when_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let open_to_all = || fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        drop(DataDir::open(&path).unwrap());
        open_to_all();
        drop(DataDir::open(&path).unwrap());
        assert_eq!(mode(), 0o700);
        fs::remove_file(path.join(LOCK)).unwrap();
        fs::write(path.join("letter"), "of somebody else").unwrap();
        open_to_all();
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains("chmod 700") && refused.contains("0777"), "{refused}");
        assert_eq!(mode(), 0o777, "and is left as it is");
        assert!(!path.join(LOCK).exists());
    }

    #[test]
    fn one_process_at_a_time_and_nobody_else_looks_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/data");
        let mut held = DataDir::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let holder = || read(&path).unwrap().unwrap_err();
        assert_eq!(holder().url, None);
        held.announce("http://127.0.0.1:8080").unwrap();
        assert_eq!(holder().url.as_deref(), Some("http://127.0.0.1:8080"));
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        let readers = (read(&path).unwrap().unwrap(), read(&path).unwrap().unwrap());
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains("in use by process that reads its log"), "{refused}");
        drop(readers);
        DataDir::open(&path).unwrap();
    }
}
