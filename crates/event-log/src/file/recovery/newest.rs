//! The newest segment: what its frames say, and where its tail is torn.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io,
    sync::Arc,
};

use super::{OpenError, Recovered, Seen, tried};
use crate::{
    Batch, CONTROL, Position,
    file::{
        blocks::{Builder, Published},
        catalog::{Active, Catalog},
        chunk::{BLOCK, Chunk},
        compressed::Table,
        directory::Directory,
        disk::{Disk, read_blocks},
        header::{Secret, SegmentHeader},
        segment::{AnySource, Form, READ_BYTES, Raw, RawSource, offset},
        shared::LogClock,
        walk::{Frame, Step, Walk, new_key},
        writer::{CLOCK_GROUP, Segment, Start, clock_stamp, fresh_nonce},
    },
    frame::{self, GROUP_START, HEADER, MORE},
};

/// The first segment of a log, or the one after everything was lost.
pub(super) fn begin(
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

/// The end of a log that is only read and whose newest segment is sealed, or which has none.
pub(super) fn end_at(
    directory: &Directory,
    base: u64,
    secret: Option<Secret>,
    told: Told,
    wall_ms: i64,
) -> Recovered {
    let raw = Arc::new(Raw { path: directory.raw(base) });
    let active = Active { base, nonce: 0, created_ms: wall_ms, raw, blocks: Published::default() };
    Recovered {
        catalog: Catalog { sealed: VecDeque::new(), active, damage: BTreeMap::new() },
        head: base,
        start: None,
        secret: secret.unwrap_or([0; 192]),
        cursors: told.cursors,
        stamp: told.stamp,
        ready: 0,
        keys: Vec::new(),
        spares: Vec::new(),
    }
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
pub(super) fn told_by(
    disk: &dyn Disk,
    directory: &Directory,
    last: &Seen,
    end: u64,
    segment_bytes: u64,
) -> io::Result<Told> {
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
    let mut told = Told::nothing(base, segment_bytes);
    loop {
        match walk.step()? {
            Step::Frame(frame) => tell(&frame, &mut told, &mut Vec::new()),
            Step::Damage { .. } => {}
            Step::End => return Ok(told),
        }
    }
}

/// What the frames of the newest segment say.
#[derive(Clone)]
pub(super) struct Told {
    /// Where the last whole batch ends.
    end: u64,
    builder: Builder,
    cursors: BTreeMap<String, Position>,
    stamp: Option<(i64, i64)>,
    keys: usize,
}

impl Told {
    /// Nothing yet, of a segment that begins at `base`.
    pub(super) fn nothing(base: u64, segment_bytes: u64) -> Told {
        Told {
            end: base,
            builder: Builder::new(segment_bytes),
            cursors: BTreeMap::new(),
            stamp: None,
            keys: 0,
        }
    }
}

pub(super) fn open_newest(
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
    let scanned = scan(reader, &header, bytes, segment_bytes).map_err(failed("read"))?;
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
            "the log's tail is torn, it ends here: nothing of what follows was confirmed"
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
        head: told.end,
        start: Some(Start {
            segment: Segment { base, nonce: header.nonce, file: Arc::new(file), limit },
            head: told.end,
            builder,
            stamped_ms: told.stamp.map_or(header.created_ms, |(own, _)| own),
            tail,
        }),
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
fn scan(
    file: File,
    header: &SegmentHeader,
    file_bytes: u64,
    segment_bytes: u64,
) -> io::Result<Scanned> {
    let base = header.base;
    let limit = base + file_bytes.saturating_sub(BLOCK as u64) / 8 * 8;
    let mut walk =
        Walk::new(RawSource::new(file, base, limit, READ_BYTES), header.nonce, base, limit);
    let mut told = Told::nothing(base, segment_bytes);
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
            // No clock has come beyond what a label holds.
            let own = own.filter(|own| own.0 < 1 << 48);
            told.stamp = own.map(|own| (own.0 as i64, header.label.time_ms)).or(told.stamp);
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
