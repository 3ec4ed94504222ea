//! From the log to the destinations, and the books that say what became of every message.
//!
//! ```text
//!                        ┌─► worker (destination) ─► choose ─► send ─► partner
//!  log ──────────────────┤        ▲     │ outcomes
//!   ▲                    └─► ledger ─► books ─► routes
//!   └───────────────────────────────────┘
//! ```
//!
//! - Everything that is counted is counted from the log: outcomes count once they are recorded.
//! - Which messages are a destination's is a record of the log too (see [`books`]); a message
//!   that was accepted after [`Delivery::start`] returned is offered to every destination that
//!   was enabled for its source then.
//! - A destination that is new begins at the end of the log, unless [`Options::from_start`] says
//!   otherwise. One that is disabled keeps what it had not settled and gets nothing of what is
//!   accepted meanwhile; enabled again, it goes on with both its pending messages and new ones.

mod archive;
mod audit;
pub mod books;
pub mod breaker;
mod choose;
mod events;
pub mod failing;
mod kinds;
pub mod ledger;
mod map;
mod metrics;
mod origins;
mod outcomes;
pub mod overview;
mod queue;
mod rehearsal;
pub mod replay;
mod retries;
pub mod retry;
pub mod routes;
mod send;
mod supervisor;
mod trial;
mod window;
pub mod worker;

use std::{path::PathBuf, sync::Arc, time::Duration};

use destination_kit::World;
use routing::DestinationRoute;

pub use archive::{Archive, Stretch};
pub use audit::Audit;
pub use kinds::Kinds;
pub use rehearsal::{Kept, Rehearsed};
pub use retry::Schedule;
pub use supervisor::{Delivery, RedeliverError};
pub use trial::{BadMessage, Outcome, Trial};

/// What deliveries need to know beside the log and the routing.
#[derive(Clone)]
pub struct Options {
    /// Where the snapshot of the books stands: `<data>/books`.
    pub books: PathBuf,
    /// What destinations are lent, the clock among it.
    pub world: World,
    /// Yields numbers in `0.0..1.0`.
    pub jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// When messages are tried again, and given up.
    pub schedule: Schedule,
    /// An attempt ends after this time, whatever the destination does.
    pub attempt_timeout: Duration,
    /// How often the books are written while anything happens; they are read again up to there
    /// after a crash.
    pub snapshot_every: Duration,
    /// New destinations also get what the log held before them.
    pub from_start: bool,
    /// Where replays find what the log no longer holds.
    pub archive: Option<Arc<dyn Archive>>,
    /// What a paused destination has waiting is kept this long, or as long as its schedule goes
    /// on if that is longer; then it goes to the dead letters.
    pub keep_while_paused: Duration,
}

impl Options {
    /// The defaults around these.
    pub fn new(
        books: PathBuf,
        world: World,
        jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    ) -> Options {
        Options {
            books,
            world,
            jitter,
            schedule: Schedule::default(),
            attempt_timeout: Duration::from_secs(30),
            snapshot_every: Duration::from_secs(60),
            from_start: false,
            archive: None,
            keep_while_paused: Duration::from_secs(7 * 24 * 3600),
        }
    }

    /// When messages of `route` are tried again: as it says itself, or as all are.
    pub(crate) fn schedule_of(&self, route: &DestinationRoute) -> Schedule {
        route.retry_for.map_or(self.schedule, Schedule::new)
    }
}

/// The streams that feed `route`; none while it is disabled.
fn streams(route: &DestinationRoute) -> Vec<u64> {
    let sources = route.sources.iter().filter(|_| route.enabled);
    let mut streams: Vec<u64> = sources.map(|source| source.stream()).collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
