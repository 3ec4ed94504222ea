//! What some sources received, newest first, as evidence: for the checks of a builder, and frozen
//! with a submission.

use std::borrow::Cow;

use event_log::{EventLog, LogError};
use proof::evidence::{DiscardLine, Line};
use serde::Deserialize;
use serde_json::value::RawValue;
use spec::SourceId;

use crate::{
    history::{Stretch, stretch},
    opened::{Content, Opened, Verdict},
};

/// Messages that one report rests on, at most: the newest.
const MESSAGES_MAX: usize = 100_000;
/// Bytes of these messages, at most.
const BYTES_MAX: usize = 160 << 20;
/// One request looks through at most this much of the log.
const SCAN_BYTES_MAX: usize = 1 << 30;

/// Which messages are wanted.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Of these sources, one after the other.
    pub(crate) sources: Vec<SourceId>,
    /// Not those that came before, Unix milliseconds.
    #[serde(default)]
    pub(crate) since_ms: i64,
    /// Not more, and not more than there is room for.
    #[serde(default = "most")]
    pub(crate) messages: usize,
}

fn most() -> usize {
    MESSAGES_MAX
}

/// Shows `each` wanted message: accepted ones and those that were stopped, in an order that is the
/// same whenever it is asked.
pub(crate) async fn walk(
    log: &dyn EventLog,
    wanted: &Wanted,
    mut each: impl FnMut(&Line<'_>),
) -> Result<(), LogError> {
    let oldest = log.position_at(wanted.since_ms);
    let end = *log.end().borrow();
    let mut left = wanted.messages.min(MESSAGES_MAX);
    let (mut bytes, mut scanned) = (0, 0);
    for source in &wanted.sources {
        let stream = Some(source.stream());
        let mut before = end;
        while let Some(block) = log.block_before(before, stream).filter(|b| b.end > oldest) {
            let of = |verdict| matches!(verdict, Verdict::Accepted | Verdict::Discarded);
            let range = block.start..block.end.min(before);
            let Some(read) = stretch(log, range, stream, of).await? else { break };
            let Stretch { entries, bytes: cost } = read;
            scanned += cost;
            for entry in entries.iter().rev() {
                if entry.label.time_ms < wanted.since_ms {
                    continue;
                }
                let Some(opened) = Opened::open(entry) else { continue };
                if left == 0 || bytes >= BYTES_MAX {
                    return Ok(());
                }
                left -= 1;
                bytes += opened.body().len();
                show(&opened, source, &mut each);
            }
            before = block.start;
            if scanned >= SCAN_BYTES_MAX {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

fn show(opened: &Opened, source: &SourceId, each: &mut impl FnMut(&Line<'_>)) {
    let position = opened.position.to_string();
    let text = std::str::from_utf8(opened.body()).ok().map(on_one_line);
    let message: Option<&RawValue> =
        text.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let discard = match &opened.content {
        Content::Discarded(discard, _) => Some(DiscardLine {
            code: Cow::Borrowed(&discard.code),
            pointer: Cow::Borrowed(&discard.pointer),
            detail: Cow::Borrowed(&discard.detail),
        }),
        _ => None,
    };
    each(&Line {
        source: source.as_str(),
        position: &position,
        received_at_ms: opened.received_at_ms,
        discard,
        message,
    });
}

/// Line breaks between JSON's tokens become blanks; inside of its strings there are none.
fn on_one_line(json: &str) -> Cow<'_, str> {
    match json.contains(['\n', '\r']) {
        true => Cow::Owned(json.replace(['\n', '\r'], " ")),
        false => Cow::Borrowed(json),
    }
}
