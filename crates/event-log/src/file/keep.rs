//! What is done in the background, at the lowest priority: side files, compression, retention.
//!
//! Crash-safe by order: a file is written and synced under another name before it gets its own,
//! and what it replaces goes last. Retention first takes the segment from the catalog, then its
//! files; groups' cursors that let it go are durable by then.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use super::{
    blocks::{Blocks, block_bytes},
    catalog::Sealed,
    compressed::Compressing,
    directory::Directory,
    disk::is_full,
    erase,
    header::SegmentHeader,
    lanes::Request,
    segment::{Form, READ_BYTES, RawSource},
    shared::Shared,
    walk::{Step, Walk},
};
use crate::Position;

/// How often ages are looked at when nothing else happens.
const EVERY: Duration = Duration::from_secs(30);

/// Wakes the thread that keeps.
#[derive(Default)]
pub(crate) struct Keeper {
    state: Mutex<State>,
    wanted: Condvar,
}

#[derive(Default)]
struct State {
    woken: bool,
    stop: bool,
}

impl Keeper {
    /// There may be something to do.
    pub(crate) fn wake(&self) {
        self.state.lock().expect("no holder of this lock panics").woken = true;
        self.wanted.notify_one();
    }

    /// Ends [`Keeper::run`] after what it is at.
    pub(crate) fn stop(&self) {
        self.state.lock().expect("no holder of this lock panics").stop = true;
        self.wanted.notify_one();
    }

    fn is_stopped(&self) -> bool {
        self.state.lock().expect("no holder of this lock panics").stop
    }

    /// Keeps until told to stop.
    pub(crate) fn run(&self, shared: &Shared) {
        // The lowest priority; on Linux this is about the calling thread alone.
        let _ = rustix::process::setpriority_process(None, 19);
        loop {
            retire(shared);
            while let Some(segment) = next_unkept(shared) {
                if self.is_stopped() {
                    return;
                }
                if let Err(error) = keep(shared, &segment, || self.is_stopped()) {
                    // A compressed segment gives back more than is lent for it.
                    if is_full(&error) && shared.space.lend().unwrap_or(false) {
                        continue;
                    }
                    tracing::warn!(%error, base = segment.base, "a sealed segment is not compressed yet");
                    break;
                }
                retire(shared);
            }
            while let Some(segment) = erase::next(shared) {
                if self.is_stopped() {
                    return;
                }
                if let Err(error) = erase::erase(shared, &segment, || self.is_stopped()) {
                    tracing::warn!(%error, base = segment.base, "what is past its time is not erased yet");
                    break;
                }
            }
            let mut state = self.state.lock().expect("no holder of this lock panics");
            if !state.woken && !state.stop {
                let waited = self.wanted.wait_timeout(state, EVERY);
                state = waited.expect("no holder of this lock panics").0;
            }
            state.woken = false;
            if state.stop {
                return;
            }
        }
    }
}

/// The sealed segment to do something for next: side files first, they make the next start quick.
/// On a full disk the smallest is compressed first, since what is made of it fits.
fn next_unkept(shared: &Shared) -> Option<Arc<Sealed>> {
    let catalog = shared.catalog();
    let unpacked = |segment: &&Arc<Sealed>| {
        let raw = matches!(segment.form, Form::Raw(_)) && !segment.kept_raw;
        raw && shared.options.compress
    };
    let unindexed = catalog.sealed.iter().find(|segment| !segment.indexed);
    let next_unpacked = || {
        let mut unpacked = catalog.sealed.iter().filter(unpacked);
        if shared.space.is_full() {
            unpacked.min_by_key(|segment| segment.disk_bytes)
        } else {
            unpacked.next()
        }
    };
    unindexed.or_else(next_unpacked).cloned()
}

/// Writes the side file, or else compresses.
fn keep(shared: &Shared, segment: &Sealed, stopped: impl Fn() -> bool) -> io::Result<()> {
    let mut kept = segment.clone();
    if !segment.indexed {
        let bytes = write_index(shared, &segment.blocks, segment.base)?;
        kept.indexed = true;
        kept.disk_bytes += bytes;
        shared.catalog_mut().replace(kept);
        return Ok(());
    }
    let Form::Raw(raw) = &segment.form else { return Ok(()) };
    let name = shared.directory.compressed(segment.base);
    let unfinished = Directory::unfinished(&name);
    let file = shared.disk.open_read(&raw.path)?;
    let source = RawSource::new(file, segment.base, segment.end, READ_BYTES);
    let written = compress(shared, segment, source, &unfinished, &name, stopped);
    let Some(table) = written.inspect_err(|_| drop(std::fs::remove_file(&unfinished)))? else {
        let _ = std::fs::remove_file(&unfinished);
        return Ok(());
    };
    shared.disk.rename(&unfinished, &name)?;
    shared.disk.sync_dir(shared.directory.path())?;
    shared.counters().background_bytes += table.file_bytes;
    kept.disk_bytes = table.file_bytes;
    kept.form = Form::Compressed(Arc::new(table));
    if shared.catalog_mut().replace(kept) {
        release(shared, raw)?;
    }
    Ok(())
}

