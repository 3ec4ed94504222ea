//! Reading a whole log: to check it, or to give away what is in it. The same for a log that nobody
//! uses (`headwater log`) and for the one of a running server (`/api/log`).

pub mod export;
pub mod verify;

use std::sync::Arc;

use event_log::{Entry, EventLog, LogError, Position};

/// Bytes of log that are read at once.
const READ_BYTES: usize = 1 << 20;

/// Goes through a log from a position to where it ended when it began.
pub struct Reading {
    log: Arc<dyn EventLog>,
    /// Where it has come to.
    pub at: Position,
    /// Where it ends.
    pub end: Position,
}

impl Reading {
    fn new(log: Arc<dyn EventLog>, from: Position) -> Reading {
        let end = *log.end().borrow();
        Reading { log, at: from, end }
    }

    /// The next records; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, LogError> {
        while self.at < self.end {
            let chunk = match self.log.read(self.at, READ_BYTES).await {
                // Retention was quicker.
                Err(LogError::Gone(oldest)) => {
                    self.at = oldest;
                    continue;
                }
                other => other?,
            };
            if chunk.entries.is_empty() && chunk.next <= self.at {
                break;
            }
            self.at = chunk.next;
            return Ok(Some(chunk.entries));
        }
        Ok(None)
    }
}
