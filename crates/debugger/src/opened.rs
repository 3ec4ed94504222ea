//! A record of the log, opened as far as rows, filters and details need it. Pure.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use event_log::{Entry, Position};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::{Discard, Message, Refused, record};

/// What became of a message when it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Verdict {
    /// It is stored and offered to destinations.
    Accepted = 1,
    /// It was taken, and stopped for a reason.
    Discarded = 2,
    /// Its `messageId` had been seen within the window.
    Duplicate = 4,
    /// Its request was not taken at all.
    Refused = 8,
}

impl Verdict {
    /// Every verdict, best first.
    pub const ALL: [Verdict; 4] =
        [Verdict::Accepted, Verdict::Discarded, Verdict::Duplicate, Verdict::Refused];

    /// The word in rows and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Discarded => "discarded",
            Verdict::Duplicate => "duplicate",
            Verdict::Refused => "refused",
        }
    }

    /// The verdict of a record, by its label alone; `None` for a record that is nobody's message.
    pub(crate) fn of(entry: &Entry) -> Option<Verdict> {
        match entry.label.kind {
            record::MESSAGE if entry.duplicate_of.is_some() => Some(Verdict::Duplicate),
            record::MESSAGE => Some(Verdict::Accepted),
            record::DISCARD => Some(Verdict::Discarded),
            record::REFUSED => Some(Verdict::Refused),
            _ => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record that is somebody's message.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) position: Position,
    pub(crate) stream: u64,
    pub(crate) received_at_ms: i64,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Accepted(Message),
    /// `original` is filled in by [`crate::originals`], as far as retention still holds it.
    Duplicate {
        of: Position,
        original: Option<Message>,
    },
    /// The message is there when what was sent could be read as one.
    Discarded(Box<Discard>, Option<Message>),
    Refused(Box<Refused>),
    /// Written by a release that we do not know.
    Unreadable(Verdict),
}

/// The fields by which people know a message, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    pub(crate) kind: Option<Cow<'a, str>>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) user_id: Option<Cow<'a, str>>,
    pub(crate) anonymous_id: Option<Cow<'a, str>>,
    pub(crate) message_id: Option<Cow<'a, str>>,
}

impl Opened {
    /// Opens a record; `None` for one that is nobody's message.
    pub(crate) fn open(entry: &Entry) -> Option<Opened> {
        let verdict = Verdict::of(entry)?;
        let content = match (verdict, entry.duplicate_of) {
            (Verdict::Duplicate, Some(of)) => Some(Content::Duplicate { of, original: None }),
            (Verdict::Discarded, _) => record::decode(&entry.payload).ok().map(discarded),
            (Verdict::Refused, _) => record::decode(&entry.payload).ok().map(Content::Refused),
            _ => Message::decode(entry.payload.clone()).ok().map(Content::Accepted),
        };
        Some(Opened {
            position: entry.position,
            stream: entry.label.stream,
            received_at_ms: entry.label.time_ms,
            content: content.unwrap_or(Content::Unreadable(verdict)),
        })
    }

    /// The same, without the stretch of log that it was read with.
    pub(crate) fn detached(mut self) -> Opened {
        if let Content::Accepted(message) = &mut self.content {
            *message = message.detached();
        }
        self
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match &self.content {
            Content::Accepted(_) => Verdict::Accepted,
            Content::Duplicate { .. } => Verdict::Duplicate,
            Content::Discarded(..) => Verdict::Discarded,
            Content::Refused(_) => Verdict::Refused,
            Content::Unreadable(verdict) => *verdict,
        }
    }

    /// The message, where there is one that can be read.
    pub(crate) fn message(&self) -> Option<&Message> {
        match &self.content {
            Content::Accepted(message) => Some(message),
            Content::Duplicate { original, .. } => original.as_ref(),
            Content::Discarded(_, message) => message.as_ref(),
            Content::Refused(_) | Content::Unreadable(_) => None,
        }
    }

    pub(crate) fn fields(&self) -> Fields<'_> {
        match (self.message(), &self.content) {
            (Some(message), _) => Fields {
                kind: Some(Cow::Borrowed(message.kind().as_str())),
                name: message.name().map(text_of),
                user_id: message.user_id().map(text_of),
                anonymous_id: message.anonymous_id().map(text_of),
                message_id: Some(text_of(message.message_id())),
            },
            (None, Content::Discarded(discard, _)) => loose_fields(&discard.body),
            (None, Content::Refused(refused)) => loose_fields(&refused.excerpt),
            (None, _) => Fields::default(),
        }
    }

    /// What the sender sent, as far as it is kept.
    pub(crate) fn body(&self) -> &[u8] {
        match (self.message(), &self.content) {
            (Some(message), _) => message.raw(),
            (None, Content::Discarded(discard, _)) => &discard.body,
            (None, Content::Refused(refused)) => &refused.excerpt,
            (None, _) => &[],
        }
    }

    /// Why it was not accepted, for machines.
    pub(crate) fn code(&self) -> Option<&str> {
        match &self.content {
            Content::Accepted(_) => None,
            Content::Duplicate { .. } => Some("duplicate"),
            Content::Discarded(discard, _) => Some(&discard.code),
            Content::Refused(refused) => Some(&refused.code),
            Content::Unreadable(_) => Some("unreadable"),
        }
    }
}

fn discarded(mut discard: Box<Discard>) -> Content {
    let message = if discard.readable {
        Message::decode(Bytes::from(std::mem::take(&mut discard.body))).ok()
    } else {
        None
    };
    Content::Discarded(discard, message)
}

/// A value as it stands in JSON, without its quotes, as people read it. Half a surrogate pair,
/// which makes no text, becomes U+FFFD.
pub(crate) fn text_of(json: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', json).is_none() {
        return String::from_utf8_lossy(json);
    }
    let read = |json: &[u8]| serde_json::from_slice(&[b"\"", json, b"\""].concat()).ok();
    let text: Option<String> = read(json).or_else(|| read(&without_lone_surrogates(json)));
    text.map_or_else(|| String::from_utf8_lossy(json), Cow::Owned)
}

fn without_lone_surrogates(json: &[u8]) -> Vec<u8> {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut out = Vec::with_capacity(json.len());
    let mut at = 0;
    while at < json.len() {
        let taken = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) if json[at] == b'\\' => 2,
            (None, _) => 1,
        };
        out.extend_from_slice(&json[at..json.len().min(at + taken)]);
        at += taken;
    }
    out
}

/// The fields of something that is not a message and may be JSON nevertheless.
fn loose_fields(body: &[u8]) -> Fields<'static> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Loose {
        r#type: Option<Value>,
        event: Option<Value>,
        name: Option<Value>,
        user_id: Option<Value>,
        anonymous_id: Option<Value>,
        message_id: Option<Value>,
    }
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(Cow::Owned(text)),
        Some(Value::Number(number)) => Some(Cow::Owned(number.to_string())),
        _ => None,
    };
    let loose: Loose = serde_json::from_slice(body).unwrap_or_default();
    Fields {
        kind: text(loose.r#type),
        name: text(loose.event).or_else(|| text(loose.name)),
        user_id: text(loose.user_id),
        anonymous_id: text(loose.anonymous_id),
        message_id: text(loose.message_id),
    }
}
