//! A message that is sent again says so.

use bytes::Bytes;
use serde_json::json;
use spec::{Head, Message, Span, member};

/// What goes into `context`: `"replay":{"id":…,"at":…}`.
pub fn mark(id: &str, at: &str) -> Vec<u8> {
    format!("\"replay\":{}", json!({ "id": id, "at": at })).into_bytes()
}

/// `message` with `mark` at the end of its `context`, and all its other bytes as they are.
pub fn marked(message: &Message, mark: &[u8]) -> Message {
    let raw = message.raw();
    let context = member(raw, "context").filter(|span| raw[span.start as usize] == b'{');
    let mut ours = Vec::with_capacity(mark.len() + 16);
    let at = match context {
        Some(span) => {
            let (start, end) = (span.start as usize, (span.start + span.len) as usize);
            let empty = raw[start + 1..end - 1].trim_ascii().is_empty();
            ours.extend_from_slice(if empty { b"" } else { b"," });
            ours.extend_from_slice(mark);
            end - 1
        }
        // No sender of ours: ingest sees to it that there is one.
        None => {
            let end = raw.iter().rposition(|byte| *byte == b'}').unwrap_or_default();
            let empty = raw[..end].trim_ascii_end().ends_with(b"{");
            ours.extend_from_slice(if empty { b"\"context\":{" } else { b",\"context\":{" });
            ours.extend_from_slice(mark);
            ours.push(b'}');
            end
        }
    };
    let mut out = Vec::with_capacity(raw.len() + ours.len() + 64);
    let begin = Message::begin(&mut out);
    out.extend_from_slice(&raw[..at]);
    out.extend_from_slice(&ours);
    out.extend_from_slice(&raw[at..]);
    let moved = |span: Span| {
        let by = if span.start as usize >= at && span.len > 0 { ours.len() as u32 } else { 0 };
        Span { start: span.start + by, len: span.len }
    };
    let Head { kind, message_id, name, user_id, anonymous_id, integrations } = message.head();
    let head = Head {
        kind,
        message_id: moved(message_id),
        name: moved(name),
        user_id: moved(user_id),
        anonymous_id: moved(anonymous_id),
        integrations: moved(integrations),
    };
    Message::finish(&mut out, begin, &head);
    Message::decode(Bytes::from(out)).expect("it was encoded here")
}
