//! What a source received, newest first, any page of it back to where retention ends.

use event_log::{EventLog, LogError, Position};

use crate::{
    filter::Filter,
    opened::{Opened, Verdict},
    originals::Originals,
};

/// One request looks through at most this much of the log; then it says where to go on.
const SCAN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What following a duplicate to its original counts for in [`SCAN_BYTES_MAX`].
const FOLLOW_BYTES: usize = 64 * 1024;
/// What a record costs to look at beside its payload.
const RECORD_BYTES: usize = 64;
const READ_BYTES: usize = 256 * 1024;

/// One page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Newest first.
    pub(crate) found: Vec<Opened>,
    /// Ask for what is older than this to go on; `None`: there is nothing older.
    pub(crate) before: Option<Position>,
}

/// The newest records before `before` that pass `filter`, of one stream or of all. Gives at most
/// `limit`, and fewer than there are when the filter passes little: go on at [`Page::before`].
pub(crate) async fn page(
    log: &dyn EventLog,
    stream: Option<u64>,
    filter: &Filter,
    before: Position,
    limit: usize,
) -> Result<Page, LogError> {
    let mut page = Page { found: Vec::new(), before: Some(before) };
    let mut originals = Originals::default();
    let mut scanned = 0;
    let mut before = before;
    while let Some(block) = log.block_before(before, stream) {
        let mut candidates = Vec::new();
        let end = block.end.min(before);
        let mut from = block.start;
        while from < end {
            let chunk = match log.read(from, READ_BYTES).await {
                Ok(chunk) => chunk,
                // Retention was quicker: what is left of the page is all there is.
                Err(LogError::Gone(_)) => return Ok(Page { before: None, ..page }),
                Err(error) => return Err(error),
            };
            if chunk.next <= from {
                break;
            }
            from = chunk.next;
            for entry in chunk.entries {
                scanned += entry.payload.len() + RECORD_BYTES;
                let mine = stream.is_none_or(|stream| stream == entry.label.stream);
                let wanted = Verdict::of(&entry).is_some_and(|verdict| filter.wants(verdict));
                if entry.position < end && mine && wanted {
                    candidates.push(entry);
                }
            }
        }
        for entry in candidates.iter().rev() {
            let Some(mut opened) = Opened::open(entry) else { continue };
            originals.fill_in(&mut opened, log).await?;
            if filter.matches(&opened) {
                before = opened.position;
                // A page of few and far between would else hold all that lies between them.
                page.found.push(opened.detached());
                if page.found.len() == limit {
                    let older = log.block_before(before, stream).map(|_| before);
                    return Ok(Page { before: older, ..page });
                }
            }
        }
        before = block.start;
        page.before = Some(before);
        if scanned + originals.reads * FOLLOW_BYTES >= SCAN_BYTES_MAX {
            return Ok(page);
        }
        tokio::task::yield_now().await;
    }
    Ok(Page { before: None, ..page })
}
