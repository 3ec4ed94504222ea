//! How often one caller may do one thing in a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Callers remembered at one time; beyond it those whose minute is over are forgotten.
const CALLERS_MAX: usize = 50_000;

const WINDOW_MS: i64 = 60_000;

/// Counts requests by caller and operation, in windows of a minute.
pub struct Limits {
    per_minute: u32,
    seen: Mutex<HashMap<u64, Window>>,
}

struct Window {
    started_ms: i64,
    count: u32,
}

/// What a request's count came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Requests in this window, this one included.
    pub consumed: u32,
    /// What is left of them.
    pub remaining: u32,
    /// When the window ends, Unix milliseconds.
    pub reset_ms: i64,
    /// Whether this one was within the limit.
    pub admitted: bool,
}

impl Limits {
    /// `per_minute` requests for each caller and operation, unless an operation has its own limit.
    pub fn new(per_minute: u32) -> Limits {
        Limits { per_minute, seen: Mutex::default() }
    }

    /// Counts one request under `key`.
    pub fn count(&self, key: u64, own_limit: Option<u32>, now_ms: i64) -> Count {
        let limit = own_limit.map_or(self.per_minute, |own| own.min(self.per_minute));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CALLERS_MAX {
            seen.retain(|_, window| now_ms - window.started_ms < WINDOW_MS);
        }
        let window = seen.entry(key).or_insert(Window { started_ms: now_ms, count: 0 });
        if !(0..WINDOW_MS).contains(&(now_ms - window.started_ms)) {
            *window = Window { started_ms: now_ms, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        Count {
            consumed: window.count,
            remaining: limit.saturating_sub(window.count),
            reset_ms: window.started_ms + WINDOW_MS,
            admitted: window.count <= limit,
        }
    }
}
