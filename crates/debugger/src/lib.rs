//! What a builder looks at: the newest messages of a source, its history, its live stream, and
//! the path of one message. Everything is read from the log; there is no side channel, so what is
//! shown is what is stored.
//!
//! ```text
//! event log ──► opened ──► filter ──► row ──┬──► history   a page, newest first
//!                                           └──► live      frames over SSE
//! event log ──► trace                                      one message and its attempts
//! event log ──► schema                                     what a source sends, by its newest
//! event log ──► evidence ──► checks                        whether it keeps the Spec, and by what
//! event log ──► plan                                       what breaks the tracking plan, or would
//! ```
//!
//! Promises:
//!
//! - costs nothing per message while nobody looks;
//! - a viewer reads the log at its own pace: it is never buffered for, never slows anybody, and
//!   misses nothing that retention still holds; where it does, it is told;
//! - every request does a bounded amount of work.

mod evidence;
mod filter;
mod history;
mod live;
mod mapped;
mod opened;
mod originals;
mod plan;
mod preview;
mod problem;
mod query;
mod recent;
mod routes;
mod row;
mod schema;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::Arc;

use event_log::EventLog;
use routing::Routing;
use spec::DestinationId;
use tokio::sync::{Semaphore, watch};

pub use filter::{BadFilter, Filter};
pub use opened::Verdict;
pub use routes::routes;
pub use row::Row;

/// How much the debugger may take.
#[derive(Debug, Clone)]
pub struct Options {
    /// Live streams at one time; more are answered 503.
    pub viewers_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { viewers_max: 100 }
    }
}

/// What the routes share. Cheap to clone.
#[derive(Clone)]
pub struct Debugger {
    log: Arc<dyn EventLog>,
    routing: Routing,
    now_ms: fn() -> i64,
    seats: Arc<Semaphore>,
    viewers_max: usize,
    closed: watch::Sender<bool>,
    paused: Paused,
}

/// Since when a destination is paused until somebody resumes it, Unix milliseconds.
type Paused = Arc<dyn Fn(&DestinationId) -> Option<i64> + Send + Sync>;

impl Debugger {
    /// A debugger over `log`. `now_ms` is the clock, Unix milliseconds.
    pub fn new(
        log: Arc<dyn EventLog>,
        routing: Routing,
        now_ms: fn() -> i64,
        options: Options,
    ) -> Debugger {
        Debugger {
            log,
            routing,
            now_ms,
            seats: Arc::new(Semaphore::new(options.viewers_max)),
            viewers_max: options.viewers_max,
            closed: watch::Sender::new(false),
            paused: Arc::new(|_| None),
        }
    }

    /// The same, which also knows since when a destination is paused until somebody resumes it
    /// (Unix milliseconds); the log alone does not say what holds now.
    pub fn with_pauses(
        mut self,
        paused: impl Fn(&DestinationId) -> Option<i64> + Send + Sync + 'static,
    ) -> Debugger {
        self.paused = Arc::new(paused);
        self
    }

    /// Ends every live stream, so that a server which waits for its connections can stop.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }
}
