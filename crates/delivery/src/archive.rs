//! What the log has let go and somebody keeps elsewhere.

use std::{any::Any, sync::Arc};

use async_trait::async_trait;
use event_log::{EventLog, Position};

/// Old stretches of the log, kept elsewhere; replays read them as if the log still held them.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Where the oldest stretch begins that holds a record which came at or after `time_ms`, Unix
    /// milliseconds; `None` when there is none.
    ///
    /// Errors: why that cannot be told now, in words.
    async fn position_at(&self, time_ms: i64) -> Result<Option<Position>, String>;

    /// The stretch that holds `position`, or the first one after it.
    ///
    /// Errors: why it cannot be had now, in words.
    async fn open(&self, position: Position) -> Result<Option<Stretch>, String>;
}

/// A stretch of log from an archive.
pub struct Stretch {
    /// Where it is read.
    pub log: Arc<dyn EventLog>,
    /// Position of its first record.
    pub from: Position,
    /// Position after its last one.
    pub to: Position,
    /// What is given back once nobody reads it any more.
    pub held: Box<dyn Any + Send + Sync>,
}
