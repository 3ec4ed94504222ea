//! Where accepted messages live until every group has read them.
//!
//! Knows bytes, not Segment: a record is a label and a payload. What the log promises:
//!
//! - `Ok` from [`Lane::append`] only when every record of the batch is durable, as far as the
//!   engine can promise (file engine: `fdatasync` has returned; memory engine: nothing survives).
//! - Positions only grow, and readers see only durable records, in position order.
//! - A record with a [`Tag::Key`] that was seen within the window is kept as a duplicate: a small
//!   record that points to the first one. The decision and the record become durable together.
//! - A record is never returned unless its checksum holds.
//! - A failed sync is final: the log refuses every later append until it is opened again.

pub mod conformance;
mod file;
mod frame;
mod lane;
mod memory;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

pub use file::{Direct, FileLog, OpenError, Options, PackedSegment};
pub use frame::Batch;
pub use lane::{Appended, Lane, Placed};
pub use memory::MemoryLog;

/// Kind of the log's own records (committed positions of groups). Readers get them like any
/// other record and pass over them.
pub const CONTROL: u8 = 0;
/// Kind of a record that was past its stream's time (see [`EventLog::keep_for`]): nothing is left
/// of it but its place. Readers pass over it.
pub const ERASED: u8 = u8::MAX;

/// A place in the log. Grows with every record, is never used twice, and says nothing else:
/// positions of neighbours are not one apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position(pub u64);

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What the log knows of a record beside its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// What the payload is; the log gives meaning only to [`CONTROL`].
    pub kind: u8,
    /// What the record belongs to, so that history can be read by it. 0: nothing.
    pub stream: u64,
    /// When it came, Unix milliseconds, 0 to 2^48 - 1.
    pub time_ms: i64,
    /// What else the log does with it.
    pub tag: Tag,
}

/// What the log does with a record beside keeping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Nothing.
    None,
    /// Accepts this key once within the window; make it with [`EventLog::key_of`].
    Key(u128),
    /// The record speaks about records between these positions, both included; found again with
    /// [`EventLog::blocks_referring`].
    Refers(Position, Position),
}

/// One record as readers get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// Its label. The tag of a duplicate is its key.
    pub label: Label,
    /// For a duplicate: where the first record with the same key stands. Its payload is empty.
    pub duplicate_of: Option<Position>,
    /// The bytes that were appended; shares memory with its neighbours.
    pub payload: Bytes,
}

/// Neighbouring records, in position order.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    /// The records.
    pub entries: Vec<Entry>,
    /// Where to read on. Greater than the position asked for whenever the log goes on there.
    pub next: Position,
}

/// Why the log did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// More waits to be written than the log may hold in memory. Try again shortly.
    #[error("log is busy")]
    Busy,
    /// The disk is full. Readers go on, appends are refused until there is room.
    #[error("log has no room on its disk")]
    Full,
    /// A write or sync failed, or the log was closed: it takes nothing more until opened again.
    #[error("log has stopped: {0}")]
    Stopped(String),
    /// The position is older than what retention kept; the oldest one that is left is named.
    #[error("log no longer holds this position; the oldest is {0}")]
    Gone(Position),
    /// What stands at the position cannot be read.
    #[error("log cannot read: {0}")]
    Unreadable(String),
}

/// What the log says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStats {
    /// Position of the oldest record that is left.
    pub oldest: Position,
    /// Where the next record will stand.
    pub end: Position,
    /// Segments on disk.
    pub segments: u64,
    /// Bytes on disk, side files included.
    pub disk_bytes: u64,
    /// Records appended since the log was opened, duplicates included.
    pub records: u64,
    /// Duplicates among them.
    pub duplicates: u64,
    /// Groups written since the log was opened.
    pub groups: u64,
    /// Payload bytes appended since the log was opened.
    pub payload_bytes: u64,
    /// Bytes written to the disk since the log was opened.
    pub written_bytes: u64,
    /// Keys in the window.
    pub keys: u64,
    /// Median and 99th percentile of the latest syncs, microseconds.
    pub sync_p50_us: u64,
    /// See `sync_p50_us`.
    pub sync_p99_us: u64,
    /// Bytes of damaged records that were passed over since the log was opened.
    pub damaged_bytes: u64,
    /// The disk is full and appends are refused.
    pub full: bool,
    /// The log has stopped after a failed write or sync, or was closed: it takes nothing more.
    pub stopped: bool,
}

/// Where accepted messages live until every group has read them.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// The key of `id` within `stream`, hashed with this installation's own seed, so that nobody
    /// can craft two ids that collide.
    fn key_of(&self, stream: u64, id: &[u8]) -> u128;

    /// A way in. Take one for each runtime thread that appends, and keep it.
    fn lane(&self) -> Lane;

    /// Where the next record will stand: everything before it is durable. Wakes when it grows.
    fn end(&self) -> watch::Receiver<Position>;

    /// Reads about `max_bytes` of records from `from` on, at least one if there is one. Empty
    /// means caught up. Any position is valid; reading goes on at the next record after it.
    ///
    /// Errors: [`LogError::Gone`] when retention has taken the records at `from`.
    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, LogError>;

    /// Where the record with this key stands, within the window.
    async fn find(&self, key: u128) -> Result<Option<Position>, LogError>;

    /// The nearest stretch of log (about 256 KB) that begins before `before` and can hold records
    /// of `stream` (any record for `None`). `None`: there is no older one. Read it with
    /// [`EventLog::read`] and keep what lies within and fits.
    fn block_before(&self, before: Position, stream: Option<u64>) -> Option<Range<Position>>;

    /// Stretches of log, oldest first, that can hold records with [`Tag::Refers`] around `position`.
    fn blocks_referring(&self, position: Position) -> Vec<Range<Position>>;

    /// The first position whose record came at or after `time_ms`, within a block; the end if none.
    fn position_at(&self, time_ms: i64) -> Position;

    /// How far `group` has come, as it last said with [`Batch::commit`]; durable with its batch.
    fn committed(&self, group: &str) -> Option<Position>;

    /// Every group and how far it has come. Retention keeps what a group has not passed.
    fn groups(&self) -> Vec<(String, Position)>;

    /// How long the records of some streams are kept, where that is not as long as all others. What
    /// is past its time goes soon, once every group has passed it; the space it took is given back.
    fn keep_for(&self, ages: BTreeMap<u64, Duration>);

    /// What the log says about itself.
    fn stats(&self) -> LogStats;

    /// Writes what waits, syncs, and refuses everything after.
    async fn close(&self);
}
