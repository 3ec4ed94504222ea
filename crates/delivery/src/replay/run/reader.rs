//! Reads a stretch of log, one piece ahead of whoever takes the entries; from the archive where the
//! log has let go.

use std::sync::Arc;

use event_log::{Chunk, Entry, EventLog, LogError, Position};
use tokio::task::JoinHandle;

use crate::{Archive, Stretch, supervisor::Inner};

const READ_BYTES: usize = 1 << 20;

/// A stretch of log, read from its beginning.
pub struct Reader {
    log: Arc<dyn EventLog>,
    archive: Option<Arc<dyn Archive>>,
    /// What is read from the archive now.
    archived: Option<Stretch>,
    entries: std::vec::IntoIter<Entry>,
    /// Everything before this was given out, or stands in `entries`.
    next: Position,
    to: Position,
    ahead: Option<JoinHandle<Result<Chunk, LogError>>>,
}

/// Why there is no more, though there should be.
pub enum Unread {
    /// The log's reason.
    Log(LogError),
    /// The archive's, in words.
    Archive(String),
}

impl Reader {
    /// The stretch between these positions, the second excluded.
    pub fn new(inner: &Inner, from: u64, to: u64) -> Reader {
        Reader {
            log: inner.log.clone(),
            archive: inner.options.archive.clone(),
            archived: None,
            entries: vec![].into_iter(),
            next: Position(from),
            to: Position(to),
            ahead: None,
        }
    }

    /// Everything before this was given out.
    pub fn position(&self) -> u64 {
        self.entries.as_slice().first().map_or(self.next, |entry| entry.position).0
    }

    /// Whether there is no more.
    pub fn is_over(&self) -> bool {
        self.entries.len() == 0 && self.next >= self.to
    }

    /// The next entry; `None` at the end. What neither log nor archive holds is passed over.
    ///
    /// Errors: [`Unread`].
    pub async fn next(&mut self) -> Result<Option<Entry>, Unread> {
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
    pub async fn chunk(&mut self) -> Result<Option<Vec<Entry>>, Unread> {
        while self.next < self.to {
            if self.archived.as_ref().is_some_and(|stretch| self.next >= stretch.to) {
                self.archived = None;
            }
            let read = match self.ahead.take() {
                Some(ahead) => ahead.await.unwrap_or_else(|panicked| {
                    Err(LogError::Unreadable(format!("a read ended early: {panicked}")))
                }),
                None => self.source().read(self.next, READ_BYTES).await,
            };
            let chunk = match read {
                Ok(chunk) => chunk,
                Err(LogError::Gone(oldest)) if oldest > self.next => {
                    self.look_elsewhere(oldest).await?;
                    continue;
                }
                Err(error) => return Err(Unread::Log(error)),
            };
            let end = self.archived.as_ref().map_or(self.to, |stretch| stretch.to.min(self.to));
            if chunk.entries.is_empty() && chunk.next <= self.next {
                self.next = end;
                continue;
            }
            self.next = chunk.next.min(end);
            if self.next < end {
                let (log, from) = (self.source().clone(), self.next);
                self.ahead = Some(tokio::spawn(async move { log.read(from, READ_BYTES).await }));
            }
            let mut entries = chunk.entries;
            entries.retain(|entry| entry.position < end);
            return Ok(Some(entries));
        }
        Ok(None)
    }

    fn source(&self) -> &Arc<dyn EventLog> {
        self.archived.as_ref().map_or(&self.log, |stretch| &stretch.log)
    }

    /// Goes on in the archive, or where the log begins.
    async fn look_elsewhere(&mut self, oldest: Position) -> Result<(), Unread> {
        let found = match &self.archive {
            Some(archive) => archive.open(self.next).await.map_err(Unread::Archive)?,
            None => None,
        };
        // what lies beyond that the log holds itself
        self.archived = found.filter(|stretch| stretch.from < oldest);
        let from = self.archived.as_ref().map_or(oldest, |stretch| stretch.from);
        self.next = self.next.max(from);
        Ok(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(ahead) = self.ahead.take() {
            ahead.abort();
        }
    }
}
