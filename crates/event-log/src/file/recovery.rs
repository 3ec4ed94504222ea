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

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    blocks::{Blocks, Builder, Published},
    catalog::{Active, Catalog, Sealed},
    chunk::{BLOCK, Chunk},
    compressed::{Cache, Table},
    directory::Directory,
    disk::{Disk, read_blocks},
    header::{Secret, SegmentHeader, Unread},
    segment::{AnySource, Form, READ_BYTES, Raw, RawSource, offset},
    shared::LogClock,
    walk::{Frame, Step, Walk, new_key},
    writer::{CLOCK_GROUP, Segment, Start, clock_stamp, fresh_nonce},
};
use crate::{
    Batch, CONTROL, Position,
    frame::{self, GROUP_START, HEADER, MORE},
};

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
    pub(crate) start: Start,
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
        let _ = std::fs::remove_file(path);
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
            open_newest(disk, directory, newest.header, segment_bytes)?
        }
        _ => {
            let last = seen.last_key_value().map(|(_, last)| last);
            let after =
                last.map_or(0, |last| end_without_successor(directory, last, segment_bytes));
            let told = match last {
                Some(last) => told_by(disk, directory, last, after)
                    .map_err(tried("read the newest segment"))?,
                None => Told::default(),
            };
            begin(disk, directory, after.max(floor), secret, &told, segment_bytes, wall_ms)?
        }
    };
    recovered.spares = spares;
    recovered.catalog.sealed = open_sealed(disk, directory, &seen, &recovered.catalog.active)?;
    remove_stray_indexes(directory, &listing.indexes, &seen);
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

/// The first segment of a log, or the one after everything was lost.
fn begin(
    disk: &dyn Disk,
    directory: &Directory,
    base: u64,
    secret: Option<Secret>,
    told: &Told,
    segment_bytes: u64,
    wall_ms: i64,
) -> Result<Recovered, OpenError> {
    let failed = |source| OpenError::Disk { what: "begin a segment".into(), source };
    let secret = match secret {
        Some(secret) => secret,
        None => {
            let mut secret = [0; 192];
            getrandom::fill(&mut secret).map_err(io::Error::other).map_err(failed)?;
            secret
        }
    };
    let nonce = fresh_nonce().map_err(failed)?;
    let own_ms = LogClock::resume(told.stamp, wall_ms).now_ms();
    let header = SegmentHeader { base, nonce, created_ms: own_ms, secret };
    let mut records = clock_stamp(own_ms, wall_ms);
    told.cursors.iter().for_each(|(group, to)| records.commit(group, *to));
    tie_all(&mut records, nonce, base);
    let mut first = Chunk::new(BLOCK + records.frames.len());
    first.open()[..BLOCK].copy_from_slice(header.block().bytes());
    first.open()[BLOCK..BLOCK + records.frames.len()].copy_from_slice(&records.frames);
    let path = directory.raw(base);
    let unfinished = Directory::unfinished(&path);
    let begun = (|| {
        let file = disk.open(&unfinished)?;
        disk.write_at(&file, first.bytes(), 0)?;
        disk.sync(&file)?;
        disk.rename(&unfinished, &path)?;
        disk.sync_dir(directory.path())
    })();
    begun.map_err(failed)?;
    open_newest(disk, directory, header, segment_bytes)
}

/// Ties a batch that is a group of its own to the place where it begins.
fn tie_all(batch: &mut Batch, nonce: u64, position: u64) {
    let (mut at, mut bits) = (0, GROUP_START);
    while at < batch.frames.len() {
        let rest = &mut batch.frames[at..];
        let len = frame::frame_bytes(frame::header(rest).payload);
        let more = if len < rest.len() { MORE } else { 0 };
        frame::tie(&mut rest[..len], nonce, position + at as u64, bits | more);
        (at, bits) = (at + len, 0);
    }
}

