//! The log on a disk of our own.
//!
//! ```text
//! lanes ─► writer: dedupe, one write, one sync ─► segment ─► sealed ─► compressed ─► removed
//!             │                                                 │
//!             └─► ring in memory ─► readers that keep up        └─► readers that lag, 1 MB at once
//! ```
//!
//! One source of truth: the segments. Side files, the index of keys and everything in memory are
//! made from them again when they are missing.

mod blocks;
mod catalog;
mod chunk;
mod compressed;
mod directory;
mod disk;
mod erase;
mod header;
mod keep;
mod lanes;
mod options;
mod reader;
mod recovery;
mod ring;
mod segment;
mod shared;
mod space;
mod walk;
mod writer;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs::File,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use id_index::IdIndex;
use tokio::sync::{oneshot, watch};
use xxhash_rust::xxh3::xxh3_128_with_secret;

use self::{
    directory::Directory,
    disk::{Disk, ReadOnlyDisk, RealDisk},
    erase::Ages,
    keep::Keeper,
    lanes::{Gate, Request},
    recovery::{Recovered, tried},
    segment::{AnySource, READ_BYTES, offset},
    shared::{Counters, LogClock, Shared},
    space::Space,
    walk::{Step, Walk, new_key},
    writer::Writer,
};
pub use self::{
    options::{Direct, Options},
    recovery::OpenError,
};
use crate::{Chunk, EventLog, Lane, LogError, LogStats, Position};

/// A log on disk. Clones are the same log; it is closed when the last one goes.
#[derive(Clone)]
pub struct FileLog(Arc<Running>);

/// A sealed segment's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedSegment {
    /// Position of its first record.
    pub base: Position,
    /// Position after its last one.
    pub end: Position,
    /// When its earliest record came, Unix milliseconds.
    pub from_ms: i64,
    /// When its latest one came.
    pub to_ms: i64,
    /// Where it stands; its name is to be kept where it is copied to.
    pub path: PathBuf,
}

struct Running {
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held for as long as the folder is ours.
    lock: Mutex<Option<File>>,
}

impl FileLog {
    /// Opens the log in `dir`, or begins one there. Blocks while it reads the newest segment.
    ///
    /// Errors: [`OpenError`].
    pub fn open(dir: &Path, options: Options) -> Result<FileLog, OpenError> {
        std::fs::create_dir_all(dir).map_err(tried(format!("make {}", dir.display())))?;
        let lock = Directory::new(dir).lock().map_err(tried("lock its folder"))?;
        let lock = lock.ok_or_else(|| OpenError::Locked(dir.to_owned()))?;
        let direct = match options.direct {
            Direct::Auto => RealDisk::takes_direct(dir),
            Direct::On => true,
            Direct::Off => false,
        };
        FileLog::open_on(Arc::new(RealDisk::new(direct)), lock, dir, options)
    }

    /// Opens the log in `dir` to be read as it is: up to its last whole group, nothing mended or
    /// changed, on a file system that takes no writes as well. Appends and [`EventLog::find`] hear
    /// [`LogError::Stopped`]; nobody else opens the log for writing meanwhile. Blocks.
    ///
    /// Errors: [`OpenError`].
    pub fn open_read_only(dir: &Path, options: Options) -> Result<FileLog, OpenError> {
        let directory = Arc::new(Directory::new(dir));
        let lock = directory.lock_for_reading().map_err(tried("lock its folder"))?;
        let lock = lock.ok_or_else(|| OpenError::Locked(dir.to_owned()))?;
        let disk = Arc::new(ReadOnlyDisk);
        let wall_ms = (options.clock)();
        let recovered = recovery::recover(&*disk, &directory, options.segment_bytes, wall_ms)?;
        let shared = share(disk, directory, recovered, options, wall_ms);
        shared.gate.stop("it is open for reading only".to_owned());
        drop(shared.gate.requests(true));
        Ok(FileLog(Arc::new(Running {
            shared: Arc::new(shared),
            keeper: Arc::default(),
            threads: Mutex::default(),
            lock: Mutex::new(lock),
        })))
    }

    fn open_on(
        disk: Arc<dyn Disk>,
        lock: File,
        dir: &Path,
        options: Options,
    ) -> Result<FileLog, OpenError> {
        let directory = Arc::new(Directory::new(dir));
        let wall_ms = (options.clock)();
        let mut recovered = recovery::recover(&*disk, &directory, options.segment_bytes, wall_ms)?;
        let start = recovered.start.take().expect("a disk that is written to has one");
        let (ready, keys) = (recovered.ready, std::mem::take(&mut recovered.keys));
        let spares = std::mem::take(&mut recovered.spares);
        let shared = Arc::new(share(disk, directory, recovered, options, wall_ms));
        for path in spares {
            shared.space.recycle(&path).map_err(tried(format!("use {}", path.display())))?;
        }
        let segment = &start.segment;
        let head = offset(segment.base, start.head);
        shared.space.activate(segment.file.clone(), ready, head, segment.limit);
        let ids = open_ids(&shared, start.head, &keys)?;
        shared.counters().keys = ids.len();
        let keeper = Arc::new(Keeper::default());
        let log = FileLog(Arc::new(Running {
            shared: shared.clone(),
            keeper: keeper.clone(),
            threads: Mutex::default(),
            lock: Mutex::new(Some(lock)),
        }));
        let maker = shared.clone();
        log.spawn("log-space", move || maker.space.run())?;
        let keeping = (keeper.clone(), shared.clone());
        log.spawn("log-keeper", move || keeping.0.run(&keeping.1))?;
        let writer = Writer::new(shared.clone(), keeper, ids, start);
        log.spawn("log-writer", move || writer.run())?;
        Ok(log)
    }

