//! The snapshot's file.
//!
//! ```text
//! 0         8        9        13             29
//! HWBOOKS   version  crc32c   log identity   postcard of the books …
//! ```

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crate::books::Books;

const MAGIC: &[u8; 8] = b"HWBOOKS\n";
const VERSION: u8 = 3;
/// Ends before [`Books::breakdown`] and what follows it.
const WITHOUT_BREAKDOWN: u8 = 2;
/// Ends before [`Books::condition`]s: a list that was not there yet.
const WITHOUT_CONDITIONS: u8 = 1;
const HEAD: usize = 29;

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    /// The file cannot be read.
    #[error("file cannot be read")]
    Unreadable(#[source] io::Error),
    /// It is something else, or damaged.
    #[error("file is damaged or not a snapshot of the books")]
    Damaged,
    /// A release that we do not know wrote it.
    #[error("file has version {0}, known is {VERSION}")]
    Version(u8),
    /// It belongs to another log.
    #[error("file belongs to another log")]
    Foreign,
}

/// Writes the snapshot: whole or not at all, and durable when this returns.
pub fn store(path: &Path, books: &Books, identity: u128) -> io::Result<()> {
    let mut out = vec![0; HEAD];
    out[..8].copy_from_slice(MAGIC);
    out[8] = VERSION;
    out[13..HEAD].copy_from_slice(&identity.to_le_bytes());
    let mut out = postcard::to_extend(books, out).expect("a vector takes any amount");
    let crc = crc32c::crc32c(&out[13..]);
    out[9..13].copy_from_slice(&crc.to_le_bytes());
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&out)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads the snapshot; `None` when there is none.
pub fn load(path: &Path, identity: u128) -> Result<Option<Books>, BadSnapshot> {
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BadSnapshot::Unreadable(error)),
    };
    if bytes.len() < HEAD || bytes[..8] != *MAGIC {
        return Err(BadSnapshot::Damaged);
    }
    let version = bytes[8];
    if !(WITHOUT_CONDITIONS..=VERSION).contains(&version) {
        return Err(BadSnapshot::Version(version));
    }
    if bytes[9..13] != crc32c::crc32c(&bytes[13..]).to_le_bytes() {
        return Err(BadSnapshot::Damaged);
    }
    if bytes[13..HEAD] != identity.to_le_bytes() {
        return Err(BadSnapshot::Foreign);
    }
    if version <= WITHOUT_CONDITIONS {
        bytes.push(0);
    }
    if version <= WITHOUT_BREAKDOWN {
        bytes = postcard::to_extend(&Books::not_kept_before(), bytes)
            .expect("a vector takes any amount");
    }
    let mut books: Books =
        postcard::from_bytes(&bytes[HEAD..]).map_err(|_| BadSnapshot::Damaged)?;
    books.reindex();
    Ok(Some(books))
}

#[cfg(test)]
mod tests {
    use event_log::Position;

    use super::*;
    use crate::books::{Breakdown, Samples};

    /// Rewrites a snapshot as the release with this `version` would have, which ended before the
    /// last `bytes` of it.
    fn age(path: &Path, version: u8, cut: usize) {
        let mut bytes = fs::read(path).expect("it was written");
        bytes.truncate(bytes.len() - cut);
        bytes[8] = version;
        let crc = crc32c::crc32c(&bytes[13..]);
        bytes[9..13].copy_from_slice(&crc.to_le_bytes());
        fs::write(path, bytes).expect("the folder is ours");
    }

    #[test]
    fn snapshots_of_earlier_releases_are_read() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("books");
        let empty = postcard::to_stdvec(&(Breakdown::default(), Samples::default()));
        let empty = empty.expect("it can be written").len();
        for (version, cut) in [(WITHOUT_BREAKDOWN, empty), (WITHOUT_CONDITIONS, empty + 1)] {
            store(&path, &Books::starting_at(Position(4711)), 9).expect("there is room");
            age(&path, version, cut);
            let books = load(&path, 9).expect("it is known").expect("it is there");
            assert_eq!(books.position, 4711);
            books.check().expect("what was not kept is no fault");
            store(&path, &books, 9).expect("there is room");
            load(&path, 9).expect("it is known").expect("it is there");
        }
    }
}
