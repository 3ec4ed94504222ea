//! What a source received, newest first, any page of it back to where retention ends.

use std::ops::Range;

use event_log::{Entry, EventLog, LogError, Position};

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
        let end = block.end.min(before);
        let wanted = |verdict| filter.wants(verdict);
        let read = stretch(log, block.start..end, stream, wanted).await?;
        // Retention was quicker: what is left of the page is all there is.
        let Some(Stretch { entries: candidates, bytes }) = read else {
            return Ok(Page { before: None, ..page });
        };
        scanned += bytes;
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

/// Records of one stretch of log.
pub(crate) struct Stretch {
    /// Those that were wanted, oldest first.
    pub(crate) entries: Vec<Entry>,
    /// What it cost to look at them all.
    pub(crate) bytes: usize,
}

/// The messages in `range` of one stream, or of all, whose verdict is wanted; `None` when retention
/// was quicker.
pub(crate) async fn stretch(
    log: &dyn EventLog,
    range: Range<Position>,
    stream: Option<u64>,
    wanted: impl Fn(Verdict) -> bool,
) -> Result<Option<Stretch>, LogError> {
    let (mut entries, mut bytes) = (Vec::new(), 0);
    let mut from = range.start;
    while from < range.end {
        let chunk = match log.read(from, READ_BYTES).await {
            Ok(chunk) => chunk,
            Err(LogError::Gone(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        if chunk.next <= from {
            break;
        }
        from = chunk.next;
        for entry in chunk.entries {
            bytes += entry.payload.len() + RECORD_BYTES;
            let mine = stream.is_none_or(|stream| stream == entry.label.stream);
            if entry.position < range.end && mine && Verdict::of(&entry).is_some_and(&wanted) {
                entries.push(entry);
            }
        }
    }
    Ok(Some(Stretch { entries, bytes }))
}