/// What an older segment says, where the newest is lost.
fn told_by(disk: &dyn Disk, directory: &Directory, last: &Seen, end: u64) -> io::Result<Told> {
    let base = last.header.base;
    let form = match last.raw {
        true => Form::Raw(Arc::new(Raw { path: directory.raw(base) })),
        false => {
            let path = directory.compressed(base);
            let table = Table::read(&path)?.unwrap_or_else(|| Table::empty(&path));
            Form::Compressed(Arc::new(table))
        }
    };
    let source = AnySource::open(disk, &Arc::default(), &form, base, end, READ_BYTES)?;
    let mut walk = Walk::new(source, last.header.nonce, base, end);
    let mut told = Told { end: base, ..Told::default() };
    loop {
        match walk.step()? {
            Step::Frame(frame) => tell(&frame, &mut told, &mut Vec::new()),
            Step::Damage { .. } => {}
            Step::End => return Ok(told),
        }
    }
}

/// What the frames of the newest segment say.
#[derive(Clone, Default)]
struct Told {
    /// Where the last whole batch ends.
    end: u64,
    builder: Builder,
    cursors: BTreeMap<String, Position>,
    stamp: Option<(i64, i64)>,
    keys: usize,
}

fn open_newest(
    disk: &dyn Disk,
    directory: &Directory,
    header: SegmentHeader,
    segment_bytes: u64,
) -> Result<Recovered, OpenError> {
    let base = header.base;
    let path = directory.raw(base);
    let failed = |what: &str| tried(format!("{what} {}", path.display()));
    let file = disk.open(&path).map_err(failed("open"))?;
    let bytes = file.metadata().map_err(failed("open"))?.len();
    let ready = bytes / BLOCK as u64 * BLOCK as u64;
    let reader = disk.open_read(&path).map_err(failed("open"))?;
    let scanned = scan(reader, &header, bytes).map_err(failed("read"))?;
    let Scanned { told, keys, damage, stale_end } = scanned;
    let at = offset(base, told.end);
    let inset = (at % BLOCK as u64) as usize;
    let block = read_blocks(&file, at - inset as u64, 2 * BLOCK);
    let room = bytes.saturating_sub(at);
    let torn_frame = frame::tied(&block[inset..], header.nonce, told.end, room).is_some();
    if told.end < stale_end || torn_frame {
        tracing::warn!(
            position = told.end,
            whole_frames_bytes = stale_end - told.end,
            "the log's tail is torn, it is cut here: nothing of it was confirmed"
        );
        clear(disk, &file, &header, told.end, stale_end).map_err(failed("clear the tail of"))?;
    }
    // What the last process wrote but did not sync is believed now, so it must become durable.
    disk.sync(&file).map_err(failed("sync"))?;
    disk.sync_dir(directory.path()).map_err(failed("sync"))?;
    let tail = block[..inset].to_vec();
    let mut blocks = Published::default();
    let mut builder = told.builder;
    builder.publish(&mut blocks, told.end);
    let active = Active {
        base,
        nonce: header.nonce,
        created_ms: header.created_ms,
        raw: Arc::new(Raw { path }),
        blocks,
    };
    let limit = ready.max(segment_bytes);
    Ok(Recovered {
        catalog: Catalog { sealed: VecDeque::new(), active, damage },
        start: Start {
            segment: Segment { base, nonce: header.nonce, file: Arc::new(file), limit },
            head: told.end,
            builder,
            stamped_ms: told.stamp.map_or(header.created_ms, |(own, _)| own),
            tail,
        },
        secret: header.secret,
        cursors: told.cursors,
        stamp: Some(told.stamp.unwrap_or((header.created_ms, header.created_ms))),
        ready,
        keys,
        spares: Vec::new(),
    })
}

struct Scanned {
    told: Told,
    keys: Vec<(u128, u64, i64)>,
    damage: BTreeMap<u64, u64>,
    /// Where the last frame ends that still parses behind the cut.
    stale_end: u64,
}

