//! Which messages a replay is for.

use std::collections::BTreeSet;

use event_log::Entry;
use serde::{Deserialize, Serialize};
use spec::{Kind, Message, record};

use crate::choose::event_of;

/// The most messages in a second that can be asked for.
pub const RATE_MAX: u64 = 1_000_000;

/// Which messages a replay is for: those that fit everything that is said here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Accepted at or after this, Unix milliseconds …
    pub from_ms: i64,
    /// … and before this.
    pub to_ms: i64,
    /// Streams of their sources.
    pub streams: Vec<u64>,
    /// Their calls; empty for all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Events by their exact names, as a source's schema lists them; empty for all.
    #[serde(default)]
    pub events: BTreeSet<String>,
    /// Exactly this `userId`.
    #[serde(default)]
    pub user_id: Option<String>,
    /// Exactly this `anonymousId`.
    #[serde(default)]
    pub anonymous_id: Option<String>,
    /// At most so many messages in a second.
    pub per_second: u64,
}

impl Asked {
    /// The message in `entry`, if it is one that was asked for.
    pub fn message_in(&self, entry: &Entry) -> Option<Message> {
        let label = &entry.label;
        let fits = label.kind == record::MESSAGE
            && entry.duplicate_of.is_none()
            && (self.from_ms..self.to_ms).contains(&label.time_ms)
            && self.streams.contains(&label.stream);
        if !fits {
            return None;
        }
        let message = Message::decode(entry.payload.clone()).ok()?;
        self.fits(&message).then_some(message)
    }

    fn fits(&self, message: &Message) -> bool {
        let is = |found: Option<&[u8]>, asked: &Option<String>| {
            asked.as_ref().is_none_or(|asked| found.is_some_and(|found| says(found, asked)))
        };
        (self.kinds.is_empty() || self.kinds.contains(&message.kind()))
            && is(message.user_id(), &self.user_id)
            && is(message.anonymous_id(), &self.anonymous_id)
            && (self.events.is_empty()
                || event_of(message).is_some_and(|event| self.events.contains(event.as_ref())))
    }
}

/// Whether `written`, the inside of a JSON string, says `text`.
fn says(written: &[u8], text: &str) -> bool {
    if !written.contains(&b'\\') {
        return written == text.as_bytes();
    }
    let quoted = [b"\"", written, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).is_ok_and(|read| read == text)
}
