//! Which ids were seen within a window, and where.
//!
//! An id is a keyed 128-bit hash, so ids are spread evenly and nobody can craft two that collide.
//! What the index promises:
//!
//! - Exact: a hit is confirmed against all 128 bits before it counts.
//! - Within [`Options::window`] of record time nothing is forgotten; older ids stay as long as
//!   [`Options::memory_bytes`] and [`Options::window_max_ms`] allow.
//! - Time is what the records say, never the wall clock, and one record moves it little: a clock
//!   that jumps ten years does not empty the window.
//! - Everything on disk is derived data. Whatever is missing or damaged there, [`IdIndex::open`]
//!   names the position from which the owner replays, and then the index is exact again.
//! - Ids reach the disk only when the owner says that their records are durable.
//!
//! ```text
//!             insert                seal_to                    generation full or 6 h old
//! owner ───────────► active table ──────────► parts `.ids` ──────────► run `.run` + filter
//!                    40 bits + position       sorted by key            sorted by key
//!                    12 B an id in memory     fences in memory         3.1 B an id in memory
//! ```
//!
//! A look-up asks the active table, then the filters of the runs, newest first: one cache line
//! each. Only a hit reads the disk, one page. Sorting, writing and merging happen on two threads
//! of the index's own.

mod clock;
mod error;
mod filter;
mod generation;
mod index;
mod lines;
mod merge;
mod options;
mod plan;
mod recover;
mod run;
mod run_writer;
mod table;
#[cfg(test)]
mod tests;
mod workers;

pub use error::IndexError;
pub use index::{IdIndex, IndexStats};
pub use options::Options;

/// One id and where its record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Id {
    /// The upper half of the key.
    high: u64,
    /// The lower half of the key.
    low: u64,
    position: u64,
}

impl Id {
    fn key(&self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

/// The two halves of a key, upper first.
fn halves(key: u128) -> (u64, u64) {
    ((key >> 64) as u64, key as u64)
}
