//! Reads a stretch of log, one piece ahead of whoever takes the entries.

use std::sync::Arc;

use event_log::{Chunk, Entry, EventLog, LogError, Position};
use tokio::task::JoinHandle;

const READ_BYTES: usize = 1 << 20;

/// A stretch of log, read from its beginning.
pub struct Reader {
    log: Arc<dyn EventLog>,
    entries: std::vec::IntoIter<Entry>,
    /// Everything before this was given out, or stands in `entries`.
    next: Position,
    to: Position,
    ahead: Option<JoinHandle<Result<Chunk, LogError>>>,
}

impl Reader {
    /// The stretch between these positions, the second excluded.
    pub fn new(log: Arc<dyn EventLog>, from: u64, to: u64) -> Reader {
        let (next, to) = (Position(from), Position(to));
        Reader { log, entries: vec![].into_iter(), next, to, ahead: None }
    }

    /// Everything before this was given out.
    pub fn position(&self) -> u64 {
        self.entries.as_slice().first().map_or(self.next, |entry| entry.position).0
    }

    /// Whether there is no more.
    pub fn is_over(&self) -> bool {
        self.entries.len() == 0 && self.next >= self.to
    }

    /// The next entry; `None` at the end.
    ///
    /// Errors: the log's. What retention took is passed over.
    pub async fn next(&mut self) -> Result<Option<Entry>, LogError> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Ok(Some(entry));
            }
            match self.chunk().await? {
                Some(entries) => self.entries = entries.into_iter(),
                None => return Ok(None),
            }
        }
    }

    /// The next piece; `None` at the end. See [`Reader::next`].
    pub async fn chunk(&mut self) -> Result<Option<Vec<Entry>>, LogError> {
        while self.next < self.to {
            let read = match self.ahead.take() {
                Some(ahead) => ahead.await.unwrap_or_else(|panicked| {
                    Err(LogError::Unreadable(format!("a read ended early: {panicked}")))
                }),
                None => self.log.read(self.next, READ_BYTES).await,
            };
            let chunk = match read {
                Ok(chunk) => chunk,
                Err(LogError::Gone(oldest)) if oldest > self.next => {
                    self.next = oldest;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if chunk.entries.is_empty() && chunk.next <= self.next {
                self.next = self.to;
                break;
            }
            self.next = chunk.next;
            if self.next < self.to {
                let (log, from) = (self.log.clone(), self.next);
                self.ahead = Some(tokio::spawn(async move { log.read(from, READ_BYTES).await }));
            }
            let mut entries = chunk.entries;
            entries.retain(|entry| entry.position < self.to);
            return Ok(Some(entries));
        }
        Ok(None)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(ahead) = self.ahead.take() {
            ahead.abort();
        }
    }
}
