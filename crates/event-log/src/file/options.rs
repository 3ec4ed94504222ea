//! How a file log is set up.

use std::{path::PathBuf, time::Duration};

/// Settings of a [`crate::FileLog`]. The defaults suit a server with a disk of its own.
#[derive(Debug, Clone)]
pub struct Options {
    /// Size of a segment's file. A batch that is larger gets a segment of its own. 256 MB.
    pub segment_bytes: u64,
    /// Most bytes written and synced at once. 4 MB.
    pub group_bytes_max: usize,
    /// Most records written and synced at once. 16,384.
    pub group_records_max: usize,
    /// Most bytes that wait to be written, over all lanes; beyond it appends are refused with
    /// [`crate::LogError::Busy`]. 64 MB.
    pub queue_bytes_max: usize,
    /// Memory that holds the newest records for readers that keep up; when groups are large up to a
    /// quarter of it is lost between them. 64 MB.
    pub ring_bytes: usize,
    /// How long records are kept, in the log's own time (see [`Options::clock`]). 7 days.
    pub max_age: Duration,
    /// How much the log may take on disk; the oldest segments go first. No limit.
    pub max_bytes: Option<u64>,
    /// Room to leave on the log's file system, at most a twentieth of its size: below it records
    /// with keys are refused with [`crate::LogError::Full`]. Those without go on, for a backlog
    /// must drain; half of it is held in files, 32 MB at most, where no stranger takes it. 256 MB.
    pub reserve_bytes: u64,
    /// How long a key is remembered at least, in the records' time. 24 hours.
    pub window: Duration,
    /// How long a key is remembered at most, as far as `window_memory_bytes` allows. 7 days.
    pub window_max: Duration,
    /// Memory for keys that are older than `window`. 256 MB.
    pub window_memory_bytes: usize,
    /// Keys to remember at most, even if that shortens the window. No limit.
    pub window_ids: Option<u64>,
    /// Where the keys' side files stand. `ids` within the log's folder.
    pub ids_dir: Option<PathBuf>,
    /// Whether to write around the page cache.
    pub direct: Direct,
    /// Whether to compress segments once they are full. Yes.
    pub compress: bool,
    /// Unix milliseconds. Looked at when the log is opened and for stamps. Ages go by the log's own time,
    /// which follows this clock while the log is closed (by a day at most) and the monotonic
    /// clock while it is open: a jump of the clock empties nothing.
    pub clock: fn() -> i64,
}

/// Whether to write around the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direct {
    /// Where the file system can.
    Auto,
    /// Always; opening fails where the file system cannot.
    On,
    /// Never.
    Off,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            segment_bytes: 256 << 20,
            group_bytes_max: 4 << 20,
            group_records_max: 16 << 10,
            queue_bytes_max: 64 << 20,
            ring_bytes: 64 << 20,
            max_age: Duration::from_secs(7 * 24 * 3600),
            max_bytes: None,
            reserve_bytes: 256 << 20,
            window: Duration::from_secs(24 * 3600),
            window_max: Duration::from_secs(7 * 24 * 3600),
            window_memory_bytes: 256 << 20,
            window_ids: None,
            ids_dir: None,
            direct: Direct::Auto,
            compress: true,
            clock: system_clock,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that is given")]
fn system_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}
