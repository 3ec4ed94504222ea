use std::io;
use std::path::{Path, PathBuf};

/// Why the index could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A file could not be read or written. Mend the disk and open again.
    #[error("id index cannot use {}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system gave no memory. Lower [`crate::Options::generation_ids`].
    #[error("id index gets no {bytes} bytes of memory")]
    Memory {
        /// How much was asked for.
        bytes: usize,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A newer version wrote this file; it is left untouched.
    #[error("{} has format {version}, newer than this program knows", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it names.
        version: u32,
    },
    /// What stands in the file is not what was written. Open again: opening mends it by replay.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        what: &'static str,
    },
    /// The position does not follow the last one or is no multiple of eight: a bug of the owner.
    #[error("position {position} cannot follow {last}")]
    Misplaced {
        /// The position.
        position: u64,
        /// The last one taken.
        last: u64,
    },
    /// A background thread has ended. Open again.
    #[error("id index has stopped")]
    Stopped,
}

impl IndexError {
    pub(crate) fn disk(path: &Path) -> impl FnOnce(io::Error) -> IndexError + '_ {
        move |source| IndexError::Disk { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, what: &'static str) -> IndexError {
        IndexError::Damaged { path: path.to_owned(), what }
    }
}
