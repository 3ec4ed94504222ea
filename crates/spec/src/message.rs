//! One message as every later stage sees it, and how it stands in the log.
//!
//! ```text
//! 0        1        2      4                          44
//! version  kind     flags  5 spans (u32 start, u32 len)  raw JSON …
//! ```
//!
//! The spans say where in the raw JSON the fields stand that later stages need, so that routing,
//! the debugger and deliveries read them without parsing.

use bytes::Bytes;

use crate::{EventRef, Kind};

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 44;

/// Where a value stands in the raw JSON, in bytes. Strings are spanned without their quotes and
/// still escaped. A missing value has length 0 and start 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub len: u32,
}

/// What the log keeps in front of the raw JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The call.
    pub kind: Kind,
    /// `messageId`.
    pub message_id: Span,
    /// `event` of a track call; `name` of a page or screen call.
    pub name: Span,
    /// `userId`.
    pub user_id: Span,
    /// `anonymousId`.
    pub anonymous_id: Span,
    /// The value of `integrations`, an object, when it holds any key.
    pub integrations: Span,
}

/// A stored message that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored message cannot be read")]
pub struct BadMessage;

/// One Spec call as every later stage sees it.
///
/// Shape: `raw` is one JSON object, the sender's own bytes with our fields spliced in, so that a
/// destination receives what was sent. Read it where a rule needs to; never re-render it.
/// Source: Segment Spec, "Common fields".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    head: Head,
    raw: Bytes,
}

impl Message {
    /// Bytes of an encoded message before its raw JSON. A writer reserves them with
    /// [`Message::begin`], appends the JSON, and fills them in with [`Message::finish`].
    pub fn begin(out: &mut Vec<u8>) -> usize {
        let at = out.len();
        out.resize(at + HEAD_BYTES, 0);
        at
    }

    /// Completes what [`Message::begin`] reserved at `at`; spans count from the first byte of JSON.
    pub fn finish(out: &mut [u8], at: usize, head: &Head) {
        let slot = &mut out[at..at + HEAD_BYTES];
        slot[0] = VERSION;
        slot[1] = head.kind as u8;
        let spans =
            [head.message_id, head.name, head.user_id, head.anonymous_id, head.integrations];
        for (span, to) in spans.iter().zip(slot[4..].chunks_exact_mut(8)) {
            to[..4].copy_from_slice(&span.start.to_le_bytes());
            to[4..].copy_from_slice(&span.len.to_le_bytes());
        }
    }

    /// Reads an encoded message without copying its JSON.
    ///
    /// Errors: [`BadMessage`] when the bytes were not written by a release we know.
    pub fn decode(payload: Bytes) -> Result<Message, BadMessage> {
        let head = payload.get(..HEAD_BYTES).ok_or(BadMessage)?;
        if head[0] != VERSION {
            return Err(BadMessage);
        }
        let kind = Kind::from_code(head[1]).ok_or(BadMessage)?;
        let raw_len = payload.len() - HEAD_BYTES;
        let mut spans = [Span::default(); 5];
        for (span, from) in spans.iter_mut().zip(head[4..].chunks_exact(8)) {
            let word = |at: usize| {
                u32::from_le_bytes(from[at..at + 4].try_into().expect("four bytes were sliced"))
            };
            *span = Span { start: word(0), len: word(4) };
            if span.start as usize + span.len as usize > raw_len {
                return Err(BadMessage);
            }
        }
        let [message_id, name, user_id, anonymous_id, integrations] = spans;
        let head = Head { kind, message_id, name, user_id, anonymous_id, integrations };
        Ok(Message { head, raw: payload.slice(HEAD_BYTES..) })
    }

    /// The same message with memory of its own, for those who keep it while its neighbours go.
    pub fn detached(&self) -> Message {
        Message { head: self.head, raw: Bytes::copy_from_slice(&self.raw) }
    }

    /// What the log keeps in front of the JSON.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The call.
    pub fn kind(&self) -> Kind {
        self.head.kind
    }

    /// The whole message as JSON: the sender's bytes with our fields spliced in.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// Which event it is.
    pub fn event(&self) -> EventRef<'_> {
        EventRef::new(self.head.kind, self.name())
    }

    /// Which event an encoded message is, without reading more of it; `None` where
    /// [`Message::decode`] could not read it either.
    pub fn event_in(payload: &[u8]) -> Option<EventRef<'_>> {
        let (head, raw) = payload.split_at_checked(HEAD_BYTES)?;
        let kind = Kind::from_code(head[1]).filter(|_| head[0] == VERSION)?;
        let word = |at: usize| {
            u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes are sliced")) as usize
        };
        let (start, len) = (word(12), word(16));
        let name = raw.get(start..start.checked_add(len)?)?;
        Some(EventRef::new(kind, Some(name).filter(|name| !name.is_empty())))
    }

    /// `messageId` as it stands in the JSON, between its quotes; never empty.
    pub fn message_id(&self) -> &[u8] {
        self.at(self.head.message_id).unwrap_or_default()
    }

    /// `event` of a track call or `name` of a page or screen call, between its quotes.
    pub fn name(&self) -> Option<&[u8]> {
        self.at(self.head.name)
    }

    /// `userId`, between its quotes.
    pub fn user_id(&self) -> Option<&[u8]> {
        self.at(self.head.user_id)
    }

    /// `anonymousId`, between its quotes.
    pub fn anonymous_id(&self) -> Option<&[u8]> {
        self.at(self.head.anonymous_id)
    }

    /// The `integrations` object as JSON, when it holds any key.
    pub fn integrations(&self) -> Option<&[u8]> {
        self.at(self.head.integrations)
    }

    /// Whose order a destination keeps: the user's, else the anonymous visitor's.
    pub fn ordering_key(&self) -> &[u8] {
        self.user_id().or_else(|| self.anonymous_id()).unwrap_or_default()
    }

    fn at(&self, span: Span) -> Option<&[u8]> {
        let start = span.start as usize;
        (span.len > 0).then(|| &self.raw[start..start + span.len as usize])
    }
}
