//! The log's folder: what its files are called, and who has it.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::fs::FlockOperation;

/// Names in the log's folder.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    spares: AtomicU64,
}

/// What stands in the folder.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Bases of segments as they were written.
    pub(crate) raw: Vec<u64>,
    /// Bases of compressed segments.
    pub(crate) compressed: Vec<u64>,
    /// Bases of side files.
    pub(crate) indexes: Vec<u64>,
    /// Files for segments to come, those in reserve first.
    pub(crate) spares: Vec<PathBuf>,
    /// Files that were not finished.
    pub(crate) unfinished: Vec<PathBuf>,
}

impl Directory {
    pub(crate) fn new(path: &Path) -> Directory {
        Directory { path: path.to_owned(), spares: AtomicU64::new(0) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the folder for this process, for as long as the file is held.
    pub(crate) fn lock(&self) -> io::Result<Option<File>> {
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).open(self.path.join("lock"))?;
        try_lock(file, FlockOperation::NonBlockingLockExclusive)
    }

    /// Keeps others from changing the folder for as long as what is given is held: the lock file,
    /// where there is one. `None`: somebody is at it.
    pub(crate) fn lock_for_reading(&self) -> io::Result<Option<Option<File>>> {
        let file = match File::open(self.path.join("lock")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(None)),
            file => file?,
        };
        Ok(try_lock(file, FlockOperation::NonBlockingLockShared)?.map(Some))
    }

    /// A segment as it was written.
    pub(crate) fn raw(&self, base: u64) -> PathBuf {
        self.path.join(format!("{base:020}.seg"))
    }

    /// A compressed segment.
    pub(crate) fn compressed(&self, base: u64) -> PathBuf {
        self.path.join(format!("{base:020}.zst"))
    }

    /// The side file of a sealed segment.
    pub(crate) fn index(&self, base: u64) -> PathBuf {
        self.path.join(format!("{base:020}.idx"))
    }

    /// A name for a file that is not finished.
    pub(crate) fn unfinished(path: &Path) -> PathBuf {
        path.with_added_extension("tmp")
    }

    /// A name for a segment that could not be read at all.
    pub(crate) fn damaged(path: &Path) -> PathBuf {
        path.with_added_extension("damaged")
    }

    /// A name for a file for a segment to come that is held in reserve; `path` keeps its own if it
    /// has one.
    pub(crate) fn new_reserve(&self, path: &Path) -> PathBuf {
        if is_reserve(path) {
            return path.to_owned();
        }
        let mut names = (0u32..).map(|number| self.path.join(format!("reserve-{number}.spare")));
        names.find(|path| !path.exists()).expect("there are few")
    }

    /// A new name for a file for a segment to come.
    pub(crate) fn new_spare(&self) -> PathBuf {
        loop {
            let number = self.spares.fetch_add(1, Ordering::Relaxed);
            let path = self.path.join(format!("{number}.spare"));
            if !path.exists() {
                return path;
            }
        }
    }

    pub(crate) fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for found in std::fs::read_dir(&self.path)? {
            let path = found?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let base = stem.parse::<u64>().ok().filter(|base| base.is_multiple_of(8));
            match (path.extension().and_then(|extension| extension.to_str()), base) {
                (Some("seg"), Some(base)) => listing.raw.push(base),
                (Some("zst"), Some(base)) => listing.compressed.push(base),
                (Some("idx"), Some(base)) => listing.indexes.push(base),
                (Some("spare"), _) => listing.spares.push(path),
                (Some("tmp"), _) => listing.unfinished.push(path),
                _ => {}
            }
        }
        listing.raw.sort_unstable();
        listing.compressed.sort_unstable();
        listing.spares.sort_by_key(|path| !is_reserve(path));
        Ok(listing)
    }
}

fn try_lock(file: File, operation: FlockOperation) -> io::Result<Option<File>> {
    match rustix::fs::flock(&file, operation) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_reserve(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.is_some_and(|stem| stem.starts_with("reserve-"))
}
