//! The newest messages of a source, one after the other, as far back as one may look.

use event_log::{EventLog, LogError};
use tokio::task::yield_now;

use crate::{
    history::{Stretch, stretch},
    opened::{Opened, Verdict},
};

/// The clock that stamps messages may be set back by so much.
const SET_BACK_MS: i64 = 3_600_000;

/// How far one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// At so many of the newest messages.
    pub(crate) messages: usize,
    /// At none that came before, Unix milliseconds.
    pub(crate) since_ms: Option<i64>,
    /// Through so much of the log.
    pub(crate) bytes: usize,
}

/// How far it was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looked {
    /// When the oldest message came that was looked at, Unix milliseconds.
    pub(crate) from_ms: Option<i64>,
    /// Whether these are all that are kept of the time that was asked for.
    pub(crate) complete: bool,
}

/// Shows `each` message of `stream` within `reach`, accepted and stopped ones, newest first.
pub(crate) async fn recent(
    log: &dyn EventLog,
    stream: u64,
    reach: Reach,
    mut each: impl FnMut(&Opened),
) -> Result<Looked, LogError> {
    let since_ms = reach.since_ms.unwrap_or(i64::MIN);
    let floor = reach.since_ms.map(|since_ms| log.position_at(since_ms - SET_BACK_MS));
    let mut before = *log.end().borrow();
    let (mut left, mut scanned, mut from_ms) = (reach.messages, 0, None);
    let complete = loop {
        let block = log.block_before(before, Some(stream));
        let Some(block) = block.filter(|block| floor.is_none_or(|floor| block.end > floor)) else {
            break true;
        };
        if left == 0 || scanned >= reach.bytes {
            break false;
        }
        let of = |verdict| matches!(verdict, Verdict::Accepted | Verdict::Discarded);
        let range = block.start..block.end.min(before);
        // Retention was quicker: there is nothing older any more.
        let Some(read) = stretch(log, range, Some(stream), of).await? else { break true };
        let Stretch { entries, bytes } = read;
        scanned += bytes;
        let mut within = entries.iter().rev().filter(|entry| entry.label.time_ms >= since_ms);
        for entry in within.by_ref().take(left) {
            left -= 1;
            if let Some(opened) = Opened::open(entry) {
                from_ms = Some(opened.received_at_ms);
                each(&opened);
            }
        }
        if within.next().is_some() {
            break false;
        }
        before = block.start;
        yield_now().await;
    };
    Ok(Looked { from_ms, complete })
}
