//! What duplicates repeat: the log keeps only a pointer for them, here it is followed.

use std::collections::HashMap;

use bytes::Bytes;
use event_log::{EventLog, LogError, Position};
use spec::{Message, record};

use crate::opened::{Content, Opened};

/// Originals that are remembered; a retried batch repeats neighbours, and repeats them at once.
const REMEMBERED_MAX: usize = 64;

/// A small memory of originals, for one page or one viewer.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    remembered: HashMap<Position, Option<Message>>,
    /// How often the log was asked.
    pub(crate) reads: usize,
}

impl Originals {
    /// Fills in what `opened` repeats, if it is a duplicate and retention still holds the first.
    pub(crate) async fn fill_in(
        &mut self,
        opened: &mut Opened,
        log: &dyn EventLog,
    ) -> Result<(), LogError> {
        let Content::Duplicate { of, original } = &mut opened.content else { return Ok(()) };
        if let Some(known) = self.remembered.get(of) {
            original.clone_from(known);
            return Ok(());
        }
        self.reads += 1;
        *original = read_message(log, *of).await?;
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.clear();
        }
        self.remembered.insert(*of, original.clone());
        Ok(())
    }
}

/// The message that stands at `at`. It does not keep its neighbours in memory.
async fn read_message(log: &dyn EventLog, at: Position) -> Result<Option<Message>, LogError> {
    let chunk = match log.read(at, 1).await {
        Ok(chunk) => chunk,
        Err(LogError::Gone(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let entry = chunk.entries.first().filter(|entry| entry.position == at);
    let entry = entry.filter(|entry| entry.label.kind == record::MESSAGE);
    Ok(entry.and_then(|entry| Message::decode(Bytes::copy_from_slice(&entry.payload)).ok()))
}