    /// The sealed segments that are compressed, oldest first: each file is whole by itself, and can
    /// be read where it stands alone in a folder (see [`FileLog::open_read_only`]).
    pub fn packed(&self) -> Vec<PackedSegment> {
        let catalog = self.0.shared.catalog();
        let packed = catalog.sealed.iter().filter_map(|segment| {
            let segment::Form::Compressed(table) = &segment.form else { return None };
            let (from_ms, to_ms) = segment.blocks.times()?;
            Some(PackedSegment {
                base: Position(segment.base),
                end: Position(segment.end),
                from_ms,
                to_ms,
                path: table.path().to_owned(),
            })
        });
        packed.collect()
    }

    fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        let handle = builder.spawn(run).map_err(tried("start a thread"))?;
        self.0.threads.lock().expect("no holder of this lock panics").push(handle);
        Ok(())
    }

    /// Bytes that were written in the background since the log was opened: room made ahead,
    /// compressed segments, side files.
    pub fn background_bytes(&self) -> u64 {
        let shared = &self.0.shared;
        shared.space.bytes().1 + shared.counters().background_bytes
    }
}

impl Running {
    /// Writes what waits, ends the threads and gives the folder back. Blocks.
    fn close(&self) {
        self.shared.gate.close();
        self.keeper.stop();
        let mut threads = self.threads.lock().expect("no holder of this lock panics");
        // The writer may wait for room, so that one is made until it has ended.
        for thread in threads.drain(..).rev() {
            if thread.thread().name() == Some("log-space") {
                self.shared.space.stop();
            }
            if thread.join().is_err() {
                tracing::error!("a thread of the log has panicked");
            }
        }
        self.lock.lock().expect("no holder of this lock panics").take();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.close();
    }
}

/// What was recovered, for writer, readers and background threads.
fn share(
    disk: Arc<dyn Disk>,
    directory: Arc<Directory>,
    recovered: Recovered,
    options: Options,
    wall_ms: i64,
) -> Shared {
    let gate = Gate::new(options.queue_bytes_max);
    let space = Space::new(
        disk.clone(),
        directory.clone(),
        gate.clone(),
        options.segment_bytes,
        options.reserve_bytes,
    );
    Shared {
        disk,
        directory,
        secret: recovered.secret,
        gate,
        space,
        clock: LogClock::resume(recovered.stamp, wall_ms),
        end: watch::Sender::new(Position(recovered.head)),
        catalog: RwLock::new(recovered.catalog),
        ring: Mutex::default(),
        cache: Arc::default(),
        groups: Mutex::new(recovered.cursors),
        counters: Mutex::new(Counters::default()),
        ages: Mutex::new(Ages::new(options.max_age, BTreeMap::new())),
        options,
    }
}

/// Opens the index of keys and gives it what it does not have: the keys of the log's tail.
fn open_ids(shared: &Shared, end: u64, newest: &[(u128, u64, i64)]) -> Result<IdIndex, OpenError> {
    let options = &shared.options;
    let dir = options.ids_dir.clone().unwrap_or_else(|| shared.directory.path().join("ids"));
    std::fs::create_dir_all(&dir).map_err(tried(format!("make {}", dir.display())))?;
    let (mut ids, from) = IdIndex::open(
        &dir,
        id_index::Options {
            window_ms: options.window.as_millis() as i64,
            window_max_ms: options.window_max.as_millis() as i64,
            memory_bytes: options.window_memory_bytes,
            ids_max: options.window_ids,
            reserve_bytes: options.reserve_bytes,
            log_end: Some(end),
            ..id_index::Options::default()
        },
    )?;
    let from = from.unwrap_or(0);
    let sealed: Vec<_> = shared.catalog().sealed.iter().cloned().collect();
    for segment in sealed.iter().filter(|segment| segment.end > from) {
        tracing::info!(base = segment.base, "keys of a segment are read again");
        let read = tried(format!("read the segment at {}", segment.base));
        restore(shared, segment, from, &mut ids).map_err(read)??;
    }
    for (key, position, time_ms) in newest.iter().filter(|(_, position, _)| *position >= from) {
        ids.restore(*key, *position, *time_ms)?;
    }
    Ok(ids)
}

