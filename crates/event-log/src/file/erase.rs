//! Records that a stream keeps for a shorter time than the log keeps its segments.
//!
//! They go one segment at a time: it is written again with nothing but zeros where their payloads
//! were, which compress to nothing, and takes the place of the old file. Every frame stays where
//! it is and as long as it is, so that positions, cursors and side files hold.

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use super::{
    blocks::{Blocks, Builder, block_bytes},
    catalog::Sealed,
    compressed::{CompressedSource, Compressing, Table},
    directory::Directory,
    header::SegmentHeader,
    keep::write_index,
    segment::Form,
    shared::Shared,
    walk::{Step, Walk},
};
use crate::{
    ERASED, Tag,
    frame::{self, Header},
};

/// Blocks that can hold any stream are looked through again after this time.
const LOOK_AGAIN_MS: i64 = 24 * 3600 * 1000;

/// How long records are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ages {
    default: Duration,
    by_stream: BTreeMap<u64, Duration>,
}

impl Ages {
    pub(crate) fn new(default: Duration, by_stream: BTreeMap<u64, Duration>) -> Ages {
        Ages { default, by_stream }
    }

    fn of(&self, stream: u64) -> Duration {
        // what belongs to nobody is needed as long as anything
        if stream == 0 {
            return self.longest();
        }
        self.by_stream.get(&stream).copied().unwrap_or(self.default)
    }

    /// How long segments are kept.
    pub(crate) fn longest(&self) -> Duration {
        self.by_stream.values().copied().fold(self.default, Duration::max)
    }

    fn shortest(&self) -> Duration {
        self.by_stream.values().copied().fold(self.default, Duration::min)
    }

    /// Whether a record is past its time at `now_ms`.
    fn is_past(&self, header: &Header, now_ms: i64) -> bool {
        header.label.stream != 0
            && header.label.kind != ERASED
            && header.label.time_ms < now_ms - self.of(header.label.stream).as_millis() as i64
    }
}

/// A segment in which records are past their time, that every group has passed.
pub(crate) fn next(shared: &Shared) -> Option<Arc<Sealed>> {
    let ages = shared.ages();
    if ages.shortest() == ages.longest() {
        return None;
    }
    let now_ms = shared.clock.now_ms();
    let floor = shared.groups().values().min().copied();
    let catalog = shared.catalog();
    let candidates = catalog.sealed.iter().filter(|segment| {
        let packed = matches!(segment.form, Form::Compressed(_)) && !segment.kept_raw;
        packed && segment.indexed && floor.is_none_or(|floor| segment.end <= floor.0)
    });
    let before_ms = |stream: u64| now_ms - ages.of(stream).as_millis() as i64;
    let any_before_ms = now_ms - ages.shortest().as_millis() as i64;
    let mut old = candidates.filter(|segment| {
        let again = now_ms - segment.erased_ms > LOOK_AGAIN_MS;
        segment.blocks.holds_older(before_ms, again.then_some(any_before_ms))
    });
    old.next().cloned()
}

/// Writes `segment` again without what is past its time.
pub(crate) fn erase(
    shared: &Shared,
    segment: &Sealed,
    stopped: impl Fn() -> bool,
) -> io::Result<()> {
    let Form::Compressed(table) = &segment.form else { return Ok(()) };
    let name = shared.directory.compressed(segment.base);
    let unfinished = Directory::unfinished(&name);
    let written = rewrite(shared, segment, table, &unfinished, &name, stopped);
    let Some((table, blocks, records)) =
        written.inspect_err(|_| drop(std::fs::remove_file(&unfinished)))?
    else {
        let _ = std::fs::remove_file(&unfinished);
        let kept = Sealed { kept_raw: true, ..segment.clone() };
        shared.catalog_mut().replace(kept);
        return Ok(());
    };
    let index = blocks.clone();
    shared.counters().background_bytes += table.file_bytes;
    let erased = Sealed {
        disk_bytes: table.file_bytes,
        form: Form::Compressed(Arc::new(table)),
        blocks: Arc::new(blocks),
        erased_ms: shared.clock.now_ms(),
        ..segment.clone()
    };
    {
        // Nobody looks a file up between its change and its name's.
        let mut catalog = shared.catalog_mut();
        shared.disk.rename(&unfinished, &name)?;
        catalog.replace(erased);
    }
    shared.disk.sync_dir(shared.directory.path())?;
    // Last: as long as the old one is there, a next life finds what is to be erased.
    write_index(shared, &index, segment.base)?;
    tracing::info!(base = segment.base, records, "records past their time were erased");
    Ok(())
}

/// The new file, synced but not yet with its name, what it holds, and how many records are no
/// more; `None` when the old one is damaged and stays as it is.
fn rewrite(
    shared: &Shared,
    segment: &Sealed,
    table: &Arc<Table>,
    unfinished: &Path,
    name: &Path,
    stopped: impl Fn() -> bool,
) -> io::Result<Option<(Table, Blocks, u64)>> {
    let (base, nonce) = (segment.base, segment.nonce);
    let (ages, now_ms) = (shared.ages(), shared.clock.now_ms());
    let header =
        SegmentHeader { base, nonce, created_ms: segment.created_ms, secret: shared.secret };
    let mut compressing = Compressing::create(unfinished, &header)?;
    let source = CompressedSource::open(table.clone(), Arc::default())?;
    let mut walk = Walk::new(source, nonce, base, segment.end);
    let mut blocks = Builder::new(shared.options.segment_bytes);
    let block_bytes = block_bytes(shared.options.segment_bytes) as usize;
    let (mut start, mut frames, mut records) = (base, Vec::with_capacity(2 * block_bytes), 0);
    loop {
        match walk.step()? {
            Step::Frame(frame) => {
                let at = frames.len();
                frames.extend_from_slice(&frame.bytes);
                if ages.is_past(&frame::header(&frame.bytes), now_ms) {
                    wipe(&mut frames[at..], nonce, frame.position);
                    records += 1;
                }
                blocks.add(frame.position, &frames[at..]);
            }
            Step::End => break,
            Step::Damage { from, to } => {
                tracing::error!(from, to, "a sealed segment is damaged, it stays as it is");
                return Ok(None);
            }
        }
        if frames.len() >= block_bytes {
            compressing.add(start, &frames)?;
            start += frames.len() as u64;
            frames.clear();
            if stopped() {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }
    if !frames.is_empty() {
        compressing.add(start, &frames)?;
    }
    let (file, table) = compressing.finish(segment.end, name.to_owned())?;
    shared.disk.sync(&file)?;
    Ok(Some((table, blocks.finish(segment.end), records)))
}

/// Makes a frame one that says only that something stood there: of which stream, when, and by
/// which key it is known within the window.
fn wipe(bytes: &mut [u8], nonce: u64, position: u64) {
    let Header { payload, mut label, duplicate } = frame::header(bytes);
    let bits = frame::bits(bytes);
    label.kind = ERASED;
    if duplicate || matches!(label.tag, Tag::Refers(..)) {
        label.tag = Tag::None;
    }
    bytes.fill(0);
    frame::seal(bytes, label, payload, None);
    frame::tie(bytes, nonce, position, bits);
}