/// The compressed segment, synced but not yet with its name; `None` when it stays as it is.
fn compress(
    shared: &Shared,
    segment: &Sealed,
    source: RawSource,
    unfinished: &Path,
    name: &Path,
    stopped: impl Fn() -> bool,
) -> io::Result<Option<super::compressed::Table>> {
    let (base, nonce) = (segment.base, segment.nonce);
    let header =
        SegmentHeader { base, nonce, created_ms: segment.created_ms, secret: shared.secret };
    let mut compressing = Compressing::create(unfinished, &header)?;
    let mut walk = Walk::new(source, nonce, base, segment.end);
    let block_bytes = block_bytes(shared.options.segment_bytes) as usize;
    let (mut start, mut frames) = (base, Vec::with_capacity(2 * block_bytes));
    loop {
        match walk.step()? {
            Step::Frame(frame) => frames.extend_from_slice(&frame.bytes),
            Step::End => break,
            Step::Damage { from, to } => {
                tracing::error!(from, to, "a sealed segment is damaged, it stays as it is");
                let kept = Sealed { kept_raw: true, ..segment.clone() };
                shared.catalog_mut().replace(kept);
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
    Ok(Some(table))
}

/// Writes a side file. Not synced: it is derived, and damage is seen.
pub(crate) fn write_index(shared: &Shared, blocks: &Blocks, base: u64) -> io::Result<u64> {
    let name = shared.directory.index(base);
    let unfinished = Directory::unfinished(&name);
    let bytes = blocks.encode(base);
    let written = File::create(&unfinished).and_then(|mut file| file.write_all(&bytes));
    written.inspect_err(|_| drop(std::fs::remove_file(&unfinished)))?;
    shared.disk.rename(&unfinished, &name)?;
    shared.counters().background_bytes += bytes.len() as u64;
    Ok(bytes.len() as u64)
}

/// Lets go of a raw file that the catalog no longer names: it is used again unless somebody may
/// still read it, who would find other bytes in it.
fn release(shared: &Shared, raw: &Arc<super::segment::Raw>) -> io::Result<()> {
    if Arc::strong_count(raw) == 1 {
        shared.space.recycle(&raw.path)
    } else {
        shared.disk.remove(&raw.path)
    }
}

/// Removes what retention does not keep.
fn retire(shared: &Shared) {
    let floor = shared.groups().values().min().copied();
    let expired: Vec<Arc<Sealed>> = {
        let catalog = shared.catalog();
        let (spare_bytes, _) = shared.space.bytes();
        let sizes: Vec<Size> = catalog.sealed.iter().map(|segment| Size::of(segment)).collect();
        let others = spare_bytes + shared.options.segment_bytes;
        let count = expired(
            &sizes,
            others,
            floor,
            shared.clock.now_ms() - shared.ages().longest().as_millis() as i64,
            shared.options.max_bytes,
        );
        catalog.sealed.iter().take(count).cloned().collect()
    };
    let Some(last) = expired.last() else { return };
    let oldest = last.end;
    tracing::info!(segments = expired.len(), oldest, "retention removes the oldest segments");
    let mut catalog = shared.catalog_mut();
    catalog.sealed.drain(..expired.len());
    catalog.damage = catalog.damage.split_off(&oldest);
    drop(catalog);
    shared.gate.ask(Request::Forget(oldest));
    for segment in &expired {
        let removed = match &segment.form {
            Form::Raw(raw) => release(shared, raw),
            Form::Compressed(table) => shared.disk.remove(table.path()),
        };
        let index = shared.directory.index(segment.base);
        let _ = std::fs::remove_file(index);
        if let Err(error) = removed {
            tracing::warn!(%error, base = segment.base, "an old segment could not be removed");
        }
    }
    if let Err(error) = shared.disk.sync_dir(shared.directory.path()) {
        tracing::warn!(%error, "the removal of old segments is not durable yet");
    }
}

/// What retention looks at.
#[derive(Debug, Clone, Copy)]
struct Size {
    end: u64,
    sealed_ms: i64,
    disk_bytes: u64,
}

impl Size {
    fn of(segment: &Sealed) -> Size {
        let Sealed { end, sealed_ms, disk_bytes, .. } = *segment;
        Size { end, sealed_ms, disk_bytes }
    }
}

/// How many of the oldest `segments` go. They do when they were sealed before `before_ms`, or
/// when all of them, with `others`, take more than `max_bytes`; but none that a group has not
/// passed.
fn expired(
    segments: &[Size],
    others: u64,
    floor: Option<Position>,
    before_ms: i64,
    max_bytes: Option<u64>,
) -> usize {
    let mut bytes = others + segments.iter().map(|segment| segment.disk_bytes).sum::<u64>();
    let goes = |segment: &&Size| {
        let passed = floor.is_none_or(|floor| segment.end <= floor.0);
        let large = max_bytes.is_some_and(|max| bytes > max);
        bytes -= segment.disk_bytes;
        passed && (large || segment.sealed_ms < before_ms)
    };
    segments.iter().take_while(goes).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_old_or_too_much_but_not_before_every_group_has_passed() {
        let size = |n: u64| Size { end: n * 100, sealed_ms: n as i64 * 10, disk_bytes: 50 };
        let segments: Vec<Size> = (1..=4).map(size).collect();
        let check = |floor: Option<u64>, before_ms, max_bytes| {
            expired(&segments, 50, floor.map(Position), before_ms, max_bytes)
        };
        assert_eq!(check(None, 0, None), 0);
        assert_eq!(check(None, 21, None), 2);
        assert_eq!(check(None, 0, Some(160)), 2);
        assert_eq!(check(None, 0, Some(50)), 4);
        assert_eq!(check(Some(299), 1000, Some(0)), 2);
        assert_eq!(check(Some(0), 1000, Some(0)), 0);
    }
}