/// Goes through the newest segment, up to where its tail is torn.
fn scan(file: File, header: &SegmentHeader, file_bytes: u64) -> io::Result<Scanned> {
    let base = header.base;
    let limit = base + file_bytes.saturating_sub(BLOCK as u64) / 8 * 8;
    let mut walk =
        Walk::new(RawSource::new(file, base, limit, READ_BYTES), header.nonce, base, limit);
    let mut told = Told { end: base, ..Told::default() };
    let mut keys = Vec::new();
    let mut batch: Vec<Frame> = Vec::new();
    // What was told when the first bad frame came, and where that was.
    let mut doubt: Option<(Told, Vec<(u64, u64)>)> = None;
    let mut damage = BTreeMap::new();
    let mut stale_end = base;
    loop {
        match walk.step()? {
            Step::End => break,
            Step::Damage { from, to } => {
                let (_, gaps) = doubt
                    .get_or_insert_with(|| (Told { keys: keys.len(), ..told.clone() }, Vec::new()));
                gaps.push((from, to));
                // A batch that ends here may have lost its last frames.
                batch.clear();
            }
            Step::Frame(found) => {
                stale_end = found.end();
                let bits = frame::bits(&found.bytes);
                if bits & GROUP_START != 0
                    && let Some((_, gaps)) = doubt.take()
                {
                    let bytes: u64 = gaps.iter().map(|(from, to)| to - from).sum();
                    tracing::error!(
                        bytes,
                        position = gaps[0].0,
                        "the log is damaged, it is passed over"
                    );
                    damage.extend(gaps);
                }
                batch.push(found);
                if bits & MORE == 0 {
                    batch.drain(..).for_each(|frame| tell(&frame, &mut told, &mut keys));
                }
            }
        }
    }
    if let Some((before, _)) = doubt {
        keys.truncate(before.keys);
        told = before;
    }
    Ok(Scanned { told, keys, damage, stale_end })
}

fn tell(found: &Frame, told: &mut Told, keys: &mut Vec<(u128, u64, i64)>) {
    told.end = found.end();
    told.builder.add(found.position, &found.bytes);
    if let Some((key, time_ms)) = new_key(&found.bytes) {
        keys.push((key, found.position, time_ms));
    }
    let header = frame::header(&found.bytes);
    if header.label.kind != CONTROL {
        return;
    }
    match frame::cursor(&found.bytes[HEADER..HEADER + header.payload]) {
        Some((CLOCK_GROUP, own)) => {
            told.stamp = own.map(|own| (own.0 as i64, header.label.time_ms));
        }
        Some((group, Some(to))) => drop(told.cursors.insert(group.to_owned(), to)),
        Some((group, None)) => drop(told.cursors.remove(group)),
        None => {}
    }
}

/// Writes zeros over frames behind the cut: they would parse again once new ones end where they
/// begin.
fn clear(
    disk: &dyn Disk,
    file: &File,
    header: &SegmentHeader,
    cut: u64,
    end: u64,
) -> io::Result<()> {
    let (mut at, end) = (offset(header.base, cut), offset(header.base, end));
    while at < end {
        let inset = (at % BLOCK as u64) as usize;
        let first = at - inset as u64;
        let len = ((end - first) as usize).next_multiple_of(BLOCK).min(READ_BYTES);
        let mut zeros = Chunk::new(len);
        zeros.open()[..inset].copy_from_slice(&read_blocks(file, first, BLOCK)[..inset]);
        disk.write_at(file, &zeros.bytes()[..len], first)?;
        at = first + len as u64;
    }
    Ok(())
}

/// The sealed segments, each up to where the next one begins.
fn open_sealed(
    disk: &dyn Disk,
    directory: &Directory,
    seen: &BTreeMap<u64, Seen>,
    active: &Active,
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
                read_blocks_of(disk, &form, header, end).map_err(failed())?
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
        }));
    }
    Ok(sealed)
}

fn read_blocks_of(
    disk: &dyn Disk,
    form: &Form,
    header: &SegmentHeader,
    end: u64,
) -> io::Result<Blocks> {
    let cache = Arc::new(Cache::default());
    let source = AnySource::open(disk, &cache, form, header.base, end, READ_BYTES)?;
    let mut walk = Walk::new(source, header.nonce, header.base, end);
    let mut builder = Builder::default();
    loop {
        match walk.step()? {
            Step::Frame(frame) => builder.add(frame.position, &frame.bytes),
            Step::Damage { .. } => {}
            Step::End => return Ok(builder.finish(end)),
        }
    }
}

fn remove_stray_indexes(directory: &Directory, indexes: &[u64], seen: &BTreeMap<u64, Seen>) {
    for base in indexes.iter().filter(|base| !seen.contains_key(base)) {
        let _ = std::fs::remove_file(directory.index(*base));
    }
}