fn restore(
    shared: &Shared,
    segment: &catalog::Sealed,
    from: u64,
    ids: &mut IdIndex,
) -> std::io::Result<Result<(), id_index::IndexError>> {
    let (base, end) = (segment.base, segment.end);
    let source =
        AnySource::open(&*shared.disk, &shared.cache, &segment.form, base, end, READ_BYTES)?;
    let start = segment.blocks.start_before(from).unwrap_or(base);
    let mut walk = Walk::new(source, segment.nonce, start, end);
    loop {
        match walk.step()? {
            Step::End => return Ok(Ok(())),
            Step::Damage { .. } => {}
            Step::Frame(frame) => {
                if let Some((key, time_ms)) = new_key(&frame.bytes)
                    && frame.position >= from
                    && let Err(error) = ids.restore(key, frame.position, time_ms)
                {
                    return Ok(Err(error));
                }
            }
        }
    }
}

#[async_trait]
impl EventLog for FileLog {
    fn key_of(&self, stream: u64, id: &[u8]) -> u128 {
        let mut scoped = [0; 136];
        let len = 8 + id.len();
        scoped[..8].copy_from_slice(&stream.to_le_bytes());
        match scoped.get_mut(8..len) {
            Some(place) => {
                place.copy_from_slice(id);
                xxh3_128_with_secret(&scoped[..len], &self.0.shared.secret)
            }
            None => {
                let scoped = [&stream.to_le_bytes(), id].concat();
                xxh3_128_with_secret(&scoped, &self.0.shared.secret)
            }
        }
    }

    fn lane(&self) -> Lane {
        Lane(self.0.shared.gate.lane())
    }

    fn end(&self) -> watch::Receiver<Position> {
        self.0.shared.end.subscribe()
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, LogError> {
        let shared = &self.0.shared;
        if from >= *shared.end.borrow() {
            return Ok(Chunk { entries: Vec::new(), next: from });
        }
        let span = shared.ring().span(from.0);
        if let Some(span) = span {
            return Ok(ring::read(&span, from.0, max_bytes));
        }
        let shared = shared.clone();
        let read = tokio::task::spawn_blocking(move || reader::read(&shared, from, max_bytes));
        read.await.unwrap_or_else(|error| Err(LogError::Unreadable(error.to_string())))
    }

    async fn find(&self, key: u128) -> Result<Option<Position>, LogError> {
        let (to, answer) = oneshot::channel();
        self.0.shared.gate.ask(Request::Find(key, to));
        answer.await.unwrap_or_else(|_| Err(LogError::Stopped("it was closed".into())))
    }

    fn block_before(&self, before: Position, stream: Option<u64>) -> Option<Range<Position>> {
        self.0.shared.catalog().before(before.0, stream)
    }

    fn blocks_referring(&self, position: Position) -> Vec<Range<Position>> {
        self.0.shared.catalog().referring(position.0)
    }

    fn position_at(&self, time_ms: i64) -> Position {
        let shared = &self.0.shared;
        let end = *shared.end.borrow();
        shared.catalog().at_time(time_ms).map_or(end, Position)
    }

    fn committed(&self, group: &str) -> Option<Position> {
        self.0.shared.groups().get(group).copied()
    }

    fn groups(&self) -> Vec<(String, Position)> {
        self.0.shared.groups().iter().map(|(group, to)| (group.clone(), *to)).collect()
    }

    fn keep_for(&self, ages: BTreeMap<u64, Duration>) {
        let shared = &self.0.shared;
        let ages = Ages::new(shared.options.max_age, ages);
        *shared.ages.lock().expect("no holder of this lock panics") = ages;
        self.0.keeper.wake();
    }

    fn stats(&self) -> LogStats {
        let shared = &self.0.shared;
        let (spare_bytes, _) = shared.space.bytes();
        let catalog = shared.catalog();
        let sealed: u64 = catalog.sealed.iter().map(|segment| segment.disk_bytes).sum();
        let active = std::fs::metadata(&catalog.active.raw.path).map_or(0, |found| found.len());
        let counters = shared.counters().clone();
        let (sync_p50_us, sync_p99_us) = counters.sync_percentiles();
        LogStats {
            oldest: Position(catalog.oldest()),
            end: *shared.end.borrow(),
            segments: catalog.sealed.len() as u64 + 1,
            disk_bytes: sealed + active + spare_bytes,
            records: counters.records,
            duplicates: counters.duplicates,
            groups: counters.groups,
            payload_bytes: counters.payload_bytes,
            written_bytes: counters.written_bytes,
            keys: counters.keys,
            sync_p50_us,
            sync_p99_us,
            damaged_bytes: catalog.damage.iter().map(|(from, to)| to - from).sum(),
            full: shared.space.is_full(),
            stopped: shared.gate.stopped().is_some(),
        }
    }

    async fn close(&self) {
        let running = self.0.clone();
        let closed = tokio::task::spawn_blocking(move || running.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "log was not closed in order");
        }
    }
}
