//! Opening: what is on disk becomes a catalog, cursors, keys, and a place to write on.
//!
//! ```text
//! lock ─► list ─► headers ─► newest segment: every frame, up to the torn tail
//!                        └─► older segments: side file, or every frame where it is missing
//! ```
//!
//! Nothing is changed before every header was seen to be of a version that we know. A bad frame
//! in the newest segment is a torn tail if no group begins after it: groups are synced one after
//! the other, so that one which begins later says that everything before it was durable, and then
//! the bad frame is damage, which is passed over as in older segments.

mod newest;

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    blocks::{Blocks, Builder},
    catalog::{Active, Catalog, Sealed},
    chunk::BLOCK,
    compressed::{Cache, Table},
    directory::Directory,
    disk::Disk,
    header::{Secret, SegmentHeader, Unread},
    segment::{AnySource, Form, READ_BYTES, Raw},
    walk::{Step, Walk},
    writer::Start,
};
use crate::Position;

/// Why a log was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it. End that one, or choose another folder.
    #[error("log in {} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// A newer version wrote it. Nothing was changed; use that version or a later one.
    #[error("{} was written by a newer version (format {version})", file.display())]
    Newer {
        /// The file that says so.
        file: PathBuf,
        /// Its format.
        version: u32,
    },
    /// The disk did not do what was asked. Mend that and open again.
    #[error("log cannot {what}")]
    Disk {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The index of keys could not be opened.
    #[error("log cannot open its index of keys")]
    Keys(#[from] id_index::IndexError),
}

/// Names what was tried when the disk refused.
pub(crate) fn tried(what: impl Into<String>) -> impl FnOnce(io::Error) -> OpenError {
    let what = what.into();
    move |source| OpenError::Disk { what, source }
}

/// What was found.
pub(crate) struct Recovered {
    pub(crate) catalog: Catalog,
    /// Where the next record will stand.
    pub(crate) head: u64,
    /// What to write on with; `None` where nothing can be written and the newest segment is
    /// compressed or lost.
    pub(crate) start: Option<Start>,
    pub(crate) secret: Secret,
    pub(crate) cursors: BTreeMap<String, Position>,
    /// The newest stamp: the log's own time and the wall clock's.
    pub(crate) stamp: Option<(i64, i64)>,
    /// Bytes of the newest segment's file that were written before.
    pub(crate) ready: u64,
    /// Keys of the newest segment, in order: key, position, time.
    pub(crate) keys: Vec<(u128, u64, i64)>,
    /// Files for segments to come, to be used or removed.
    pub(crate) spares: Vec<PathBuf>,
}

/// A segment's file with a header that holds.
struct Seen {
    header: SegmentHeader,
    raw: bool,
}

/// Reads what is in the folder, or begins a log there.
pub(crate) fn recover(
    disk: &dyn Disk,
    directory: &Directory,
    segment_bytes: u64,
    wall_ms: i64,
) -> Result<Recovered, OpenError> {
    let listing = directory.list().map_err(tried("list its files"))?;
    let mut seen: BTreeMap<u64, Seen> = BTreeMap::new();
    let mut unreadable: Vec<(u64, PathBuf)> = Vec::new();
    let mut replaced = Vec::new();
    let raw = listing.raw.iter().map(|base| (*base, directory.raw(*base), true));
    let compressed =
        listing.compressed.iter().map(|base| (*base, directory.compressed(*base), false));
    for (base, path, raw) in raw.chain(compressed) {
        match read_header(&path).map_err(tried(format!("read {}", path.display())))? {
            Ok(header) if header.base == base => {
                let had = seen.insert(base, Seen { header, raw });
                // Compressed, and then the process died before the raw file went.
                replaced.extend(had.map(|_| directory.raw(base)));
            }
            Err(Unread::Newer(version)) => return Err(OpenError::Newer { file: path, version }),
            Ok(_) | Err(Unread::Damaged) => unreadable.push((base, path)),
        }
    }
    for path in &listing.unfinished {
        let _ = disk.remove(path);
    }
    let mut spares = listing.spares;
    for path in replaced {
        let spare = directory.new_spare();
        disk.rename(&path, &spare).map_err(tried("set a file aside"))?;
        spares.push(spare);
    }
    // Where no new position may be: after everything that a file could have held.
    let mut floor = 0;
    for (base, path) in unreadable {
        let bytes = std::fs::metadata(&path).map_or(segment_bytes, |metadata| metadata.len());
        if seen.last_key_value().is_none_or(|(last, _)| base > *last) {
            floor = floor.max(base.saturating_add(bytes.max(segment_bytes).next_multiple_of(8)));
        }
        tracing::error!(file = %path.display(), "a segment's header is damaged, the file is set aside");
        let aside = Directory::damaged(&path);
        disk.rename(&path, &aside).map_err(tried("set a damaged file aside"))?;
    }
    let newest = seen.last_key_value().map(|(base, seen)| (*base, seen.raw));
    let secret = seen.last_key_value().map(|(_, seen)| seen.header.secret);
    let mut recovered = match newest {
        Some((base, true)) if base >= floor => {
            let newest = seen.remove(&base).expect("it is the last one");
            newest::open_newest(disk, directory, newest.header, segment_bytes)?
        }
        _ => {
            let last = seen.last_key_value().map(|(_, last)| last);
            let after =
                last.map_or(0, |last| end_without_successor(directory, last, segment_bytes));
            let told = match last {
                Some(last) => newest::told_by(disk, directory, last, after, segment_bytes)
                    .map_err(tried("read the newest segment"))?,
                None => newest::Told::nothing(0, segment_bytes),
            };
            let base = after.max(floor);
            if disk.is_writable() {
                newest::begin(disk, directory, base, secret, &told, segment_bytes, wall_ms)?
            } else {
                newest::end_at(directory, base, secret, told, wall_ms)
            }
        }
    };
    recovered.spares = spares;
    recovered.catalog.sealed =
        open_sealed(disk, directory, &seen, &recovered.catalog.active, segment_bytes)?;
    remove_stray_indexes(disk, directory, &listing.indexes, &seen);
    Ok(recovered)
}

fn read_header(path: &Path) -> io::Result<Result<SegmentHeader, Unread>> {
    use std::io::Read;
    let mut block = Vec::with_capacity(BLOCK);
    File::open(path)?.take(BLOCK as u64).read_to_end(&mut block)?;
    Ok(SegmentHeader::read(&block))
}

/// Where a segment ends whose successor is missing: nothing later may use its positions.
fn end_without_successor(directory: &Directory, last: &Seen, segment_bytes: u64) -> u64 {
    let base = last.header.base;
    let table = (!last.raw).then(|| Table::read(&directory.compressed(base)).ok().flatten());
    match table.flatten() {
        Some(table) => table.end,
        None => {
            let bytes = std::fs::metadata(directory.raw(base)).map_or(0, |metadata| metadata.len());
            base + bytes.max(segment_bytes).next_multiple_of(8)
        }
    }
}

/// The sealed segments, each up to where the next one begins.
fn open_sealed(
    disk: &dyn Disk,
    directory: &Directory,
    seen: &BTreeMap<u64, Seen>,
    active: &Active,
    segment_bytes: u64,
) -> Result<VecDeque<Arc<Sealed>>, OpenError> {
    let nexts = seen.values().skip(1).map(|next| (next.header.base, next.header.created_ms));
    let nexts = nexts.chain([(active.base, active.created_ms)]);
    let mut sealed = VecDeque::with_capacity(seen.len());
    for (segment, (end, sealed_ms)) in seen.values().zip(nexts) {
        let header = &segment.header;
        let base = header.base;
        let path = if segment.raw { directory.raw(base) } else { directory.compressed(base) };
        let failed = || tried(format!("read {}", path.display()));
        let form = if segment.raw {
            Form::Raw(Arc::new(Raw { path: path.clone() }))
        } else {
            let table = Table::read(&path).map_err(failed())?;
            Form::Compressed(Arc::new(table.unwrap_or_else(|| Table::empty(&path))))
        };
        let bytes = std::fs::metadata(&path).map_err(failed())?.len();
        let index = std::fs::read(directory.index(base)).unwrap_or_default();
        let found = Blocks::decode(&index, base, end);
        let indexed = found.is_some();
        let blocks = match found {
            Some(blocks) => blocks,
            None => {
                tracing::info!(
                    base,
                    "the side file of a segment is missing or damaged, it is made again"
                );
                read_blocks_of(disk, &form, header, end, segment_bytes).map_err(failed())?
            }
        };
        sealed.push_back(Arc::new(Sealed {
            base,
            end,
            nonce: header.nonce,
            form,
            blocks: Arc::new(blocks),
            created_ms: header.created_ms,
            sealed_ms,
            disk_bytes: bytes + index.len() as u64,
            indexed,
            kept_raw: false,
            erased_ms: 0,
        }));
    }
    Ok(sealed)
}

fn read_blocks_of(
    disk: &dyn Disk,
    form: &Form,
    header: &SegmentHeader,
    end: u64,
    segment_bytes: u64,
) -> io::Result<Blocks> {
    let cache = Arc::new(Cache::default());
    let source = AnySource::open(disk, &cache, form, header.base, end, READ_BYTES)?;
    let mut walk = Walk::new(source, header.nonce, header.base, end);
    let mut builder = Builder::new(segment_bytes);
    loop {
        match walk.step()? {
            Step::Frame(frame) => builder.add(frame.position, &frame.bytes),
            Step::Damage { .. } => {}
            Step::End => return Ok(builder.finish(end)),
        }
    }
}

fn remove_stray_indexes(
    disk: &dyn Disk,
    directory: &Directory,
    indexes: &[u64],
    seen: &BTreeMap<u64, Seen>,
) {
    for base in indexes.iter().filter(|base| !seen.contains_key(base)) {
        let _ = disk.remove(&directory.index(*base));
    }
}
