/// How much the index keeps, and for how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is never forgotten: milliseconds of record time. Default: 24 hours.
    pub window_ms: i64,
    /// How far the window may grow while memory allows, milliseconds. Default: 7 days.
    pub window_max_ms: i64,
    /// Memory beyond which ids older than `window_ms` are forgotten. Default: 256 MiB. The window
    /// itself takes what it needs: about 3.1 bytes an id, and 12 for each of the newest
    /// `generation_ids`.
    pub memory_bytes: usize,
    /// A hard limit on ids, `None` by default. The only one that shortens the window itself.
    pub ids_max: Option<u64>,
    /// Ids in the active table before it is written out. Default: 6 million.
    pub generation_ids: u64,
    /// Record time after which the active table is written out, and the span of one run within
    /// the window, milliseconds. Default: 6 hours.
    pub generation_ms: i64,
    /// Room to leave on the file system: files are merged only where that much is free beside
    /// what the merged one takes. Default: none.
    pub reserve_bytes: u64,
    /// Where the owner's log ends, when it knows. Files that speak of records beyond are not
    /// believed: their positions will be used again.
    pub log_end: Option<u64>,
}

pub(crate) const HOUR_MS: i64 = 3_600_000;

impl Default for Options {
    fn default() -> Options {
        Options {
            window_ms: 24 * HOUR_MS,
            window_max_ms: 7 * 24 * HOUR_MS,
            memory_bytes: 256 << 20,
            ids_max: None,
            generation_ids: 6_000_000,
            generation_ms: 6 * HOUR_MS,
            reserve_bytes: 0,
            log_end: None,
        }
    }
}

impl Options {
    /// The same with every value in a range that works.
    pub(crate) fn checked(mut self) -> Options {
        let share = self.ids_max.map_or(u64::MAX, |max| max / 4);
        self.generation_ids = self.generation_ids.min(share).clamp(1, 1 << 30);
        self.generation_ms = self.generation_ms.max(1);
        self.window_max_ms = self.window_max_ms.max(self.window_ms);
        self
    }
}
